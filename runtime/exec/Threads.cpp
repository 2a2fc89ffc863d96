//===- Threads.cpp --------------------------------------------------------===//
//
// See Threads.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Threads.h"

#include <tbb/info.h>

int lz::rt::getDefaultThreads() { return tbb::info::default_concurrency(); }
