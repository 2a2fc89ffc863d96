//===- Matmul.cpp - matrix products ---------------------------------------===//
//
// A product is one linalg.generic with multiply and add, which code generation
// tiles for registers, and then what rounds it and adds the bias. f16 and bf16
// accumulate in f32, narrow integers in i32.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Matmul.h"
#include "backends/cpu/lower/LinearPanels.h"
#include "backends/cpu/lower/OpTable.h"

using namespace mlir;

namespace lz::cpu {

Type productType(Type element) {
  if (!isFloat(element) && !isBool(element) && element.getIntOrFloatBitWidth() < 32)
    return IntegerType::get(element.getContext(), 32);
  return accumulatorType(element);
}

/// Rounds or wraps once, after the bias was added.
Tensor finishProduct(Lowering &l, const Tensor &product,
                     const std::optional<Tensor> &bias, Type element) {
  if (!bias)
    return l.cast(product, element);
  Type wide = product.element;
  return l.pointwise(product.dims, element, {product, *bias},
                     [&](Scalars &s, ValueRange values) {
                       Value added =
                           s.cast(values[1], bias->element, wide);
                       return s.cast(s.add(values[0], added), wide, element);
                     });
}

Tensor batchedProduct(Lowering &l, const Tensor &lhs, const Tensor &rhs,
                      const Dims &batch, Type element) {
  int64_t numBatch = batch.size(), m = numBatch, n = m + 1, k = m + 2;
  Dims domain(batch);
  domain.push_back(lhs.dims[lhs.rank() - 2]);
  domain.push_back(rhs.dims.back());
  domain.push_back(lhs.dims.back());
  // Reads the leading axes as broadcast, the last two at the given loops.
  auto operand = [&](const Tensor &tensor, int64_t row, int64_t column) {
    Dims leading(ArrayRef<DimExpr>(tensor.dims).drop_back(2));
    Tensor prefix{tensor.value, leading, tensor.element, AffineMap()};
    SmallVector<AffineExpr> exprs(
        l.broadcast(prefix, batch, domain.size()).map.getResults());
    exprs.push_back(l.b.getAffineDimExpr(row));
    exprs.push_back(l.b.getAffineDimExpr(column));
    return l.read(tensor, AffineMap::get(domain.size(), 0, exprs,
                                         l.b.getContext()));
  };
  auto kept = llvm::to_vector(llvm::seq<int64_t>(0, k));
  return l.contract(domain, kept, {operand(lhs, m, k), operand(rhs, k, n)},
                    element);
}

static LogicalResult lowerMatmul(Lowering &l, MatmulOp op) {
  Tensor lhs = l.get(op.getLhs()), rhs = l.get(op.getRhs());
  Dims result = Lowering::dimsOf(op.getDst());
  SmallVector<int64_t> added;
  // The axes that rank-1 operands gain and the result loses again.
  int64_t batchRank = std::max<int64_t>({lhs.rank(), rhs.rank(), 2}) - 2;
  if (lhs.rank() == 1) {
    lhs = l.withUnitAxes(lhs, {0});
    added.push_back(batchRank);
  }
  if (rhs.rank() == 1) {
    rhs = l.withUnitAxes(rhs, {1});
    added.push_back(batchRank + 1);
  }
  Dims batch(ArrayRef<DimExpr>(result).take_front(batchRank));
  Tensor product =
      batchedProduct(l, lhs, rhs, batch, productType(lhs.element));
  Tensor finished = finishProduct(l, product, std::nullopt, lhs.element);
  l.set(op.getDst(), added.empty() ? finished : l.withoutAxes(finished, added));
  return success();
}

static LogicalResult lowerLinear(Lowering &l, LinearOp op) {
  Tensor src = l.get(op.getSrc()), weights = l.get(op.getWeights());
  std::optional<Tensor> bias;
  if (op.getBias())
    bias = l.get(op.getBias());
  if (weights.rank() == 3) {
    l.set(op.getDst(), finishProduct(l, linearPanels(l, op), bias, src.element));
    return success();
  }
  // Loops: the leading axes of src, out, in.
  int64_t out = src.rank() - 1, in = src.rank();
  Dims domain(Lowering::dimsOf(op.getDst()));
  domain.push_back(weights.dim(1));
  SmallVector<int64_t> srcLoops =
      llvm::to_vector(llvm::seq<int64_t>(0, src.rank() - 1));
  srcLoops.push_back(in);
  auto kept = llvm::to_vector(llvm::seq<int64_t>(0, in));
  Tensor product = l.contract(domain, kept,
                              {l.readAt(src, in + 1, srcLoops),
                               l.readAt(weights, in + 1, {out, in})},
                              productType(src.element));
  l.set(op.getDst(), finishProduct(l, product, bias, src.element));
  return success();
}

void populateMatmul(OpTable &table) {
  table.add<MatmulOp, lowerMatmul>();
  table.add<LinearOp, lowerLinear>();
}

} // namespace lz::cpu
