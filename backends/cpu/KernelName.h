//===- KernelName.h - What a kernel is called -----------------------------===//
//
// Names for profiles, disassemblies and dumps: the user's own where it says
// something, else the operation's.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_KERNELNAME_H
#define LAZULI_BACKENDS_CPU_KERNELNAME_H

#include "ir/LzOps.h"

#include <string>

namespace lz::cpu {

/// "conv1_relu" for a relu on the module `conv1`, "conv_0_relu" where the module is
/// but a number. Letters, digits and underscores; not unique.
std::string makeKernelName(FusedOp op);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_KERNELNAME_H
