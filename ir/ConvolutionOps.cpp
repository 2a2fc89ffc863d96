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

LogicalResult ConvWinogradOp::verify() {
  if (getChannels() < 1)
    return emitOpError() << "has " << getChannels() << " channels, expected 1 or more";
  return success(succeeded(verifyWindow(*this, "pads_begin", getPadsBegin(), 2, 0)) &&
                 succeeded(verifyWindow(*this, "pads_end", getPadsEnd(), 2, 0)));
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
// Where they differ
//===----------------------------------------------------------------------===//

/// The channels of the result, after those of the input agreed with the weights'.
static FailureOr<DimExpr> inferChannels(Infer &infer, ConvOp op,
                                        const DimExpr &channels,
                                        lz::TensorType weights) {
  DimExpr outChannels = weights.getDim(0);
  if (failed(checkGroups(infer, "in_channels", op.getGroups(), channels)) ||
      failed(checkGroups(infer, "out_channels", op.getGroups(), outChannels)) ||
      failed(infer.requireEqual(
          channels, weights.getDim(1) * DimExpr(op.getGroups()),
          "the channels of the input " + shapeText(infer.shape(op.getSrc())) +
              " and in_channels")))
    return failure();
  return outChannels;
}

static FailureOr<DimExpr> inferChannels(Infer &infer, ConvTransposeOp op,
                                        const DimExpr &channels,
                                        lz::TensorType weights) {
  if (failed(checkGroups(infer, "in_channels", op.getGroups(), channels)) ||
      failed(infer.requireEqual(
          channels, weights.getDim(0),
          "the channels of the input " + shapeText(infer.shape(op.getSrc())) +
              " and in_channels")))
    return failure();
  return weights.getDim(1) * DimExpr(op.getGroups());
}

/// The size of the result on a spatial axis.
static FailureOr<DimExpr> inferSize(Infer &infer, ConvOp, const Window &window,
                                    const DimExpr &size, int64_t axis) {
  if (failed(checkWindow(infer, window, size, axis)))
    return failure();
  return window.outputSize(size);
}

static FailureOr<DimExpr> inferSize(Infer &, ConvTransposeOp op,
                                    const Window &window, const DimExpr &size,
                                    int64_t axis) {
  return window.transposedSize(size) + DimExpr(op.getOutputPadding()[axis]);
}

//===----------------------------------------------------------------------===//
// Shape inference
//===----------------------------------------------------------------------===//

template <typename OpT>
static LogicalResult inferConvolution(OpT op, ShapeContext &context) {
  Infer infer(op, context);
  Type elementType = infer.elementType(op.getSrc());
  if (failed(checkDTypes(infer, op)))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(op.getDst(), elementType);
  int64_t spatial = op.getSpatialRank();
  if (failed(checkImageRank(infer, op.getSrc(), spatial)) ||
      failed(infer.requireRank(op.getWeights(), "the weight", spatial + 2)))
    return failure();
  lz::TensorType src = infer.type(op.getSrc());
  lz::TensorType weights = infer.type(op.getWeights());
  int64_t channelAxis = op.getChannelAxis(src.getRank());
  int64_t spatialAxis = op.getSpatialAxis(src.getRank());
  FailureOr<DimExpr> outChannels =
      inferChannels(infer, op, src.getDim(channelAxis), weights);
  if (failed(outChannels) ||
      failed(infer.requireVector(op.getBias(), "the bias", *outChannels)))
    return failure();
  Dims shape(src.getShape());
  shape[channelAxis] = *outChannels;
  for (int64_t i = 0; i < spatial; ++i) {
    Window window{weights.getDim(i + 2), op.getStrides()[i],
                  op.getDilations()[i], op.getPadsBegin()[i],
                  op.getPadsEnd()[i]};
    FailureOr<DimExpr> size =
        inferSize(infer, op, window, src.getDim(spatialAxis + i), i);
    if (failed(size))
      return failure();
    shape[spatialAxis + i] = *size;
  }
  return infer.set(op.getDst(), ArrayRef<DimExpr>(shape), elementType);
}

LogicalResult ConvOp::inferShape(ShapeContext &context) {
  return inferConvolution(*this, context);
}

LogicalResult ConvTransposeOp::inferShape(ShapeContext &context) {
  return inferConvolution(*this, context);
}

/// The weights hold `channels` kernels of 3x3, in blocks.
static LogicalResult checkWinogradWeights(Infer &infer, ConvWinogradOp op) {
  ArrayRef<DimExpr> shape = infer.shape(op.getWeights());
  DimExpr lanes = shape.back(), blocks = DimExpr::ceilDiv(op.getChannels(), lanes);
  if (shape[2] != DimExpr(3) || shape[3] != DimExpr(3) || shape[0] != blocks)
    return infer.error() << "the weight must be (blocks, C, 3, 3, lanes) for "
                         << op.getChannels() << " channels, got " << shapeText(shape);
  return infer.requireEqual(infer.shape(op.getSrc()).back(), shape[1],
                            "the channels of the input " +
                                shapeText(infer.shape(op.getSrc())) +
                                " and in_channels");
}

LogicalResult ConvWinogradOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(infer.requireF32(getSrc(), "the input")) ||
      failed(infer.requireSameDType(getSrc(), "the input", getWeights(), "the weight")))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  if (failed(infer.requireRank(getSrc(), "the input", 4)) ||
      failed(infer.requireRank(getWeights(), "the weight", 5)) ||
      failed(checkWinogradWeights(infer, *this)))
    return failure();
  Dims shape(infer.shape(getSrc()));
  auto window = [&](int64_t i) { return Window{3, 1, 1, getPadsBegin()[i], getPadsEnd()[i]}; };
  if (failed(slideWindows(infer, shape, window)))
    return failure();
  shape.back() = getChannels();
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}
