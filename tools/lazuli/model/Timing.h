//===- Timing.h - Measured runs -----------------------------------------------===//
//
// Latency of one session, throughput of several at once.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_TIMING_H
#define LAZULI_TOOLS_LAZULI_MODEL_TIMING_H

#include "tools/lazuli/model/Runtime.h"

#include <vector>

namespace lz::cli {

struct TimingOptions {
  int64_t minRuns = 20;
  double warmupSeconds = 0.2;
  double seconds = 2;
};

/// Seconds per run, but for the counts.
struct Timing {
  double min = 0, median = 0, p90 = 0, p99 = 0, mean = 0;
  int64_t numRuns = 0;
  double seconds = 0; ///< of the whole measurement
  double getRunsPerSecond() const {
    return seconds > 0 ? static_cast<double>(numRuns) / seconds : 0;
  }
};

/// Percentiles of single runs; by nearest rank.
Timing summarize(std::vector<double> runs, double seconds);

/// Runs one session again and again.
Timing measureLatency(Session &session, const TimingOptions &options);

/// Runs all sessions at once, each in a thread of its own; the percentiles are
/// those of all their runs.
Timing measureThroughput(std::vector<Session> &sessions, const TimingOptions &options);

/// The most physical memory this process had at once, in bytes (VmHWM); 0 if the
/// system does not tell.
uint64_t getPeakMemoryBytes();

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_TIMING_H
