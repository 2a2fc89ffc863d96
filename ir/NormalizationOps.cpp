//===- NormalizationOps.cpp - normalization layers -----------------------===//
//
// Verifiers, shape inference and folds of the family in NormalizationOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/NormalizationOps.cpp.inc"

void LzDialect::registerNormalizationOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/NormalizationOps.cpp.inc"
      >();
}

static LogicalResult verifyEps(Operation *op, const APFloat &eps) {
  if (eps.isNegative() || eps.isNaN())
    return op->emitOpError() << "has eps " << eps.convertToDouble()
                             << ", expected 0 or more";
  return success();
}

static LogicalResult verifyAxesCount(Operation *op, int64_t count) {
  if (count < 1)
    return op->emitOpError() << "has axes_count " << count
                             << ", expected 1 or more";
  return success();
}

LogicalResult BatchNormOp::verify() { return verifyEps(*this, getEps()); }

LogicalResult LayerNormOp::verify() {
  return success(succeeded(verifyEps(*this, getEps())) &&
                 succeeded(verifyAxesCount(*this, getAxesCount())));
}

LogicalResult RmsNormOp::verify() {
  return success(succeeded(verifyEps(*this, getEps())) &&
                 succeeded(verifyAxesCount(*this, getAxesCount())));
}

LogicalResult GroupNormOp::verify() {
  if (getGroups() < 0)
    return emitOpError() << "has " << getGroups()
                         << " groups, expected 0 (one per channel) or more";
  return verifyEps(*this, getEps());
}

/// Checks the element types of src and of what scales and shifts it.
static LogicalResult checkDTypes(Infer &infer, Value src,
                                 ArrayRef<std::pair<Value, StringRef>> others) {
  if (failed(infer.requireDType(src, "the input", DTypes::Float)))
    return failure();
  for (auto [value, what] : others)
    if (failed(infer.requireParamDType(src, "the input", value, what)))
      return failure();
  return success();
}

static LogicalResult setLikeSrc(Infer &infer) {
  Value src = infer.op->getOperand(0), dst = infer.op->getResult(0);
  return infer.set(dst, infer.shape(src), infer.elementType(src));
}

using NamedValues = ArrayRef<std::pair<Value, StringRef>>;

/// Batch and group norm: `others` have one element for each channel, which stand
/// on axis 1 and may be checked by `checkChannels`.
static LogicalResult
inferPerChannel(Infer &infer, NamedValues others,
                function_ref<LogicalResult(const DimExpr &)> checkChannels) {
  Value src = infer.op->getOperand(0);
  if (failed(checkDTypes(infer, src, others)))
    return failure();
  if (!infer.type(src).hasRank())
    return infer.setUnranked(infer.op->getResult(0), infer.elementType(src));
  if (failed(infer.requireMinRank(src, "the input", 2)))
    return failure();
  DimExpr channels = infer.shape(src)[1];
  if (failed(checkChannels(channels)))
    return failure();
  for (auto [value, what] : others)
    if (value && infer.type(value).hasRank() &&
        failed(infer.requireVector(value, what, channels)))
      return failure();
  return setLikeSrc(infer);
}

LogicalResult BatchNormOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  return inferPerChannel(infer,
                         {{getMean(), "the mean"},
                          {getVariance(), "the variance"},
                          {getWeights(), "the weight"},
                          {getBias(), "the bias"}},
                         [](const DimExpr &) { return success(); });
}

/// weights and bias of lz.layer_norm and lz.rms_norm have the last dimensions.
static LogicalResult inferLastAxes(Infer &infer, int64_t count,
                                   NamedValues others) {
  Value src = infer.op->getOperand(0);
  if (failed(checkDTypes(infer, src, others)))
    return failure();
  if (!infer.type(src).hasRank())
    return infer.setUnranked(infer.op->getResult(0), infer.elementType(src));
  if (failed(infer.requireMinRank(src, "the input", count)))
    return failure();
  lz::TensorType type = infer.type(src);
  ArrayRef<DimExpr> last = type.getShape().take_back(count);
  for (auto [value, what] : others) {
    if (!value || !infer.type(value).hasRank())
      continue;
    if (failed(infer.requireRank(value, what, count)))
      return failure();
    for (int64_t i = 0; i < count; ++i)
      if (failed(infer.requireEqual(last[i], infer.shape(value)[i],
                                    "axis " + Twine(i - count) +
                                        " of the input and of " + what)))
        return failure();
  }
  return setLikeSrc(infer);
}

LogicalResult LayerNormOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  return inferLastAxes(infer, getAxesCount(),
                       {{getWeights(), "the weight"}, {getBias(), "the bias"}});
}

LogicalResult RmsNormOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  return inferLastAxes(infer, getAxesCount(), {{getWeights(), "the weight"}});
}

LogicalResult GroupNormOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  auto checkGroups = [&](const DimExpr &channels) -> LogicalResult {
    if (getGroups() <= 0 || context.facts().divides(getGroups(), channels) !=
                                DimFacts::Truth::False)
      return success();
    return infer.error() << "num_channels must be divisible by num_groups, got "
                         << channels.str() << " channels and " << getGroups()
                         << " groups";
  };
  return inferPerChannel(
      infer, {{getWeights(), "the weight"}, {getBias(), "the bias"}},
      checkGroups);
}
