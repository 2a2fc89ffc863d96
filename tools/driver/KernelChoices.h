//===- KernelChoices.h - What passes ask of the generated kernels -------------===//
//
// Passes know no backend. What they ask before they put an op into a form that only
// generated kernels compute is answered here.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_KERNELCHOICES_H
#define LAZULI_TOOLS_DRIVER_KERNELCHOICES_H

#include "backends/cpu/codegen/CpuTarget.h"
#include "passes/Passes.h"

namespace lz {

/// Answers the questions of `services` that begin with `refuses`. All are refused where a
/// target's vectors are too narrow, for estimates and measurements are of vectors that
/// hold a block of channels. Panels compete with `dense`, which must outlive the
/// services: what it refuses is other generated kernels' already.
void setKernelChoices(PassServices &services, std::vector<CpuTarget> targets,
                      const DenseOracle &dense);

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_KERNELCHOICES_H
