//===- Pooling.cpp - maximum and average over windows ---------------------===//
//
// A window is a reduction loop of its own. Where every window lies inside the
// input the accesses are affine, else positions are checked.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/Reduce.h"
#include "backends/cpu/lower/ScalarMath.h"

using namespace mlir;

namespace lz::cpu {

using Order = Scalars::Order;

namespace {

/// A pooling and the numbers of its loops: the axes of the result, then positions
/// in the window. `lead` axes come before the spatial ones, of which channels
/// that are last are none.
struct Pool {
  mutable PoolOp op; // its accessors are not const
  Tensor src;
  Dims result;
  int64_t spatial, lead;
  Type wide;

  int64_t position(int64_t i) const { return lead + i; }
  int64_t rank() const { return src.rank(); }
  int64_t tap(int64_t i) const { return rank() + i; }
  int64_t numLoops() const { return rank() + spatial; }
  bool isMax() const { return op.getKind() == PoolKind::Max; }
  Dims domain() const {
    Dims dims(result);
    dims.append(op.getKernel().begin(), op.getKernel().end());
    return dims;
  }
};

Value initial(Scalars &s, const Pool &p) {
  return p.isMax() ? s.lowest(p.wide) : s.zero(computeType(p.wide));
}

Value combine(Scalars &s, const Pool &p, Value x, Value best) {
  return p.isMax() ? s.max(best, x, p.wide) : s.add(best, x);
}

/// output position * stride - pad, where window `i` of the loops starts.
Value windowStart(Scalars &s, const Pool &p, int64_t i, Value position) {
  Value start = s.mul(position, s.index(p.op.getStrides()[i]));
  return s.sub(start, s.index(p.op.getPadsBegin()[i]));
}

/// True if no window reaches outside the input: no padding, and no last window that
/// ceil_mode adds.
bool isInside(PoolOp op) {
  auto isZero = [](int64_t pad) { return pad == 0; };
  return !op.getCeilMode() && llvm::all_of(op.getPadsBegin(), isZero) &&
         llvm::all_of(op.getPadsEnd(), isZero);
}

/// Whether an axis has one output position that leaves a rest of the input, over
/// which the window would run once that loop of one iteration is folded away.
bool leavesRest(const Pool &p) {
  for (int64_t i = 0; i < p.spatial; ++i) {
    int64_t window = (p.op.getKernel()[i] - 1) * p.op.getDilations()[i] + 1;
    if (p.result[p.lead + i] == DimExpr(1) &&
        p.src.dims[p.lead + i] != DimExpr(window))
      return true;
  }
  return false;
}

Tensor poolInside(Lowering &l, const Pool &p) {
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < p.rank(); ++i)
    exprs.push_back(l.b.getAffineDimExpr(i));
  for (int64_t i = 0; i < p.spatial; ++i)
    exprs[p.position(i)] =
        exprs[p.position(i)] * p.op.getStrides()[i] +
        l.b.getAffineDimExpr(p.tap(i)) * p.op.getDilations()[i];
  auto map = AffineMap::get(p.numLoops(), 0, exprs, l.b.getContext());
  auto kept = llvm::to_vector(llvm::seq<int64_t>(0, p.rank()));
  return l.reduceOne(
      p.domain(), kept, {l.read(p.src, map)}, p.wide,
      [&](Scalars &s) { return initial(s, p); },
      [&](Scalars &s, ValueRange values, Value state) {
        return combine(s, p, s.cast(values[0], p.src.element, p.wide), state);
      });
}

Tensor poolChecked(Lowering &l, const Pool &p) {
  auto body = [&](Scalars &s, ValueRange, Value state) {
    SmallVector<Value> indices = loopIndices(s, p.numLoops());
    Value valid = s.boolean(true);
    for (int64_t i = 0; i < p.spatial; ++i) {
      Value at = windowStart(s, p, i, indices[p.position(i)]);
      at = s.add(at, s.mul(indices[p.tap(i)], s.index(p.op.getDilations()[i])));
      Value extent = l.size(p.src.dim(p.lead + i));
      valid = s.bitAnd(valid, s.compare(Order::Ge, at, s.index(0)));
      valid = s.bitAnd(valid, s.compare(Order::Lt, at, extent));
      indices[p.position(i)] = at;
    }
    indices.resize(p.rank());
    auto load = [&](Scalars &t) {
      return t.cast(l.load(t, p.src, indices), p.src.element, p.wide);
    };
    Value x = s.ifElse(valid, load, [&](Scalars &t) { return initial(t, p); });
    return combine(s, p, x, state);
  };
  auto kept = llvm::to_vector(llvm::seq<int64_t>(0, p.rank()));
  return l.reduceOne(p.domain(), kept, {}, p.wide,
                     [&](Scalars &s) { return initial(s, p); }, body);
}

//===----------------------------------------------------------------------===//
// Averages
//===----------------------------------------------------------------------===//

/// How many of the window's taps along axis i lie at or above 0 (or in the
/// padding, if that counts) and below the end of what counts.
Value tapsCounted(Lowering &l, Scalars &s, const Pool &p, int64_t i,
                  Value position) {
  Value start = windowStart(s, p, i, position);
  Value dilation = s.index(p.op.getDilations()[i]);
  Value end = l.size(p.src.dim(p.lead + i));
  Value first = s.index(0);
  if (p.op.getCountIncludePad()) {
    end = s.add(end, s.index(p.op.getPadsEnd()[i]));
  } else {
    Value before = ceilDivIndex(s, s.sub(s.index(0), start), dilation);
    first = s.make<arith::MaxSIOp>(before, first);
  }
  Value past = ceilDivIndex(s, s.sub(end, start), dilation);
  Value last = s.make<arith::MinSIOp>(past, s.index(p.op.getKernel()[i]));
  return s.make<arith::MaxSIOp>(s.sub(last, first), s.index(0));
}

Value divisor(Lowering &l, Scalars &s, const Pool &p, Type compute) {
  if (int64_t given = p.op.getDivisorOverride())
    return s.integer(compute, given);
  if (isInside(p.op)) {
    int64_t taps = 1;
    for (int64_t size : p.op.getKernel())
      taps *= size;
    return s.integer(compute, taps);
  }
  Value taps = s.index(1);
  for (int64_t i = 0; i < p.spatial; ++i)
    taps = s.mul(taps, tapsCounted(l, s, p, i, loopIndex(s, p.position(i))));
  return s.fromIndex(taps, compute);
}

LogicalResult lowerPool(Lowering &l, PoolOp op) {
  Tensor src = l.get(op.getSrc());
  int64_t spatial = op.getSpatialRank();
  Pool p{op,      src, Lowering::dimsOf(op.getDst()),
         spatial, op.getSpatialAxis(src.rank()), accumulatorType(src.element)};
  bool isPlain = isInside(op) && !leavesRest(p);
  Tensor pooled = isPlain ? poolInside(l, p) : poolChecked(l, p);
  if (!p.isMax())
    pooled = l.pointwise(pooled.dims, p.wide, pooled,
                         [&](Scalars &s, ValueRange values) {
                           Value count = divisor(l, s, p, values[0].getType());
                           return s.div(values[0], count, p.wide);
                         });
  l.set(op.getDst(), l.cast(pooled, src.element));
  return success();
}

//===----------------------------------------------------------------------===//
// lz.adaptive_avg_pool
//===----------------------------------------------------------------------===//

/// Windows of equal size: how many inputs an output averages per axis, if that is
/// a constant.
std::optional<SmallVector<int64_t>> evenWindows(ArrayRef<DimExpr> src,
                                                ArrayRef<DimExpr> result) {
  SmallVector<int64_t> windows;
  for (auto [in, out] : llvm::zip(src, result)) {
    auto inputs = in.getConstant(), outputs = out.getConstant();
    if (in == out) {
      windows.push_back(1);
      continue;
    }
    if (!inputs || !outputs || *outputs == 0 || *inputs % *outputs != 0)
      return std::nullopt;
    windows.push_back(*inputs / *outputs);
  }
  return windows;
}

Tensor averageEven(Lowering &l, const Tensor &src, const Dims &result, int64_t lead,
                   ArrayRef<int64_t> windows) {
  int64_t spatial = windows.size(), rank = src.rank();
  Type wide = accumulatorType(src.element);
  Dims domain(result);
  domain.append(windows.begin(), windows.end());
  SmallVector<AffineExpr> exprs;
  int64_t taps = 1;
  for (int64_t i = 0; i < rank; ++i)
    exprs.push_back(l.b.getAffineDimExpr(i));
  for (int64_t i = 0; i < spatial; ++i) {
    exprs[lead + i] = exprs[lead + i] * windows[i] + l.b.getAffineDimExpr(rank + i);
    taps *= windows[i];
  }
  auto map = AffineMap::get(rank + spatial, 0, exprs, l.b.getContext());
  Tensor sum = l.contract(domain, llvm::to_vector(llvm::seq<int64_t>(0, rank)),
                          {l.read(src, map)}, wide);
  return l.pointwise(sum.dims, src.element, sum,
                     [&](Scalars &s, ValueRange values) {
                       Type compute = values[0].getType();
                       return s.div(values[0], s.integer(compute, taps), wide);
                     });
}

/// The sum over the ranges of the axes from `axis` on, by nested loops in the body.
Value sumOver(Lowering &l, Scalars &s, const Tensor &src, Type wide, int64_t axis,
              ArrayRef<std::pair<Value, Value>> ranges, SmallVector<Value> indices,
              Value sum) {
  if (ranges.empty())
    return s.add(sum, s.cast(l.load(s, src, indices), src.element, wide));
  auto [begin, end] = ranges.front();
  auto step = [&](OpBuilder &inner, Location loc, Value i, ValueRange state) {
    Scalars t(inner, loc);
    indices[axis] = i;
    Value next = sumOver(l, t, src, wide, axis + 1, ranges.drop_front(),
                         indices, state[0]);
    scf::YieldOp::create(inner, loc, next);
  };
  return scf::ForOp::create(s.b, s.loc, begin, end, s.index(1), sum, step)
      .getResult(0);
}

Tensor averageUneven(Lowering &l, const Tensor &src, const Dims &result,
                     int64_t lead, int64_t spatial) {
  Type wide = accumulatorType(src.element);
  return l.generate(result, src.element, [&](Scalars &s, ValueRange loops) {
    SmallVector<std::pair<Value, Value>> ranges;
    Value count = s.index(1);
    for (int64_t axis = lead; axis < lead + spatial; ++axis) {
      Value in = l.size(src.dim(axis)), out = l.size(result[axis]);
      Value begin = floorDivIndex(s, s.mul(loops[axis], in), out);
      Value next = s.mul(s.add(loops[axis], s.index(1)), in);
      Value end = ceilDivIndex(s, next, out);
      ranges.push_back({begin, end});
      count = s.mul(count, s.sub(end, begin));
    }
    Type compute = computeType(wide);
    Value sum = sumOver(l, s, src, wide, lead, ranges, SmallVector<Value>(loops),
                        s.zero(compute));
    return s.div(sum, s.fromIndex(count, compute), wide);
  });
}

LogicalResult lowerAdaptiveAvgPool(Lowering &l, AdaptiveAvgPoolOp op) {
  Tensor src = l.get(op.getSrc());
  Dims result = Lowering::dimsOf(op.getDst());
  int64_t spatial = op.getSpatialRank(), lead = op.getSpatialAxis(src.rank());
  auto isOne = [](int64_t size) { return size == 1; };
  if (llvm::all_of(op.getOutputSize(), isOne)) {
    auto axes = llvm::to_vector(llvm::seq<int64_t>(lead, lead + spatial));
    Tensor mean = meanOver(l, src, axes, accumulatorType(src.element));
    l.set(op.getDst(), l.withUnitAxes(l.cast(mean, src.element), axes));
    return success();
  }
  auto windows = evenWindows(ArrayRef<DimExpr>(src.dims).slice(lead, spatial),
                             ArrayRef<DimExpr>(result).slice(lead, spatial));
  l.set(op.getDst(), windows ? averageEven(l, src, result, lead, *windows)
                             : averageUneven(l, src, result, lead, spatial));
  return success();
}

} // namespace

void populatePooling(OpTable &table) {
  table.add<PoolOp, lowerPool>();
  table.add<AdaptiveAvgPoolOp, lowerAdaptiveAvgPool>();
}

} // namespace lz::cpu
