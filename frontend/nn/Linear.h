//===- Linear.h - Linear layers, Identity, Flatten, Embedding -------------===//
//
// Arguments and defaults are those of torch.nn.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_LINEAR_H
#define LAZULI_FRONTEND_NN_LINEAR_H

#include "frontend/nn/LazyForm.h"

namespace lz::nn {

/// y = x W^T + b on the last axis.
struct LinearOptions {
  using Self = LinearOptions;
  LinearOptions(int64_t inFeatures, int64_t outFeatures)
      : in_featuresValue(inFeatures), out_featuresValue(outFeatures) {}
  LZ_OPTION(std::optional<int64_t>, in_features, std::nullopt);
  LZ_OPTION(int64_t, out_features, 0);
  LZ_OPTION(bool, bias, true);
  LZ_OPTION(DType, dtype, DType::f32);

protected:
  explicit LinearOptions(int64_t outFeatures) : out_featuresValue(outFeatures) {}
};
/// in_features is inferred from the last size of the first input.
struct LazyLinearOptions : LinearOptions {
  LazyLinearOptions(int64_t outFeatures) : LinearOptions(outFeatures) {}
};

class LinearImpl : public Module {
public:
  static std::string plainKind() { return "Linear"; }
  explicit LinearImpl(const LinearOptions &options) : LinearImpl(plainKind(), options) {}
  LinearImpl(int64_t inFeatures, int64_t outFeatures)
      : LinearImpl(LinearOptions(inFeatures, outFeatures)) {}
  /// For modules made of others, whose sizes may be lazy; `biasInit` may be null.
  LinearImpl(Dim inFeatures, Dim outFeatures, bool bias, DType dtype, const Init *biasInit);
  Tensor forward(const Tensor &x);
  Dim in_features() const { return inFeatures.resolved(); }

  Parameter weight, bias;

protected:
  LinearImpl(std::string kind, const LinearOptions &options);
  void addParameters(Dim outFeatures, bool hasBias, DType dtype, const Init *biasInit);
  Dim inFeatures;
};
LZ_MODULE(Linear);

using LazyLinearImpl = LazyForm<LinearImpl, LinearOptions, LazyLinearOptions>;
LZ_MODULE(LazyLinear);

/// y[o] = x1 W[o] x2 + b[o] on the last axes.
struct BilinearOptions {
  using Self = BilinearOptions;
  BilinearOptions(int64_t in1Features, int64_t in2Features, int64_t outFeatures)
      : in1_featuresValue(in1Features), in2_featuresValue(in2Features),
        out_featuresValue(outFeatures) {}
  LZ_OPTION(std::optional<int64_t>, in1_features, std::nullopt);
  LZ_OPTION(std::optional<int64_t>, in2_features, std::nullopt);
  LZ_OPTION(int64_t, out_features, 0);
  LZ_OPTION(bool, bias, true);
  LZ_OPTION(DType, dtype, DType::f32);

protected:
  explicit BilinearOptions(int64_t outFeatures) : out_featuresValue(outFeatures) {}
};
/// Both input sizes are inferred from the last sizes of the first inputs.
struct LazyBilinearOptions : BilinearOptions {
  LazyBilinearOptions(int64_t outFeatures) : BilinearOptions(outFeatures) {}
};

class BilinearImpl : public Module {
public:
  static std::string plainKind() { return "Bilinear"; }
  explicit BilinearImpl(const BilinearOptions &options) : BilinearImpl(plainKind(), options) {}
  BilinearImpl(int64_t in1Features, int64_t in2Features, int64_t outFeatures)
      : BilinearImpl(BilinearOptions(in1Features, in2Features, outFeatures)) {}
  Tensor forward(const Tensor &x1, const Tensor &x2);

  Parameter weight, bias;

protected:
  BilinearImpl(std::string kind, const BilinearOptions &options);
};
LZ_MODULE(Bilinear);

using LazyBilinearImpl = LazyForm<BilinearImpl, BilinearOptions, LazyBilinearOptions>;
LZ_MODULE(LazyBilinear);

/// Returns its input.
class IdentityImpl : public Module {
public:
  IdentityImpl() : Module("Identity") {}
  Tensor forward(const Tensor &x) { return x; }
};
LZ_MODULE(Identity);

/// Makes one axis of start_dim to end_dim.
class FlattenImpl : public Module {
public:
  explicit FlattenImpl(int64_t startDim = 1, int64_t endDim = -1)
      : Module("Flatten"), startDim(startDim), endDim(endDim) {}
  Tensor forward(const Tensor &x) { return x.flatten(startDim, endDim); }

private:
  int64_t startDim, endDim;
};
LZ_MODULE(Flatten);

/// Makes several axes of one; one size may be -1.
class UnflattenImpl : public Module {
public:
  UnflattenImpl(int64_t dim, Dims unflattenedSize)
      : Module("Unflatten"), dim(dim), unflattenedSize(std::move(unflattenedSize)) {}
  Tensor forward(const Tensor &x) { return x.unflatten(dim, unflattenedSize); }

private:
  int64_t dim;
  Dims unflattenedSize;
};
LZ_MODULE(Unflatten);

/// Rows of a table, by index. max_norm and scale_grad_by_freq belong to
/// training and do not exist here; padding_idx changes no result.
struct EmbeddingOptions {
  using Self = EmbeddingOptions;
  EmbeddingOptions(int64_t numEmbeddings, int64_t embeddingDim)
      : num_embeddingsValue(numEmbeddings), embedding_dimValue(embeddingDim) {}
  LZ_OPTION(int64_t, num_embeddings, 0);
  LZ_OPTION(int64_t, embedding_dim, 0);
  LZ_OPTION(std::optional<int64_t>, padding_idx, std::nullopt);
  LZ_OPTION(DType, dtype, DType::f32);
};

class EmbeddingImpl : public Module {
public:
  explicit EmbeddingImpl(const EmbeddingOptions &options);
  EmbeddingImpl(int64_t numEmbeddings, int64_t embeddingDim)
      : EmbeddingImpl(EmbeddingOptions(numEmbeddings, embeddingDim)) {}
  Tensor forward(const Tensor &index);

  Parameter weight;
};
LZ_MODULE(Embedding);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_LINEAR_H
