//===- JitImage.h - compile a kernel's text and call it in this process ---===//
//
// Test helper of both halves of the CPU backend: takes the text of a kernel module, goes
// through every stage up to the linked image, maps the image, and calls the kernel as the
// runtime would, on any split of the grid.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TESTS_UNIT_CPU_JITIMAGE_H
#define LAZULI_TESTS_UNIT_CPU_JITIMAGE_H

#include "backends/cpu/codegen/Codegen.h"
#include "runtime/format/KernelAbi.h"

#include <map>

namespace lz::cpu::test {

/// An image in memory that can be executed.
class MappedImage {
public:
  MappedImage() = default;
  explicit MappedImage(const CodeImage &image);
  MappedImage(MappedImage &&other) noexcept { *this = std::move(other); }
  MappedImage &operator=(MappedImage &&other) noexcept;
  ~MappedImage();

  /// The kernel of that name; null if the image has none.
  lz_kernel_fn find(llvm::StringRef name) const;

private:
  void *base = nullptr;
  size_t size = 0;
  std::map<std::string, uint64_t> entries;
};

/// One compiled kernel.
class JitKernel {
public:
  /// Compiles `source`, the text of a module as KernelFunc.h describes. On failure
  /// `valid()` is false and `error` says why.
  explicit JitKernel(llvm::StringRef source, const CpuTarget &target = CpuTarget::host(),
                     const std::string &dumpDir = "");
  /// The same for a module in memory, which is consumed.
  explicit JitKernel(mlir::ModuleOp module, const CpuTarget &target = CpuTarget::host(),
                     const std::string &dumpDir = "");

  bool valid() const { return function != nullptr; }
  const std::string &error() const { return message; }
  const KernelPlan &plan() const { return kernelPlan; }

  /// Number of grid units for these sizes.
  int64_t units(llvm::ArrayRef<int64_t> sizes) const;

  /// Runs all units, `unitsPerCall` at a time with alternating workers (0: one call).
  /// Buffers are inputs, then outputs. Returns the kernel's code.
  int32_t run(llvm::ArrayRef<void *> buffers, llvm::ArrayRef<int64_t> sizes = {},
              int64_t unitsPerCall = 0, lz_kernel_error *error = nullptr) const;

private:
  void compile(mlir::ModuleOp module, const CpuTarget &target, const std::string &dumpDir);

  MappedImage image;
  KernelPlan kernelPlan;
  lz_kernel_fn function = nullptr;
  std::string message;
};

/// Numbers in [-1, 1), the same for the same seed.
std::vector<float> randomFloats(size_t count, unsigned seed = 1);

/// Both vector widths: the host's, and 32 bytes.
std::vector<CpuTarget> targets();

} // namespace lz::cpu::test

#endif // LAZULI_TESTS_UNIT_CPU_JITIMAGE_H
