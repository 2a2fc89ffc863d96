//===- Executor.h - Runs plans
//----------------------------------------------===//
//
// The hot loop: no allocation, no lock, and for a plan without parallel steps
// no task arena either.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_EXECUTOR_H
#define LAZULI_RUNTIME_EXEC_EXECUTOR_H

#include "runtime/exec/Plan.h"
#include "runtime/exec/Profile.h"
#include "runtime/exec/Threads.h"

#include <atomic>

namespace lz::rt {

/// What a run may be told and asked by others; either may be null.
struct RunHooks {
  const std::atomic<bool> *cancelled = nullptr; ///< looked at before each step
  Profile *profile = nullptr;
};

/// Runs all steps of a plan whose pointers are set. Fails with InvalidArgument
/// if an index in the data is out of range, with Cancelled, or with what a
/// primitive said; outputs and states then hold what was computed so far.
Status executePlan(Plan &plan, TaskArena &arena, const RunHooks &hooks);

/// The error with the user's name and location of `instruction` before it.
Status nameErrors(const fmt::Instruction &instruction, Status status);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_EXECUTOR_H
