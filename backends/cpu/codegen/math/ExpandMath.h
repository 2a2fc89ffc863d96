//===- ExpandMath.h - math functions as plain arithmetic ------------------===//
//
// Kernels import nothing, so every function of the math dialect becomes arithmetic that
// LLVM vectorizes, inlined where it is used. tests/unit/cpu/MathTest.cpp states and checks
// the error of each.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_MATH_EXPANDMATH_H
#define LAZULI_BACKENDS_CPU_CODEGEN_MATH_EXPANDMATH_H

#include "llvm/Support/LogicalResult.h"

namespace mlir {
class Operation;
}

namespace lz::cpu {

/// Replaces, below `root`, all scalar float math that has no machine instruction: functions
/// for f32 and f64, every float operation in f16 and bf16 (computed in f32 and rounded), and
/// conversions that LLVM would call a library for. What is left are operations that are
/// instructions: arithmetic, sqrt, fma, floor, ceil, trunc, roundeven, abs, copysign.
llvm::LogicalResult expandMath(mlir::Operation *root);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_MATH_EXPANDMATH_H
