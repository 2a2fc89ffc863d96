//===- ComputedSlice.cpp - a part computed where it is read ---------------===//
//
// Upstream's tiling interface makes a producer of a slice from a producer of the whole, and
// slices of what that reads, which are treated alike.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/ComputedSlice.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"

using namespace mlir;

namespace lz::cpu {

namespace {

class SliceComputer {
public:
  explicit SliceComputer(OpBuilder &b) : rewriter(b) {}

  Value compute(tensor::ExtractSliceOp root);

private:
  Value replace(tensor::ExtractSliceOp slice);
  Value replacementOf(tensor::ExtractSliceOp slice);

  IRRewriter rewriter;
  SmallVector<tensor::ExtractSliceOp> left;
};

} // namespace

/// What computes the slice; null where it is one of an input.
Value SliceComputer::replacementOf(tensor::ExtractSliceOp slice) {
  rewriter.setInsertionPoint(slice);
  if (auto empty = slice.getSource().getDefiningOp<tensor::EmptyOp>())
    return tensor::EmptyOp::create(rewriter, slice.getLoc(), slice.getMixedSizes(),
                                   empty.getType().getElementType());
  auto whole = dyn_cast<OpResult>(slice.getSource());
  if (!whole || !isa<linalg::LinalgOp>(whole.getOwner()))
    return nullptr;
  FailureOr<TilingResult> tiled =
      tensor::replaceExtractSliceWithTiledProducer(rewriter, slice, whole);
  if (failed(tiled))
    return nullptr;
  for (Operation *made : tiled->generatedSlices)
    if (auto operand = dyn_cast<tensor::ExtractSliceOp>(made))
      left.push_back(operand);
  return tiled->tiledValues[0];
}

/// Replaces one slice; what stands for it then.
Value SliceComputer::replace(tensor::ExtractSliceOp slice) {
  Value made = replacementOf(slice);
  if (!made)
    return slice;
  if (made.getType() != slice.getType())
    made = tensor::CastOp::create(rewriter, slice.getLoc(), slice.getType(), made);
  rewriter.replaceOp(slice, made);
  return made;
}

Value SliceComputer::compute(tensor::ExtractSliceOp root) {
  Value result = replace(root);
  while (!left.empty())
    replace(left.pop_back_val());
  return result;
}

Value computeSlice(OpBuilder &b, tensor::ExtractSliceOp slice) {
  assert(slice.getDroppedDims().none() && "a slice of all axes");
  OpBuilder::InsertionGuard guard(b);
  return SliceComputer(b).compute(slice);
}

} // namespace lz::cpu
