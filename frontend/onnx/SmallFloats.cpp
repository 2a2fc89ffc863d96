//===- SmallFloats.cpp ----------------------------------------------------===//
//
// See SmallFloats.h. Without the sign bit, codes count the representable
// numbers upwards: rounding to a code is rounding to a multiple of the distance
// between neighbours, which hangs on the exponent alone.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/SmallFloats.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::SmallVector;

namespace {
struct SmallFloat {
  const char *name;
  int mantissa; ///< bits
  int bias;
  int greatest; ///< code of the greatest finite number
  int infinity; ///< code, or that of NaN where there is no infinity
  int nan;
  int sign; ///< the bit
  bool hasNegativeZero;

  int firstExponent() const { return 1 - bias; }
  /// Exponents that numbers have, those of subnormal ones as the least.
  int numExponents() const { return greatest >> mantissa; }
  double valueOf(int code) const {
    int exponent = code >> mantissa, fraction = code & ((1 << mantissa) - 1);
    if (exponent == 0)
      return std::ldexp(fraction, firstExponent() - mantissa);
    return std::ldexp((1 << mantissa) + fraction, exponent - bias - mantissa);
  }
};
} // namespace

static const SmallFloat formats[] = {
    {"float8e4m3fn", 3, 7, 0x7E, 0x7F, 0x7F, 0x80, true},
    {"float8e4m3fnuz", 3, 8, 0x7F, 0x80, 0x80, 0x80, false},
    {"float8e5m2", 2, 15, 0x7B, 0x7C, 0x7E, 0x80, true},
    {"float8e5m2fnuz", 2, 16, 0x7F, 0x80, 0x80, 0x80, false},
    // Neither infinity nor NaN: always saturated.
    {"float4e2m1", 1, 1, 0x7, 0x7, 0x8, 0x8, true},
};

/// 2^-127 to 2^127, and NaN.
static constexpr const char *kPowersOnly = "float8e8m0";

static const SmallFloat *findFormat(const ElementInfo &element) {
  for (const SmallFloat &format : formats)
    if (llvm::StringRef(element.name) == format.name)
      return &format;
  return nullptr;
}

bool onnximport::isSmallFloat(const ElementInfo &element) {
  return findFormat(element) || llvm::StringRef(element.name) == kPowersOnly;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

static double decode(const SmallFloat &format, int code) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  bool isNegative = code & format.sign;
  int magnitude = code & (format.sign - 1);
  double value = format.valueOf(magnitude);
  if (!format.hasNegativeZero && code == format.nan)
    return nan;
  if (magnitude > format.greatest)
    value = magnitude == format.infinity && format.infinity != format.nan
                ? std::numeric_limits<double>::infinity()
                : nan;
  return isNegative ? -value : value;
}

Value onnximport::decodeSmallFloat(Node &n, Value codes,
                                   const ElementInfo &element, Type type) {
  const SmallFloat *format = findFormat(element);
  int count = format ? 2 * format->sign : 256;
  SmallVector<double> table;
  for (int code = 0; code < count; ++code)
    table.push_back(format ? decode(*format, code)
                    : code == 255 ? std::numeric_limits<double>::quiet_NaN()
                                  : std::ldexp(1.0, code - 127));
  // 2^127 is no f16: the table has f32, and the cast makes it infinite.
  Type wide = type.isF64() ? type : n.f32();
  Value numbers = n.gather(n.floats(table, wide),
                           n.cast(codes, n.builder.getI32Type()), 0);
  return n.cast(numbers, type);
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

/// A table of powers of two, in x's element type.
static Value powersOfTwo(Node &n, Value x, int first, int count) {
  SmallVector<double> powers;
  for (int i = 0; i < count; ++i)
    powers.push_back(std::ldexp(1.0, first + i));
  return n.floats(powers, n.elementType(x));
}

/// How far x's exponent is above `first`, within [0, count), as i32. Exact: the
/// logarithm only says where to look. x is not negative.
static Value exponentOf(Node &n, Value x, int first, int count) {
  Type i32 = n.builder.getI32Type();
  Value normal = n.max(x, std::ldexp(1.0, first));
  Value powers = powersOfTwo(n, x, first, count);
  auto clamp = [&](Value i) { return n.min(n.max(i, 0.0), count - 1.0); };
  Value guess = clamp(n.sub(
      n.cast(n.unary<FloorOp>(n.unary<Log2Op>(normal)), i32), double(first)));
  Value power = n.gather(powers, guess, 0);
  Value isAbove = n.cast(n.compare<GtOp>(power, normal), i32);
  Value isBelow = n.cast(n.compare<LeOp>(n.mul(power, 2.0), normal), i32);
  return clamp(n.add(n.sub(guess, isAbove), isBelow));
}

/// -0 counts as negative: 1 / -0 is less than 0.
static Value isNegative(Node &n, Value x) {
  Value zero = n.scalarLike(0, x);
  Value below = n.compare<LtOp>(x, zero);
  Value belowInverse = n.compare<LtOp>(n.unary<ReciprocalOp>(x), zero);
  return n.binary<OrOp>(below, belowInverse);
}

/// The code of |x|, greater than `format.greatest` where it is out of range.
static Value encodeMagnitude(Node &n, Value x, const SmallFloat &format) {
  Type i32 = n.builder.getI32Type();
  double twiceGreatest = 2 * format.valueOf(format.greatest);
  Value magnitude = n.min(n.unary<AbsOp>(x), twiceGreatest);
  int first = format.firstExponent(), count = format.numExponents();
  Value exponent = exponentOf(n, magnitude, first, count);
  Value distance = n.gather(
      powersOfTwo(n, x, first - format.mantissa, count), exponent, 0);
  Value steps =
      n.cast(n.unary<RoundOp>(n.div(magnitude, distance)), i32);
  return n.add(n.mul(exponent, double(1 << format.mantissa)), steps);
}

static Value encode(Node &n, Value x, const SmallFloat &format,
                    bool saturate) {
  Value code = encodeMagnitude(n, x, format);
  bool hasInfinity = format.infinity != format.nan;
  auto number = [&](int value) { return n.scalarLike(value, code); };
  Value isOutside = n.compare<GtOp>(code, number(format.greatest));
  // Of formats whose NaN is the negative zero, NaN has no sign.
  bool isSigned = format.hasNegativeZero;
  int outside = saturate ? format.greatest : format.infinity;
  Value clamped = n.select(isOutside, number(outside), code);
  Value negative = isNegative(n, x);
  if (!isSigned) {
    Value isZero = n.compare<EqOp>(code, number(0));
    negative = n.logicalAnd(negative, n.logicalNot(isZero));
    if (!saturate && !hasInfinity)
      negative = n.logicalAnd(negative, n.logicalNot(isOutside));
  }
  Value withSign =
      n.select(negative, n.add(clamped, double(format.sign)), clamped);
  Value result =
      n.select(n.test<IsNanOp>(x), number(format.nan), withSign);
  return n.cast(result, n.builder.getIntegerType(8, /*isSigned=*/false));
}

/// The exponent is all there is; what lies between two powers is rounded by
/// `roundMode`. Below 2^-126 the fraction stands for the whole.
static Value encodePower(Node &n, Value x, bool saturate,
                         llvm::StringRef roundMode) {
  constexpr int first = -126, count = 254;
  Type i32 = n.builder.getI32Type();
  Value magnitude = n.unary<AbsOp>(x);
  Value exponent = exponentOf(n, magnitude, first, count);
  Value power = n.gather(powersOfTwo(n, x, first, count), exponent, 0);
  Value isNormal = n.compare<GeOp>(magnitude, power);
  Value code = n.select(isNormal, n.add(exponent, 1.0), n.scalarLike(0, exponent));
  if (roundMode != "down") {
    bool isUp = roundMode == "up";
    Value ofNormal =
        isUp ? n.compare<GtOp>(magnitude, power)
             : n.compare<GeOp>(magnitude, n.mul(power, 1.5));
    Value ofSmall = n.compare<GtOp>(
        magnitude, n.scalarLike(isUp ? 0 : std::ldexp(1.0, -127), x));
    Value goesUp = n.binary<OrOp>(
        n.logicalAnd(isNormal, ofNormal),
        n.logicalAnd(n.logicalNot(isNormal), ofSmall));
    code = n.add(code, n.cast(goesUp, i32));
  }
  if (saturate)
    code = n.min(code, 254.0);
  Value isSpecial =
      n.binary<OrOp>(n.test<IsNanOp>(x), n.test<IsInfOp>(x));
  code = n.select(isSpecial, n.scalarLike(255, code), code);
  return n.cast(code, n.builder.getIntegerType(8, /*isSigned=*/false));
}

Value onnximport::encodeSmallFloat(Node &n, Value x, const ElementInfo &element,
                                   bool saturate, llvm::StringRef roundMode) {
  Value wide = n.elementType(x).isF64() ? x : n.cast(x, n.f32());
  if (const SmallFloat *format = findFormat(element))
    return encode(n, wide, *format, saturate);
  if (roundMode != "up" && roundMode != "down" && roundMode != "nearest")
    n.error() << "has round_mode '" << roundMode
              << "', expected up, down or nearest";
  return encodePower(n, n.cast(wide, n.f32()), saturate, roundMode);
}
