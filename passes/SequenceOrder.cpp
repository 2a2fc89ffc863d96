// See SequenceOrder.h. Frameworks put sequences first, formats put steps first: a stack of
// layers stands between two transposes, which meet behind the last one and are nothing.

#include "passes/SequenceOrder.h"

#include "ir/LzOps.h"

using namespace mlir;

namespace lz {

static constexpr int64_t kSwap[] = {1, 0, 2};

static bool swapsOrder(Operation *op) {
  auto transpose = dyn_cast<TransposeOp>(op);
  return transpose && transpose.getPerm() == ArrayRef(kSwap);
}

namespace {
struct SinkSwap : OpRewritePattern<RecurrentOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RecurrentOp op, PatternRewriter &rewriter) const override {
    auto before = op.getSrc().getDefiningOp<TransposeOp>();
    TensorType type = tensorType(op.getDst());
    if (!before || !swapsOrder(before) || !type.hasRank())
      return failure();
    bool isUndone = llvm::all_of(op.getDst().getUsers(), [](Operation *user) {
      return swapsOrder(user) || isa<RecurrentOp>(user);
    });
    if (!isUndone)
      return failure();
    DimExpr first = type.getDim(0), second = type.getDim(1);
    TensorType swapped = type.cloneWithShape(ArrayRef<DimExpr>{second, first, type.getDim(2)});
    rewriter.modifyOpInPlace(op, [&] {
      op.getSrcMutable().assign(before.getSrc());
      op.setBatchFirst(!op.getBatchFirst());
      op.getDst().setType(swapped);
    });
    rewriter.setInsertionPointAfter(op);
    auto after = TransposeOp::create(rewriter, op.getLoc(), type, op.getDst(), kSwap);
    rewriter.replaceAllUsesExcept(op.getDst(), after.getDst(), after);
    return success();
  }
};
} // namespace

void populateSequenceOrderPatterns(RewritePatternSet &patterns) {
  patterns.add<SinkSwap>(patterns.getContext());
}

} // namespace lz
