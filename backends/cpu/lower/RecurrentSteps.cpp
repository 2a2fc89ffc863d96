//===- RecurrentSteps.cpp - lz.recurrent_steps ----------------------------===//
//
// The grid is blocks of sequences, which need nothing of one another. A unit goes through
// the steps, and in each through the blocks of hidden units: the product of the states
// before, which stand in the output, and the block's weights, then its cells. The weights
// are read once per step for all sequences of a unit.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/RecurrentSteps.h"

#include "backends/cpu/lower/ParallelLoop.h"
#include "backends/cpu/lower/RecurrentCells.h"
#include "backends/cpu/lower/VectorLoops.h"
#include "ir/RecurrentSteps.h"

using namespace mlir;

namespace lz::cpu {

namespace {

class Steps : VectorLoops {
public:
  Steps(Lowering &l, RecurrentStepsOp op);
  void run();

private:
  /// Where a unit is: its first sequence, and how many it has.
  struct Rows {
    Index first, count;
  };
  /// What a unit writes: its part of the output, of h_n and, for lstm, of c_n.
  using Carried = SmallVector<Value>;

  Rows locate(Scalars &s, Value number);
  SmallVector<Index> inSequence(Index time, Index row, Index column);
  Value sequencePart(Value tensor, Value time, Index row, Index rows, Index column,
                     Index columns);
  SmallVector<Value> split(Value rows, Index count);
  SmallVector<Value> inputGates(const Rows &rows, Value time, Value block);
  Value multiply(Value states, Value block, Index terms, Value sums);
  Value initialState(Value state, ArrayRef<Index> place, ArrayRef<Index> sizes, Value part);
  Value multiplyStates(Scalars &s, const Rows &rows, Value isFirst, Value before,
                       Value block, Value outputs);
  Carried step(Scalars &s, const Rows &rows, Value number, Value block, ValueRange carried);
  Carried cells(ValueRange inputs, ValueRange destinations, Value isFirst);
  SmallVector<Written> unit(Scalars &s, Value number, ValueRange destinations);

  Lowering &l;
  RecurrentStepsOp op;
  bool batchFirst;
  int64_t gates, blocks, width, hidden, rowsOfUnit;
  DimExpr steps, batch;
  Value projected, weights, bias, h0, c0;
};

} // namespace

/// Sequences of a unit. With four the weights come from the caches as fast as they are
/// multiplied; large batches read them half as often. Small ones are halved for the sake of
/// a second thread, as long as two sequences share what is read.
static int64_t chooseRows(const DimExpr &batch) {
  constexpr int64_t usual = 4, most = 8, largeBatch = 32;
  std::optional<int64_t> count = batch.getConstant();
  if (!count)
    return usual;
  int64_t units = llvm::divideCeil(*count, *count >= largeBatch ? most : usual);
  if (units == 1 && *count == usual)
    units = 2;
  return llvm::divideCeil(*count, units);
}

Steps::Steps(Lowering &l, RecurrentStepsOp op)
    : VectorLoops(l.b, l.loc, Lowering::elementOf(op.getProjected()), /*lanes=*/1), l(l),
      op(op), batchFirst(op.getBatchFirst()), gates(op.getNumGates()) {
  Dims src = Lowering::dimsOf(op.getProjected()), matrix = Lowering::dimsOf(op.getWHh());
  steps = src[batchFirst ? 1 : 0];
  batch = src[batchFirst ? 0 : 1];
  blocks = *matrix[0].getConstant();
  hidden = *matrix[1].getConstant();
  width = hidden / blocks;
  rowsOfUnit = chooseRows(batch);
  auto whole = [&](Value operand) { return operand ? wholeTensor(l, operand) : Value(); };
  projected = whole(op.getProjected());
  weights = whole(op.getWHh());
  bias = whole(op.getBHh());
  h0 = whole(op.getH0());
  c0 = whole(op.getC0());
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

Steps::Rows Steps::locate(Scalars &s, Value number) {
  Value first = s.mul(number, index(rowsOfUnit));
  return {first, clipped(first, rowsOfUnit, l.foldedSize(batch))};
}

SmallVector<VectorLoops::Index> Steps::inSequence(Index time, Index row, Index column) {
  if (batchFirst)
    return {row, time, column};
  return {time, row, column};
}

/// [rows, columns] of one step of a sequence.
Value Steps::sequencePart(Value tensor, Value time, Index row, Index rows, Index column,
                          Index columns) {
  return slice(tensor, inSequence(time, row, column),
               inSequence(b.getIndexAttr(1), rows, columns), {batchFirst ? 1 : 0});
}

/// The gates of [count, gates * width], as [count, width] each.
SmallVector<Value> Steps::split(Value rows, Index count) {
  SmallVector<Value> parts;
  for (int64_t gate = 0; gate < gates; ++gate)
    parts.push_back(slice(rows, {b.getIndexAttr(0), b.getIndexAttr(gate * width)},
                          {count, b.getIndexAttr(width)}));
  return parts;
}

SmallVector<Value> Steps::inputGates(const Rows &rows, Value time, Value block) {
  SmallVector<Index> place = inSequence(time, rows.first, block);
  SmallVector<Index> sizes = inSequence(b.getIndexAttr(1), rows.count, b.getIndexAttr(1));
  place.push_back(b.getIndexAttr(0));
  sizes.push_back(b.getIndexAttr(gates * width));
  return split(slice(projected, place, sizes, {batchFirst ? 1 : 0, 2}), rows.count);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Adds states [rows, terms] times the first `terms` rows of the block's weights.
Value Steps::multiply(Value states, Value block, Index terms, Value sums) {
  Value matrix = slice(weights, {block, b.getIndexAttr(0), b.getIndexAttr(0)},
                       {b.getIndexAttr(1), terms, b.getIndexAttr(gates * width)}, {0});
  AffineExpr r, c, k;
  bindDims(b.getContext(), r, c, k);
  using Exprs = SmallVector<AffineExpr, 4>;
  auto maps = AffineMap::inferFromExprList(ArrayRef<Exprs>{{r, k}, {k, c}, {r, c}},
                                           b.getContext());
  return multiplyAdd(states, matrix, sums, maps);
}

/// [rows, gates * width]. The states before the first step are given or zero: each product
/// runs over all states or, in the steps that it is not for, over none.
Value Steps::multiplyStates(Scalars &s, const Rows &rows, Value isFirst, Value before,
                            Value block, Value outputs) {
  Index none = b.getIndexAttr(0);
  Value sums = slice(scratch({rowsOfUnit, gates * width}), {none, none},
                     {rows.count, b.getIndexAttr(gates * width)});
  sums = linalg::FillOp::create(b, loc, zero, sums).getResult(0);
  Index terms = s.select(isFirst, index(0), index(hidden));
  Value states = sequencePart(outputs, before, none, rows.count, none, terms);
  sums = multiply(states, block, terms, sums);
  if (!h0)
    return sums;
  Index given = s.select(isFirst, index(hidden), index(0));
  return multiply(slice(h0, {rows.first, none}, {rows.count, given}), block, given, sums);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// Computes the block's cells. `inputs`: the gates of the input, those of the state, then
/// biases and first states; `destinations`: states, which are updated, and outputs.
Steps::Carried Steps::cells(ValueRange inputs, ValueRange destinations, Value isFirst) {
  AffineMap whole = AffineMap::getMultiDimIdentityMap(2, b.getContext());
  SmallVector<AffineMap> maps(inputs.size() + destinations.size(), whole);
  if (bias)
    std::fill_n(maps.begin() + 2 * gates, gates,
                AffineMap::get(2, 0, b.getAffineDimExpr(1), b.getContext()));
  SmallVector<utils::IteratorType> iterators(2, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, loc, TypeRange(destinations), inputs, destinations, maps, iterators,
      [&](OpBuilder &inner, Location loc, ValueRange arguments) {
        Scalars s(inner, loc);
        SmallVector<Value> ofState(arguments.slice(gates, gates));
        for (int64_t gate = 0; bias && gate < gates; ++gate)
          ofState[gate] = s.add(ofState[gate], arguments[2 * gates + gate]);
        ValueRange given = arguments.drop_front((bias ? 3 : 2) * gates);
        ValueRange before = arguments.drop_front(inputs.size());
        Value h = s.select(isFirst, h0 ? given[0] : zero, before[0]), c;
        if (op.getMode() == RecurrentMode::Lstm)
          c = s.select(isFirst, c0 ? given[h0 ? 1 : 0] : zero, before[1]);
        auto next = emitCell(s, op.getMode(), arguments.take_front(gates), ofState, h, c);
        next.push_back(next[0]);
        linalg::YieldOp::create(inner, loc, next);
      });
  return Carried(generic.getResults());
}

/// One step of one block of hidden units.
Steps::Carried Steps::step(Scalars &s, const Rows &rows, Value number, Value block,
                           ValueRange carried) {
  Value isFirst = s.compare(Scalars::Order::Eq, number, index(0));
  Value previous = s.select(isFirst, index(0), s.sub(number, index(1)));
  Value last = s.sub(l.size(steps), index(1));
  auto timeOf = [&](Value step) { return op.getReverse() ? s.sub(last, step) : step; };
  Value time = timeOf(number), column = s.mul(block, index(width));
  Index none = b.getIndexAttr(0), one = b.getIndexAttr(1), columns = b.getIndexAttr(width);

  SmallVector<Value> inputs = inputGates(rows, time, block);
  Value sums = multiplyStates(s, rows, isFirst, timeOf(previous), block, carried[0]);
  llvm::append_range(inputs, split(sums, rows.count));
  for (int64_t gate = 0; bias && gate < gates; ++gate)
    inputs.push_back(slice(bias, {block, b.getIndexAttr(gate * width)}, {one, columns}, {0}));
  for (Value state : {h0, c0})
    if (state)
      inputs.push_back(slice(state, {rows.first, column}, {rows.count, columns}));

  SmallVector<Value> parts;
  for (Value state : carried.drop_front())
    parts.push_back(slice(state, {none, column}, {rows.count, columns}));
  parts.push_back(sequencePart(carried[0], time, none, rows.count, column, columns));
  Carried made = cells(inputs, parts, isFirst);
  Carried result = {insert(made.back(), carried[0], inSequence(time, none, column),
                           inSequence(one, rows.count, columns))};
  for (auto [part, state] : llvm::zip(made, carried.drop_front()))
    result.push_back(insert(part, state, {none, column}, {rows.count, columns}));
  return result;
}

/// `state`, or zeros, in `part`: what remains of a run without a step.
Value Steps::initialState(Value state, ArrayRef<Index> place, ArrayRef<Index> sizes, Value part) {
  if (!state)
    return linalg::FillOp::create(b, loc, zero, part).getResult(0);
  return linalg::CopyOp::create(b, loc, slice(state, place, sizes), part).getResult(0);
}

SmallVector<Written> Steps::unit(Scalars &s, Value number, ValueRange destinations) {
  Rows rows = locate(s, number);
  Index none = b.getIndexAttr(0), length = l.foldedSize(steps), all = b.getIndexAttr(hidden);
  SmallVector<Written> written;
  Carried parts;
  for (auto [i, destination] : llvm::enumerate(destinations)) {
    SmallVector<Index> place = {rows.first, none}, sizes = {rows.count, all};
    if (i == 0) {
      place = inSequence(b.getIndexAttr(0), rows.first, none);
      sizes = inSequence(length, rows.count, all);
    }
    parts.push_back(slice(destination, place, sizes));
    if (i > 0 && !steps.getConstant())
      parts.back() = initialState(i == 1 ? h0 : c0, place, sizes, parts.back());
    auto type = cast<RankedTensorType>(parts.back().getType());
    written.push_back({unsigned(i), nullptr, {place, sizes, type}});
  }
  auto forEach = [&](Value count, ValueRange carried,
                     function_ref<Carried(Scalars &, Value, ValueRange)> body) {
    auto loop = scf::ForOp::create(
        b, loc, index(0), count, index(1), carried,
        [&](OpBuilder &, Location, Value iv, ValueRange inner) {
          scf::YieldOp::create(b, loc, body(s, iv, inner));
        });
    return Carried(loop.getResults());
  };
  Carried results = forEach(l.size(steps), parts, [&](Scalars &, Value at, ValueRange outer) {
    return forEach(index(blocks), outer, [&](Scalars &, Value block, ValueRange inner) {
      return step(s, rows, at, block, inner);
    });
  });
  for (auto [part, value] : llvm::zip_equal(written, results))
    part.value = value;
  return written;
}

void Steps::run() {
  SmallVector<Value> destinations;
  for (Value result : op->getResults())
    destinations.push_back(l.empty(Lowering::dimsOf(result), element));
  auto body = [&](Scalars &s, ValueRange indices, ValueRange outputs) {
    return unit(s, indices[0], outputs);
  };
  auto results = parallelLoop(l, DimExpr::ceilDiv(batch, rowsOfUnit), destinations, body);
  for (auto [result, value] : llvm::zip_equal(op->getResults(), results))
    l.set(result, l.wrap(value, Lowering::dimsOf(result), element));
}

/// Without a step the state stays what it was; without a sequence there is none.
static void keepStates(Lowering &l, RecurrentStepsOp op) {
  Value given[] = {Value(), op.getH0(), op.getC0()};
  for (auto [result, state] : llvm::zip(op->getResults(), given)) {
    auto zero = [&](Scalars &s) { return s.zero(Lowering::elementOf(result)); };
    l.set(result, state ? l.get(state)
                        : l.filled(Lowering::dimsOf(result), Lowering::elementOf(result), zero));
  }
}

static LogicalResult lowerRecurrentSteps(Lowering &l, RecurrentStepsOp op) {
  if (!Lowering::typeOf(op.getWHh()).isStatic())
    return op.emitOpError("has weights of a dynamic shape, expected a static one");
  if (llvm::is_contained(Lowering::dimsOf(op.getDst()), DimExpr(0)))
    keepStates(l, op);
  else
    Steps(l, op).run();
  return success();
}

void populateRecurrentSteps(OpTable &table) {
  table.add<RecurrentStepsOp, lowerRecurrentSteps>();
}

} // namespace lz::cpu
