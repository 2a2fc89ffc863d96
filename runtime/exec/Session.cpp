//===- Session.cpp --------------------------------------------------------===//
//
// See Session.h: creation and runs.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"

#include "runtime/base/Text.h"
#include "runtime/exec/Binding.h"

using namespace lz;
using namespace lz::rt;

/// More threads than any pool of ours would have.
static constexpr int maxThreads = 4096;

Session::Session(std::shared_ptr<const Model> model,
                 const SessionOptions &options, int threads)
    : model(std::move(model)), options(options), taskArena(threads) {
  if (this->options.planCacheBytes == 0)
    this->options.planCacheBytes = uint64_t(256) << 20;
}

StatusOr<std::unique_ptr<Session>>
Session::create(std::shared_ptr<const Model> model,
                const SessionOptions &options) {
  if (model->getEntries().empty())
    return failedPrecondition(
        "the artifact has no entry point: it is not compiled yet "
        "(`lazuli compile` materializes and compiles it)");
  if (options.threads < 0 || options.threads > maxThreads)
    return invalidArgument(concat("found ", options.threads,
                                  " threads, expected 0 to ", maxThreads));
  int threads = options.threads == 0 ? getDefaultThreads() : options.threads;
  std::unique_ptr<Session> session(
      new Session(std::move(model), options, threads));
  LZ_RETURN_IF_ERROR(session->initialize());
  return session;
}

Status Session::initialize() {
  LZ_ASSIGN_OR_RETURN(stateLayout, layOutStates(*model));
  if (options.memoryLimitBytes != 0 &&
      stateLayout.totalBytes > options.memoryLimitBytes)
    return resourceExhausted(
        concat("the model's states need ", stateLayout.totalBytes,
               " bytes, the memory limit is ", options.memoryLimitBytes));
  LZ_ASSIGN_OR_RETURN(states, Buffer::allocate(stateLayout.totalBytes));
  loadStates(/*areZero=*/true);
  for (const EntryInfo &info : model->getEntries()) {
    EntryBindings ports;
    for (const PortInfo &input : info.inputs) {
      Binding binding;
      binding.dims.resize(input.dims.size());
      binding.strides.resize(input.dims.size());
      ports.inputDims.push_back(binding.dims);
      ports.inputs.push_back(std::move(binding));
    }
    for (const PortInfo &output : info.outputs) {
      Binding binding;
      binding.dims.resize(output.dims.size());
      binding.strides.resize(output.dims.size());
      ports.outputs.push_back(std::move(binding));
    }
    ports.inputValues.resize(info.inputs.size());
    ports.inputPointers.resize(info.inputs.size(), nullptr);
    ports.outputPointers.resize(info.outputs.size(), nullptr);
    bindings.push_back(std::move(ports));
  }
  return Status::success();
}

Status Session::selectEntry(size_t index) {
  if (index >= bindings.size())
    return notFound(concat("entry ", index, " of ", bindings.size()));
  if (index != entry) {
    entry = index;
    plan = nullptr;
    planIsStale = portsAreStale = true;
  }
  return Status::success();
}

Status Session::prepare() {
  LZ_RETURN_IF_ERROR(requireInputs());
  if (getEntry().code)
    return bindSymbols(model->getProgram(), getEntry(),
                       bindings[entry].inputDims)
        .getStatus();
  if (planIsStale)
    LZ_RETURN_IF_ERROR(selectPlan());
  if (!portsAreStale)
    return Status::success();
  Status bound = bindPorts();
  if (!bound.isOk()) {
    // Some output's memory may be gone: nothing of the last run can be asked
    // for.
    plan = nullptr;
    planIsStale = true;
  }
  return bound;
}

Status Session::run() {
  if (planIsStale || portsAreStale) {
    // Of a dynamic entry both are always so.
    if (getEntry().code)
      return runDynamic();
    LZ_RETURN_IF_ERROR(prepare());
  }
  if (needsCopies)
    copyInputs();
  RunHooks hooks{cancelFlag.get(), profile.get()};
  if (profile)
    profile->beginRun();
  LZ_RETURN_IF_ERROR(executePlan(*plan, taskArena, hooks));
  if (needsCopies)
    copyOutputs();
  return Status::success();
}

void Session::setProfiling(size_t maxEvents) {
  profile = maxEvents == 0 ? nullptr : std::make_unique<Profile>(maxEvents);
}

uint64_t Session::getMemoryBytes() const {
  uint64_t total =
      states.getSize() + arena.getSize() + pool.getBytes() + getPlanBytes();
  for (const EntryBindings &ports : bindings) {
    for (const Binding &binding : ports.inputs)
      total += binding.owned ? binding.owned->getSize() : 0;
    for (const Binding &binding : ports.outputs)
      total += binding.owned ? binding.owned->getSize() : 0;
  }
  return total;
}
