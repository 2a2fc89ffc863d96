//===- CpuCompiler.cpp - Kernels for the CPU, from fused regions ----------===//
//
// Joins lower/ and codegen/. The context's thread pool compiles the kernels:
// each has a module of its own, and no two share an operation.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/CpuCompiler.h"

#include "backends/cpu/KernelName.h"
#include "backends/cpu/lower/LowerFused.h"
#include "backends/cpu/lower/SymbolFacts.h"

#include "mlir/IR/Threading.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace lz;

/// What two equal kernels have in common: their text, in which neither a
/// user's names nor locations occur.
static std::string getKey(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, OpPrintingFlags().useLocalScope());
  return text;
}

/// Equal where isAlike() holds.
static size_t hashOf(FusedOp op) {
  llvm::hash_code hash(op.getBody().getNumArguments());
  for (Operation &inner : op.getBody().front())
    hash = llvm::hash_combine(
        hash, OperationEquivalence::computeHash(&inner, OperationEquivalence::ignoreHashValue,
                                                OperationEquivalence::ignoreHashValue,
                                                OperationEquivalence::IgnoreLocations));
  return hash;
}

/// The same operations on the same types, dimensions and their symbols among them.
static bool isAlike(FusedOp a, FusedOp b) {
  return OperationEquivalence::isRegionEquivalentTo(&a.getBody(), &b.getBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

/// With a prefix that keeps it apart from functions of C, which LLVM knows by name.
std::string CpuCompiler::takeName(FusedOp op) {
  std::string base = kSymbolPrefix.str() + cpu::makeKernelName(op), name = base;
  for (unsigned i = 2; !names.insert(name).second; ++i)
    name = base + "_" + std::to_string(i);
  return name;
}

FailureOr<KernelCall> CpuCompiler::add(FusedOp op) {
  auto &alike = calls[hashOf(op)];
  for (const auto &[earlier, call] : alike)
    if (isAlike(earlier, op))
      return call;
  if (!facts) {
    cpu::loadCodegenDialects(*op.getContext()); // those of lower/ among them
    facts = cpu::readSymbolFacts(op);
  }
  FailureOr<cpu::LoweredKernel> lowered = cpu::lowerFused(op, *facts);
  if (failed(lowered))
    return failure();
  auto [it, isNew] = known.try_emplace(getKey(*lowered->module), kernels.size());
  if (isNew)
    kernels.push_back({takeName(op), it->first(), std::move(lowered->module), {}, {}});
  KernelCall call{it->second, std::move(lowered->sizes)};
  alike.push_back({op, call});
  return call;
}

/// What was lowered to loops has code: no model is to blame if it gets none.
LogicalResult CpuCompiler::generate(Kernel &kernel, size_t target) const {
  cpu::Dump dump{options.dumpDir, kernel.name};
  if (target)
    dump.kernel += "." + targets[target].cpu;
  OwningOpRef<ModuleOp> module = kernel.module->clone();
  CompiledKernel &result = kernel.compiled[target];
  FailureOr<cpu::KernelPlan> plan =
      cpu::lowerKernel(*module, kernel.symbols[target], targets[target], dump);
  FailureOr<std::string> object =
      succeeded(plan) ? cpu::emitObject(*module, targets[target], dump)
                      : FailureOr<std::string>();
  if (failed(object))
    return emitError(kernel.module->getLoc())
           << "internal error: no code could be generated for " << kernel.name;
  result.plan = std::move(*plan);
  result.object = std::move(*object);
  return success();
}

/// In its object a kernel is called by its hash: models that share a kernel have their own
/// names for it.
LogicalResult CpuCompiler::compile(Kernel &kernel, size_t target) const {
  if (!options.dumpDir.empty()) {
    kernel.symbols[target] = kernel.name;
    return generate(kernel, target);
  }
  FileCache::Key key = KernelCache::makeKey(kernel.text, targets[target]);
  kernel.symbols[target] = kSymbolPrefix.str() + FileCache::toHex(key);
  if (!options.cache)
    return generate(kernel, target);
  if (std::optional<CompiledKernel> found = options.cache->find(key)) {
    kernel.compiled[target] = std::move(*found);
    return success();
  }
  if (failed(generate(kernel, target)))
    return failure();
  options.cache->store(key, kernel.compiled[target]);
  return success();
}

/// The image's entries have the kernels' own names.
FailureOr<CodeImage> CpuCompiler::link(size_t target, std::string &error) {
  std::vector<std::pair<std::string, std::string>> objects;
  for (Kernel &kernel : kernels)
    objects.emplace_back(kernel.symbols[target], std::move(kernel.compiled[target].object));
  FailureOr<CodeImage> image = cpu::linkImage(objects, error);
  if (succeeded(image))
    for (auto [entry, kernel] : llvm::zip_equal(image->entries, kernels))
      entry.first = kernel.name;
  return image;
}

FailureOr<std::vector<CodeImage>> CpuCompiler::finish() {
  std::vector<CodeImage> images;
  if (kernels.empty())
    return images;
  Location loc = kernels.front().module->getLoc();
  std::vector<std::pair<Kernel *, size_t>> tasks;
  for (Kernel &kernel : kernels) {
    kernel.compiled.resize(targets.size());
    kernel.symbols.resize(targets.size());
    for (size_t target = 0; target < targets.size(); ++target)
      tasks.emplace_back(&kernel, target);
  }
  if (failed(failableParallelForEach(loc.getContext(), tasks, [&](auto &task) {
        return compile(*task.first, task.second);
      })))
    return failure();
  for (size_t target = 0; target < targets.size(); ++target) {
    std::string error;
    FailureOr<CodeImage> image = link(target, error);
    if (failed(image))
      return emitError(loc) << error, failure();
    images.push_back(std::move(*image));
  }
  for (Kernel &kernel : kernels)
    kernel.module = nullptr;
  return images;
}

KernelGrid CpuCompiler::getGrid(const KernelCall &call, size_t target) const {
  const cpu::KernelPlan &plan = kernels[call.kernel].compiled[target].plan;
  KernelGrid grid;
  grid.units = 1;
  for (const cpu::GridDim &dim : plan.grid) {
    DimExpr extent = dim.extent;
    for (unsigned size : dim.sizes)
      extent = extent * call.sizes[size];
    grid.units = grid.units * DimExpr::ceilDiv(extent, dim.tile);
  }
  grid.grain = plan.grain;
  std::map<std::string, DimExpr> sizes;
  for (auto [i, size] : llvm::enumerate(call.sizes))
    sizes[cpu::sizeSymbol(i)] = size;
  grid.scratchBytes = plan.scratchBytes;
  for (const DimExpr &slot : plan.dynamicScratch) {
    grid.moreSizes.push_back(grid.scratchBytes);
    grid.scratchBytes += slot.substitute(sizes);
  }
  if (!plan.dynamicScratch.empty())
    grid.moreSizes.insert(grid.moreSizes.begin(), grid.scratchBytes);
  return grid;
}
