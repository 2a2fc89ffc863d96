//===- Recurrent.cpp - LSTM, GRU and Elman RNN ----------------------------===//
//
// The grid is the batch; one unit runs the sequence with its state in a row of
// the accumulator type. Per step: both projections as contractions over [gates,
// hidden], then the cell, which updates the state in place.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ParallelLoop.h"
#include "backends/cpu/lower/RecurrentCells.h"
#include "backends/cpu/lower/RecurrentSteps.h"

using namespace mlir;

namespace lz::cpu {

namespace {

/// A recurrent op for one sequence of the batch.
class Sequence {
public:
  Sequence(Lowering &l, RecurrentOp op)
      : l(l), op(op), src(l.get(op.getSrc())), wide(accumulatorType(src.element)),
        gates(op.getNumGates()), hidden(Lowering::dimsOf(op.getWHh())[1]),
        wIh(split(op.getWIh())), wHh(split(op.getWHh())) {
    if (op.getBIh())
      bIh = split(op.getBIh());
    if (op.getBHh())
      bHh = split(op.getBHh());
  }

  DimExpr steps() const { return src.dim(timeAxis()); }
  DimExpr batch() const { return src.dim(1 - timeAxis()); }
  bool hasCell() const { return op.getMode() == RecurrentMode::Lstm; }

  /// Runs sequence `n` and returns its rows: outputs, last state, last cell.
  SmallVector<Value> run(Scalars &s, Value n, Value outputs);

private:
  int64_t timeAxis() const { return op.getBatchFirst() ? 1 : 0; }

  /// [gates * hidden, ...] as [gates, hidden, ...].
  Tensor split(Value value) {
    Tensor tensor = l.get(value);
    Dims dims = {gates, hidden};
    dims.append(tensor.dims.begin() + 1, tensor.dims.end());
    return l.reshaped(tensor, dims);
  }

  Value initialState(Value given, Value n);
  Tensor project(const Tensor &weights, const Tensor &x,
                 const std::optional<Tensor> &bias);
  SmallVector<Value> step(Scalars &s, Value n, Value t, ValueRange state);
  Value gate(Scalars &s, const Tensor &projected, int64_t number);
  SmallVector<Value> gateRows(Scalars &s, const Tensor &x, const Tensor &h);

  Lowering &l;
  mutable RecurrentOp op; // its accessors are not const
  Tensor src;
  Type wide;
  int64_t gates;
  DimExpr hidden;
  Tensor wIh, wHh;
  std::optional<Tensor> bIh, bHh;
};

/// A row of the given state, or of zeros, in the accumulator type.
Value Sequence::initialState(Value given, Value n) {
  if (!given)
    return l.materialize(l.filled({hidden}, wide, [&](Scalars &s) {
      return s.zero(computeType(wide));
    }));
  Tensor row = sliceAt(l, l.get(given), {n, Value()});
  // A copy also where the type stays: the state is updated in place.
  return l.materialize(l.pointwise({hidden}, wide, row,
                                   [&](Scalars &s, ValueRange values) {
                                     return s.cast(values[0], row.element, wide);
                                   }));
}

/// weights [gates, hidden, k] times x [k], plus the bias.
Tensor Sequence::project(const Tensor &weights, const Tensor &x,
                         const std::optional<Tensor> &bias) {
  Dims domain = {gates, hidden, weights.dim(2)};
  Tensor product =
      l.contract(domain, {0, 1},
                 {l.readAt(weights, 3, {0, 1, 2}), l.readAt(x, 3, {2})}, wide);
  if (!bias)
    return product;
  return l.pointwise(product.dims, wide, {product, *bias},
                     [](Scalars &s, ValueRange values) {
                       return s.add(values[0], values[1]);
                     });
}

Value Sequence::gate(Scalars &s, const Tensor &projected, int64_t number) {
  return l.materialize(sliceAt(l, projected, {s.index(number), Value()}));
}

/// What the two products give the gates, as rows before their activations.
SmallVector<Value> Sequence::gateRows(Scalars &s, const Tensor &x, const Tensor &h) {
  SmallVector<Value> rows;
  for (const Tensor &projection : {project(wIh, x, bIh), project(wHh, h, bHh)})
    for (int64_t i = 0; i < gates; ++i)
      rows.push_back(gate(s, projection, i));
  return rows;
}

/// One step: `state` is the output rows, the state and the cell.
SmallVector<Value> Sequence::step(Scalars &s, Value n, Value t, ValueRange state) {
  SmallVector<Value> at(3);
  at[timeAxis()] = t;
  at[1 - timeAxis()] = n;
  Tensor x = sliceAt(l, src, at);
  Tensor h = l.wrap(state[1], {hidden}, wide);
  SmallVector<Value> rows = gateRows(s, x, h);

  Part part = partAt(l, {steps(), hidden}, src.element, {t, Value()});
  SmallVector<Value> destinations(state.drop_front());
  destinations.push_back(extractPart(s, state[0], part));
  SmallVector<AffineMap> maps(rows.size() + destinations.size(),
                              l.b.getMultiDimIdentityMap(1));
  auto generic = linalg::GenericOp::create(
      l.b, l.loc, TypeRange(ValueRange(destinations)), rows, destinations, maps,
      {utils::IteratorType::parallel},
      [&](OpBuilder &inner, Location loc, ValueRange arguments) {
        Scalars t(inner, loc);
        ValueRange old = arguments.drop_front(rows.size());
        ValueRange ofState = arguments.slice(gates, gates);
        auto next = emitCell(t, op.getMode(), arguments.take_front(gates), ofState, old[0],
                             hasCell() ? old[1] : Value());
        next.push_back(t.toStorage(t.cast(next[0], wide, src.element), src.element));
        linalg::YieldOp::create(inner, loc, next);
      });
  SmallVector<Value> results(generic.getResults());
  Value written = results.pop_back_val();
  SmallVector<OpFoldResult> strides(2, l.b.getIndexAttr(1));
  Value outputs = s.make<tensor::InsertSliceOp>(written, state[0], part.offsets,
                                                part.sizes, strides);
  results.insert(results.begin(), outputs);
  return results;
}

SmallVector<Value> Sequence::run(Scalars &s, Value n, Value outputs) {
  SmallVector<Value> state = {outputs, initialState(op.getH0(), n)};
  if (hasCell())
    state.push_back(initialState(op.getC0(), n));
  Value count = l.size(steps());
  auto loop = scf::ForOp::create(
      s.b, s.loc, s.index(0), count, s.index(1), state,
      [&](OpBuilder &inner, Location loc, Value i, ValueRange carried) {
        Scalars t(inner, loc);
        Value at = op.getReverse() ? t.sub(t.sub(count, t.index(1)), i) : i;
        scf::YieldOp::create(inner, loc, step(t, n, at, carried));
      });
  return SmallVector<Value>(loop.getResults());
}

/// Without a step the state stays what it was, and nothing else is computed.
LogicalResult keepState(Lowering &l, RecurrentOp op) {
  Value given[] = {Value(), op.getH0(), op.getC0()};
  for (auto [result, state] : llvm::zip(op->getResults(), given)) {
    Type element = Lowering::elementOf(result);
    auto zero = [&](Scalars &s) { return s.zero(computeType(element)); };
    l.set(result, state ? l.cast(l.get(state), element)
                        : l.filled(Lowering::dimsOf(result), element, zero));
  }
  return success();
}

LogicalResult lowerRecurrent(Lowering &l, RecurrentOp op) {
  if (llvm::is_contained(Lowering::dimsOf(op.getDst()), DimExpr(0)))
    return keepState(l, op);
  Sequence sequence(l, op);
  SmallVector<Value> destinations;
  for (Value result : op->getResults())
    destinations.push_back(
        l.empty(Lowering::dimsOf(result), Lowering::elementOf(result)));
  Type element = Lowering::elementOf(op.getDst());
  Dims outputDims = Lowering::dimsOf(op.getDst());
  Dims stateDims = Lowering::dimsOf(op.getHN());
  auto body = [&](Scalars &s, ValueRange indices, ValueRange outputs) {
    SmallVector<Value> at(3);
    at[op.getBatchFirst() ? 0 : 1] = indices[0];
    Part rows = partAt(l, outputDims, element, at);
    Part state = partAt(l, stateDims, element, {indices[0], Value()});
    auto results =
        sequence.run(s, indices[0], extractPart(s, outputs[0], rows));
    SmallVector<Written> written = {{0, results[0], rows}};
    Type wide = accumulatorType(element);
    for (unsigned i = 1; i < results.size(); ++i) {
      Tensor last = l.wrap(results[i], {stateDims[1]}, wide);
      written.push_back({i, l.materialize(l.cast(last, element)), state});
    }
    return written;
  };
  auto results = parallelLoop(l, sequence.batch(), destinations, body);
  for (auto [result, value] : llvm::zip(op->getResults(), results))
    l.set(result, l.wrap(value, Lowering::dimsOf(result), element));
  return success();
}

} // namespace

void populateRecurrent(OpTable &table) {
  table.add<RecurrentOp, lowerRecurrent>();
  populateRecurrentSteps(table);
}

} // namespace lz::cpu
