//===- Decompose.cpp - several kernels instead of one ---------------------===//
//
// See the header. New ops get the location of the op they come from, so that reports
// and profiles keep the user's name.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Decompose.h"
#include "backends/cpu/lower/SymbolFacts.h"

#include "ir/LzOps.h"

#include "mlir/IR/Builders.h"

#include <cmath>

using namespace mlir;

namespace lz::cpu {

static bool isInFused(Operation *op) { return op->getParentOfType<FusedOp>() != nullptr; }

static TensorType typeOf(Value value) { return cast<TensorType>(value.getType()); }

//===----------------------------------------------------------------------===//
// lz.conv, lz.pool
//===----------------------------------------------------------------------===//

template <typename OpT> static bool isPadded(OpT op) {
  auto isZero = [](int64_t pad) { return pad == 0; };
  return !llvm::all_of(op.getPadsBegin(), isZero) ||
         !llvm::all_of(op.getPadsEnd(), isZero);
}

/// `value` is what the op takes padding for.
template <typename OpT> static void movePaddingOut(OpT op, double value) {
  OpBuilder b(op);
  TensorType type = typeOf(op.getSrc());
  SmallVector<DimExpr> dims(type.getShape());
  int64_t spatial = op.getSpatialRank();
  int64_t lead = op.getSpatialAxis(type.getRank());
  // For the last axes: the spatial ones, and channels that come after them.
  SmallVector<int64_t> begin(op.getPadsBegin()), end(op.getPadsEnd());
  begin.resize(type.getRank() - lead);
  end.resize(type.getRank() - lead);
  for (int64_t i = 0; i < spatial; ++i)
    dims[lead + i] = dims[lead + i] + begin[i] + end[i];
  Value padded =
      PadOp::create(b, op.getLoc(), type.cloneWithShape(dims), op.getSrc(),
                    begin, end, APFloat(value));
  SmallVector<int64_t> none(spatial, 0);
  op.getSrcMutable().assign(padded);
  op.setPadsBegin(none);
  op.setPadsEnd(none);
}

//===----------------------------------------------------------------------===//
// lz.attention
//===----------------------------------------------------------------------===//

namespace {

/// Rewrites one attention.
class AttentionSplitter {
public:
  explicit AttentionSplitter(AttentionOp op)
      : op(op), b(op), loc(op.getLoc()),
        element(typeOf(op.getQuery()).getElementType()) {
    auto result = typeOf(op.getDst()).getShape();
    scoreDims.assign(result.begin(), result.end());
    scoreDims.back() = typeOf(op.getKey()).getShape().drop_back().back();
  }

  void rewrite();

private:
  TensorType scores(Type type) {
    return TensorType::get(b.getContext(), scoreDims, type);
  }
  Value constant(double value) {
    auto shape = DimArrayAttr::get(b.getContext(), ArrayRef<DimExpr>());
    auto type = TensorType::get(b.getContext(), {}, element);
    return FullOp::create(b, loc, type, shape, b.getF64FloatAttr(value));
  }
  Value maskedScores();
  Value transposed(Value key);
  Value scale(Value query);
  Value causalMask();
  Value masked(Value scores, Value mask);
  Value zeroIfMasked(Value weights, Value scores);

  AttentionOp op;
  OpBuilder b;
  Location loc;
  Type element;
  SmallVector<DimExpr> scoreDims;
};

Value AttentionSplitter::transposed(Value key) {
  TensorType type = typeOf(key);
  SmallVector<DimExpr> dims(type.getShape());
  auto perm = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return TransposeOp::create(b, loc, type.cloneWithShape(dims), key, perm);
}

/// What scores are multiplied by: given, or 1 / sqrt(depth).
Value AttentionSplitter::scale(Value query) {
  double given = op.getScale().convertToDouble();
  if (given != 0)
    return constant(given);
  DimExpr depth = typeOf(query).getShape().back();
  if (auto constantDepth = depth.getConstant())
    return constant(1 / std::sqrt(static_cast<double>(*constantDepth)));
  auto scalar = TensorType::get(b.getContext(), {}, element);
  Value number = DimOfOp::create(b, loc, scalar.cloneWith(b.getI64Type()), query,
                                 /*axis=*/-1);
  return RsqrtOp::create(b, loc, scalar,
                         CastOp::create(b, loc, scalar, number).getDst());
}

/// [L, S]: true where key j of query i has j <= i.
Value AttentionSplitter::causalMask() {
  ArrayRef<DimExpr> dims = ArrayRef<DimExpr>(scoreDims).take_back(2);
  auto shape = DimArrayAttr::get(b.getContext(), dims);
  auto i64 = TensorType::get(b.getContext(), dims, b.getI64Type());
  auto i1 = TensorType::get(b.getContext(), dims, b.getI1Type());
  Value row = IotaOp::create(b, loc, i64, /*axis=*/0, shape);
  Value column = IotaOp::create(b, loc, i64, /*axis=*/1, shape);
  return LeOp::create(b, loc, i1, column, row);
}

/// Scores with what the mask drops at -inf.
Value AttentionSplitter::masked(Value value, Value mask) {
  if (!typeOf(mask).getElementType().isInteger(1))
    return AddOp::create(b, loc, scores(element), value, mask);
  Value least = constant(-std::numeric_limits<double>::infinity());
  return SelectOp::create(b, loc, scores(element), mask, value, least);
}

/// The scores in a region of their own: one kernel, for which the key need not be
/// transposed in memory.
Value AttentionSplitter::maskedScores() {
  SmallVector<Value> inputs = {op.getQuery(), op.getKey()};
  if (op.getMask())
    inputs.push_back(op.getMask());
  auto fused =
      FusedOp::create(b, loc, TypeRange(scores(element)), "cpu", inputs);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(&fused.getBody().front());
  auto arguments = fused.getBody().getArguments();
  Value value = MatmulOp::create(b, loc, scores(element), arguments[0],
                                 transposed(arguments[1]));
  value = MulOp::create(b, loc, scores(element), value, scale(arguments[0]));
  if (op.getMask())
    value = masked(value, arguments[2]);
  if (op.getCausal())
    value = masked(value, causalMask());
  YieldOp::create(b, loc, value);
  return fused.getResult(0);
}

/// A query that may look at nothing gets weights of zero: its scores are all -inf,
/// of which softmax makes NaN.
Value AttentionSplitter::zeroIfMasked(Value weights, Value value) {
  SmallVector<DimExpr> dims(scoreDims);
  dims.back() = 1;
  auto peaks = TensorType::get(b.getContext(), dims, element);
  int64_t last = static_cast<int64_t>(dims.size()) - 1;
  Value peak = ReduceOp::create(b, loc, peaks, value, ReduceKind::Max,
                                ArrayRef<int64_t>(last), /*keep_dims=*/true);
  Value least = constant(-std::numeric_limits<double>::infinity());
  Value isMasked =
      EqOp::create(b, loc, peaks.cloneWith(b.getI1Type()), peak, least);
  return SelectOp::create(b, loc, scores(element), isMasked, constant(0), weights);
}

void AttentionSplitter::rewrite() {
  Value value = maskedScores();
  Value weights = SoftmaxOp::create(b, loc, scores(element), value, /*axis=*/-1,
                                    /*log=*/false);
  if (op.getMask())
    weights = zeroIfMasked(weights, value);
  Value result =
      MatmulOp::create(b, loc, op.getDst().getType(), weights, op.getValue());
  op.getDst().replaceAllUsesWith(result);
  op.erase();
}

} // namespace

/// A maximum over channels-last images is computed for vectors of channels, unless
/// positions have to be checked.
static bool isBetterPadded(PoolOp op) {
  return op.getKind() == PoolKind::Max && op.getChannelsLast() &&
         !op.getCeilMode() && isPadded(op) && typeOf(op.getSrc()).hasRank() &&
         isa<FloatType>(typeOf(op.getSrc()).getElementType());
}

static bool isUnbounded(AttentionOp op, const DimFacts &facts) {
  TensorType key = typeOf(op.getKey());
  if (!key.hasRank() || !typeOf(op.getQuery()).hasRank() ||
      !typeOf(op.getDst()).hasRank())
    return false;
  auto most = facts.range(key.getShape().drop_back().back()).second;
  return !most || *most == std::numeric_limits<int64_t>::max();
}

bool decomposeForCpu(Operation *root, const DenseOracle *oracle) {
  DimFacts facts = readSymbolFacts(root);
  SmallVector<ConvOp> convolutions;
  SmallVector<PoolOp> pools;
  SmallVector<AttentionOp> attentions;
  root->walk([&](Operation *op) {
    if (isInFused(op))
      return;
    auto conv = dyn_cast<ConvOp>(op);
    if (conv && isPadded(conv) && typeOf(conv.getSrc()).hasRank() &&
        !(oracle && !oracle->refuses(op)))
      convolutions.push_back(conv);
    auto pool = dyn_cast<PoolOp>(op);
    if (pool && isBetterPadded(pool))
      pools.push_back(pool);
    auto attention = dyn_cast<AttentionOp>(op);
    if (attention && isUnbounded(attention, facts))
      attentions.push_back(attention);
  });
  for (ConvOp op : convolutions)
    movePaddingOut(op, 0);
  for (PoolOp op : pools)
    movePaddingOut(op, -std::numeric_limits<double>::infinity());
  for (AttentionOp op : attentions)
    AttentionSplitter(op).rewrite();
  return !convolutions.empty() || !pools.empty() || !attentions.empty();
}

} // namespace lz::cpu
