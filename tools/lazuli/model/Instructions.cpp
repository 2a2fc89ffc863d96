//===- Instructions.cpp - What an artifact does, and in which memory ---------===//
//
// See Artifact.h: instructions in words, and the lifetimes of temporaries as the
// runtime's planner sees them.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Artifact.h"

#include "runtime/format/Check.h"
#include "runtime/format/MemoryPlanner.h"
#include "tools/lazuli/Failure.h"

#include <algorithm>

using namespace lz;
using namespace lz::cli;

static std::vector<uint32_t> copyOf(const flatbuffers::Vector<uint32_t> *numbers) {
  auto range = rt::items(numbers);
  return {range.begin(), range.end()};
}

static std::string getKernelName(const fmt::Program &program, uint32_t kernel) {
  if (rt::count(program.targets()) == 0)
    return rt::concat("kernel ", kernel);
  auto *kernels = program.targets()->Get(0)->kernels();
  return kernel < rt::count(kernels) ? std::string(rt::view(kernels->Get(kernel)->name()))
                                     : rt::concat("kernel ", kernel);
}

/// "Convolution + eltwise(relu) + sum".
static std::string describePrimitive(const fmt::PrimitiveCall &call) {
  std::string text = fmt::EnumNamePrimitiveKind(call.kind());
  if (call.has_bias())
    text += " + bias";
  for (const fmt::PostOp *op : rt::items(call.post_ops()))
    text += op->kind() == fmt::PostOpKind_Sum ? std::string(" + sum")
                                              : rt::concat(" + ", rt::view(op->algorithm()));
  return text;
}

template <typename Call> static void copyOperands(const Call &call, InstructionView &out) {
  out.inputs = copyOf(call.inputs());
  out.outputs = copyOf(call.outputs());
}

InstructionView cli::describeInstruction(const Artifact &artifact,
                                         const fmt::Instruction &instruction) {
  InstructionView out;
  out.instruction = &instruction;
  if (auto *kernel = instruction.call_as_KernelCall()) {
    out.backend = "cpu";
    out.what = getKernelName(artifact.getProgram(), kernel->kernel());
    copyOperands(*kernel, out);
  } else if (auto *primitive = instruction.call_as_PrimitiveCall()) {
    out.backend = "onednn";
    out.what = describePrimitive(*primitive);
    copyOperands(*primitive, out);
  } else if (auto *host = instruction.call_as_HostCall()) {
    out.backend = "host";
    out.what = rt::view(host->op());
    copyOperands(*host, out);
  } else if (auto *copy = instruction.call_as_CopyCall()) {
    out.backend = out.what = "copy";
    out.inputs = {copy->src()};
    out.outputs = {copy->dst()};
  } else if (auto *branch = instruction.call_as_BranchCall()) {
    out.backend = out.what = "branch";
    copyOperands(*branch, out);
    out.inputs.insert(out.inputs.begin(), branch->condition());
  } else if (auto *loop = instruction.call_as_LoopCall()) {
    out.backend = out.what = "loop";
    copyOperands(*loop, out);
    for (uint32_t value : {loop->trip_count(), loop->condition()})
      if (value != rt::noIndex)
        out.inputs.push_back(value);
  }
  return out;
}

static void listBlock(const Artifact &artifact, uint32_t block, std::vector<InstructionView> &out) {
  for (const fmt::Instruction *instruction :
       rt::items(artifact.getProgram().blocks()->Get(block)->instructions())) {
    out.push_back(describeInstruction(artifact, *instruction));
    if (auto *branch = instruction->call_as_BranchCall()) {
      listBlock(artifact, branch->then_block(), out);
      listBlock(artifact, branch->else_block(), out);
    }
    if (auto *loop = instruction->call_as_LoopCall())
      listBlock(artifact, loop->body(), out);
  }
}

std::vector<InstructionView> cli::listInstructions(const Artifact &artifact, uint32_t entry) {
  std::vector<InstructionView> out;
  listBlock(artifact, artifact.getProgram().entries()->Get(entry)->block(), out);
  return out;
}

namespace {
/// Collects first definition and last use of each temporary of one block.
class LifetimeCollector {
public:
  LifetimeCollector(const Artifact &artifact, const std::vector<int64_t> &symbols)
      : artifact(artifact), symbols(symbols), roots(rt::computeRoots(artifact.getProgram())) {}

  void define(uint32_t value, uint32_t instant) {
    uint32_t root = roots[value];
    if (artifact.getValue(root).storage() != fmt::Storage_Temporary || find(root))
      return;
    auto bytes = static_cast<uint64_t>(std::max<int64_t>(artifact.getNumBytes(root, symbols), 0));
    items.push_back({root, bytes, 0, instant, instant});
  }
  void use(uint32_t value, uint32_t instant) {
    if (MemoryItem *item = find(roots[value]))
      item->last = std::max(item->last, instant);
  }

  std::vector<MemoryItem> items;

private:
  MemoryItem *find(uint32_t root) {
    for (MemoryItem &item : items)
      if (item.value == root)
        return &item;
    return nullptr;
  }
  const Artifact &artifact;
  const std::vector<int64_t> &symbols;
  std::vector<uint32_t> roots;
};
} // namespace

MemoryTimeline cli::computeMemory(const Artifact &artifact, uint32_t entry,
                                  const std::vector<int64_t> &symbols) {
  const fmt::Program &program = artifact.getProgram();
  const fmt::Block *block = program.blocks()->Get(program.entries()->Get(entry)->block());
  LifetimeCollector collector(artifact, symbols);
  MemoryTimeline timeline;
  for (const fmt::Instruction *instruction : rt::items(block->instructions())) {
    InstructionView view = describeInstruction(artifact, *instruction);
    for (uint32_t value : view.inputs)
      collector.use(value, timeline.numInstructions);
    for (uint32_t value : view.outputs)
      collector.define(value, timeline.numInstructions);
    ++timeline.numInstructions;
  }
  for (uint32_t value : rt::items(block->outputs()))
    collector.use(value, timeline.numInstructions);
  std::vector<rt::Lifetime> lifetimes;
  for (const MemoryItem &item : collector.items)
    lifetimes.push_back({item.sizeBytes, item.first, item.last});
  rt::MemoryPlan plan = require(rt::planMemory(lifetimes));
  for (size_t i = 0; i < plan.offsets.size(); ++i)
    collector.items[i].offset = plan.offsets[i];
  timeline.items = std::move(collector.items);
  timeline.arenaBytes = plan.arenaBytes;
  timeline.peakBytes = rt::getPeakLiveBytes(lifetimes);
  return timeline;
}
