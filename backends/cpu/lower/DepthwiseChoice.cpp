//===- DepthwiseChoice.cpp - where lz.conv_depthwise wins -----------------===//
//
// Wherever vectors are full and the kernel's row fits the registers, since it then
// computes at nearly the machine's peak.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/DepthwiseChoice.h"

using namespace mlir;

namespace lz::cpu {

/// Taps of a row of the kernel: as many registers.
constexpr int64_t kMostTaps = 11;

std::optional<std::string> refusesDepthwise(ConvOp op) {
  auto weights = tensorType(op.getWeights()).getShape();
  if (weights[0].getConstant().value_or(0) < kDepthwiseLanes)
    return "its " + weights[0].str() + " channels do not fill a vector of " +
           std::to_string(kDepthwiseLanes);
  if (weights[3].getConstant().value_or(kMostTaps + 1) > kMostTaps)
    return "its kernel is " + weights[3].str() + " wide, which is more than " +
           std::to_string(kMostTaps) + " registers hold";
  return std::nullopt;
}

} // namespace lz::cpu
