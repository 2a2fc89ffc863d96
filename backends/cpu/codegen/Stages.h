//===- Stages.h - the steps inside lowerKernel ----------------------------===//
//
// Each step has one input and one output form; Lower.cpp runs them in this order.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_STAGES_H
#define LAZULI_BACKENDS_CPU_CODEGEN_STAGES_H

#include "backends/cpu/codegen/Codegen.h"

namespace lz::cpu {

/// Kernel function as given -> only linalg.generic and linalg.fill, elementwise chains
/// fused, fast-math flags set.
mlir::LogicalResult normalizeKernel(KernelFunc kernel);

/// Adds two arguments (begin, end) and makes the body a loop over the grid units
/// [begin, end), with producers fused into the tile. Where no dimension can be split the
/// body stays and the grid is one unit.
mlir::LogicalResult tileToGrid(KernelFunc kernel, const CpuTarget &target,
                               KernelPlan &plan);

/// A temporary that a kernel's wrapper passes as an argument.
struct ScratchSlot {
  int64_t offset;   ///< in the worker's scratch, unless dynamic
  int dynamic = -1; ///< number in KernelPlan::dynamicScratch
};

/// Tensors -> memrefs. Results are dropped, allocations become stack or trailing
/// arguments (one memref<..xi8> per slot, in order).
mlir::LogicalResult bufferizeKernel(KernelFunc kernel, KernelPlan &plan,
                                    llvm::SmallVectorImpl<ScratchSlot> &slots);

/// linalg on memrefs -> scf loops with scalar or vector bodies; math is expanded to
/// arithmetic.
mlir::LogicalResult lowerToLoops(mlir::func::FuncOp func, const CpuTarget &target);

/// Loops -> llvm dialect with the entry `entry` around the kernel.
struct WrapperInfo {
  unsigned numInputs, numOutputs, numSizes;
  /// Of each tensor argument, per dimension the size that holds it or -1.
  llvm::SmallVector<llvm::SmallVector<int64_t>> dims;
  llvm::SmallVector<mlir::MemRefType> types;
  llvm::SmallVector<ScratchSlot> slots;
  int64_t scratchBytes;
};
mlir::LogicalResult lowerToLlvm(mlir::ModuleOp module, mlir::func::FuncOp func,
                                llvm::StringRef entry, const WrapperInfo &info);

/// True for a generic that multiplies and accumulates (extensions of the factors
/// allowed): the ops that register tiling is made for.
bool isContraction(mlir::Operation *op);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_STAGES_H
