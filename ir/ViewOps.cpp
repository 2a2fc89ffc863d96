//===- ViewOps.cpp - reshaping ops ---------------------------------------===//
//
// Shape inference, verifiers and folds of the ops in ShapeOps.td whose result
// is their operand's elements in the same order.
//
//===----------------------------------------------------------------------===//

#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

//===----------------------------------------------------------------------===//
// Sizes with a -1
//===----------------------------------------------------------------------===//

/// At most one -1, no other negative number.
static LogicalResult verifySizes(Operation *op, StringRef name,
                                 ArrayRef<DimExpr> sizes) {
  int64_t numInferred = 0;
  for (const DimExpr &size : sizes) {
    std::optional<int64_t> number = size.getConstant();
    if (number && *number < -1)
      return op->emitOpError() << "has " << *number << " in " << name
                               << ", expected -1 or a dimension";
    numInferred += number == -1;
  }
  if (numInferred > 1)
    return op->emitOpError() << "has " << numInferred << " times -1 in " << name
                             << ", expected at most one";
  return success();
}

static DimExpr product(ArrayRef<DimExpr> dims) {
  DimExpr result = 1;
  for (const DimExpr &dim : dims)
    result *= dim;
  return result;
}

/// `[2, 3] (6 elements)`
static std::string countText(Infer &infer, ArrayRef<DimExpr> shape,
                             const DimExpr &count) {
  return shapeText(shape) + " (" + infer.simplify(count).str() + " elements)";
}

/// total / rest, where the quotient matters only for rest != 0: beside a
/// dimension of 0 a -1 is ambiguous, so factors that may be 0 cancel too.
static DimExpr divideExactly(Infer &infer, const DimExpr &total,
                             const DimExpr &rest) {
  std::set<std::string> divisors, names;
  rest.collectSymbols(divisors);
  names = divisors;
  total.collectSymbols(names);
  DimFacts positive;
  for (const std::string &name : names) {
    SymbolFacts facts = infer.context.facts().getFacts(name);
    if (divisors.count(name))
      facts.min = std::max<int64_t>(facts.min, 1);
    positive.setFacts(name, facts);
  }
  DimExpr quotient = positive.simplify(DimExpr::floorDiv(total, rest));
  return quotient * rest == total ? quotient : DimExpr::floorDiv(total, rest);
}

/// Gives the -1 among `sizes` what is left of `from`.
static LogicalResult inferMissingSize(Infer &infer, ArrayRef<DimExpr> from,
                                      const DimExpr &total, DimExpr &missing,
                                      ArrayRef<DimExpr> sizes) {
  DimExpr rest = 1;
  for (const DimExpr &size : sizes)
    if (&size != &missing)
      rest *= size;
  std::optional<int64_t> number = rest.getConstant();
  if (number == 0)
    return infer.error() << "cannot reshape " << shapeText(from) << " into "
                         << shapeText(sizes)
                         << ": -1 is ambiguous beside a dimension of 0";
  if (number && infer.context.facts().divides(*number, total) ==
                    DimFacts::Truth::False)
    return infer.error() << "cannot reshape " << countText(infer, from, total)
                         << " into " << shapeText(sizes) << ": " << *number
                         << " does not divide the number of elements";
  missing = infer.simplify(divideExactly(infer, total, rest));
  return infer.requireEqual(missing * rest, total,
                            "the numbers of elements before and after");
}

/// The sizes with -1 replaced, whose product must be that of `from`.
static FailureOr<Dims> completeSizes(Infer &infer, ArrayRef<DimExpr> from,
                                     ArrayRef<DimExpr> given) {
  Dims sizes = infer.resolve(given);
  DimExpr total = infer.simplify(product(from));
  for (DimExpr &size : sizes) {
    if (size.getConstant() != -1)
      continue;
    if (failed(inferMissingSize(infer, from, total, size, sizes)))
      return failure();
    return sizes;
  }
  DimExpr count = infer.simplify(product(sizes));
  if (count.isConstant() && total.isConstant() && count != total)
    return infer.error() << "cannot reshape " << countText(infer, from, total)
                         << " into " << countText(infer, sizes, count);
  if (failed(infer.requireEqual(count, total,
                                "the numbers of elements before and after")))
    return failure();
  return sizes;
}

//===----------------------------------------------------------------------===//
// What all views share
//===----------------------------------------------------------------------===//

/// The shape of a view; nullopt where more must be known to tell its rank.
using ViewShape = std::optional<Dims>;

static FailureOr<ViewShape> toViewShape(FailureOr<Dims> shape) {
  if (failed(shape))
    return failure();
  return ViewShape(std::move(*shape));
}

/// Infers a view by `rule(infer, op, src's type)` once all ranks are known. The
/// elements keep their order, so known contents pass on.
template <typename OpT, typename Rule>
static LogicalResult inferView(OpT op, ShapeContext &context, Rule rule) {
  Infer infer(op, context);
  lz::TensorType src = infer.type(op.getSrc());
  if (!infer.allRanked())
    return infer.setUnranked(op.getDst(), src.getElementType());
  FailureOr<ViewShape> shape = rule(infer, op, src);
  if (failed(shape) ||
      failed(infer.set(op.getDst(), *shape, src.getElementType())))
    return failure();
  if (*shape)
    forwardContents(infer);
  return success();
}

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  return verifySizes(*this, "shape", getShape().getValues());
}

static FailureOr<ViewShape> reshapeShape(Infer &infer, ReshapeOp op,
                                         lz::TensorType src) {
  return toViewShape(
      completeSizes(infer, src.getShape(), op.getShape().getValues()));
}

LogicalResult ReshapeOp::inferShape(ShapeContext &context) {
  return inferView(*this, context, reshapeShape);
}

static FailureOr<ViewShape> reshapeLikeShape(Infer &infer, ReshapeLikeOp op,
                                             lz::TensorType src) {
  auto sizes = infer.context.getContents(op.getDims());
  if (!sizes)
    return ViewShape();
  if (failed(infer.requireRank(op.getDims(), "the shape", 1)) ||
      failed(verifySizes(op, "shape", *sizes)))
    return failure();
  return toViewShape(completeSizes(infer, src.getShape(), *sizes));
}

LogicalResult ReshapeLikeOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  if (failed(infer.requireDType(getDims(), "the shape", DTypes::Integer)))
    return failure();
  return inferView(*this, context, reshapeLikeShape);
}

/// Only a ranked type says that nothing changes: two unranked ones may differ.
static OpFoldResult foldToSrc(Operation *op, Value src) {
  auto type = cast<lz::TensorType>(op->getResult(0).getType());
  bool same = type.isStatic() && src.getType() == type;
  return same ? OpFoldResult(src) : OpFoldResult();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  auto type = tensorType(getDst());
  // The same ranked type, symbols included, means the same elements in order.
  if (type.hasRank() && getSrc().getType() == type)
    return getSrc();
  if (auto inner = getSrc().getDefiningOp<ReshapeOp>()) {
    getSrcMutable().assign(inner.getSrc());
    return getDst();
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Flatten and unflatten
//===----------------------------------------------------------------------===//

static FailureOr<ViewShape> flattenShape(Infer &infer, FlattenOp op,
                                         lz::TensorType src) {
  int64_t rank = std::max<int64_t>(src.getRank(), 1);
  FailureOr<int64_t> start = infer.axis(op.getStartAxis(), rank);
  FailureOr<int64_t> end = infer.axis(op.getEndAxis(), rank);
  if (failed(start) || failed(end))
    return failure();
  if (*start > *end)
    return infer.error() << "start axis " << op.getStartAxis()
                         << " is after end axis " << op.getEndAxis() << " of "
                         << shapeText(src.getShape());
  ArrayRef<DimExpr> dims = src.getShape();
  Dims shape;
  if (dims.empty()) {
    shape.push_back(1);
  } else {
    shape.append(dims.begin(), dims.begin() + *start);
    shape.push_back(product(dims.slice(*start, *end - *start + 1)));
    shape.append(dims.begin() + *end + 1, dims.end());
  }
  return ViewShape(std::move(shape));
}

LogicalResult FlattenOp::inferShape(ShapeContext &context) {
  return inferView(*this, context, flattenShape);
}

OpFoldResult FlattenOp::fold(FoldAdaptor) { return foldToSrc(*this, getSrc()); }

LogicalResult UnflattenOp::verify() {
  if (getSizes().empty())
    return emitOpError() << "has no sizes, expected at least one";
  return verifySizes(*this, "sizes", getSizes().getValues());
}

static FailureOr<ViewShape> unflattenShape(Infer &infer, UnflattenOp op,
                                           lz::TensorType src) {
  FailureOr<int64_t> axis = infer.axis(op.getAxis(), src.getRank());
  if (failed(axis))
    return failure();
  FailureOr<Dims> sizes =
      completeSizes(infer, src.getShape().slice(*axis, 1), op.getSizes().getValues());
  if (failed(sizes))
    return failure();
  Dims shape(src.getShape().take_front(*axis));
  shape.append(sizes->begin(), sizes->end());
  shape.append(src.getShape().begin() + *axis + 1, src.getShape().end());
  return ViewShape(std::move(shape));
}

LogicalResult UnflattenOp::inferShape(ShapeContext &context) {
  return inferView(*this, context, unflattenShape);
}

//===----------------------------------------------------------------------===//
// Squeeze and unsqueeze
//===----------------------------------------------------------------------===//

static LogicalResult verifyDistinct(Operation *op, ArrayRef<int64_t> axes) {
  for (auto [i, axis] : llvm::enumerate(axes))
    if (llvm::is_contained(axes.take_front(i), axis))
      return op->emitOpError() << "has axis " << axis << " twice";
  return success();
}

LogicalResult SqueezeOp::verify() { return verifyDistinct(*this, getAxes()); }

/// All axes of dimension 1; nullopt if one that is not known yet may be one.
static std::optional<SmallVector<int64_t>> findOnes(Infer &infer,
                                                    lz::TensorType type) {
  SmallVector<int64_t> ones;
  for (auto [i, dim] : llvm::enumerate(type.getShape())) {
    if (infer.isOne(dim))
      ones.push_back(i);
    else if (!infer.isNotOne(dim) && !infer.isOptimistic())
      return std::nullopt;
  }
  return ones;
}

static FailureOr<ViewShape> squeezeShape(Infer &infer, SqueezeOp op,
                                         lz::TensorType src) {
  FailureOr<SmallVector<int64_t>> axes = infer.axes(op.getAxes(), src.getRank());
  if (failed(axes))
    return failure();
  if (op.getAxes().empty()) {
    std::optional<SmallVector<int64_t>> ones = findOnes(infer, src);
    if (!ones)
      return ViewShape();
    axes = *ones;
  }
  Dims shape;
  for (auto [i, dim] : llvm::enumerate(src.getShape())) {
    if (!llvm::is_contained(*axes, int64_t(i)))
      shape.push_back(dim);
    else if (failed(infer.requireEqual(dim, 1,
                                       "the squeezed axis " + Twine(i) + " of " +
                                           shapeText(src.getShape()) + " and 1")))
      return failure();
  }
  return ViewShape(std::move(shape));
}

LogicalResult SqueezeOp::inferShape(ShapeContext &context) {
  return inferView(*this, context, squeezeShape);
}

LogicalResult UnsqueezeOp::verify() {
  if (getAxes().empty())
    return emitOpError() << "has no axes, expected at least one";
  return verifyDistinct(*this, getAxes());
}

static FailureOr<ViewShape> unsqueezeShape(Infer &infer, UnsqueezeOp op,
                                           lz::TensorType src) {
  int64_t rank = src.getRank() + op.getAxes().size();
  FailureOr<SmallVector<int64_t>> axes = infer.axes(op.getAxes(), rank);
  if (failed(axes))
    return failure();
  Dims shape;
  ArrayRef<DimExpr> rest = src.getShape();
  for (int64_t i = 0; i < rank; ++i) {
    if (llvm::is_contained(*axes, i)) {
      shape.push_back(1);
      continue;
    }
    shape.push_back(rest.front());
    rest = rest.drop_front();
  }
  return ViewShape(std::move(shape));
}

LogicalResult UnsqueezeOp::inferShape(ShapeContext &context) {
  return inferView(*this, context, unsqueezeShape);
}
