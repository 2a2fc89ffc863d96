//===- Functions.h - elementary functions as formulas ---------------------===//
//
// Each takes and returns a float (f32 or f64) and creates straight-line code (but fmod,
// which loops). Special values are those of C's math.h. Accuracies are measured
// by tests/unit/cpu/MathTest.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_MATH_FUNCTIONS_H
#define LAZULI_BACKENDS_CPU_CODEGEN_MATH_FUNCTIONS_H

#include "backends/cpu/codegen/math/Scalar.h"

namespace lz::cpu {

/// Both widths, each with an algorithm of its own.
Scalar expOf(Scalar x);
/// A third shorter for f32: results end at the least and the largest normal number.
Scalar expLimited(Scalar x);
Scalar exp2Of(Scalar x);
/// Half as long for f32: x is at most 128, results below 2^-126 may be 0 and those from 2^127.5
/// on infinite.
Scalar exp2Flushed(Scalar x);
Scalar logOf(Scalar x);
Scalar sinOf(Scalar x);
Scalar cosOf(Scalar x);
Scalar tanhOf(Scalar x);
Scalar erfOf(Scalar x);
/// For f32 in fifteen operations: x is not negative, and an error is one of 1, not of the result.
Scalar erfcFlushed(Scalar x);

/// f32 only: e^x - 1 of what is not negative, of what is above 20 as of 20.
Scalar expm1Limited32(Scalar x);

/// f64 only; f32 goes through f64.
Scalar expm1F64(Scalar x);
Scalar log2F64(Scalar x);
Scalar log10F64(Scalar x);
Scalar log1pF64(Scalar x);
Scalar tanF64(Scalar x);
Scalar asinF64(Scalar x);
Scalar acosF64(Scalar x);
Scalar atanF64(Scalar x);
Scalar atan2F64(Scalar y, Scalar x);
Scalar sinhF64(Scalar x);
Scalar coshF64(Scalar x);
Scalar asinhF64(Scalar x);
Scalar acoshF64(Scalar x);
Scalar atanhF64(Scalar x);
Scalar erfcF64(Scalar x);
Scalar cbrtF64(Scalar x);
/// `wide`: with the logarithm in double-double, as f64 results need.
Scalar powF64(Scalar x, Scalar y, bool wide);
Scalar fmodF64(Scalar x, Scalar y);

/// Parts that several files share.
Scalar scaleByPowerOfTwo(Scalar x, Scalar n); ///< n an integer-valued float
Scalar expPair(Pair x);                       ///< exp(hi + lo), f64
Pair logPair(Scalar x);                       ///< log of a positive finite x, f64

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_MATH_FUNCTIONS_H
