//===- UnaryOps.cpp - rounding, logic, activations -----------------------===//
//
// Verifiers, shape inference and folds of the family in UnaryOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/UnaryOps.cpp.inc"

void LzDialect::registerUnaryOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/UnaryOps.cpp.inc"
      >();
}

LogicalResult SoftplusOp::verify() {
  if (getBeta().convertToDouble() == 0)
    return emitOpError() << "has beta 0, expected another value";
  return success();
}

//===----------------------------------------------------------------------===//
// Cast
//===----------------------------------------------------------------------===//

LogicalResult lz::CastOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = tensorType(getDst()).getElementType();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  if (failed(infer.set(getDst(), infer.shape(getSrc()), elementType)))
    return failure();
  inferElementwiseContents(infer);
  return success();
}

/// True if the conversion loses nothing, so that the way back restores all.
static bool isLossless(Type from, Type to) {
  if (isa<FloatType>(from) && isa<FloatType>(to))
    return from == to || (to.isF64()) ||
           (to.isF32() && isa<Float16Type, BFloat16Type>(from));
  if (from.isInteger(1))
    return true;
  return isa<IntegerType>(from) && isa<IntegerType>(to) &&
         from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth() &&
         from.isUnsignedInteger() == to.isUnsignedInteger();
}

OpFoldResult lz::CastOp::fold(FoldAdaptor) {
  if (getSrc().getType() == getType())
    return getSrc();
  auto inner = getSrc().getDefiningOp<lz::CastOp>();
  if (!inner || inner.getSrc().getType() != getType())
    return {};
  bool lossless = isLossless(tensorType(inner.getSrc()).getElementType(),
                             tensorType(getSrc()).getElementType());
  return lossless ? OpFoldResult(inner.getSrc()) : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Folds
//===----------------------------------------------------------------------===//

/// x for op(op(x)) of an op that is its own inverse.
template <typename OpT>
static OpFoldResult foldInvolution(OpT op) {
  auto inner = op.getSrc().template getDefiningOp<OpT>();
  if (inner && inner.getSrc().getType() == op.getType())
    return inner.getSrc();
  return {};
}

OpFoldResult NegOp::fold(FoldAdaptor) { return foldInvolution(*this); }
OpFoldResult LogicalNotOp::fold(FoldAdaptor) { return foldInvolution(*this); }
OpFoldResult BitwiseNotOp::fold(FoldAdaptor) { return foldInvolution(*this); }

OpFoldResult ReluOp::fold(FoldAdaptor) {
  if (getSrc().getDefiningOp<ReluOp>() && getSrc().getType() == getType())
    return getSrc();
  return {};
}
