//===- LowerPasses.h - passes of the op lowering ----------------*- C++ -*-===//
//
// `lz-decompose-for-cpu` is part of the compiler's pipeline;
// `lz-lower-fused-to-linalg` shows in lit tests what the backend makes of a region.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_LOWERPASSES_H
#define LAZULI_BACKENDS_CPU_LOWER_LOWERPASSES_H

#include <memory>

namespace mlir {
class Pass;
}

namespace lz::cpu {

/// Splits ops that are better several kernels than one, see Decompose.h.
std::unique_ptr<mlir::Pass> createDecomposeForCpuPass();

/// Replaces the content of a module by one nested module per `lz.fused "cpu"` in
/// it, each holding the lowered function.
std::unique_ptr<mlir::Pass> createLowerFusedToLinalgPass();

/// Registers both by name.
void registerLowerPasses();

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_LOWERPASSES_H
