//===- Index.cpp - slices, gathers, scatters ------------------------------===//
//
// Indices from data are checked once per index, by a loop nest of their own; what
// is out of range is reported and read at a position in bounds.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/LinearPanels.h"
#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ParallelLoop.h"

using namespace mlir;

namespace lz::cpu {

using Order = Scalars::Order;

//===----------------------------------------------------------------------===//
// lz.slice, lz.select_index
//===----------------------------------------------------------------------===//

/// Where a slice starts: `begin` counted from the front and clamped as NumPy does.
static DimExpr firstIndex(Lowering &l, DimExpr begin, const DimExpr &extent,
                          int64_t step) {
  using Truth = DimFacts::Truth;
  if (l.facts.lessEqual(begin, -1) == Truth::True)
    begin = begin + extent;
  DimExpr low = step > 0 ? 0 : -1;
  DimExpr high = step > 0 ? extent : extent - 1;
  return l.facts.simplify(DimExpr::max(low, DimExpr::min(begin, high)));
}

/// The axis of the tensor's value that holds `axis`, if one does.
static std::optional<int64_t> valueAxis(const Tensor &tensor, int64_t axis) {
  for (auto [i, expr] : llvm::enumerate(tensor.view.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      if (static_cast<int64_t>(dim.getPosition()) == axis)
        return i;
  return std::nullopt;
}

/// Whether an axis is known to be empty: nothing is copied then, and a view, whose
/// offsets must be less than the extents, would be refused.
static bool isEmpty(ArrayRef<DimExpr> dims) {
  return llvm::is_contained(dims, DimExpr(0));
}

/// A slice of an input, which needs no copy.
static Tensor sliceInput(Lowering &l, const Tensor &src, const Dims &dims,
                         int64_t axis, int64_t physical, const DimExpr &first,
                         int64_t step) {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  Dims shape;
  for (auto [i, expr] : llvm::enumerate(src.view.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    bool sliced = static_cast<int64_t>(i) == physical;
    shape.push_back(dim ? dims[dim.getPosition()] : DimExpr(1));
    offsets.push_back(sliced ? l.foldedSize(first) : l.b.getIndexAttr(0));
    sizes.push_back(l.foldedSize(shape.back()));
    strides.push_back(l.b.getIndexAttr(sliced ? step : 1));
  }
  Value value = tensor::ExtractSliceOp::create(
      l.b, l.loc, l.tensorType(shape, src.element), src.value, offsets, sizes,
      strides);
  return {value, dims, src.element, src.view};
}

static LogicalResult lowerSlice(Lowering &l, SliceOp op) {
  Tensor src = l.get(op.getSrc());
  Dims dims = Lowering::dimsOf(op.getDst());
  int64_t axis = normalizeAxis(op.getAxis(), src.rank()), step = op.getStep();
  DimExpr first = firstIndex(l, op.getBegin().getValue(), src.dim(axis), step);
  auto physical = valueAxis(src, axis);
  if (step > 0 && physical && l.isInput(src) && !isEmpty(dims)) {
    l.set(op.getDst(),
          sliceInput(l, src, dims, axis, *physical, first, step));
    return success();
  }
  auto body = [&](Scalars &s, ValueRange loops) {
    SmallVector<Value> at(loops);
    at[axis] = s.add(l.size(first), s.mul(loops[axis], s.index(step)));
    return l.load(s, src, at);
  };
  l.set(op.getDst(), l.generate(dims, src.element, body));
  return success();
}

static LogicalResult lowerSelectIndex(Lowering &l, SelectIndexOp op) {
  Tensor src = l.get(op.getSrc());
  int64_t axis = normalizeAxis(op.getAxis(), src.rank());
  DimExpr index = op.getIndex();
  if (static_cast<int64_t>(op.getIndex()) < 0)
    index = index + src.dim(axis);
  Dims dims = Lowering::dimsOf(op.getDst());
  if (l.isInput(src) && !isEmpty(dims)) {
    SmallVector<Value> at(src.rank());
    at[axis] = l.size(index);
    l.set(op.getDst(), sliceAt(l, src, at));
    return success();
  }
  auto body = [&](Scalars &s, ValueRange loops) {
    SmallVector<Value> at(loops);
    at.insert(at.begin() + axis, l.size(index));
    return l.load(s, src, at);
  };
  l.set(op.getDst(), l.generate(dims, src.element, body));
  return success();
}

//===----------------------------------------------------------------------===//
// lz.gather, lz.gather_panels, lz.gather_elements
//===----------------------------------------------------------------------===//

/// Loads at indices that are in bounds unless there is none, of `extent`, at all; then an
/// error was reported, and zero is what is read.
static Value loadChecked(Lowering &l, Scalars &s, const DimExpr &extent, Type element,
                         Scalars::Thunk load) {
  using Truth = DimFacts::Truth;
  if (l.facts.lessEqual(1, extent) == Truth::True)
    return load(s);
  Value any = s.compare(Order::Gt, l.size(extent), s.index(0));
  return s.ifElse(any, load, [&](Scalars &t) { return t.zero(computeType(element)); });
}

static LogicalResult lowerGather(Lowering &l, GatherOp op) {
  Tensor src = l.get(op.getSrc());
  int64_t axis = normalizeAxis(op.getAxis(), src.rank());
  Tensor indices =
      l.checkedIndices(op.getIndices(), l.get(op.getIndices()), src.dim(axis));
  Dims dims = Lowering::dimsOf(op.getDst());
  int64_t count = indices.rank(), numLoops = dims.size();
  auto body = [&](Scalars &s, ValueRange values) {
    SmallVector<Value> at = loopIndices(s, numLoops);
    at.erase(at.begin() + axis, at.begin() + axis + count);
    at.insert(at.begin() + axis, s.toIndex(values[0]));
    return loadChecked(l, s, src.dim(axis), src.element,
                       [&](Scalars &t) { return l.load(t, src, at); });
  };
  auto loops = llvm::to_vector(llvm::seq<int64_t>(axis, axis + count));
  l.set(op.getDst(), l.map(dims, src.element,
                           {l.readAt(indices, numLoops, loops)}, body));
  return success();
}

static LogicalResult lowerGatherPanels(Lowering &l, GatherPanelsOp op) {
  Tensor panels = l.get(op.getSrc());
  DimExpr rows = op.getRows() ? DimExpr(op.getRows()) : panels.dim(0) * panels.dim(2);
  Tensor indices = l.checkedIndices(op.getIndices(), l.get(op.getIndices()), rows);
  Dims dims = Lowering::dimsOf(op.getDst());
  int64_t count = indices.rank();
  auto body = [&](Scalars &s, ValueRange values) {
    Value row = s.toIndex(values[0]), term = loopIndex(s, count);
    return loadChecked(l, s, rows, panels.element,
                       [&](Scalars &t) { return loadPanels(l, t, panels, row, term); });
  };
  auto loops = llvm::to_vector(llvm::seq<int64_t>(0, count));
  l.set(op.getDst(), l.map(dims, panels.element,
                           {l.readAt(indices, dims.size(), loops)}, body));
  return success();
}

static LogicalResult lowerGatherElements(Lowering &l, GatherElementsOp op) {
  Tensor src = l.get(op.getSrc());
  int64_t axis = normalizeAxis(op.getAxis(), src.rank());
  Tensor indices =
      l.checkedIndices(op.getIndices(), l.get(op.getIndices()), src.dim(axis));
  auto body = [&](Scalars &s, ValueRange values) {
    SmallVector<Value> at = loopIndices(s, src.rank());
    at[axis] = s.toIndex(values[0]);
    return loadChecked(l, s, src.dim(axis), src.element,
                       [&](Scalars &t) { return l.load(t, src, at); });
  };
  l.set(op.getDst(),
        l.pointwise(Lowering::dimsOf(op.getDst()), src.element, indices, body));
  return success();
}

//===----------------------------------------------------------------------===//
// lz.scatter_elements
//===----------------------------------------------------------------------===//

namespace {
/// One row along the axis: a copy of src's, then the updates in their order.
struct Scatter {
  Lowering &l;
  mutable ScatterElementsOp op; // its accessors are not const
  Tensor src, indices, updates;
  int64_t axis;

  Value copyRow(Scalars &s, ArrayRef<Value> others, Value row) const;
  Value numUpdates(Scalars &s, ArrayRef<Value> others) const;
  Value combine(Scalars &s, Value old, Value update) const;
  Value updateRow(Scalars &s, ArrayRef<Value> others, Value row) const;
  Value applyUpdate(Scalars &s, ArrayRef<Value> at, Value row) const;
};
} // namespace

static SmallVector<Value> withAxis(ArrayRef<Value> others, int64_t axis, Value i) {
  SmallVector<Value> at(others);
  at.insert(at.begin() + axis, i);
  return at;
}

Value Scatter::copyRow(Scalars &s, ArrayRef<Value> others, Value row) const {
  auto step = [&](OpBuilder &inner, Location loc, Value i, ValueRange state) {
    Scalars t(inner, loc);
    Value x = l.load(t, src, withAxis(others, axis, i));
    Value stored = t.toStorage(x, src.element);
    Value next = t.make<tensor::InsertOp>(stored, state[0], i);
    scf::YieldOp::create(inner, loc, next);
  };
  return scf::ForOp::create(s.b, s.loc, s.index(0), l.size(src.dim(axis)),
                            s.index(1), row, step)
      .getResult(0);
}

/// indices may be shorter than src along other axes: rows past their end have no
/// updates.
Value Scatter::numUpdates(Scalars &s, ArrayRef<Value> others) const {
  Value some = s.compare(Order::Gt, l.size(src.dim(axis)), s.index(0));
  int64_t next = 0;
  for (int64_t i = 0; i < src.rank(); ++i) {
    if (i == axis)
      continue;
    Value index = others[next++];
    if (indices.dim(i) != src.dim(i))
      some = s.bitAnd(some,
                      s.compare(Order::Lt, index, l.size(indices.dim(i))));
  }
  return s.select(some, l.size(indices.dim(axis)), s.index(0));
}

Value Scatter::combine(Scalars &s, Value old, Value update) const {
  switch (op.getReduction()) {
  case ScatterReduction::None:
    return update;
  case ScatterReduction::Add:
    return s.add(old, update);
  case ScatterReduction::Mul:
    return s.mul(old, update);
  case ScatterReduction::Max:
    return s.max(old, update, src.element);
  case ScatterReduction::Min:
    return s.min(old, update, src.element);
  }
  llvm_unreachable("all reductions are handled");
}

Value Scatter::applyUpdate(Scalars &s, ArrayRef<Value> at, Value row) const {
  Type i64 = s.b.getI64Type();
  Value extent = l.size(src.dim(axis));
  Value index = s.cast(l.load(s, indices, at), indices.element, i64);
  l.checkIndex(s, op.getIndices(), index, extent);
  Value given = s.toIndex(index);
  Value isNegative = s.compare(Order::Lt, given, s.index(0));
  Value counted = s.select(isNegative, s.add(given, extent), given);
  Value fits = s.bitAnd(s.compare(Order::Ge, counted, s.index(0)),
                        s.compare(Order::Lt, counted, extent));
  Value target = s.select(fits, counted, s.index(0));
  Value stored = s.make<tensor::ExtractOp>(row, target);
  Value old = s.toCompute(stored, src.element);
  Value next = combine(s, old, l.load(s, updates, at));
  Value kept = s.toStorage(s.select(fits, next, old), src.element);
  return s.make<tensor::InsertOp>(kept, row, target);
}

Value Scatter::updateRow(Scalars &s, ArrayRef<Value> others, Value row) const {
  auto step = [&](OpBuilder &inner, Location loc, Value i, ValueRange state) {
    Scalars t(inner, loc);
    Value next = applyUpdate(t, withAxis(others, axis, i), state[0]);
    scf::YieldOp::create(inner, loc, next);
  };
  return scf::ForOp::create(s.b, s.loc, s.index(0), numUpdates(s, others),
                            s.index(1), row, step)
      .getResult(0);
}

static LogicalResult lowerScatterElements(Lowering &l, ScatterElementsOp op) {
  Tensor src = l.get(op.getSrc());
  Tensor indices = l.get(op.getIndices()), updates = l.get(op.getUpdates());
  if (src.rank() == 0) { // a scalar has one position
    for (Tensor *tensor : {&src, &indices, &updates})
      *tensor = l.withUnitAxes(*tensor, {0});
  }
  int64_t axis = normalizeAxis(op.getAxis(), src.rank());
  Scatter scatter{l, op, src, indices, updates, axis};
  Tensor result = l.rowwise(
      src.dims, src.element, axis,
      [&](Scalars &s, ValueRange others, Value row) {
        SmallVector<Value> at(others);
        return scatter.updateRow(s, at, scatter.copyRow(s, at, row));
      });
  bool isScalar = Lowering::typeOf(op.getDst()).getRank() == 0;
  l.set(op.getDst(), isScalar ? l.withoutAxes(result, {0}) : result);
  return success();
}

void populateIndex(OpTable &table) {
  table.add<SliceOp, lowerSlice>();
  table.add<SelectIndexOp, lowerSelectIndex>();
  table.add<GatherOp, lowerGather>();
  table.add<GatherPanelsOp, lowerGatherPanels>();
  table.add<GatherElementsOp, lowerGatherElements>();
  table.add<ScatterElementsOp, lowerScatterElements>();
}

} // namespace lz::cpu
