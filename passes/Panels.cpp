// The pass lz-panels: linear layers and products with one constant matrix get its
// columns in panels, where the backend that generates kernels says that it is as
// fast as a library. The panels are made by ordinary ops, which lz-const-eval
// computes.

#include "passes/FoldBatchNorm.h"
#include "passes/Globals.h"
#include "passes/Passes.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_PANELSPASS
#include "passes/Passes.h.inc"

/// Columns of a panel, the best first: as many vectors as fill the registers
/// together with a block of rows.
constexpr int64_t kWidths[] = {64, 48, 32};

/// The axis of the weights that is the result's last.
static int64_t columnAxis(Operation *op) { return isa<MatmulOp>(op) ? 1 : 0; }

/// The columns of a panel; 0 if none fits.
static int64_t getWidth(Operation *op) {
  int64_t columns = *tensorType(op->getOperand(1)).getDim(columnAxis(op)).getConstant();
  for (int64_t width : kWidths)
    if (columns % width == 0)
      return width;
  return 0;
}

/// Why panels do not fit; nullopt where they do.
static std::optional<std::string> refusesForm(Operation *op) {
  TensorType src = tensorType(op->getOperand(0)), weights = tensorType(op->getOperand(1));
  if (!src.hasRank() || !weights.hasRank() || !weights.isStatic())
    return "the shape of its weights is not known";
  if (weights.getRank() != 2 || (isa<MatmulOp>(op) && src.getRank() < 2))
    return "it is no product of rows with one matrix";
  if (!src.getElementType().isF32())
    return "it is not f32";
  if (!isConstantValue(op->getOperand(1)))
    return "its weights are computed in each run";
  if (weights.getDim(0) == DimExpr(0) || weights.getDim(1) == DimExpr(0))
    return "its weights are empty";
  if (getWidth(op) == 0)
    return "its columns do not make whole panels";
  return std::nullopt;
}

/// [out, in], or of a matmul [in, out], as [out / width, in, width].
static Value makePanels(OpBuilder &b, Operation *op, int64_t width) {
  Value weights = op->getOperand(1);
  TensorType type = tensorType(weights);
  int64_t axis = columnAxis(op);
  SmallVector<DimExpr> dims(type.getShape());
  dims[axis] = DimExpr::floorDiv(dims[axis], width);
  dims.insert(dims.begin() + axis + 1, width);
  Value split = ReshapeOp::create(b, op->getLoc(), type.cloneWithShape(dims), weights,
                                  DimArrayAttr::get(b.getContext(), dims));
  SmallVector<int64_t> perm = {0, 2, 1};
  if (isa<MatmulOp>(op))
    perm = {1, 0, 2};
  SmallVector<DimExpr> panels;
  for (int64_t from : perm)
    panels.push_back(dims[from]);
  return TransposeOp::create(b, op->getLoc(), type.cloneWithShape(panels), split, perm);
}

static void rewrite(Operation *op) {
  OpBuilder b(op);
  int64_t width = getWidth(op);
  Value bias = op->getNumOperands() > 2 ? op->getOperand(2) : Value();
  auto linear = LinearOp::create(b, op->getLoc(), op->getResult(0).getType(),
                                 op->getOperand(0), makePanels(b, op, width), bias);
  linear->setAttr("lz.why", b.getStringAttr("weights in panels of " + llvm::Twine(width) +
                                            " columns"));
  op->getResult(0).replaceAllUsesWith(linear.getDst());
  op->erase();
}

namespace {
struct PanelsPass : impl::PanelsPassBase<PanelsPass> {
  PanelsPass() = default;
  explicit PanelsPass(PanelsPassOptions options, const PassServices &services = {})
      : PanelsPassBase(std::move(options)), refuses(services.refusesPanels) {}

  void runOnOperation() override {
    SmallVector<Operation *> products;
    getOperation().walk([&](Operation *op) {
      // What says why is decided already.
      if (isa<LinearOp, MatmulOp>(op) && !op->hasAttr("lz.why"))
        products.push_back(op);
    });
    for (Operation *op : products) {
      std::optional<std::string> why = refusesForm(op);
      if (!why && !always)
        why = refuses ? refuses(op) : "no backend was asked";
      if (!why)
        rewrite(op);
    }
  }

  decltype(PassServices::refusesPanels) refuses;
};
} // namespace

std::unique_ptr<Pass> createPanelsPass(PanelsPassOptions options,
                                       const PassServices &services) {
  return std::make_unique<PanelsPass>(std::move(options), services);
}

} // namespace lz
