//===- Destination.cpp - results are computed into their arguments --------===//
//
// An op on tensors starts from a tensor.empty that some destination operand leads
// to. Replacing that by the output's argument makes the op compute in place.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Lowering.h"

#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;

namespace lz::cpu {

/// The value that `result` starts out as, one step back; null if it is made
/// otherwise.
static Value initialValue(OpResult result) {
  Operation *op = result.getOwner();
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return loop.getInitArgs()[result.getResultNumber()];
  if (auto loop = dyn_cast<scf::ForallOp>(op))
    return loop.getTiedOpOperand(result)->get();
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return style.getTiedOpOperand(result)->get();
  return nullptr;
}

/// The tensor.empty that `value` is computed into; null if there is none, or if
/// something else is computed into the same.
static tensor::EmptyOp rootOf(Value value) {
  while (value) {
    if (auto empty = value.getDefiningOp<tensor::EmptyOp>())
      return empty->hasOneUse() ? empty : nullptr;
    auto result = dyn_cast<OpResult>(value);
    value = result ? initialValue(result) : nullptr;
  }
  return nullptr;
}

/// Puts `destination` in the place of `value`'s root, seen through reshapes of the
/// value. False if there is no root.
static bool replaceRoot(OpBuilder &b, Value value, Value destination) {
  if (tensor::EmptyOp empty = rootOf(value)) {
    if (empty.getType() != destination.getType())
      return false;
    empty.replaceAllUsesWith(destination);
    empty.erase();
    return true;
  }
  OpBuilder::InsertionGuard guard(b);
  if (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>()) {
    tensor::EmptyOp empty = rootOf(collapse.getSrc());
    if (!empty || empty.getType() != collapse.getSrcType())
      return false;
    b.setInsertionPoint(empty);
    Value expanded = tensor::ExpandShapeOp::create(
        b, value.getLoc(), empty.getType(), destination,
        collapse.getReassociationIndices(), empty.getMixedSizes());
    return replaceRoot(b, collapse.getSrc(), expanded);
  }
  if (auto expand = value.getDefiningOp<tensor::ExpandShapeOp>()) {
    tensor::EmptyOp empty = rootOf(expand.getSrc());
    if (!empty || empty.getType() != expand.getSrcType())
      return false;
    b.setInsertionPoint(empty);
    Value collapsed = tensor::CollapseShapeOp::create(
        b, value.getLoc(), expand.getSrcType(), destination,
        expand.getReassociationIndices());
    return replaceRoot(b, expand.getSrc(), collapsed);
  }
  return false;
}

/// A copy that reads where it is told: a copy of one tensor to another of the same
/// type is a value that MLIR replaces by the one copied.
static Tensor copied(Lowering &l, const Tensor &tensor) {
  return l.generate(tensor.dims, tensor.element,
                    [&](Scalars &s, ValueRange loops) {
                      return l.load(s, tensor, loops);
                    });
}

Value Lowering::into(const Tensor &tensor, Value destination) {
  Tensor source = tensor.view.isIdentity() ? collapsedUnits(tensor) : squeezed(tensor);
  if (!source.view.isIdentity())
    source = squeezed(copied(*this, tensor));
  auto groups = unitGroups(tensor.dims);
  bool isSmaller = source.dims.size() != tensor.dims.size();
  auto place = [&](const Tensor &made) {
    Value target = destination;
    if (isSmaller) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(&func.getBody().front());
      target = tensor::CollapseShapeOp::create(b, loc, made.value.getType(),
                                               destination, groups);
    }
    return replaceRoot(b, made.value, target);
  };
  if (!place(source)) {
    source = squeezed(copied(*this, tensor));
    place(source);
  }
  if (!isSmaller)
    return source.value;
  return tensor::ExpandShapeOp::create(b, loc, destination.getType(), source.value,
                                       groups, foldedSizes(tensor.dims));
}

} // namespace lz::cpu
