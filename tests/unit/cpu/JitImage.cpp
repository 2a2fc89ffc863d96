//===- JitImage.cpp - compile a kernel's text and call it in this process -===//
//
// Scratch is surrounded by guard bytes that run() checks, so that a kernel which
// writes beyond what it asked for is found.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/cpu/JitImage.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include <cstdlib>
#include <cstring>
#include <random>
#include <sys/mman.h>

using namespace mlir;

namespace lz::cpu::test {

MappedImage::MappedImage(const CodeImage &image) : size(image.bytes.size()) {
  base = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::memcpy(base, image.bytes.data(), size);
  mprotect(base, size, PROT_READ | PROT_EXEC);
  entries.insert(image.entries.begin(), image.entries.end());
}

MappedImage &MappedImage::operator=(MappedImage &&other) noexcept {
  std::swap(base, other.base);
  std::swap(size, other.size);
  std::swap(entries, other.entries);
  return *this;
}

MappedImage::~MappedImage() {
  if (base)
    munmap(base, size);
}

lz_kernel_fn MappedImage::find(llvm::StringRef name) const {
  auto it = entries.find(name.str());
  if (it == entries.end())
    return nullptr;
  return reinterpret_cast<lz_kernel_fn>(static_cast<char *>(base) + it->second);
}

void JitKernel::compile(ModuleOp module, const CpuTarget &target,
                        const std::string &dumpDir) {
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diag) {
    message += diag.str() + "\n";
    return success();
  });
  Dump dump{dumpDir, "kernel"};
  FailureOr<KernelPlan> plan = lowerKernel(module, "kernel", target, dump);
  if (failed(plan))
    return;
  kernelPlan = *plan;
  FailureOr<std::string> object = emitObject(module, target, dump);
  if (failed(object))
    return;
  FailureOr<CodeImage> linked = linkImage({{"kernel", *object}}, message);
  if (failed(linked))
    return;
  image = MappedImage(*linked);
  function = image.find("kernel");
}

JitKernel::JitKernel(llvm::StringRef source, const CpuTarget &target,
                     const std::string &dumpDir) {
  DialectRegistry registry;
  registerCodegenDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  loadCodegenDialects(context);
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diag) {
    message += diag.str() + "\n";
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(source, &context);
  if (module)
    compile(*module, target, dumpDir);
}

JitKernel::JitKernel(ModuleOp module, const CpuTarget &target, const std::string &dumpDir) {
  loadCodegenDialects(*module.getContext());
  compile(module, target, dumpDir);
}

int64_t JitKernel::units(llvm::ArrayRef<int64_t> sizes) const {
  int64_t units = 1;
  for (const GridDim &dim : kernelPlan.grid) {
    int64_t extent = dim.extent;
    for (unsigned size : dim.sizes)
      extent *= sizes[size];
    units *= (extent + dim.tile - 1) / dim.tile;
  }
  return units;
}

int32_t JitKernel::run(llvm::ArrayRef<void *> buffers, llvm::ArrayRef<int64_t> sizes,
                       int64_t unitsPerCall, lz_kernel_error *error) const {
  constexpr int64_t kWorkers = 2, kGuard = 64;
  lz_kernel_error own = {};
  // As the runtime does: the worker's bytes and the offsets of what the sizes decide.
  std::map<std::string, int64_t> values;
  for (auto [i, size] : llvm::enumerate(sizes))
    values[sizeSymbol(i)] = size;
  std::vector<int64_t> given(sizes.begin(), sizes.end()), offsets;
  int64_t workerBytes = kernelPlan.scratchBytes;
  for (const DimExpr &slot : kernelPlan.dynamicScratch) {
    offsets.push_back(workerBytes);
    workerBytes += slot.evaluate(values).value();
  }
  given.push_back(workerBytes);
  given.insert(given.end(), offsets.begin(), offsets.end());
  int64_t scratchBytes = kWorkers * workerBytes;
  auto *scratch = static_cast<uint8_t *>(std::aligned_alloc(64, scratchBytes + kGuard));
  std::memset(scratch, 0xA5, scratchBytes + kGuard);
  lz_kernel_args args = {buffers.data(), given.data(), scratch, error ? error : &own};
  int64_t total = units(sizes), step = unitsPerCall ? unitsPerCall : total;
  int32_t code = 0, worker = 0;
  for (int64_t begin = 0; begin < total; begin += step, worker ^= 1)
    if (int32_t c = function(&args, begin, std::min(total, begin + step), worker))
      code = c;
  for (int64_t i = 0; i < kGuard; ++i)
    if (scratch[scratchBytes + i] != 0xA5)
      code = -1;
  std::free(scratch);
  return code;
}

std::vector<float> randomFloats(size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> values(count);
  for (float &value : values)
    value = distribution(generator);
  return values;
}

std::vector<CpuTarget> targets() {
  std::string error;
  return {CpuTarget::host(), *CpuTarget::parse("x86-64-v3", error)};
}

} // namespace lz::cpu::test
