// See AttentionChain.h. One function per link; a link looks at one op only, so that
// exporters may put them in any order.

#include "passes/AttentionChain.h"

#include "passes/Recognize.h"

#include <cmath>

using namespace mlir;

namespace lz {

llvm::ArrayRef<DimExpr> batchOf(Value value) {
  return tensorType(value).getShape().drop_back(2);
}

static bool isMatrix(Value value) {
  return tensorType(value).hasRank() && tensorType(value).getRank() >= 2;
}

static bool isFloat(Value value) {
  return isa<FloatType>(tensorType(value).getElementType());
}

/// The operand of a cast between floats or of a view that keeps the last two axes;
/// null for other ops.
static Value skipNeutral(Value value) {
  Operation *op = value.getDefiningOp();
  // Operands of other ops need not be tensors.
  bool isNeutral = op && (isa<CastOp>(op) || op->hasTrait<LzView>());
  if (!isNeutral || op->getNumOperands() != 1 || !isMatrix(op->getOperand(0)))
    return {};
  Value src = op->getOperand(0);
  if (isa<CastOp>(op))
    return isFloat(src) ? src : Value();
  return haveSameMatrices(src, value) ? src : Value();
}

namespace {

class ScoreWalker {
public:
  explicit ScoreWalker(const KnownNumbers &numbers) : numbers(numbers) {}

  bool walk(Value scores, ScoreChain &chain, int depth = 0) const;

private:
  bool isProduct(Operation *op, ScoreChain &chain) const;
  bool isScaling(Operation *op, ScoreChain &chain, int depth) const;
  bool isSum(Operation *op, ScoreChain &chain, int depth) const;
  bool isChoice(Operation *op, ScoreChain &chain, int depth) const;

  const KnownNumbers &numbers;
};

/// Longer chains are not attention's; every mask added doubles the ways to look.
constexpr int kMaxLinks = 12;

} // namespace

bool ScoreWalker::walk(Value scores, ScoreChain &chain, int depth) const {
  Operation *op = scores.getDefiningOp();
  // What goes into the softmax may be looked at by a guard as well.
  bool isShared = depth > 0 && !scores.hasOneUse();
  if (!op || depth > kMaxLinks || isShared || !isMatrix(scores) ||
      !isFloat(scores))
    return false;
  if (isa<MatmulOp, LinearOp>(op))
    return isProduct(op, chain);
  if (Value src = skipNeutral(scores))
    return walk(src, chain, depth + 1);
  if (isa<MulOp, DivOp>(op))
    return isScaling(op, chain, depth);
  if (isa<AddOp>(op))
    return isSum(op, chain, depth);
  return isa<SelectOp>(op) && isChoice(op, chain, depth);
}

bool ScoreWalker::isProduct(Operation *op, ScoreChain &chain) const {
  if (!isMatrix(op->getOperand(0)) || !isMatrix(op->getOperand(1)) ||
      op->getNumOperands() != 2) // a linear layer with a bias
    return false;
  chain.query = op->getOperand(0);
  (isa<LinearOp>(op) ? chain.key : chain.transposedKey) = op->getOperand(1);
  llvm::append_range(chain.productBatch, batchOf(op->getResult(0)));
  return true;
}

bool ScoreWalker::isScaling(Operation *op, ScoreChain &chain, int depth) const {
  auto scaledBy = [&](Value scores, double factor) {
    chain.scale *= factor;
    return std::isfinite(factor) && factor != 0 &&
           scores.getType() == op->getResult(0).getType() &&
           walk(scores, chain, depth + 1);
  };
  if (std::optional<double> number = numbers.splat(op->getOperand(1)))
    return scaledBy(op->getOperand(0), isa<MulOp>(op) ? *number : 1 / *number);
  std::optional<double> number = numbers.splat(op->getOperand(0));
  return number && isa<MulOp>(op) && scaledBy(op->getOperand(1), *number);
}

bool ScoreWalker::isSum(Operation *op, ScoreChain &chain, int depth) const {
  return matchEitherOrder(op, [&](Value scores, Value mask) {
    if (scores.getType() != op->getResult(0).getType())
      return false;
    ScoreChain attempt = chain;
    ScoreMask &added = attempt.masks.emplace_back();
    added.value = mask;
    added.factor = chain.scale;
    llvm::append_range(added.batch, batchOf(scores));
    if (!walk(scores, attempt, depth + 1))
      return false;
    chain = std::move(attempt);
    return true;
  });
}

/// Scores where a condition says so, elsewhere a number that masks.
bool ScoreWalker::isChoice(Operation *op, ScoreChain &chain, int depth) const {
  auto select = cast<SelectOp>(op);
  ScoreMask mask;
  mask.isInverted = numbers.splat(select.getLhs()).has_value();
  Value scores = mask.isInverted ? select.getRhs() : select.getLhs();
  mask.replacement =
      numbers.splat(mask.isInverted ? select.getLhs() : select.getRhs());
  if (!mask.replacement || scores.getType() != select.getType())
    return false;
  mask.value = select.getCondition();
  mask.factor = chain.scale;
  llvm::append_range(mask.batch, batchOf(scores));
  chain.masks.push_back(std::move(mask));
  return walk(scores, chain, depth + 1);
}

std::optional<ScoreChain> followScores(Value scores,
                                       const KnownNumbers &numbers) {
  ScoreChain chain;
  if (!ScoreWalker(numbers).walk(scores, chain))
    return std::nullopt;
  return chain;
}

//===----------------------------------------------------------------------===//
// Behind the softmax
//===----------------------------------------------------------------------===//

static Value skipAllNeutral(Value value) {
  while (Value src = skipNeutral(value))
    value = src;
  return value;
}

/// The weights of select(isnan(weights), 0, weights) and of
/// select(max(scores) != -inf, weights, 0); else null. lz.attention gives rows without
/// any key 0 by itself; the first would also have hidden a NaN among the scores.
static Value skipGuard(Value value, const KnownNumbers &numbers) {
  auto select = value.getDefiningOp<SelectOp>();
  if (!select)
    return {};
  if (auto isNan = select.getCondition().getDefiningOp<IsNanOp>())
    return numbers.is(select.getLhs(), 0) && isNan.getSrc() == select.getRhs()
               ? select.getRhs()
               : Value();
  auto hasKey = select.getCondition().getDefiningOp<NeOp>();
  auto most = hasKey ? hasKey.getLhs().getDefiningOp<ReduceOp>() : ReduceOp();
  auto softmax = skipAllNeutral(select.getLhs()).getDefiningOp<SoftmaxOp>();
  bool isGuard = most && softmax && most.getKind() == ReduceKind::Max &&
                 most.getSrc() == softmax.getSrc() &&
                 numbers.splat(hasKey.getRhs()) == -INFINITY &&
                 numbers.is(select.getRhs(), 0);
  return isGuard ? select.getLhs() : Value();
}

bool servesOnly(Value value, Operation *root, int depth) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    if (user == root)
      return true;
    bool isBetween = isa<SoftmaxOp, CastOp, IsNanOp, SelectOp, ReduceOp, NeOp>(
                         user) ||
                     user->hasTrait<LzView>();
    return isBetween && depth < kMaxLinks &&
           servesOnly(user->getResult(0), root, depth + 1);
  });
}

SoftmaxOp findSoftmax(Value weights, const KnownNumbers &numbers) {
  for (int depth = 0; depth <= kMaxLinks; ++depth) {
    if (!isMatrix(weights))
      return {};
    if (auto softmax = weights.getDefiningOp<SoftmaxOp>()) {
      int64_t axis = softmax.getAxis(), rank = tensorType(weights).getRank();
      bool isLast = axis == -1 || axis == rank - 1;
      return isLast && !softmax.getLog() ? softmax : SoftmaxOp();
    }
    Value src = skipNeutral(weights);
    if (!src)
      src = skipGuard(weights, numbers);
    if (!src)
      return {};
    weights = src;
  }
  return {};
}

} // namespace lz
