//===- Entry.cpp - The functions of liblazuli_compiler.so --------------===//
//
// `lazuli` opens the library only when there is something to compile.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Driver.h"
#include "tools/driver/Reproducer.h"

extern "C" __attribute__((visibility("default"))) int
lazuli_compile(const lz::CompileOptions *options, lz::CompileSummary *summary) {
  return static_cast<int>(lz::compileModel(*options, *summary));
}

/// For a signal handler; see Reproducer.h.
extern "C" __attribute__((visibility("default"))) const char *lazuli_reproduce_crash() {
  return lz::Reproducer::writeForCrash();
}
