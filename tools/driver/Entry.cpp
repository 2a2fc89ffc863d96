//===- Entry.cpp - The one function of liblazuli_compiler.so --------------===//
//
// `lazuli` opens the library only when there is something to compile.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Driver.h"

extern "C" __attribute__((visibility("default"))) int
lazuli_compile(const lz::CompileOptions *options, lz::CompileSummary *summary) {
  return static_cast<int>(lz::compileModel(*options, *summary));
}
