//===- Cleanup.h - rewrites of a lowered function ---------------*- C++ -*-===//
//
// What is easier said of the finished function than by each op's lowering.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_CLEANUP_H
#define LAZULI_BACKENDS_CPU_LOWER_CLEANUP_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lz::cpu {

/// Replaces every tensor.extract from the result of a parallel linalg.generic or
/// a fill by the computation of that one element, so that what is read at computed
/// positions (by a gather, a concatenation, a padded window) fuses with what
/// made it, as it would had it been read at the loops' indices. Ops without a
/// use left are erased.
void inlinePointwiseReads(mlir::func::FuncOp func);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_CLEANUP_H
