//===- Attention.cpp - scaled dot-product attention -----------------------===//
//
// Scores, mask, softmax and the product with the values, as four loop nests that
// code generation fuses per block of queries, so that the score matrix is never
// written as a whole.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Matmul.h"
#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/Reduce.h"

#include <cmath>

using namespace mlir;

namespace lz::cpu {

/// The scale as a value: given, or 1 / sqrt(E).
static Value scaleValue(Lowering &l, Scalars &s, AttentionOp op, Type compute) {
  double given = op.getScale().convertToDouble();
  if (given != 0)
    return s.constant(compute, given);
  DimExpr depth = Lowering::dimsOf(op.getQuery()).back();
  if (auto constant = depth.getConstant())
    return s.constant(compute, 1 / std::sqrt(static_cast<double>(*constant)));
  Value root = s.sqrt(s.fromIndex(l.size(depth), compute));
  return s.div(s.constant(compute, 1), root, compute);
}

/// Scores scaled, with what is masked at -inf.
static Tensor maskedScores(Lowering &l, AttentionOp op, const Tensor &scores) {
  SmallVector<Tensor> operands = {scores};
  if (op.getMask())
    operands.push_back(l.get(op.getMask()));
  Type wide = scores.element;
  int64_t rank = scores.rank();
  auto body = [&](Scalars &s, ValueRange values) {
    Value score = s.mul(values[0], scaleValue(l, s, op, values[0].getType()));
    if (op.getMask()) {
      Type element = operands[1].element;
      score = isBool(element)
                  ? s.select(values[1], score, s.lowest(wide))
                  : s.add(score, s.cast(values[1], element, wide));
    }
    if (op.getCausal()) {
      Value past = s.compare(Scalars::Order::Le, loopIndex(s, rank - 1),
                             loopIndex(s, rank - 2));
      score = s.select(past, score, s.lowest(wide));
    }
    return score;
  };
  return l.pointwise(scores.dims, wide, operands, body);
}

static LogicalResult lowerAttention(Lowering &l, AttentionOp op) {
  Tensor query = l.get(op.getQuery()), key = l.get(op.getKey());
  Tensor value = l.get(op.getValue());
  Dims result = Lowering::dimsOf(op.getDst());
  Dims batch(ArrayRef<DimExpr>(result).drop_back(2));
  Type wide = accumulatorType(query.element);

  auto perm = llvm::to_vector(llvm::seq<int64_t>(0, key.rank()));
  std::swap(perm[key.rank() - 1], perm[key.rank() - 2]);
  Tensor scores =
      batchedProduct(l, query, l.transposed(key, perm), batch, wide);
  Tensor masked = maskedScores(l, op, scores);
  Tensor weights = softmaxOver(l, masked, masked.rank() - 1, wide, /*log=*/false,
                               /*zeroIfMasked=*/true);
  Tensor product = batchedProduct(l, weights, value, batch, wide);
  l.set(op.getDst(), l.cast(product, query.element));
  return success();
}

void populateAttention(OpTable &table) {
  table.add<AttentionOp, lowerAttention>();
}

} // namespace lz::cpu
