//===- PostOps.cpp - Post-operations of a primitive -------------------------===//
//
// Elementwise ones by name; binary ones take a further input of the call,
// broadcast to the result from the right as everywhere in this project.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Executor.h"
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

/// Dimensions of a binary operand as oneDNN wants them: of the result's rank.
static onednn::Dims alignRight(const std::vector<int64_t> &dims, size_t rank) {
  onednn::Dims aligned(rank, 1);
  if (dims.size() <= rank)
    std::copy(dims.begin(), dims.end(), aligned.begin() + (rank - dims.size()));
  return aligned;
}

onednn::PostOps onednn::makePostOps(const rt::PrimitiveRequest &request, const Dims &dst,
                                    dnnl::memory::format_tag layout,
                                    dnnl::memory::format_tag wantedLayout) {
  PostOps result;
  int position = 0;
  for (const fmt::PostOp *post : rt::items(request.call->post_ops())) {
    if (post->kind() == fmt::PostOpKind_Eltwise) {
      result.ops.append_eltwise(getEltwise(rt::view(post->algorithm())), post->alpha(),
                                post->beta());
    } else {
      const rt::PrimitiveOperand &operand = request.inputs[post->operand()];
      Dims dims = dst;
      // An operand as large as the result may have been flattened with it.
      bool isFull = operand.dims == request.outputs[0].dims;
      if (!isFull)
        dims = alignRight(operand.dims, dst.size());
      auto describe = [&](dnnl::memory::format_tag tag) {
        return dnnl::memory::desc(dims, getDataType(operand.dtype),
                                  isFull ? tag : getPlainTag(dims.size()));
      };
      dnnl::memory::desc wanted = describe(wantedLayout);
      result.ops.append_binary(getBinary(rt::view(post->algorithm())), wanted);
      result.operands.push_back({position, post->operand(), describe(layout), wanted});
    }
    ++position;
  }
  return result;
}
