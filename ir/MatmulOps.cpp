//===- MatmulOps.cpp - matrix products -----------------------------------===//
//
// Verifiers, shape inference and folds of the family in MatmulOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/MatmulOps.cpp.inc"

void LzDialect::registerMatmulOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/MatmulOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Matmul
//===----------------------------------------------------------------------===//

/// [..., m, n] of ranked operands; nullopt if broadcasting is undecided.
static FailureOr<std::optional<Dims>> matmulShape(Infer &infer, MatmulOp op) {
  lz::TensorType lhs = infer.type(op.getLhs()), rhs = infer.type(op.getRhs());
  ArrayRef<DimExpr> a = lhs.getShape(), b = rhs.getShape();
  bool vectorA = a.size() == 1, vectorB = b.size() == 1;
  const DimExpr &k = vectorB ? b[0] : b[b.size() - 2];
  if (failed(infer.requireEqual(
          a.back(), k, "the inner dimensions of " + shapeText(a) + " x " +
                           shapeText(b))))
    return failure();
  FailureOr<std::optional<Dims>> shape =
      infer.broadcast({a.drop_back(vectorA ? 1 : 2), b.drop_back(vectorB ? 1 : 2)});
  if (failed(shape) || !*shape)
    return shape;
  if (!vectorA)
    (*shape)->push_back(a[a.size() - 2]);
  if (!vectorB)
    (*shape)->push_back(b.back());
  return shape;
}

LogicalResult MatmulOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getLhs());
  if (failed(infer.requireDType(getLhs(), "the left operand", DTypes::Number)) ||
      failed(infer.requireSameDType(getLhs(), "the left operand", getRhs(),
                                    "the right operand")))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  if (failed(infer.requireMinRank(getLhs(), "the left operand", 1)) ||
      failed(infer.requireMinRank(getRhs(), "the right operand", 1)))
    return failure();
  FailureOr<std::optional<Dims>> shape = matmulShape(infer, *this);
  if (failed(shape))
    return failure();
  return infer.set(getDst(), *shape, elementType);
}

//===----------------------------------------------------------------------===//
// Linear
//===----------------------------------------------------------------------===//

/// Columns of a matrix [out, in], or of its panels.
static FailureOr<DimExpr> countColumns(Infer &infer, LinearOp op) {
  Value weights = op.getWeights();
  if (infer.rank(weights) == 3)
    return infer.columnsOfPanels(weights, op.getColumns());
  if (failed(infer.requireRank(weights, "the weight", 2)))
    return failure();
  return infer.type(weights).getDim(0);
}

LogicalResult LinearOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(infer.requireDType(getSrc(), "the input", DTypes::Number)) ||
      failed(infer.requireSameDType(getSrc(), "the input", getWeights(),
                                    "the weight")) ||
      failed(infer.requireSameDType(getSrc(), "the input", getBias(), "the bias")))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  FailureOr<DimExpr> out = countColumns(infer, *this);
  if (failed(out) || failed(infer.requireMinRank(getSrc(), "the input", 1)))
    return failure();
  lz::TensorType src = infer.type(getSrc()), weights = infer.type(getWeights());
  if (failed(infer.requireEqual(src.getShape().back(), weights.getDim(1),
                                "the last axis of the input " +
                                    shapeText(src.getShape()) +
                                    " and in_features")) ||
      failed(infer.requireVector(getBias(), "the bias", *out)))
    return failure();
  Dims shape(src.getShape().drop_back());
  shape.push_back(*out);
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}
