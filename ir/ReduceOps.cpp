//===- ReduceOps.cpp - reductions, softmax, scans ------------------------===//
//
// Verifiers, shape inference and folds of the family in ReduceOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/ReduceOps.cpp.inc"

void LzDialect::registerReduceOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/ReduceOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Reduce
//===----------------------------------------------------------------------===//

static bool isArg(ReduceKind kind) {
  return kind == ReduceKind::ArgMax || kind == ReduceKind::ArgMin;
}

LogicalResult lz::ReduceOp::verify() {
  if (isArg(getKind()) && getAxes().size() > 1)
    return emitOpError() << "has " << getAxes().size() << " axes, expected "
                         << "one or none with " << stringifyReduceKind(getKind());
  return success();
}

static DTypes dtypesOf(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::Mean:
    return DTypes::Float;
  case ReduceKind::Any:
  case ReduceKind::All:
    return DTypes::Bool;
  case ReduceKind::Sum:
  case ReduceKind::Prod:
    return DTypes::Number;
  default:
    return DTypes::Any;
  }
}

/// Sum, product and extremes of all elements of a small integer tensor.
static void reduceContents(Infer &infer, lz::ReduceOp op) {
  auto contents = infer.context.getContents(op.getSrc());
  lz::TensorType type = infer.type(op.getDst());
  if (!contents || contents->empty() || !mayHaveContents(type) ||
      type.getNumElements() != 1)
    return;
  // A product of reals is in no unit.
  if (op.getKind() == ReduceKind::Prod && isa<FloatType>(type.getElementType()))
    return;
  DimExpr result = contents->front();
  for (const DimExpr &element : llvm::drop_begin(*contents)) {
    switch (op.getKind()) {
    case ReduceKind::Sum:
      result += element;
      break;
    case ReduceKind::Prod:
      result *= element;
      break;
    case ReduceKind::Max:
      result = DimExpr::max(result, element);
      break;
    case ReduceKind::Min:
      result = DimExpr::min(result, element);
      break;
    default:
      return;
    }
  }
  if (!isArg(op.getKind()) && !result.isOverflow())
    infer.context.setContents(op.getDst(), {infer.simplify(result)});
}

/// Without axes, all.
static FailureOr<SmallVector<int64_t>> reducedAxes(Infer &infer,
                                                   lz::ReduceOp op) {
  int64_t rank = infer.rank(op.getSrc());
  if (op.getAxes().empty())
    return llvm::to_vector(llvm::seq<int64_t>(0, rank));
  // A scalar may be reduced along its axis 0 or -1, as in PyTorch.
  FailureOr<SmallVector<int64_t>> axes =
      infer.axes(op.getAxes(), std::max<int64_t>(rank, 1));
  if (succeeded(axes) && rank == 0)
    axes->clear();
  return axes;
}

LogicalResult lz::ReduceOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  if (failed(infer.requireDType(getSrc(), "the input", dtypesOf(getKind()))))
    return failure();
  Type elementType = isArg(getKind()) ? IntegerType::get(getContext(), 64)
                                      : infer.elementType(getSrc());
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  FailureOr<SmallVector<int64_t>> axes = reducedAxes(infer, *this);
  if (failed(axes))
    return failure();
  bool needsElements = isArg(getKind()) || getKind() == ReduceKind::Max ||
                       getKind() == ReduceKind::Min;
  lz::TensorType type = infer.type(getSrc());
  Dims shape;
  for (auto [i, dim] : llvm::enumerate(type.getShape())) {
    if (!llvm::is_contained(*axes, int64_t(i))) {
      shape.push_back(dim);
      continue;
    }
    if (needsElements && dim.getConstant() == 0)
      return infer.error() << "axis " << i << " of " << shapeText(type.getShape())
                           << " has no elements, and "
                           << stringifyReduceKind(getKind()) << " needs one";
    if (getKeepDims())
      shape.push_back(1);
  }
  if (failed(infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType)))
    return failure();
  reduceContents(infer, *this);
  return success();
}

//===----------------------------------------------------------------------===//
// Softmax and scans
//===----------------------------------------------------------------------===//

/// The shape of src, whose axis is checked; a scalar counts as rank 1.
static LogicalResult inferAlongAxis(Operation *op, ShapeContext &context,
                                    int64_t axis, DTypes types) {
  Infer infer(op, context);
  Value src = op->getOperand(0);
  if (failed(infer.requireDType(src, "the input", types)))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(op->getResult(0), infer.elementType(src));
  if (failed(infer.axis(axis, std::max<int64_t>(infer.rank(src), 1))))
    return failure();
  return infer.set(op->getResult(0), infer.shape(src), infer.elementType(src));
}

LogicalResult SoftmaxOp::inferShape(ShapeContext &context) {
  return inferAlongAxis(*this, context, getAxis(), DTypes::Float);
}

LogicalResult CumulativeOp::inferShape(ShapeContext &context) {
  return inferAlongAxis(*this, context, getAxis(), DTypes::Number);
}
