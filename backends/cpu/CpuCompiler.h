//===- CpuCompiler.h - Kernels for the CPU, from fused regions ------------===//
//
// The compile half of the CPU backend as its users see it: give it every
// lz.fused "cpu" region of a program, get one image of machine code.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CPUCOMPILER_H
#define LAZULI_BACKENDS_CPU_CPUCOMPILER_H

#include "backends/cpu/KernelCache.h"
#include "ir/LzOps.h"
#include "ir/dim/DimFacts.h"

#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <optional>
#include <unordered_map>

namespace lz {

/// How an instruction calls a kernel.
struct KernelCall {
  /// Number of the kernel among the image's entries.
  unsigned kernel = 0;
  /// The run-time sizes that the kernel is given, in its order.
  llvm::SmallVector<DimExpr> sizes;
};

/// What the runtime must know to split a call into tasks.
struct KernelGrid {
  DimExpr units;            ///< how many there are
  int64_t grain = 1;        ///< units below which a split does not pay
  DimExpr scratchBytes;     ///< of one worker
  /// What the kernel is given behind the sizes of its call.
  llvm::SmallVector<DimExpr> moreSizes;
};

class CpuCompiler {
public:
  /// What the names of kernels begin with as symbols.
  static constexpr llvm::StringLiteral kSymbolPrefix = "lz_";

  struct Options {
    /// Folder for the IR of every stage; empty: none is written.
    std::string dumpDir;
    /// Where kernels are looked for before they are compiled, and kept; null: nowhere.
    /// Not asked with a `dumpDir`, since what is found passes no stage.
    KernelCache *cache = nullptr;
  };

  CpuCompiler(std::vector<CpuTarget> targets, Options options)
      : targets(std::move(targets)), options(std::move(options)) {}

  /// Lowers the region to loops on tensors; a region equal to an earlier one but
  /// for its names becomes the same kernel. Fails with a diagnostic at the
  /// operation that has no lowering.
  mlir::FailureOr<KernelCall> add(lz::FusedOp op);

  /// Compiles all kernels for all targets, in parallel, and links those of each target
  /// into one image with an entry for each kernel. Without kernels there are no images.
  /// Call it once, after the last add().
  mlir::FailureOr<std::vector<CodeImage>> finish();

  /// The grid of a call on a target, by its number; only after finish().
  KernelGrid getGrid(const KernelCall &call, size_t target) const;

private:
  struct Kernel {
    std::string name;
    llvm::StringRef text; ///< all that decides what it computes; `known` owns it
    mlir::OwningOpRef<mlir::ModuleOp> module;
    /// Of each target, and how the code is called in its object.
    std::vector<CompiledKernel> compiled;
    std::vector<std::string> symbols;
  };
  std::string takeName(FusedOp op);
  mlir::LogicalResult compile(Kernel &kernel, size_t target) const;
  mlir::LogicalResult generate(Kernel &kernel, size_t target) const;
  mlir::FailureOr<CodeImage> link(size_t target, std::string &error);

  std::vector<CpuTarget> targets;
  Options options;
  std::vector<Kernel> kernels;
  /// What was lowered, by the hash of the region; and by the lowered function's text,
  /// for regions that differ in what lowering ignores.
  std::unordered_map<size_t, llvm::SmallVector<std::pair<lz::FusedOp, KernelCall>, 1>> calls;
  llvm::StringMap<unsigned> known;
  std::optional<DimFacts> facts; ///< of the module's symbols
  llvm::StringSet<> names;         ///< that are taken
};

} // namespace lz

#endif // LAZULI_BACKENDS_CPU_CPUCOMPILER_H
