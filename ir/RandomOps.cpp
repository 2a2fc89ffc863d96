//===- RandomOps.cpp - random numbers ------------------------------------===//
//
// Verifiers, shape inference and folds of the family in RandomOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/RandomOps.cpp.inc"

void LzDialect::registerRandomOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/RandomOps.cpp.inc"
      >();
}

LogicalResult RandomOp::verify() {
  for (const DimExpr &dim : getShape().getValues())
    if (std::optional<int64_t> number = dim.getConstant())
      if (*number < 0)
        return emitOpError() << "has " << *number
                             << " in shape, expected 0 or more";
  return success();
}

/// seed and counter are i64 scalars, the result is of floats.
static LogicalResult checkGenerator(Infer &infer, Value seed, Value counter,
                                    Type elementType) {
  for (auto [value, what] : {std::pair<Value, StringRef>(seed, "the seed"),
                             std::pair<Value, StringRef>(counter, "the counter")}) {
    if (!infer.elementType(value).isSignlessInteger(64))
      return infer.error() << what << " has element type "
                           << infer.elementType(value) << ", expected i64";
    if (infer.type(value).hasRank() && failed(infer.requireRank(value, what, 0)))
      return failure();
  }
  if (isa<FloatType>(elementType))
    return success();
  return infer.error() << "cannot draw " << elementType
                       << ", expected a floating-point type";
}

LogicalResult RandomOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = tensorType(getDst()).getElementType();
  if (failed(checkGenerator(infer, getSeed(), getCounter(), elementType)))
    return failure();
  return infer.set(getDst(), getShape().getValues(), elementType);
}

LogicalResult RandomLikeOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = tensorType(getDst()).getElementType();
  if (failed(checkGenerator(infer, getSeed(), getCounter(), elementType)))
    return failure();
  if (!infer.type(getLike()).hasRank())
    return infer.setUnranked(getDst(), elementType);
  return infer.set(getDst(), infer.shape(getLike()), elementType);
}
