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
  AttentionOperands operandsAt(ValueRange leading);
  Tensor matrixAt(const Tensor &tensor, ValueRange leading);
  int64_t queriesPerBlock();
  Value attend(const AttentionOperands &operands, Value start, OpFoldResult count,
               Value destination);

  Lowering &l;
  AttentionOp op;
  Tensor query, key, value;
  std::optional<Tensor> mask;
  Dims leading; ///< of the result
  DimExpr numQueries, numKeys, depth, valueDepth;
  BlockSizes sizes;
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

/// Blocks of equal numbers of vectors where the number of queries is known.
int64_t AttentionLowering::queriesPerBlock() {
  constexpr int64_t kVector = 16;
  auto known = numQueries.getConstant();
  if (!known)
    return 64;
  if (*known <= kFewQueries)
    return *known;
  int64_t vectors = llvm::divideCeil(*known, kVector);
  int64_t blocks = llvm::divideCeil(vectors * kVector, kMaxQueries);
  return llvm::divideCeil(vectors, blocks) * kVector;
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

/// The order of scores follows the number of queries, which may be known in a run only.
Value AttentionLowering::attend(const AttentionOperands &operands, Value start,
                                OpFoldResult count, Value destination) {
  auto in = [&](ScoreOrder order) {
    return attendBlock(l, operands, sizes, order, start, count, destination);
  };
  if (auto known = numQueries.getConstant())
    return in(*known <= kFewQueries ? ScoreOrder::KeysInside : ScoreOrder::QueriesInside);
  Scalars s(l.b, l.loc);
  Value few = s.compare(Scalars::Order::Le, cast<Value>(count), s.index(kFewQueries));
  auto branch = [&](ScoreOrder order) {
    return [&, order](OpBuilder &, Location) {
      scf::YieldOp::create(l.b, l.loc, in(order));
    };
  };
  return scf::IfOp::create(l.b, l.loc, few, branch(ScoreOrder::KeysInside),
                           branch(ScoreOrder::QueriesInside))
      .getResult(0);
}

Tensor AttentionLowering::run() {
  Dims dims(leading);
  dims.push_back(numQueries);
  dims.push_back(valueDepth);
  Type element = query.element;
  Value destination = l.empty(dims, element);
  if (llvm::is_contained(dims, DimExpr(0)))
    return l.wrap(destination, dims, element);
  if (numKeys == DimExpr(0))
    return l.filled(dims, element, [&](Scalars &s) { return s.zero(computeType(element)); });
  Dims extents(leading);
  extents.push_back(DimExpr::ceilDiv(numQueries, sizes.queries));
  auto body = [&](Scalars &s, ValueRange indices, ValueRange outputs) {
    ValueRange at = indices.drop_back();
    OpFoldResult step = l.b.getIndexAttr(sizes.queries);
    AffineExpr d = l.b.getAffineDimExpr(0), e = l.b.getAffineSymbolExpr(0);
    Value start = s.mul(indices.back(), s.index(sizes.queries));
    OpFoldResult count = step;
    if (numQueries.getConstant().value_or(-1) % sizes.queries != 0) {
      AffineMap map = AffineMap::get(
          1, 1, {l.b.getAffineConstantExpr(sizes.queries), e - d}, l.b.getContext());
      count = affine::makeComposedFoldedAffineMin(
          l.b, l.loc, map, {OpFoldResult(start), l.foldedSize(numQueries)});
    }
    Part part;
    for (Value index : at) {
      part.offsets.push_back(index);
      part.sizes.push_back(l.b.getIndexAttr(1));
    }
    part.offsets.append({start, l.b.getIndexAttr(0)});
    part.sizes.append({count, l.foldedSize(valueDepth)});
    part.type = RankedTensorType::get(
        {getConstantIntValue(count).value_or(ShapedType::kDynamic),
         valueDepth.getConstant().value_or(ShapedType::kDynamic)},
        storageType(element));
    Value block = extractPart(s, outputs[0], part);
    Value written = attend(operandsAt(at), start, count, block);
    return SmallVector<Written>{{0, written, part}};
  };
  Value result = parallelLoop(l, extents, destination, body)[0];
  return l.wrap(result, dims, element);
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
