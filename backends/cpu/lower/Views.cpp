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
  Tensor made = pointwise(tensor.dims, tensor.element, tensor,
                          [](Scalars &, ValueRange values) { return values[0]; });
  if (made.view.isIdentity())
    return made.value;
  // Loops of one iteration were left out, and their axes with them.
  return tensor::ExpandShapeOp::create(b, loc, tensorType(tensor.dims, tensor.element),
                                       made.value, unitGroups(tensor.dims),
                                       foldedSizes(tensor.dims));
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
SmallVector<ReassociationIndices> unitGroups(ArrayRef<DimExpr> dims) {
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

static SmallVector<int64_t> unitAxes(ArrayRef<DimExpr> dims) {
  SmallVector<int64_t> units;
  for (auto [i, dim] : llvm::enumerate(dims))
    if (isOne(dim))
      units.push_back(i);
  return units;
}

Tensor Lowering::squeezed(const Tensor &tensor) {
  return withoutAxes(tensor, unitAxes(tensor.dims));
}

/// The tensor without axes of dimension 1, in a value with the identity view.
Tensor Lowering::collapsedUnits(const Tensor &tensor) {
  Tensor squeezed = this->squeezed(tensor);
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
  return withUnitAxes(collapsedUnits(tensor), unitAxes(tensor.dims));
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

/// Whether the group is a collapse or an expansion, or static. Where both sides
/// have several axes that are not constants, MLIR takes one for the other.
static bool isPlain(const AxisGroup &group, ArrayRef<DimExpr> from,
                    ArrayRef<DimExpr> to) {
  auto isStatic = [](ArrayRef<DimExpr> dims, ArrayRef<int64_t> axes) {
    return llvm::all_of(axes, [&](int64_t i) { return dims[i].isConstant(); });
  };
  return group.from.size() == 1 || group.to.size() == 1 ||
         (isStatic(from, group.from) && isStatic(to, group.to));
}

/// Reads by row-major position: always possible, never a view.
Tensor Lowering::reshapedByIndex(const Tensor &tensor, const Dims &dims) {
  return generate(dims, tensor.element, [&](Scalars &s, ValueRange loops) {
    Value position = s.index(0);
    for (auto [loop, dim] : llvm::zip(loops, dims))
      position = s.add(s.mul(position, size(dim)), loop);
    SmallVector<Value> at(tensor.rank());
    for (int64_t i = tensor.rank(); i-- > 0;) {
      Value extent = size(tensor.dim(i));
      at[i] = i ? s.make<arith::RemUIOp>(position, extent) : position;
      if (i)
        position = s.make<arith::DivUIOp>(position, extent);
    }
    return load(s, tensor, at);
  });
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
  Tensor plain = squeezed(tensor);
  const Dims &from = plain.dims;
  Dims to;
  llvm::copy_if(dims, std::back_inserter(to), std::not_fn(isOne));
  SmallVector<int64_t> units = unitAxes(dims);
  if (from == to)
    return withUnitAxes(plain, units);
  // One side says that it has one element, the other is that by its symbols.
  if (from.empty() || to.empty())
    return reshapedByIndex(tensor, dims);
  for (const AxisGroup &group : matchAxes(from, to))
    if (!isPlain(group, from, to))
      return reshapedByIndex(tensor, dims);
  Tensor source = collapsedUnits(tensor);
  Value value = regroup(source.value, from, to, tensor.element);
  return withUnitAxes(wrap(value, to, tensor.element), units);
}

} // namespace lz::cpu
