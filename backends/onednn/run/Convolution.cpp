//===- Convolution.cpp - Convolutions by oneDNN -----------------------------===//
//
// One to three spatial dimensions, grouped, dilated, transposed; batched or
// not. Activations lie as the call says, channels last or before the spatial
// axes; the compiler asks for the former, for which oneDNN has its best kernels.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Definition.h"
#include "backends/onednn/run/Plugin.h"
#include "runtime/format/DType.h"

#include <algorithm>

using namespace lz;
using namespace lz::onednn;
using dnnl::memory;

namespace {

template <typename Primitive> class Convolution : public Definition {
public:
  /// `request` is the caller's and read during this call only.
  explicit Convolution(const rt::PrimitiveRequest &request) { prepare(request); }

private:
  void prepare(const rt::PrimitiveRequest &request);
  void setDims(const rt::PrimitiveRequest &request);
  memory::desc getPlainWeights(const rt::PrimitiveRequest &request) const;
  typename Primitive::primitive_desc makeDesc(const rt::PrimitiveRequest &request,
                                              const memory::desc &weightsDesc) const;
  typename Primitive::primitive_desc chooseDesc(const rt::PrimitiveRequest &request,
                                                const memory::desc &given) const;

  memory::format_tag getImageTag() const {
    return channelsLast ? getChannelsLastTag(src.size()) : getPlainTag(src.size());
  }

  static constexpr bool kIsTransposed =
      std::is_same_v<Primitive, dnnl::deconvolution_forward>;
  Dims src, weights, dst; ///< in oneDNN's order, which is no matter of layout
  bool channelsLast = false;
  Dims strides, dilations, padsBegin, padsEnd;
  memory::data_type srcType, weightsType, dstType;
  PostOps postOps;
  dnnl::primitive_attr attributes;
};

} // namespace

static Dims toDims(const flatbuffers::Vector<int64_t> *values) {
  return values ? Dims(values->begin(), values->end()) : Dims();
}

template <typename Primitive>
void Convolution<Primitive>::setDims(const rt::PrimitiveRequest &request) {
  strides = toDims(request.call->strides());
  dilations = toDims(request.call->dilations());
  padsBegin = toDims(request.call->pads_begin());
  padsEnd = toDims(request.call->pads_end());
  for (int64_t &dilation : dilations)
    --dilation; // oneDNN counts the elements skipped
  src = request.inputs[0].dims;
  weights = request.inputs[1].dims;
  dst = request.outputs[0].dims;
  if (src.size() == strides.size() + 1) {
    src.insert(src.begin(), 1);
    dst.insert(dst.begin(), 1);
  }
  channelsLast = request.call->channels_last();
  if (channelsLast)
    for (Dims *dims : {&src, &dst})
      std::rotate(dims->begin() + 1, dims->end() - 1, dims->end());
  // oneDNN's order is [g, out, in, ...]; a transposed one is stored [in, out].
  int64_t groups = request.call->groups();
  if (kIsTransposed && groups == 1)
    std::swap(weights[0], weights[1]);
  if (groups == 1)
    return;
  weights.insert(weights.begin(), groups);
  weights[1] /= groups;
  if (kIsTransposed)
    std::swap(weights[1], weights[2]);
}

template <typename Primitive>
memory::desc
Convolution<Primitive>::getPlainWeights(const rt::PrimitiveRequest &request) const {
  if (!kIsTransposed)
    return memory::desc(weights, weightsType, getPlainTag(weights.size()));
  // Plain [(g,) in, out, ...] seen as [(g,) out, in, ...].
  size_t out = request.call->groups() == 1 ? 0 : 1, in = out + 1;
  Dims stored = weights;
  std::swap(stored[out], stored[in]);
  Dims steps(stored.size());
  int64_t step = 1;
  for (size_t i = stored.size(); i-- > 0; step *= stored[i])
    steps[i] = step;
  std::swap(steps[out], steps[in]);
  return memory::desc(weights, weightsType, steps);
}

template <typename Primitive>
typename Primitive::primitive_desc
Convolution<Primitive>::makeDesc(const rt::PrimitiveRequest &request,
                                 const memory::desc &weightsDesc) const {
  constexpr auto algorithm = kIsTransposed ? dnnl::algorithm::deconvolution_direct
                                           : dnnl::algorithm::convolution_direct;
  memory::desc srcDesc(src, srcType, getImageTag());
  memory::desc dstDesc(dst, dstType, getImageTag());
  memory::desc biasDesc;
  if (request.call->has_bias())
    biasDesc = memory::desc(Dims{dst[1]}, getDataType(request.inputs[2].dtype),
                            memory::format_tag::a);
  return {getEngine(), dnnl::prop_kind::forward_inference, algorithm, srcDesc, weightsDesc,
          biasDesc,    dstDesc, strides, dilations, padsBegin, padsEnd, attributes};
}

/// The primitive for the weights as they are packed, unless oneDNN has nothing
/// but its reference implementation for that layout: then the one it prefers, for
/// which the weights are reordered once.
template <typename Primitive>
typename Primitive::primitive_desc
Convolution<Primitive>::chooseDesc(const rt::PrimitiveRequest &request,
                                   const memory::desc &given) const {
  memory::desc any(weights, weightsType, memory::format_tag::any);
  if (!request.inputs[1].packing)
    return makeDesc(request, any);
  try {
    typename Primitive::primitive_desc desc = makeDesc(request, given);
    if (std::string_view(desc.impl_info_str()).substr(0, 3) != "ref")
      return desc;
  } catch (const dnnl::error &) { // not even that
  }
  return makeDesc(request, any);
}

template <typename Primitive>
void Convolution<Primitive>::prepare(const rt::PrimitiveRequest &request) {
  setDims(request);
  srcType = getDataType(request.inputs[0].dtype);
  weightsType = getDataType(request.inputs[1].dtype);
  dstType = getDataType(request.outputs[0].dtype);
  postOps = makePostOps(request, {dst, getImageTag(), /*channelAxis=*/1});
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_post_ops(postOps.ops);

  memory::desc plain = getPlainWeights(request), given = plain;
  if (request.inputs[1].packing)
    given = memory::desc(weights, weightsType, getTag(rt::view(request.call->weights_tag())));
  typename Primitive::primitive_desc desc = chooseDesc(request, given);
  bind(DNNL_ARG_SRC, 0, desc.src_desc());
  bindWeights(DNNL_ARG_WEIGHTS, 1, {given, plain, desc.weights_desc()});
  if (request.call->has_bias())
    bind(DNNL_ARG_BIAS, 2, desc.bias_desc());
  bindPostOps(postOps);
  bind(DNNL_ARG_DST, request.inputs.size(), desc.dst_desc());
  finish(Primitive(desc), desc.scratchpad_desc());
}

std::shared_ptr<const Definition>
onednn::makeConvolution(const rt::PrimitiveRequest &request) {
  if (request.call->kind() == fmt::PrimitiveKind_Deconvolution)
    return std::make_shared<Convolution<dnnl::deconvolution_forward>>(request);
  return std::make_shared<Convolution<dnnl::convolution_forward>>(request);
}
