// Patterns that give up generality that inference has made needless: views of
// every kind become one reshape with an explicit shape, ops that took their
// shape from elsewhere take it from their type, axes from the end are numbered
// from the front.

#include "passes/Concretize.h"

#include "ir/Axis.h"
#include "ir/LzOps.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using llvm::SmallVector;

namespace lz {

static DimArrayAttr shapeAttr(TensorType type) {
  return DimArrayAttr::get(type.getContext(), type.getShape());
}

namespace {

/// Any view is a reshape to the shape it has.
struct ViewToReshape : OpTraitRewritePattern<LzView> {
  using OpTraitRewritePattern<LzView>::OpTraitRewritePattern;

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!tensorType(op->getResult(0)).hasRank())
      return rewriter.notifyMatchFailure(op, "is not ranked yet");
    TensorType type = tensorType(op->getResult(0));
    Value src = op->getOperand(0);
    // A reshape of a reshape is one, a reshape to the same shape is none.
    Operation *before = src.getDefiningOp();
    bool chained = before && before->hasTrait<LzView>();
    if (chained)
      src = before->getOperand(0);
    if (src.getType() == type) {
      rewriter.replaceOp(op, src);
      return success();
    }
    auto reshape = dyn_cast<ReshapeOp>(op);
    if (!chained && reshape && reshape.getShape() == shapeAttr(type))
      return rewriter.notifyMatchFailure(op, "is explicit already");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, type, src, shapeAttr(type));
    return success();
  }
};

struct ExpandLikeToExpand : OpRewritePattern<ExpandLikeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExpandLikeOp op,
                                PatternRewriter &rewriter) const override {
    TensorType type = tensorType(op.getDst());
    if (!type.hasRank())
      return rewriter.notifyMatchFailure(op, "is not ranked yet");
    rewriter.replaceOpWithNewOp<ExpandOp>(op, type, op.getSrc(),
                                          shapeAttr(type));
    return success();
  }
};

struct RandomLikeToRandom : OpRewritePattern<RandomLikeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RandomLikeOp op,
                                PatternRewriter &rewriter) const override {
    TensorType type = tensorType(op.getDst());
    if (!type.hasRank())
      return rewriter.notifyMatchFailure(op, "is not ranked yet");
    rewriter.replaceOpWithNewOp<RandomOp>(
        op, type, op.getSeed(), op.getCounter(), op.getDistribution(),
        op.getStream(), shapeAttr(type));
    return success();
  }
};

struct SwapAxesToTranspose : OpRewritePattern<SwapAxesOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SwapAxesOp op,
                                PatternRewriter &rewriter) const override {
    TensorType type = tensorType(op.getSrc());
    if (!type.hasRank() || !tensorType(op.getDst()).hasRank())
      return rewriter.notifyMatchFailure(op, "is not ranked yet");
    auto axis = [&](int64_t i) { return i < 0 ? i + type.getRank() : i; };
    SmallVector<int64_t> perm =
        llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
    std::swap(perm[axis(op.getAxis0())], perm[axis(op.getAxis1())]);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), op.getSrc(),
                                             perm);
    return success();
  }
};

/// A transpose that moves only dimensions of 1 is a view.
struct TransposeToReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    TensorType src = tensorType(op.getSrc()), dst = tensorType(op.getDst());
    if (!src.hasRank() || !dst.hasRank())
      return rewriter.notifyMatchFailure(op, "is not ranked yet");
    int64_t last = -1;
    for (int64_t axis : op.getPerm()) {
      if (src.getDim(axis) == DimExpr(1))
        continue;
      if (axis < last)
        return rewriter.notifyMatchFailure(op, "moves elements");
      last = axis;
    }
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, dst, op.getSrc(),
                                           shapeAttr(dst));
    return success();
  }
};

/// transpose(transpose(x)) is one transpose.
struct ComposeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto before = op.getSrc().getDefiningOp<TransposeOp>();
    if (!before)
      return rewriter.notifyMatchFailure(op, "no transpose before it");
    SmallVector<int64_t> perm = llvm::map_to_vector(
        op.getPerm(), [&](int64_t axis) { return before.getPerm()[axis]; });
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), before.getSrc(),
                                             perm);
    return success();
  }
};

/// An elementwise op repeats dimensions of 1 by itself: lz.expand before it is
/// needless where another operand has the dimensions.
struct DropExpandOfOperand : OpTraitRewritePattern<LzElementwise> {
  using OpTraitRewritePattern<LzElementwise>::OpTraitRewritePattern;

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumOperands() < 2 || !tensorType(op->getResult(0)).hasRank())
      return failure();
    for (OpOperand &operand : op->getOpOperands()) {
      auto expand = operand.get().getDefiningOp<ExpandOp>();
      if (!expand || !isNeedless(op, operand))
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand.set(expand.getSrc()); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no needless expansion");
  }

private:
  /// Whether every dimension of the result is that of some other operand.
  static bool isNeedless(Operation *op, OpOperand &expanded) {
    TensorType result = tensorType(op->getResult(0));
    for (int64_t fromEnd = 1; fromEnd <= result.getRank(); ++fromEnd) {
      const DimExpr &wanted = result.getDim(result.getRank() - fromEnd);
      bool found = llvm::any_of(op->getOpOperands(), [&](OpOperand &operand) {
        bool isSelf = operand.getOperandNumber() == expanded.getOperandNumber();
        Value value =
            isSelf ? operand.get().getDefiningOp()->getOperand(0)
                   : operand.get();
        TensorType type = tensorType(value);
        return type.getRank() >= fromEnd &&
               type.getDim(type.getRank() - fromEnd) == wanted;
      });
      if (!found)
        return false;
    }
    return true;
  }
};

/// Replaces `op`, which gives `dims` as numbers, by a constant if they are known.
static LogicalResult replaceBySizes(Operation *op, ArrayRef<DimExpr> dims,
                                    PatternRewriter &rewriter) {
  SmallVector<int64_t> sizes;
  for (const DimExpr &dim : dims) {
    if (!dim.isConstant())
      return rewriter.notifyMatchFailure(op, "a dimension is dynamic");
    sizes.push_back(*dim.getConstant());
  }
  TensorType dst = tensorType(op->getResult(0));
  auto type = RankedTensorType::get(*dst.getStaticShape(), rewriter.getI64Type());
  auto value = cast<ElementsAttr>(DenseElementsAttr::get(type, llvm::ArrayRef(sizes)));
  rewriter.replaceOpWithNewOp<ConstantOp>(op, dst, value);
  return success();
}

/// The shape of a static tensor is a constant.
struct StaticShapeToConstant : RewritePattern {
  explicit StaticShapeToConstant(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isa<ShapeOfOp, DimOfOp>(op))
      return failure();
    TensorType src = tensorType(op->getOperand(0));
    if (!src.hasRank() || !tensorType(op->getResult(0)).isStatic())
      return rewriter.notifyMatchFailure(op, "is not ranked yet");
    if (auto dimOf = dyn_cast<DimOfOp>(op)) {
      DimExpr size = src.getDim(normalizeAxis(dimOf.getAxis(), src.getRank()));
      return replaceBySizes(op, size, rewriter);
    }
    return replaceBySizes(op, src.getShape(), rewriter);
  }
};

/// Some dimensions of a shape: a constant if they are numbers, whatever the others.
struct KnownDimsToConstant : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto shape = op.getSrc().getDefiningOp<ShapeOfOp>();
    auto count = tensorType(op.getDst()).getStaticShape();
    auto begin = op.getBegin().getValue().getConstant();
    if (!shape || !tensorType(shape.getSrc()).hasRank() || !count || !begin ||
        op.getStep() != 1)
      return rewriter.notifyMatchFailure(op, "is not of a known shape");
    int64_t rank = tensorType(shape.getSrc()).getRank();
    int64_t first = std::clamp(normalizeAxis(*begin, rank), int64_t(0), rank);
    ArrayRef<DimExpr> dims = tensorType(shape.getSrc()).getShape();
    return replaceBySizes(op, dims.slice(first, count->front()), rewriter);
  }
};

/// A gather of one known position takes no index.
struct GatherToSelectIndex : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GatherOp op,
                                PatternRewriter &rewriter) const override {
    auto constant = op.getIndices().getDefiningOp<ConstantOp>();
    TensorType src = tensorType(op.getSrc()), indices = tensorType(op.getIndices());
    auto dense =
        constant ? dyn_cast<DenseIntElementsAttr>(constant.getValue()) : nullptr;
    if (!dense || !src.hasRank() || !indices.hasRank() || indices.getRank() != 0)
      return rewriter.notifyMatchFailure(op, "is not at one known position");
    int64_t index = dense.getSplatValue<llvm::APInt>().getSExtValue();
    int64_t axis = normalizeAxis(op.getAxis(), src.getRank());
    auto size = src.getDim(axis).getConstant();
    // Out of range it is a message in each run.
    if (!size || index < -*size || index >= *size)
      return rewriter.notifyMatchFailure(op, "may be out of range");
    rewriter.replaceOpWithNewOp<SelectIndexOp>(
        op, op.getType(), op.getSrc(), rewriter.getI64IntegerAttr(axis),
        rewriter.getI64IntegerAttr(index));
    return success();
  }
};

/// A product with a transposed constant matrix reads the matrix as it is: others may as well.
struct TransposedMatmulToLinear : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op, PatternRewriter &rewriter) const override {
    auto turned = op.getRhs().getDefiningOp<TransposeOp>();
    if (!turned || turned.getPerm() != ArrayRef<int64_t>({1, 0}) ||
        !turned.getSrc().getDefiningOp<GetParameterOp>())
      return rewriter.notifyMatchFailure(op, "is not by a transposed parameter");
    rewriter.replaceOpWithNewOp<LinearOp>(op, op.getType(), op.getLhs(), turned.getSrc(),
                                          /*bias=*/Value());
    return success();
  }
};

} // namespace

void populateConcretizePatterns(RewritePatternSet &patterns) {
  patterns.add<ViewToReshape, ExpandLikeToExpand, RandomLikeToRandom,
               SwapAxesToTranspose, TransposeToReshape, ComposeTransposes,
               DropExpandOfOperand, StaticShapeToConstant, KnownDimsToConstant,
               GatherToSelectIndex, TransposedMatmulToLinear>(
      patterns.getContext());
}

} // namespace lz
