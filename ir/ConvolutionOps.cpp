//===- ConvolutionOps.cpp - convolutions ---------------------------------===//
//
// Verifiers, shape inference and folds of the family in ConvolutionOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"
#include "ir/WindowUtils.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/ConvolutionOps.cpp.inc"

void LzDialect::registerConvolutionOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/ConvolutionOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

template <typename OpT>
static LogicalResult verifyConvolution(OpT op) {
  size_t rank = op.getStrides().size();
  if (rank == 0)
    return op.emitOpError() << "has no strides, expected one per spatial axis";
  if (op.getGroups() < 1)
    return op.emitOpError() << "has " << op.getGroups()
                            << " groups, expected 1 or more";
  return success(
      succeeded(verifyWindow(op, "strides", op.getStrides(), rank, 1)) &&
      succeeded(verifyWindow(op, "dilations", op.getDilations(), rank, 1)));
}

LogicalResult ConvOp::verify() {
  size_t rank = getStrides().size();
  return success(
      succeeded(verifyConvolution(*this)) &&
      succeeded(verifyWindow(*this, "pads_begin", getPadsBegin(), rank, 0)) &&
      succeeded(verifyWindow(*this, "pads_end", getPadsEnd(), rank, 0)));
}

LogicalResult ConvTransposeOp::verify() {
  size_t rank = getStrides().size();
  return success(
      succeeded(verifyConvolution(*this)) &&
      succeeded(verifyWindow(*this, "pads_begin", getPadsBegin(), rank)) &&
      succeeded(verifyWindow(*this, "pads_end", getPadsEnd(), rank)) &&
      succeeded(
          verifyWindow(*this, "output_padding", getOutputPadding(), rank, 0)));
}

//===----------------------------------------------------------------------===//
// Checks of both
//===----------------------------------------------------------------------===//

template <typename OpT>
static LogicalResult checkDTypes(Infer &infer, OpT op) {
  Value src = op.getSrc();
  if (failed(infer.requireDType(src, "the input", DTypes::Number)) ||
      failed(infer.requireSameDType(src, "the input", op.getWeights(),
                                    "the weight")))
    return failure();
  return infer.requireSameDType(src, "the input", op.getBias(), "the bias");
}

/// False only if it is proven that `groups` does not divide the channels.
static LogicalResult checkGroups(Infer &infer, StringRef what, int64_t groups,
                                 const DimExpr &channels) {
  if (infer.context.facts().divides(groups, channels) !=
      DimFacts::Truth::False)
    return success();
  return infer.error() << what << " must be divisible by groups, got "
                       << channels.str() << " channels and " << groups
                       << " groups";
}

//===----------------------------------------------------------------------===//
// Convolution
//===----------------------------------------------------------------------===//

/// Channels of the input against those of the weights.
static LogicalResult checkChannels(Infer &infer, ConvOp op,
                                   const DimExpr &channels) {
  lz::TensorType weights = infer.type(op.getWeights());
  if (failed(checkGroups(infer, "in_channels", op.getGroups(), channels)) ||
      failed(checkGroups(infer, "out_channels", op.getGroups(),
                         weights.getDim(0))))
    return failure();
  return infer.requireEqual(
      channels, weights.getDim(1) * DimExpr(op.getGroups()),
      "the channels of the input " + shapeText(infer.shape(op.getSrc())) +
          " and in_channels");
}

LogicalResult ConvOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(checkDTypes(infer, *this)))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  int64_t spatial = getSpatialRank();
  FailureOr<int64_t> channelAxis = findChannelAxis(infer, getSrc(), spatial);
  if (failed(channelAxis) ||
      failed(infer.requireRank(getWeights(), "the weight", spatial + 2)))
    return failure();
  lz::TensorType src = infer.type(getSrc()), weights = infer.type(getWeights());
  if (failed(checkChannels(infer, *this, src.getDim(*channelAxis))) ||
      failed(infer.requireVector(getBias(), "the bias", weights.getDim(0))))
    return failure();
  Dims shape(src.getShape().take_front(*channelAxis));
  shape.push_back(weights.getDim(0));
  for (int64_t i = 0; i < spatial; ++i) {
    Window window{weights.getDim(i + 2), getStrides()[i], getDilations()[i],
                  getPadsBegin()[i], getPadsEnd()[i]};
    const DimExpr &size = src.getDim(*channelAxis + 1 + i);
    if (failed(checkWindow(infer, window, size, i)))
      return failure();
    shape.push_back(window.outputSize(size));
  }
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}

//===----------------------------------------------------------------------===//
// Transposed convolution
//===----------------------------------------------------------------------===//

LogicalResult ConvTransposeOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(checkDTypes(infer, *this)))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  int64_t spatial = getSpatialRank();
  FailureOr<int64_t> channelAxis = findChannelAxis(infer, getSrc(), spatial);
  if (failed(channelAxis) ||
      failed(infer.requireRank(getWeights(), "the weight", spatial + 2)))
    return failure();
  lz::TensorType src = infer.type(getSrc()), weights = infer.type(getWeights());
  const DimExpr &channels = src.getDim(*channelAxis);
  DimExpr outChannels = weights.getDim(1) * DimExpr(getGroups());
  if (failed(checkGroups(infer, "in_channels", getGroups(), channels)) ||
      failed(infer.requireEqual(channels, weights.getDim(0),
                                "the channels of the input " +
                                    shapeText(src.getShape()) +
                                    " and in_channels")) ||
      failed(infer.requireVector(getBias(), "the bias", outChannels)))
    return failure();
  Dims shape(src.getShape().take_front(*channelAxis));
  shape.push_back(outChannels);
  for (int64_t i = 0; i < spatial; ++i) {
    Window window{weights.getDim(i + 2), getStrides()[i], getDilations()[i],
                  getPadsBegin()[i], getPadsEnd()[i]};
    shape.push_back(window.transposedSize(src.getDim(*channelAxis + 1 + i)) +
                    DimExpr(getOutputPadding()[i]));
  }
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}
