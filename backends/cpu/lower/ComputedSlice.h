//===- ComputedSlice.h - a part computed where it is read -------*- C++ -*-===//
//
// For hand-written loops that read another op's result part by part: the parts are computed
// inside of the loop, while a cache holds them, and the whole is never made.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_COMPUTEDSLICE_H
#define LAZULI_BACKENDS_CPU_LOWER_COMPUTEDSLICE_H

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace lz::cpu {

/// Replaces the slice, which drops no axes, by linalg ops that compute just it: copies of those
/// outside that compute what it is a slice of. Returns what replaces it. What nobody reads any
/// more stays where it is, for the usual cleaning to find.
mlir::Value computeSlice(mlir::OpBuilder &b, mlir::tensor::ExtractSliceOp slice);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_COMPUTEDSLICE_H
