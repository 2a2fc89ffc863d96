//===- LowerFused.h - fused regions become loops on tensors -----*- C++ -*-===//
//
// The first half of the CPU backend's compilation: the region of one lz.fused op
// becomes a function on builtin tensors, with linalg, tensor, arith, math and scf
// inside, as backends/cpu/codegen/KernelFunc.h describes it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_LOWERFUSED_H
#define LAZULI_BACKENDS_CPU_LOWER_LOWERFUSED_H

#include "ir/LzOps.h"
#include "ir/dim/DimFacts.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace lz::cpu {

/// A kernel before code generation.
struct LoweredKernel {
  /// Holds the one public function and nothing of the module it came from.
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// What the runtime passes as sizes, in the order of the function's
  /// arguments: every dynamic dimension of an argument among them.
  llvm::SmallVector<lz::DimExpr> sizes;
};

/// Lowers the region; its inputs and outputs become the function's arguments in
/// their order. Emits a diagnostic at the op at fault and fails if the region
/// holds an op that has no lowering, an unranked tensor, or a dimension that no
/// expression tells. Loads the dialects it needs into the context, so the
/// first call must come before passes run in parallel (see loadDialects).
mlir::FailureOr<LoweredKernel> lowerFused(lz::FusedOp op);
/// The same with the facts of the module's symbols, for who lowers many regions.
mlir::FailureOr<LoweredKernel> lowerFused(lz::FusedOp op, const DimFacts &facts);

/// True if `lowerFused` can lower an op of this name.
bool hasLowering(llvm::StringRef opName);

/// Names of all ops that have a lowering, sorted.
llvm::SmallVector<llvm::StringRef> loweredOps();

/// Adds the dialects that lowered kernels consist of.
void registerLoweringDialects(mlir::DialectRegistry &registry);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_LOWERFUSED_H
