// The pass lz-conv-panels: convolutions of channels-last images get their output channels in
// panels, where the backend that generates kernels says that it is as fast as a
// library. The panels are made by ordinary ops, which lz-const-eval computes.

#include "ir/KernelOps.h"
#include "passes/DenseKernels.h"
#include "passes/Passes.h"
#include "passes/Views.h"

using namespace mlir;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_CONVPANELSPASS
#include "passes/Passes.h.inc"

/// Output channels of a panel, the best first: as many vectors as fill the registers
/// together with a block of six positions; where rows of results are shorter than two of
/// these, with blocks of eight.
constexpr int64_t kWidths[] = {64, 48, 32, 16}, kWidthsOfShortRows[] = {48, 32, 64, 16};
constexpr int64_t kShortRow = 8;

/// The output channels of a panel; 0 if none fits.
static int64_t getWidth(ConvOp op) {
  int64_t outputs = *tensorType(op.getWeights()).getDim(0).getConstant();
  TensorType dst = tensorType(op.getDst());
  std::optional<int64_t> columns = dst.getDim(dst.getRank() - 2).getConstant();
  for (int64_t width : columns && *columns <= kShortRow ? kWidthsOfShortRows : kWidths)
    if (outputs % width == 0)
      return width;
  return 0;
}

/// Does lz.conv_panels compute what `op` does?
static bool fits(ConvOp op) {
  if (!hasKernelForm(op.getSrc(), op.getWeights()) ||
      llvm::is_contained(tensorType(op.getWeights()).getShape(), DimExpr(0)))
    return false;
  int64_t rank = op.getSpatialRank();
  return (rank == 1 || rank == 2) && tensorType(op.getSrc()).getRank() == rank + 2 &&
         op.getChannelsLast() && op.getGroups() == 1 && areAll(op.getDilations(), 1) &&
         getWidth(op) > 0;
}

/// (out, C, *kernel) as (panels, *kernel, C, width).
static Value makePanels(OpBuilder &b, ConvOp op, int64_t width) {
  SmallVector<DimExpr> dims(tensorType(op.getWeights()).getShape());
  dims[0] = DimExpr::floorDiv(dims[0], width);
  dims.insert(dims.begin() + 1, width);
  SmallVector<int64_t> perm = {0};
  for (size_t axis = 3; axis < dims.size(); ++axis)
    perm.push_back(axis);
  perm.append({2, 1});
  return transposed(b, reshaped(b, op.getWeights(), dims), perm);
}

static void rewrite(ConvOp op) {
  OpBuilder b(op);
  int64_t width = getWidth(op);
  Value made = ConvPanelsOp::create(b, op.getLoc(), op.getDst().getType(), op.getSrc(),
                                    makePanels(b, op, width), op.getStrides(),
                                    op.getPadsBegin(), op.getPadsEnd());
  replaceByKernel(b, op, made,
                  "weights in panels of " + llvm::Twine(width) + " output channels",
                  op.getBias());
}

namespace {
struct ConvPanelsPass : impl::ConvPanelsPassBase<ConvPanelsPass> {
  ConvPanelsPass() = default;
  explicit ConvPanelsPass(ConvPanelsPassOptions options, const PassServices &services = {})
      : ConvPanelsPassBase(std::move(options)), refuses(services.refusesConvPanels) {}

  void runOnOperation() override {
    SmallVector<ConvOp> convolutions;
    getOperation().walk([&](ConvOp op) { convolutions.push_back(op); });
    for (ConvOp op : convolutions)
      if (fits(op) && (always || (refuses && !refuses(op))))
        rewrite(op);
  }

  decltype(PassServices::refusesConvPanels) refuses;
};
} // namespace

std::unique_ptr<Pass> createConvPanelsPass(ConvPanelsPassOptions options,
                                           const PassServices &services) {
  return std::make_unique<ConvPanelsPass>(std::move(options), services);
}

} // namespace lz
