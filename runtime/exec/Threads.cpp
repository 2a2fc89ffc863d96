//===- Threads.cpp --------------------------------------------------------===//
//
// See Threads.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Threads.h"

#include <tbb/info.h>

#if defined(__SANITIZE_THREAD__)
// The TBB that is installed is not instrumented, so its own hand-over of tasks
// looks like a race. Only accesses in its own code and in the loop that it
// calls are excused; what a piece of work does is not. Nor can be seen that it
// calls an observer only while there is one.
extern "C" __attribute__((visibility("default"))) const char *
__tsan_default_suppressions() {
  return "race_top:oneapi/tbb\nrace_top:runtime/exec/"
         "Threads.h\nrace_top:std::__atomic_base\n"
         "race:lz::rt::WorkerPlacement::WorkerPlacement\n"
         "race:lz::rt::WorkerPlacement::~WorkerPlacement\n";
}
#endif

int lz::rt::getDefaultThreads() { return tbb::info::default_concurrency(); }
