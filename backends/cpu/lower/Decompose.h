//===- Decompose.h - several kernels instead of one -------------*- C++ -*-===//
//
// A rewrite within the lz dialect, to be done after a library has taken the ops it
// wants and before lz-fuse.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_DECOMPOSE_H
#define LAZULI_BACKENDS_CPU_LOWER_DECOMPOSE_H

#include "ir/DenseOracle.h"

#include "mlir/IR/Operation.h"

namespace lz::cpu {

/// Splits, everywhere below `root` but not inside lz.fused, and not what `oracle`
/// would take (none: nothing is taken):
///
/// - lz.conv with padding into lz.pad and lz.conv without, so that the inner loops
///   need no check; the same of the maximum over channels-last images.
///
/// Types of new values are exact, so inference need not run again. Returns true if
/// anything was changed.
bool decomposeForCpu(mlir::Operation *root, const DenseOracle *oracle = nullptr);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_DECOMPOSE_H
