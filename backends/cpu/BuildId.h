//===- BuildId.h - Which build of the compiler this is ----------*- C++ -*-===//
//
// What generated code depends on beside its input: the builds of this compiler, of MLIR
// and of LLVM.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_BUILDID_H
#define LAZULI_BACKENDS_CPU_BUILDID_H

#include <string>

namespace lz {

/// A text that differs where the code that is generated may; empty if one of the builds
/// cannot be told, so that nothing made by it may be kept.
const std::string &getGeneratorId();

} // namespace lz

#endif // LAZULI_BACKENDS_CPU_BUILDID_H
