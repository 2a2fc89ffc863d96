// See ExpandPowers.h. Exporters write squares and roots as powers; a power costs
// twenty times what a multiplication does, and hides norms and activations.

#include "passes/ExpandPowers.h"

#include "passes/KnownNumbers.h"

#include <cmath>

using namespace mlir;

namespace lz {

/// Whether no element is negative, minus infinity or -0; NaN may be.
static bool isPositiveOrZero(Value value, int depth = 4) {
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return false;
  if (isa<AbsOp, ExpOp, Exp2Op, SigmoidOp>(op))
    return true;
  if (auto mul = dyn_cast<MulOp>(op))
    return mul.getLhs() == mul.getRhs();
  auto isOperand = [&](Value operand) {
    return isPositiveOrZero(operand, depth - 1);
  };
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return llvm::is_contained({ReduceKind::Mean, ReduceKind::Sum, ReduceKind::Max,
                               ReduceKind::Min},
                              reduce.getKind()) &&
           isOperand(reduce.getSrc());
  if (std::optional<double> number = splatNumber(value))
    return *number >= 0 && !std::signbit(*number);
  return (op->hasTrait<LzView>() || isa<AddOp>(op)) &&
         llvm::all_of(op->getOperands(), isOperand);
}

namespace {

struct ExpandPower : OpRewritePattern<PowOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PowOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<double> exponent = splatNumber(op.getRhs());
    if (!exponent || op.getLhs().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "the exponent is not one number");
    Value result = expand(op, *exponent, rewriter);
    if (!result)
      return rewriter.notifyMatchFailure(op, "nothing simpler is the same");
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  static Value expand(PowOp op, double exponent, PatternRewriter &rewriter) {
    Value x = op.getLhs();
    auto times = [&](Value a, Value b) -> Value {
      return MulOp::create(rewriter, op.getLoc(), x.getType(), a, b);
    };
    if (exponent == 1)
      return x;
    if (exponent == 2)
      return times(x, x);
    if (exponent == 3)
      return times(times(x, x), x);
    if (exponent == 4) {
      Value square = times(x, x);
      return times(square, square);
    }
    if (!isa<FloatType>(tensorType(x).getElementType()))
      return {};
    if (exponent == -1)
      return ReciprocalOp::create(rewriter, op.getLoc(), x.getType(), x);
    if (exponent == 0.5 && isPositiveOrZero(x))
      return SqrtOp::create(rewriter, op.getLoc(), x.getType(), x);
    if (exponent == -0.5 && isPositiveOrZero(x))
      return RsqrtOp::create(rewriter, op.getLoc(), x.getType(), x);
    return {};
  }
};

} // namespace

void populateExpandPowersPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandPower>(patterns.getContext());
}

} // namespace lz
