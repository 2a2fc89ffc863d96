//===- KernelCache.cpp - Compiled kernels on disk -------------------------===//
//
// See KernelCache.h. What is kept of a kernel: its plan as lines of text, then the object.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/KernelCache.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace lz;
using llvm::StringRef;

FileCache::Key KernelCache::makeKey(StringRef text, const CpuTarget &target) {
  return FileCache::makeKey(
      {"kernel", target.cpu, target.features, llvm::itostr(target.vectorBytes), text});
}

/// One line per part of the plan; the object follows the last.
static std::string printPlan(const cpu::KernelPlan &plan) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "grain " << plan.grain << "\nscratch " << plan.scratchBytes << "\n";
  for (const cpu::GridDim &dim : plan.grid) {
    os << "grid " << dim.extent << " " << dim.tile;
    for (unsigned size : dim.sizes)
      os << " " << size;
    os << "\n";
  }
  for (const DimExpr &slot : plan.dynamicScratch)
    os << "slot " << slot.str() << "\n";
  os << "object\n";
  return text;
}

static bool parseGridDim(StringRef text, cpu::GridDim &dim) {
  llvm::SmallVector<StringRef> words;
  text.split(words, ' ');
  if (words.size() < 2 || words[0].getAsInteger(10, dim.extent) ||
      words[1].getAsInteger(10, dim.tile) || dim.tile < 1)
    return false;
  for (StringRef word : llvm::drop_begin(words, 2))
    if (word.getAsInteger(10, dim.sizes.emplace_back()))
      return false;
  return true;
}

static bool parsePlanLine(StringRef line, cpu::KernelPlan &plan) {
  auto [word, rest] = line.split(' ');
  if (word == "grain")
    return !rest.getAsInteger(10, plan.grain);
  if (word == "scratch")
    return !rest.getAsInteger(10, plan.scratchBytes);
  if (word == "grid")
    return parseGridDim(rest, plan.grid.emplace_back());
  std::optional<DimExpr> slot = DimExpr::parse({rest.data(), rest.size()});
  if (word != "slot" || !slot)
    return false;
  plan.dynamicScratch.push_back(*slot);
  return true;
}

static std::optional<CompiledKernel> parseKernel(StringRef text) {
  CompiledKernel kernel;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    if (line == "object") {
      kernel.object = rest.str();
      return kernel;
    }
    if (!parsePlanLine(line, kernel.plan))
      return std::nullopt;
    text = rest;
  }
  return std::nullopt;
}

std::optional<CompiledKernel> KernelCache::find(const FileCache::Key &key) {
  std::optional<std::string> text = files->find(key);
  std::optional<CompiledKernel> kernel = text ? parseKernel(*text) : std::nullopt;
  numHits += kernel.has_value();
  return kernel;
}

void KernelCache::store(const FileCache::Key &key, const CompiledKernel &kernel) {
  files->store(key, printPlan(kernel.plan) + kernel.object);
}
