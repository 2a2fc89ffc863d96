//===- ShapeValueOps.cpp - shapes as values ------------------------------===//
//
// Shape inference and verifiers of the ops in ShapeOps.td that turn shapes into
// tensors, or make tensors of nothing but a shape.
//
//===----------------------------------------------------------------------===//

#include "ir/Contents.h"
#include "ir/LzOps.h"

#include <cmath>

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
  SmallVector<int64_t> shape = *type.getStaticShape();
  int64_t axis = getAxis() < 0 ? getAxis() + type.getRank() : getAxis();
  int64_t inner = 1;
  for (int64_t size : ArrayRef<int64_t>(shape).drop_front(axis + 1))
    inner *= size;
  int64_t unit = isa<FloatType>(elementType) ? kRealUnit : 1;
  SmallVector<DimExpr> contents;
  for (int64_t i = 0, count = *type.getNumElements(); i < count; ++i)
    contents.push_back(i / inner % shape[axis] * unit);
  context.setContents(getDst(), contents);
  return success();
}

LogicalResult FullOp::verify() {
  return verifyShape(*this, getShape().getValues());
}

/// The value as contents of the element type hold it. A boolean is 0 or 1.
static std::optional<DimExpr> fullContent(Attribute value, Type elementType) {
  auto integer = dyn_cast<IntegerAttr>(value);
  auto real = dyn_cast<FloatAttr>(value);
  double number = integer ? double(integer.getInt()) : real.getValueAsDouble();
  if (elementType.isInteger(1))
    return DimExpr(number != 0);
  if (isKnowableFloat(elementType))
    return contentOfReal(number);
  if (integer)
    return DimExpr(integer.getInt());
  bool isWhole = number == std::trunc(number) && std::abs(number) < 0x1p53;
  return isWhole ? std::optional(DimExpr(int64_t(number))) : std::nullopt;
}

LogicalResult FullOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = tensorType(getDst()).getElementType();
  if (failed(infer.set(getDst(), getShape().getValues(), elementType)))
    return failure();
  lz::TensorType type = infer.type(getDst());
  std::optional<DimExpr> element = fullContent(getValue(), elementType);
  if (element && mayHaveContents(type))
    context.setContents(
        getDst(), SmallVector<DimExpr>(*type.getNumElements(), *element));
  return success();
}
