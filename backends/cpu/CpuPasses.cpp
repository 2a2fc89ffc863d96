//===- CpuPasses.cpp - passes of the CPU backend --------------------------===//
//
// Collects what the rooms below register.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/CpuPasses.h"

#include "backends/cpu/lower/LowerPasses.h"

namespace lz {

void registerCpuPasses() { cpu::registerLowerPasses(); }

} // namespace lz
