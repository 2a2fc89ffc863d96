//===- MatMul.cpp - Matrix products by oneDNN -------------------------------===//
//
// src [..., M, K] by weights [K, N] (or [N, K] where transpose_b), or batched
// by weights of higher rank. With plain matrices all leading dimensions of src
// are rows of one product (see normalize).
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Definition.h"
#include "backends/onednn/run/Plugin.h"
#include "runtime/format/DType.h"

#include <numeric>

using namespace lz;
using namespace lz::onednn;
using dnnl::memory;

namespace {

class MatMul : public Definition {
public:
  /// `request` is the caller's and read during this call only.
  explicit MatMul(const rt::PrimitiveRequest &request) { prepare(request); }

private:
  void prepare(const rt::PrimitiveRequest &request);
  void setDims(const rt::PrimitiveRequest &request);
  memory::desc getPlainWeights(const rt::PrimitiveRequest &request) const;
  dnnl::matmul::primitive_desc makeDesc(const rt::PrimitiveRequest &request,
                                        const memory::desc &weightsDesc) const;

  Dims src, weights, dst;
  memory::data_type srcType, weightsType, dstType;
  PostOps postOps;
  dnnl::primitive_attr attributes;
};

} // namespace

static Dims foldRows(const Dims &dims) {
  int64_t rows = std::accumulate(dims.begin(), dims.end() - 1, int64_t(1), std::multiplies<>());
  return {rows, dims.back()};
}

rt::PrimitiveRequest onednn::normalize(rt::PrimitiveRequest request) {
  Dims dst = request.outputs[0].dims;
  if (request.call->kind() != fmt::PrimitiveKind_MatMul || request.inputs[1].dims.size() != 2 ||
      request.inputs[0].dims.empty() || dst.empty())
    return request;
  request.inputs[0].dims = foldRows(request.inputs[0].dims);
  request.outputs[0].dims = foldRows(dst);
  for (size_t i = 2; i < request.inputs.size(); ++i) // those of post-ops
    if (request.inputs[i].dims == dst)
      request.inputs[i].dims = request.outputs[0].dims;
  return request;
}

static Dims padLeft(Dims dims, size_t rank) {
  dims.insert(dims.begin(), rank - dims.size(), 1);
  return dims;
}

void MatMul::setDims(const rt::PrimitiveRequest &request) {
  src = request.inputs[0].dims;
  weights = request.inputs[1].dims;
  dst = request.outputs[0].dims;
  if (src.empty() || weights.size() < 2 || dst.empty())
    throw dnnl::error(dnnl_invalid_arguments, "a product wants matrices");
  if (request.call->transpose_b())
    std::swap(weights[weights.size() - 2], weights.back());
  size_t rank = std::max({src.size(), weights.size(), dst.size()});
  src = padLeft(src, rank);
  weights = padLeft(weights, rank);
  dst = padLeft(dst, rank);
}

/// How the caller's weights lie in memory without a packing.
memory::desc MatMul::getPlainWeights(const rt::PrimitiveRequest &request) const {
  Dims strides(weights.size());
  int64_t step = 1;
  for (size_t i = weights.size(); i-- > 0; step *= weights[i])
    strides[i] = step;
  if (request.call->transpose_b()) {
    strides[weights.size() - 2] = 1;
    strides.back() = weights[weights.size() - 2];
  }
  return memory::desc(weights, weightsType, strides);
}

dnnl::matmul::primitive_desc MatMul::makeDesc(const rt::PrimitiveRequest &request,
                                              const memory::desc &weightsDesc) const {
  memory::desc srcDesc(src, srcType, getPlainTag(src.size()));
  memory::desc dstDesc(dst, dstType, getPlainTag(dst.size()));
  if (!request.call->has_bias())
    return {getEngine(), srcDesc, weightsDesc, dstDesc, attributes};
  memory::desc biasDesc(padLeft({dst.back()}, dst.size()),
                        getDataType(request.inputs[2].dtype), getPlainTag(dst.size()));
  return {getEngine(), srcDesc, weightsDesc, biasDesc, dstDesc, attributes};
}

void MatMul::prepare(const rt::PrimitiveRequest &request) {
  setDims(request);
  srcType = getDataType(request.inputs[0].dtype);
  weightsType = getDataType(request.inputs[1].dtype);
  dstType = getDataType(request.outputs[0].dtype);
  postOps = makePostOps(request, {dst, getPlainTag(dst.size()), dst.size() - 1});
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_post_ops(postOps.ops);

  memory::desc plain = getPlainWeights(request), given = plain;
  if (request.inputs[1].packing)
    given = memory::desc(weights, weightsType, getTag(rt::view(request.call->weights_tag())));
  dnnl::matmul::primitive_desc desc;
  try {
    desc = makeDesc(request, given);
  } catch (const dnnl::error &) {
    // This CPU has no implementation for our packing: ask for its own.
    desc = makeDesc(request, memory::desc(weights, weightsType, memory::format_tag::any));
  }
  unsigned numInputs = request.inputs.size();
  bind(DNNL_ARG_SRC, 0, desc.src_desc());
  bindWeights(DNNL_ARG_WEIGHTS, 1, {given, plain, desc.weights_desc()});
  if (request.call->has_bias())
    bind(DNNL_ARG_BIAS, 2, desc.bias_desc());
  bindPostOps(postOps);
  bind(DNNL_ARG_DST, numInputs, desc.dst_desc());
  finish(dnnl::matmul(desc), desc.scratchpad_desc());
}

std::shared_ptr<const Definition> onednn::makeMatMul(const rt::PrimitiveRequest &request) {
  return std::make_shared<MatMul>(request);
}
