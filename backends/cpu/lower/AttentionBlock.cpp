//===- AttentionBlock.cpp - attention of a block of queries ---------------===//
//
// Loops are named i (queries), j (keys) and e (depth). What is carried from one block of
// keys to the next is updated in place, by ops in such an order that nothing is copied.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/AttentionBlock.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace lz::cpu {
namespace {

constexpr double kLog2E = 1.4426950408889634074;

/// An operand of a generic: a tensor and where the loops read it.
struct Access {
  Value tensor;
  AffineMap map;
};

/// What is accumulated while keys pass by: sums of weighted values, the largest score
/// so far, and the sum of weights, per query.
struct State {
  Value sums, peak, total;
  SmallVector<Value> values() const { return {sums, peak, total}; }
  static State of(ValueRange v) { return {v[0], v[1], v[2]}; }
};

/// One term of a product of matrices.
Value multiplyAdd(Scalars &s, ValueRange v) { return s.add(v[2], s.mul(v[0], v[1])); }
Value multiply(Scalars &s, ValueRange v) { return s.mul(v[0], v[1]); }

class Block {
public:
  Block(Lowering &l, const AttentionOperands &a, const BlockSizes &sizes,
        ScoreOrder order, Value start, OpFoldResult count)
      : l(l), a(a), sizes(sizes), queriesInside(order == ScoreOrder::QueriesInside),
        start(start), count(count) {}

  Value run(Value destination);

private:
  using BodyFn = function_ref<Value(Scalars &, ValueRange)>;

  AffineMap at(ArrayRef<int64_t> results, unsigned numLoops);
  Value generic(ArrayRef<Access> inputs, Access output, unsigned numLoops,
                std::optional<unsigned> reduction, BodyFn body);
  Value scratch(ArrayRef<OpFoldResult> extents);
  Value column(double value);
  Access part(const Tensor &tensor, ArrayRef<Value> starts,
              ArrayRef<OpFoldResult> lengths, ArrayRef<int64_t> loops, unsigned numLoops);
  AffineMap scoreMap(unsigned numLoops = 2) {
    return queriesInside ? at({1, 0}, numLoops) : at({0, 1}, numLoops);
  }
  Value factor(Scalars &s);
  Value weight(Scalars &s, Value score, Value peak);
  Value loadQueries();
  Access wideRows(const Tensor &tensor, Value begin, OpFoldResult length,
                  const DimExpr &width, ArrayRef<int64_t> loops);
  Value scores(Value begin, OpFoldResult length);
  Value masked(Value scores, Value begin, OpFoldResult length);
  Value causal(Value scores, Value begin, OpFoldResult length);
  OpFoldResult keysEnd();
  Value lowestPeaks();
  State firstState(Value accumulator);
  Value greater(Scalars &s, Value x, Value y);
  Value peaks(Value scores);
  State rescaled(State state, Value peak);
  State step(Value begin, OpFoldResult length, State state, bool isFirst);
  State allKeys(State state);
  Value finish(State state, Value destination);

  Lowering &l;
  const AttentionOperands &a;
  const BlockSizes &sizes;
  bool queriesInside;
  Value start;
  OpFoldResult count;
  Value queries; ///< scaled, [E, count] or [count, E]
};

//===----------------------------------------------------------------------===//
// Loops and slices
//===----------------------------------------------------------------------===//

AffineMap Block::at(ArrayRef<int64_t> results, unsigned numLoops) {
  SmallVector<AffineExpr> exprs;
  for (int64_t loop : results)
    exprs.push_back(l.b.getAffineDimExpr(loop));
  return AffineMap::get(numLoops, 0, exprs, l.b.getContext());
}

/// Computes into `output`, whose old elements are the body's last argument.
Value Block::generic(ArrayRef<Access> inputs, Access output, unsigned numLoops,
                     std::optional<unsigned> reduction, BodyFn body) {
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (const Access &input : inputs) {
    operands.push_back(input.tensor);
    maps.push_back(input.map);
  }
  maps.push_back(output.map);
  SmallVector<utils::IteratorType> iterators(numLoops, utils::IteratorType::parallel);
  if (reduction)
    iterators[*reduction] = utils::IteratorType::reduction;
  auto op = linalg::GenericOp::create(
      l.b, l.loc, output.tensor.getType(), operands, output.tensor, maps, iterators,
      [&](OpBuilder &inner, Location loc, ValueRange arguments) {
        Scalars s(inner, loc);
        linalg::YieldOp::create(inner, loc, body(s, arguments));
      });
  return op.getResult(0);
}

Value Block::scratch(ArrayRef<OpFoldResult> extents) {
  return tensor::EmptyOp::create(l.b, l.loc, extents, a.wide);
}

/// One element per query, all of one value.
Value Block::column(double value) {
  Scalars s(l.b, l.loc);
  return linalg::FillOp::create(l.b, l.loc, s.constant(a.wide, value), scratch(count))
      .getResult(0);
}

/// Part of a matrix, read at two of the loops; an axis of dimension 1 is read at 0.
Access Block::part(const Tensor &tensor, ArrayRef<Value> starts,
                   ArrayRef<OpFoldResult> lengths, ArrayRef<int64_t> loops,
                   unsigned numLoops) {
  OpBuilder &b = l.b;
  SmallVector<OpFoldResult> offsets, extents, strides;
  SmallVector<AffineExpr> exprs;
  for (AffineExpr expr : tensor.view.getResults()) {
    auto axis = dyn_cast<AffineDimExpr>(expr);
    bool repeats = !axis || loops[axis.getPosition()] < 0;
    offsets.push_back(!repeats && starts[axis.getPosition()]
                          ? OpFoldResult(starts[axis.getPosition()])
                          : b.getIndexAttr(0));
    extents.push_back(repeats ? b.getIndexAttr(1) : lengths[axis.getPosition()]);
    strides.push_back(b.getIndexAttr(1));
    exprs.push_back(repeats ? b.getAffineConstantExpr(0)
                            : b.getAffineDimExpr(loops[axis.getPosition()]));
  }
  Value slice = tensor::ExtractSliceOp::create(b, l.loc, tensor.value, offsets, extents,
                                               strides);
  return {slice, AffineMap::get(numLoops, 0, exprs, b.getContext())};
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// What queries are multiplied by. In f32 weights are powers of two, unless a mask is
/// added: -FLT_MAX, a common way to write -inf, would overflow.
Value Block::factor(Scalars &s) {
  double unit = a.wide.isF32() && !a.hasAddedMask() ? kLog2E : 1;
  if (a.scale != 0)
    return s.constant(a.wide, a.scale * unit);
  if (auto depth = a.depth.getConstant())
    return s.constant(a.wide, unit / std::sqrt(static_cast<double>(*depth)));
  Value root = s.sqrt(s.fromIndex(l.size(a.depth), a.wide));
  return s.div(s.constant(a.wide, unit), root, a.wide);
}

/// The exponential of how far a score lies below the largest.
Value Block::weight(Scalars &s, Value score, Value peak) {
  Value below = s.sub(score, peak);
  if (!a.wide.isF32())
    return s.exp(below);
  if (a.hasAddedMask())
    below = s.mul(below, s.constant(a.wide, kLog2E));
  return s.make<math::Exp2Op>(below, arith::FastMathFlags::afn);
}

Value Block::loadQueries() {
  OpFoldResult depth = l.foldedSize(a.depth);
  Value into = queriesInside ? scratch({depth, count}) : scratch({count, depth});
  Access source = part(a.query, {start, Value()}, {count, depth}, {0, 1}, 2);
  Scalars outer(l.b, l.loc);
  Value scale = factor(outer);
  return generic({source}, {into, scoreMap()}, 2, std::nullopt,
                 [&](Scalars &s, ValueRange v) {
                   Value x = s.cast(s.toCompute(v[0], a.element), a.element, a.wide);
                   return s.mul(x, scale);
                 });
}

/// Rows of keys or values, converted to what is accumulated if they are narrower.
Access Block::wideRows(const Tensor &tensor, Value begin, OpFoldResult length,
                       const DimExpr &width, ArrayRef<int64_t> loops) {
  OpFoldResult columns = l.foldedSize(width);
  if (a.element == a.wide)
    return part(tensor, {begin, Value()}, {length, columns}, loops, 3);
  Access source = part(tensor, {begin, Value()}, {length, columns}, {0, 1}, 2);
  Value into = scratch({length, columns});
  Value rows = generic({source}, {into, at({0, 1}, 2)}, 2, std::nullopt,
                       [&](Scalars &s, ValueRange v) {
                         return s.cast(s.toCompute(v[0], a.element), a.element, a.wide);
                       });
  return {rows, at(loops, 3)};
}

/// Loops i, j, e.
Value Block::scores(Value begin, OpFoldResult length) {
  Value into = queriesInside ? scratch({length, count}) : scratch({count, length});
  Scalars outer(l.b, l.loc);
  Value zeros =
      linalg::FillOp::create(l.b, l.loc, outer.zero(a.wide), into).getResult(0);
  Access keys = wideRows(a.key, begin, length, a.depth, {1, 2});
  Access scaled = {queries, queriesInside ? at({2, 0}, 3) : at({0, 2}, 3)};
  Value products = generic({scaled, keys}, {zeros, scoreMap(3)}, 3, 2, multiplyAdd);
  products = masked(products, begin, length);
  return a.isCausal ? causal(products, begin, length) : products;
}

Value Block::masked(Value scores, Value begin, OpFoldResult length) {
  if (!a.mask)
    return scores;
  const Tensor &mask = *a.mask;
  bool perQuery = mask.dim(0) == a.numQueries, perKey = mask.dim(1) == a.numKeys;
  Access read = part(mask, {start, begin}, {count, length},
                     {perQuery ? 0 : -1, perKey ? 1 : -1}, 2);
  return generic({read}, {scores, scoreMap()}, 2, std::nullopt,
                 [&](Scalars &s, ValueRange v) {
                   Value given = s.toCompute(v[0], mask.element);
                   if (isBool(mask.element))
                     return s.select(given, v[1], s.lowest(a.wide));
                   return s.add(v[1], s.cast(given, mask.element, a.wide));
                 });
}

/// Only blocks on the diagonal have keys behind some query.
Value Block::causal(Value scores, Value begin, OpFoldResult length) {
  OpBuilder &b = l.b;
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
  Value last = getValueOrCreateConstantIndexOp(
      b, l.loc,
      affine::makeComposedFoldedAffineApply(b, l.loc, d0 + d1 - 1,
                                            {OpFoldResult(begin), length}));
  Scalars outer(b, l.loc);
  Value reaches = outer.compare(Scalars::Order::Gt, last, start);
  auto mask = [&](OpBuilder &, Location) {
    Value kept = generic(
        {}, {scores, scoreMap()}, 2, std::nullopt, [&](Scalars &s, ValueRange v) {
          Value query = s.add(s.make<linalg::IndexOp>(uint64_t(0)), start);
          Value key = s.add(s.make<linalg::IndexOp>(uint64_t(1)), begin);
          Value isPast = s.compare(Scalars::Order::Le, key, query);
          return s.select(isPast, v[0], s.lowest(a.wide));
        });
    scf::YieldOp::create(b, l.loc, kept);
  };
  auto keep = [&](OpBuilder &, Location) { scf::YieldOp::create(b, l.loc, scores); };
  return scf::IfOp::create(b, l.loc, reaches, mask, keep).getResult(0);
}

//===----------------------------------------------------------------------===//
// Blocks of keys
//===----------------------------------------------------------------------===//

/// The least finite number is a peak below all scores but -inf, of which the weight is
/// then 0, also where there is nothing else.
Value Block::lowestPeaks() {
  auto least = APFloat::getLargest(cast<FloatType>(a.wide).getFloatSemantics(),
                                   /*Negative=*/true);
  return column(least.convertToDouble());
}

State Block::firstState(Value accumulator) {
  Scalars s(l.b, l.loc);
  auto sums = linalg::FillOp::create(l.b, l.loc, s.zero(a.wide), accumulator);
  return {sums.getResult(0), lowestPeaks(), column(0)};
}

/// The greater one; where NaN is lost, it is found again in the score's weight.
Value Block::greater(Scalars &s, Value x, Value y) {
  return s.select(s.compare(Scalars::Order::Gt, x, y, a.wide), x, y);
}

/// The largest score of each query. Across lanes LLVM knows the maximum that keeps NaN.
Value Block::peaks(Value scores) {
  return generic({{scores, scoreMap()}}, {lowestPeaks(), at({0}, 2)}, 2, 1,
                 [&](Scalars &s, ValueRange v) {
                   return queriesInside ? greater(s, v[0], v[1])
                                        : s.max(v[0], v[1], a.wide);
                 });
}

/// Raises the peaks to those of a new block, and what was accumulated shrinks by as much.
State Block::rescaled(State state, Value peak) {
  AffineMap line = at({0}, 1);
  Value shrink = generic({{state.peak, line}, {peak, line}}, {scratch(count), line}, 1,
                         std::nullopt, [&](Scalars &s, ValueRange v) {
                           return weight(s, v[0], greater(s, v[1], v[0]));
                         });
  Value raised = generic({{peak, line}}, {state.peak, line}, 1, std::nullopt,
                         [&](Scalars &s, ValueRange v) { return greater(s, v[0], v[1]); });
  Value total = generic({{shrink, line}}, {state.total, line}, 1, std::nullopt,
                        multiply);
  Value sums = generic({{shrink, at({0}, 2)}}, {state.sums, at({0, 1}, 2)}, 2, std::nullopt,
                       multiply);
  return {sums, raised, total};
}

/// One block of keys. Before the first nothing was accumulated that had to be scaled.
State Block::step(Value begin, OpFoldResult length, State state, bool isFirst) {
  Value weights = scores(begin, length), peak = peaks(weights);
  if (isFirst)
    state.peak = peak;
  else
    state = rescaled(state, peak);
  weights = generic({{state.peak, at({0}, 2)}}, {weights, scoreMap()}, 2, std::nullopt,
                    [&](Scalars &s, ValueRange v) { return weight(s, v[1], v[0]); });
  state.total = generic({{weights, scoreMap()}}, {state.total, at({0}, 2)}, 2, 1,
                        [&](Scalars &s, ValueRange v) { return s.add(v[1], v[0]); });
  // Loops i, e, j.
  Access values = wideRows(a.value, begin, length, a.valueDepth, {2, 1});
  Access weightAt = {weights, queriesInside ? at({2, 0}, 3) : at({0, 2}, 3)};
  state.sums =
      generic({weightAt, values}, {state.sums, at({0, 1}, 3)}, 3, 2, multiplyAdd);
  return state;
}

/// One past the last key that some query of the block may look at.
OpFoldResult Block::keysEnd() {
  OpFoldResult end = l.foldedSize(a.numKeys);
  if (!a.isCausal)
    return end;
  AffineExpr d0 = l.b.getAffineDimExpr(0), d1 = l.b.getAffineDimExpr(1);
  AffineExpr d2 = l.b.getAffineDimExpr(2);
  AffineMap map = AffineMap::get(3, 0, {d0, d1 + d2}, l.b.getContext());
  return affine::makeComposedFoldedAffineMin(l.b, l.loc, map,
                                             {end, OpFoldResult(start), count});
}

State Block::allKeys(State state) {
  Scalars s(l.b, l.loc);
  OpFoldResult end = keysEnd();
  auto constant = a.numKeys.getConstant();
  if (constant && *constant <= sizes.keys)
    return step(s.index(0), end, state, /*isFirst=*/true);
  AffineExpr d = l.b.getAffineDimExpr(0), e = l.b.getAffineSymbolExpr(0);
  AffineMap lengths = AffineMap::get(1, 1, {l.b.getAffineConstantExpr(sizes.keys), e - d},
                                     l.b.getContext());
  auto body = [&](OpBuilder &, Location, Value begin, ValueRange carried) {
    OpFoldResult length = affine::makeComposedFoldedAffineMin(
        l.b, l.loc, lengths, {OpFoldResult(begin), end});
    State next = step(begin, length, State::of(carried), /*isFirst=*/false);
    scf::YieldOp::create(l.b, l.loc, next.values());
  };
  Value last = getValueOrCreateConstantIndexOp(l.b, l.loc, end);
  auto loop = scf::ForOp::create(l.b, l.loc, s.index(0), last, s.index(sizes.keys),
                                 state.values(), body);
  return State::of(loop.getResults());
}

/// Divides by the weights' sum; a query that may look at nothing gets 0.
Value Block::finish(State state, Value destination) {
  Value inverse = generic({{state.total, at({0}, 1)}}, {scratch(count), at({0}, 1)}, 1,
                          std::nullopt, [&](Scalars &s, ValueRange v) {
                            Value zero = s.zero(a.wide);
                            Value none =
                                s.compare(Scalars::Order::Eq, v[0], zero, a.wide);
                            Value one = s.constant(a.wide, 1);
                            return s.select(none, zero, s.div(one, v[0], a.wide));
                          });
  Access perQuery = {inverse, at({0}, 2)};
  if (a.element == a.wide)
    return generic({perQuery}, {state.sums, at({0, 1}, 2)}, 2, std::nullopt, multiply);
  return generic({perQuery, {state.sums, at({0, 1}, 2)}}, {destination, at({0, 1}, 2)}, 2,
                 std::nullopt, [&](Scalars &s, ValueRange v) {
                   Value mean = s.cast(s.mul(v[0], v[1]), a.wide, a.element);
                   return s.toStorage(mean, a.element);
                 });
}

Value Block::run(Value destination) {
  queries = loadQueries();
  // Sums may be accumulated where they are wanted, unless that is too narrow.
  Value sums =
      a.element == a.wide ? destination : scratch({count, l.foldedSize(a.valueDepth)});
  return finish(allKeys(firstState(sums)), destination);
}

} // namespace

Value attendBlock(Lowering &l, const AttentionOperands &operands, const BlockSizes &sizes,
                  ScoreOrder order, Value start, OpFoldResult count, Value destination) {
  return Block(l, operands, sizes, order, start, count).run(destination);
}

} // namespace lz::cpu
