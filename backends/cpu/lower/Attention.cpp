//===- Attention.cpp - scaled dot-product attention -----------------------===//
//
// A parallel loop over the leading axes and blocks of queries, each of which passes
// over the keys once (AttentionBlock.h): the matrix of scores never exists as a whole,
// and scratch is bounded however many keys there are.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/AttentionBlock.h"
#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ParallelLoop.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

#include <cmath>

using namespace mlir;

namespace lz::cpu {
namespace {

/// Queries of a block: products reuse each key and value as often, while the scores
/// of a block stay in the second cache.
constexpr int64_t kMaxQueries = 112, kMaxKeys = 256;
/// Up to as many queries, sums across lanes are cheaper than lanes that stay empty.
constexpr int64_t kFewQueries = 8;

class AttentionLowering {
public:
  AttentionLowering(Lowering &l, AttentionOp op);
  Tensor run();

private:
  void mergeHeadsThatShareKeys();
  Part partOf(ValueRange leading, Value start);
  AttentionOperands operandsAt(ValueRange leading);
  Tensor matrixAt(const Tensor &tensor, ValueRange leading);
  int64_t queriesPerBlock();
  double cost() const;
  Value attendRows(const AttentionOperands &operands, ScoreOrder order, Value start,
                   OpFoldResult count, Value destination);
  Value choose(Value condition, function_ref<Value()> then,
               function_ref<Value()> otherwise);
  Value attend(const AttentionOperands &operands, Value start, OpFoldResult count,
               Value destination);

  Lowering &l;
  AttentionOp op;
  Tensor query, key, value;
  std::optional<Tensor> mask;
  Dims leading; ///< of the result
  DimExpr numQueries, numKeys, depth, valueDepth;
  BlockSizes sizes;
  /// The axes of the result as they lie in memory: those of a transpose that follows,
  /// which then moves nothing.
  SmallVector<int64_t> order;
};

AttentionLowering::AttentionLowering(Lowering &l, AttentionOp op)
    : l(l), op(op), query(l.get(op.getQuery())), key(l.get(op.getKey())),
      value(l.get(op.getValue())), leading(Lowering::dimsOf(op.getDst())) {
  depth = query.dims.back(), valueDepth = value.dims.back();
  numKeys = key.dim(key.rank() - 2);
  leading.pop_back();
  numQueries = leading.pop_back_val();
  if (op.getMask()) {
    mask = l.get(op.getMask());
    while (mask->rank() < 2)
      mask = l.withUnitAxes(*mask, {0});
  }
  mergeHeadsThatShareKeys();
  sizes = {queriesPerBlock(), kMaxKeys};
  order = llvm::to_vector(llvm::seq<int64_t>(0, leading.size() + 2));
  auto user = dyn_cast<TransposeOp>(op.getDst().hasOneUse() ? *op.getDst().user_begin()
                                                            : nullptr);
  if (user && user.getPerm().size() == order.size() &&
      user.getPerm().back() == order.back())
    order.assign(user.getPerm().begin(), user.getPerm().end());
}

/// One query of each of several heads that share their keys: those are queries of
/// one head, which reads the keys once.
void AttentionLowering::mergeHeadsThatShareKeys() {
  int64_t rank = leading.size();
  auto repeats = [&](const Tensor &tensor) {
    return tensor.rank() <= 2 || tensor.dim(tensor.rank() - 3) == DimExpr(1);
  };
  if (numQueries != DimExpr(1) || op.getCausal() || rank == 0 ||
      leading.back() == DimExpr(1) || !repeats(key) || !repeats(value) ||
      query.rank() != rank + 2 || query.dim(rank - 1) != leading.back())
    return;
  auto dropHeads = [&](const Tensor &tensor) {
    return tensor.rank() <= 2 ? tensor : l.withoutAxes(tensor, {tensor.rank() - 3});
  };
  numQueries = leading.pop_back_val();
  query = l.withoutAxes(query, {query.rank() - 2});
  key = dropHeads(key);
  value = dropHeads(value);
  if (mask && mask->rank() > 2)
    mask = l.withoutAxes(*mask, {mask->rank() - 2});
}

/// Blocks of about equal numbers of vectors where the number of queries is known; smaller
/// ones where it is not, or where there are too few heads to keep threads busy.
int64_t AttentionLowering::queriesPerBlock() {
  constexpr int64_t kVector = 16, kFewHeads = 4, kSmallBlock = 64;
  auto known = numQueries.getConstant();
  if (!known)
    return kSmallBlock;
  DimExpr heads = 1;
  for (const DimExpr &dim : leading)
    heads = heads * dim;
  bool areFew = heads.getConstant().value_or(kFewHeads) < kFewHeads;
  int64_t most = areFew ? kSmallBlock : kMaxQueries;
  if (*known <= most)
    return *known;
  int64_t vectors = llvm::divideCeil(*known, kVector);
  return llvm::divideCeil(vectors, llvm::divideCeil(*known, most)) * kVector;
}

/// An extent in estimates, also where only a run knows it.
static double assumed(const DimExpr &dim) {
  return static_cast<double>(dim.getConstant().value_or(256));
}

/// Vector operations of an iteration.
double AttentionLowering::cost() const {
  double scores = std::min<double>(sizes.queries, assumed(numQueries)) * assumed(numKeys);
  // A vector of products is one operation, a weight some twenty.
  return scores * (assumed(depth) + assumed(valueDepth) + 20) / 16;
}

/// The last two axes at an index of the leading ones, to which the tensor broadcasts.
Tensor AttentionLowering::matrixAt(const Tensor &tensor, ValueRange indices) {
  Scalars s(l.b, l.loc);
  int64_t own = tensor.rank() - 2, skipped = static_cast<int64_t>(leading.size()) - own;
  SmallVector<Value> at(tensor.rank());
  for (int64_t axis = 0; axis < own; ++axis) {
    bool isOne = tensor.dim(axis) == DimExpr(1);
    at[axis] = isOne ? s.index(0) : indices[skipped + axis];
  }
  return sliceAt(l, tensor, at);
}

AttentionOperands AttentionLowering::operandsAt(ValueRange indices) {
  AttentionOperands result;
  result.query = matrixAt(query, indices);
  result.key = matrixAt(key, indices);
  result.value = matrixAt(value, indices);
  if (mask)
    result.mask = matrixAt(*mask, indices);
  result.numQueries = numQueries, result.numKeys = numKeys;
  result.depth = depth, result.valueDepth = valueDepth;
  result.element = query.element;
  result.wide = accumulatorType(query.element);
  result.scale = op.getScale().convertToDouble();
  result.isCausal = op.getCausal();
  return result;
}

/// `count` queries into the first rows of `destination`, whose type stays what it is.
Value AttentionLowering::attendRows(const AttentionOperands &operands, ScoreOrder order,
                                    Value start, OpFoldResult count, Value destination) {
  OpBuilder &b = l.b;
  SmallVector<OpFoldResult> offsets(2, b.getIndexAttr(0)), strides(2, b.getIndexAttr(1));
  SmallVector<OpFoldResult> extents = {count, l.foldedSize(valueDepth)};
  Value rows =
      tensor::ExtractSliceOp::create(b, l.loc, destination, offsets, extents, strides);
  rows = attendBlock(l, operands, sizes, order, start, count, rows);
  return tensor::InsertSliceOp::create(b, l.loc, rows, destination, offsets, extents,
                                       strides);
}

/// Either of two ways to compute a block.
Value AttentionLowering::choose(Value condition, function_ref<Value()> then,
                                function_ref<Value()> otherwise) {
  auto yield = [&](function_ref<Value()> make) {
    return [&, make](OpBuilder &, Location) { scf::YieldOp::create(l.b, l.loc, make()); };
  };
  return scf::IfOp::create(l.b, l.loc, condition, yield(then), yield(otherwise))
      .getResult(0);
}

/// Blocks of all the queries they may have are apart from the last one, so that code for
/// them knows how many they are. The order of scores follows that number.
Value AttentionLowering::attend(const AttentionOperands &operands, Value start,
                                OpFoldResult count, Value destination) {
  auto in = [&](OpFoldResult length, ScoreOrder order) {
    return attendRows(operands, order, start, length, destination);
  };
  auto ofSize = [&](int64_t length) {
    return in(l.b.getIndexAttr(length), length <= kFewQueries ? ScoreOrder::KeysInside
                                                              : ScoreOrder::QueriesInside);
  };
  if (auto constant = getConstantIntValue(count))
    return ofSize(*constant);
  Scalars s(l.b, l.loc);
  Value length = cast<Value>(count);
  auto rest = [&]() -> Value {
    if (auto known = numQueries.getConstant())
      return ofSize(*known % sizes.queries);
    Value few = s.compare(Scalars::Order::Le, length, s.index(kFewQueries));
    return choose(
        few, [&] { return in(count, ScoreOrder::KeysInside); },
        [&] { return in(count, ScoreOrder::QueriesInside); });
  };
  Value isWhole = s.compare(Scalars::Order::Eq, length, s.index(sizes.queries));
  return choose(isWhole, [&] { return ofSize(sizes.queries); }, rest);
}

/// The queries of one block, and where their results belong.
Part AttentionLowering::partOf(ValueRange indices, Value start) {
  OpFoldResult count = l.b.getIndexAttr(sizes.queries);
  if (numQueries.getConstant().value_or(-1) % sizes.queries != 0) {
    AffineExpr d = l.b.getAffineDimExpr(0), e = l.b.getAffineSymbolExpr(0);
    AffineMap map = AffineMap::get(
        1, 1, {l.b.getAffineConstantExpr(sizes.queries), e - d}, l.b.getContext());
    count = affine::makeComposedFoldedAffineMin(
        l.b, l.loc, map, {OpFoldResult(start), l.foldedSize(numQueries)});
  }
  SmallVector<OpFoldResult> offsets(indices.begin(), indices.end());
  SmallVector<OpFoldResult> extents(indices.size(), l.b.getIndexAttr(1));
  offsets.append({start, l.b.getIndexAttr(0)});
  extents.append({count, l.foldedSize(valueDepth)});
  Part part;
  for (int64_t axis : order) {
    part.offsets.push_back(offsets[axis]);
    part.sizes.push_back(extents[axis]);
  }
  part.type = RankedTensorType::get(
      {getConstantIntValue(count).value_or(ShapedType::kDynamic),
       valueDepth.getConstant().value_or(ShapedType::kDynamic)},
      storageType(query.element));
  return part;
}

Tensor AttentionLowering::run() {
  Dims dims(leading);
  dims.append({numQueries, valueDepth});
  Type element = query.element;
  if (numKeys == DimExpr(0))
    return l.filled(dims, element, [&](Scalars &s) { return s.zero(computeType(element)); });
  Dims inMemory;
  SmallVector<AffineExpr> view;
  for (int64_t axis : order) {
    inMemory.push_back(dims[axis]);
    view.push_back(l.b.getAffineDimExpr(axis));
  }
  Value destination = l.empty(inMemory, element);
  Tensor made{destination, dims, element,
              AffineMap::get(dims.size(), 0, view, l.b.getContext())};
  if (llvm::is_contained(dims, DimExpr(0)))
    return made;
  Dims extents(leading);
  extents.push_back(DimExpr::ceilDiv(numQueries, sizes.queries));
  auto body = [&](Scalars &s, ValueRange indices, ValueRange outputs) {
    ValueRange at = indices.drop_back();
    Value start = s.mul(indices.back(), s.index(sizes.queries));
    Part part = partOf(at, start);
    OpFoldResult count = part.sizes[llvm::find(order, leading.size()) - order.begin()];
    Value written = attend(operandsAt(at), start, count, extractPart(s, outputs[0], part));
    return SmallVector<Written>{{0, written, part}};
  };
  made.value = parallelLoop(l, extents, destination, body, cost())[0];
  return made;
}

LogicalResult lowerAttention(Lowering &l, AttentionOp op) {
  Tensor result = AttentionLowering(l, op).run();
  // The axis of single queries, where heads took its place.
  if (result.rank() != Lowering::typeOf(op.getDst()).getRank())
    result = l.withUnitAxes(result, {result.rank() - 1});
  l.set(op.getDst(), result);
  return success();
}

} // namespace

void populateAttention(OpTable &table) {
  table.add<AttentionOp, lowerAttention>();
}

} // namespace lz::cpu
