//===- Half.cpp - f16 and bf16 ----------------------------------------------===//
//
// Conversions by bits, rounding once, to nearest with ties to even. From double
// directly: rounding to float on the way would round twice.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Array.h"

#include <cmath>
#include <cstring>

using namespace lz;

namespace {
/// A binary format of 16 bits: sign, exponent, mantissa.
struct Format {
  int mantissaBits;
  int minExponent; ///< of normal numbers
  int maxExponent;
};
constexpr Format half{10, -14, 15};
constexpr Format bfloat{7, -126, 127};
} // namespace

static uint16_t encode(double value, Format format) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  uint16_t infinity =
      static_cast<uint16_t>((2 * format.maxExponent + 1) << format.mantissaBits);
  if (std::isnan(value))
    return static_cast<uint16_t>(sign | infinity | (1 << (format.mantissaBits - 1)));
  double magnitude = std::fabs(value);
  if (magnitude == 0)
    return sign;
  if (std::isinf(magnitude))
    return sign | infinity;
  int exponent = std::max(std::ilogb(magnitude), format.minExponent);
  // The number in units of its last place; nearbyint rounds ties to even.
  double units = std::nearbyint(std::ldexp(magnitude, format.mantissaBits - exponent));
  // Counting units from the bottom, a carry moves on into the exponent by itself.
  int64_t bits = static_cast<int64_t>(units) +
                 (static_cast<int64_t>(exponent - format.minExponent) << format.mantissaBits);
  return sign | static_cast<uint16_t>(std::min<int64_t>(bits, infinity));
}

static float decode(uint16_t bits, Format format) {
  int mantissa = bits & ((1 << format.mantissaBits) - 1);
  int exponent = (bits & 0x7fff) >> format.mantissaBits;
  float magnitude;
  if (exponent == 2 * format.maxExponent + 1)
    magnitude = mantissa ? NAN : INFINITY;
  else if (exponent == 0)
    magnitude = std::ldexp(static_cast<float>(mantissa), format.minExponent - format.mantissaBits);
  else
    magnitude = std::ldexp(static_cast<float>(mantissa + (1 << format.mantissaBits)),
                           exponent - 1 + format.minExponent - format.mantissaBits);
  return std::copysign(magnitude, bits & 0x8000 ? -1.0f : 1.0f);
}

float cli::halfToFloat(uint16_t bits) { return decode(bits, half); }
float cli::bfloatToFloat(uint16_t bits) { return decode(bits, bfloat); }
uint16_t cli::doubleToHalf(double value) { return encode(value, half); }
uint16_t cli::floatToHalf(float value) { return encode(value, half); }
uint16_t cli::doubleToBfloat(double value) { return encode(value, bfloat); }
