//===- KernelCache.h - Compiled kernels on disk ---------------------------===//
//
// Most kernels of a model were compiled before: for the same model, or for another with
// the same layers. A folder keeps their objects, a file each, named by a hash of all that
// decides their bytes. What is read is checked, and nothing that goes wrong here is an
// error of the compilation: a kernel that is not found is compiled.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_KERNELCACHE_H
#define LAZULI_BACKENDS_CPU_KERNELCACHE_H

#include "backends/cpu/codegen/Codegen.h"

#include <array>
#include <atomic>
#include <memory>
#include <optional>

namespace lz {

/// What code generation makes of a kernel.
struct CompiledKernel {
  cpu::KernelPlan plan;
  std::string object; ///< ELF
};

/// Several threads may use one, several processes the same folder.
class KernelCache {
public:
  using Key = std::array<uint8_t, 32>;
  static constexpr uint64_t kMaxBytes = 256 << 20;

  /// Uses the folder, which is made with its parents where it is missing, for the user
  /// alone. Null, and in `why` what was found and what was expected, if it can not be made,
  /// is somebody else's, or others may write it: code that is read from it is run.
  static std::unique_ptr<KernelCache> open(const std::string &folder, std::string &why,
                                           uint64_t maxBytes = kMaxBytes);
  /// Drops what was not used for longest where the folder has grown beyond its bound.
  ~KernelCache();

  /// All that decides a kernel's code: its text before code generation, the processor, and
  /// the builds of this compiler, MLIR and LLVM.
  static Key makeKey(llvm::StringRef text, const CpuTarget &target);
  static std::string toHex(const Key &key);

  /// The kernel of that key; none if there is no intact file for it.
  std::optional<CompiledKernel> find(const Key &key);
  /// Keeps a kernel, if it can be written.
  void store(const Key &key, const CompiledKernel &kernel);

  /// How often find() gave a kernel.
  size_t getNumHits() const { return numHits; }

private:
  KernelCache(std::string folder, uint64_t maxBytes)
      : folder(std::move(folder)), maxBytes(maxBytes) {}
  std::string getPath(const Key &key) const;
  void trim() const;

  std::string folder;
  uint64_t maxBytes;
  std::atomic<size_t> numHits{0}, numStored{0};
};

} // namespace lz

#endif // LAZULI_BACKENDS_CPU_KERNELCACHE_H
