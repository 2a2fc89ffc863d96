//===- SessionDynamic.cpp -------------------------------------------------===//
//
// A session's runs of dynamic entries (DynamicRunner.h), and its inputs and
// outputs as values (Session.h).
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/Binding.h"
#include "runtime/exec/Session.h"
#include "runtime/exec/StridedCopy.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"

#include <algorithm>

using namespace lz;
using namespace lz::rt;

class Session::Services : public DynamicServices {
public:
  explicit Services(Session &session) : session(session) {}

  StatusOr<Plan *> getPlan(const Segment &segment,
                           const std::vector<int64_t> &symbols) override {
    LZ_RETURN_IF_ERROR(session.selectPlan(segment, symbols));
    return session.plan;
  }

  Status execute(Plan &plan) override {
    RunHooks hooks{session.cancelFlag.get(), session.profile.get()};
    return executePlan(plan, session.taskArena, hooks);
  }

  StatusOr<std::shared_ptr<Buffer>> allocate(uint64_t sizeBytes) override {
    if (std::shared_ptr<Buffer> buffer = session.pool.find(sizeBytes))
      return buffer;
    LZ_RETURN_IF_ERROR(session.makeRoom(session.plan, sizeBytes));
    return session.pool.add(sizeBytes);
  }

  uint8_t *getState(uint32_t index) override {
    return session.states.getData() + session.stateLayout.offsets[index];
  }
  uint64_t getStateBytes(uint32_t index) override {
    return session.stateLayout.sizes[index];
  }
  bool isCancelled() override {
    return session.cancelFlag &&
           session.cancelFlag->load(std::memory_order_relaxed);
  }
  Profile *getProfile() override { return session.profile.get(); }

private:
  Session &session;
};

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Status Session::setInputValue(size_t index, HostValue value) {
  EntryBindings &ports = bindings[entry];
  if (index >= ports.inputs.size())
    return notFound(concat("input ", index, " of ", ports.inputs.size()));
  const PortInfo &port = getEntry().inputs[index];
  if (port.kind == fmt::ValueKind_Optional &&
      value.kind != fmt::ValueKind_Optional) {
    HostValue held = std::move(value);
    value = makeSequence(held.dtype, {held});
    value.kind = fmt::ValueKind_Optional;
  }
  if (port.kind != value.kind)
    return invalidArgument(concat(
        "input ", quote(port.name), " is ", fmt::EnumNameValueKind(value.kind),
        ", expected ", fmt::EnumNameValueKind(port.kind)));
  if (value.kind == fmt::ValueKind_Tensor) {
    LZ_RETURN_IF_ERROR(setInput(
        index, {const_cast<void *>(value.data), value.dtype, value.dims.size(),
                value.dims.data(), /*strides=*/nullptr}));
    ports.inputValues[index] = std::move(value);
    return Status::success();
  }
  if (value.dtype != port.dtype)
    return invalidArgument(concat("input ", quote(port.name), " is of ",
                                  getDTypeName(value.dtype), ", expected ",
                                  getDTypeName(port.dtype)));
  if (value.dims.size() != port.dims.size())
    return invalidArgument(concat("input ", quote(port.name), " has ",
                                  value.dims.size(), " dimensions, expected ",
                                  port.dims.size()));
  ports.inputDims[index] = value.dims;
  ports.inputs[index].isSet = true;
  ports.inputValues[index] = std::move(value);
  planIsStale = true;
  return Status::success();
}

/// A dense copy in memory that the next run does not take.
StatusOr<HostValue> Session::copyTensor(const TensorRef &tensor) {
  if (!services)
    services = std::make_unique<Services>(*this);
  LZ_ASSIGN_OR_RETURN(HostValue copy,
                      makeTensor(tensor.dtype,
                                 {tensor.dims, tensor.dims + tensor.rank},
                                 *services));
  int64_t dense[32];
  getDenseStrides(tensor.dims, tensor.rank, dense);
  copyStrided(tensor.data, tensor.strides ? tensor.strides : dense,
              copy.buffer->getData(), dense, tensor.dims, tensor.rank,
              getDTypeBytes(tensor.dtype));
  return copy;
}

StatusOr<HostValue> Session::getOutputValue(size_t index) {
  EntryBindings &ports = bindings[entry];
  if (getEntry().code) {
    if (index < ports.outputs.size() && !ports.outputValues.empty())
      return ports.outputValues[index];
    return getDynamicOutput(index).getStatus();
  }
  LZ_ASSIGN_OR_RETURN(TensorRef tensor, getOutput(index));
  if (ports.outputs[index].isSet)
    return copyTensor(tensor);
  HostValue value;
  value.dtype = tensor.dtype;
  value.dims.assign(tensor.dims, tensor.dims + tensor.rank);
  LZ_ASSIGN_OR_RETURN(value.buffer, shareOutput(index));
  value.data = value.buffer->getData();
  return value;
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

Status Session::runDynamic() {
  LZ_RETURN_IF_ERROR(requireInputs());
  EntryBindings &ports = bindings[entry];
  ports.outputValues.clear(); // their memory may serve again
  plan = nullptr;
  if (!services)
    services = std::make_unique<Services>(*this);
  if (!ports.runner)
    ports.runner =
        std::make_unique<DynamicRunner>(*model, getEntry(), *services);
  LZ_ASSIGN_OR_RETURN(
      std::vector<int64_t> symbols,
      bindSymbols(model->getProgram(), getEntry(), ports.inputDims));
  LZ_ASSIGN_OR_RETURN(std::vector<HostValue> inputs, makeInputs());
  if (profile)
    profile->beginRun();
  auto outputs = ports.runner->run(std::move(inputs), std::move(symbols));
  plan = nullptr;
  if (!outputs.isOk())
    return outputs.getStatus();
  return keepOutputs(std::move(*outputs));
}

/// Tensors are borrowed where they are dense and aligned.
StatusOr<std::vector<HostValue>> Session::makeInputs() {
  EntryBindings &ports = bindings[entry];
  std::vector<HostValue> inputs;
  for (size_t i = 0; i < ports.inputs.size(); ++i) {
    const Binding &binding = ports.inputs[i];
    const PortInfo &port = getEntry().inputs[i];
    if (port.kind != fmt::ValueKind_Tensor || ports.inputValues[i].buffer) {
      inputs.push_back(ports.inputValues[i]);
    } else if (binding.isDirect) {
      HostValue borrowed;
      borrowed.dtype = port.dtype;
      borrowed.dims = binding.dims;
      borrowed.data = binding.data;
      inputs.push_back(std::move(borrowed));
    } else {
      TensorRef tensor = {binding.data, port.dtype, binding.dims.size(),
                          binding.dims.data(), binding.strides.data()};
      LZ_ASSIGN_OR_RETURN(HostValue copy, copyTensor(tensor));
      inputs.push_back(std::move(copy));
    }
  }
  return inputs;
}

/// Gives tensors memory of the session's own and copies them where the user
/// wants them, if everything fits.
Status Session::keepOutputs(std::vector<HostValue> outputs) {
  EntryBindings &ports = bindings[entry];
  for (size_t i = 0; i < outputs.size(); ++i) {
    HostValue &value = outputs[i];
    const Binding &binding = ports.outputs[i];
    if (binding.isSet && binding.dims != value.dims)
      return invalidArgument(concat(
          "output ", quote(getEntry().outputs[i].name),
          " is given memory for dimensions ",
          formatDims(binding.dims.data(), binding.dims.size()), ", expected ",
          formatDims(value.dims.data(), value.dims.size())));
    if (value.kind == fmt::ValueKind_Tensor && !value.buffer) {
      LZ_ASSIGN_OR_RETURN(
          value, copyTensor({const_cast<void *>(value.data), value.dtype,
                             value.dims.size(), value.dims.data(),
                             /*strides=*/nullptr}));
    }
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    Binding &binding = ports.outputs[i];
    binding.isNew = false;
    if (!binding.isSet)
      continue;
    int64_t dense[32];
    getDenseStrides(binding.dims.data(), binding.dims.size(), dense);
    copyStrided(outputs[i].data, dense, binding.data, binding.strides.data(),
                binding.dims.data(), binding.dims.size(),
                getDTypeBytes(outputs[i].dtype));
  }
  ports.outputValues = std::move(outputs);
  return Status::success();
}

StatusOr<TensorRef> Session::getDynamicOutput(size_t index) const {
  const EntryBindings &ports = bindings[entry];
  if (index >= ports.outputs.size())
    return notFound(concat("output ", index, " of ", ports.outputs.size()));
  const PortInfo &port = getEntry().outputs[index];
  if (port.kind != fmt::ValueKind_Tensor)
    return failedPrecondition(concat("output ", quote(port.name), " is ",
                                     fmt::EnumNameValueKind(port.kind),
                                     ", not a tensor: it is read as a value"));
  if (ports.outputValues.empty())
    return failedPrecondition("the session has not run yet");
  const Binding &binding = ports.outputs[index];
  if (binding.isNew)
    return failedPrecondition(concat("output ", quote(port.name),
                                     " was bound anew, the session has not run "
                                     "since"));
  const HostValue &value = ports.outputValues[index];
  TensorRef tensor;
  tensor.data = binding.isSet ? binding.data : const_cast<void *>(value.data);
  tensor.dtype = value.dtype;
  tensor.rank = value.dims.size();
  tensor.dims = value.dims.data();
  tensor.strides =
      binding.isSet && !binding.isDirect ? binding.strides.data() : nullptr;
  return tensor;
}
