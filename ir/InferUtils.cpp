//===- InferUtils.cpp - what shape inference rules share ------------------===//
//
// See InferUtils.h.
//
//===----------------------------------------------------------------------===//

#include "ir/InferUtils.h"

#include "ir/Axis.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace lz;

bool lz::isDType(Type elementType, DTypes types) {
  bool isFloat = isa<FloatType>(elementType);
  bool isBool = elementType.isInteger(1);
  bool isInteger = !isFloat && !isBool;
  switch (types) {
  case DTypes::Float:
    return isFloat;
  case DTypes::Number:
    return !isBool;
  case DTypes::Integer:
    return isInteger;
  case DTypes::Bits:
    return !isFloat;
  case DTypes::Bool:
    return isBool;
  case DTypes::Any:
    return true;
  }
  llvm_unreachable("all sets of element types are listed");
}

static StringRef describe(DTypes types) {
  switch (types) {
  case DTypes::Float:
    return "a floating-point type";
  case DTypes::Number:
    return "a floating-point or integer type";
  case DTypes::Integer:
    return "an integer type";
  case DTypes::Bits:
    return "an integer type or i1";
  case DTypes::Bool:
    return "i1";
  case DTypes::Any:
    return "any type";
  }
  llvm_unreachable("all sets of element types are listed");
}

bool Infer::allRanked() {
  return llvm::all_of(op->getOperands(),
                      [&](Value value) { return type(value).hasRank(); });
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

LogicalResult Infer::requireDType(Value value, StringRef what, DTypes types) {
  Type found = elementType(value);
  if (isDType(found, types))
    return success();
  return error() << what << " has element type " << found << ", expected "
                 << describe(types);
}

LogicalResult Infer::requireF32(Value value, StringRef what) {
  Type found = elementType(value);
  if (found.isF32())
    return success();
  return error() << what << " has element type " << found << ", expected 'f32'";
}

LogicalResult Infer::requireSameDType(Value a, StringRef whatA, Value b,
                                      StringRef whatB) {
  if (!a || !b || elementType(a) == elementType(b))
    return success();
  return error() << whatA << " has element type " << elementType(a) << ", "
                 << whatB << " has " << elementType(b)
                 << ", expected the same";
}

LogicalResult Infer::requireParamDType(Value a, StringRef whatA, Value b,
                                       StringRef whatB) {
  if (a && b && elementType(b).isF32() &&
      isa<Float16Type, BFloat16Type>(elementType(a)))
    return success();
  return requireSameDType(a, whatA, b, whatB);
}

LogicalResult Infer::requireRank(Value value, StringRef what, int64_t rank) {
  if (this->rank(value) == rank)
    return success();
  return error() << what << " has shape " << shapeText(shape(value))
                 << ", expected rank " << rank;
}

LogicalResult Infer::requireMinRank(Value value, StringRef what, int64_t rank) {
  if (this->rank(value) >= rank)
    return success();
  return error() << what << " has shape " << shapeText(shape(value))
                 << ", expected rank " << rank << " or more";
}

LogicalResult Infer::requireVector(Value value, StringRef what,
                                   const DimExpr &size) {
  if (!value)
    return success();
  if (failed(requireRank(value, what, 1)))
    return failure();
  return requireEqual(shape(value)[0], size,
                      "the size of " + what + " and the number of channels");
}

FailureOr<DimExpr> Infer::columnsOfPanels(Value panels, int64_t held) {
  lz::TensorType type = this->type(panels);
  DimExpr count = type.getDim(0), width = type.getDim(2), all = count * width;
  if (held == 0)
    return all;
  if (held < 0 || provenGreater(held, all) || provenLessEqual(held, (count - 1) * width))
    return error() << "the panels " << shapeText(type.getShape()) << " hold "
                   << all.str() << " columns, not " << held
                   << ", or fewer panels would";
  return DimExpr(held);
}

FailureOr<int64_t> Infer::axis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return normalizeAxis(axis, rank);
  return error() << "axis " << axis << " is out of range, expected "
                 << (rank == 0 ? std::string("no axis of a scalar")
                               : llvm::formatv("{0} to {1} of rank {2}", -rank,
                                               rank - 1, rank)
                                     .str());
}

FailureOr<SmallVector<int64_t>> Infer::axes(ArrayRef<int64_t> axes,
                                            int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t given : axes) {
    FailureOr<int64_t> counted = axis(given, rank);
    if (failed(counted))
      return failure();
    if (llvm::is_contained(result, *counted))
      return error() << "axis " << given << " is given twice";
    result.push_back(*counted);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Facts
//===----------------------------------------------------------------------===//

bool Infer::isNotOne(const DimExpr &dim) {
  auto [low, high] = context.facts().range(dim);
  return (low && *low > 1) || (high && *high < 1);
}

bool Infer::provenLessEqual(const DimExpr &a, const DimExpr &b) {
  return context.facts().lessEqual(a, b) == DimFacts::Truth::True;
}

bool Infer::provenGreater(const DimExpr &a, const DimExpr &b) {
  return context.facts().lessEqual(a, b) == DimFacts::Truth::False;
}

Dims Infer::resolve(ArrayRef<DimExpr> dims) {
  return llvm::map_to_vector(
      dims, [&](const DimExpr &dim) { return context.resolve(dim); });
}

//===----------------------------------------------------------------------===//
// Broadcasting
//===----------------------------------------------------------------------===//

/// A dimension that is not 1 decides; two that may be 1 decide nothing until
/// all that can be known is known, and are then taken to be equal.
FailureOr<std::optional<DimExpr>> Infer::broadcastDim(const DimExpr &a,
                                                      const DimExpr &b) {
  if (a == b || isOne(b))
    return std::optional<DimExpr>(a);
  if (isOne(a))
    return std::optional<DimExpr>(b);
  bool surelyA = isNotOne(a), surelyB = isNotOne(b);
  if ((surelyA && surelyB) || isOptimistic())
    if (failed(requireEqual(a, b, "dimensions that must broadcast")))
      return failure();
  if (surelyB && !surelyA)
    return std::optional<DimExpr>(b);
  if (surelyA || isOptimistic())
    return std::optional<DimExpr>(a);
  return std::optional<DimExpr>();
}

LogicalResult Infer::broadcastError(ArrayRef<DimExpr> a, ArrayRef<DimExpr> b) {
  return error() << "shapes " << shapeText(a) << " and " << shapeText(b)
                 << " do not broadcast: expected each pair of dimensions, "
                    "aligned at the last axis, to be equal or one of them 1";
}

FailureOr<std::optional<Dims>>
Infer::broadcast(ArrayRef<ArrayRef<DimExpr>> shapes) {
  Dims result;
  bool known = true;
  for (ArrayRef<DimExpr> shape : shapes) {
    if (shape.size() > result.size())
      result.insert(result.begin(), shape.size() - result.size(), DimExpr(1));
    size_t offset = result.size() - shape.size();
    for (size_t i = 0; i < shape.size(); ++i) {
      DimExpr &dim = result[offset + i];
      bool differ = dim.isConstant() && shape[i].isConstant() &&
                    dim != shape[i] && !isOne(dim) && !isOne(shape[i]);
      if (differ)
        return broadcastError(shapes.front(), shape);
      auto merged = broadcastDim(dim, shape[i]);
      if (failed(merged))
        return failure();
      known &= merged->has_value();
      if (*merged)
        dim = **merged;
    }
  }
  return known ? std::optional<Dims>(result) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

LogicalResult Infer::set(Value result, ArrayRef<DimExpr> shape,
                         Type elementType) {
  Dims dims = resolve(shape);
  for (const DimExpr &dim : dims) {
    if (dim.isOverflow())
      return error() << "a dimension of the result is too large or too "
                        "complicated an expression";
    std::optional<int64_t> number = dim.getConstant();
    if (number && *number < 0)
      return error() << "the result would have shape " << shapeText(dims)
                     << ", expected no negative dimension";
  }
  context.setType(result, lz::TensorType::get(op->getContext(), dims, elementType));
  return success();
}

LogicalResult Infer::setUnranked(Value result, Type elementType) {
  context.setType(result,
                  lz::TensorType::getUnranked(op->getContext(), elementType));
  return success();
}

LogicalResult Infer::set(Value result, const std::optional<Dims> &shape,
                         Type elementType) {
  if (!shape)
    return setUnranked(result, elementType);
  return set(result, ArrayRef<DimExpr>(*shape), elementType);
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

static LogicalResult inferBroadcast(Operation *op, ShapeContext &context,
                                    DTypes types, bool predicate) {
  Infer infer(op, context);
  static constexpr StringRef names[] = {"the left operand",
                                        "the right operand"};
  bool unary = op->getNumOperands() == 1;
  Value first = op->getOperand(0);
  if (failed(infer.requireDType(first, unary ? "the input" : names[0], types)))
    return failure();
  if (!unary &&
      failed(infer.requireSameDType(first, names[0], op->getOperand(1), names[1])))
    return failure();
  Type elementType = predicate ? IntegerType::get(op->getContext(), 1)
                               : infer.elementType(first);
  if (!infer.allRanked())
    return infer.setUnranked(op->getResult(0), elementType);
  SmallVector<lz::TensorType> operandTypes = llvm::map_to_vector(
      op->getOperands(), [&](Value value) { return infer.type(value); });
  auto shapes = llvm::map_to_vector(
      operandTypes, [](lz::TensorType type) { return type.getShape(); });
  FailureOr<std::optional<Dims>> shape = infer.broadcast(shapes);
  if (failed(shape) || failed(infer.set(op->getResult(0), *shape, elementType)))
    return failure();
  inferElementwiseContents(infer);
  return success();
}

LogicalResult lz::inferElementwise(Operation *op, ShapeContext &context,
                                   DTypes types) {
  return inferBroadcast(op, context, types, /*predicate=*/false);
}

LogicalResult lz::inferPredicate(Operation *op, ShapeContext &context,
                                 DTypes types) {
  return inferBroadcast(op, context, types, /*predicate=*/true);
}
