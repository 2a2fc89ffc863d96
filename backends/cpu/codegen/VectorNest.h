//===- VectorNest.h - register-tiled vector loops for reductions ----------===//
//
// LLVM's loop vectorizer looks at one loop. A contraction wants several: accumulators of a
// block of outputs in registers, the reduction innermost. This lowering makes that.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_VECTORNEST_H
#define LAZULI_BACKENDS_CPU_CODEGEN_VECTORNEST_H

#include "backends/cpu/codegen/CpuTarget.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace lz::cpu {

/// Replaces a reduction on memrefs by loops over vectors; fails, changing nothing, where the
/// op has no dimension to vectorize along.
llvm::LogicalResult lowerToVectorNest(mlir::RewriterBase &rewriter,
                                      mlir::linalg::LinalgOp op,
                                      const CpuTarget &target);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_VECTORNEST_H
