// The pass lz-recurrent-steps: recurrent layers that no library takes become one product
// for the inputs of all steps and lz.recurrent_steps for the rest, which a backend computes
// in blocks of hidden units. Weights are rearranged by ordinary ops, which lz-const-eval computes.

#include "ir/RecurrentSteps.h"
#include "passes/DenseKernels.h"
#include "passes/Passes.h"
#include "passes/Views.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_RECURRENTSTEPSPASS
#include "passes/Passes.h.inc"

/// Gates that lie side by side for a row: vectors of the widest machine, of which a tile
/// of a product has at least so many.
constexpr int64_t kLanes = 16;
constexpr int64_t kVectorsOfATile = 3;

/// Hidden units per block: the least divisor whose gates fill vectors, and enough of them.
static int64_t chooseWidth(int64_t hidden, int64_t gates) {
  int64_t best = hidden;
  double bestFill = 0;
  for (int64_t width = 1; width <= hidden; ++width) {
    if (hidden % width)
      continue;
    int64_t columns = gates * width, vectors = llvm::divideCeil(columns, kLanes);
    double fill = double(columns) / double(vectors * kLanes) *
                  double(std::min(vectors, kVectorsOfATile)) / kVectorsOfATile;
    if (fill > bestFill) {
      best = width;
      bestFill = fill;
    }
  }
  return best;
}

/// f32, with constant weights of known shapes, and features.
static bool hasForm(RecurrentOp op) {
  return llvm::all_of(ValueRange{op.getWIh(), op.getWHh()}, [&](Value weights) {
    return hasKernelForm(op.getSrc(), weights) && tensorType(weights).getNumElements() != 0;
  });
}

namespace {

/// Rewrites one layer.
class Rewriter {
public:
  explicit Rewriter(RecurrentOp op)
      : op(op), b(op), loc(op.getLoc()), gates(op.getNumGates()),
        hidden(*tensorType(op.getWHh()).getDim(1).getConstant()),
        width(chooseWidth(hidden, gates)), blocks(hidden / width) {}
  void run();

private:
  Value blockGates(Value value);
  Value project(Value bias);
  Value blockStates();

  RecurrentOp op;
  OpBuilder b;
  Location loc;
  int64_t gates, hidden, width, blocks;
};

} // namespace

/// (gates * hidden, ...) with axis 0 as (blocks, gates, width).
Value Rewriter::blockGates(Value value) {
  TensorType type = tensorType(value);
  SmallVector<DimExpr> dims = {gates, blocks, width};
  SmallVector<int64_t> perm = {1, 0, 2};
  llvm::append_range(dims, type.getShape().drop_front());
  if (type.getRank() == 2)
    perm.push_back(3);
  Value turned = transposed(b, reshaped(b, value, dims), perm);
  return reshaped(b, turned, type.getShape());
}

/// The products of all steps' inputs, (T, N, blocks, gates * width). Steps and sequences are
/// one axis: few sequences would be few rows side by side.
Value Rewriter::project(Value bias) {
  TensorType src = tensorType(op.getSrc());
  DimExpr steps = src.getDim(0), batch = src.getDim(1), rows = steps * batch;
  Value inputs = reshaped(b, op.getSrc(), {rows, src.getDim(2)});
  TensorType type = src.cloneWithShape(ArrayRef<DimExpr>{rows, gates * hidden});
  Value product = LinearOp::create(b, loc, type, inputs, blockGates(op.getWIh()),
                                   bias ? blockGates(bias) : Value());
  return reshaped(b, product, {steps, batch, blocks, gates * width});
}

/// (gates * hidden, hidden) as (blocks, hidden, gates * width).
Value Rewriter::blockStates() {
  Value split = reshaped(b, op.getWHh(), {gates, blocks, width, hidden});
  return reshaped(b, transposed(b, split, {1, 3, 0, 2}), {blocks, hidden, gates * width});
}

void Rewriter::run() {
  Value bias = op.getBIh(), ofState = op.getBHh();
  // The last gate of gru resets what comes from the state, its bias too.
  if (ofState && op.getMode() != RecurrentMode::Gru) {
    bias = bias ? AddOp::create(b, loc, bias.getType(), bias, ofState).getResult() : ofState;
    ofState = nullptr;
  }
  Value projected = project(bias);
  if (ofState)
    ofState = reshaped(b, blockGates(ofState), {blocks, gates * width});
  auto steps = RecurrentStepsOp::create(
      b, loc, op->getResultTypes(), projected, blockStates(), ofState, op.getH0(), op.getC0(),
      op.getMode(), op.getBatchFirst(), op.getReverse());
  steps->setAttr("lz.why", b.getStringAttr("weights are read in blocks of " +
                                           std::to_string(width) +
                                           " hidden units, once per step for several sequences"));
  op.replaceAllUsesWith(steps->getResults());
  op.erase();
}

namespace {
struct RecurrentStepsPass : impl::RecurrentStepsPassBase<RecurrentStepsPass> {
  RecurrentStepsPass() = default;
  explicit RecurrentStepsPass(const PassServices &services) : oracle(services.denseOracle) {}

  void runOnOperation() override {
    SmallVector<RecurrentOp> layers;
    getOperation().walk([&](RecurrentOp op) { layers.push_back(op); });
    for (RecurrentOp op : layers)
      if (hasForm(op) && (!oracle || oracle->refuses(op)))
        Rewriter(op).run();
  }

  const DenseOracle *oracle = nullptr;
};
} // namespace

std::unique_ptr<Pass> createRecurrentStepsPass(const PassServices &services) {
  return std::make_unique<RecurrentStepsPass>(services);
}

} // namespace lz
