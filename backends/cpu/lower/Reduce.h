//===- Reduce.h - reductions that several families use ----------*- C++ -*-===//
//
// Sums and means over axes of a tensor; axes are sorted and counted from
// the front, and are missing from the results.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_REDUCE_H
#define LAZULI_BACKENDS_CPU_LOWER_REDUCE_H

#include "backends/cpu/lower/Lowering.h"

namespace lz::cpu {

/// Axes of a tensor of this rank that are not among `axes`.
llvm::SmallVector<int64_t> remainingAxes(int64_t rank,
                                         llvm::ArrayRef<int64_t> axes);

/// Reduces by sum, prod, max, min, any or all, accumulated in `element`, to which
/// the tensor's elements are cast.
Tensor reduceAxes(Lowering &l, const Tensor &tensor, llvm::ArrayRef<int64_t> axes,
                  mlir::Type element, ReduceKind kind);

/// The sum over the axes divided by the number of elements.
Tensor meanOver(Lowering &l, const Tensor &tensor, llvm::ArrayRef<int64_t> axes,
                mlir::Type element);

/// The number of elements along the axes, as a value of type `compute`.
mlir::Value elementCount(Lowering &l, Scalars &s, const Tensor &tensor,
                         llvm::ArrayRef<int64_t> axes, mlir::Type compute);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_REDUCE_H
