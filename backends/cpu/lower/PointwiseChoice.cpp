//===- PointwiseChoice.cpp - where convolutions are products --------------===//
//
// A generated kernel reads the weights as they lie, without packing them for the caches.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/PointwiseChoice.h"

using namespace mlir;

namespace lz::cpu {

/// A quarter of a second cache. More are not there when a run comes to the layer, and are read
/// once per row of the image.
constexpr int64_t kMostWeights = int64_t(1) << 16;

/// Fewer outputs do not fill a vector. Vectors along so many inputs are faster than a library
/// then, by 10 % (4 of 24, 12 of 256) to 6 times (1 of 512); with 8 of 16 they are not.
constexpr int64_t kFewestOutputs = 16, kInputsPerOutput = 4;

/// A transposed convolution reads the weights of one row of taps at a time. Measured on one
/// thread: 2^18 at the speed of a library, 2^20 at 0.85 of it.
constexpr int64_t kMostSideBySide = int64_t(1) << 18;

static std::string tooMany(int64_t weights, int64_t most) {
  return "its " + std::to_string(weights) + " weights are more than " + std::to_string(most) +
         ", which a library reads in a better order";
}

static std::optional<std::string> refusesSideBySide(ConvTransposeOp op) {
  auto weights = tensorType(op.getWeights()).getShape();
  int64_t columns = *weights[1].getConstant() * *weights.back().getConstant();
  if (columns < kFewestOutputs)
    return "its " + std::to_string(columns) + " outputs side by side do not fill a vector";
  if (int64_t read = columns * *weights[0].getConstant(); read > kMostSideBySide)
    return tooMany(read, kMostSideBySide);
  return std::nullopt;
}

std::optional<std::string> refusesPointwise(Operation *op) {
  if (auto transposed = dyn_cast<ConvTransposeOp>(op))
    return refusesSideBySide(transposed);
  auto weights = tensorType(cast<ConvOp>(op).getWeights()).getShape();
  int64_t outputs = weights[0].getConstant().value_or(0);
  int64_t inputs = weights[1].getConstant().value_or(0);
  if (outputs < kFewestOutputs && inputs < kInputsPerOutput * outputs)
    return "its " + std::to_string(outputs) + " outputs do not fill a vector, and its " +
           std::to_string(inputs) + " inputs are too few to be summed across one";
  if (outputs * inputs > kMostWeights)
    return tooMany(outputs * inputs, kMostWeights);
  return std::nullopt;
}

} // namespace lz::cpu
