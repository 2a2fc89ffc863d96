//===- KernelLaunch.h - How a call runs the chosen target's kernel ----------===//
//
// Tiles differ by target, and with them a call's grid: the one place that knows
// where a call says so.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_FORMAT_KERNELLAUNCH_H
#define LAZULI_RUNTIME_FORMAT_KERNELLAUNCH_H

#include "runtime/format/program_generated.h"

namespace lz::rt {

/// What a call says for one target; see KernelCall in program.fbs.
struct KernelLaunch {
  const flatbuffers::Vector<uint32_t> *sizes = nullptr;
  uint32_t grid = 0;
  uint64_t grain = 1;
  uint32_t scratchBytes = 0;
};

/// How many launches differ: one, or one per target.
inline uint32_t getNumLaunches(const fmt::KernelCall &call) {
  return 1 + (call.more_targets() ? call.more_targets()->size() : 0);
}

/// That of target number `target`.
inline KernelLaunch getLaunch(const fmt::KernelCall &call, uint32_t target) {
  if (target == 0 || getNumLaunches(call) == 1)
    return {call.sizes(), call.grid(), call.grain(), call.scratch_bytes()};
  const fmt::TargetCall &own = *call.more_targets()->Get(target - 1);
  return {own.sizes(), own.grid(), own.grain(), own.scratch_bytes()};
}

} // namespace lz::rt

#endif // LAZULI_RUNTIME_FORMAT_KERNELLAUNCH_H
