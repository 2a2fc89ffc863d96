//===- RecurrentSteps.cpp - Recurrent layers, step by step ----------------===//
//
// Peepholes, sequence lengths, clipping, other activations: a cell written in
// elementwise operations, unrolled where the steps are few and known, else an
// lz.loop. The input's part of all gates is one product before.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Recurrent.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

/// Beyond so many steps a loop.
constexpr int64_t kMaxUnrolledSteps = 16;

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

Value onnximport::activate(Node &n, const Activation &f, Value x) {
  llvm::StringRef name = f.name;
  auto sum = [&](Value y) { return f.beta == 0 ? y : n.add(y, f.beta); };
  Value zero = n.scalarLike(0, x);
  if (name == "sigmoid")
    return n.unary<SigmoidOp>(x);
  if (name == "tanh")
    return n.unary<TanhOp>(x);
  if (name == "relu")
    return n.unary<ReluOp>(x);
  if (name == "affine")
    return sum(n.mul(x, f.alpha));
  if (name == "leakyrelu")
    return n.select(n.compare<GeOp>(x, zero), x, n.mul(x, f.alpha));
  if (name == "thresholdedrelu")
    return n.select(n.compare<GeOp>(x, n.scalarLike(f.alpha, x)), x, zero);
  if (name == "scaledtanh")
    return n.mul(n.unary<TanhOp>(n.mul(x, f.beta)), f.alpha);
  if (name == "hardsigmoid")
    return n.min(n.max(sum(n.mul(x, f.alpha)), 0.0), 1.0);
  if (name == "elu")
    return n.select(n.compare<GeOp>(x, zero), x,
                    n.mul(n.unary<Expm1Op>(x), f.alpha));
  if (name == "softsign")
    return n.div(x, n.add(n.unary<AbsOp>(x), 1.0));
  if (name == "softplus")
    return n.unary<Log1pOp>(n.exp(x));
  if (n.failed)
    return x;
  n.error() << "has activation '" << name << "', expected one of Relu, Tanh, "
            << "Sigmoid, Affine, LeakyRelu, ThresholdedRelu, ScaledTanh, "
               "HardSigmoid, Elu, Softsign, Softplus";
  return x;
}

namespace {

/// The states between steps; `cell` is null but for an LSTM.
struct State {
  Value hidden, cell;
};

/// Builds the steps of one direction.
class Steps {
public:
  Steps(Node &n, const RecurrentLayer &layer,
        const RecurrentDirection &direction)
      : n(n), layer(layer), direction(direction) {}

  RecurrentResult run(Value x);

private:
  Value function(int i, Value x);
  Value linear(Value x, Value weights, Value bias);
  Value peephole(Value gate, int i, Value cell);
  State lstm(Value gates, const State &state);
  State gru(Value input, const State &state);
  State rnn(Value input, const State &state);
  State step(Value input, const State &state);
  std::pair<State, Value> masked(const State &next, const State &state, Value t);
  State firstState();
  RecurrentResult unroll(Value gates, int64_t steps);
  RecurrentResult loop(Value gates);

  Node &n;
  const RecurrentLayer &layer;
  const RecurrentDirection &direction;
};

} // namespace

//===----------------------------------------------------------------------===//
// Cells
//===----------------------------------------------------------------------===//

/// Activation `i` of the cell, of what is clipped first.
Value Steps::function(int i, Value x) {
  if (layer.clip > 0)
    x = n.max(n.min(x, layer.clip), -layer.clip);
  return activate(n, direction.activations[i], x);
}

Value Steps::linear(Value x, Value weights, Value bias) {
  return n.result(LinearOp::create(n.builder, n.loc, unrankedLike(x), x, weights,
                                   bias));
}

Value Steps::peephole(Value gate, int i, Value cell) {
  if (!direction.peepholes)
    return gate;
  return n.add(gate, n.mul(partOf(n, direction.peepholes, 0, i, 3), cell));
}

/// Gates i, o, f, c; peepholes of i, o, f.
State Steps::lstm(Value input, const State &state) {
  Value gates =
      n.add(input, linear(state.hidden, direction.recurrence, Value()));
  auto gate = [&](int i) { return partOf(n, gates, 1, i, 4); };
  Value in = function(0, peephole(gate(0), 0, state.cell));
  Value forget = layer.couplesInputForget
                     ? n.sub(n.scalarLike(1, in), in)
                     : function(0, peephole(gate(2), 2, state.cell));
  Value cell = n.add(n.mul(forget, state.cell), n.mul(in, function(1, gate(3))));
  Value out = function(0, peephole(gate(1), 1, cell));
  // The output's activation is not clipped: cells are what it is a function of.
  return {n.mul(out, activate(n, direction.activations[2], cell)), cell};
}

/// Gates z, r, h. The bias of the hidden state's part of h stays with that part
/// where the reset comes after the product.
State Steps::gru(Value input, const State &state) {
  Value h = state.hidden;
  auto recurrence = [&](int i) {
    return partOf(n, direction.recurrence, 0, i, 3);
  };
  auto product = [&](int i, Value x) {
    return n.add(partOf(n, input, 1, i, 3), linear(x, recurrence(i), Value()));
  };
  Value update = function(0, product(0, h)), reset = function(0, product(1, h));
  Value candidate;
  if (layer.linearBeforeReset) {
    Value bias = direction.hiddenBias
                     ? partOf(n, direction.hiddenBias, 0, 2, 3)
                     : Value();
    Value part = n.mul(reset, linear(h, recurrence(2), bias));
    candidate = n.add(partOf(n, input, 1, 2, 3), part);
  } else {
    candidate = product(2, n.mul(reset, h));
  }
  candidate = function(1, candidate);
  Value rest = n.sub(n.scalarLike(1, update), update);
  return {n.add(n.mul(rest, candidate), n.mul(update, h)), {}};
}

State Steps::rnn(Value input, const State &state) {
  Value sum = n.add(input, linear(state.hidden, direction.recurrence, Value()));
  return {function(0, sum), {}};
}

State Steps::step(Value input, const State &state) {
  switch (layer.cell) {
  case CellKind::Lstm:
    return lstm(input, state);
  case CellKind::Gru:
    return gru(input, state);
  case CellKind::Rnn:
    return rnn(input, state);
  }
  llvm_unreachable("all cells are listed");
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// Beyond a sequence's end its state stays and its output is 0. Backwards, the
/// state thus stays the first one until the end is reached. Returns the state
/// after step `t` (an integer scalar) and the step's output.
std::pair<State, Value> Steps::masked(const State &next, const State &state,
                                      Value t) {
  if (!layer.lengths)
    return {next, next.hidden};
  Value lengths = n.unsqueeze(layer.lengths, {1});
  Value isWithin = n.compare<LtOp>(n.castLike(t, lengths), lengths);
  State kept;
  kept.hidden = n.select(isWithin, next.hidden, state.hidden);
  if (next.cell)
    kept.cell = n.select(isWithin, next.cell, state.cell);
  Value zero = n.scalarLike(0, next.hidden);
  return {kept, n.select(isWithin, next.hidden, zero)};
}

State Steps::firstState() {
  auto orZero = [&](Value value) {
    return value ? value
                 : n.full({layer.batch, layer.hidden}, 0,
                          n.elementType(direction.weights));
  };
  State state{orZero(direction.hidden), {}};
  if (layer.cell == CellKind::Lstm)
    state.cell = orZero(direction.cell);
  return state;
}

RecurrentResult Steps::unroll(Value gates, int64_t steps) {
  State state = firstState();
  Values outputs(steps);
  for (int64_t i = 0; i < steps && !n.failed; ++i) {
    int64_t t = direction.isReverse ? steps - 1 - i : i;
    State next = step(n.select(gates, 0, t), state);
    Value output;
    std::tie(state, output) = masked(next, state, n.intScalar(t));
    outputs[t] = n.unsqueeze(output, {0});
  }
  if (n.failed)
    return {gates, gates, gates};
  return {n.concat(outputs, 0), state.hidden, state.cell};
}

RecurrentResult Steps::loop(Value gates) {
  State first = firstState();
  Values inits = {first.hidden};
  if (first.cell)
    inits.push_back(first.cell);
  Type type = n.unranked(n.elementType(gates));
  llvm::SmallVector<Type> types(inits.size() + 1, type);
  auto op = LoopOp::create(n.builder, n.loc, types, n.dimScalar(layer.steps),
                           Value(), inits);
  for (auto [i, init] : llvm::enumerate(inits))
    op.getCarried(i).setType(init.getType());
  {
    OpBuilder::InsertionGuard guard(n.builder);
    n.builder.setInsertionPointToStart(&op.getBodyBlock());
    Value t = op.getIteration();
    if (direction.isReverse)
      t = n.sub(n.dimScalar(layer.steps - DimExpr(1)), t);
    State state{op.getCarried(0), first.cell ? Value(op.getCarried(1)) : Value()};
    State next = step(n.gather(gates, t, 0), state);
    auto [after, output] = masked(next, state, t);
    Values yielded = {n.scalar(1, n.i1()), after.hidden};
    if (after.cell)
      yielded.push_back(after.cell);
    yielded.push_back(output);
    YieldOp::create(n.builder, n.loc, yielded);
  }
  n.infer(op);
  Value outputs = op->getResults().back();
  if (direction.isReverse)
    outputs = n.flip(outputs, {0});
  return {outputs, op->getResult(0),
          first.cell ? Value(op->getResult(1)) : Value()};
}

RecurrentResult Steps::run(Value x) {
  if (layer.batchFirst)
    x = n.swapAxes(x, 0, 1);
  Value bias = direction.inputBias, hiddenBias = direction.hiddenBias;
  if (bias && layer.cell == CellKind::Gru && layer.linearBeforeReset) {
    // Not for gate h: see gru().
    Value zero = n.mul(partOf(n, hiddenBias, 0, 2, 3), 0.0);
    hiddenBias = n.concat({partOf(n, hiddenBias, 0, 0, 3),
                           partOf(n, hiddenBias, 0, 1, 3), zero},
                          0);
  }
  if (bias)
    bias = n.add(bias, hiddenBias);
  Value gates = linear(x, direction.weights, bias);
  auto steps = layer.steps.getConstant();
  bool isShort = steps && *steps >= 1 && *steps <= kMaxUnrolledSteps;
  RecurrentResult result = isShort ? unroll(gates, *steps) : loop(gates);
  if (layer.batchFirst)
    result.y = n.swapAxes(result.y, 0, 1);
  return result;
}

RecurrentResult onnximport::composeRecurrent(Node &n,
                                             const RecurrentLayer &layer,
                                             const RecurrentDirection &direction,
                                             Value x) {
  return Steps(n, layer, direction).run(x);
}
