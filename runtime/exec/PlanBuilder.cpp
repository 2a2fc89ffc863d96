//===- PlanBuilder.cpp ----------------------------------------------------===//
//
// See PlanBuilder.h: values, calls, and the arena.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/PlanBuilder.h"

#include "runtime/base/Buffer.h"
#include "runtime/base/Text.h"
#include "runtime/exec/Binding.h"
#include "runtime/exec/DynamicCode.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"
#include "runtime/format/KernelLaunch.h"

#include <algorithm>

using namespace lz;
using namespace lz::rt;

/// The most pieces a grid is cut into, per thread: enough to even out a thread
/// that is kept busy by another process, few enough not to be felt.
static constexpr int64_t chunksPerThread = 4;

/// More than a worker can want, and little enough to multiply by the threads.
static constexpr int64_t maxScratchBytes = int64_t(1) << 40;

PlanBuilder::PlanBuilder(const Model &model, const StateLayout &states,
                         PlanScope scope, std::vector<int64_t> symbols,
                         int threads)
    : model(model), program(model.getProgram()), states(states),
      scope(std::move(scope)), symbols(std::move(symbols)), threads(threads),
      plan(std::make_unique<Plan>()), roots(model.getRoots()),
      slotOf(roots.size(), noSlot) {}

StatusOr<std::unique_ptr<Plan>> PlanBuilder::build() {
  LZ_RETURN_IF_ERROR(layOutPorts());
  LZ_RETURN_IF_ERROR(addInstructions(*scope.block, scope.begin, scope.end));
  LZ_RETURN_IF_ERROR(addOutputCopies());
  LZ_RETURN_IF_ERROR(createPrimitives());
  LZ_RETURN_IF_ERROR(planArena());
  return std::move(plan);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

StatusOr<int64_t> PlanBuilder::evaluate(uint32_t expr) {
  return evaluateExpr(*program.exprs()->Get(expr), symbols.data());
}

StatusOr<std::vector<int64_t>> PlanBuilder::getDims(uint32_t value) {
  std::vector<int64_t> dims;
  for (uint32_t dim : items(getValue(value).dims())) {
    LZ_ASSIGN_OR_RETURN(int64_t size, evaluate(dim));
    if (size < 0)
      return invalidArgument(
          concat("value ", quote(view(getValue(value).name())),
                 " would have dimension ", dims.size(), " of ", size));
    dims.push_back(size);
  }
  return dims;
}

StatusOr<uint64_t> PlanBuilder::getBytes(uint32_t value) {
  LZ_ASSIGN_OR_RETURN(std::vector<int64_t> dims, getDims(value));
  uint64_t numBytes = 0;
  if (!getNumBytes(getValue(value).dtype(), dims, numBytes))
    return resourceExhausted(concat(
        "value ", quote(view(getValue(value).name())),
        " would have dimensions ", formatDims(dims.data(), dims.size())));
  return numBytes;
}

PlanBuilder::Slot PlanBuilder::addSlot(Location location) {
  slots.push_back(location);
  return static_cast<Slot>(slots.size() - 1);
}

PlanBuilder::Slot PlanBuilder::addArenaSlot(uint64_t sizeBytes) {
  lifetimes.push_back({sizeBytes, now, now});
  return addSlot({Region::Arena, lifetimes.size() - 1, nullptr});
}

void PlanBuilder::extend(Slot slot) {
  if (slots[slot].region == Region::Arena)
    lifetimes[slots[slot].offset].last = now;
}

/// Inputs are where the user has them; a temporary that is an output is
/// computed where the user wants it.
Status PlanBuilder::layOutPorts() {
  for (uint32_t i = 0; i < scope.inputs.size(); ++i) {
    slotOf[scope.inputs[i]] = addSlot({Region::Input, i, nullptr});
    LZ_ASSIGN_OR_RETURN(uint64_t numBytes, getBytes(scope.inputs[i]));
    plan->inputBytes.push_back(numBytes);
  }
  for (uint32_t i = 0; i < scope.outputs.size(); ++i) {
    uint32_t value = scope.outputs[i];
    LZ_ASSIGN_OR_RETURN(std::vector<int64_t> dims, getDims(value));
    LZ_ASSIGN_OR_RETURN(uint64_t numBytes, getBytes(value));
    plan->outputDims.push_back(std::move(dims));
    plan->outputBytes.push_back(numBytes);
    uint32_t root = roots[value];
    if (getValue(root).storage() == fmt::Storage_Temporary &&
        slotOf[root] == noSlot)
      slotOf[root] = addSlot({Region::Output, i, nullptr});
  }
  return Status::success();
}

/// A view has the bytes of its base, all of them.
Status PlanBuilder::checkView(uint32_t value) {
  if (value == roots[value])
    return Status::success();
  LZ_ASSIGN_OR_RETURN(uint64_t viewBytes, getBytes(value));
  LZ_ASSIGN_OR_RETURN(uint64_t rootBytes, getBytes(roots[value]));
  if (viewBytes == rootBytes)
    return Status::success();
  return invalidArgument(concat("view ", quote(view(getValue(value).name())),
                                " has ", viewBytes, " bytes, its base has ",
                                rootBytes));
}

StatusOr<PlanBuilder::Slot> PlanBuilder::use(uint32_t value) {
  LZ_RETURN_IF_ERROR(checkView(value));
  uint32_t root = roots[value];
  Slot &slot = slotOf[root];
  const fmt::Value &of = getValue(root);
  if (slot == noSlot && of.storage() == fmt::Storage_Constant)
    slot = addSlot({Region::Constant, 0, model.getConstantData(of.index())});
  if (slot == noSlot && of.storage() == fmt::Storage_State)
    return define(root);
  if (slot == noSlot)
    return internalError(
        concat("value ", quote(view(of.name())), " has no memory"));
  extend(slot);
  return slot;
}

StatusOr<PlanBuilder::Slot> PlanBuilder::define(uint32_t value) {
  LZ_ASSIGN_OR_RETURN(uint64_t numBytes, getBytes(value));
  Slot &slot = slotOf[value];
  const fmt::Value &of = getValue(value);
  if (of.storage() == fmt::Storage_State) {
    if (numBytes > states.sizes[of.index()])
      return invalidArgument(concat("state ", quote(view(of.name())),
                                    " has room for ", states.sizes[of.index()],
                                    " bytes, this run needs ", numBytes));
    if (slot == noSlot)
      slot = addSlot({Region::State, states.offsets[of.index()], nullptr});
  } else if (slot == noSlot) {
    slot = addArenaSlot(numBytes);
  }
  extend(slot);
  return slot;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

uint32_t PlanBuilder::addPointer(Slot slot) {
  pointerSlots.push_back(slot);
  return static_cast<uint32_t>(pointerSlots.size() - 1);
}

void PlanBuilder::addCopy(Slot src, Slot dst, uint64_t sizeBytes,
                          const fmt::Instruction *instruction) {
  extend(src);
  extend(dst);
  if (src == dst || sizeBytes == 0)
    return;
  Step step;
  step.kind = StepKind::Copy;
  step.firstBuffer = addPointer(src);
  addPointer(dst);
  step.numBuffers = 2;
  step.copyBytes = sizeBytes;
  step.instruction = instruction;
  step.bytes = static_cast<int64_t>(2 * sizeBytes);
  plan->steps.push_back(step);
  ++now;
}

Status PlanBuilder::addOperands(Step &step, const Indices *inputs,
                                const Indices *outputs) {
  std::vector<Slot> operands;
  for (uint32_t value : items(inputs)) {
    LZ_ASSIGN_OR_RETURN(Slot slot, use(value));
    operands.push_back(slot);
  }
  for (uint32_t value : items(outputs)) {
    LZ_ASSIGN_OR_RETURN(Slot slot, define(value));
    operands.push_back(slot);
  }
  step.firstBuffer = static_cast<uint32_t>(pointerSlots.size());
  step.numBuffers = static_cast<uint32_t>(operands.size());
  for (Slot slot : operands)
    addPointer(slot);
  return Status::success();
}

Status PlanBuilder::addCosts(Step &step, const fmt::Instruction &instruction) {
  step.instruction = &instruction;
  if (instruction.flops() != noIndex) {
    LZ_ASSIGN_OR_RETURN(step.flops, evaluate(instruction.flops()));
  }
  if (instruction.bytes() != noIndex) {
    LZ_ASSIGN_OR_RETURN(step.bytes, evaluate(instruction.bytes()));
  }
  return Status::success();
}

void PlanBuilder::addScratch(Step &step, uint64_t sizeBytes) {
  if (sizeBytes > 0)
    step.scratch = addPointer(addArenaSlot(sizeBytes));
}

Status PlanBuilder::addBlock(const fmt::Block &block) {
  return addInstructions(block, 0,
                         static_cast<uint32_t>(count(block.instructions())));
}

Status PlanBuilder::addInstructions(const fmt::Block &block, uint32_t begin,
                                    uint32_t end) {
  for (uint32_t at = begin; at < end; ++at) {
    const fmt::Instruction &instruction = *block.instructions()->Get(at);
    Status status = addInstruction(instruction);
    if (!status.isOk())
      return status.withContext(
          concat("instruction ", quote(view(instruction.name()))));
    ++now;
  }
  return Status::success();
}

Status PlanBuilder::addInstruction(const fmt::Instruction &instruction) {
  switch (instruction.call_type()) {
  case fmt::Call_KernelCall:
    return addKernel(instruction);
  case fmt::Call_PrimitiveCall:
    return addPrimitive(instruction);
  case fmt::Call_HostCall:
    return addHost(instruction);
  case fmt::Call_CopyCall:
    return addCopyCall(instruction);
  case fmt::Call_BranchCall:
    return addBranch(instruction);
  default:
    return addLoop(instruction);
  }
}

/// A thread's share, cut into `chunksPerThread` pieces.
int64_t rt::chooseChunk(int64_t grid, int64_t grain, int64_t threads) {
  int64_t share = (grid - 1) / threads + 1;
  return std::max(grain, (share - 1) / chunksPerThread + 1);
}

/// Decides how a kernel's grid is cut. Work of at most `grain` units runs
/// inline.
void PlanBuilder::splitGrid(Step &step, uint64_t leastUnits) {
  int64_t grain = static_cast<int64_t>(
      std::clamp<uint64_t>(leastUnits, 1, static_cast<uint64_t>(INT64_MAX)));
  if (threads == 1 || step.grid <= grain)
    return;
  step.chunk = chooseChunk(step.grid, grain, threads);
  plan->needsThreads = true;
}

Status PlanBuilder::addKernel(const fmt::Instruction &instruction) {
  const fmt::KernelCall &call = *instruction.call_as_KernelCall();
  KernelLaunch launch = getLaunch(call, model.getTargetIndex());
  Step step;
  step.kind = StepKind::Kernel;
  step.kernel = model.getKernel(call.kernel());
  LZ_RETURN_IF_ERROR(addOperands(step, call.inputs(), call.outputs()));
  LZ_RETURN_IF_ERROR(addCosts(step, instruction));
  LZ_ASSIGN_OR_RETURN(step.grid, evaluate(launch.grid));
  step.firstSize = static_cast<uint32_t>(plan->sizes.size());
  for (uint32_t size : items(launch.sizes)) {
    LZ_ASSIGN_OR_RETURN(int64_t value, evaluate(size));
    plan->sizes.push_back(value);
  }
  if (step.grid <= 0)
    return Status::success(); // no units: nothing to compute
  splitGrid(step, launch.grain);
  if (launch.scratchBytes != noIndex) {
    LZ_ASSIGN_OR_RETURN(int64_t bytes, evaluate(launch.scratchBytes));
    if (bytes < 0 || bytes > maxScratchBytes)
      return resourceExhausted(concat("needs ", bytes, " bytes of scratch"));
    addScratch(step, static_cast<uint64_t>(bytes) *
                         static_cast<uint64_t>(step.chunk > 0 ? threads : 1));
  }
  plan->steps.push_back(step);
  return Status::success();
}

Status PlanBuilder::addCopyCall(const fmt::Instruction &instruction) {
  const fmt::CopyCall &call = *instruction.call_as_CopyCall();
  LZ_ASSIGN_OR_RETURN(Slot src, use(call.src()));
  LZ_ASSIGN_OR_RETURN(Slot dst, define(call.dst()));
  LZ_ASSIGN_OR_RETURN(uint64_t srcBytes, getBytes(call.src()));
  LZ_ASSIGN_OR_RETURN(uint64_t dstBytes, getBytes(call.dst()));
  if (srcBytes != dstBytes)
    return invalidArgument(
        concat("copies ", srcBytes, " bytes to a value of ", dstBytes));
  addCopy(src, dst, srcBytes, &instruction);
  return Status::success();
}

/// Outputs that are not computed in place: inputs, constants, states, and a
/// value that is already another output.
Status PlanBuilder::addOutputCopies() {
  for (uint32_t i = 0; i < scope.outputs.size(); ++i) {
    LZ_ASSIGN_OR_RETURN(Slot slot, use(scope.outputs[i]));
    if (slots[slot].region == Region::Output && slots[slot].offset == i)
      continue;
    addCopy(slot, addSlot({Region::Output, i, nullptr}), plan->outputBytes[i],
            /*instruction=*/nullptr);
  }
  return Status::success();
}

//===----------------------------------------------------------------------===//
// The arena
//===----------------------------------------------------------------------===//

Status PlanBuilder::planArena() {
  LZ_ASSIGN_OR_RETURN(MemoryPlan memory, planMemory(lifetimes));
  plan->arenaBytes = memory.arenaBytes;
  for (uint32_t i = 0; i < pointerSlots.size(); ++i) {
    Location location;
    if (pointerSlots[i] == noSlot) {
      location.region = Region::Constant; // a null pointer
    } else {
      location = slots[pointerSlots[i]];
      if (location.region == Region::Arena)
        location.offset = memory.offsets[location.offset];
    }
    plan->locations.push_back(location);
    if (location.region == Region::Input)
      plan->inputPointers.push_back(
          {i, static_cast<uint32_t>(location.offset)});
    if (location.region == Region::Output)
      plan->outputPointers.push_back(
          {i, static_cast<uint32_t>(location.offset)});
  }
  plan->pointers.resize(plan->locations.size(), nullptr);
  return Status::success();
}

StatusOr<std::unique_ptr<Plan>>
rt::buildPlan(const Model &model, const StateLayout &states, size_t entry,
              const std::vector<std::vector<int64_t>> &inputDims, int threads) {
  const EntryInfo &info = model.getEntries()[entry];
  LZ_ASSIGN_OR_RETURN(std::vector<int64_t> symbols,
                      bindSymbols(model.getProgram(), info, inputDims));
  PlanScope scope;
  scope.block = model.getProgram().blocks()->Get(info.entry->block());
  scope.end = static_cast<uint32_t>(count(scope.block->instructions()));
  for (const PortInfo &port : info.inputs)
    scope.inputs.push_back(port.value);
  for (const PortInfo &port : info.outputs)
    scope.outputs.push_back(port.value);
  LZ_ASSIGN_OR_RETURN(
      std::unique_ptr<Plan> plan,
      PlanBuilder(model, states, std::move(scope), std::move(symbols), threads)
          .build());
  plan->entry = entry;
  plan->inputDims = inputDims;
  return plan;
}

StatusOr<std::unique_ptr<Plan>>
rt::buildSegmentPlan(const Model &model, const StateLayout &states,
                     const Segment &segment,
                     const std::vector<int64_t> &symbols, int threads) {
  PlanScope scope = {segment.block, segment.begin, segment.end, segment.inputs,
                     segment.outputs};
  LZ_ASSIGN_OR_RETURN(
      std::unique_ptr<Plan> plan,
      PlanBuilder(model, states, std::move(scope), symbols, threads).build());
  plan->segment = &segment;
  for (uint32_t symbol : segment.symbols)
    plan->symbols.push_back(symbols[symbol]);
  return plan;
}
