//===- BinaryOps.cpp - elementwise ops of two and three ------------------===//
//
// Verifiers, shape inference and folds of the family in BinaryOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/BinaryOps.cpp.inc"

void LzDialect::registerBinaryOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/BinaryOps.cpp.inc"
      >();
}

LogicalResult lz::SelectOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getLhs());
  if (failed(infer.requireDType(getCondition(), "the condition", DTypes::Bool)) ||
      failed(infer.requireSameDType(getLhs(), "the first value", getRhs(),
                                    "the second value")))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  FailureOr<std::optional<Dims>> shape =
      infer.broadcast({infer.shape(getCondition()), infer.shape(getLhs()),
                       infer.shape(getRhs())});
  if (failed(shape) || failed(infer.set(getDst(), *shape, elementType)))
    return failure();
  inferElementwiseContents(infer);
  return success();
}

OpFoldResult lz::SelectOp::fold(FoldAdaptor) {
  bool same = getLhs() == getRhs() && getLhs().getType() == getType();
  return same ? OpFoldResult(getLhs()) : OpFoldResult();
}
