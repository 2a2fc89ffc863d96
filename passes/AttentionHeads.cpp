// Heads of queries that share keys and values: repeating these in memory is
// needless, lz.attention repeats leading axes by itself.

#include "passes/Recognize.h"
#include "passes/Views.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

namespace {

/// lz.expand of leading axes of an operand that another one has anyway.
struct DropExpandOfHeads : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    for (OpOperand &operand : op->getOpOperands()) {
      auto expand = operand.get().getDefiningOp<ExpandOp>();
      if (!expand || !isNeedless(op, operand.get(), expand.getSrc()))
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand.set(expand.getSrc()); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no needless expansion");
  }

private:
  static bool isNeedless(AttentionOp op, Value expanded, Value src) {
    if (expanded == op.getMask())
      return true; // a mask adds nothing to the shape of the scores
    if (!haveSameMatrices(src, expanded))
      return false;
    // The query's leading axes are the result's: nothing else has to say them.
    ArrayRef<DimExpr> query = tensorType(op.getQuery()).getShape().drop_back(2);
    ArrayRef<DimExpr> result = tensorType(op.getDst()).getShape().drop_back(2);
    return expanded != op.getQuery() && query == result;
  }
};

/// Keys or values [b, groups, s, d], repeated to [b, groups * n, s, d].
struct RepeatedHeads {
  Value src; // [b, groups, 1, s, d]
  DimExpr groups, perGroup;
};

std::optional<RepeatedHeads> findRepeated(Value value) {
  auto merge = value.getDefiningOp<ReshapeOp>();
  auto expand = merge ? merge.getSrc().getDefiningOp<ExpandOp>() : ExpandOp();
  if (!expand)
    return std::nullopt;
  ArrayRef<DimExpr> src = tensorType(expand.getSrc()).getShape(),
                    dst = tensorType(expand.getDst()).getShape(),
                    merged = tensorType(value).getShape();
  if (src.size() != 5 || dst.size() != 5 || merged.size() != 4 ||
      src[2] != DimExpr(1))
    return std::nullopt;
  for (int64_t axis : {0, 1, 3, 4})
    if (src[axis] != dst[axis])
      return std::nullopt;
  if (merged[0] != dst[0] || merged[1] != dst[1] * dst[2] ||
      merged.take_back(2) != dst.take_back(2))
    return std::nullopt;
  return RepeatedHeads{expand.getSrc(), dst[1], dst[2]};
}

/// Queries in groups, each with one head of keys and values.
struct GroupHeads : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    auto key = findRepeated(op.getKey()), value = findRepeated(op.getValue());
    TensorType query = tensorType(op.getQuery());
    if (!key || !value || key->groups != value->groups ||
        query.getRank() != 4 || query.getDim(1) != key->groups * key->perGroup)
      return rewriter.notifyMatchFailure(op, "no heads are repeated");
    Value mask = op.getMask();
    if (mask && !isSplittable(mask, query.getDim(1)))
      return rewriter.notifyMatchFailure(op, "the mask has other heads");
    auto split = [&](Value v) {
      SmallVector<DimExpr> dims(tensorType(v).getShape());
      bool isWhole = dims[1] == query.getDim(1);
      dims[1] = isWhole ? key->groups : DimExpr(1);
      dims.insert(dims.begin() + 2, isWhole ? key->perGroup : DimExpr(1));
      return reshaped(rewriter, v, dims);
    };
    if (mask && tensorType(mask).getRank() == 4)
      mask = split(mask);
    SmallVector<DimExpr> dims(tensorType(op.getDst()).getShape());
    dims[1] = key->groups;
    dims.insert(dims.begin() + 2, key->perGroup);
    Value dst = AttentionOp::create(
        rewriter, op.getLoc(), tensorType(op.getDst()).cloneWithShape(dims),
        split(op.getQuery()), key->src, value->src, mask, op.getScaleAttr(),
        op.getCausalAttr());
    rewriter.replaceOp(
        op, reshaped(rewriter, dst, tensorType(op.getDst()).getShape()));
    return success();
  }

private:
  static bool isSplittable(Value mask, const DimExpr &heads) {
    TensorType type = tensorType(mask);
    if (type.getRank() <= 2)
      return true;
    return type.getRank() == 4 &&
           (type.getDim(1) == heads || type.getDim(1) == DimExpr(1));
  }
};

} // namespace

void populateAttentionHeadPatterns(RewritePatternSet &patterns) {
  patterns.add<DropExpandOfHeads, GroupHeads>(patterns.getContext());
}

} // namespace lz
