// The pass lz-conv-panels: convolutions of channels-last images get their output channels in
// panels, where the backend that generates kernels says that it is as fast as a
// library. The panels are made by ordinary ops, which lz-const-eval computes.

#include "ir/KernelOps.h"
#include "ir/Values.h"
#include "passes/Globals.h"
#include "passes/Passes.h"

using namespace mlir;
using llvm::ArrayRef;
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
  TensorType src = tensorType(op.getSrc()), weights = tensorType(op.getWeights());
  if (!src.hasRank() || !weights.hasRank() || !weights.isStatic() ||
      llvm::is_contained(weights.getShape(), DimExpr(0)))
    return false;
  int64_t rank = op.getSpatialRank();
  bool isDense = llvm::all_of(op.getDilations(), [](int64_t dilation) { return dilation == 1; });
  return (rank == 1 || rank == 2) && src.getRank() == rank + 2 && op.getChannelsLast() &&
         op.getGroups() == 1 && isDense && src.getElementType().isF32() &&
         isConstantValue(op.getWeights()) && getWidth(op) > 0;
}

/// (out, C, *kernel) as (panels, *kernel, C, width).
static Value makePanels(OpBuilder &b, ConvOp op, int64_t width) {
  TensorType type = tensorType(op.getWeights());
  SmallVector<DimExpr> dims(type.getShape()), panels;
  dims[0] = DimExpr::floorDiv(dims[0], width);
  dims.insert(dims.begin() + 1, width);
  Value split = ReshapeOp::create(b, op.getLoc(), type.cloneWithShape(dims), op.getWeights(),
                                  DimArrayAttr::get(b.getContext(), dims));
  SmallVector<int64_t> perm = {0};
  for (size_t axis = 3; axis < dims.size(); ++axis)
    perm.push_back(axis);
  perm.append({2, 1});
  for (int64_t from : perm)
    panels.push_back(dims[from]);
  return TransposeOp::create(b, op.getLoc(), type.cloneWithShape(panels), split, perm);
}

static void rewrite(ConvOp op) {
  OpBuilder b(op);
  int64_t width = getWidth(op);
  Value sum = ConvPanelsOp::create(b, op.getLoc(), op.getDst().getType(), op.getSrc(),
                                   makePanels(b, op, width), op.getStrides(),
                                   op.getPadsBegin(), op.getPadsEnd());
  sum.getDefiningOp()->setAttr("lz.why", b.getStringAttr("weights in panels of " +
                                                         llvm::Twine(width) +
                                                         " output channels"));
  if (op.getBias())
    sum = AddOp::create(b, op.getLoc(), op.getDst().getType(), sum, op.getBias());
  op.getDst().replaceAllUsesWith(sum);
  op.erase();
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
