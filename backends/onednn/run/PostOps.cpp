//===- PostOps.cpp - Post-operations of a primitive -------------------------===//
//
// Elementwise ones by name; binary ones take a further input of the call: of the
// result's shape, one value per channel, or one value.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Definition.h"
#include "runtime/format/DType.h"

using namespace lz;
using dnnl::algorithm;

static algorithm getEltwise(std::string_view name) {
  static constexpr std::pair<std::string_view, algorithm> table[] = {
      {"relu", algorithm::eltwise_relu},
      {"tanh", algorithm::eltwise_tanh},
      {"elu", algorithm::eltwise_elu},
      {"square", algorithm::eltwise_square},
      {"abs", algorithm::eltwise_abs},
      {"sqrt", algorithm::eltwise_sqrt},
      {"linear", algorithm::eltwise_linear},
      {"clip", algorithm::eltwise_clip},
      {"exp", algorithm::eltwise_exp},
      {"swish", algorithm::eltwise_swish},
      {"logistic", algorithm::eltwise_logistic},
      {"gelu_erf", algorithm::eltwise_gelu_erf},
      {"gelu_tanh", algorithm::eltwise_gelu_tanh},
      {"hardswish", algorithm::eltwise_hardswish},
      {"hardsigmoid", algorithm::eltwise_hardsigmoid},
      {"mish", algorithm::eltwise_mish}};
  for (auto &[known, value] : table)
    if (known == name)
      return value;
  return algorithm::undef;
}

static algorithm getBinary(std::string_view name) {
  static constexpr std::pair<std::string_view, algorithm> table[] = {
      {"add", algorithm::binary_add}, {"mul", algorithm::binary_mul},
      {"sub", algorithm::binary_sub}, {"div", algorithm::binary_div},
      {"max", algorithm::binary_max}, {"min", algorithm::binary_min}};
  for (auto &[known, value] : table)
    if (known == name)
      return value;
  return algorithm::undef;
}

/// A binary operand of a result `dst`, whose shape the call may write otherwise
/// (rows folded, channels elsewhere): what counts is how many elements it has.
static dnnl::memory::desc describeOperand(const rt::PrimitiveOperand &operand, bool isFull,
                                          const onednn::ResultLayout &dst) {
  dnnl::memory::data_type type = onednn::getDataType(operand.dtype);
  if (isFull)
    return {dst.dims, type, dst.tag};
  onednn::Dims dims(dst.dims.size(), 1);
  for (int64_t size : operand.dims)
    dims[dst.channelAxis] *= size;
  return {dims, type, onednn::getPlainTag(dims.size())};
}

onednn::PostOps onednn::makePostOps(const rt::PrimitiveRequest &request,
                                    const ResultLayout &dst) {
  PostOps result;
  int position = 0;
  for (const fmt::PostOp *post : rt::items(request.call->post_ops())) {
    if (post->kind() == fmt::PostOpKind_Eltwise) {
      result.ops.append_eltwise(getEltwise(rt::view(post->algorithm())), post->alpha(),
                                post->beta());
    } else if (position == 0 && request.inPlace == post->operand()) {
      result.ops.append_sum(); // the operand is where the result will be
    } else {
      const rt::PrimitiveOperand &operand = request.inputs[post->operand()];
      bool isFull = operand.dims == request.outputs[0].dims;
      dnnl::memory::desc desc = describeOperand(operand, isFull, dst);
      result.ops.append_binary(getBinary(rt::view(post->algorithm())), desc);
      result.operands.push_back({position, post->operand(), desc});
    }
    ++position;
  }
  return result;
}
