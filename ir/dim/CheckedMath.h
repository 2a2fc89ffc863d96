//===- CheckedMath.h - overflow-checked integer arithmetic ------*- C++ -*-===//
//
// Integer arithmetic on int64_t that answers std::nullopt instead of leaving
// the type or dividing by zero. Division rounds toward minus infinity, as the
// dimension algebra defines it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_DIM_CHECKEDMATH_H
#define LAZULI_IR_DIM_CHECKEDMATH_H

#include <cstdint>
#include <optional>

namespace lz {

/// a + b, or nullopt when it does not fit.
inline std::optional<int64_t> checkedAdd(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_add_overflow(a, b, &result))
    return std::nullopt;
  return result;
}

/// a * b, or nullopt when it does not fit.
inline std::optional<int64_t> checkedMul(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result))
    return std::nullopt;
  return result;
}

/// -a, or nullopt for the smallest value.
inline std::optional<int64_t> checkedNeg(int64_t a) {
  return a == INT64_MIN ? std::nullopt : std::optional<int64_t>(-a);
}

/// The greatest integer not above a / b; nullopt for b == 0 and on overflow.
inline std::optional<int64_t> checkedFloorDiv(int64_t a, int64_t b) {
  if (b == 0 || (a == INT64_MIN && b == -1))
    return std::nullopt;
  int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

/// The least integer not below a / b; nullopt for b == 0 and on overflow.
inline std::optional<int64_t> checkedCeilDiv(int64_t a, int64_t b) {
  if (b == 0 || (a == INT64_MIN && b == -1))
    return std::nullopt;
  int64_t quotient = a / b;
  return a % b != 0 && (a < 0) == (b < 0) ? quotient + 1 : quotient;
}

/// a - b * floor(a / b), which has the sign of b; nullopt for b == 0.
inline std::optional<int64_t> checkedMod(int64_t a, int64_t b) {
  if (b == 0)
    return std::nullopt;
  if (b == -1)
    return 0;
  int64_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b
                                                      : remainder;
}

/// The greatest common divisor of the magnitudes; 0 is neutral. The magnitude
/// of INT64_MIN does not fit, so a result that large is halved (2^62), which
/// still divides both.
inline int64_t gcdOf(int64_t a, int64_t b) {
  auto magnitude = [](int64_t v) {
    return v < 0 ? ~static_cast<uint64_t>(v) + 1 : static_cast<uint64_t>(v);
  };
  uint64_t x = magnitude(a), y = magnitude(b);
  while (y != 0) {
    uint64_t rest = x % y;
    x = y;
    y = rest;
  }
  return static_cast<int64_t>(x > INT64_MAX ? x / 2 : x);
}

} // namespace lz

#endif // LAZULI_IR_DIM_CHECKEDMATH_H
