// The pass lz-winograd: 3x3 convolutions on channels-last images become
// lz.conv_winograd, which multiplies a quarter as often, where the backend that
// generates kernels says that it wins. Their weights are rearranged by ordinary
// ops, which lz-const-eval computes.

#include "ir/Values.h"
#include "passes/DenseKernels.h"
#include "passes/Passes.h"
#include "passes/Views.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_WINOGRADPASS
#include "passes/Passes.h.inc"

/// Output channels that lie side by side: a vector of the widest machine.
constexpr int64_t kLanes = 16;

/// Why the algorithm does not fit; nullopt where it does.
static std::optional<std::string> refusesForm(ConvOp op) {
  TensorType src = tensorType(op.getSrc()), weights = tensorType(op.getWeights());
  if (!src.hasRank() || !weights.hasRank() || !weights.isStatic())
    return "the shape of its weights is not known";
  if (op.getSpatialRank() != 2 || weights.getDim(2) != DimExpr(3) ||
      weights.getDim(3) != DimExpr(3))
    return "its kernel is not 3x3";
  if (weights.getDim(0) == DimExpr(0) || weights.getDim(1) == DimExpr(0))
    return "it has no channels";
  if (!areAll(op.getStrides(), 1) || !areAll(op.getDilations(), 1))
    return "its strides and dilations are not 1";
  if (op.getGroups() != 1)
    return "it has groups";
  if (!src.getElementType().isF32())
    return "it is not f32";
  if (!op.getChannelsLast() || src.getRank() != 4)
    return "its images are not (N, H, W, C)";
  if (!isConstantValue(op.getWeights()))
    return "its weights are computed in each run";
  return std::nullopt;
}

namespace {

/// Rewrites one convolution.
class Rewriter {
public:
  explicit Rewriter(ConvOp op) : op(op), b(op) {}

  void run() {
    Value made = ConvWinogradOp::create(b, op.getLoc(), op.getDst().getType(), op.getSrc(),
                                        blockedWeights(), outputs(), op.getPadsBegin(),
                                        op.getPadsEnd());
    replaceByKernel(b, op, made, "a quarter of the multiplications by Winograd's algorithm",
                    op.getBias());
  }

private:
  int64_t outputs() { return *tensorType(op.getWeights()).getDim(0).getConstant(); }
  Value blockedWeights();

  ConvOp op;
  OpBuilder b;
};

} // namespace

/// (out, C, 3, 3) as (blocks, C, 3, 3, lanes), filled up with zeros.
Value Rewriter::blockedWeights() {
  Value weights = op.getWeights();
  TensorType type = tensorType(weights);
  SmallVector<DimExpr> dims(type.getShape());
  if (int64_t rest = outputs() % kLanes) {
    dims[0] = dims[0] + (kLanes - rest);
    weights = PadOp::create(b, op.getLoc(), type.cloneWithShape(dims), weights,
                            ArrayRef<int64_t>{0, 0, 0, 0},
                            ArrayRef<int64_t>{kLanes - rest, 0, 0, 0}, APFloat(0.));
  }
  dims[0] = DimExpr::floorDiv(dims[0], kLanes);
  dims.insert(dims.begin() + 1, kLanes);
  return transposed(b, reshaped(b, weights, dims), {0, 2, 3, 4, 1});
}

namespace {
struct WinogradPass : impl::WinogradPassBase<WinogradPass> {
  WinogradPass() = default;
  explicit WinogradPass(WinogradPassOptions options, const PassServices &services = {})
      : WinogradPassBase(std::move(options)), refuses(services.refusesWinograd) {}

  void runOnOperation() override {
    SmallVector<ConvOp> convolutions;
    getOperation().walk([&](ConvOp op) { convolutions.push_back(op); });
    for (ConvOp op : convolutions) {
      std::optional<std::string> why = refusesForm(op);
      if (!why && never)
        why = "it is switched off";
      if (!why && !always)
        why = refuses ? refuses(op, kLanes) : "no backend was asked";
      if (why)
        op->setAttr("lz.direct", StringAttr::get(op.getContext(), *why));
      else
        Rewriter(op).run();
    }
  }

  decltype(PassServices::refusesWinograd) refuses;
};
} // namespace

std::unique_ptr<Pass> createWinogradPass(WinogradPassOptions options,
                                         const PassServices &services) {
  return std::make_unique<WinogradPass>(std::move(options), services);
}

} // namespace lz
