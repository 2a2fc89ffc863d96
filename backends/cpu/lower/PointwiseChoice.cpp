//===- PointwiseChoice.cpp - where 1x1 convolutions are generated ---------===//
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

/// Fewer outputs do not fill a vector.
constexpr int64_t kFewestOutputs = 16;

std::optional<std::string> refusesPointwise(ConvOp op) {
  auto weights = tensorType(op.getWeights()).getShape();
  int64_t outputs = weights[0].getConstant().value_or(0);
  int64_t inputs = weights[1].getConstant().value_or(0);
  if (outputs < kFewestOutputs)
    return "its " + std::to_string(outputs) + " outputs do not fill a vector";
  if (outputs * inputs > kMostWeights)
    return "its " + std::to_string(outputs * inputs) + " weights are more than " +
           std::to_string(kMostWeights) + ", which a library reads in a better order";
  return std::nullopt;
}

} // namespace lz::cpu
