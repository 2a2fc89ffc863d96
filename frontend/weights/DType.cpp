//===- DType.cpp - Element types of weights and traced tensors ------------===//
//
// Names, sizes and floating-point conversion. Half types are converted in
// software: weights are converted once, and every machine must agree.
//
//===----------------------------------------------------------------------===//

#include "frontend/weights/DType.h"

#include <cassert>
#include <cmath>
#include <cstring>

namespace lz::weights {

namespace {

struct DTypeInfo {
  const char *name;
  uint8_t sizeBytes;
};

/// In the order of the enumeration.
constexpr DTypeInfo kInfos[] = {{"f32", 4}, {"f64", 8}, {"f16", 2}, {"bf16", 2}, {"i8", 1},
                                {"i16", 2}, {"i32", 4}, {"i64", 8}, {"u8", 1},   {"u16", 2},
                                {"u32", 4}, {"u64", 8}, {"bool", 1}};

const DTypeInfo &getInfo(DType dtype) { return kInfos[static_cast<size_t>(dtype)]; }

template <typename T> T load(const void *src) {
  T value;
  std::memcpy(&value, src, sizeof(T));
  return value;
}

/// A binary floating-point format of 16 bits.
struct HalfFormat {
  int mantissaBits;
  int minExponent; ///< of the smallest normal number
  int maxExponent; ///< of the largest finite number
};
constexpr HalfFormat kF16{10, -14, 15};
constexpr HalfFormat kBF16{7, -126, 127};

double decodeHalf(uint16_t bits, HalfFormat format) {
  int mantissa = bits & ((1 << format.mantissaBits) - 1);
  int exponentMask = (1 << (15 - format.mantissaBits)) - 1;
  int exponent = (bits >> format.mantissaBits) & exponentMask;
  double magnitude;
  if (exponent == exponentMask)
    magnitude = mantissa ? std::nan("") : HUGE_VAL;
  else if (exponent == 0)
    magnitude = std::ldexp(mantissa, format.minExponent - format.mantissaBits);
  else
    magnitude = std::ldexp(mantissa + (1 << format.mantissaBits),
                           exponent - 1 + format.minExponent - format.mantissaBits);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/// Rounds once, from the double's exact value, to nearest even.
uint16_t encodeHalf(double value, HalfFormat format) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  uint16_t infinity = static_cast<uint16_t>(0x7fff & ~((1 << format.mantissaBits) - 1));
  if (std::isnan(value))
    return sign | infinity | (1 << (format.mantissaBits - 1));
  double magnitude = std::fabs(value);
  if (magnitude == 0)
    return sign;
  if (std::isinf(magnitude))
    return sign | infinity;
  int exponent = std::ilogb(magnitude);
  exponent = exponent < format.minExponent ? format.minExponent : exponent;
  // The value in units of the last place; at most 2^(mantissaBits + 1).
  double units = std::nearbyint(std::ldexp(magnitude, format.mantissaBits - exponent));
  int64_t bits = static_cast<int64_t>(units) +
                 (static_cast<int64_t>(exponent - format.minExponent) << format.mantissaBits);
  return sign | (bits >= infinity ? infinity : static_cast<uint16_t>(bits));
}

double loadFloat(DType dtype, const void *src) {
  switch (dtype) {
  case DType::f64:
    return load<double>(src);
  case DType::f32:
    return load<float>(src);
  case DType::f16:
    return decodeHalf(load<uint16_t>(src), kF16);
  default:
    return decodeHalf(load<uint16_t>(src), kBF16);
  }
}

void storeFloat(DType dtype, double value, void *dst) {
  if (dtype == DType::f64) {
    std::memcpy(dst, &value, sizeof(value));
  } else if (dtype == DType::f32) {
    float narrow = static_cast<float>(value);
    std::memcpy(dst, &narrow, sizeof(narrow));
  } else {
    uint16_t bits = encodeHalf(value, dtype == DType::f16 ? kF16 : kBF16);
    std::memcpy(dst, &bits, sizeof(bits));
  }
}

} // namespace

size_t getSizeBytes(DType dtype) { return getInfo(dtype).sizeBytes; }

const char *getName(DType dtype) { return getInfo(dtype).name; }

std::optional<DType> parseDType(std::string_view name) {
  for (DType dtype : kAllDTypes)
    if (name == getName(dtype))
      return dtype;
  return std::nullopt;
}

bool isFloat(DType dtype) { return dtype <= DType::bf16; }

bool isInteger(DType dtype) { return !isFloat(dtype) && dtype != DType::boolean; }

bool convertFloats(DType srcType, const void *src, DType dstType, void *dst, size_t numElements) {
  if (!isFloat(srcType) || !isFloat(dstType))
    return false;
  const char *from = static_cast<const char *>(src);
  char *to = static_cast<char *>(dst);
  for (size_t i = 0; i < numElements; ++i)
    storeFloat(dstType, loadFloat(srcType, from + i * getSizeBytes(srcType)),
               to + i * getSizeBytes(dstType));
  return true;
}

} // namespace lz::weights
