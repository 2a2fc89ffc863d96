//===- Linear.cpp - Linear layers, Identity, Flatten, Embedding -----------===//
//
// Parameters with PyTorch's names, shapes and initialization.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Linear.h"

#include "frontend/nn/Functional.h"

#include <cmath>

namespace lz::nn {

LinearImpl::LinearImpl(std::string kind, const LinearOptions &options) : Module(std::move(kind)) {
  inFeatures = options.in_features() ? Dim(*options.in_features()) : lazy_field("in_features");
  addParameters(options.out_features(), options.bias(), options.dtype(), nullptr);
}

LinearImpl::LinearImpl(Dim inFeatures, Dim outFeatures, bool bias, DType dtype,
                       const Init *biasInit)
    : Module("Linear"), inFeatures(inFeatures) {
  addParameters(outFeatures, bias, dtype, biasInit);
}

void LinearImpl::addParameters(Dim outFeatures, bool hasBias, DType dtype, const Init *biasInit) {
  weight = register_parameter("weight", {outFeatures, inFeatures},
                              Init::kaimingUniform(std::sqrt(5.0)), dtype);
  if (hasBias)
    bias = register_parameter("bias", {outFeatures},
                              biasInit ? *biasInit : Init::uniformFanIn(weight), dtype);
}

Tensor LinearImpl::forward(const Tensor &x) { return linear(x, weight, bias); }

BilinearImpl::BilinearImpl(std::string kind, const BilinearOptions &options)
    : Module(std::move(kind)) {
  Dim in1 = options.in1_features() ? Dim(*options.in1_features()) : lazy_field("in1_features");
  Dim in2 = options.in2_features() ? Dim(*options.in2_features()) : lazy_field("in2_features");
  Init init = Init::uniformScaled(1, in1);
  weight = register_parameter("weight", {options.out_features(), in1, in2}, init, options.dtype());
  if (options.bias())
    bias = register_parameter("bias", {options.out_features()}, init, options.dtype());
}

Tensor BilinearImpl::forward(const Tensor &x1, const Tensor &x2) {
  return bilinear(x1, x2, weight, bias);
}

EmbeddingImpl::EmbeddingImpl(const EmbeddingOptions &options) : Module("Embedding") {
  int64_t count = options.num_embeddings();
  if (options.padding_idx() && (*options.padding_idx() < -count || *options.padding_idx() >= count))
    throw Error("Embedding: padding_idx is " + std::to_string(*options.padding_idx()) +
                ", expected an index of one of its " + std::to_string(count) + " rows");
  Init init = Init::normal();
  if (options.padding_idx())
    init = Init::normalExceptRow(*options.padding_idx() + (*options.padding_idx() < 0 ? count : 0));
  weight = register_parameter("weight", {count, options.embedding_dim()}, init, options.dtype());
}

Tensor EmbeddingImpl::forward(const Tensor &index) { return embedding(index, weight); }

} // namespace lz::nn
