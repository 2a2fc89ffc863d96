// Two products with a softmax between them are lz.attention. What stands between is
// followed link by link (AttentionChain.h); here its parts become operands again.

#include "passes/AttentionChain.h"
#include "passes/AttentionMasks.h"
#include "passes/PermuteRules.h"
#include "passes/Recognize.h"
#include "passes/Views.h"

#include <cmath>

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

static SmallVector<DimExpr> joined(ArrayRef<DimExpr> front,
                                   ArrayRef<DimExpr> back) {
  SmallVector<DimExpr> dims(front);
  llvm::append_range(dims, back);
  return dims;
}

/// `value` with other leading axes.
static Value withBatch(OpBuilder &builder, Value value,
                       ArrayRef<DimExpr> batch) {
  return reshaped(builder, value,
                  joined(batch, tensorType(value).getShape().take_back(2)));
}

/// `value` with its last two axes exchanged: by undoing a transpose where there is
/// one, behind reshapes of leading axes too.
static Value swapLastTwo(OpBuilder &builder, Value value) {
  ArrayRef<DimExpr> shape = tensorType(value).getShape();
  auto reshape = value.getDefiningOp<ReshapeOp>();
  if (reshape && haveSameMatrices(reshape.getSrc(), value))
    return withBatch(builder, swapLastTwo(builder, reshape.getSrc()),
                     shape.drop_back(2));
  Permutation perm =
      llvm::to_vector<6>(llvm::seq<int64_t>(0, static_cast<int64_t>(shape.size())));
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  Value src = value;
  if (auto before = value.getDefiningOp<TransposeOp>()) {
    src = before.getSrc();
    for (int64_t &axis : perm)
      axis = before.getPerm()[axis];
  }
  return transposed(builder, src, perm);
}

/// What `value` is a multiple of; the number goes into `scale`.
static Value peelScale(Value value, const KnownNumbers &numbers, double &scale) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<MulOp, DivOp>(op) || !value.hasOneUse())
    return value;
  Value src = op->getOperand(0);
  std::optional<double> number = numbers.splat(op->getOperand(1));
  if (!number && isa<MulOp>(op)) {
    src = op->getOperand(1);
    number = numbers.splat(op->getOperand(0));
  }
  if (!number || src.getType() != value.getType())
    return value;
  scale *= isa<MulOp>(op) ? *number : 1 / *number;
  return src;
}

namespace {

/// Makes one lz.attention of what was found.
class AttentionMaker {
public:
  AttentionMaker(MatmulOp root, ScoreChain chain, const KnownNumbers &numbers,
                 PatternRewriter &rewriter)
      : root(root), chain(std::move(chain)), numbers(numbers), b(rewriter),
        element(tensorType(root.getRhs()).getElementType()) {}

  /// Null, and nothing made, with why in `refusal`.
  Value make();
  const char *refusal = nullptr;

private:
  bool hasFittingTypes();
  bool chooseBatch();
  bool areMasksFit();
  bool isFit(const ScoreMask &mask) const;
  bool areSummandsExact() const;
  bool isCausal(const ScoreMask &mask) const;
  bool isInfinite(const ScoreMask &mask) const;
  void sortOutCausal();
  Value operandOf(Value value, ArrayRef<DimExpr> from);
  Value makeMask();
  Value asSummand(const ScoreMask &mask);
  Value asCondition(const ScoreMask &mask);
  Value fitted(Value value, Type type);
  Value constant(double number);

  MatmulOp root;
  ScoreChain chain;
  const KnownNumbers &numbers;
  PatternRewriter &b;
  Type element;
  /// The leading axes that the masks were made for.
  SmallVector<DimExpr> batch;
  bool causal = false;
};

/// Whether a mask has a dimension other than 1 in front of the last two.
bool dependsOnBatch(const ScoreMask &mask) {
  TensorType type = tensorType(mask.value);
  return type.getRank() > 2 &&
         llvm::any_of(batchOf(mask.value),
                      [](const DimExpr &dim) { return dim != DimExpr(1); });
}

bool AttentionMaker::hasFittingTypes() {
  auto isElement = [&](Value value) {
    return !value || tensorType(value).getElementType() == element;
  };
  return isElement(chain.query) && isElement(chain.key) &&
         isElement(chain.transposedKey) && isa<FloatType>(element);
}

/// All masks and operands have to be had with the same leading axes.
bool AttentionMaker::chooseBatch() {
  batch = chain.productBatch;
  for (const ScoreMask &mask : chain.masks)
    if (dependsOnBatch(mask))
      batch = mask.batch;
  for (const ScoreMask &mask : chain.masks)
    if (dependsOnBatch(mask) && mask.batch != batch)
      return false;
  // Other leading axes can be given to an operand that has all of them only.
  auto hasAll = [&](Value value, ArrayRef<DimExpr> all) {
    return !value || ArrayRef<DimExpr>(batch) == all || batchOf(value) == all;
  };
  return hasAll(chain.query, chain.productBatch) &&
         hasAll(chain.transposedKey, chain.productBatch) &&
         hasAll(chain.key, chain.productBatch) &&
         hasAll(root.getRhs(), batchOf(root.getLhs()));
}

/// A choice is exact as a mask if what it puts in place of scores is as good as
/// minus infinity, also after scaling.
bool AttentionMaker::isFit(const ScoreMask &mask) const {
  if (!mask.replacement)
    return isa<FloatType>(tensorType(mask.value).getElementType());
  return mask.factor > 0 &&
         isMaskedScore(*mask.replacement * mask.factor, element);
}

bool AttentionMaker::areMasksFit() {
  return llvm::all_of(chain.masks, [&](const ScoreMask &mask) {
    TensorType type = tensorType(mask.value);
    int64_t rank = mask.batch.size() + 2;
    return type.hasRank() && type.getRank() <= rank && isFit(mask);
  });
}

/// Masks that are added become elements of the queries' type: those of another are
/// the same only if it holds all their numbers.
bool AttentionMaker::areSummandsExact() const {
  auto isHeld = [&](double number) {
    return numberAs(number, element) == number;
  };
  return llvm::all_of(chain.masks, [&](const ScoreMask &mask) {
    Type type = tensorType(mask.value).getElementType();
    if (mask.replacement || type == element || element.isF64() ||
        (element.isF32() && !type.isF64()))
      return true;
    std::optional<double> number = numbers.splat(mask.value);
    return number ? isHeld(*number)
                  : numbers.all(mask.value, [&](int64_t, double each) {
                      return isHeld(each);
                    });
  });
}

//===----------------------------------------------------------------------===//
// Causal masks
//===----------------------------------------------------------------------===//

bool AttentionMaker::isCausal(const ScoreMask &mask) const {
  // A mask that repeats one row is none.
  DimExpr rows = tensorType(chain.query).getShape().drop_back().back();
  ArrayRef<DimExpr> shape = tensorType(mask.value).getShape();
  if (shape.size() < 2 || shape[shape.size() - 2] != rows ||
      shape.back() == DimExpr(1) || mask.factor <= 0)
    return false;
  if (!mask.replacement)
    return isCausalSummand(mask.value, mask.factor, element, numbers);
  return !mask.isInverted ? isCausalCondition(mask.value, numbers)
                          : isAboveCausalCondition(mask.value, numbers);
}

bool AttentionMaker::isInfinite(const ScoreMask &mask) const {
  return mask.replacement ? *mask.replacement == -INFINITY
                          : isInfiniteSummand(mask.value, numbers);
}

/// Takes causal masks out. One that masks by a finite number stays beside others:
/// both together might leave a query without any key.
void AttentionMaker::sortOutCausal() {
  SmallVector<ScoreMask> others, causals;
  for (ScoreMask &mask : chain.masks)
    (isCausal(mask) ? causals : others).push_back(mask);
  SmallVector<ScoreMask> kept(others);
  for (const ScoreMask &mask : causals) {
    bool isDropped = others.empty() || isInfinite(mask);
    causal |= isDropped;
    if (!isDropped)
      kept.push_back(mask);
  }
  chain.masks.assign(kept.begin(), kept.end());
}

//===----------------------------------------------------------------------===//
// Masks as operands
//===----------------------------------------------------------------------===//

Value AttentionMaker::constant(double number) {
  auto type = RankedTensorType::get({}, element);
  auto value = DenseElementsAttr::get(type, b.getFloatAttr(element, number));
  return ConstantOp::create(b, root.getLoc(),
                            TensorType::getStatic(b.getContext(), {}, element),
                            cast<ElementsAttr>(value));
}

/// Of another element type, and without leading axes of 1.
Value AttentionMaker::fitted(Value value, Type type) {
  if (tensorType(value).getElementType() != type)
    value = CastOp::create(b, value.getLoc(), value, type);
  ArrayRef<DimExpr> shape = tensorType(value).getShape();
  while (shape.size() > 2 && shape.front() == DimExpr(1))
    shape = shape.drop_front();
  return reshaped(b, value, shape);
}

/// True where scores are kept.
Value AttentionMaker::asCondition(const ScoreMask &mask) {
  Value value = fitted(mask.value, b.getI1Type());
  return mask.isInverted
             ? LogicalNotOp::create(b, value.getLoc(), value.getType(), value)
             : value;
}

Value AttentionMaker::asSummand(const ScoreMask &mask) {
  if (!mask.replacement) {
    Value value = fitted(mask.value, element);
    return mask.factor == 1 ? value
                            : MulOp::create(b, value.getLoc(), value.getType(),
                                            value, constant(mask.factor));
  }
  Value condition = fitted(mask.value, b.getI1Type());
  Value none = constant(0), masked = constant(*mask.replacement * mask.factor);
  return SelectOp::create(b, condition.getLoc(),
                          tensorType(condition).cloneWith(element), condition,
                          mask.isInverted ? masked : none,
                          mask.isInverted ? none : masked);
}

/// The shape of the sum of two masks.
static TensorType broadcastOf(TensorType a, TensorType b) {
  if (a.getRank() < b.getRank())
    std::swap(a, b);
  SmallVector<DimExpr> dims(a.getShape());
  for (int64_t i = 1; i <= b.getRank(); ++i)
    if (DimExpr &dim = dims[dims.size() - i]; dim == DimExpr(1))
      dim = b.getDim(b.getRank() - i);
  return a.cloneWithShape(dims);
}

/// All masks as one; null if there is none.
Value AttentionMaker::makeMask() {
  if (chain.masks.empty())
    return {};
  const ScoreMask &first = chain.masks.front();
  if (chain.masks.size() == 1 && first.replacement &&
      *first.replacement == -INFINITY)
    return asCondition(first);
  Value sum = asSummand(first);
  for (const ScoreMask &mask : llvm::drop_begin(chain.masks)) {
    Value next = asSummand(mask);
    sum = AddOp::create(b, root.getLoc(),
                        broadcastOf(tensorType(sum), tensorType(next)), sum,
                        next);
  }
  return sum;
}

//===----------------------------------------------------------------------===//
// The op
//===----------------------------------------------------------------------===//

/// An operand of a product with leading axes `from`, with those of the attention.
Value AttentionMaker::operandOf(Value value, ArrayRef<DimExpr> from) {
  return from == ArrayRef<DimExpr>(batch) ? value : withBatch(b, value, batch);
}

Value AttentionMaker::make() {
  refusal = !hasFittingTypes() ? "query, key and value have several types"
            : !areMasksFit()   ? "a mask is not as good as minus infinity"
            : !chooseBatch()   ? "masks have other leading axes than products"
                               : nullptr;
  double scale = chain.scale;
  // Before what is checked of those that stay operands.
  if (!refusal)
    sortOutCausal();
  if (!refusal && !areSummandsExact())
    refusal = "a mask has numbers that the queries' type does not hold";
  chain.query = peelScale(chain.query, numbers, scale);
  Value &key = chain.key ? chain.key : chain.transposedKey;
  key = peelScale(key, numbers, scale);
  if (!std::isfinite(scale) || scale == 0)
    refusal = "the scale is no number to multiply by";
  if (refusal)
    return {};
  if (!chain.key)
    chain.key = swapLastTwo(b, chain.transposedKey);
  Value query = operandOf(chain.query, chain.productBatch);
  Value value = operandOf(root.getRhs(), batchOf(root.getLhs()));
  Value operand = operandOf(chain.key, chain.productBatch);
  ArrayRef<DimExpr> result = tensorType(root.getDst()).getShape();
  bool isSame = batchOf(root.getLhs()) == ArrayRef<DimExpr>(batch);
  TensorType type = tensorType(root.getDst())
                        .cloneWithShape(isSame ? SmallVector<DimExpr>(result)
                                               : joined(batch, result.take_back(2)));
  Value dst = AttentionOp::create(b, root.getLoc(), type, query, operand, value,
                                  makeMask(), llvm::APFloat(scale), causal);
  return reshaped(b, dst, result);
}

struct DecomposedAttention : OpRewritePattern<MatmulOp> {
  DecomposedAttention(MLIRContext *context, const KnownNumbers &numbers)
      : OpRewritePattern(context), numbers(numbers) {}

  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    if (!tensorType(op.getRhs()).hasRank() ||
        tensorType(op.getRhs()).getRank() < 2 || !op.getLhs().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no values are weighted");
    SoftmaxOp softmax = findSoftmax(op.getLhs(), numbers);
    if (!softmax || !servesOnly(softmax.getSrc(), op))
      return rewriter.notifyMatchFailure(op, "no softmax before it");
    auto chain = followScores(softmax.getSrc(), numbers);
    if (!chain)
      return rewriter.notifyMatchFailure(op, "the scores are no product");
    AttentionMaker maker(op, std::move(*chain), numbers, rewriter);
    Value attention = maker.make();
    if (!attention)
      return rewriter.notifyMatchFailure(op, maker.refusal);
    rewriter.replaceOp(op, attention);
    return success();
  }

  const KnownNumbers &numbers;
};

} // namespace

void populateAttentionPatterns(RewritePatternSet &patterns,
                               const KnownNumbers &numbers) {
  patterns.add<DecomposedAttention>(patterns.getContext(), numbers);
  populateAttentionHeadPatterns(patterns);
}

} // namespace lz
