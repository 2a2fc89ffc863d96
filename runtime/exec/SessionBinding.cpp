//===- SessionBinding.cpp -------------------------------------------------===//
//
// The inputs and outputs of a session (Session.h): checks, and which of them
// are used in place.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/Session.h"
#include "runtime/exec/StridedCopy.h"
#include "runtime/format/DType.h"

#include <algorithm>

using namespace lz;
using namespace lz::rt;

Status Session::checkTensor(const char *what, const PortInfo &port,
                            const TensorRef &tensor) const {
  if (port.kind != fmt::ValueKind_Tensor)
    return invalidArgument(concat(what, ' ', quote(port.name), " is ",
                                  fmt::EnumNameValueKind(port.kind),
                                  ", not a tensor: it is passed as a value"));
  if (tensor.dtype != port.dtype)
    return invalidArgument(concat(what, ' ', quote(port.name), " is ",
                                  getDTypeName(tensor.dtype), ", expected ",
                                  getDTypeName(port.dtype)));
  if (tensor.rank != port.dims.size())
    return invalidArgument(concat(what, ' ', quote(port.name), " has ",
                                  tensor.rank, " dimensions, expected ",
                                  port.dims.size()));
  if (tensor.rank > 0 && !tensor.dims)
    return invalidArgument(
        concat(what, ' ', quote(port.name), " has no dimensions array"));
  bool isEmpty = false;
  int64_t numElements = 1;
  for (size_t i = 0; i < tensor.rank; ++i) {
    if (tensor.dims[i] < 0 ||
        (tensor.dims[i] > 0 &&
         __builtin_mul_overflow(numElements, tensor.dims[i], &numElements)))
      return invalidArgument(concat(what, ' ', quote(port.name),
                                    " has dimensions ",
                                    formatDims(tensor.dims, tensor.rank),
                                    ", expected sizes that memory can hold"));
    isEmpty |= tensor.dims[i] == 0;
  }
  if (!tensor.data && !isEmpty)
    return invalidArgument(
        concat(what, ' ', quote(port.name), " has a null data pointer"));
  return Status::success();
}

void Session::bind(Binding &binding, const PortInfo &port,
                   const TensorRef &tensor) {
  std::copy_n(tensor.dims, tensor.rank, binding.dims.begin());
  if (tensor.strides)
    std::copy_n(tensor.strides, tensor.rank, binding.strides.begin());
  else
    getDenseStrides(tensor.dims, tensor.rank, binding.strides.data());
  binding.data = tensor.data;
  binding.isSet = binding.isNew = true;
  auto elementBytes = static_cast<uintptr_t>(getDTypeBytes(port.dtype));
  bool isAligned = reinterpret_cast<uintptr_t>(tensor.data) % elementBytes == 0;
  binding.isDirect =
      isAligned &&
      (!tensor.strides || isDense(tensor.dims, tensor.strides, tensor.rank));
  portsAreStale = true;
}

Status Session::setInput(size_t index, const TensorRef &tensor) {
  EntryBindings &ports = bindings[entry];
  if (index >= ports.inputs.size())
    return notFound(concat("input ", index, " of ", ports.inputs.size()));
  const PortInfo &port = getEntry().inputs[index];
  LZ_RETURN_IF_ERROR(checkTensor("input", port, tensor));
  std::vector<int64_t> &dims = ports.inputDims[index];
  if (!ports.inputs[index].isSet ||
      !std::equal(dims.begin(), dims.end(), tensor.dims))
    planIsStale = true;
  std::copy_n(tensor.dims, tensor.rank, dims.begin());
  if (ports.inputValues[index].buffer)
    ports.inputValues[index] = HostValue();
  bind(ports.inputs[index], port, tensor);
  return Status::success();
}

Status Session::setOutput(size_t index, const TensorRef &tensor) {
  EntryBindings &ports = bindings[entry];
  if (index >= ports.outputs.size())
    return notFound(concat("output ", index, " of ", ports.outputs.size()));
  Binding &binding = ports.outputs[index];
  if (!tensor.data) {
    binding.isSet = false;
    binding.isNew = portsAreStale = true;
    return Status::success();
  }
  LZ_RETURN_IF_ERROR(checkTensor("output", getEntry().outputs[index], tensor));
  bind(binding, getEntry().outputs[index], tensor);
  return Status::success();
}

/// All that are missing, in one message.
Status Session::requireInputs() const {
  std::string missing;
  for (size_t i = 0; i < bindings[entry].inputs.size(); ++i)
    if (!bindings[entry].inputs[i].isSet)
      missing +=
          concat(missing.empty() ? "" : ", ", quote(getEntry().inputs[i].name));
  if (missing.empty())
    return Status::success();
  return failedPrecondition(concat("input ", missing, " is not set"));
}

Status Session::ensureOwned(Binding &binding, uint64_t sizeBytes) {
  // Memory that someone else holds is theirs from now on.
  if (binding.owned && binding.owned.use_count() == 1 &&
      binding.owned->getSize() >= sizeBytes)
    return Status::success();
  binding.owned.reset();
  LZ_RETURN_IF_ERROR(makeRoom(plan, sizeBytes));
  LZ_ASSIGN_OR_RETURN(Buffer buffer, Buffer::allocate(sizeBytes));
  binding.owned = std::make_shared<Buffer>(std::move(buffer));
  return Status::success();
}

Status Session::bindInput(size_t index) {
  EntryBindings &ports = bindings[entry];
  Binding &binding = ports.inputs[index];
  ports.inputPointers[index] = binding.data;
  if (binding.isDirect)
    return Status::success();
  needsCopies = true;
  LZ_RETURN_IF_ERROR(ensureOwned(binding, plan->inputBytes[index]));
  ports.inputPointers[index] = binding.owned->getData();
  return Status::success();
}

static bool overlap(const void *a, uint64_t aBytes, const void *b,
                    uint64_t bBytes) {
  if (aBytes == 0 || bBytes == 0)
    return false;
  auto aBegin = reinterpret_cast<uintptr_t>(a),
       bBegin = reinterpret_cast<uintptr_t>(b);
  return aBegin < bBegin + bBytes && bBegin < aBegin + aBytes;
}

Status Session::bindOutput(size_t index) {
  EntryBindings &ports = bindings[entry];
  Binding &binding = ports.outputs[index];
  const std::vector<int64_t> &dims = plan->outputDims[index];
  if (binding.isSet && binding.dims != dims)
    return invalidArgument(
        concat("output ", quote(getEntry().outputs[index].name),
               " is given memory for dimensions ",
               formatDims(binding.dims.data(), binding.dims.size()),
               ", expected ", formatDims(dims.data(), dims.size())));
  // An input that is still to be read must not be overwritten.
  bool isShared = false;
  for (size_t i = 0; i < ports.inputs.size() && binding.isSet; ++i)
    isShared |= overlap(ports.inputPointers[i], plan->inputBytes[i],
                        binding.data, plan->outputBytes[index]);
  if (binding.isSet && binding.isDirect && !isShared) {
    ports.outputPointers[index] = binding.data;
    return Status::success();
  }
  needsCopies |= binding.isSet;
  LZ_RETURN_IF_ERROR(ensureOwned(binding, plan->outputBytes[index]));
  ports.outputPointers[index] = binding.owned->getData();
  return Status::success();
}

Status Session::checkOverlaps() const {
  const EntryBindings &ports = bindings[entry];
  for (size_t i = 1; i < ports.outputs.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (overlap(ports.outputPointers[i], plan->outputBytes[i],
                  ports.outputPointers[j], plan->outputBytes[j]))
        return invalidArgument(concat(
            "the memory of output ", quote(getEntry().outputs[i].name),
            " overlaps that of output ", quote(getEntry().outputs[j].name)));
  return Status::success();
}

Status Session::bindPorts() {
  EntryBindings &ports = bindings[entry];
  needsCopies = false;
  for (size_t i = 0; i < ports.inputs.size(); ++i)
    LZ_RETURN_IF_ERROR(bindInput(i));
  for (size_t i = 0; i < ports.outputs.size(); ++i)
    LZ_RETURN_IF_ERROR(bindOutput(i));
  LZ_RETURN_IF_ERROR(checkOverlaps());
  plan->bindPorts(ports.inputPointers.data(), ports.outputPointers.data());
  for (Binding &binding : ports.outputs)
    binding.isNew = false;
  portsAreStale = false;
  return Status::success();
}

void Session::copyInputs() {
  EntryBindings &ports = bindings[entry];
  for (size_t i = 0; i < ports.inputs.size(); ++i) {
    const Binding &binding = ports.inputs[i];
    if (ports.inputPointers[i] == binding.data)
      continue;
    int64_t dense[32];
    getDenseStrides(binding.dims.data(), binding.dims.size(), dense);
    copyStrided(binding.data, binding.strides.data(), ports.inputPointers[i],
                dense, binding.dims.data(), binding.dims.size(),
                getDTypeBytes(getEntry().inputs[i].dtype));
  }
}

void Session::copyOutputs() {
  EntryBindings &ports = bindings[entry];
  for (size_t i = 0; i < ports.outputs.size(); ++i) {
    const Binding &binding = ports.outputs[i];
    if (!binding.isSet || ports.outputPointers[i] == binding.data)
      continue;
    int64_t dense[32];
    getDenseStrides(binding.dims.data(), binding.dims.size(), dense);
    copyStrided(ports.outputPointers[i], dense, binding.data,
                binding.strides.data(), binding.dims.data(),
                binding.dims.size(),
                getDTypeBytes(getEntry().outputs[i].dtype));
  }
}

StatusOr<TensorRef> Session::getOutput(size_t index) const {
  const EntryBindings &ports = bindings[entry];
  if (index >= ports.outputs.size())
    return notFound(concat("output ", index, " of ", ports.outputs.size()));
  if (getEntry().code)
    return getDynamicOutput(index);
  if (!plan)
    return failedPrecondition("the session has not run yet");
  const Binding &binding = ports.outputs[index];
  if (binding.isNew)
    return failedPrecondition(
        concat("output ", quote(getEntry().outputs[index].name),
               " was bound anew, the session has not run since"));
  TensorRef tensor;
  tensor.data = binding.isSet ? binding.data : ports.outputPointers[index];
  tensor.dtype = getEntry().outputs[index].dtype;
  tensor.rank = plan->outputDims[index].size();
  tensor.dims = plan->outputDims[index].data();
  tensor.strides =
      binding.isSet && !binding.isDirect ? binding.strides.data() : nullptr;
  return tensor;
}

StatusOr<std::shared_ptr<Buffer>> Session::shareOutput(size_t index) {
  LZ_RETURN_IF_ERROR(getOutput(index).getStatus());
  const Binding &binding = bindings[entry].outputs[index];
  if (getEntry().code && !binding.isSet)
    return bindings[entry].outputValues[index].buffer;
  if (binding.isSet || !binding.owned)
    return failedPrecondition(concat("output ",
                                     quote(getEntry().outputs[index].name),
                                     " is not in memory of the session's own"));
  portsAreStale = true; // the next run takes other memory while this is shared
  return binding.owned;
}
