//===- KernelOps.cpp - what generated kernels compute best ----------------===//
//
// Verifiers and shape inference of the family in KernelOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/KernelOps.h"

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/WindowUtils.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/KernelOps.cpp.inc"

LogicalResult ConvDepthwiseOp::verify() {
  if (getLow() && getHigh() && *getLow() > *getHigh())
    return emitOpError() << "has a low of " << getLow()->convertToDouble()
                         << " above its high of " << getHigh()->convertToDouble();
  return success(succeeded(verifyWindow(*this, "strides", getStrides(), 2, 1)) &&
                 succeeded(verifyWindow(*this, "dilations", getDilations(), 2, 1)) &&
                 succeeded(verifyWindow(*this, "pads_begin", getPadsBegin(), 2, 0)) &&
                 succeeded(verifyWindow(*this, "pads_end", getPadsEnd(), 2, 0)));
}

/// What kernels are generated for: constant widths and channels, as the weights have them.
static LogicalResult checkDepthwiseSizes(Infer &infer, ConvDepthwiseOp op) {
  ArrayRef<DimExpr> src = infer.shape(op.getSrc()), weights = infer.shape(op.getWeights());
  auto isUnknown = [](const DimExpr &dim) { return !dim.getConstant(); };
  if (llvm::any_of(weights, isUnknown) || isUnknown(src[2]))
    return infer.error() << "the width and the weight must be constants, got "
                         << shapeText(src) << " and " << shapeText(weights);
  if (*weights.back().getConstant() < 2)
    return infer.error() << "there must be 2 channels or more, got the weight "
                         << shapeText(weights);
  return infer.requireEqual(src.back(), weights.back(),
                            "the channels of the input " + shapeText(src) +
                                " and of the weight");
}

LogicalResult ConvDepthwiseOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(infer.requireF32(getSrc(), "the input")) ||
      failed(infer.requireSameDType(getSrc(), "the input", getWeights(), "the weight")) ||
      failed(infer.requireSameDType(getSrc(), "the input", getBias(), "the bias")))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  if (failed(infer.requireRank(getSrc(), "the input", 4)) ||
      failed(infer.requireRank(getWeights(), "the weight", 3)) ||
      failed(checkDepthwiseSizes(infer, *this)))
    return failure();
  Dims shape(infer.shape(getSrc()));
  if (failed(infer.requireVector(getBias(), "the bias", shape.back())))
    return failure();
  auto window = [&](int64_t i) {
    return Window{infer.shape(getWeights())[i], getStrides()[i], getDilations()[i],
                  getPadsBegin()[i], getPadsEnd()[i]};
  };
  if (failed(slideWindows(infer, shape, window)))
    return failure();
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}

LogicalResult ConvPanelsOp::verify() {
  size_t rank = getSpatialRank();
  if (rank != 1 && rank != 2)
    return emitOpError() << "has " << rank << " strides, expected one per axis of an image of "
                            "one or two axes";
  return success(succeeded(verifyWindow(*this, "strides", getStrides(), rank, 1)) &&
                 succeeded(verifyWindow(*this, "pads_begin", getPadsBegin(), rank, 0)) &&
                 succeeded(verifyWindow(*this, "pads_end", getPadsEnd(), rank, 0)));
}

LogicalResult ConvPanelsOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(infer.requireF32(getSrc(), "the input")) ||
      failed(infer.requireSameDType(getSrc(), "the input", getWeights(), "the weight")))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  int64_t rank = getSpatialRank();
  if (failed(infer.requireRank(getSrc(), "the input", rank + 2)) ||
      failed(infer.requireRank(getWeights(), "the weight", rank + 3)))
    return failure();
  ArrayRef<DimExpr> weights = infer.shape(getWeights());
  Dims shape(infer.shape(getSrc()));
  auto isShort = [](const DimExpr &dim) { return dim.getConstant().value_or(0) < 1; };
  if (llvm::any_of(weights, isShort) || weights.back() == DimExpr(1))
    return infer.error() << "the weight must have positive constants as dimensions, the last "
                            "of 2 or more, got "
                         << shapeText(weights);
  if (failed(infer.requireEqual(shape.back(), weights[rank + 1],
                                "the channels of the input " + shapeText(shape) +
                                    " and of the weight")))
    return failure();
  auto window = [&](int64_t i) {
    return Window{weights[1 + i], getStrides()[i], 1, getPadsBegin()[i], getPadsEnd()[i]};
  };
  if (failed(slideWindows(infer, shape, window)))
    return failure();
  shape.back() = weights.front() * weights.back();
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}
