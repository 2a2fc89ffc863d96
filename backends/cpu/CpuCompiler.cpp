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
    kernels.push_back({takeName(op), std::move(lowered->module), {}, {}});
  KernelCall call{it->second, std::move(lowered->sizes)};
  alike.push_back({op, call});
  return call;
}

/// What was lowered to loops has code: no model is to blame.
LogicalResult CpuCompiler::failGeneration(Kernel &kernel) {
  return emitError(kernel.module->getLoc())
         << "internal error: no code could be generated for " << kernel.name;
}

LogicalResult CpuCompiler::compile(Kernel &kernel) const {
  cpu::Dump dump{options.dumpDir, kernel.name};
  FailureOr<cpu::KernelPlan> plan =
      cpu::lowerKernel(*kernel.module, kernel.name, target, dump);
  if (failed(plan))
    return failGeneration(kernel);
  FailureOr<std::string> object = cpu::emitObject(*kernel.module, target, dump);
  if (failed(object))
    return failGeneration(kernel);
  kernel.plan = std::move(*plan);
  kernel.object = std::move(*object);
  kernel.module = nullptr;
  return success();
}

FailureOr<CodeImage> CpuCompiler::finish() {
  if (kernels.empty())
    return CodeImage();
  ModuleOp first = *kernels.front().module;
  MLIRContext *context = first.getContext();
  Location loc = first.getLoc();
  if (failed(failableParallelForEach(context, kernels,
                                     [&](Kernel &kernel) { return compile(kernel); })))
    return failure();
  std::vector<std::pair<std::string, std::string>> objects;
  for (Kernel &kernel : kernels)
    objects.emplace_back(kernel.name, std::move(kernel.object));
  std::string error;
  FailureOr<CodeImage> image = cpu::linkImage(objects, error);
  if (failed(image))
    return emitError(loc) << error, failure();
  return image;
}

KernelGrid CpuCompiler::getGrid(const KernelCall &call) const {
  const cpu::KernelPlan &plan = kernels[call.kernel].plan;
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
