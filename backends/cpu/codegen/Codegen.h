//===- Codegen.h - from a kernel function to an image of machine code -----===//
//
// The stages of code generation, each from one data structure to the next:
//
//   KernelFunc (KernelFunc.h)  --lowerKernel-->  llvm dialect + KernelPlan
//                              --emitObject-->   ELF object
//                              --linkImage-->    import-free image
//
// Stages of different kernels may run in different threads as long as their
// modules share no MLIRContext, or share one that is multithreaded.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_CODEGEN_H
#define LAZULI_BACKENDS_CPU_CODEGEN_CODEGEN_H

#include "backends/cpu/codegen/CpuTarget.h"
#include "backends/cpu/codegen/KernelFunc.h"
#include "ir/dim/DimExpr.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mlir {
class DialectRegistry;
}

namespace lz {

/// Machine code of a set of kernels, position independent, to be mapped read-and-execute
/// at a page boundary. An entry is a kernel's name and its offset.
struct CodeImage {
  std::vector<char> bytes;
  std::vector<std::pair<std::string, uint64_t>> entries;
};

namespace cpu {

/// One dimension of a kernel's grid: ceil(extent / tile) units, where the extent is
/// `extent` times the product of the kernel's sizes listed in `sizes`.
struct GridDim {
  llvm::SmallVector<unsigned, 2> sizes;
  int64_t extent = 1;
  int64_t tile = 1;
};

/// What a caller of the kernel must know.
struct KernelPlan {
  llvm::SmallVector<GridDim> grid; ///< row-major; empty: one unit
  int64_t grain = 1;               ///< units below which a split does not pay
  int64_t scratchBytes = 0;        ///< of one worker, a multiple of 64
  /// Bytes of temporaries behind those, multiples of 64, as expressions over the kernel's
  /// sizes (see sizeSymbol). If there are any, the kernel expects more sizes after its own:
  /// the bytes of one worker's scratch in all, then the offset of each of these.
  llvm::SmallVector<DimExpr> dynamicScratch;
};

/// The name of a kernel's size in the expressions of its plan.
std::string sizeSymbol(unsigned size);

/// Where the IR of each stage is written: `<dir>/<kernel>.<stage>.<ext>`; nowhere where
/// `dir` is empty.
struct Dump {
  std::string dir;
  std::string kernel;
  void write(llvm::StringRef stage, mlir::Operation *op) const;
  void write(llvm::StringRef stage, llvm::StringRef extension, llvm::StringRef text) const;
};

/// Registers every dialect and interface that lowerKernel uses.
void registerCodegenDialects(mlir::DialectRegistry &registry);

/// Loads them into a context; needed once before lowerKernel.
void loadCodegenDialects(mlir::MLIRContext &context);

/// Turns the kernel function in `module` into the llvm dialect, in place; the entry is
/// then a function `entry` of type lz_kernel_fn. Diagnostics go to the function's
/// location.
mlir::FailureOr<KernelPlan> lowerKernel(mlir::ModuleOp module, llvm::StringRef entry,
                                        const CpuTarget &target, const Dump &dump);

/// Optimizes and compiles what lowerKernel made.
mlir::FailureOr<std::string> emitObject(mlir::ModuleOp module, const CpuTarget &target,
                                        const Dump &dump);

/// Links objects, each of which defines the function that its name says, into one image.
/// Fails, with the symbol's name in `error`, if anything were left to a dynamic linker.
mlir::FailureOr<CodeImage>
linkImage(llvm::ArrayRef<std::pair<std::string, std::string>> namedObjects,
          std::string &error);

} // namespace cpu
} // namespace lz

#endif // LAZULI_BACKENDS_CPU_CODEGEN_CODEGEN_H
