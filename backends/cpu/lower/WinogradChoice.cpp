//===- WinogradChoice.cpp - where Winograd's algorithm wins ---------------===//
//
// By the estimates that also choose the blocks: a library's convolution runs at the
// machine's peak, so that only its multiplications count.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/WinogradChoice.h"

#include "backends/cpu/lower/WinogradBlocks.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace lz::cpu {

/// What is estimated to gain less is left to the library, for estimates err.
constexpr double kLeastGain = 1.2;

std::optional<std::string> refusesWinograd(ConvOp op, int64_t lanes) {
  auto dst = cast<TensorType>(op.getDst().getType()).getShape();
  auto weights = cast<TensorType>(op.getWeights().getType()).getShape();
  auto known = [](const DimExpr &dim) { return dim.getConstant().value_or(0); };
  winograd::Extents extents{
      known(dst[0]), known(dst[1]), known(dst[2]), known(weights[1]),
      static_cast<int64_t>(llvm::divideCeil(known(weights[0]), lanes))};
  double gain = winograd::estimateDirectCycles(extents) /
                winograd::estimateLeastCycles(extents, lanes);
  if (gain >= kLeastGain)
    return std::nullopt;
  std::string text;
  llvm::raw_string_ostream(text) << "estimated at " << llvm::format("%.2f", gain)
                                 << " times the speed, which is less than "
                                 << llvm::format("%.2f", kLeastGain);
  return text;
}

} // namespace lz::cpu
