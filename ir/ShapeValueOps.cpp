//===- ShapeValueOps.cpp - shapes as values ------------------------------===//
//
// Shape inference and verifiers of the ops in ShapeOps.td that turn shapes into
// tensors, or make tensors of nothing but a shape.
//
//===----------------------------------------------------------------------===//

#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

void ShapeOfOp::build(OpBuilder &builder, OperationState &state, Value src) {
  lz::TensorType type = tensorType(src);
  Type i64 = builder.getI64Type();
  auto result = type.hasRank()
                    ? lz::TensorType::getStatic(builder.getContext(),
                                                type.getRank(), i64)
                    : lz::TensorType::getUnranked(builder.getContext(), i64);
  build(builder, state, result, src);
}

LogicalResult ShapeOfOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type i64 = IntegerType::get(getContext(), 64);
  lz::TensorType src = infer.type(getSrc());
  if (!src.hasRank())
    return infer.setUnranked(getDst(), i64);
  if (failed(infer.set(getDst(), {DimExpr(src.getRank())}, i64)))
    return failure();
  context.setContents(getDst(), Dims(src.getShape()));
  return success();
}

void DimOfOp::build(OpBuilder &builder, OperationState &state, Value src,
                    int64_t axis) {
  auto result = lz::TensorType::getStatic(builder.getContext(), {},
                                          builder.getI64Type());
  build(builder, state, result, src, axis);
}

LogicalResult DimOfOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type i64 = IntegerType::get(getContext(), 64);
  if (failed(infer.set(getDst(), ArrayRef<DimExpr>(), i64)))
    return failure();
  lz::TensorType src = infer.type(getSrc());
  if (!src.hasRank())
    return success();
  FailureOr<int64_t> axis = infer.axis(getAxis(), src.getRank());
  if (failed(axis))
    return failure();
  context.setContents(getDst(), {src.getDim(*axis)});
  return success();
}

//===----------------------------------------------------------------------===//
// Iota and full
//===----------------------------------------------------------------------===//

static LogicalResult verifyShape(Operation *op, ArrayRef<DimExpr> shape) {
  for (const DimExpr &dim : shape)
    if (std::optional<int64_t> number = dim.getConstant())
      if (*number < 0)
        return op->emitOpError() << "has " << *number
                                 << " in shape, expected 0 or more";
  return success();
}

LogicalResult IotaOp::verify() {
  int64_t rank = getShape().size(), axis = getAxis();
  if (axis < -rank || axis >= rank)
    return emitOpError() << "has axis " << axis << " and a shape of rank "
                         << rank;
  return verifyShape(*this, getShape().getValues());
}

LogicalResult IotaOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = tensorType(getDst()).getElementType();
  if (!isDType(elementType, DTypes::Number))
    return infer.error() << "cannot count in " << elementType
                         << ", expected a floating-point or integer type";
  if (failed(infer.set(getDst(), getShape().getValues(), elementType)))
    return failure();
  lz::TensorType type = infer.type(getDst());
  if (!mayHaveContents(type))
    return success();
  SmallVector<DimExpr> contents;
  for (int64_t i = 0, count = *type.getNumElements(); i < count; ++i)
    contents.push_back(i);
  context.setContents(getDst(), contents);
  return success();
}

LogicalResult FullOp::verify() {
  return verifyShape(*this, getShape().getValues());
}

LogicalResult FullOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = tensorType(getDst()).getElementType();
  if (failed(infer.set(getDst(), getShape().getValues(), elementType)))
    return failure();
  auto number = dyn_cast<IntegerAttr>(getValue());
  lz::TensorType type = infer.type(getDst());
  if (number && mayHaveContents(type))
    context.setContents(getDst(), SmallVector<DimExpr>(*type.getNumElements(),
                                                       number.getInt()));
  return success();
}
