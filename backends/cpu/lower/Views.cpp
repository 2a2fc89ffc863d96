//===- Views.cpp - other shapes of the same elements ----------------------===//
//
// Moving axes of dimension 1 and permuting axes only changes how a tensor is
// read. Other reshapes become tensor.collapse_shape and tensor.expand_shape.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Lowering.h"

using namespace mlir;

namespace lz::cpu {

Tensor Lowering::viewed(const Tensor &tensor, const Dims &dims, AffineMap map) {
  return {tensor.value, dims, tensor.element, tensor.view.compose(map)};
}

Tensor Lowering::transposed(const Tensor &tensor, ArrayRef<int64_t> perm) {
  Dims dims;
  SmallVector<AffineExpr> exprs(perm.size());
  for (auto [i, axis] : llvm::enumerate(perm)) {
    dims.push_back(tensor.dim(axis));
    exprs[axis] = b.getAffineDimExpr(i);
  }
  return viewed(tensor, dims,
                AffineMap::get(perm.size(), 0, exprs, b.getContext()));
}

Tensor Lowering::withoutAxes(const Tensor &tensor, ArrayRef<int64_t> axes) {
  Dims dims;
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < tensor.rank(); ++i) {
    if (llvm::is_contained(axes, i)) {
      exprs.push_back(b.getAffineConstantExpr(0));
      continue;
    }
    exprs.push_back(b.getAffineDimExpr(dims.size()));
    dims.push_back(tensor.dim(i));
  }
  return viewed(tensor, dims,
                AffineMap::get(dims.size(), 0, exprs, b.getContext()));
}

Tensor Lowering::withUnitAxes(const Tensor &tensor, ArrayRef<int64_t> axes) {
  int64_t rank = tensor.rank() + axes.size();
  Dims dims;
  SmallVector<AffineExpr> exprs;
  int64_t source = 0;
  for (int64_t i = 0; i < rank; ++i) {
    if (llvm::is_contained(axes, i)) {
      dims.push_back(1);
      continue;
    }
    exprs.push_back(b.getAffineDimExpr(i));
    dims.push_back(tensor.dim(source++));
  }
  return viewed(tensor, dims, AffineMap::get(rank, 0, exprs, b.getContext()));
}

Value Lowering::materialize(const Tensor &tensor) {
  if (tensor.view.isIdentity())
    return tensor.value;
  return pointwise(tensor.dims, tensor.element, tensor,
                   [](Scalars &, ValueRange values) { return values[0]; })
      .value;
}

bool Lowering::isInput(const Tensor &tensor) const {
  Value value = tensor.value;
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
             tensor::ExtractSliceOp>(op))
      return false;
    value = op->getOperand(0);
  }
  return true;
}

static bool isOne(const DimExpr &dim) { return dim == DimExpr(1); }

/// Groups of axes so that every group has exactly one that is not a constant 1;
/// ones join the group before them, those in front the first.
static SmallVector<ReassociationIndices> unitGroups(ArrayRef<DimExpr> dims) {
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices leading;
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (!isOne(dim)) {
      groups.push_back(std::exchange(leading, {}));
      groups.back().push_back(i);
    } else if (groups.empty()) {
      leading.push_back(i);
    } else {
      groups.back().push_back(i);
    }
  }
  return groups;
}

/// The tensor without axes of dimension 1, in a value with the identity view.
Tensor Lowering::collapsedUnits(const Tensor &tensor) {
  SmallVector<int64_t> units;
  for (auto [i, dim] : llvm::enumerate(tensor.dims))
    if (isOne(dim))
      units.push_back(i);
  Tensor squeezed = withoutAxes(tensor, units);
  if (squeezed.view.isIdentity())
    return squeezed;
  // The axes dropped are axes of the value as well, not of the view alone.
  if (tensor.view.isIdentity()) {
    Value value = tensor::CollapseShapeOp::create(
        b, loc, tensorType(squeezed.dims, tensor.element), tensor.value,
        unitGroups(tensor.dims));
    return wrap(value, squeezed.dims, tensor.element);
  }
  return wrap(materialize(squeezed), squeezed.dims, tensor.element);
}

Tensor Lowering::squeezedValue(const Tensor &tensor) {
  SmallVector<int64_t> units;
  for (auto [i, dim] : llvm::enumerate(tensor.dims))
    if (isOne(dim))
      units.push_back(i);
  return withUnitAxes(collapsedUnits(tensor), units);
}

namespace {
/// Axes [begin, end) of one shape that hold the same elements as those of another.
struct AxisGroup {
  ReassociationIndices from, to;
  DimExpr product = 1;
};
} // namespace

/// The finest grouping in which both sides' products agree as expressions.
static SmallVector<AxisGroup> matchAxes(ArrayRef<DimExpr> from,
                                        ArrayRef<DimExpr> to) {
  SmallVector<AxisGroup> groups;
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    AxisGroup group;
    group.from.push_back(i);
    group.to.push_back(j);
    DimExpr left = from[i++], right = to[j++];
    while (left != right && (i < from.size() || j < to.size())) {
      auto leftValue = left.getConstant(), rightValue = right.getConstant();
      bool growLeft = leftValue && rightValue
                          ? *leftValue < *rightValue
                          : to.size() - j < from.size() - i;
      if ((growLeft && i < from.size()) || j == to.size()) {
        group.from.push_back(i);
        left = left * from[i++];
      } else {
        group.to.push_back(j);
        right = right * to[j++];
      }
    }
    group.product = left;
    groups.push_back(group);
  }
  for (; i < from.size(); ++i)
    groups.back().from.push_back(i);
  for (; j < to.size(); ++j)
    groups.back().to.push_back(j);
  return groups;
}

/// Reshapes between shapes without axes of 1, both of rank 1 or more.
Value Lowering::regroup(Value value, ArrayRef<DimExpr> from, ArrayRef<DimExpr> to,
                        Type element) {
  SmallVector<AxisGroup> groups = matchAxes(from, to);
  SmallVector<ReassociationIndices> collapse, expand;
  Dims flat;
  for (AxisGroup &group : groups) {
    DimExpr product = 1;
    for (int64_t axis : group.to)
      product = product * to[axis];
    collapse.push_back(group.from);
    expand.push_back(group.to);
    flat.push_back(product);
  }
  if (groups.size() != from.size())
    value = tensor::CollapseShapeOp::create(b, loc, value, collapse);
  auto flatType = tensorType(flat, element);
  if (value.getType() != flatType)
    value = tensor::CastOp::create(b, loc, flatType, value);
  if (groups.size() == to.size())
    return value;
  return tensor::ExpandShapeOp::create(b, loc, tensorType(to, element), value,
                                       expand, foldedSizes(to));
}

Tensor Lowering::reshaped(const Tensor &tensor, const Dims &dims) {
  Dims from, to;
  SmallVector<int64_t> units;
  for (const DimExpr &dim : tensor.dims)
    if (!isOne(dim))
      from.push_back(dim);
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (isOne(dim))
      units.push_back(i);
    else
      to.push_back(dim);
  }
  SmallVector<int64_t> sourceUnits;
  for (auto [i, dim] : llvm::enumerate(tensor.dims))
    if (isOne(dim))
      sourceUnits.push_back(i);
  if (from == to) {
    Tensor result = withUnitAxes(withoutAxes(tensor, sourceUnits), units);
    result.dims = dims;
    return result;
  }
  // A dimension that is 1 without saying so: give both sides an axis to match.
  Tensor source = tensor;
  if (from.empty() || to.empty()) {
    source = wrap(materialize(tensor), tensor.dims, tensor.element);
    from = tensor.dims;
    to = dims;
    units.clear();
    if (from.empty() || to.empty()) {
      // One element on both sides: read it at index 0 of every axis.
      return map(dims, tensor.element, {}, [&](Scalars &s, ValueRange) {
        SmallVector<Value> indices(tensor.rank(), s.index(0));
        return load(s, tensor, indices);
      });
    }
  } else {
    source = collapsedUnits(tensor);
  }
  Value value = regroup(source.value, from, to, tensor.element);
  return withUnitAxes(wrap(value, to, tensor.element), units);
}

} // namespace lz::cpu
