//===- Recurrent.cpp - LSTM, GRU and RNN ----------------------------------===//
//
// One lz.recurrent per direction where the layer is of the usual form (gates are
// put in its order), else steps composed in RecurrentSteps.cpp.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Recurrent.h"

#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

Value onnximport::partOf(Node &n, Value x, int64_t axis, int64_t index,
                         int64_t count) {
  DimExpr size = DimExpr::floorDiv(n.dim(x, axis), count);
  return n.slice(x, axis, size * DimExpr(index), size * DimExpr(index + 1));
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static int64_t numActivations(CellKind cell) {
  return cell == CellKind::Lstm ? 3 : cell == CellKind::Gru ? 2 : 1;
}

static std::vector<std::string> defaultActivations(CellKind cell) {
  if (cell == CellKind::Lstm)
    return {"Sigmoid", "Tanh", "Tanh"};
  if (cell == CellKind::Gru)
    return {"Sigmoid", "Tanh"};
  return {"Tanh"};
}

/// Parameters that a function has where the node gives none.
static Activation withDefaults(llvm::StringRef name) {
  Activation activation{name.lower()};
  activation.alpha = llvm::StringSwitch<double>(activation.name)
                         .Case("leakyrelu", 0.01)
                         .Case("hardsigmoid", 0.2)
                         .Default(1);
  activation.beta = llvm::StringSwitch<double>(activation.name)
                        .Case("hardsigmoid", 0.5)
                        .Case("scaledtanh", 1)
                        .Default(0);
  return activation;
}

/// Functions of all directions in a row; parameters go, in order, to those
/// functions that have some.
static llvm::SmallVector<Activation> readActivations(Node &n,
                                                     const RecurrentLayer &l) {
  std::vector<std::string> names = n.attrStrings("activations");
  if (names.empty())
    for (int64_t d = 0; d < l.numDirections; ++d)
      llvm::append_range(names, defaultActivations(l.cell));
  size_t expected = l.numDirections * numActivations(l.cell);
  if (names.size() != expected) {
    n.error() << "has " << names.size() << " activations, expected " << expected;
    return {};
  }
  llvm::SmallVector<double> alphas = n.attrFloats("activation_alpha");
  llvm::SmallVector<double> betas = n.attrFloats("activation_beta");
  llvm::SmallVector<Activation> activations;
  size_t nextAlpha = 0, nextBeta = 0;
  for (const std::string &name : names) {
    Activation activation = withDefaults(name);
    llvm::StringRef lower = activation.name;
    bool hasBeta = lower == "affine" || lower == "scaledtanh" ||
                   lower == "hardsigmoid";
    bool hasAlpha = hasBeta || lower == "leakyrelu" ||
                    lower == "thresholdedrelu" || lower == "elu";
    if (hasAlpha && nextAlpha < alphas.size())
      activation.alpha = alphas[nextAlpha++];
    if (hasBeta && nextBeta < betas.size())
      activation.beta = betas[nextBeta++];
    activations.push_back(activation);
  }
  return activations;
}

/// sequence_lens that are known to be full say nothing. An input's example does
/// not count: the model stays one for any lengths.
static Value readLengths(Node &n, const RecurrentLayer &layer) {
  if (!n.has(4))
    return {};
  auto known = n.contents(n.in(4));
  if (known && llvm::all_of(*known, [&](const DimExpr &length) {
        return length == layer.steps;
      }))
    return {};
  return n.in(4);
}

static RecurrentLayer readLayer(Node &n, CellKind cell) {
  RecurrentLayer layer;
  layer.cell = cell;
  layer.numGates = cell == CellKind::Lstm ? 4 : cell == CellKind::Gru ? 3 : 1;
  std::string direction = n.attrString("direction", "forward");
  layer.numDirections = direction == "bidirectional" ? 2 : 1;
  layer.isReverse = direction == "reverse";
  if (direction != "forward" && direction != "reverse" &&
      direction != "bidirectional")
    n.error() << "has direction '" << direction
              << "', expected forward, reverse or bidirectional";
  layer.batchFirst = n.attrInt("layout", 0);
  layer.linearBeforeReset = n.attrInt("linear_before_reset", 0);
  layer.couplesInputForget = n.attrInt("input_forget", 0);
  layer.clip = n.attrFloat("clip", 0);
  if (n.rank(n.in(0)) != 3 || n.rank(n.in(1)) != 3 || n.rank(n.in(2)) != 3) {
    if (!n.failed)
      n.error() << "has an input of rank " << n.rank(n.in(0))
                << " and weights of rank " << n.rank(n.in(1)) << " and "
                << n.rank(n.in(2)) << ", expected 3";
    return layer;
  }
  layer.steps = n.dim(n.in(0), layer.batchFirst ? 1 : 0);
  layer.batch = n.dim(n.in(0), layer.batchFirst ? 0 : 1);
  layer.hidden = n.dim(n.in(2), 2);
  layer.lengths = readLengths(n, layer);
  return layer;
}

/// Direction `d` of operand `i`, or null where it is absent.
static Value operandOf(Node &n, size_t i, int64_t axis, int64_t d) {
  return n.has(i) ? n.select(n.in(i), axis, d) : Value();
}

static RecurrentDirection
readDirection(Node &n, const RecurrentLayer &layer, int64_t d,
              llvm::ArrayRef<Activation> activations) {
  RecurrentDirection direction;
  direction.isReverse = d == 1 || layer.isReverse;
  direction.weights = operandOf(n, 1, 0, d);
  direction.recurrence = operandOf(n, 2, 0, d);
  if (Value bias = operandOf(n, 3, 0, d)) {
    direction.inputBias = partOf(n, bias, 0, 0, 2);
    direction.hiddenBias = partOf(n, bias, 0, 1, 2);
  }
  int64_t axis = layer.batchFirst ? 1 : 0;
  direction.hidden = operandOf(n, 5, axis, d);
  if (layer.cell == CellKind::Lstm) {
    direction.cell = operandOf(n, 6, axis, d);
    direction.peepholes = operandOf(n, 7, 0, d);
  }
  int64_t count = numActivations(layer.cell);
  llvm::append_range(direction.activations,
                     activations.slice(d * count, count));
  return direction;
}

//===----------------------------------------------------------------------===//
// The usual form
//===----------------------------------------------------------------------===//

/// The dialect's cell that computes the same, if there is one.
static std::optional<RecurrentMode>
findMode(const RecurrentLayer &layer, const RecurrentDirection &direction) {
  if (layer.lengths || layer.clip != 0 || layer.couplesInputForget ||
      direction.peepholes)
    return std::nullopt;
  auto is = [&](llvm::ArrayRef<llvm::StringRef> names) {
    for (auto [activation, name] : llvm::zip_equal(direction.activations, names))
      if (activation.name != name)
        return false;
    return true;
  };
  if (layer.cell == CellKind::Lstm && is({"sigmoid", "tanh", "tanh"}))
    return RecurrentMode::Lstm;
  if (layer.cell == CellKind::Gru && layer.linearBeforeReset &&
      is({"sigmoid", "tanh"}))
    return RecurrentMode::Gru;
  if (layer.cell == CellKind::Rnn && is({"tanh"}))
    return RecurrentMode::RnnTanh;
  if (layer.cell == CellKind::Rnn && is({"relu"}))
    return RecurrentMode::RnnRelu;
  return std::nullopt;
}

/// Gates along axis 0 in the dialect's order: ONNX has i, o, f, c and z, r, h.
static Value reorderGates(Node &n, Value x, CellKind cell) {
  if (!x || cell == CellKind::Rnn)
    return x;
  Ints order = cell == CellKind::Lstm ? Ints{0, 2, 3, 1} : Ints{1, 0, 2};
  Values parts;
  for (int64_t gate : order)
    parts.push_back(partOf(n, x, 0, gate, order.size()));
  return n.concat(parts, 0);
}

static RecurrentResult buildRecurrent(Node &n, const RecurrentLayer &layer,
                                      const RecurrentDirection &direction,
                                      RecurrentMode mode) {
  Type type = n.unranked(n.elementType(n.in(0)));
  auto gates = [&](Value x) { return reorderGates(n, x, layer.cell); };
  bool isLstm = mode == RecurrentMode::Lstm;
  auto op = RecurrentOp::create(
      n.builder, n.loc, type, type, isLstm ? type : Type(), n.in(0),
      gates(direction.weights), gates(direction.recurrence),
      gates(direction.inputBias), gates(direction.hiddenBias), direction.hidden,
      direction.cell, mode, layer.batchFirst, direction.isReverse);
  n.infer(op);
  return {op.getDst(), op.getHN(), op.getCN()};
}

//===----------------------------------------------------------------------===//
// The node
//===----------------------------------------------------------------------===//

/// One value per direction along a new axis.
static Value stack(Node &n, const Values &values, int64_t axis) {
  Values parts;
  for (Value value : values)
    parts.push_back(n.unsqueeze(value, {axis}));
  return parts.size() == 1 ? parts.front() : n.concat(parts, axis);
}

template <CellKind cell> static void importRecurrent(Node &n) {
  RecurrentLayer layer = readLayer(n, cell);
  llvm::SmallVector<Activation> activations = readActivations(n, layer);
  if (n.failed)
    return;
  Values ys, hiddens, cells;
  for (int64_t d = 0; d < layer.numDirections; ++d) {
    RecurrentDirection direction = readDirection(n, layer, d, activations);
    auto mode = findMode(layer, direction);
    RecurrentResult result =
        mode ? buildRecurrent(n, layer, direction, *mode)
             : composeRecurrent(n, layer, direction, n.in(0));
    ys.push_back(result.y);
    hiddens.push_back(result.hidden);
    cells.push_back(result.cell);
    if (n.failed)
      return;
  }
  int64_t stateAxis = layer.batchFirst ? 1 : 0;
  n.set(0, stack(n, ys, layer.batchFirst ? 2 : 1));
  n.set(1, stack(n, hiddens, stateAxis));
  if (cell == CellKind::Lstm)
    n.set(2, stack(n, cells, stateAxis));
}

static const OpRow rows[] = {
    {"LSTM", importRecurrent<CellKind::Lstm>, 3, 8},
    {"GRU", importRecurrent<CellKind::Gru>, 3, 6},
    {"RNN", importRecurrent<CellKind::Rnn>, 3, 6},
};

OpRows lz::onnximport::recurrentOps() { return rows; }
