// See PermuteRules.h. Rules are written for axes counted from the front; what
// they cannot tell (an unknown rank, an empty list that means all) they refuse.

#include "passes/PermuteRules.h"

#include "ir/Axis.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

using Rule = std::optional<PermutedOp>;

//===----------------------------------------------------------------------===//
// Permutations
//===----------------------------------------------------------------------===//

Permutation invert(ArrayRef<int64_t> perm) {
  Permutation inverse(perm.size());
  for (auto [i, axis] : llvm::enumerate(perm))
    inverse[axis] = i;
  return inverse;
}

TensorType permute(TensorType src, ArrayRef<int64_t> perm) {
  SmallVector<DimExpr> dims;
  for (int64_t axis : perm)
    dims.push_back(src.getDim(axis));
  return src.cloneWithShape(dims);
}

TensorType unpermute(TensorType dst, ArrayRef<int64_t> perm) {
  return permute(dst, invert(perm));
}

Permutation toChannelsFirst(int64_t rank, int64_t spatial) {
  Permutation perm = llvm::to_vector<6>(llvm::seq<int64_t>(0, rank - 1));
  perm.insert(perm.end() - spatial, rank - 1);
  return perm;
}

bool isToChannelsFirst(ArrayRef<int64_t> perm) {
  auto rank = static_cast<int64_t>(perm.size());
  for (int64_t place : {0, 1})
    if (place < rank - 1 &&
        ArrayRef<int64_t>(toChannelsFirst(rank, rank - 1 - place)) == perm)
      return true;
  return false;
}

/// `perm` without some axes of its source, the others numbered anew.
static Permutation dropAxes(ArrayRef<int64_t> perm, ArrayRef<int64_t> dropped) {
  Permutation kept;
  for (int64_t axis : perm) {
    if (llvm::is_contained(dropped, axis))
      continue;
    auto before = llvm::count_if(dropped, [&](int64_t d) { return d < axis; });
    kept.push_back(axis - before);
  }
  return kept;
}

//===----------------------------------------------------------------------===//
// What rules are made of
//===----------------------------------------------------------------------===//

namespace {

/// One question, with the words in which rules answer.
struct Asked {
  Operation *op;
  ArrayRef<int64_t> perm;

  int64_t rank() const { return perm.size(); }
  /// Where an axis of the transposed source lies in the source.
  int64_t moved(int64_t axis) const {
    return perm[normalizeAxis(axis, rank())];
  }
  Permutation moved(ArrayRef<int64_t> axes) const {
    Permutation result;
    for (int64_t axis : axes)
      result.push_back(moved(axis));
    return result;
  }
  /// A list with an entry per axis, in the order of the source's axes.
  template <typename T>
  SmallVector<T> reordered(ArrayRef<T> list) const {
    SmallVector<T> result(list);
    for (auto [i, axis] : llvm::enumerate(perm))
      result[axis] = list[i];
    return result;
  }
  /// The list of entries for the last axes with `none` for the others.
  SmallVector<int64_t> padded(ArrayRef<int64_t> list, int64_t none) const {
    SmallVector<int64_t> full(rank() - list.size(), none);
    llvm::append_range(full, list);
    return full;
  }
  NamedAttribute attribute(llvm::StringRef name, Attribute value) const {
    return NamedAttribute(StringAttr::get(op->getContext(), name), value);
  }
  NamedAttribute integer(llvm::StringRef name, int64_t value) const {
    return attribute(name, Builder(op->getContext()).getI64IntegerAttr(value));
  }
  NamedAttribute list(llvm::StringRef name, ArrayRef<int64_t> values) const {
    return attribute(name, DenseI64ArrayAttr::get(op->getContext(), values));
  }
  NamedAttribute dims(llvm::StringRef name, ArrayRef<DimExpr> values) const {
    return attribute(name, DimArrayAttr::get(op->getContext(), values));
  }
  /// The result has the axes of the source.
  PermutedOp same(ArrayRef<NamedAttribute> attributes = {}) const {
    return {Permutation(perm),
            SmallVector<NamedAttribute, 2>(attributes)};
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

static Rule permuteReduce(const Asked &ask, ReduceOp op) {
  bool isIndex = op.getKind() == ReduceKind::ArgMax ||
                 op.getKind() == ReduceKind::ArgMin;
  SmallVector<int64_t> axes(op.getAxes());
  if (axes.empty() && isIndex)
    return std::nullopt; // counts in row-major order
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, ask.rank()));
  Permutation moved = ask.moved(axes);
  PermutedOp result = ask.same(ask.list("axes", moved));
  if (!op.getKeepDims())
    result.result = dropAxes(ask.perm, moved);
  return result;
}

static Rule permutePad(const Asked &ask, PadOp op) {
  auto entries = [&](ArrayRef<int64_t> list) {
    return ask.reordered<int64_t>(ask.padded(list, 0));
  };
  return ask.same({ask.list("begin", entries(op.getBegin())),
                   ask.list("end", entries(op.getEnd()))});
}

static Rule permuteRepeat(const Asked &ask, RepeatOp op) {
  if (static_cast<int64_t>(op.getRepeats().size()) > ask.rank())
    return std::nullopt;
  auto full = ask.padded(op.getRepeats(), 1);
  return ask.same(ask.list("repeats", ask.reordered<int64_t>(full)));
}

static Rule permuteExpand(const Asked &ask, ExpandOp op) {
  ArrayRef<DimExpr> shape = op.getShape().getValues();
  if (static_cast<int64_t>(shape.size()) != ask.rank())
    return std::nullopt;
  return ask.same(ask.dims("shape", ask.reordered<DimExpr>(shape)));
}

static Rule permuteSelectIndex(const Asked &ask, SelectIndexOp op) {
  int64_t axis = ask.moved(op.getAxis());
  PermutedOp result = ask.same(ask.integer("axis", axis));
  result.result = dropAxes(ask.perm, axis);
  return result;
}

/// The axes of the indices stand where the axis stood.
static Rule permuteGather(const Asked &ask, GatherOp op) {
  TensorType indices = tensorType(op.getIndices());
  if (!indices.hasRank())
    return std::nullopt;
  int64_t axis = ask.moved(op.getAxis()), count = indices.getRank();
  PermutedOp result = ask.same(ask.integer("axis", axis));
  result.result.clear();
  for (int64_t from : ask.perm) {
    if (from != axis)
      result.result.push_back(from < axis ? from : from + count - 1);
    else
      llvm::append_range(result.result, llvm::seq<int64_t>(axis, axis + count));
  }
  return result;
}

/// Convolutions and pooling take images whose channels are last; no other order.
template <typename OpT> static Rule permuteImage(const Asked &ask, OpT op) {
  if (op.getChannelsLast() ||
      ask.perm != ArrayRef<int64_t>(
                      toChannelsFirst(ask.rank(), op.getSpatialRank())))
    return std::nullopt;
  return ask.same(
      ask.attribute("channels_last", UnitAttr::get(op.getContext())));
}

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

namespace {
/// Neighbouring axes of one shape that hold the elements of neighbouring axes of
/// another.
struct AxisGroup {
  SmallVector<int64_t, 4> src, dst;
};
} // namespace

static DimExpr productOf(ArrayRef<DimExpr> dims) {
  DimExpr product(1);
  for (const DimExpr &dim : dims)
    product = product * dim;
  return product;
}

/// The finest groups in which the two shapes agree, by trying the shortest first;
/// nullopt where the elements of one axis are spread over all.
static std::optional<SmallVector<AxisGroup>> groupAxes(ArrayRef<DimExpr> src,
                                                       ArrayRef<DimExpr> dst) {
  SmallVector<AxisGroup> groups;
  size_t i = 0, j = 0;
  auto take = [&](size_t numSrc, size_t numDst) {
    AxisGroup &group = groups.emplace_back();
    llvm::append_range(group.src, llvm::seq<int64_t>(i, i + numSrc));
    llvm::append_range(group.dst, llvm::seq<int64_t>(j, j + numDst));
    i += numSrc;
    j += numDst;
  };
  auto takeShortest = [&] {
    for (size_t total = 2; total <= src.size() - i + dst.size() - j; ++total)
      for (size_t numSrc = 1; numSrc < total; ++numSrc) {
        size_t numDst = total - numSrc;
        if (i + numSrc > src.size() || j + numDst > dst.size() ||
            productOf(src.slice(i, numSrc)) != productOf(dst.slice(j, numDst)))
          continue;
        take(numSrc, numDst);
        return true;
      }
    return false;
  };
  while (i < src.size() && j < dst.size())
    if (!takeShortest())
      return std::nullopt;
  if (groups.empty()) // a scalar
    return std::nullopt;
  // What is left is of dimension 1.
  for (; i < src.size(); ++i)
    groups.back().src.push_back(i);
  for (; j < dst.size(); ++j)
    groups.back().dst.push_back(j);
  return groups;
}

/// Whether the axes of each group lie side by side in the source of the
/// transpose too, in the same order. Axes of dimension 1 may lie anywhere.
/// Sorts the groups as they lie there.
static bool sortBySource(SmallVectorImpl<AxisGroup> &groups,
                         ArrayRef<int64_t> perm, ArrayRef<DimExpr> transposed) {
  Permutation groupOf(perm.size(), -1), places(perm.size());
  for (auto [g, group] : llvm::enumerate(groups))
    for (int64_t axis : group.src)
      if (transposed[axis] != DimExpr(1)) {
        groupOf[perm[axis]] = g;
        places[perm[axis]] = axis;
      }
  SmallVector<AxisGroup> sorted;
  llvm::SmallDenseSet<int64_t> seen;
  int64_t last = -1, lastPlace = -1;
  for (auto [g, place] : llvm::zip_equal(groupOf, places)) {
    if (g < 0)
      continue;
    bool isNew = g != last;
    if ((isNew && !seen.insert(g).second) || (!isNew && place < lastPlace))
      return false;
    if (isNew)
      sorted.push_back(groups[g]);
    last = g;
    lastPlace = place;
  }
  // Groups of nothing but 1: in front.
  for (auto [g, group] : llvm::enumerate(llvm::reverse(groups)))
    if (!seen.contains(groups.size() - 1 - g))
      sorted.insert(sorted.begin(), group);
  groups.assign(sorted.begin(), sorted.end());
  return true;
}

/// A reshape that splits or merges axes which were neighbours before the
/// transpose too. The transpose stays where it is unless it can go on from there.
static Rule permuteReshape(const Asked &ask, ReshapeOp op) {
  TensorType src = tensorType(op.getSrc()), dst = tensorType(op.getDst());
  auto groups = groupAxes(src.getShape(), dst.getShape());
  if (!groups || !sortBySource(*groups, ask.perm, src.getShape()))
    return std::nullopt;
  Permutation order; // axis i of the new result is axis order[i] of the old
  SmallVector<DimExpr> shape;
  for (const AxisGroup &group : *groups)
    for (int64_t axis : group.dst) {
      order.push_back(axis);
      shape.push_back(dst.getDim(axis));
    }
  PermutedOp result = ask.same(ask.dims("shape", shape));
  result.result = invert(order);
  if (!llvm::is_sorted(order) && !isToChannelsFirst(result.result))
    return std::nullopt;
  return result;
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

bool permutesAllOperands(Operation *op) {
  return op->hasTrait<LzElementwise>() || isa<ConcatOp>(op);
}

std::optional<PermutedOp> permuteOp(Operation *op, ArrayRef<int64_t> perm) {
  Asked ask{op, perm};
  if (op->hasTrait<LzElementwise>())
    return ask.same();
  return llvm::TypeSwitch<Operation *, Rule>(op)
      .Case<ConcatOp, SliceOp, SoftmaxOp, CumulativeOp>([&](auto o) {
        return ask.same(ask.integer("axis", ask.moved(o.getAxis())));
      })
      .Case([&](FlipOp o) {
        return ask.same(ask.list("axes", ask.moved(o.getAxes())));
      })
      .Case([&](ReduceOp o) { return permuteReduce(ask, o); })
      .Case([&](PadOp o) { return permutePad(ask, o); })
      .Case([&](RepeatOp o) { return permuteRepeat(ask, o); })
      .Case([&](ExpandOp o) { return permuteExpand(ask, o); })
      .Case([&](SelectIndexOp o) { return permuteSelectIndex(ask, o); })
      .Case([&](GatherOp o) { return permuteGather(ask, o); })
      .Case([&](ReshapeOp o) { return permuteReshape(ask, o); })
      .Case<ConvOp, ConvTransposeOp, PoolOp, AdaptiveAvgPoolOp>(
          [&](auto o) { return permuteImage(ask, o); })
      .Default([](Operation *) { return std::nullopt; });
}

} // namespace lz
