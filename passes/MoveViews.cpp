// The pass lz-move-views: a view between a dense layer and the elementwise ops that
// follow it keeps them from being its post-ops. It goes before the layer or behind
// them, whichever its shape allows.

#include "passes/Concretize.h"
#include "passes/FuseRules.h"
#include "passes/Globals.h"
#include "passes/Passes.h"
#include "passes/Views.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_MOVEVIEWSPASS
#include "passes/Passes.h.inc"

/// Further layers are found from there.
constexpr int kMaxPostOps = 8;

/// Whether `value` is a dense layer's result, perhaps with post-ops, that nothing
/// else uses.
static bool isBehindDense(Value value, int depth = kMaxPostOps) {
  Operation *op = value.getDefiningOp();
  if (!op || !value.hasOneUse() || depth == 0)
    return false;
  if (isDense(op))
    return true;
  return isElementwise(op) && llvm::any_of(op->getOperands(), [&](Value operand) {
           return tensorType(operand) == tensorType(value) &&
                  isBehindDense(operand, depth - 1);
         });
}

/// Whether the last axis of two or more is left as it is.
static bool keepsLastAxis(ReshapeOp op) {
  TensorType src = tensorType(op.getSrc()), dst = tensorType(op.getDst());
  return src.getRank() > 1 && dst.getRank() > 1 &&
         src.getShape().back() == dst.getShape().back();
}

/// Whether each row of the result is made of one row of the first operand.
static bool mapsRows(Operation *op) {
  bool isMatrixProduct =
      isa<MatmulOp>(op) && tensorType(op->getOperand(1)).getRank() == 2;
  return (isa<LinearOp>(op) || isMatrixProduct) &&
         tensorType(op->getOperand(0)).getRank() > 1;
}

/// Whether a reshape that keeps rows may go before what made `value`: a layer that
/// maps rows, perhaps with post-ops, that nothing else uses.
static bool isHoistable(Value value, int depth = kMaxPostOps) {
  Operation *op = value.getDefiningOp();
  if (!op || !value.hasOneUse() || depth == 0)
    return false;
  if (mapsRows(op))
    return true;
  if (!isElementwise(op)) // its operands need not be tensors
    return false;
  bool isFound = false;
  for (Value operand : op->getOperands()) {
    TensorType type = tensorType(operand);
    bool isWhole = haveSameShape(type, tensorType(value));
    if (!isWhole && type.getRank() > 1 && !isOneElement(type))
      return false; // broadcast along rows
    isFound |= isWhole && isHoistable(operand, depth - 1);
  }
  return isFound;
}

namespace {

/// Rows are rows in any number of leading axes: reshape(linear(x)) is
/// linear(reshape(x)), and so is a matmul with one matrix.
struct HoistOverDense : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *dense = op.getSrc().getDefiningOp();
    if (!dense || !mapsRows(dense) || !op.getSrc().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no layer of its own before it");
    Value src = dense->getOperand(0);
    if (!keepsLastAxis(op))
      return rewriter.notifyMatchFailure(op, "it does not keep rows");
    SmallVector<DimExpr> shape(tensorType(op.getDst()).getShape());
    shape.back() = tensorType(src).getShape().back();
    Value rows = reshaped(rewriter, src, shape);
    Operation *moved = rewriter.clone(*dense);
    rewriter.modifyOpInPlace(moved, [&] {
      moved->setOperand(0, rows);
      moved->getResult(0).setType(op.getType());
    });
    rewriter.replaceOp(op, moved->getResults());
    return success();
  }
};

/// reshape(f(x, y)) of post-ops is f(reshape(x), reshape(y)), if the reshape then
/// passes the layer before them too.
struct HoistOverPostOps : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *post = op.getSrc().getDefiningOp();
    if (!post || !isElementwise(post) || !keepsLastAxis(op) ||
        !isHoistable(op.getSrc()))
      return rewriter.notifyMatchFailure(op, "no layer before it");
    TensorType before = tensorType(op.getSrc()), after = tensorType(op.getDst());
    SmallVector<Value> operands;
    for (Value operand : post->getOperands()) {
      TensorType type = tensorType(operand);
      // One element must not bring more axes than the result has.
      bool isLonger = isOneElement(type) && type.getRank() > after.getRank();
      operands.push_back(haveSameShape(type, before)
                             ? reshaped(rewriter, operand, after.getShape())
                         : isLonger ? reshaped(rewriter, operand, {})
                                    : operand);
    }
    Operation *moved = rewriter.clone(*post);
    rewriter.modifyOpInPlace(moved, [&] {
      moved->setOperands(operands);
      moved->getResult(0).setType(after);
    });
    rewriter.replaceOp(op, moved->getResults());
    return success();
  }
};

/// f(reshape(x), number) is reshape(f(x, number)): where the reshape splits what a
/// layer wrote.
struct SinkBelowPostOp : OpTraitRewritePattern<LzElementwise> {
  using OpTraitRewritePattern<LzElementwise>::OpTraitRewritePattern;

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    ReshapeOp view;
    for (Value operand : op->getOperands()) {
      auto reshape = operand.getDefiningOp<ReshapeOp>();
      bool isNumber = tensorType(operand).hasRank() &&
                      isOneElement(tensorType(operand));
      if (isNumber)
        continue;
      if (!reshape || view || !operand.hasOneUse())
        return rewriter.notifyMatchFailure(op, "not of a view and numbers");
      view = reshape;
    }
    TensorType result = tensorType(op->getResult(0));
    if (!view || !haveSameShape(tensorType(view.getDst()), result) ||
        !isBehindDense(view.getSrc()))
      return rewriter.notifyMatchFailure(op, "not behind a dense layer");
    if (keepsLastAxis(view) && isHoistable(view.getSrc()))
      return rewriter.notifyMatchFailure(op, "the view goes the other way");
    TensorType src = tensorType(view.getSrc());
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      bool isLonger = tensorType(operand).getRank() > src.getRank();
      operands.push_back(operand == view.getDst() ? view.getSrc()
                         : isLonger ? reshaped(rewriter, operand, {})
                                    : operand);
    }
    Operation *moved = rewriter.clone(*op);
    rewriter.modifyOpInPlace(moved, [&] {
      moved->setOperands(operands);
      moved->getResult(0).setType(result.cloneWithShape(src.getShape()));
    });
    rewriter.replaceOp(
        op, reshaped(rewriter, moved->getResult(0), result.getShape()));
    return success();
  }
};

/// A slice whose axis the reshape splits is one of the split axis's first part, if it
/// begins and ends between parts: slices, transposes and attention are then neighbours.
struct HoistOverSlice : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto slice = op.getSrc().getDefiningOp<SliceOp>();
    if (!slice || !op.getSrc().hasOneUse() || slice.getStep() != 1)
      return rewriter.notifyMatchFailure(op, "no slice of its own before it");
    TensorType whole = tensorType(slice.getSrc()), part = tensorType(op.getSrc()),
               split = tensorType(op.getDst());
    int64_t axis = slice.getAxis() < 0 ? slice.getAxis() + part.getRank()
                                       : slice.getAxis();
    auto begin = slice.getBegin().getValue().getConstant();
    auto size = whole.getDim(axis).getConstant();
    auto partSize = part.getDim(axis).getConstant();
    auto inner = findInner(part, split, axis);
    if (!begin || !size || !partSize || !inner || *begin < 0 ||
        *begin % *inner != 0 || *size % *inner != 0 || *partSize % *inner != 0)
      return rewriter.notifyMatchFailure(op, "it splits another axis, or parts");
    SmallVector<DimExpr> shape(split.getShape());
    shape[axis] = DimExpr(*size / *inner);
    Value view = reshaped(rewriter, slice.getSrc(), shape);
    rewriter.replaceOpWithNewOp<SliceOp>(op, split, view, axis,
                                         DimExpr(*begin / *inner),
                                         DimExpr((*begin + *partSize) / *inner));
    return success();
  }

private:
  /// How many elements of `axis` become one of that axis of the reshaped tensor; the
  /// other axes have to stay. Nullopt if it is something else.
  static std::optional<int64_t> findInner(TensorType part, TensorType split,
                                          int64_t axis) {
    int64_t added = split.getRank() - part.getRank();
    if (added < 1)
      return std::nullopt;
    ArrayRef<DimExpr> from = part.getShape(), to = split.getShape();
    if (from.take_front(axis) != to.take_front(axis) ||
        from.drop_front(axis + 1) != to.drop_front(axis + 1 + added))
      return std::nullopt;
    DimExpr inner(1);
    for (const DimExpr &dim : to.slice(axis + 1, added))
      inner = inner * dim;
    auto number = inner.getConstant();
    return number && *number > 0 && inner * to[axis] == from[axis] ? number
                                                                   : std::nullopt;
  }
};

struct MoveViewsPass : impl::MoveViewsPassBase<MoveViewsPass> {
  using MoveViewsPassBase::MoveViewsPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet all(context);
    all.add<HoistOverDense, HoistOverPostOps, HoistOverSlice, SinkBelowPostOp>(
        context);
    populateConcretizePatterns(all);
    patterns = std::move(all);
    return success();
  }

  void runOnOperation() override {
    for (FuncOp function : definedFunctions(getOperation()))
      if (failed(applyPatternsGreedily(function, patterns)))
        function.emitWarning("the views did not settle");
  }

  FrozenRewritePatternSet patterns;
};

} // namespace

} // namespace lz
