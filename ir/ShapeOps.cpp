//===- ShapeOps.cpp - reshaping and rearranging --------------------------===//
//
// Verifiers, shape inference and folds of the ops in ShapeOps.td that move
// elements; its views are in ViewOps.cpp, values of shapes in ShapeValueOps.cpp.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/Axis.h"
#include "ir/Contents.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/ShapeOps.cpp.inc"

void LzDialect::registerShapeOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/ShapeOps.cpp.inc"
      >();
}

/// Only where the shape is known does an equal type mean an equal tensor.
static bool keepsRankedType(Operation *op) {
  auto type = cast<lz::TensorType>(op->getResult(0).getType());
  return type.hasRank() && op->getOperand(0).getType() == type;
}

static bool allEqual(ArrayRef<int64_t> values, int64_t value) {
  return llvm::all_of(values, [&](int64_t other) { return other == value; });
}

/// Infers an op that rearranges src by `rule(infer, op, src's type)`, which gives
/// the result's shape once all ranks are known.
template <typename OpT, typename Rule>
static LogicalResult inferRearranged(OpT op, ShapeContext &context, Rule rule) {
  Infer infer(op, context);
  lz::TensorType src = infer.type(op.getSrc());
  if (!infer.allRanked())
    return infer.setUnranked(op.getDst(), src.getElementType());
  FailureOr<Dims> shape = rule(infer, op, src);
  if (failed(shape))
    return failure();
  return infer.set(op.getDst(), ArrayRef<DimExpr>(*shape),
                   src.getElementType());
}

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

LogicalResult lz::TransposeOp::verify() {
  SmallVector<int64_t> sorted(getPerm());
  llvm::sort(sorted);
  for (auto [i, axis] : llvm::enumerate(sorted))
    if (axis != int64_t(i))
      return emitOpError() << "has a perm that is no permutation of 0 to "
                           << int64_t(sorted.size()) - 1;
  return success();
}

static FailureOr<Dims> transposeShape(Infer &infer, lz::TransposeOp op,
                                      lz::TensorType src) {
  if (src.getRank() != int64_t(op.getPerm().size()))
    return infer.error() << "permutes " << op.getPerm().size()
                         << " axes, got input of size "
                         << shapeText(src.getShape());
  Dims shape;
  for (int64_t axis : op.getPerm())
    shape.push_back(src.getDim(axis));
  return shape;
}

LogicalResult lz::TransposeOp::inferShape(ShapeContext &context) {
  if (failed(inferRearranged(*this, context, transposeShape)))
    return failure();
  Infer infer(*this, context);
  copyContents(infer, getSrc(), [&](MutableArrayRef<int64_t> index) {
    SmallVector<int64_t> result(index);
    for (auto [i, axis] : llvm::enumerate(getPerm()))
      index[axis] = result[i];
  });
  return success();
}

OpFoldResult lz::TransposeOp::fold(FoldAdaptor) {
  if (llvm::is_sorted(getPerm()))
    return getSrc();
  auto inner = getSrc().getDefiningOp<lz::TransposeOp>();
  if (!inner || inner.getPerm().size() != getPerm().size())
    return {};
  SmallVector<int64_t> perm;
  for (int64_t axis : getPerm())
    perm.push_back(inner.getPerm()[axis]);
  setPerm(perm);
  getSrcMutable().assign(inner.getSrc());
  return getDst();
}

static FailureOr<Dims> swapAxesShape(Infer &infer, SwapAxesOp op,
                                     lz::TensorType src) {
  FailureOr<int64_t> first = infer.axis(op.getAxis0(), src.getRank());
  FailureOr<int64_t> second = infer.axis(op.getAxis1(), src.getRank());
  if (failed(first) || failed(second))
    return failure();
  Dims shape(src.getShape());
  std::swap(shape[*first], shape[*second]);
  return shape;
}

LogicalResult SwapAxesOp::inferShape(ShapeContext &context) {
  return inferRearranged(*this, context, swapAxesShape);
}

OpFoldResult SwapAxesOp::fold(FoldAdaptor) {
  if (getAxis0() == getAxis1())
    return getSrc();
  auto inner = getSrc().getDefiningOp<SwapAxesOp>();
  if (!inner || inner.getSrc().getType() != getType())
    return {};
  // The list forms return values, the others references to temporaries.
  auto mine = std::minmax({getAxis0(), getAxis1()});
  auto theirs = std::minmax({inner.getAxis0(), inner.getAxis1()});
  return mine == theirs
             ? OpFoldResult(inner.getSrc())
             : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Expand
//===----------------------------------------------------------------------===//

static LogicalResult verifyExpandShape(Operation *op, ArrayRef<DimExpr> shape) {
  for (const DimExpr &dim : shape)
    if (std::optional<int64_t> number = dim.getConstant())
      if (*number < -1)
        return op->emitOpError() << "has " << *number
                                 << " in shape, expected -1 or a dimension";
  return success();
}

LogicalResult lz::ExpandOp::verify() {
  return verifyExpandShape(*this, getShape().getValues());
}

/// The dimension that src's dimension `from` becomes when `to` is asked for.
static FailureOr<DimExpr> expandDim(Infer &infer, const DimExpr &from,
                                    const DimExpr &to, ArrayRef<DimExpr> shape) {
  if (to.getConstant() == -1)
    return from;
  if (from == to || infer.isOne(from))
    return to;
  bool differ = from.isConstant() && to.isConstant();
  if (differ)
    return infer.error() << "cannot expand "
                         << shapeText(infer.shape(infer.op->getOperand(0)))
                         << " to " << shapeText(shape) << ": " << from.str()
                         << " is neither 1 nor " << to.str();
  if (infer.isNotOne(from) || infer.isOptimistic())
    if (failed(infer.requireEqual(from, to, "an expanded dimension and what it "
                                            "is expanded to")))
      return failure();
  return to;
}

/// A -1 is only known to be one if its expression is a number.
static LogicalResult inferExpand(Infer &infer, ArrayRef<DimExpr> given) {
  Value src = infer.op->getOperand(0), dst = infer.op->getResult(0);
  Dims shape = infer.resolve(given);
  ArrayRef<DimExpr> from = infer.shape(src);
  if (shape.size() < from.size())
    return infer.error() << "cannot expand " << shapeText(from) << " to "
                         << shapeText(shape)
                         << ", expected at least as many axes";
  size_t added = shape.size() - from.size();
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i < added) {
      if (shape[i].getConstant() == -1)
        return infer.error() << "cannot expand " << shapeText(from) << " to "
                             << shapeText(shape)
                             << ": -1 stands for an axis that does not exist";
      continue;
    }
    FailureOr<DimExpr> dim = expandDim(infer, from[i - added], shape[i], shape);
    if (failed(dim))
      return failure();
    shape[i] = *dim;
  }
  if (failed(infer.set(dst, ArrayRef<DimExpr>(shape), infer.elementType(src))))
    return failure();
  auto contents = infer.context.getContents(src);
  lz::TensorType type = infer.type(dst);
  if (contents && contents->size() == 1 && mayHaveContents(type))
    infer.context.setContents(
        dst, SmallVector<DimExpr>(*type.getNumElements(), contents->front()));
  return success();
}

LogicalResult lz::ExpandOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), infer.elementType(getSrc()));
  return inferExpand(infer, getShape().getValues());
}

OpFoldResult lz::ExpandOp::fold(FoldAdaptor) {
  return keepsRankedType(*this) ? OpFoldResult(getSrc()) : OpFoldResult();
}

LogicalResult ExpandLikeOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  if (failed(infer.requireDType(getDims(), "the shape", DTypes::Integer)))
    return failure();
  std::optional<SmallVector<DimExpr>> shape = context.getContents(getDims());
  if (!infer.allRanked() || !shape)
    return infer.setUnranked(getDst(), infer.elementType(getSrc()));
  if (failed(infer.requireRank(getDims(), "the shape", 1)) ||
      failed(verifyExpandShape(*this, *shape)))
    return failure();
  return inferExpand(infer, *shape);
}

//===----------------------------------------------------------------------===//
// Pad, repeat, flip
//===----------------------------------------------------------------------===//

LogicalResult lz::PadOp::verify() {
  if (getBegin().size() != getEnd().size())
    return emitOpError() << "has " << getBegin().size() << " entries in begin and "
                         << getEnd().size() << " in end, expected the same";
  return success();
}

static FailureOr<Dims> padShape(Infer &infer, lz::PadOp op,
                                lz::TensorType src) {
  size_t count = op.getBegin().size();
  if (count > size_t(src.getRank()))
    return infer.error() << "pads " << count << " axes, got input of size "
                         << shapeText(src.getShape());
  Dims shape(src.getShape());
  size_t first = shape.size() - count;
  for (size_t i = 0; i < count; ++i)
    shape[first + i] += DimExpr(op.getBegin()[i]) + DimExpr(op.getEnd()[i]);
  return shape;
}

LogicalResult lz::PadOp::inferShape(ShapeContext &context) {
  return inferRearranged(*this, context, padShape);
}

OpFoldResult lz::PadOp::fold(FoldAdaptor) {
  bool nothing = allEqual(getBegin(), 0) && allEqual(getEnd(), 0);
  return nothing ? OpFoldResult(getSrc()) : OpFoldResult();
}

LogicalResult RepeatOp::verify() {
  for (int64_t count : getRepeats())
    if (count < 0)
      return emitOpError() << "has " << count
                           << " in repeats, expected 0 or more";
  return success();
}

static FailureOr<Dims> repeatShape(Infer &, RepeatOp op, lz::TensorType src) {
  Dims shape(src.getShape());
  size_t count = op.getRepeats().size();
  if (count > shape.size())
    shape.insert(shape.begin(), count - shape.size(), DimExpr(1));
  for (size_t i = 0, first = shape.size() - count; i < count; ++i)
    shape[first + i] *= DimExpr(op.getRepeats()[i]);
  return shape;
}

LogicalResult RepeatOp::inferShape(ShapeContext &context) {
  return inferRearranged(*this, context, repeatShape);
}

OpFoldResult RepeatOp::fold(FoldAdaptor) {
  // More entries than axes add axes, which only a ranked type tells.
  bool nothing = allEqual(getRepeats(), 1) &&
                 (getRepeats().empty() || keepsRankedType(*this));
  return nothing ? OpFoldResult(getSrc()) : OpFoldResult();
}

LogicalResult FlipOp::verify() {
  for (auto [i, axis] : llvm::enumerate(getAxes()))
    if (llvm::is_contained(getAxes().take_front(i), axis))
      return emitOpError() << "has axis " << axis << " twice";
  return success();
}

static FailureOr<Dims> flipShape(Infer &infer, FlipOp op, lz::TensorType src) {
  if (failed(infer.axes(op.getAxes(), src.getRank())))
    return failure();
  return Dims(src.getShape());
}

LogicalResult FlipOp::inferShape(ShapeContext &context) {
  if (failed(inferRearranged(*this, context, flipShape)))
    return failure();
  Infer infer(*this, context);
  auto shape = infer.type(getDst()).getStaticShape();
  if (!shape)
    return success();
  copyContents(infer, getSrc(), [&](MutableArrayRef<int64_t> index) {
    for (int64_t axis : getAxes()) {
      int64_t at = normalizeAxis(axis, shape->size());
      index[at] = (*shape)[at] - 1 - index[at];
    }
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Concat
//===----------------------------------------------------------------------===//

LogicalResult lz::ConcatOp::verify() {
  if (getSrcs().empty())
    return emitOpError() << "has no operands, expected at least one";
  return success();
}

/// Adds the dimensions of one more operand to the result's.
static LogicalResult appendShape(Infer &infer, Dims &shape, Value src,
                                 int64_t axis) {
  lz::TensorType type = infer.type(src);
  if (type.getRank() != int64_t(shape.size()))
    return infer.error() << "joins " << shapeText(infer.shape(infer.op->getOperand(0)))
                         << " and " << shapeText(type.getShape())
                         << ", expected the same rank";
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (i == axis)
      shape[i] += type.getDim(i);
    else if (failed(infer.requireEqual(shape[i], type.getDim(i),
                                       "axis " + Twine(i) +
                                           " of tensors joined along axis " +
                                           Twine(axis))))
      return failure();
  }
  return success();
}

/// The contents one after another, where all are known; no axis before the
/// joined one has several elements.
static void concatContents(Infer &infer, int64_t axis) {
  Value result = infer.op->getResult(0);
  lz::TensorType type = infer.type(result);
  if (!mayHaveContents(type) ||
      !llvm::all_of(type.getShape().take_front(axis),
                    [&](const DimExpr &dim) { return infer.isOne(dim); }))
    return;
  SmallVector<DimExpr> all;
  for (Value src : infer.op->getOperands()) {
    auto contents = infer.context.getContents(src);
    if (!contents)
      return;
    all.append(contents->begin(), contents->end());
  }
  infer.context.setContents(result, all);
}

LogicalResult lz::ConcatOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Value first = getSrcs().front();
  Type elementType = infer.elementType(first);
  for (Value src : getSrcs())
    if (failed(infer.requireSameDType(first, "the first tensor", src,
                                      "another one")))
      return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  FailureOr<int64_t> axis = infer.axis(getAxis(), infer.rank(first));
  if (failed(axis))
    return failure();
  Dims shape(infer.shape(first));
  for (Value src : getSrcs().drop_front())
    if (failed(appendShape(infer, shape, src, *axis)))
      return failure();
  if (failed(infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType)))
    return failure();
  concatContents(infer, *axis);
  return success();
}

OpFoldResult lz::ConcatOp::fold(FoldAdaptor) {
  bool single = getSrcs().size() == 1 && getSrcs()[0].getType() == getType();
  return single ? OpFoldResult(getSrcs()[0]) : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Triangular
//===----------------------------------------------------------------------===//

static FailureOr<Dims> triangularShape(Infer &infer, TriangularOp op,
                                       lz::TensorType src) {
  if (failed(infer.requireMinRank(op.getSrc(), "the input", 2)))
    return failure();
  return Dims(src.getShape());
}

LogicalResult TriangularOp::inferShape(ShapeContext &context) {
  return inferRearranged(*this, context, triangularShape);
}
