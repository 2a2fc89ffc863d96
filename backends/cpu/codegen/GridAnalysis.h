//===- GridAnalysis.h - which dimensions of the outputs split the work ----===//
//
// Decides, without changing IR, over which output dimensions a kernel is tiled and how
// large a tile is. A dimension qualifies if no costly producer would be computed again
// for every tile along it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_GRIDANALYSIS_H
#define LAZULI_BACKENDS_CPU_CODEGEN_GRIDANALYSIS_H

#include "backends/cpu/codegen/Stages.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "llvm/ADT/SmallBitVector.h"

namespace lz::cpu {

/// A computed output: `value` is the result of a linalg op; `views` are the reshapes
/// between it and what the function returns, outermost last.
struct Root {
  mlir::OpResult value;
  llvm::SmallVector<mlir::Operation *> views;
};

/// What `returned` is made of behind its views; `value` is of any op, null for an argument.
Root findRoot(mlir::Value returned);

/// One tiled dimension: the same position in every root's value.
struct GridChoice {
  unsigned dim;
  GridDim grid;
};

/// The extent of a tensor's dimension in terms of constants and the kernel's sizes;
/// nullopt where it is anything else. `tile` is left 1.
std::optional<GridDim> extentOf(KernelFunc kernel, mlir::Value tensor, unsigned dim);

/// The dimensions and tiles to split by; empty where nothing can be split.
/// `grain` becomes the number of units below which a task does not pay.
llvm::SmallVector<GridChoice> chooseGrid(KernelFunc kernel, llvm::ArrayRef<Root> roots,
                                         const CpuTarget &target, int64_t &grain);

/// The destination in the shape of the root's value: the inverse of its views.
mlir::Value viewDestination(mlir::OpBuilder &b, mlir::Value dest, const Root &root);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_GRIDANALYSIS_H
