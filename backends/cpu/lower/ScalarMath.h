//===- ScalarMath.h - scalar functions of several operations ----*- C++ -*-===//
//
// Division, remainder, power and shifts that are defined for all operands, with the
// results PyTorch has.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_SCALARMATH_H
#define LAZULI_BACKENDS_CPU_LOWER_SCALARMATH_H

#include "backends/cpu/lower/Scalars.h"

namespace lz::cpu {

/// floor(x / y); 0 for the integer divisor zero.
mlir::Value floorDivide(Scalars &s, mlir::Value x, mlir::Value y,
                        mlir::Type element);
/// The remainder with the sign of y; 0 for the integer divisor zero.
mlir::Value floorModulo(Scalars &s, mlir::Value x, mlir::Value y,
                        mlir::Type element);
/// x^y; integers wrap, and a negative exponent gives 0 unless x is 1 or -1.
mlir::Value power(Scalars &s, mlir::Value x, mlir::Value y, mlir::Type element);
/// Shifts; a count that is negative or not below the width shifts everything out.
mlir::Value shiftLeft(Scalars &s, mlir::Value x, mlir::Value y,
                      mlir::Type element);
mlir::Value shiftRight(Scalars &s, mlir::Value x, mlir::Value y,
                       mlir::Type element);

/// floor and ceil of x / y for index values and a positive divisor.
mlir::Value floorDivIndex(Scalars &s, mlir::Value x, mlir::Value y);
mlir::Value ceilDivIndex(Scalars &s, mlir::Value x, mlir::Value y);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_SCALARMATH_H
