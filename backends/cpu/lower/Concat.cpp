//===- Concat.cpp - concatenation -----------------------------------------===//
//
// A concatenation of rows of inputs that is what its kernel returns copies them, source by
// source. One whose reader takes the sources one by one is not made. Any other computes each
// element, so that it fuses with what made the sources and with what uses it: which source
// it is of, is found by halves.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Concat.h"

#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ParallelLoop.h"

using namespace mlir;

namespace lz::cpu {

namespace {
/// One concatenation; `dims` and the sources lack the axes of dimension 1 that are not `axis`.
struct Concat {
  Lowering &l;
  ConcatOp op;
  SmallVector<Tensor> sources;
  SmallVector<DimExpr> begins; ///< of the sources along the axis, and the end
  SmallVector<int64_t> units;  ///< axes left out
  Dims dims;
  Type element;
  int64_t axis;

  Concat(Lowering &l, ConcatOp op);
  bool isCopy();
  Value copyInto(Scalars &s, ValueRange at, Value row);
  Tensor copied();
  Value elementAt(Scalars &s, ArrayRef<Value> at, size_t first, size_t end);
  Tensor computed();
};
} // namespace

Concat::Concat(Lowering &l, ConcatOp op)
    : l(l), op(op), element(Lowering::elementOf(op.getDst())) {
  Dims all = Lowering::dimsOf(op.getDst());
  int64_t from = normalizeAxis(op.getAxis(), all.size());
  axis = from;
  for (auto [i, dim] : llvm::enumerate(all)) {
    if (static_cast<int64_t>(i) == from || dim != DimExpr(1)) {
      dims.push_back(dim);
      continue;
    }
    units.push_back(i);
    axis -= static_cast<int64_t>(i) < from;
  }
  begins.push_back(0);
  for (Value src : op.getSrcs()) {
    sources.push_back(l.withoutAxes(l.get(src), units));
    begins.push_back(l.facts.simplify(begins.back() + sources.back().dim(axis)));
  }
}

/// Whether the sources lie in memory as inputs do, each with its axes in order, nothing
/// else happens in the kernel to what is copied, and there are rows to copy: of a few long
/// ones each would keep one thread busy, of many sources each takes code.
bool Concat::isCopy() {
  constexpr int64_t minRows = 16, maxSources = 16;
  DimExpr rows = 1;
  for (const DimExpr &dim : ArrayRef(dims).take_front(axis))
    rows = rows * dim;
  Value dst = op.getDst();
  if (!dst.hasOneUse() || !isa<YieldOp>(*dst.user_begin()) || sources.size() > maxSources ||
      rows.getConstant().value_or(minRows) < minRows || llvm::is_contained(dims, DimExpr(0)))
    return false;
  AffineMap whole = AffineMap::getMultiDimIdentityMap(dims.size(), l.b.getContext());
  return llvm::all_of(sources, [&](const Tensor &src) {
    // A value may lack the axis if the source is 1 long.
    bool inOrder = src.view == whole || src.view == whole.dropResult(axis);
    return inOrder && l.isInput(src) && !llvm::is_contained(src.dims, DimExpr(0));
  });
}

/// `row`, the part of the result at indices `at` of the axes before, with the sources'
/// elements in it.
Value Concat::copyInto(Scalars &s, ValueRange at, Value row) {
  for (auto [src, begin] : llvm::zip(sources, begins)) {
    SmallVector<Value> indices(at);
    indices.resize(dims.size());
    Tensor piece = sliceAt(l, src, indices);
    Part part = partAt(l, piece.dims, element, SmallVector<Value>(piece.rank()));
    part.offsets[0] = l.foldedSize(begin);
    SmallVector<OpFoldResult> ones(piece.rank(), l.b.getIndexAttr(1));
    row = s.make<tensor::InsertSliceOp>(piece.value, row, part.offsets, part.sizes, ones);
  }
  return row;
}

Tensor Concat::copied() {
  ArrayRef<DimExpr> before = ArrayRef(dims).take_front(axis);
  auto iteration = [&](Scalars &s, ValueRange indices, ValueRange outputs) {
    SmallVector<Value> at(indices);
    at.resize(dims.size());
    Part part = partAt(l, dims, element, at);
    Value row = copyInto(s, indices, extractPart(s, outputs[0], part));
    return SmallVector<Written>{{0, row, part}};
  };
  double elements = 1; // of an iteration; those that only a run knows are not counted
  for (const DimExpr &dim : ArrayRef(dims).drop_front(axis))
    elements *= dim.getConstant().value_or(1);
  Value made = parallelLoop(l, before, l.empty(dims, element), iteration, elements)[0];
  return l.wrap(made, dims, element);
}

/// The element at `at`, which is of one of the sources [first, end).
Value Concat::elementAt(Scalars &s, ArrayRef<Value> at, size_t first, size_t end) {
  if (end - first == 1) {
    SmallVector<Value> within(at);
    within[axis] = s.sub(at[axis], l.size(begins[first]));
    return l.load(s, sources[first], within);
  }
  size_t middle = first + (end - first) / 2;
  Value isBefore =
      s.compare(Scalars::Order::Lt, at[axis], l.size(begins[middle]));
  return s.ifElse(
      isBefore, [&](Scalars &t) { return elementAt(t, at, first, middle); },
      [&](Scalars &t) { return elementAt(t, at, middle, end); });
}

Tensor Concat::computed() {
  return l.generate(dims, element, [&](Scalars &s, ValueRange loops) {
    return elementAt(s, SmallVector<Value>(loops), 0, sources.size());
  });
}

/// Is it read by an op that asks for channelParts alone?
static bool isReadInParts(Value dst) {
  if (!dst.hasOneUse())
    return false;
  auto reader = dyn_cast<ConvWinogradOp>(*dst.user_begin());
  return reader && reader.getSrc() == dst;
}

SmallVector<Value> channelParts(Value image) {
  auto concat = image.getDefiningOp<ConcatOp>();
  int64_t rank = Lowering::dimsOf(image).size();
  auto isKnown = [](Value src) { return Lowering::dimsOf(src).back().getConstant().has_value(); };
  if (!concat || !isReadInParts(image) || normalizeAxis(concat.getAxis(), rank) != rank - 1 ||
      !llvm::all_of(concat.getSrcs(), isKnown))
    return {image};
  return SmallVector<Value>(concat.getSrcs());
}

static LogicalResult lowerConcat(Lowering &l, ConcatOp op) {
  if (isReadInParts(op.getDst()) && channelParts(op.getDst()).front() != op.getDst())
    return success();
  Concat concat(l, op);
  Tensor made = concat.isCopy() ? concat.copied() : concat.computed();
  l.set(op.getDst(), l.withUnitAxes(made, concat.units));
  return success();
}

void populateConcat(OpTable &table) { table.add<ConcatOp, lowerConcat>(); }

} // namespace lz::cpu
