//===- IndexingOps.cpp - slices, gathers, scatters -----------------------===//
//
// Verifiers, shape inference and folds of the family in IndexingOps.td.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/Contents.h"
#include "ir/InferUtils.h"
#include "ir/LzOps.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/IndexingOps.cpp.inc"

void LzDialect::registerIndexingOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/IndexingOps.cpp.inc"
      >();
}

/// Infers an op along one axis of src by `rule(infer, op, src's type, axis)` once
/// all ranks are known.
template <typename OpT, typename Rule>
static LogicalResult inferAlongAxis(OpT op, ShapeContext &context, Rule rule) {
  Infer infer(op, context);
  if (!infer.allRanked())
    return infer.setUnranked(op.getDst(), infer.elementType(op.getSrc()));
  lz::TensorType src = infer.type(op.getSrc());
  FailureOr<int64_t> axis = infer.axis(op.getAxis(), src.getRank());
  if (failed(axis))
    return failure();
  return rule(infer, op, src, *axis);
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

LogicalResult SliceOp::verify() {
  if (getStep() == 0)
    return emitOpError() << "has step 0, expected another value";
  return success();
}

namespace {

/// Resolves a NumPy range over an axis of a possibly symbolic size.
class RangeRule {
public:
  RangeRule(Infer &infer, const DimExpr &size, int64_t step)
      : infer(infer), size(size), step(step), low(step > 0 ? 0 : -1),
        high(step > 0 ? size : size - DimExpr(1)) {}

  /// Counted from the front and clamped to [low, high].
  DimExpr position(const DimExpr &given) {
    DimExpr index = infer.simplify(given);
    if (index.getConstant() == std::numeric_limits<int64_t>::max())
      return high;
    if (index.getConstant() == std::numeric_limits<int64_t>::min())
      return low;
    if (infer.provenLessEqual(index, -1))
      index += size;
    return clamp(index);
  }

  DimExpr length(const DimExpr &begin, const DimExpr &end) {
    DimExpr span = step > 0 ? end - begin : begin - end;
    span = infer.simplify(span);
    if (!infer.provenLessEqual(0, span))
      span = DimExpr::max(span, 0);
    return infer.simplify(DimExpr::ceilDiv(span, step > 0 ? step : -step));
  }

private:
  DimExpr clamp(DimExpr index) {
    if (!infer.provenLessEqual(low, index))
      index = DimExpr::max(index, low);
    if (!infer.provenLessEqual(index, high))
      index = DimExpr::min(index, high);
    return infer.simplify(index);
  }

  Infer &infer;
  DimExpr size;
  int64_t step;
  DimExpr low, high;
};

} // namespace

/// The elements of a range with constant bounds.
static void sliceContents(Infer &infer, SliceOp op, const DimExpr &begin,
                          int64_t axis) {
  if (std::optional<int64_t> first = begin.getConstant())
    copyContents(infer, op.getSrc(), [&](MutableArrayRef<int64_t> index) {
      index[axis] = *first + index[axis] * op.getStep();
    });
}

static LogicalResult inferSlice(Infer &infer, SliceOp op, lz::TensorType src,
                                int64_t axis) {
  if (op.getStep() == std::numeric_limits<int64_t>::min())
    return infer.error() << "step " << op.getStep() << " is out of range";
  RangeRule range(infer, src.getDim(axis), op.getStep());
  DimExpr begin = range.position(op.getBegin().getValue());
  DimExpr end = range.position(op.getEnd().getValue());
  Dims shape(src.getShape());
  shape[axis] = range.length(begin, end);
  if (failed(infer.set(op.getDst(), ArrayRef<DimExpr>(shape),
                       src.getElementType())))
    return failure();
  sliceContents(infer, op, begin, axis);
  return success();
}

LogicalResult SliceOp::inferShape(ShapeContext &context) {
  return inferAlongAxis(*this, context, inferSlice);
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  // From 0 to the end in steps of 1, whatever the size.
  bool whole = getStep() == 1 && getBegin().getValue().getConstant() == 0 &&
               getEnd().getValue().getConstant() ==
                   std::numeric_limits<int64_t>::max() &&
               getSrc().getType() == getType();
  return whole ? OpFoldResult(getSrc()) : OpFoldResult();
}

static LogicalResult inferSelectIndex(Infer &infer, SelectIndexOp op,
                                      lz::TensorType src, int64_t axis) {
  int64_t index = op.getIndex();
  std::optional<int64_t> size = src.getDim(axis).getConstant();
  if (size && (index < -*size || index >= *size))
    return infer.error() << "index " << index << " is out of range on axis "
                         << axis << " of " << shapeText(src.getShape());
  Dims shape(src.getShape());
  shape.erase(shape.begin() + axis);
  if (failed(infer.set(op.getDst(), ArrayRef<DimExpr>(shape),
                       src.getElementType())))
    return failure();
  auto contents = infer.context.getContents(op.getSrc());
  if (contents && size && src.getRank() == 1)
    infer.context.setContents(
        op.getDst(), {(*contents)[index < 0 ? index + *size : index]});
  return success();
}

LogicalResult SelectIndexOp::inferShape(ShapeContext &context) {
  return inferAlongAxis(*this, context, inferSelectIndex);
}

//===----------------------------------------------------------------------===//
// Gather and scatter
//===----------------------------------------------------------------------===//

static LogicalResult requireIndices(Infer &infer, Value indices) {
  Type type = infer.elementType(indices);
  if (type.isSignlessInteger(64) || type.isSignlessInteger(32))
    return success();
  return infer.error() << "the indices have element type " << type
                       << ", expected i64 or i32";
}

/// Known elements of src at known positions.
static void gatherContents(Infer &infer, lz::GatherOp op) {
  auto contents = infer.context.getContents(op.getSrc());
  auto indices = infer.context.getContents(op.getIndices());
  if (!contents || !indices || infer.rank(op.getSrc()) != 1 ||
      !mayHaveContents(infer.type(op.getDst())))
    return;
  int64_t size = contents->size();
  SmallVector<DimExpr> result;
  for (const DimExpr &index : *indices) {
    std::optional<int64_t> position = index.getConstant();
    if (!position || *position < -size || *position >= size)
      return;
    result.push_back((*contents)[*position < 0 ? *position + size : *position]);
  }
  infer.context.setContents(op.getDst(), result);
}

static LogicalResult inferGather(Infer &infer, lz::GatherOp op,
                                 lz::TensorType src, int64_t axis) {
  ArrayRef<DimExpr> indices = infer.shape(op.getIndices());
  Dims shape(src.getShape().take_front(axis));
  shape.append(indices.begin(), indices.end());
  shape.append(src.getShape().begin() + axis + 1, src.getShape().end());
  if (failed(infer.set(op.getDst(), ArrayRef<DimExpr>(shape),
                       src.getElementType())))
    return failure();
  gatherContents(infer, op);
  return success();
}

LogicalResult lz::GatherOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  if (failed(requireIndices(infer, getIndices())))
    return failure();
  return inferAlongAxis(*this, context, inferGather);
}

LogicalResult GatherPanelsOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(requireIndices(infer, getIndices())))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  if (failed(infer.requireRank(getSrc(), "the table", 3)) ||
      failed(infer.columnsOfPanels(getSrc(), getRows())))
    return failure();
  Dims shape(infer.shape(getIndices()));
  shape.push_back(infer.shape(getSrc())[1]);
  return infer.set(getDst(), ArrayRef<DimExpr>(shape), elementType);
}

/// indices of the elementwise gather and scatter: src's rank, and nowhere but
/// on the axis proven to be longer than src.
static LogicalResult checkElementIndices(Infer &infer, Value src, Value indices,
                                         int64_t axis) {
  lz::TensorType srcType = infer.type(src), type = infer.type(indices);
  FailureOr<int64_t> counted =
      infer.axis(axis, std::max<int64_t>(srcType.getRank(), 1));
  if (failed(counted) ||
      failed(infer.requireRank(indices, "the index tensor", srcType.getRank())))
    return failure();
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (i != *counted && infer.provenGreater(type.getDim(i), srcType.getDim(i)))
      return infer.error() << "the index tensor of shape "
                           << shapeText(type.getShape())
                           << " is longer than the input "
                           << shapeText(srcType.getShape()) << " on axis " << i;
  return success();
}

LogicalResult GatherElementsOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  if (failed(requireIndices(infer, getIndices())))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  if (failed(checkElementIndices(infer, getSrc(), getIndices(), getAxis())))
    return failure();
  return infer.set(getDst(), infer.shape(getIndices()), elementType);
}

LogicalResult ScatterElementsOp::inferShape(ShapeContext &context) {
  Infer infer(*this, context);
  Type elementType = infer.elementType(getSrc());
  DTypes types = getReduction() == ScatterReduction::None ? DTypes::Any
                                                          : DTypes::Number;
  if (failed(requireIndices(infer, getIndices())) ||
      failed(infer.requireDType(getSrc(), "the input", types)) ||
      failed(infer.requireSameDType(getSrc(), "the input", getUpdates(),
                                    "the updates")))
    return failure();
  if (!infer.allRanked())
    return infer.setUnranked(getDst(), elementType);
  if (failed(checkElementIndices(infer, getSrc(), getIndices(), getAxis())) ||
      failed(infer.requireRank(getUpdates(), "the tensor of updates",
                               infer.rank(getIndices()))))
    return failure();
  for (int64_t i = 0; i < infer.rank(getIndices()); ++i)
    if (failed(infer.requireEqual(infer.shape(getIndices())[i],
                                  infer.shape(getUpdates())[i],
                                  "axis " + Twine(i) +
                                      " of the indices and of the updates")))
      return failure();
  return infer.set(getDst(), infer.shape(getSrc()), elementType);
}
