//===- PlanControlFlow.cpp ------------------------------------------------===//
//
// Branches and loops of a plan (PlanBuilder.h). Blocks are laid out inline; the
// values passed to them are the caller's own memory, nothing is copied on
// entry.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/PlanBuilder.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"

#include <algorithm>

using namespace lz;
using namespace lz::rt;

StatusOr<std::vector<PlanBuilder::Slot>>
PlanBuilder::useAll(const Indices *values) {
  std::vector<Slot> all;
  for (uint32_t value : items(values)) {
    LZ_ASSIGN_OR_RETURN(Slot slot, use(value));
    all.push_back(slot);
  }
  return all;
}

StatusOr<std::vector<PlanBuilder::Slot>>
PlanBuilder::defineAll(const Indices *values) {
  std::vector<Slot> all;
  for (uint32_t value : items(values)) {
    LZ_ASSIGN_OR_RETURN(Slot slot, define(value));
    all.push_back(slot);
  }
  return all;
}

Status PlanBuilder::requireSameDims(uint32_t from, uint32_t to) {
  LZ_ASSIGN_OR_RETURN(std::vector<int64_t> found, getDims(from));
  LZ_ASSIGN_OR_RETURN(std::vector<int64_t> expected, getDims(to));
  if (found == expected)
    return Status::success();
  return invalidArgument(concat("a block is passed, or gives, dimensions ",
                                formatDims(found.data(), found.size()),
                                ", expected ",
                                formatDims(expected.data(), expected.size())));
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

Status PlanBuilder::addBranch(const fmt::Instruction &instruction) {
  const fmt::BranchCall &call = *instruction.call_as_BranchCall();
  Step step;
  step.kind = StepKind::Branch;
  LZ_ASSIGN_OR_RETURN(Slot condition, use(call.condition()));
  LZ_ASSIGN_OR_RETURN(std::vector<Slot> inputs, useAll(call.inputs()));
  LZ_ASSIGN_OR_RETURN(std::vector<Slot> results, defineAll(call.outputs()));
  step.firstBuffer = addPointer(condition);
  step.numBuffers = 1;
  LZ_RETURN_IF_ERROR(addCosts(step, instruction));
  size_t at = plan->steps.size();
  plan->steps.push_back(step);
  ++now;
  LZ_RETURN_IF_ERROR(addBranchBlock(call, call.then_block(), inputs, results));
  plan->steps[at].elseBegin = static_cast<uint32_t>(plan->steps.size());
  LZ_RETURN_IF_ERROR(addBranchBlock(call, call.else_block(), inputs, results));
  plan->steps[at].end = static_cast<uint32_t>(plan->steps.size());
  for (Slot slot : results)
    extend(slot);
  return Status::success();
}

Status PlanBuilder::addBranchBlock(const fmt::BranchCall &call, uint32_t block,
                                   const std::vector<Slot> &inputs,
                                   const std::vector<Slot> &results) {
  const fmt::Block &body = *program.blocks()->Get(block);
  for (uint32_t i = 0; i < count(body.inputs()); ++i) {
    LZ_RETURN_IF_ERROR(
        requireSameDims(call.inputs()->Get(i), body.inputs()->Get(i)));
    slotOf[body.inputs()->Get(i)] = inputs[i];
  }
  // What the block computes itself it computes where the result is wanted.
  for (uint32_t i = 0; i < count(body.outputs()); ++i) {
    uint32_t value = body.outputs()->Get(i);
    LZ_RETURN_IF_ERROR(requireSameDims(value, call.outputs()->Get(i)));
    uint32_t root = roots[value];
    if (getValue(root).storage() == fmt::Storage_Temporary &&
        slotOf[root] == noSlot)
      slotOf[root] = results[i];
  }
  LZ_RETURN_IF_ERROR(addBlock(body));
  for (uint32_t i = 0; i < count(body.outputs()); ++i) {
    LZ_ASSIGN_OR_RETURN(Slot slot, use(body.outputs()->Get(i)));
    LZ_ASSIGN_OR_RETURN(uint64_t numBytes, getBytes(call.outputs()->Get(i)));
    addCopy(slot, results[i], numBytes, /*instruction=*/nullptr);
  }
  return Status::success();
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

Status PlanBuilder::addLoop(const fmt::Instruction &instruction) {
  const fmt::LoopCall &call = *instruction.call_as_LoopCall();
  Step step;
  step.kind = StepKind::Loop;
  Slot tripCount = noSlot, condition = noSlot;
  if (call.trip_count() != noIndex) {
    LZ_ASSIGN_OR_RETURN(tripCount, use(call.trip_count()));
  }
  if (call.condition() != noIndex) {
    LZ_ASSIGN_OR_RETURN(condition, use(call.condition()));
  }
  LZ_ASSIGN_OR_RETURN(std::vector<Slot> inputs, useAll(call.inputs()));
  LZ_ASSIGN_OR_RETURN(std::vector<Slot> carried, defineAll(call.outputs()));
  LZ_RETURN_IF_ERROR(addCosts(step, instruction));
  for (uint32_t i = 0; i < carried.size(); ++i) {
    LZ_ASSIGN_OR_RETURN(uint64_t numBytes, getBytes(call.outputs()->Get(i)));
    addCopy(inputs[i], carried[i], numBytes, /*instruction=*/nullptr);
  }
  step.firstBuffer = addPointer(tripCount);
  addPointer(condition);
  addPointer(addArenaSlot(sizeof(int64_t)));
  addPointer(noSlot);
  step.numBuffers = numLoopBuffers;
  LZ_RETURN_IF_ERROR(addLoopBody(call, step, inputs, carried));
  // The next iteration reads all of these again.
  for (uint32_t i = 0; i < numLoopBuffers; ++i)
    if (pointerSlots[step.firstBuffer + i] != noSlot)
      extend(pointerSlots[step.firstBuffer + i]);
  for (size_t i = 0; i < inputs.size(); ++i)
    extend(i < carried.size() ? carried[i] : inputs[i]);
  return Status::success();
}

Status PlanBuilder::addLoopBody(const fmt::LoopCall &call, Step &step,
                                const std::vector<Slot> &inputs,
                                const std::vector<Slot> &carried) {
  const fmt::Block &body = *program.blocks()->Get(call.body());
  slotOf[body.inputs()->Get(0)] =
      pointerSlots[step.firstBuffer + LoopIteration];
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    uint32_t argument = body.inputs()->Get(i + 1);
    LZ_RETURN_IF_ERROR(requireSameDims(call.inputs()->Get(i), argument));
    slotOf[argument] = i < carried.size() ? carried[i] : inputs[i];
  }
  for (uint32_t i = 0; i < carried.size(); ++i) {
    LZ_RETURN_IF_ERROR(
        requireSameDims(call.outputs()->Get(i), body.inputs()->Get(i + 1)));
    LZ_RETURN_IF_ERROR(
        requireSameDims(body.outputs()->Get(i + 1), call.outputs()->Get(i)));
  }
  size_t at = plan->steps.size();
  plan->steps.push_back(step);
  ++now;
  LZ_RETURN_IF_ERROR(addBlock(body));
  LZ_ASSIGN_OR_RETURN(Slot condition, addCarriedCopies(body, carried));
  pointerSlots[step.firstBuffer + LoopBodyCondition] = condition;
  plan->steps[at].end = static_cast<uint32_t>(plan->steps.size());
  return Status::success();
}

/// The end of an iteration: the body's results become the carried variables. A
/// result that is itself a carried variable (a swap) is saved before any is
/// overwritten, and so is the condition, whose memory is returned.
StatusOr<PlanBuilder::Slot>
PlanBuilder::addCarriedCopies(const fmt::Block &body,
                              const std::vector<Slot> &carried) {
  LZ_ASSIGN_OR_RETURN(std::vector<Slot> results, useAll(body.outputs()));
  std::vector<uint64_t> sizes;
  for (uint32_t value : items(body.outputs())) {
    LZ_ASSIGN_OR_RETURN(uint64_t numBytes, getBytes(value));
    sizes.push_back(numBytes);
  }
  for (size_t i = 0; i < results.size(); ++i) {
    bool isCarried =
        std::find(carried.begin(), carried.end(), results[i]) != carried.end();
    if (!isCarried || (i > 0 && results[i] == carried[i - 1]))
      continue;
    Slot saved = addArenaSlot(sizes[i]);
    addCopy(results[i], saved, sizes[i], /*instruction=*/nullptr);
    results[i] = saved;
  }
  for (size_t i = 1; i < results.size(); ++i)
    addCopy(results[i], carried[i - 1], sizes[i], /*instruction=*/nullptr);
  extend(results[0]);
  return results[0];
}
