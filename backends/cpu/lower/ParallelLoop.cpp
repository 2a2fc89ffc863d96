//===- ParallelLoop.cpp - hand-written parallel loops ---------------------===//
//
// Makes scf.forall with tensor.parallel_insert_slice.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/ParallelLoop.h"

#include "backends/cpu/Grain.h"
#include "backends/cpu/codegen/KernelFunc.h"
#include "backends/cpu/lower/Reduce.h"

using namespace mlir;

namespace lz::cpu {

Part partAt(Lowering &l, const Dims &dims, Type element, ArrayRef<Value> at) {
  Part part;
  Dims left;
  for (auto [dim, index] : llvm::zip(dims, at)) {
    if (index) {
      part.offsets.push_back(index);
      part.sizes.push_back(l.b.getIndexAttr(1));
      continue;
    }
    part.offsets.push_back(l.b.getIndexAttr(0));
    part.sizes.push_back(l.foldedSize(dim));
    left.push_back(dim);
  }
  part.type = l.tensorType(left, element);
  return part;
}

SmallVector<int64_t> unitAxes(ArrayRef<DimExpr> dims) {
  SmallVector<int64_t> axes;
  for (auto [axis, dim] : llvm::enumerate(dims))
    if (dim == DimExpr(1))
      axes.push_back(axis);
  return axes;
}

Dims withoutUnits(ArrayRef<DimExpr> dims) {
  Dims kept(dims);
  llvm::erase(kept, DimExpr(1));
  return kept;
}

Tensor withUnits(Lowering &l, Value value, const Dims &dims, Type element) {
  return l.withUnitAxes(l.wrap(value, withoutUnits(dims), element), unitAxes(dims));
}

Part partWithoutUnits(ArrayRef<DimExpr> dims, ArrayRef<OpFoldResult> offsets,
                      ArrayRef<OpFoldResult> sizes) {
  Part part;
  for (auto [dim, offset, size] : llvm::zip_equal(dims, offsets, sizes)) {
    if (dim == DimExpr(1))
      continue;
    part.offsets.push_back(offset);
    part.sizes.push_back(size);
  }
  return part;
}

Value wholeTensor(Lowering &l, Value operand) {
  Dims dims = Lowering::dimsOf(operand);
  Value plain = l.materialize(l.squeezed(l.get(operand)));
  if (cast<RankedTensorType>(plain.getType()).getRank() == int64_t(dims.size()))
    return plain;
  return tensor::ExpandShapeOp::create(
      l.b, l.loc, l.tensorType(dims, Lowering::elementOf(operand)), plain, unitGroups(dims),
      l.foldedSizes(dims));
}

static SmallVector<OpFoldResult> unitStrides(OpBuilder &b, const Part &part) {
  return SmallVector<OpFoldResult>(part.offsets.size(), b.getIndexAttr(1));
}

Value extractPart(Scalars &s, Value tensor, const Part &part) {
  return s.make<tensor::ExtractSliceOp>(part.type, tensor, part.offsets, part.sizes,
                                        unitStrides(s.b, part));
}

Tensor sliceAt(Lowering &l, const Tensor &tensor, ArrayRef<Value> at) {
  Tensor result{nullptr, {}, tensor.element, AffineMap()};
  SmallVector<int64_t> newAxis(tensor.rank());
  for (int64_t i = 0; i < tensor.rank(); ++i) {
    if (at[i])
      continue;
    newAxis[i] = result.rank();
    result.dims.push_back(tensor.dim(i));
  }
  // Axes of the value, which are those of the tensor in the view's order.
  Dims dims;
  SmallVector<Value> physical;
  SmallVector<AffineExpr> exprs;
  Scalars s(l.b, l.loc);
  for (AffineExpr expr : tensor.view.getResults()) {
    auto axis = dyn_cast<AffineDimExpr>(expr);
    dims.push_back(axis ? tensor.dim(axis.getPosition()) : DimExpr(1));
    physical.push_back(axis ? at[axis.getPosition()] : s.index(0));
    if (axis && !at[axis.getPosition()])
      exprs.push_back(l.b.getAffineDimExpr(newAxis[axis.getPosition()]));
  }
  result.view = AffineMap::get(result.rank(), 0, exprs, l.b.getContext());
  result.value =
      extractPart(s, tensor.value, partAt(l, dims, tensor.element, physical));
  return result;
}

SmallVector<Value>
parallelLoop(Lowering &l, ArrayRef<DimExpr> extents, ValueRange destinations,
             function_ref<SmallVector<Written>(Scalars &, ValueRange, ValueRange)>
                 body,
             double operations) {
  OpBuilder &b = l.b;
  auto loop = scf::ForallOp::create(b, l.loc, l.foldedSizes(extents), destinations,
                                    /*mapping=*/std::nullopt);
  if (int64_t grain = grainFor(operations); grain > 1)
    loop->setAttr(kGrainAttr, b.getI64IntegerAttr(grain));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(loop.getTerminator());
  Scalars s(b, l.loc);
  auto written = body(s, loop.getInductionVars(), loop.getRegionIterArgs());
  b.setInsertionPointToEnd(loop.getTerminator().getBody());
  for (const Written &w : written)
    tensor::ParallelInsertSliceOp::create(
        b, l.loc, w.value, loop.getRegionIterArgs()[w.number], w.part.offsets,
        w.part.sizes, unitStrides(b, w.part));
  return SmallVector<Value>(loop.getResults());
}

void setUnlessEmpty(Lowering &l, Value result, function_ref<Value()> make) {
  Dims dims = Lowering::dimsOf(result);
  Type element = Lowering::elementOf(result);
  if (llvm::is_contained(dims, DimExpr(0)))
    l.set(result, l.wrap(l.empty(dims, element), dims, element));
  else
    l.set(result, withUnits(l, make(), dims, element));
}

Tensor Lowering::rowwise(const Dims &dims, Type element, int64_t axis,
                         function_ref<Value(Scalars &, ValueRange, Value)> body) {
  Value destination = empty(dims, element);
  // No row, or rows of nothing, which cannot be views.
  if (llvm::is_contained(dims, DimExpr(0)))
    return wrap(destination, dims, element);
  if (dims.size() == 1) {
    Scalars s(b, loc);
    return wrap(body(s, {}, destination), dims, element);
  }
  Dims others;
  for (int64_t other : remainingAxes(dims.size(), axis))
    others.push_back(dims[other]);
  auto iteration = [&](Scalars &s, ValueRange indices, ValueRange outputs) {
    SmallVector<Value> at(indices);
    at.insert(at.begin() + axis, Value());
    Part part = partAt(*this, dims, element, at);
    Value row = body(s, indices, extractPart(s, outputs[0], part));
    return SmallVector<Written>{{0, row, part}};
  };
  Value result = parallelLoop(*this, others, destination, iteration)[0];
  return wrap(result, dims, element);
}

} // namespace lz::cpu
