//===- PlanPrimitives.cpp - Steps of a library and of the host --------------===//
//
// Steps whose executors are made for the dimensions of their operands: those of
// host operations at once, those of primitives together when all are known; which
// results of primitives take an operand's memory. See PlanBuilder.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/PlanBuilder.h"
#include "runtime/format/DType.h"

using namespace lz;
using namespace lz::rt;

StatusOr<std::vector<PrimitiveOperand>>
PlanBuilder::describeOperands(const Indices *values) {
  std::vector<PrimitiveOperand> operands;
  for (uint32_t index : items(values)) {
    PrimitiveOperand operand;
    operand.dtype = getValue(index).dtype();
    LZ_ASSIGN_OR_RETURN(operand.dims, getDims(index));
    const fmt::Value &root = getValue(roots[index]);
    if (root.storage() == fmt::Storage_Constant) {
      operand.packing = program.constants()->Get(root.index())->packing();
      operand.constantData = model.getConstantData(root.index());
    }
    operands.push_back(std::move(operand));
  }
  return operands;
}

template <typename Request, typename Call>
Status PlanBuilder::describeCall(Request &request, const Call &call,
                                 const fmt::Instruction &instruction) {
  request.call = &call;
  request.name = view(instruction.name());
  LZ_ASSIGN_OR_RETURN(request.inputs, describeOperands(call.inputs()));
  LZ_ASSIGN_OR_RETURN(request.outputs, describeOperands(call.outputs()));
  return Status::success();
}

/// Lets the result take the memory of an operand that the library adds to it, if this
/// instruction alone still reads it and both are temporaries of the arena.
std::optional<uint32_t> PlanBuilder::placeInOperand(const fmt::Instruction &instruction,
                                                    const PrimitiveRequest &request) {
  const fmt::PrimitiveCall &call = *request.call;
  std::optional<uint32_t> operand = getPrimitiveLibrary()->getAccumulated(call);
  if (!operand)
    return std::nullopt;
  uint32_t root = roots[call.inputs()->Get(*operand)], dst = call.outputs()->Get(0);
  auto isTemporary = [&](uint32_t value) {
    return getValue(value).storage() == fmt::Storage_Temporary;
  };
  Slot from = slotOf[root];
  if (!isTemporary(root) || !isTemporary(dst) || model.getLastUse(root) != &instruction ||
      slotOf[dst] != noSlot || from == noSlot || slots[from].region != Region::Arena)
    return std::nullopt;
  const PrimitiveOperand &added = request.inputs[*operand], &result = request.outputs[0];
  if (added.dtype != result.dtype || added.dims != result.dims)
    return std::nullopt;
  for (uint32_t i = 0; i < call.inputs()->size(); ++i)
    if (i != *operand && roots[call.inputs()->Get(i)] == root)
      return std::nullopt;
  slotOf[dst] = from;
  return operand;
}

Status PlanBuilder::addPrimitive(const fmt::Instruction &instruction) {
  const fmt::PrimitiveCall &call = *instruction.call_as_PrimitiveCall();
  Step step;
  step.kind = StepKind::Primitive;
  PrimitiveRequest request;
  request.threads = threads;
  LZ_RETURN_IF_ERROR(describeCall(request, call, instruction));
  request.inPlace = placeInOperand(instruction, request);
  LZ_RETURN_IF_ERROR(addOperands(step, call.inputs(), call.outputs()));
  LZ_RETURN_IF_ERROR(addCosts(step, instruction));
  plan->needsThreads = true;
  pending.push_back({plan->steps.size(), now});
  requests.push_back(std::move(request));
  plan->steps.push_back(step);
  return Status::success();
}

/// The error of the first instruction that has one, whatever was made before it.
Status PlanBuilder::createPrimitives() {
  if (requests.empty())
    return Status::success();
  auto executors = getPrimitiveLibrary()->create(requests);
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!executors[i].isOk())
      return executors[i].getStatus().withContext(
          concat("instruction ", quote(requests[i].name)));
    Step &step = plan->steps[pending[i].step];
    step.primitive = executors[i]->get();
    plan->primitives.push_back(std::move(*executors[i]));
    now = pending[i].at; // where its scratch lives
    addScratch(step, step.primitive->getScratchBytes());
  }
  return Status::success();
}

Status PlanBuilder::addHost(const fmt::Instruction &instruction) {
  const fmt::HostCall &call = *instruction.call_as_HostCall();
  Step step;
  step.kind = StepKind::Host;
  LZ_RETURN_IF_ERROR(addOperands(step, call.inputs(), call.outputs()));
  LZ_RETURN_IF_ERROR(addCosts(step, instruction));
  HostRequest request;
  LZ_RETURN_IF_ERROR(describeCall(request, call, instruction));
  LZ_ASSIGN_OR_RETURN(std::unique_ptr<HostExecutor> executor,
                      findHostOp(view(call.op()))->create(request));
  step.host = executor.get();
  plan->hosts.push_back(std::move(executor));
  plan->steps.push_back(step);
  return Status::success();
}
