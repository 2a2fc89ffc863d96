//===- ParallelLoop.h - hand-written parallel loops -------------*- C++ -*-===//
//
// For algorithms that are sequential along some axes: a scf.forall over the other
// axes, which code generation takes as the kernel's grid.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_PARALLELLOOP_H
#define LAZULI_BACKENDS_CPU_LOWER_PARALLELLOOP_H

#include "backends/cpu/lower/Lowering.h"

#include <limits>

namespace lz::cpu {

/// A part of a tensor: `sizes` elements from `offsets` on along each axis; `type` lacks
/// the axes at which one index was chosen.
struct Part {
  llvm::SmallVector<mlir::OpFoldResult> offsets, sizes;
  mlir::RankedTensorType type;
};

/// The part of a tensor of shape `dims` at index `at[i]` of each axis where that is
/// not null, whole in the others.
Part partAt(Lowering &l, const Dims &dims, mlir::Type element,
            llvm::ArrayRef<mlir::Value> at);
mlir::Value extractPart(Scalars &s, mlir::Value tensor, const Part &part);

/// Axes of dimension 1, which values in kernels lack, and the dimensions of the others.
llvm::SmallVector<int64_t> unitAxes(llvm::ArrayRef<DimExpr> dims);
Dims withoutUnits(llvm::ArrayRef<DimExpr> dims);
/// The tensor of shape `dims` that `value` is without the axes of dimension 1.
Tensor withUnits(Lowering &l, mlir::Value value, const Dims &dims, mlir::Type element);
/// A part of a tensor of shape `dims`, without the axes of dimension 1.
Part partWithoutUnits(llvm::ArrayRef<DimExpr> dims,
                      llvm::ArrayRef<mlir::OpFoldResult> offsets,
                      llvm::ArrayRef<mlir::OpFoldResult> sizes);

/// The tensor at index `at[i]` of each axis where that is not null; those axes are
/// dropped.
Tensor sliceAt(Lowering &l, const Tensor &tensor, llvm::ArrayRef<mlir::Value> at);

/// The operand's elements as a tensor with all of its axes, those of dimension 1 as well.
mlir::Value wholeTensor(Lowering &l, mlir::Value operand);

/// What one iteration writes: `value` into `part` of destination `number`.
struct Written {
  unsigned number;
  mlir::Value value;
  Part part;
};

/// Runs `body` for every point of `extents`; iterations write disjoint parts of the
/// destinations. Returns the destinations written. An iteration of few `operations` (see
/// grainFor) shares its task with others.
llvm::SmallVector<mlir::Value> parallelLoop(
    Lowering &l, llvm::ArrayRef<DimExpr> extents, mlir::ValueRange destinations,
    llvm::function_ref<llvm::SmallVector<Written>(
        Scalars &, mlir::ValueRange indices, mlir::ValueRange destinations)>
        body,
    double operations = std::numeric_limits<double>::infinity());

/// Sets an op's result to what `make` returns, without the axes of dimension 1. One without
/// elements is not made.
void setUnlessEmpty(Lowering &l, mlir::Value result, llvm::function_ref<mlir::Value()> make);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_PARALLELLOOP_H
