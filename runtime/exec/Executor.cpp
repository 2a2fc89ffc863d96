//===- Executor.cpp -------------------------------------------------------===//
//
// See Executor.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Executor.h"

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"

#include <algorithm>
#include <cstring>
#include <utility>

using namespace lz;
using namespace lz::rt;

namespace {

class Executor {
public:
  Executor(Plan &plan, int threads, const RunHooks &hooks)
      : plan(plan), threads(threads), hooks(hooks) {}

  /// `hooked`: there are hooks. Without them a step costs nothing beyond
  /// itself.
  template <bool hooked> Status run(uint32_t begin, uint32_t end) {
    for (uint32_t at = begin; at < end; ++at) {
      const Step &step = plan.steps[at];
      Profile::Clock::time_point start;
      if (hooked) {
        if (isCancelled())
          return cancelled("the run was cancelled");
        if (hooks.profile)
          start = Profile::Clock::now();
      }
      LZ_RETURN_IF_ERROR(runStep<hooked>(step, at));
      if (hooked && hooks.profile)
        hooks.profile->record(step, start, Profile::Clock::now());
    }
    return Status::success();
  }

private:
  bool isCancelled() const {
    return hooks.cancelled && hooks.cancelled->load(std::memory_order_relaxed);
  }

  void *const *getBuffers(const Step &step) const {
    return plan.pointers.data() + step.firstBuffer;
  }

  /// Sets `at` to the last step that this one has run.
  template <bool hooked> Status runStep(const Step &step, uint32_t &at) {
    switch (step.kind) {
    case StepKind::Kernel:
      return runKernel(step);
    case StepKind::Primitive:
      return nameErrors(
          *step.instruction,
          step.primitive->execute(getBuffers(step), step.args.scratch));
    case StepKind::Host:
      return nameErrors(*step.instruction,
                        step.host->execute(getBuffers(step)));
    case StepKind::Copy:
      std::memcpy(getBuffers(step)[1], getBuffers(step)[0], step.copyBytes);
      return Status::success();
    case StepKind::Branch: {
      uint32_t thenBegin = at + 1;
      at = step.end - 1;
      bool condition = *static_cast<const uint8_t *>(getBuffers(step)[0]) != 0;
      return condition ? run<hooked>(thenBegin, step.elseBegin)
                       : run<hooked>(step.elseBegin, step.end);
    }
    case StepKind::Loop: {
      uint32_t bodyBegin = at + 1;
      at = step.end - 1;
      return runLoop<hooked>(step, bodyBegin);
    }
    }
    return Status::success();
  }

  template <bool hooked> Status runLoop(const Step &step, uint32_t bodyBegin) {
    void *const *buffers = getBuffers(step);
    // A user's scalar need not be aligned.
    int64_t tripCount = INT64_MAX;
    if (buffers[LoopTripCount])
      std::memcpy(&tripCount, buffers[LoopTripCount], sizeof(tripCount));
    uint8_t condition = 1;
    if (buffers[LoopCondition])
      condition = *static_cast<const uint8_t *>(buffers[LoopCondition]);
    for (int64_t i = 0; i < tripCount && condition != 0; ++i) {
      if (hooked && isCancelled())
        return cancelled("the run was cancelled");
      std::memcpy(buffers[LoopIteration], &i, sizeof(i));
      LZ_RETURN_IF_ERROR(run<hooked>(bodyBegin, step.end));
      condition = *static_cast<const uint8_t *>(buffers[LoopBodyCondition]);
    }
    return Status::success();
  }

  Status runKernel(const Step &step) {
    int32_t code;
    if (step.chunk == 0)
      code = step.kernel(&step.args, 0, step.grid, /*worker=*/0);
    else
      code = runParallel(step);
    return code == 0 ? Status::success() : describeError(step, code);
  }

  int32_t runParallel(const Step &step) {
    std::atomic<int32_t> firstCode{0};
    int64_t numChunks = (step.grid - 1) / step.chunk + 1;
    auto workers = static_cast<int>(std::min<int64_t>(threads, numChunks));
    forEachChunk(step.grid, step.chunk, workers,
                 [&](int64_t begin, int64_t end, int worker) {
                   if (firstCode.load(std::memory_order_relaxed) != 0)
                     return;
                   // Each piece has its own slot: two may fail at once.
                   lz_kernel_error error = {};
                   lz_kernel_args args = step.args;
                   args.error = &error;
                   int32_t code = step.kernel(&args, begin, end, worker);
                   int32_t none = 0;
                   if (code != 0 &&
                       firstCode.compare_exchange_strong(none, code))
                     plan.error = error;
                 });
    return firstCode.load();
  }

  Status describeError(const Step &step, int32_t code) {
    // A kernel asks this slot in the end whether it failed: the next run starts clean.
    const lz_kernel_error error = std::exchange(plan.error, {});
    if (code == 1)
      return nameErrors(*step.instruction, invalidArgument(describeIndex(error)));
    return nameErrors(
        *step.instruction,
        internalError(concat("a kernel failed with code ", code)));
  }

  /// The operand is negative where the kernel computes the index itself.
  static std::string describeIndex(const lz_kernel_error &error) {
    std::string text = concat("index ", error.value);
    text += error.bound == 0 ? std::string(" into an axis without elements")
                             : concat(" is out of range [-", error.bound, ", ", error.bound, ")");
    return error.operand < 0 ? text : text + concat(" in operand ", error.operand);
  }

  Plan &plan;
  int threads;
  const RunHooks &hooks;
};

} // namespace

Status rt::nameErrors(const fmt::Instruction &instruction, Status status) {
  if (status.isOk())
    return status;
  std::string where = quote(view(instruction.name()));
  if (std::string_view location = view(instruction.location());
      !location.empty())
    where += concat(" (", location, ")");
  return status.withContext(where);
}

Status rt::executePlan(Plan &plan, TaskArena &arena, const RunHooks &hooks) {
  Executor executor(plan, arena.getThreads(), hooks);
  auto numSteps = static_cast<uint32_t>(plan.steps.size());
  auto runAll = [&] {
    if (hooks.cancelled || hooks.profile)
      return executor.run<true>(0, numSteps);
    return executor.run<false>(0, numSteps);
  };
  if (!plan.needsThreads)
    return runAll();
  Status status;
  arena.execute([&] { status = runAll(); });
  return status;
}
