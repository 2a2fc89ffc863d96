//===- DynamicRunner.cpp --------------------------------------------------===//
//
// See DynamicRunner.h: blocks, segments and host calls.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/DynamicRunner.h"

#include "runtime/base/Text.h"
#include "runtime/exec/Executor.h"
#include "runtime/format/DType.h"

#include <algorithm>
#include <cstring>

using namespace lz;
using namespace lz::rt;

DynamicRunner::DynamicRunner(const Model &model, const EntryInfo &entry,
                             DynamicServices &services)
    : model(model), program(model.getProgram()), entry(entry),
      services(services), values(count(program.values())) {}

StatusOr<std::vector<HostValue>>
DynamicRunner::run(std::vector<HostValue> inputs,
                   std::vector<int64_t> inputSymbols) {
  symbols = std::move(inputSymbols);
  isKnown.assign(symbols.size(), true);
  for (uint32_t i = 0; i < symbols.size(); ++i)
    if (program.symbols()->Get(i)->kind() == fmt::SymbolKind_Defined)
      isKnown[i] = false;
  for (const SymbolBinding &binding : entry.bindings)
    isKnown[binding.symbol] = true;
  StatusOr<Values> outputs = runBlock(*entry.code, std::move(inputs));
  for (HostValue &value : values)
    value = HostValue();
  return outputs;
}

StatusOr<DynamicRunner::Values>
DynamicRunner::runBlock(const DynamicBlock &code, Values arguments) {
  LZ_RETURN_IF_ERROR(bindArguments(code, std::move(arguments)));
  for (const DynamicStep &step : code.steps) {
    if (services.isCancelled())
      return cancelled("the run was cancelled");
    LZ_RETURN_IF_ERROR(runStep(step));
    for (uint32_t value : step.lastUses)
      values[value] = HostValue();
  }
  return takeOutputs(code);
}

Status DynamicRunner::bindArguments(const DynamicBlock &code,
                                    Values arguments) {
  const Indices *inputs = code.block->inputs();
  for (uint32_t symbol : code.scoped)
    isKnown[symbol] = false;
  for (uint32_t i = 0; i < arguments.size(); ++i)
    LZ_RETURN_IF_ERROR(checkType(inputs->Get(i), arguments[i]));
  LZ_RETURN_IF_ERROR(defineSymbols(code.arguments, arguments));
  for (uint32_t i = 0; i < arguments.size(); ++i) {
    LZ_RETURN_IF_ERROR(checkDims(inputs->Get(i), arguments[i]));
    values[inputs->Get(i)] = std::move(arguments[i]);
  }
  return Status::success();
}

/// What the block gives; it holds nothing any more.
StatusOr<DynamicRunner::Values>
DynamicRunner::takeOutputs(const DynamicBlock &code) {
  Values outputs;
  for (uint32_t value : items(code.block->outputs())) {
    LZ_ASSIGN_OR_RETURN(HostValue output, read(value));
    outputs.push_back(std::move(output));
  }
  for (const Indices *all : {code.block->inputs(), code.block->outputs()})
    for (uint32_t value : items(all))
      values[model.getRoots()[value]] = HostValue();
  return outputs;
}

Status DynamicRunner::runStep(const DynamicStep &step) {
  if (!step.instruction)
    return runSegment(step.segment);
  Profile *profile = services.getProfile();
  Profile::Clock::time_point begin;
  if (profile)
    begin = Profile::Clock::now();
  Status status;
  StepKind kind = StepKind::Host;
  if (step.function) {
    status = nameErrors(*step.instruction, runHost(step));
  } else if (step.instruction->call_type() == fmt::Call_BranchCall) {
    kind = StepKind::Branch;
    status = runBranch(step);
  } else {
    kind = StepKind::Loop;
    status = runLoop(step);
  }
  if (profile)
    profile->record(*step.instruction, kind, begin, Profile::Clock::now());
  return status;
}

Status DynamicRunner::runSegment(const Segment &segment) {
  LZ_ASSIGN_OR_RETURN(Plan * plan, services.getPlan(segment, symbols));
  inputPointers.clear();
  outputPointers.clear();
  for (uint32_t value : segment.inputs)
    inputPointers.push_back(const_cast<void *>(values[value].data));
  for (size_t i = 0; i < segment.outputs.size(); ++i) {
    HostValue &output = values[segment.outputs[i]];
    output = HostValue();
    output.dtype = getValue(segment.outputs[i]).dtype();
    output.dims = plan->outputDims[i];
    LZ_ASSIGN_OR_RETURN(output.buffer, services.allocate(plan->outputBytes[i]));
    output.data = output.buffer->getData();
    outputPointers.push_back(output.buffer->getData());
  }
  plan->bindPorts(inputPointers.data(), outputPointers.data());
  return services.execute(*plan);
}

Status DynamicRunner::runHost(const DynamicStep &step) {
  const fmt::HostCall &call = *step.instruction->call_as_HostCall();
  HostRun run{{}, {}, {}, services};
  LZ_ASSIGN_OR_RETURN(run.inputs, readAll(call.inputs(), step));
  for (uint32_t value : items(call.outputs())) {
    run.outputs.emplace_back();
    run.outputs.back().kind = getValue(value).kind();
    run.outputs.back().dtype = getValue(value).dtype();
  }
  LZ_RETURN_IF_ERROR(step.function->run(run));
  size_t numDefined = count(step.instruction->defines());
  if (step.givesNumbers) {
    if (run.numbers.size() != numDefined)
      return invalidArgument(concat("gives ", run.numbers.size(),
                                    " dimensions, expected ", numDefined));
    for (uint32_t i = 0; i < numDefined; ++i)
      LZ_RETURN_IF_ERROR(
          defineSymbol(step.instruction->defines()->Get(i), run.numbers[i]));
  }
  return storeResults(step, std::move(run.outputs));
}

/// The results get their places, and the symbols they define their numbers.
Status DynamicRunner::storeResults(const DynamicStep &step, Values results) {
  const Indices *outputs = getOutputs(*step.instruction);
  for (uint32_t i = 0; i < results.size(); ++i)
    LZ_RETURN_IF_ERROR(checkType(outputs->Get(i), results[i]));
  LZ_RETURN_IF_ERROR(defineSymbols(step.results, results));
  for (uint32_t i = 0; i < results.size(); ++i) {
    uint32_t value = outputs->Get(i);
    LZ_RETURN_IF_ERROR(checkDims(value, results[i]));
    if (getValue(value).storage() == fmt::Storage_State)
      LZ_RETURN_IF_ERROR(storeState(value, results[i]));
    else
      values[value] = std::move(results[i]);
  }
  return Status::success();
}

Status DynamicRunner::storeState(uint32_t value, const HostValue &contents) {
  uint32_t state = getValue(value).index();
  uint64_t numBytes = static_cast<uint64_t>(getNumElements(contents.dims)) *
                      static_cast<uint64_t>(getDTypeBytes(contents.dtype));
  if (numBytes > services.getStateBytes(state))
    return invalidArgument(concat(describe(value), " needs ", numBytes,
                                  " bytes, the state has room for ",
                                  services.getStateBytes(state)));
  if (numBytes > 0)
    std::memcpy(services.getState(state), contents.data, numBytes);
  return Status::success();
}
