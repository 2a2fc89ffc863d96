// The pass lz-depthwise: convolutions of each channel by itself on channels-last images
// become lz.conv_depthwise, with the bounds that follow, where the backend that
// generates kernels takes them. Their weights are rearranged by ordinary ops, which
// lz-const-eval computes.

#include "ir/KernelOps.h"
#include "passes/DenseKernels.h"
#include "passes/KnownNumbers.h"
#include "passes/Passes.h"
#include "passes/Views.h"

using namespace mlir;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_DEPTHWISEPASS
#include "passes/Passes.h.inc"

/// Does lz.conv_depthwise compute what `op` does?
static bool fits(ConvOp op) {
  if (!hasKernelForm(op.getSrc(), op.getWeights()))
    return false;
  TensorType src = tensorType(op.getSrc()), weights = tensorType(op.getWeights());
  std::optional<int64_t> width = src.getRank() == 4 ? src.getDim(2).getConstant() : std::nullopt;
  DimExpr groups = op.getGroups();
  return op.getSpatialRank() == 2 && op.getChannelsLast() && width && *width > 0 &&
         op.getGroups() > 1 && weights.getDim(0) == groups && weights.getDim(1) == DimExpr(1);
}

namespace {

/// Rewrites one convolution and the bounds on its result.
class Rewriter {
public:
  Rewriter(ConvOp op, const KnownNumbers &numbers) : op(op), numbers(numbers), b(op) {}

  void run() {
    takeBounds();
    auto made = ConvDepthwiseOp::create(
        b, op.getLoc(), op.getDst().getType(), op.getSrc(), lastChannels(), op.getBias(),
        op.getStrides(), op.getDilations(), op.getPadsBegin(), op.getPadsEnd(),
        attribute(low), attribute(high));
    made->setAttr("lz.why", b.getStringAttr("each channel by itself: read once, bounded in "
                                            "registers"));
    last.replaceAllUsesWith(made.getDst());
    for (Operation *done : llvm::reverse(taken))
      done->erase();
  }

private:
  void takeBounds();
  bool takeBound(Operation *user);
  Value lastChannels();
  FloatAttr attribute(std::optional<double> number) {
    return number ? b.getF64FloatAttr(*number) : FloatAttr();
  }

  ConvOp op;
  const KnownNumbers &numbers;
  OpBuilder b;
  Value last; ///< what is computed so far
  std::optional<double> low, high;
  SmallVector<Operation *> taken;
};

} // namespace

/// min(max(x, low), high) is what the op does. A lower bound after an upper one commutes with
/// it unless it is above.
bool Rewriter::takeBound(Operation *user) {
  if (isa<ReluOp>(user)) {
    if (high && *high < 0)
      return false;
    low = std::max(low.value_or(0), 0.0);
    return true;
  }
  if (!isa<MaxOp, MinOp>(user) || user->getOperand(0) == user->getOperand(1))
    return false;
  std::optional<double> number = numbers.splat(user->getOperand(user->getOperand(0) == last));
  if (!number || *number != *number)
    return false;
  if (isa<MaxOp>(user)) {
    if (high && *high < *number)
      return false;
    low = low ? std::max(*low, *number) : *number;
    return true;
  }
  if (low && *number < *low)
    return false;
  high = high ? std::min(*high, *number) : *number;
  return true;
}

void Rewriter::takeBounds() {
  last = op.getDst();
  taken.push_back(op);
  while (last.hasOneUse()) {
    Operation *user = *last.user_begin();
    if (user->getNumResults() != 1 || user->getResult(0).getType() != last.getType() ||
        !takeBound(user))
      return;
    last = user->getResult(0);
    taken.push_back(user);
  }
}

/// (C, 1, kh, kw) as (kh, kw, C).
Value Rewriter::lastChannels() {
  SmallVector<DimExpr> dims(tensorType(op.getWeights()).getShape());
  dims.erase(dims.begin() + 1);
  return transposed(b, reshaped(b, op.getWeights(), dims), {1, 2, 0});
}

namespace {
struct DepthwisePass : impl::DepthwisePassBase<DepthwisePass> {
  DepthwisePass() = default;
  explicit DepthwisePass(DepthwisePassOptions options, const PassServices &services = {})
      : DepthwisePassBase(std::move(options)), refuses(services.refusesDepthwise) {}

  void runOnOperation() override {
    KnownNumbers numbers(getOperation());
    SmallVector<ConvOp> convolutions;
    getOperation().walk([&](ConvOp op) { convolutions.push_back(op); });
    for (ConvOp op : convolutions)
      if (fits(op) && (always || (refuses && !refuses(op))))
        Rewriter(op, numbers).run();
  }

  decltype(PassServices::refusesDepthwise) refuses;
};
} // namespace

std::unique_ptr<Pass> createDepthwisePass(DepthwisePassOptions options,
                                          const PassServices &services) {
  return std::make_unique<DepthwisePass>(std::move(options), services);
}

} // namespace lz
