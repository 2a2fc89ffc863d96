//===- MemoryPlanner.h - Offsets in one arena
//-------------------------------===//
//
// Values that are not alive at the same time share memory. Used by the runtime
// for every plan and by the compiler for what it reports about memory.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_FORMAT_MEMORYPLANNER_H
#define LAZULI_RUNTIME_FORMAT_MEMORYPLANNER_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <vector>

namespace lz::rt {

/// A value that is alive from instant `first` to instant `last`, both included.
struct Lifetime {
  uint64_t sizeBytes = 0;
  uint32_t first = 0;
  uint32_t last = 0;
};

struct MemoryPlan {
  std::vector<uint64_t>
      offsets; ///< one per lifetime, multiples of bufferAlignment
  uint64_t arenaBytes = 0;
};

/// Gives each value an offset such that no two that are alive at a common
/// instant overlap: largest first, each into the tightest gap that is left
/// between the values already placed which it meets in time (n^2 in the worst
/// case). Fails with ResourceExhausted if the arena would pass 2^46 bytes.
StatusOr<MemoryPlan> planMemory(const std::vector<Lifetime> &lifetimes);

/// The most bytes alive at one instant: no plan can be smaller.
uint64_t getPeakLiveBytes(const std::vector<Lifetime> &lifetimes);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_FORMAT_MEMORYPLANNER_H
