//===- Machine.h - What this machine can reach ------------------------------===//
//
// Peak arithmetic and memory bandwidth, measured by short loops, as the roof
// under which `lazuli bench --profile` shows operations.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_MACHINE_H
#define LAZULI_TOOLS_LAZULI_MODEL_MACHINE_H

#include "runtime/format/DType.h"
#include "tools/lazuli/io/Json.h"

#include <vector>

namespace lz::cli {

/// What so many threads of this machine reach together.
struct MachineSpeed {
  int threads = 1;
  /// 10^9 operations per second of fused multiply-adds (two each) on f32 and
  /// f64, and of dot products of bf16 and i8; 0: the CPU has no such
  /// instructions.
  double f32 = 0, f64 = 0, bf16 = 0, i8 = 0;
  struct Bandwidth {
    uint64_t bytes = 0;   ///< that are gone through again and again
    double gigabytes = 0; ///< 10^9 bytes per second
  };
  /// By rising working set.
  std::vector<Bandwidth> bandwidths;

  /// The peak of arithmetic on `dtype`: that of f32 where it is converted to be
  /// computed with.
  double getGflops(fmt::DType dtype) const;
  /// The bandwidth at a working set of `bytes`, between the measured ones; 0 if
  /// none is known.
  double getGigabytes(uint64_t bytes) const;
  Json toJson() const;
};

/// Measures for 0.2 to 0.3 s: with all threads at once, the best of several
/// attempts.
MachineSpeed measureMachine(int threads);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_MACHINE_H
