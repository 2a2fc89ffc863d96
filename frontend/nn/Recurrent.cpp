//===- Recurrent.cpp - RNN, LSTM, GRU -------------------------------------===//
//
// The dialect has one layer in one direction over a batch; layers, directions,
// unbatched inputs and projections are composed of it here.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Recurrent.h"

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

#include <cmath>

namespace lz::nn {

using namespace detail;

namespace {

void checkOptions(const std::string &kind, const RecurrentOptions &options, bool isLstm) {
  auto fail = [&](const std::string &text) { throw Error(kind + ": " + text); };
  if (options.hidden_size() < 1 || options.num_layers() < 1)
    fail("hidden_size is " + std::to_string(options.hidden_size()) + " and num_layers " +
         std::to_string(options.num_layers()) + ", expected positive numbers");
  if (!(options.dropout() >= 0 && options.dropout() <= 1))
    fail("dropout is " + std::to_string(options.dropout()) + ", expected a probability");
  if (options.nonlinearity() != "tanh" && options.nonlinearity() != "relu")
    fail("nonlinearity is '" + options.nonlinearity() + "', expected 'tanh' or 'relu'");
  int64_t projection = options.proj_size();
  if (projection != 0 && (!isLstm || projection < 0 || projection >= options.hidden_size()))
    fail("proj_size is " + std::to_string(projection) +
         ", expected 0 or, for an LSTM, a size less than hidden_size");
}

} // namespace

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

RecurrentBase::RecurrentBase(std::string kind, Mode mode, const RecurrentOptions &options)
    : Module(kind), mode(mode), options(options) {
  checkOptions(kind, options, mode == Mode::LSTM);
  Dim inputSize = options.input_size() ? Dim(*options.input_size()) : lazy_field("input_size");
  for (int64_t layer = 0; layer < options.num_layers(); ++layer) {
    for (int64_t direction = 0; direction < numDirections(); ++direction)
      addCell(layer, direction == 1, inputSize);
    inputSize = outputSize() * numDirections();
  }
}

int64_t RecurrentBase::outputSize() const {
  return options.proj_size() ? options.proj_size() : options.hidden_size();
}

void RecurrentBase::addCell(int64_t layer, bool reverse, const Dim &inputSize) {
  int64_t gates = mode == Mode::LSTM ? 4 : mode == Mode::GRU ? 3 : 1;
  int64_t rows = gates * options.hidden_size();
  double bound = 1 / std::sqrt(static_cast<double>(options.hidden_size()));
  std::string suffix = "_l" + std::to_string(layer) + (reverse ? "_reverse" : "");
  auto add = [&](const char *name, Dims shape) {
    return register_parameter(name + suffix, std::move(shape), Init::uniform(-bound, bound),
                              options.dtype());
  };
  Cell cell;
  cell.weight_ih = add("weight_ih", {rows, inputSize});
  cell.weight_hh = add("weight_hh", {rows, outputSize()});
  if (options.bias()) {
    cell.bias_ih = add("bias_ih", {rows});
    cell.bias_hh = add("bias_hh", {rows});
  }
  if (options.proj_size())
    cell.weight_hr = add("weight_hr", {options.proj_size(), options.hidden_size()});
  cells.push_back(cell);
}

const RecurrentBase::Cell &RecurrentBase::cell(int64_t layer, bool reverse) const {
  return cells.at(static_cast<size_t>(layer * numDirections() + reverse));
}

//===----------------------------------------------------------------------===//
// One layer in one direction
//===----------------------------------------------------------------------===//

RecurrentBase::Result RecurrentBase::runDirect(const Cell &cell, const Tensor &wIh,
                                               const Tensor &wHh, const Tensor &x,
                                               const Tensor &h0, const Tensor &c0, bool reverse) {
  const char *name = mode == Mode::LSTM                      ? "lstm"
                     : mode == Mode::GRU                     ? "gru"
                     : options.nonlinearity() == "tanh" ? "rnn_tanh"
                                                             : "rnn_relu";
  std::vector<Tensor> results =
      emitAll("recurrent", {x, wIh, wHh, cell.bias_ih, cell.bias_hh, h0, c0},
              std::vector<DType>(mode == Mode::LSTM ? 3 : 2, x.dtype()),
              {{"mode", name}, {"batch_first", options.batch_first()}, {"reverse", reverse}});
  return {results[0], results[1], mode == Mode::LSTM ? results[2] : Tensor()};
}

/// h = W_hr h' makes the gates W_ih x + (W_hh W_hr) h': a plain LSTM in h', whose
/// results are projected. Only the first step sees the given h, which is no
/// projection of an h'; it enters as more input features that are 0 later.
RecurrentBase::Result RecurrentBase::runProjected(const Cell &cell, const Tensor &x,
                                                  const Tensor &h0, const Tensor &c0,
                                                  bool reverse) {
  Tensor wHr = cell.weight_hr, wHh = cell.weight_hh, wIh = cell.weight_ih;
  Tensor input = x;
  if (h0.defined()) {
    int64_t timeAxis = options.batch_first() ? 1 : 0;
    Dim steps = x.size(timeAxis);
    Tensor isFirst = (arange(steps) == (reverse ? scalar(steps - 1) : scalar(0, DType::i64)))
                         .to(x.dtype())
                         .unsqueeze(-1);
    if (timeAxis == 0)
      isFirst = isFirst.unsqueeze(-1);
    input = cat({x, h0.unsqueeze(timeAxis) * isFirst}, -1);
    wIh = cat({wIh, wHh}, 1);
  }
  Result result = runDirect(cell, wIh, wHh.matmul(wHr), input, {}, c0, reverse);
  return {linear(result.output, wHr), linear(result.h, wHr), result.c};
}

RecurrentBase::Result RecurrentBase::runCell(const Cell &cell, const Tensor &x, const Tensor &h0,
                                             const Tensor &c0, bool reverse) {
  if (options.proj_size())
    return runProjected(cell, x, h0, c0, reverse);
  return runDirect(cell, cell.weight_ih, cell.weight_hh, x, h0, c0, reverse);
}

//===----------------------------------------------------------------------===//
// Batched and unbatched
//===----------------------------------------------------------------------===//

/// (T, N, I) or (N, T, I) from it or from (T, I).
Tensor RecurrentBase::addBatch(const Tensor &x) const {
  std::optional<int64_t> rank = x.rank();
  if (rank == 3)
    return x;
  if (rank)
    return x.unsqueeze(options.batch_first() ? 0 : 1);
  if (options.batch_first())
    return x.reshape({-1, x.size(-2), x.size(-1)});
  return x.reshape({x.size(0), -1, x.size(-1)});
}

/// The output in the shape of `x` but for the features.
Tensor RecurrentBase::restoreOutput(const Tensor &y, const Tensor &x) const {
  std::optional<int64_t> rank = x.rank();
  if (rank)
    return *rank == 3 ? y : y.squeeze({options.batch_first() ? 0 : 1});
  Tensor leading = shape_of(x).slice(0, 0, -1);
  return reshape_like(y, cat({leading, constantInts({outputSize() * numDirections()})}));
}

/// States of all cells as (cells, N, size), without N if `x` is unbatched.
Tensor RecurrentBase::restoreState(const std::vector<Tensor> &states, const Tensor &x,
                                   int64_t size) const {
  Tensor all = stack(states);
  std::optional<int64_t> rank = x.rank();
  if (rank)
    return *rank == 3 ? all : all.squeeze({1});
  Tensor shape = shape_of(x);
  Tensor batch = options.batch_first() ? shape.slice(0, 0, -2) : shape.slice(0, 1, -1);
  int64_t count = static_cast<int64_t>(states.size());
  return reshape_like(all, cat({constantInts({count}), batch, constantInts({size})}));
}

RecurrentBase::Result RecurrentBase::run(const Tensor &x, const Tensor &h0, const Tensor &c0) {
  expectRanks(x, {2, 3});
  if (x.dtype() != options.dtype() && x.dtype() != cells[0].weight_ih.dtype())
    fail(std::string("the input is ") + weights::getName(x.dtype()) + ", expected " +
         weights::getName(cells[0].weight_ih.dtype()));
  int64_t count = static_cast<int64_t>(cells.size());
  // (cells, N, size) from it or from (cells, size).
  Tensor allH = h0.defined() ? h0.reshape({count, -1, outputSize()}) : Tensor();
  Tensor allC = c0.defined() ? c0.reshape({count, -1, options.hidden_size()}) : Tensor();
  std::vector<Tensor> lastH, lastC;
  Tensor y = addBatch(x);
  for (int64_t layer = 0; layer < options.num_layers(); ++layer) {
    std::vector<Tensor> outputs;
    for (int64_t direction = 0; direction < numDirections(); ++direction) {
      int64_t i = layer * numDirections() + direction;
      Result result = runCell(cells[static_cast<size_t>(i)], y,
                              allH.defined() ? allH.select(0, i) : Tensor(),
                              allC.defined() ? allC.select(0, i) : Tensor(), direction == 1);
      outputs.push_back(result.output);
      lastH.push_back(result.h);
      lastC.push_back(result.c);
    }
    y = outputs.size() == 1 ? outputs[0] : cat(outputs, -1);
    if (is_training() && layer + 1 < options.num_layers())
      y = dropout(y, options.dropout());
  }
  Tensor h = restoreState(lastH, x, outputSize());
  Tensor c = mode == Mode::LSTM ? restoreState(lastC, x, options.hidden_size()) : Tensor();
  return {restoreOutput(y, x), h, c};
}

std::tuple<Tensor, Tensor> RNNImpl::forward(const Tensor &x, const Tensor &h0) {
  Result result = run(x, h0, {});
  return {result.output, result.h};
}

std::tuple<Tensor, Tensor> GRUImpl::forward(const Tensor &x, const Tensor &h0) {
  Result result = run(x, h0, {});
  return {result.output, result.h};
}

std::tuple<Tensor, std::tuple<Tensor, Tensor>>
LSTMImpl::forward(const Tensor &x, const Tensor &h0, const Tensor &c0) {
  if (h0.defined() != c0.defined())
    fail("one initial state is given, expected both or none");
  Result result = run(x, h0, c0);
  return {result.output, {result.h, result.c}};
}

} // namespace lz::nn
