//===- GridForall.h - a hand-written loop as a kernel's grid ----*- C++ -*-===//
//
// For kernels whose lowering chose how to cut the work itself.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_GRIDFORALL_H
#define LAZULI_BACKENDS_CPU_CODEGEN_GRIDFORALL_H

#include "backends/cpu/codegen/Codegen.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"

namespace lz::cpu {

/// A hand-written scf.forall is the grid as it stands: a loop over its points [begin,
/// end). Where something but elementwise ops uses what it computes, one unit does all, for
/// it must be complete by then.
llvm::LogicalResult convertForall(KernelFunc kernel, mlir::IRRewriter &rewriter,
                                  mlir::scf::ForallOp forall, mlir::Value begin,
                                  mlir::Value end, KernelPlan &plan);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_GRIDFORALL_H
