//===- Roofline.h - How near operations come to the machine's limits --------===//
//
// Gives each operation of a profile the time that it can not beat on this
// machine.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_ROOFLINE_H
#define LAZULI_TOOLS_LAZULI_MODEL_ROOFLINE_H

#include "tools/lazuli/model/Machine.h"
#include "tools/lazuli/model/Profile.h"

namespace lz::cli {

/// Sets `boundUs` of every operation whose cost is known. It is the greater of
///
///   flops / peak of the first operand's dtype, and
///   weights / bandwidth(all weights of a run) + values / bandwidth(these
///   values).
///
/// Values were written by an operation just before or are read by the next:
/// they lie in the cache that they fit into. Weights are met again after a
/// whole run, in which all of them have passed: a network's may come from
/// memory where one layer's would fit a cache. Call it after nameKernels(),
/// with the same instructions.
void applyRoofline(OpProfile &profile, const Artifact &artifact,
                   const std::vector<InstructionView> &instructions, const MachineSpeed &speed);

/// How the operations of a profile are listed.
enum class ProfileOrder {
  Execution,
  Time, ///< the longest first
  Gain, ///< what is farthest from its bound first, in time
};
void sortProfile(OpProfile &profile, ProfileOrder order);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_ROOFLINE_H
