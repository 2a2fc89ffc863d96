//===- VectorLoops.cpp - loops with vectors, written by hand --------------===//
//
// Makes scf.for, tensor slices and vector transfers.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/VectorLoops.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace lz::cpu {

VectorLoops::VectorLoops(OpBuilder &b, Location loc, Type element, int64_t lanes)
    : b(b), loc(loc), element(element), lanes(lanes),
      zero(arith::ConstantOp::create(b, loc, b.getZeroAttr(element))) {}

Value VectorLoops::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value VectorLoops::value(Index i) { return getValueOrCreateConstantIndexOp(b, loc, i); }

SmallVector<VectorLoops::Index> VectorLoops::indices(ArrayRef<int64_t> values) {
  return getAsIndexOpFoldResult(b.getContext(), values);
}

Value VectorLoops::scratch(ArrayRef<int64_t> shape) {
  return tensor::EmptyOp::create(b, loc, shape, element);
}

Value VectorLoops::loop(Index end, int64_t stride, Value carried, Step step) {
  auto loop =
      scf::ForOp::create(b, loc, index(0), value(end), index(stride), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(b, loc, step(loop.getInductionVar(), loop.getRegionIterArg(0)));
  return loop.getResult(0);
}

Value VectorLoops::loop(int64_t count, Value carried, Step step) {
  return loop(b.getIndexAttr(count), 1, carried, step);
}

VectorLoops::Index VectorLoops::apply(AffineExpr expr, ArrayRef<Value> symbols) {
  return affine::makeComposedFoldedAffineApply(
      b, loc, AffineMap::get(0, symbols.size(), expr),
      SmallVector<Index>(symbols.begin(), symbols.end()));
}

VectorLoops::Index VectorLoops::clipped(Value offset, int64_t block, Index extent) {
  std::optional<int64_t> constant = getConstantIntValue(extent);
  if (constant && *constant % block == 0)
    return b.getIndexAttr(block);
  if (constant && *constant < block) // the only block
    return extent;
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  AffineMap map =
      AffineMap::get(0, 2, {b.getAffineConstantExpr(block), s1 - s0}, b.getContext());
  return affine::makeComposedFoldedAffineMin(b, loc, map, {Index(offset), extent});
}

Value VectorLoops::multiplyAdd(Value lhs, Value rhs, Value sums, ArrayRef<AffineMap> maps,
                               int64_t numTerms) {
  SmallVector<utils::IteratorType> iterators(maps[0].getNumDims(),
                                             utils::IteratorType::parallel);
  std::fill(iterators.end() - numTerms, iterators.end(), utils::IteratorType::reduction);
  auto product = linalg::GenericOp::create(
      b, loc, sums.getType(), ValueRange{lhs, rhs}, sums, maps, iterators,
      [](OpBuilder &inner, Location loc, ValueRange arguments) {
        Value term = arith::MulFOp::create(inner, loc, arguments[0], arguments[1]);
        Value sum = arith::AddFOp::create(inner, loc, arguments[2], term);
        linalg::YieldOp::create(inner, loc, sum);
      });
  return product.getResult(0);
}

Value VectorLoops::slice(Value tensor, ArrayRef<Index> offsets, ArrayRef<Index> sizes,
                      ArrayRef<int64_t> dropped) {
  SmallVector<int64_t> shape;
  for (auto [axis, size] : llvm::enumerate(sizes))
    if (!llvm::is_contained(dropped, axis))
      shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  SmallVector<Index> strides(sizes.size(), b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(b, loc, RankedTensorType::get(shape, element),
                                        tensor, offsets, sizes, strides);
}

Value VectorLoops::insert(Value part, Value tensor, ArrayRef<Index> offsets,
                       ArrayRef<Index> sizes) {
  SmallVector<Index> strides(sizes.size(), b.getIndexAttr(1));
  return tensor::InsertSliceOp::create(b, loc, part, tensor, offsets, sizes, strides);
}

SmallVector<Value> VectorLoops::load(Value tensor, ArrayRef<Place> places) {
  SmallVector<Value> vectors;
  for (const Place &place : places)
    vectors.push_back(vector::TransferReadOp::create(
        b, loc, VectorType::get(lanes, element), tensor, place, zero, ArrayRef<bool>(true)));
  return vectors;
}

Value VectorLoops::store(ArrayRef<Value> vectors, Value tensor,
                      ArrayRef<Place> places) {
  for (auto [vector, place] : llvm::zip_equal(vectors, places))
    tensor = vector::TransferWriteOp::create(b, loc, vector, tensor, place,
                                             ArrayRef<bool>(true))
                 .getResult();
  return tensor;
}

} // namespace lz::cpu
