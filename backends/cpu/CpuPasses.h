//===- CpuPasses.h - passes of the CPU backend ------------------*- C++ -*-===//
//
// For tools that run passes by name.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CPUPASSES_H
#define LAZULI_BACKENDS_CPU_CPUPASSES_H

namespace lz {

/// Registers lz-decompose-for-cpu and lz-lower-fused-to-linalg. Call it once,
/// before a command line is parsed.
void registerCpuPasses();

} // namespace lz

#endif // LAZULI_BACKENDS_CPU_CPUPASSES_H
