// Activations that were written out in elementary functions become one op again,
// which libraries take as a post-op and kernels compute without intermediates.

#include "passes/Recognize.h"

#include <cmath>

using namespace mlir;
using llvm::SmallVector;

namespace lz {

namespace {

/// Finds subexpressions of a formula in `x`.
class Formula {
public:
  Formula(const KnownNumbers &numbers, Value x) : numbers(numbers), x(x) {}

  bool isErfGate(Value value) const;
  bool isTanhGate(Value value) const;
  bool isSigmoid(Value value) const;
  bool isTanhOfSoftplus(Value value) const;
  bool isHardSigmoid(Value value) const;
  /// min(max(x + 3, 0), 6).
  bool isShiftedRelu6(Value value) const;
  bool isOnePlusExp(Value value, bool ofNegative) const;

private:
  bool isNegative(Value value) const;
  bool isTanhArgument(Value value) const;
  bool isClip(Value value, double low, double high,
              llvm::function_ref<bool(Value)> inner) const;
  bool isSum(Value value, double number,
             llvm::function_ref<bool(Value)> other) const;
  bool isScaled(Value value, double scale, unsigned power) const;

  const KnownNumbers &numbers;
  Value x;
};

/// scale * x^power.
bool Formula::isScaled(Value value, double scale, unsigned power) const {
  Product product = productOf(value, numbers);
  return product.isPowerOf(x, power) &&
         isSameConstant(product.scale, scale,
                        tensorType(value).getElementType());
}

/// number + other.
bool Formula::isSum(Value value, double number,
                    llvm::function_ref<bool(Value)> other) const {
  auto add = value.getDefiningOp<AddOp>();
  return add && matchEitherOrder(add, [&](Value a, Value b) {
           return numbers.is(a, number) && other(b);
         });
}

/// 1 + erf(x / sqrt(2)).
bool Formula::isErfGate(Value value) const {
  return isSum(value, 1, [&](Value inner) {
    auto erf = inner.getDefiningOp<ErfOp>();
    return erf && isScaled(erf.getSrc(), std::sqrt(0.5), 1);
  });
}

constexpr double kGeluCubic = 0.044715;

/// sqrt(2 / pi) * (x + 0.044715 x^3), or with x taken out of the sum.
bool Formula::isTanhArgument(Value value) const {
  Product product = productOf(value, numbers);
  if (!isSameConstant(product.scale, 2 / std::sqrt(2 * M_PI),
                      tensorType(value).getElementType()))
    return false;
  auto isQuadratic = [&](Value v) { return isScaled(v, kGeluCubic, 2); };
  if (product.factors.size() == 2) {
    Value a = product.factors[0], b = product.factors[1];
    return (a == x && isSum(b, 1, isQuadratic)) ||
           (b == x && isSum(a, 1, isQuadratic));
  }
  auto sum = product.factors.size() == 1
                 ? product.factors[0].getDefiningOp<AddOp>()
                 : AddOp();
  return sum && matchEitherOrder(sum, [&](Value a, Value b) {
           return a == x && isScaled(b, kGeluCubic, 3);
         });
}

/// 1 + tanh(...).
bool Formula::isTanhGate(Value value) const {
  return isSum(value, 1, [&](Value inner) {
    auto tanh = inner.getDefiningOp<TanhOp>();
    return tanh && isTanhArgument(tanh.getSrc());
  });
}

bool Formula::isNegative(Value value) const {
  if (auto neg = value.getDefiningOp<NegOp>())
    return neg.getSrc() == x;
  return isScaled(value, -1, 1);
}

bool Formula::isOnePlusExp(Value value, bool ofNegative) const {
  return isSum(value, 1, [&](Value inner) {
    auto exp = inner.getDefiningOp<ExpOp>();
    return exp && (ofNegative ? isNegative(exp.getSrc()) : exp.getSrc() == x);
  });
}

bool Formula::isSigmoid(Value value) const {
  auto sigmoid = value.getDefiningOp<SigmoidOp>();
  return sigmoid && sigmoid.getSrc() == x;
}

bool Formula::isTanhOfSoftplus(Value value) const {
  auto tanh = value.getDefiningOp<TanhOp>();
  if (!tanh)
    return false;
  if (auto softplus = tanh.getSrc().getDefiningOp<SoftplusOp>())
    return softplus.getSrc() == x &&
           softplus.getBeta().convertToDouble() == 1;
  if (auto log = tanh.getSrc().getDefiningOp<LogOp>())
    return isOnePlusExp(log.getSrc(), /*ofNegative=*/false);
  auto log = tanh.getSrc().getDefiningOp<Log1pOp>();
  auto exp = log ? log.getSrc().getDefiningOp<ExpOp>() : ExpOp();
  return exp && exp.getSrc() == x;
}

/// min(max(inner, low), high) in any order, max(inner, 0) also as relu.
bool Formula::isClip(Value value, double low, double high,
                     llvm::function_ref<bool(Value)> inner) const {
  auto isBound = [&](Value v, bool isLow,
                     llvm::function_ref<bool(Value)> rest) {
    Operation *op = v.getDefiningOp();
    if (isLow && low == 0 && isa_and_nonnull<ReluOp>(op))
      return rest(op->getOperand(0));
    if (isLow ? !isa_and_nonnull<MaxOp>(op) : !isa_and_nonnull<MinOp>(op))
      return false;
    return matchEitherOrder(op, [&](Value a, Value b) {
      return numbers.is(b, isLow ? low : high) && rest(a);
    });
  };
  auto isOther = [&](bool isLow) {
    return isBound(value, isLow,
                   [&](Value v) { return isBound(v, !isLow, inner); });
  };
  return isOther(true) || isOther(false);
}

bool Formula::isShiftedRelu6(Value value) const {
  return isClip(value, 0, 6, [&](Value inner) {
    return isSum(inner, 3, [&](Value v) { return v == x; });
  });
}

bool Formula::isHardSigmoid(Value value) const {
  if (auto op = value.getDefiningOp<HardSigmoidOp>())
    return op.getSrc() == x;
  return isClip(value, 0, 1, [&](Value inner) {
    return isSum(inner, 0.5,
                 [&](Value v) { return isScaled(v, 1.0 / 6, 1); });
  });
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

/// x times a function of x, and numbers: rooted at the last multiplication or
/// division.
template <typename RootT> struct GatedActivation : OpRewritePattern<RootT> {
  GatedActivation(MLIRContext *context, const KnownNumbers &numbers)
      : OpRewritePattern<RootT>(context), numbers(numbers) {}

  LogicalResult matchAndRewrite(RootT op,
                                PatternRewriter &rewriter) const override {
    Product product = productOf(op.getDst(), numbers);
    if (product.factors.size() != 2)
      return rewriter.notifyMatchFailure(op, "is not a product of two");
    for (int order : {0, 1}) {
      Value x = product.factors[order], gate = product.factors[1 - order];
      if (x.getType() == op.getType() &&
          replace(op, x, gate, product.scale, rewriter))
        return success();
    }
    return rewriter.notifyMatchFailure(op, "is no known activation");
  }

private:
  bool replace(RootT op, Value x, Value gate, double scale,
               PatternRewriter &rewriter) const {
    Formula formula(numbers, x);
    Type element = tensorType(x).getElementType();
    auto isScale = [&](double s) { return isSameConstant(scale, s, element); };
    Type type = op.getType();
    if (isScale(0.5) && formula.isErfGate(gate))
      rewriter.replaceOpWithNewOp<GeluOp>(op, type, x, /*tanh=*/false);
    else if (isScale(0.5) && formula.isTanhGate(gate))
      rewriter.replaceOpWithNewOp<GeluOp>(op, type, x, /*tanh=*/true);
    else if (isScale(1) && formula.isSigmoid(gate))
      rewriter.replaceOpWithNewOp<SiluOp>(op, type, x);
    else if (isScale(1) && formula.isTanhOfSoftplus(gate))
      rewriter.replaceOpWithNewOp<MishOp>(op, type, x);
    else if ((isScale(1) && formula.isHardSigmoid(gate)) ||
             (isScale(1.0 / 6) && formula.isShiftedRelu6(gate)))
      rewriter.replaceOpWithNewOp<HardSwishOp>(op, type, x);
    else
      return false;
    return true;
  }

  const KnownNumbers &numbers;
};

/// What is not a product with x itself: sigmoid and hard_sigmoid, and silu written
/// as a quotient.
struct PlainActivation : OpTraitRewritePattern<LzElementwise> {
  PlainActivation(MLIRContext *context, const KnownNumbers &numbers)
      : OpTraitRewritePattern<LzElementwise>(context), numbers(numbers) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (isa<DivOp, ReciprocalOp>(op))
      return matchQuotient(op, rewriter);
    if (isa<MinOp, MaxOp, ReluOp, MulOp>(op))
      return matchHardSigmoid(op, rewriter);
    return failure();
  }

private:
  /// 1 / (1 + exp(-x)) and x / (1 + exp(-x)).
  LogicalResult matchQuotient(Operation *op, PatternRewriter &rewriter) const {
    auto sum = op->getOperands().back().getDefiningOp<AddOp>();
    Value x = sum ? findNegated(sum) : Value();
    if (!x || x.getType() != op->getResult(0).getType() ||
        !Formula(numbers, x).isOnePlusExp(sum, /*ofNegative=*/true))
      return rewriter.notifyMatchFailure(op, "does not divide by 1 + exp(-x)");
    if (isa<ReciprocalOp>(op) || numbers.is(op->getOperand(0), 1))
      rewriter.replaceOpWithNewOp<SigmoidOp>(op, x.getType(), x);
    else if (op->getOperand(0) == x)
      rewriter.replaceOpWithNewOp<SiluOp>(op, x.getType(), x);
    else
      return rewriter.notifyMatchFailure(op, "divides neither 1 nor x");
    return success();
  }

  /// The x of exp(-x) in a sum.
  Value findNegated(AddOp sum) const {
    for (Value operand : sum->getOperands()) {
      auto exp = operand.getDefiningOp<ExpOp>();
      if (!exp)
        continue;
      if (auto neg = exp.getSrc().getDefiningOp<NegOp>())
        return neg.getSrc();
      Product product = productOf(exp.getSrc(), numbers);
      return product.factors.size() == 1 ? product.factors[0] : Value();
    }
    return {};
  }

  LogicalResult matchHardSigmoid(Operation *op,
                                 PatternRewriter &rewriter) const {
    // x is what is added to behind the bounds.
    Value value = op->getResult(0);
    Product product = productOf(value, numbers);
    Value inner = product.factors.size() == 1 ? product.factors[0] : value;
    AddOp sum = findSum(inner);
    if (!sum)
      return rewriter.notifyMatchFailure(op, "bounds no sum");
    for (Value operand : sum->getOperands()) {
      Product term = productOf(operand, numbers);
      for (Value x : {operand, term.factors.size() == 1 ? term.factors[0]
                                                        : operand}) {
        Formula formula(numbers, x);
        bool isSixth = isSameConstant(product.scale, 1.0 / 6,
                                      tensorType(x).getElementType());
        if (x.getType() != value.getType() ||
            !(formula.isHardSigmoid(value) ||
              (isSixth && formula.isShiftedRelu6(inner))))
          continue;
        rewriter.replaceOpWithNewOp<HardSigmoidOp>(op, x.getType(), x);
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "is no hard sigmoid");
  }

  /// The sum behind two bounds.
  AddOp findSum(Value value) const {
    for (int depth = 0; depth < 2; ++depth) {
      Operation *op = value.getDefiningOp();
      if (!isa_and_nonnull<MinOp, MaxOp, ReluOp>(op))
        return {};
      bool isFirst = op->getNumOperands() == 2 && numbers.splat(op->getOperand(0));
      value = op->getOperand(isFirst ? 1 : 0);
    }
    return value.getDefiningOp<AddOp>();
  }

  const KnownNumbers &numbers;
};

} // namespace

void populateActivationPatterns(RewritePatternSet &patterns,
                                const KnownNumbers &numbers) {
  patterns.add<GatedActivation<MulOp>, GatedActivation<DivOp>, PlainActivation>(
      patterns.getContext(), numbers);
}

} // namespace lz
