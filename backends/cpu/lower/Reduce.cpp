//===- Reduce.cpp - reductions, softmax, running sums ---------------------===//
//
// Reductions become one linalg.generic whose result lacks the reduced axes;
// `keep_dims` then is a view. f16 and bf16 accumulate in f32.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Reduce.h"
#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ScalarMath.h"

using namespace mlir;

namespace lz::cpu {

using Order = Scalars::Order;

/// What a symbol of which nothing is known may be.
constexpr int64_t kUnbounded = std::numeric_limits<int64_t>::max();

SmallVector<int64_t> remainingAxes(int64_t rank, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> kept;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(axes, i))
      kept.push_back(i);
  return kept;
}

Tensor reduceAxes(Lowering &l, const Tensor &tensor, ArrayRef<int64_t> axes,
                  Type element, ReduceKind kind) {
  int64_t rank = tensor.rank();
  Type from = tensor.element;
  auto init = [&](Scalars &s) -> Value {
    switch (kind) {
    case ReduceKind::Prod:
    case ReduceKind::All:
      return s.integer(computeType(element), 1);
    case ReduceKind::Max:
      return s.lowest(element);
    case ReduceKind::Min:
      return s.highest(element);
    default:
      return s.zero(computeType(element));
    }
  };
  auto combine = [&](Scalars &s, ValueRange values, Value sum) -> Value {
    Value x = s.cast(values[0], from, element);
    switch (kind) {
    case ReduceKind::Prod:
    case ReduceKind::All:
      return s.mul(sum, x);
    case ReduceKind::Max:
      return s.max(sum, x, element);
    case ReduceKind::Min:
      return s.min(sum, x, element);
    default:
      return s.add(sum, x);
    }
  };
  Read whole = l.read(tensor, l.b.getMultiDimIdentityMap(rank));
  return l.reduceOne(tensor.dims, remainingAxes(rank, axes), {whole}, element, init,
                     combine);
}

Value elementCount(Lowering &l, Scalars &s, const Tensor &tensor,
                   ArrayRef<int64_t> axes, Type compute) {
  DimExpr count = 1;
  for (int64_t axis : axes)
    count = count * tensor.dim(axis);
  if (auto constant = count.getConstant())
    return s.integer(compute, *constant);
  return s.fromIndex(l.size(count), compute);
}

Tensor meanOver(Lowering &l, const Tensor &tensor, ArrayRef<int64_t> axes,
                Type element) {
  Tensor sum = reduceAxes(l, tensor, axes, element, ReduceKind::Sum);
  return l.pointwise(sum.dims, element, sum, [&](Scalars &s, ValueRange values) {
    Value count = elementCount(l, s, tensor, axes, values[0].getType());
    return s.div(values[0], count, element);
  });
}

//===----------------------------------------------------------------------===//
// argmax, argmin
//===----------------------------------------------------------------------===//

/// The index of the loops in `axes` in row-major order.
static Value linearIndex(Lowering &l, Scalars &s, const Tensor &tensor,
                         ArrayRef<int64_t> axes) {
  Value index = s.index(0);
  for (int64_t axis : axes) {
    index = s.mul(index, l.size(tensor.dim(axis)));
    index = s.add(index, loopIndex(s, axis));
  }
  return index;
}

/// Whether x replaces the best so far: a NaN beats everything but an earlier NaN,
/// and the first of equal elements stays.
static Value isBetter(Scalars &s, Value x, Value best, Type element, bool isMax) {
  Value better =
      s.compare(isMax ? Order::Gt : Order::Lt, x, best, element);
  if (!isFloat(x.getType()))
    return better;
  Value isNan = s.make<arith::CmpFOp>(arith::CmpFPredicate::UNO, x, x);
  Value bestIsNumber =
      s.make<arith::CmpFOp>(arith::CmpFPredicate::ORD, best, best);
  return s.bitOr(better, s.bitAnd(isNan, bestIsNumber));
}

static Tensor indexOfExtreme(Lowering &l, const Tensor &tensor,
                             ArrayRef<int64_t> axes, bool isMax) {
  Type i64 = l.b.getI64Type();
  Type best = accumulatorType(tensor.element);
  Reduction r;
  r.domain = tensor.dims;
  r.kept = remainingAxes(tensor.rank(), axes);
  r.reads = {l.read(tensor, l.b.getMultiDimIdentityMap(tensor.rank()))};
  r.elements = {best, i64};
  // -1: nothing was seen yet, so that also an infinity replaces it.
  r.init = [&](Scalars &s) {
    return SmallVector<Value>{isMax ? s.lowest(best) : s.highest(best),
                              s.integer(i64, -1)};
  };
  r.combine = [&](Scalars &s, ValueRange values, ValueRange state) {
    Value x = s.cast(values[0], tensor.element, best);
    Value index = s.fromIndex(linearIndex(l, s, tensor, axes), i64);
    Value isFirst = s.compare(Order::Lt, state[1], s.zero(i64), i64);
    Value take = s.bitOr(isFirst, isBetter(s, x, state[0], best, isMax));
    return SmallVector<Value>{s.select(take, x, state[0]),
                              s.select(take, index, state[1])};
  };
  return l.reduce(r)[1];
}

//===----------------------------------------------------------------------===//
// lz.reduce
//===----------------------------------------------------------------------===//

/// What a reduction of this kind accumulates in.
static Type accumulatorOf(ReduceKind kind, Type source, Type result) {
  if (kind == ReduceKind::Any || kind == ReduceKind::All)
    return IntegerType::get(source.getContext(), 1);
  if (kind == ReduceKind::Max || kind == ReduceKind::Min)
    return accumulatorType(source);
  return accumulatorType(result);
}

static Tensor reduceTensor(Lowering &l, ReduceOp op, const Tensor &tensor,
                           ArrayRef<int64_t> axes) {
  ReduceKind kind = op.getKind();
  Type result = Lowering::elementOf(op.getDst());
  if (kind == ReduceKind::ArgMax || kind == ReduceKind::ArgMin)
    return l.cast(indexOfExtreme(l, tensor, axes, kind == ReduceKind::ArgMax),
                  result);
  Type element = accumulatorOf(kind, tensor.element, result);
  Tensor reduced = kind == ReduceKind::Mean
                       ? meanOver(l, tensor, axes, element)
                       : reduceAxes(l, tensor, axes, element, kind);
  return l.cast(reduced, result);
}

static LogicalResult lowerReduce(Lowering &l, ReduceOp op) {
  Tensor tensor = l.get(op.getSrc());
  SmallVector<int64_t> axes;
  for (int64_t axis : op.getAxes())
    axes.push_back(normalizeAxis(axis, tensor.rank()));
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, tensor.rank()));
  llvm::sort(axes);
  Tensor reduced = reduceTensor(l, op, tensor, axes);
  l.set(op.getDst(), op.getKeepDims() ? l.withUnitAxes(reduced, axes) : reduced);
  return success();
}

//===----------------------------------------------------------------------===//
// lz.softmax
//===----------------------------------------------------------------------===//

namespace {
/// Softmax of a tensor along an axis; `peak` is its maximum, axis 1 there.
struct Softmax {
  Lowering &l;
  Tensor tensor;
  int64_t axis;
  Type wide;
  Tensor peak;

  Value shifted(Scalars &s, ValueRange values) const {
    return s.sub(s.cast(values[0], tensor.element, wide), values[1]);
  }
  /// exp(x - peak) of (x, peak).
  Value exp(Scalars &s, ValueRange values) const {
    return s.exp(shifted(s, values));
  }
  Tensor exps() const {
    return l.pointwise(
        tensor.dims, wide, {tensor, peak},
        [&](Scalars &s, ValueRange values) { return exp(s, values); });
  }
  Tensor sumOf(const Tensor &exps) const {
    Tensor sum = reduceAxes(l, exps, {axis}, wide, ReduceKind::Sum);
    return l.withUnitAxes(sum, {axis});
  }
};
} // namespace

/// Softmax, or its logarithm, along an axis, computed in the tensor's accumulator type.
static Tensor softmaxOver(Lowering &l, const Tensor &tensor, int64_t axis, Type result,
                          bool log) {
  Type wide = accumulatorType(tensor.element);
  Tensor peak = l.withUnitAxes(
      reduceAxes(l, tensor, {axis}, wide, ReduceKind::Max), {axis});
  Softmax softmax{l, tensor, axis, wide, peak};
  Tensor exps = softmax.exps();
  Tensor sum = softmax.sumOf(exps);
  if (log)
    return l.pointwise(tensor.dims, result, {tensor, peak, sum},
                       [&](Scalars &s, ValueRange values) {
                         return s.sub(softmax.shifted(s, values),
                                      s.log(values[2]));
                       });
  // A row of exponentials needs scratch, which only a bounded axis can have;
  // else they are computed twice.
  if (l.facts.range(tensor.dim(axis)).second.value_or(kUnbounded) < kUnbounded)
    return l.pointwise(tensor.dims, result, {exps, sum},
                       [&](Scalars &s, ValueRange values) {
                         return s.div(values[0], values[1], wide);
                       });
  return l.pointwise(tensor.dims, result, {tensor, peak, sum},
                     [&](Scalars &s, ValueRange values) {
                       return s.div(softmax.exp(s, values), values[2], wide);
                     });
}

static LogicalResult lowerSoftmax(Lowering &l, SoftmaxOp op) {
  Tensor tensor = l.get(op.getSrc());
  bool isScalar = tensor.rank() == 0;
  if (isScalar)
    tensor = l.withUnitAxes(tensor, {0});
  int64_t axis = normalizeAxis(op.getAxis(), tensor.rank());
  Tensor result = softmaxOver(l, tensor, axis, tensor.element, op.getLog());
  l.set(op.getDst(), isScalar ? l.withoutAxes(result, {0}) : result);
  return success();
}

//===----------------------------------------------------------------------===//
// lz.cumulative
//===----------------------------------------------------------------------===//

namespace {
/// One running sum or product along a row.
struct Scan {
  Lowering &l;
  mutable CumulativeOp op; // its accessors are not const
  Tensor tensor;
  int64_t axis;
  Type wide;

  Value initial(Scalars &s) const {
    bool isSum = op.getKind() == CumulativeKind::Sum;
    return s.integer(computeType(wide), isSum ? 0 : 1);
  }

  /// Scans the row at `others` into `row`, a tensor of the axis alone.
  Value scanRow(Scalars &s, ArrayRef<Value> others, Value row) const;
};
} // namespace

Value Scan::scanRow(Scalars &s, ArrayRef<Value> others, Value row) const {
  Value extent = l.size(tensor.dim(axis));
  auto step = [&](OpBuilder &inner, Location loc, Value i, ValueRange state) {
    Scalars t(inner, loc);
    Value at = op.getReverse() ? t.sub(t.sub(extent, t.index(1)), i) : i;
    SmallVector<Value> indices(others);
    indices.insert(indices.begin() + axis, at);
    Value x = t.cast(l.load(t, tensor, indices), tensor.element, wide);
    Value next = op.getKind() == CumulativeKind::Sum ? t.add(state[0], x)
                                                     : t.mul(state[0], x);
    Value kept = op.getExclusive() ? state[0] : next;
    Value stored = t.toStorage(t.cast(kept, wide, tensor.element), tensor.element);
    Value inserted = t.make<tensor::InsertOp>(stored, state[1], at);
    scf::YieldOp::create(inner, loc, ValueRange{next, inserted});
  };
  auto loop = scf::ForOp::create(s.b, s.loc, s.index(0), extent, s.index(1),
                                 ValueRange{initial(s), row}, step);
  return loop.getResult(1);
}

static LogicalResult lowerCumulative(Lowering &l, CumulativeOp op) {
  Tensor tensor = l.get(op.getSrc());
  if (tensor.rank() == 0)
    tensor = l.withUnitAxes(tensor, {0});
  int64_t axis = normalizeAxis(op.getAxis(), tensor.rank());
  Scan scan{l, op, tensor, axis, accumulatorType(tensor.element)};
  Tensor result = l.rowwise(
      tensor.dims, tensor.element, axis,
      [&](Scalars &s, ValueRange others, Value row) {
        return scan.scanRow(s, SmallVector<Value>(others), row);
      });
  bool isScalar = Lowering::typeOf(op.getDst()).getRank() == 0;
  l.set(op.getDst(), isScalar ? l.withoutAxes(result, {0}) : result);
  return success();
}

void populateReduce(OpTable &table) {
  table.add<ReduceOp, lowerReduce>();
  table.add<SoftmaxOp, lowerSoftmax>();
  table.add<CumulativeOp, lowerCumulative>();
}

} // namespace lz::cpu
