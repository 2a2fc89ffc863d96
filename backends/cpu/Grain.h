// When work is worth a task of its own.
#ifndef LAZULI_BACKENDS_CPU_GRAIN_H
#define LAZULI_BACKENDS_CPU_GRAIN_H

#include <algorithm>
#include <cstdint>

namespace lz::cpu {

/// Iterations per task, of which each costs about `operations` elements moved, or vector
/// operations on numbers in registers: a task should take several microseconds, many times
/// what handing it to a thread costs.
inline int64_t grainFor(double operations) {
  constexpr double kTaskOperations = 1 << 15;
  return std::max<int64_t>(1, static_cast<int64_t>(kTaskOperations / std::max(operations, 1.0)));
}

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_GRAIN_H
