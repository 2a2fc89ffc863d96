// See MergeBiases.h. The sum is an op, left to lz-const-eval.

#include "passes/MergeBiases.h"

#include "ir/LzOps.h"

using namespace mlir;

namespace lz {

namespace {
struct MergeBiases : OpRewritePattern<RecurrentOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RecurrentOp op, PatternRewriter &rewriter) const override {
    if (!op.getBIh() || !op.getBHh() || op.getMode() == RecurrentMode::Gru)
      return failure();
    Type element = tensorType(op.getSrc()).getElementType();
    if (!element.isF32() && !element.isF64())
      return failure();
    Value sum = AddOp::create(rewriter, op.getLoc(), op.getBIh().getType(), op.getBIh(),
                              op.getBHh());
    rewriter.modifyOpInPlace(op, [&] {
      op.getBIhMutable().assign(sum);
      op.getBHhMutable().clear();
    });
    return success();
  }
};
} // namespace

void populateMergeBiasesPatterns(RewritePatternSet &patterns) {
  patterns.add<MergeBiases>(patterns.getContext());
}

} // namespace lz
