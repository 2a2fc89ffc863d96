// Folds batch norms of constant statistics into their neighbours:
// y = (x - mean) / sqrt(variance + eps) * weights + bias is y = x * scale + shift
// per channel, and scale and shift move into the weights and bias of the dense
// layer before or after.

#include "passes/FoldBatchNorm.h"

#include "ir/LzOps.h"
#include "ir/Values.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using llvm::SmallVector;

namespace lz {

namespace {

/// Builds elementwise ops at one place, their types inferred by broadcasting of
/// static shapes: all that folding needs.
class Builder {
public:
  Builder(PatternRewriter &rewriter, Location loc)
      : rewriter(rewriter), loc(loc) {}

  /// The wider operand's shape is the result's.
  template <typename OpTy> Value binary(Value lhs, Value rhs) {
    TensorType a = tensorType(lhs), b = tensorType(rhs);
    bool second = a.getRank() < b.getRank() ||
                  (a.getRank() == b.getRank() &&
                   *a.getNumElements() < *b.getNumElements());
    return OpTy::create(rewriter, loc, second ? b : a, lhs, rhs);
  }
  template <typename OpTy> Value unary(Value src) {
    return OpTy::create(rewriter, loc, src.getType(), src);
  }
  Value scalar(Type type, double value) {
    auto attr = DenseElementsAttr::get(RankedTensorType::get({}, type),
                                       rewriter.getFloatAttr(type, value));
    return ConstantOp::create(rewriter, loc,
                              TensorType::getStatic(type.getContext(), {}, type),
                              cast<ElementsAttr>(attr));
  }
  Value cast_(Value src, Type type) {
    if (tensorType(src).getElementType() == type)
      return src;
    return CastOp::create(rewriter, loc, tensorType(src).cloneWith(type), src);
  }
  Value reshape(Value src, ArrayRef<int64_t> shape) {
    return toShape<ReshapeOp>(src, shape);
  }
  Value expand(Value src, ArrayRef<int64_t> shape) {
    return toShape<ExpandOp>(src, shape);
  }

private:
  /// Nothing where src has the shape already.
  template <typename OpT> Value toShape(Value src, ArrayRef<int64_t> shape) {
    TensorType type = TensorType::getStatic(
        src.getContext(), shape, tensorType(src).getElementType());
    if (type == src.getType())
      return src;
    return OpT::create(rewriter, loc, type, src,
                       DimArrayAttr::get(src.getContext(), shape));
  }

  PatternRewriter &rewriter;
  Location loc;
};

/// y = x * scale + shift along the channels, in at least f32.
struct Affine {
  Value scale, shift;
};

} // namespace

/// `producerBias`, null for none, is added to the norm's input by the layer
/// before it. It meets the mean first: the two are often large and close.
static Affine makeAffine(Builder &build, BatchNormOp norm,
                         Value producerBias = {}) {
  Type type = tensorType(norm.getVariance()).getElementType();
  if (type.getIntOrFloatBitWidth() < 32)
    type = Float32Type::get(type.getContext());
  auto wide = [&](Value value) { return build.cast_(value, type); };
  Value shifted = build.binary<AddOp>(
      wide(norm.getVariance()),
      build.scalar(type, norm.getEps().convertToDouble()));
  Value scale = build.unary<RsqrtOp>(shifted);
  if (norm.getWeights())
    scale = build.binary<MulOp>(scale, wide(norm.getWeights()));
  Value center = wide(norm.getMean());
  center = producerBias ? build.binary<SubOp>(wide(producerBias), center)
                        : build.unary<NegOp>(center);
  Value shift = build.binary<MulOp>(center, scale);
  if (norm.getBias())
    shift = build.binary<AddOp>(shift, wide(norm.getBias()));
  return {scale, shift};
}

static bool hasConstantStatistics(BatchNormOp norm) {
  return tensorType(norm.getMean()).isStatic() &&
         llvm::all_of(llvm::drop_begin(norm->getOperands()), isConstantValue);
}

/// The scale in the shape in which it multiplies `weights`, whose outputs lie
/// on axis 0 (conv, linear) or, by groups, on axis 1 (conv_transpose).
static Value scaleForOutputs(Builder &build, Operation *dense, Value scale) {
  SmallVector<int64_t> shape =
      *tensorType(dense->getOperand(1)).getStaticShape();
  SmallVector<int64_t> ones(shape.size(), 1);
  auto transposed = dyn_cast<ConvTransposeOp>(dense);
  if (!transposed) {
    ones[0] = shape[0];
    return build.reshape(scale, ones);
  }
  int64_t groups = transposed.getGroups();
  Value byGroup = build.reshape(scale, {groups, 1, shape[1]});
  Value repeated =
      build.expand(byGroup, {groups, shape[0] / groups, shape[1]});
  ones[0] = shape[0];
  ones[1] = shape[1];
  return build.reshape(repeated, ones);
}

/// Whether the channels of what `dense` reads and writes are axis 1, as a batch
/// norm has them.
static bool hasChannelsOnAxis1(Operation *dense) {
  auto conv = dyn_cast<ConvOp>(dense);
  auto transposed = dyn_cast<ConvTransposeOp>(dense);
  return !(conv && conv.getChannelsLast()) &&
         !(transposed && transposed.getChannelsLast());
}

/// Whether a norm after `dense` can be part of it: same channels, constant weights
/// of static shape.
static bool isFoldableProducer(Operation *dense) {
  if (!dense || !dense->hasOneUse() ||
      !isa<ConvOp, ConvTransposeOp, LinearOp>(dense))
    return false;
  TensorType type = tensorType(dense->getResult(0));
  int64_t rank = tensorType(dense->getOperand(1)).getRank();
  if (isa<LinearOp>(dense) && rank != 2)
    return false; // panels, whose axis 0 is not the channels
  return type.hasRank() && type.getRank() == rank && hasChannelsOnAxis1(dense) &&
         tensorType(dense->getOperand(1)).isStatic() &&
         llvm::all_of(llvm::drop_begin(dense->getOperands()), isConstantValue);
}

/// A copy of `dense` with other weights and a bias.
static Value cloneDense(PatternRewriter &rewriter, Operation *dense, Value src,
                        Value weights, Value bias) {
  Operation *copy = rewriter.clone(*dense);
  copy->setOperands({src, weights, bias});
  return copy->getResult(0);
}

namespace {

struct FoldIntoProducer : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BatchNormOp norm,
                                PatternRewriter &rewriter) const override {
    Operation *dense = norm.getSrc().getDefiningOp();
    if (!hasConstantStatistics(norm))
      return rewriter.notifyMatchFailure(norm, "statistics are not constant");
    if (!isFoldableProducer(dense))
      return rewriter.notifyMatchFailure(norm, "no dense layer before it");
    Builder build(rewriter, norm.getLoc());
    bool hasBias = dense->getNumOperands() > 2;
    auto [scale, shift] =
        makeAffine(build, norm, hasBias ? dense->getOperand(2) : Value());
    Value weights = dense->getOperand(1);
    Type type = tensorType(weights).getElementType();
    Type wide = tensorType(scale).getElementType();
    Value newWeights = build.binary<MulOp>(
        build.cast_(weights, wide), scaleForOutputs(build, dense, scale));
    rewriter.setInsertionPoint(norm);
    rewriter.replaceOp(norm, cloneDense(rewriter, dense, dense->getOperand(0),
                                        build.cast_(newWeights, type),
                                        build.cast_(shift, type)));
    return success();
  }
};

/// The only user of the norm, if scale and shift can move into it: a linear
/// layer on rank 2 or a convolution that pads nothing (zeros of the padding
/// would be shifted).
static Operation *findConsumer(BatchNormOp norm) {
  Operation *user = norm->hasOneUse() ? *norm->user_begin() : nullptr;
  if (!user || user->getOperand(0) != norm.getResult() ||
      !isa<ConvOp, LinearOp>(user) || !hasChannelsOnAxis1(user))
    return nullptr;
  TensorType weights = tensorType(user->getOperand(1));
  if (!weights.isStatic() || weights.getRank() != tensorType(norm.getDst()).getRank() ||
      !llvm::all_of(llvm::drop_begin(user->getOperands()), isConstantValue))
    return nullptr;
  auto conv = dyn_cast<ConvOp>(user);
  auto isZero = [](int64_t pad) { return pad == 0; };
  if (conv && (conv.getGroups() != 1 ||
               !llvm::all_of(conv.getPadsBegin(), isZero) ||
               !llvm::all_of(conv.getPadsEnd(), isZero)))
    return nullptr;
  return user;
}

/// weights [out, in, *kernel] times shift [in], summed over all but out.
static Value applyToShift(Builder &build, PatternRewriter &rewriter,
                          Value weights, Value shift) {
  SmallVector<int64_t> shape = *tensorType(weights).getStaticShape();
  SmallVector<int64_t> ones(shape.size(), 1);
  ones[1] = shape[1];
  Value products =
      build.binary<MulOp>(weights, build.reshape(shift, ones));
  int64_t rest = 1;
  for (int64_t size : llvm::drop_begin(shape))
    rest *= size;
  Value rows = build.reshape(products, {shape[0], rest});
  TensorType type = TensorType::getStatic(
      weights.getContext(), {shape[0]}, tensorType(weights).getElementType());
  return ReduceOp::create(rewriter, weights.getLoc(), type, rows,
                          ReduceKind::Sum,
                          /*axes=*/ArrayRef<int64_t>{1}, /*keep_dims=*/false);
}

struct FoldIntoConsumer : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BatchNormOp norm,
                                PatternRewriter &rewriter) const override {
    if (!hasConstantStatistics(norm) ||
        isFoldableProducer(norm.getSrc().getDefiningOp()))
      return rewriter.notifyMatchFailure(norm, "folds elsewhere or not at all");
    Operation *dense = findConsumer(norm);
    if (!dense)
      return rewriter.notifyMatchFailure(norm, "no dense layer after it");
    rewriter.setInsertionPoint(dense);
    Builder build(rewriter, norm.getLoc());
    auto [scale, shift] = makeAffine(build, norm);
    Type type = tensorType(dense->getOperand(1)).getElementType();
    Type wide = tensorType(scale).getElementType();
    Value weights = build.cast_(dense->getOperand(1), wide);
    SmallVector<int64_t> ones(tensorType(weights).getRank(), 1);
    ones[1] = tensorType(weights).getStaticShape()->operator[](1);
    Value newWeights =
        build.binary<MulOp>(weights, build.reshape(scale, ones));
    Value bias = applyToShift(build, rewriter, weights, shift);
    if (dense->getNumOperands() > 2)
      bias = build.binary<AddOp>(bias, build.cast_(dense->getOperand(2), wide));
    rewriter.replaceOp(dense, cloneDense(rewriter, dense, norm.getSrc(),
                                         build.cast_(newWeights, type),
                                         build.cast_(bias, type)));
    return success();
  }
};

/// What is left is one multiplication and one addition, which fuse with
/// whatever is around them.
struct BatchNormToAffine : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BatchNormOp norm,
                                PatternRewriter &rewriter) const override {
    TensorType type = tensorType(norm.getDst());
    if (!hasConstantStatistics(norm) || !type.hasRank())
      return rewriter.notifyMatchFailure(norm, "statistics are not constant");
    if (isFoldableProducer(norm.getSrc().getDefiningOp()) || findConsumer(norm))
      return rewriter.notifyMatchFailure(norm, "folds into a neighbour");
    Builder build(rewriter, norm.getLoc());
    auto [scale, shift] = makeAffine(build, norm);
    // [C, 1, ...] aligns with axis 1 from the right.
    SmallVector<int64_t> shape(type.getRank() - 1, 1);
    shape[0] = *tensorType(norm.getMean()).getNumElements();
    Type wide = tensorType(scale).getElementType();
    TensorType wideType = type.cloneWith(wide);
    Location loc = norm.getLoc();
    Value scaled =
        MulOp::create(rewriter, loc, wideType, build.cast_(norm.getSrc(), wide),
                      build.reshape(scale, shape));
    Value result = AddOp::create(rewriter, loc, wideType, scaled,
                                 build.reshape(shift, shape));
    rewriter.replaceOp(norm, build.cast_(result, type.getElementType()));
    return success();
  }
};

} // namespace

void populateFoldBatchNormPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldIntoProducer, FoldIntoConsumer, BatchNormToAffine>(
      patterns.getContext());
}

} // namespace lz
