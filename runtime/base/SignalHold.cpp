//===- SignalHold.cpp - Puts off signals that end a process -----------------===//
//
// See SignalHold.h. Ignored signals stay ignored. An action that somebody sets
// meanwhile is theirs and stays.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/SignalHold.h"

#include <unistd.h>

using namespace lz::rt;

static std::mutex holding;
static volatile sig_atomic_t noted[NSIG]; ///< came meanwhile

void SignalHold::note(int signal) { noted[signal] = 1; }

SignalHold::SignalHold() : lock(holding) {
  struct sigaction hold = {};
  hold.sa_handler = note;
  hold.sa_flags = SA_RESTART | SA_ONSTACK;
  for (size_t i = 0; i < signals.size(); ++i)
    if (sigaction(signals[i], nullptr, &actions[i]) == 0 && actions[i].sa_handler != SIG_IGN)
      sigaction(signals[i], &hold, nullptr);
}

SignalHold::~SignalHold() {
  for (size_t i = 0; i < signals.size(); ++i) {
    struct sigaction now = {};
    if (sigaction(signals[i], nullptr, &now) == 0 && now.sa_handler == note)
      sigaction(signals[i], &actions[i], nullptr);
  }
  lock.unlock();
  for (int signal : signals) {
    if (!noted[signal])
      continue;
    noted[signal] = 0;
    kill(getpid(), signal); // this thread may block it
  }
}
