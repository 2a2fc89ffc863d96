// Normalizations and softmax that were written out in reductions become one op
// again. A core is found first, without weights; multiplications and additions
// behind it become its weights and bias one by one.

#include "passes/Recognize.h"
#include "passes/Views.h"

#include "ir/Axis.h"

using namespace mlir;
using llvm::SmallVector;

namespace lz {

//===----------------------------------------------------------------------===//
// Pieces of a formula
//===----------------------------------------------------------------------===//

/// The number of last axes that `op` reduces, all kept as 1; 0 for others.
static int64_t countReducedLastAxes(ReduceOp op) {
  int64_t rank = tensorType(op.getSrc()).getRank();
  if (!op.getKeepDims() || op.getAxes().empty())
    return 0;
  SmallVector<int64_t> axes;
  for (int64_t axis : op.getAxes())
    axes.push_back(normalizeAxis(axis, rank));
  llvm::sort(axes);
  for (auto [i, axis] : llvm::enumerate(axes))
    if (axis != rank - static_cast<int64_t>(axes.size() - i))
      return 0;
  return axes.size();
}

static bool isMeanOf(Value value, Value src, int64_t axesCount) {
  auto reduce = value.getDefiningOp<ReduceOp>();
  return reduce && reduce.getKind() == ReduceKind::Mean &&
         reduce.getSrc() == src && countReducedLastAxes(reduce) == axesCount;
}

namespace {

/// value / sqrt(mean(value^2) + eps) over the last axes.
struct RootMeanSquare {
  Value src;
  int64_t axesCount = 0;
  double eps = 0;
};

class NormMatcher {
public:
  explicit NormMatcher(const KnownNumbers &numbers) : numbers(numbers) {}

  std::optional<RootMeanSquare> match(Operation *op) const;

private:
  bool matchRoot(Value value, RootMeanSquare &found) const;
  bool matchInverse(Value value, RootMeanSquare &found) const;
  bool matchShifted(Value value, RootMeanSquare &found) const;

  const KnownNumbers &numbers;
};

/// mean(src^2) + eps.
bool NormMatcher::matchShifted(Value value, RootMeanSquare &found) const {
  auto sum = value.getDefiningOp<AddOp>();
  return sum && matchEitherOrder(sum, [&](Value mean, Value eps) {
           auto reduce = mean.getDefiningOp<ReduceOp>();
           auto square = reduce ? reduce.getSrc().getDefiningOp<MulOp>() : MulOp();
           std::optional<double> number = numbers.splat(eps);
           if (!square || reduce.getKind() != ReduceKind::Mean || !number ||
               square.getLhs() != found.src || square.getRhs() != found.src)
             return false;
           found.axesCount = countReducedLastAxes(reduce);
           found.eps = *number;
           return found.axesCount > 0 && found.eps >= 0;
         });
}

bool NormMatcher::matchRoot(Value value, RootMeanSquare &found) const {
  auto root = value.getDefiningOp<SqrtOp>();
  return root && matchShifted(root.getSrc(), found);
}

/// 1 / sqrt(mean(src^2) + eps).
bool NormMatcher::matchInverse(Value value, RootMeanSquare &found) const {
  if (auto root = value.getDefiningOp<RsqrtOp>())
    return matchShifted(root.getSrc(), found);
  if (auto inverse = value.getDefiningOp<ReciprocalOp>())
    return matchRoot(inverse.getSrc(), found);
  auto quotient = value.getDefiningOp<DivOp>();
  return quotient && numbers.is(quotient.getLhs(), 1) &&
         matchRoot(quotient.getRhs(), found);
}

std::optional<RootMeanSquare> NormMatcher::match(Operation *op) const {
  RootMeanSquare found;
  if (auto quotient = dyn_cast<DivOp>(op)) {
    found.src = quotient.getLhs();
    if (matchRoot(quotient.getRhs(), found))
      return found;
  } else if (isa<MulOp>(op)) {
    if (matchEitherOrder(op, [&](Value src, Value inverse) {
          found.src = src;
          return matchInverse(inverse, found);
        }))
      return found;
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Cores
//===----------------------------------------------------------------------===//

/// x / sqrt(mean(x^2) + eps) is lz.rms_norm, and lz.layer_norm where x is what a
/// mean was subtracted from.
template <typename RootT> struct NormCore : OpRewritePattern<RootT> {
  NormCore(MLIRContext *context, const KnownNumbers &numbers)
      : OpRewritePattern<RootT>(context), numbers(numbers) {}

  LogicalResult matchAndRewrite(RootT op,
                                PatternRewriter &rewriter) const override {
    auto found = NormMatcher(numbers).match(op);
    if (!found || found->src.getType() != op.getType() ||
        !isa<FloatType>(tensorType(found->src).getElementType()))
      return rewriter.notifyMatchFailure(op, "no root mean square divides");
    llvm::APFloat eps(found->eps);
    auto axes = rewriter.getI64IntegerAttr(found->axesCount);
    auto epsAttr = rewriter.getF64FloatAttr(found->eps);
    auto centered = found->src.template getDefiningOp<SubOp>();
    if (centered && centered.getLhs().getType() == op.getType() &&
        isMeanOf(centered.getRhs(), centered.getLhs(), found->axesCount))
      rewriter.replaceOpWithNewOp<LayerNormOp>(op, op.getType(),
                                               centered.getLhs(), Value(),
                                               Value(), axes, epsAttr);
    else
      rewriter.replaceOpWithNewOp<RmsNormOp>(op, op.getType(), found->src,
                                             Value(), axes, epsAttr);
    return success();
  }

  const KnownNumbers &numbers;
};

/// exp(x - max(x)) / sum(exp(x - max(x))) along one axis.
struct SoftmaxCore : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DivOp op,
                                PatternRewriter &rewriter) const override {
    auto exp = op.getLhs().getDefiningOp<ExpOp>();
    auto sum = op.getRhs().getDefiningOp<ReduceOp>();
    auto shifted = exp ? exp.getSrc().getDefiningOp<SubOp>() : SubOp();
    auto max =
        shifted ? shifted.getRhs().getDefiningOp<ReduceOp>() : ReduceOp();
    if (!sum || !max || sum.getKind() != ReduceKind::Sum ||
        max.getKind() != ReduceKind::Max || sum.getSrc() != exp.getDst() ||
        max.getSrc() != shifted.getLhs())
      return rewriter.notifyMatchFailure(op, "is not of exponentials");
    std::optional<int64_t> axis = oneAxis(sum);
    if (!axis || axis != oneAxis(max) ||
        shifted.getLhs().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "has not one axis");
    rewriter.replaceOpWithNewOp<SoftmaxOp>(
        op, op.getType(), shifted.getLhs(), rewriter.getI64IntegerAttr(*axis),
        rewriter.getBoolAttr(false));
    return success();
  }

private:
  static std::optional<int64_t> oneAxis(ReduceOp op) {
    if (!op.getKeepDims() || op.getAxes().size() != 1)
      return std::nullopt;
    return normalizeAxis(op.getAxes()[0], tensorType(op.getSrc()).getRank());
  }
};

//===----------------------------------------------------------------------===//
// Group norms
//===----------------------------------------------------------------------===//

/// A norm over [N, groups, *] between reshapes is one of groups of channels.
struct GroupNormCore : OpRewritePattern<ReshapeOp> {
  GroupNormCore(MLIRContext *context, const KnownNumbers &numbers)
      : OpRewritePattern(context), numbers(numbers) {}

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *norm = op.getSrc().getDefiningOp();
    std::optional<double> eps = norm ? epsOfGroups(norm) : std::nullopt;
    auto before =
        eps ? norm->getOperand(0).getDefiningOp<ReshapeOp>() : ReshapeOp();
    if (!before || !op.getSrc().hasOneUse() ||
        before.getSrc().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "no norm of groups in between");
    TensorType type = tensorType(op.getDst()),
               grouped = tensorType(before.getDst());
    auto groups = grouped.getDim(1).getConstant();
    auto channels = type.getRank() >= 3 ? type.getDim(1).getConstant()
                                        : std::nullopt;
    if (!groups || !channels || *groups < 1 || *channels % *groups != 0 ||
        grouped.getDim(0) != type.getDim(0))
      return rewriter.notifyMatchFailure(op, "axis 1 is not the channels");
    rewriter.replaceOpWithNewOp<GroupNormOp>(
        op, type, before.getSrc(), Value(), Value(),
        rewriter.getI64IntegerAttr(*groups), rewriter.getF64FloatAttr(*eps));
    return success();
  }

private:
  /// Of a norm of each of the first two axes' rows, without weights.
  std::optional<double> epsOfGroups(Operation *op) const {
    if (!isa<LayerNormOp, GroupNormOp>(op))
      return std::nullopt;
    int64_t rank = tensorType(op->getResult(0)).getRank();
    if (auto norm = dyn_cast<LayerNormOp>(op))
      if (!norm.getWeights() && !norm.getBias() && rank >= 3 &&
          norm.getAxesCount() == rank - 2)
        return norm.getEps().convertToDouble();
    auto norm = dyn_cast<GroupNormOp>(op);
    if (!norm || rank < 3)
      return std::nullopt;
    auto is = [&](Value value, double number) {
      return !value || numbers.splat(value) == number;
    };
    bool isPerChannel =
        norm.getGroups() == 0 ||
        tensorType(norm.getSrc()).getDim(1) == DimExpr(norm.getGroups());
    if (!isPerChannel || !is(norm.getWeights(), 1) || !is(norm.getBias(), 0))
      return std::nullopt;
    return norm.getEps().convertToDouble();
  }

  const KnownNumbers &numbers;
};

//===----------------------------------------------------------------------===//
// Weights and biases
//===----------------------------------------------------------------------===//

/// Whether `value` is weights of the shape `wanted`, for what it is broadcast to with
/// `trailing` axes behind them.
bool isAsWeights(Value value, ArrayRef<DimExpr> wanted, int64_t trailing,
                 Type element) {
  TensorType type = tensorType(value);
  if (!type.hasRank() || type.getElementType() != element)
    return false;
  SmallVector<DimExpr> shape(wanted);
  shape.append(trailing, DimExpr(1));
  ArrayRef<DimExpr> dims = type.getShape();
  while (dims.size() > shape.size() && dims.front() == DimExpr(1))
    dims = dims.drop_front();
  return dims == ArrayRef<DimExpr>(shape);
}

/// The shape of a norm's weights, and how many axes follow theirs.
std::pair<ArrayRef<DimExpr>, int64_t> weightsOf(Operation *norm) {
  TensorType type = tensorType(norm->getResult(0));
  if (auto layer = dyn_cast<LayerNormOp>(norm))
    return {type.getShape().take_back(layer.getAxesCount()), 0};
  if (auto rms = dyn_cast<RmsNormOp>(norm))
    return {type.getShape().take_back(rms.getAxesCount()), 0};
  return {type.getShape().slice(1, 1), type.getRank() - 2};
}

bool lacksWeights(Operation *op) {
  if (auto rms = dyn_cast<RmsNormOp>(op))
    return !rms.getWeights();
  if (auto layer = dyn_cast<LayerNormOp>(op))
    return !layer.getWeights() && !layer.getBias();
  auto group = dyn_cast<GroupNormOp>(op);
  return group && !group.getWeights() && !group.getBias();
}

bool lacksBias(Operation *op) {
  if (auto layer = dyn_cast<LayerNormOp>(op))
    return !layer.getBias();
  auto group = dyn_cast<GroupNormOp>(op);
  return group && !group.getBias();
}

void setOperand(Operation *op, Value value, bool isWeights) {
  if (auto rms = dyn_cast<RmsNormOp>(op))
    return rms.getWeightsMutable().assign(value);
  if (auto layer = dyn_cast<LayerNormOp>(op))
    return (isWeights ? layer.getWeightsMutable() : layer.getBiasMutable())
        .assign(value);
  auto group = cast<GroupNormOp>(op);
  (isWeights ? group.getWeightsMutable() : group.getBiasMutable()).assign(value);
}

/// norm(x) * w and norm(x) + b.
template <typename OpT> struct AffineOfNorm : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    Operation *norm = nullptr;
    Value operand;
    bool isFound = matchEitherOrder(op, [&](Value normed, Value other) {
      norm = normed.getDefiningOp();
      operand = other;
      return norm && isMissing(norm) && normed.hasOneUse() &&
             normed.getType() == op.getType() && fits(other, norm);
    });
    if (!isFound)
      return rewriter.notifyMatchFailure(op, "is not behind a norm");
    operand = reshaped(rewriter, operand, weightsOf(norm).first);
    // Here, where the operand is known.
    Operation *made = rewriter.clone(*norm);
    rewriter.modifyOpInPlace(made, [&] { setOperand(made, operand, isWeights); });
    rewriter.replaceOp(op, made->getResults());
    return success();
  }

private:
  static constexpr bool isWeights = std::is_same_v<OpT, MulOp>;

  static bool isMissing(Operation *norm) {
    return isWeights ? lacksWeights(norm) : lacksBias(norm);
  }

  static bool fits(Value value, Operation *norm) {
    auto [shape, trailing] = weightsOf(norm);
    return isAsWeights(value, shape, trailing,
                       tensorType(norm->getResult(0)).getElementType());
  }
};

} // namespace

void populateNormPatterns(RewritePatternSet &patterns,
                          const KnownNumbers &numbers) {
  MLIRContext *context = patterns.getContext();
  patterns.add<NormCore<MulOp>, NormCore<DivOp>, GroupNormCore>(context,
                                                                 numbers);
  patterns.add<SoftmaxCore, AffineOfNorm<MulOp>, AffineOfNorm<AddOp>>(context);
}

} // namespace lz
