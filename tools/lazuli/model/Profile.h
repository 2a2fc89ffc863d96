//===- Profile.h - Times of instructions ------------------------------------===//
//
// Sums the runtime's trace over runs, so that a table or bars can be drawn.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_PROFILE_H
#define LAZULI_TOOLS_LAZULI_MODEL_PROFILE_H

#include "tools/lazuli/io/Json.h"
#include "tools/lazuli/model/Artifact.h"
#include "tools/lazuli/model/Runtime.h"

#include <string>
#include <vector>

namespace lz::cli {

/// One instruction over all runs that executed it.
struct OpTime {
  std::string name; ///< the user's name, or the kind
  std::string kind; ///< "kernel", "primitive", "copy", ...
  std::string what; ///< the kernel's name or the primitive; see nameKernels()
  std::string location, why;
  int64_t numRuns = 0;
  double totalUs = 0;
  int64_t flops = -1, bytes = -1; ///< of one execution, -1: not known
  int instruction = -1;           ///< its place in what nameKernels() was given, -1: none
  /// The least time that this machine allows one execution, 0: not known;
  /// whether memory sets it or arithmetic. See applyRoofline().
  double boundUs = 0;
  bool isMemoryBound = false;

  double getMeanUs() const { return numRuns ? totalUs / static_cast<double>(numRuns) : 0; }
  /// 0: not known.
  double getGflops() const { return flops > 0 && totalUs > 0 ? flops / getMeanUs() / 1e3 : 0; }
  double getGigabytes() const { return bytes > 0 && totalUs > 0 ? bytes / getMeanUs() / 1e3 : 0; }
  /// Of the speed that this machine allows, the part that was reached; 0: not
  /// known.
  double getRoofShare() const { return totalUs > 0 ? boundUs / getMeanUs() : 0; }
};

struct OpProfile {
  std::vector<OpTime> ops; ///< in the order of execution
  int64_t numRuns = 0;
  double runSeconds = 0; ///< the mean of these runs by the clock; see profileRuns()
  double getTotalUs() const;
  /// All operations together: the mean of a run.
  OpTime sum() const;
  Json toJson() const;
};

/// Sums a Chrome trace of the runtime.
OpProfile summarizeTrace(const std::string &trace);

/// Tells what each operation runs, by the artifact's instructions in their order.
void nameKernels(OpProfile &profile, const std::vector<InstructionView> &instructions);

/// Runs the session some times (at least 3, at most 200, about `seconds`) with
/// profiling on. States move as with any run.
OpProfile profileRuns(Session &session, size_t numInstructions, double seconds);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_PROFILE_H
