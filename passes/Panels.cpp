// The pass lz-panels: linear layers and products with one constant matrix get its
// columns in panels, where the backend that generates kernels says that it is as
// fast as a library. The panels are made by ordinary ops, which lz-const-eval
// computes.

#include "passes/DenseKernels.h"
#include "passes/Passes.h"
#include "passes/Views.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_PANELSPASS
#include "passes/Passes.h.inc"

/// Columns of a panel, the best first: as many vectors as fill the registers
/// together with a block of rows.
constexpr int64_t kWidths[] = {64, 48, 32};

/// The last panel may be padded by this part of the columns.
constexpr int64_t kPaddedPart = 8;

/// The axis of the weights that is the result's last.
static int64_t columnAxis(Operation *op) { return isa<MatmulOp>(op) ? 1 : 0; }

static int64_t getColumns(Operation *op) {
  return *tensorType(op->getOperand(1)).getDim(columnAxis(op)).getConstant();
}

/// The columns of a panel: few make one panel, others whole panels if they can, else panels
/// of which the last one is padded little.
static int64_t getWidth(int64_t columns) {
  if (columns <= kWidths[0])
    return columns;
  auto paddingOf = [&](int64_t width) { return llvm::alignTo(columns, width) - columns; };
  for (int64_t most : {int64_t(0), columns / kPaddedPart})
    for (int64_t width : kWidths)
      if (paddingOf(width) <= most)
        return width;
  return *llvm::min_element(
      kWidths, [&](int64_t a, int64_t b) { return paddingOf(a) < paddingOf(b); });
}

/// Rows times one constant matrix, in f32.
static bool hasForm(Operation *op) {
  TensorType src = tensorType(op->getOperand(0)), weights = tensorType(op->getOperand(1));
  return hasKernelForm(op->getOperand(0), op->getOperand(1)) && weights.getRank() == 2 &&
         (!isa<MatmulOp>(op) || src.getRank() >= 2) &&
         !llvm::is_contained(weights.getShape(), DimExpr(0));
}

/// Zeros behind the last column, up to a whole panel.
static Value padColumns(OpBuilder &b, Value weights, int64_t axis, int64_t padding) {
  TensorType type = tensorType(weights);
  SmallVector<int64_t> begin(type.getRank(), 0), end(begin);
  SmallVector<DimExpr> dims(type.getShape());
  end[axis] = padding;
  dims[axis] = dims[axis] + padding;
  return PadOp::create(b, weights.getLoc(), type.cloneWithShape(dims), weights, begin, end,
                       llvm::APFloat(0.0));
}

/// [out, in], or where `axis` is 1 [in, out], as [ceil(out / width), in, width].
static Value makePanels(OpBuilder &b, Value weights, int64_t axis, int64_t width) {
  int64_t columns = *tensorType(weights).getDim(axis).getConstant();
  if (int64_t padding = llvm::alignTo(columns, width) - columns)
    weights = padColumns(b, weights, axis, padding);
  SmallVector<DimExpr> dims(tensorType(weights).getShape());
  dims[axis] = DimExpr::floorDiv(dims[axis], width);
  dims.insert(dims.begin() + axis + 1, width);
  Value split = reshaped(b, weights, dims);
  return axis == 1 ? transposed(b, split, {1, 0, 2}) : transposed(b, split, {0, 2, 1});
}

static void rewriteProduct(Operation *op) {
  OpBuilder b(op);
  int64_t columns = getColumns(op), width = getWidth(columns);
  Value panels = makePanels(b, op->getOperand(1), columnAxis(op), width);
  Value bias = op->getNumOperands() > 2 ? op->getOperand(2) : Value();
  auto linear = LinearOp::create(b, op->getLoc(), op->getResult(0).getType(),
                                 op->getOperand(0), panels, bias,
                                 columns % width ? columns : 0);
  replaceByKernel(b, op, linear, "weights in panels of " + llvm::Twine(width) + " columns");
}

static void rewriteGather(GatherOp op) {
  OpBuilder b(op);
  int64_t rows = *tensorType(op.getSrc()).getDim(0).getConstant(), width = getWidth(rows);
  Value panels = makePanels(b, op.getSrc(), /*axis=*/0, width);
  auto gather = GatherPanelsOp::create(b, op.getLoc(), op.getType(), panels, op.getIndices(),
                                       rows % width ? rows : 0);
  op.replaceAllUsesWith(gather.getDst());
  op.erase();
}

/// Embeddings whose table nobody else reads but `products`, which all of its columns go
/// to: they read the panels, and the table is gone.
static SmallVector<GatherOp> findTables(ModuleOp module, ArrayRef<Operation *> products) {
  llvm::SmallPtrSet<Operation *, 16> layers;
  llvm::StringSet<> shared, kept;
  for (Operation *op : products)
    if (auto table = op->getOperand(1).getDefiningOp<GetParameterOp>();
        table && isa<LinearOp>(op)) {
      layers.insert(op);
      shared.insert(table.getName());
    }
  llvm::StringMap<SmallVector<GatherOp>> gathers;
  module.walk([&](GetParameterOp table) {
    if (!shared.contains(table.getName()))
      return;
    for (OpOperand &use : table->getUses()) {
      auto gather = dyn_cast<GatherOp>(use.getOwner());
      if (gather && use.getOperandNumber() == 0 && gather.getAxis() == 0)
        gathers[table.getName()].push_back(gather);
      else if (!layers.contains(use.getOwner()) || use.getOperandNumber() != 1)
        kept.insert(table.getName());
    }
  });
  SmallVector<GatherOp> found;
  for (auto &[name, ops] : gathers)
    if (!kept.contains(name))
      found.append(ops);
  return found;
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
      if (isa<LinearOp, MatmulOp>(op) && !op->hasAttr("lz.why") && takes(op))
        products.push_back(op);
    });
    SmallVector<GatherOp> tables = findTables(getOperation(), products);
    llvm::for_each(products, rewriteProduct);
    llvm::for_each(tables, rewriteGather);
  }

  bool takes(Operation *op) {
    if (!hasForm(op))
      return false;
    if (always)
      return true;
    std::optional<std::string> why = refuses ? refuses(op) : "no backend was asked";
    if (why)
      op->setAttr("lz.matrix", StringAttr::get(op->getContext(), *why));
    return !why;
  }

  decltype(PassServices::refusesPanels) refuses;
};
} // namespace

std::unique_ptr<Pass> createPanelsPass(PanelsPassOptions options,
                                       const PassServices &services) {
  return std::make_unique<PanelsPass>(std::move(options), services);
}

} // namespace lz
