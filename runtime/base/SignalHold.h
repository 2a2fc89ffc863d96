//===- SignalHold.h - Puts off signals that end a process -------------------===//
//
// For steps between which a process must not end, such as giving a file one name and
// then another. SIGINT, SIGTERM and SIGHUP that come meanwhile come again at the end.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_BASE_SIGNALHOLD_H
#define LAZULI_RUNTIME_BASE_SIGNALHOLD_H

#include <array>
#include <csignal>
#include <mutex>

namespace lz::rt {

/// Acts on the whole process: a mask would be that of one thread only, and the system
/// may choose another one. One at a time; others wait. Keep it short.
class SignalHold {
public:
  SignalHold();
  ~SignalHold();
  SignalHold(const SignalHold &) = delete;
  SignalHold &operator=(const SignalHold &) = delete;

private:
  static constexpr std::array<int, 3> signals = {SIGINT, SIGTERM, SIGHUP};
  static void note(int signal);

  std::unique_lock<std::mutex> lock;
  std::array<struct sigaction, signals.size()> actions; ///< that were set before
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_BASE_SIGNALHOLD_H
