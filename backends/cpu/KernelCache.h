//===- KernelCache.h - Compiled kernels on disk ---------------------------===//
//
// Most kernels of a model were compiled before: for the same model, or for another with
// the same layers.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_KERNELCACHE_H
#define LAZULI_BACKENDS_CPU_KERNELCACHE_H

#include "backends/cpu/FileCache.h"
#include "backends/cpu/codegen/Codegen.h"

namespace lz {

/// What code generation makes of a kernel.
struct CompiledKernel {
  cpu::KernelPlan plan;
  std::string object; ///< ELF
};

/// Several threads may use one.
class KernelCache {
public:
  /// Keeps kernels in `files`.
  explicit KernelCache(std::unique_ptr<FileCache> files) : files(std::move(files)) {}

  /// All that decides a kernel's code: its text before code generation and the processor.
  static FileCache::Key makeKey(llvm::StringRef text, const CpuTarget &target);

  std::optional<CompiledKernel> find(const FileCache::Key &key);
  void store(const FileCache::Key &key, const CompiledKernel &kernel);

  /// How often find() gave a kernel.
  size_t getNumHits() const { return numHits; }

private:
  std::unique_ptr<FileCache> files;
  std::atomic<size_t> numHits{0};
};

} // namespace lz

#endif // LAZULI_BACKENDS_CPU_KERNELCACHE_H
