//===- Timing.cpp -------------------------------------------------------------===//
//
// See Timing.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Timing.h"

#include "tools/lazuli/Failure.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <numeric>
#include <thread>

using namespace lz;
using namespace lz::cli;

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

Timing cli::summarize(std::vector<double> runs, double seconds) {
  Timing timing;
  timing.numRuns = static_cast<int64_t>(runs.size());
  timing.seconds = seconds;
  if (runs.empty())
    return timing;
  std::sort(runs.begin(), runs.end());
  auto rank = [&](double share) {
    auto position = static_cast<size_t>(std::ceil(share * static_cast<double>(runs.size())));
    return runs[std::min(std::max<size_t>(position, 1), runs.size()) - 1];
  };
  timing.min = runs.front();
  timing.median = rank(0.5);
  timing.p90 = rank(0.9);
  timing.p99 = rank(0.99);
  timing.mean = std::accumulate(runs.begin(), runs.end(), 0.0) / static_cast<double>(runs.size());
  return timing;
}

static void warmUp(Session &session, double seconds) {
  Clock::time_point begin = Clock::now();
  do
    session.run();
  while (secondsSince(begin) < seconds);
}

/// Runs until `seconds` have passed and there are `minRuns`, or `stop` is set.
static void measureInto(std::vector<double> &runs, Session &session, const TimingOptions &options,
                        const std::atomic<bool> *stop) {
  constexpr size_t maxRuns = 4 << 20;
  Clock::time_point begin = Clock::now(), last = begin;
  do {
    session.run();
    Clock::time_point now = Clock::now();
    runs.push_back(std::chrono::duration<double>(now - last).count());
    last = now;
    if (stop && *stop)
      break;
  } while (runs.size() < maxRuns &&
           (secondsSince(begin) < options.seconds ||
            static_cast<int64_t>(runs.size()) < options.minRuns));
}

Timing cli::measureLatency(Session &session, const TimingOptions &options) {
  warmUp(session, options.warmupSeconds);
  std::vector<double> runs;
  runs.reserve(1 << 16);
  Clock::time_point begin = Clock::now();
  measureInto(runs, session, options, nullptr);
  return summarize(std::move(runs), secondsSince(begin));
}

Timing cli::measureThroughput(std::vector<Session> &sessions, const TimingOptions &options) {
  std::vector<std::vector<double>> runs(sessions.size());
  std::vector<std::exception_ptr> errors(sessions.size());
  std::atomic<size_t> numReady{0};
  std::atomic<bool> stop{false};
  Clock::time_point begin;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < sessions.size(); ++i)
    threads.emplace_back([&, i] {
      try {
        warmUp(sessions[i], options.warmupSeconds);
        ++numReady;
        while (numReady < sessions.size() && !stop)
          std::this_thread::yield();
        measureInto(runs[i], sessions[i], options, &stop);
      } catch (...) {
        errors[i] = std::current_exception();
        stop = true;
      }
    });
  while (numReady < sessions.size() && !stop)
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  begin = Clock::now();
  for (std::thread &thread : threads)
    thread.join();
  double seconds = secondsSince(begin);
  for (const std::exception_ptr &error : errors)
    if (error)
      std::rethrow_exception(error);
  std::vector<double> all;
  for (const std::vector<double> &part : runs)
    all.insert(all.end(), part.begin(), part.end());
  return summarize(std::move(all), seconds);
}

uint64_t cli::getPeakMemoryBytes() {
  std::FILE *file = std::fopen("/proc/self/status", "r");
  if (!file)
    return 0;
  char line[256];
  unsigned long long kilobytes = 0;
  while (std::fgets(line, sizeof(line), file))
    if (std::sscanf(line, "VmHWM: %llu kB", &kilobytes) == 1)
      break;
  std::fclose(file);
  return kilobytes * 1024;
}
