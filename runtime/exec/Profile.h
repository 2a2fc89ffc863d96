//===- Profile.h - What ran when
//--------------------------------------------===//
//
// One event per instruction and run, written as a Chrome trace
// (chrome://tracing, Perfetto). Room for events is reserved when profiling
// begins, so that recording allocates nothing.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_PROFILE_H
#define LAZULI_RUNTIME_EXEC_PROFILE_H

#include "runtime/exec/Plan.h"

#include <chrono>
#include <string>

namespace lz::rt {

class Profile {
public:
  using Clock = std::chrono::steady_clock;

  /// Forgets all events and makes room for `maxEvents`; later ones are counted
  /// only.
  explicit Profile(size_t maxEvents);

  void beginRun() { ++numRuns; }
  void record(const Step &step, Clock::time_point begin, Clock::time_point end);

  /// The same for an instruction that is no step of a plan.
  void record(const fmt::Instruction &instruction, StepKind kind,
              Clock::time_point begin, Clock::time_point end);

  /// The trace as JSON: an object with "traceEvents"; times in microseconds
  /// from the first event; each event's args hold what is known of the
  /// instruction.
  std::string toJson() const;

private:
  struct Event {
    const fmt::Instruction *instruction;
    StepKind kind;
    uint32_t run;
    int64_t grid;
    int64_t flops;
    int64_t bytes;
    Clock::time_point begin;
    Clock::time_point end;
  };
  static void append(std::string &out, const Event &event,
                     Clock::time_point origin);

  std::vector<Event> events;
  size_t numDropped = 0;
  uint32_t numRuns = 0;
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_PROFILE_H
