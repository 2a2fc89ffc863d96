//===- ExpLog.cpp - exponentials, logarithms and powers -------------------===//
//
// exp: x = n ln 2 + r, a polynomial in r, and 2^n made of exponent bits in two factors,
// so that results near overflow and underflow are right; in one where they do not matter. log: x = 2^k m with m in
// [sqrt(1/2), sqrt(2)), and the series of 2 atanh((m-1)/(m+1)).
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/math/Functions.h"

namespace lz::cpu {
namespace {

#include "backends/cpu/codegen/math/Coefficients.inc"

constexpr double kLog2E = 1.4426950408889634074;
// ln 2 in two parts; the first has enough zero bits that n times it is exact.
constexpr double kLn2Hi64 = 0x1.62e42fefa3800p-1, kLn2Lo64 = 0x1.ef35793c76730p-45;
constexpr double kLn2Hi32 = 0x1.62e4p-1, kLn2Lo32 = 0x1.7f7d1cp-20;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// 1.5 * 2^(fraction bits): adding it leaves an integer in the low bits.
double shifter(Scalar x) { return x.isF64() ? 0x1.8p52 : 0x1.8p23; }

/// 2^n for an integer-valued float n of normal range.
Scalar powerOfTwo(Scalar n) {
  Scalar biased = (n + (shifter(n) + (n.isF64() ? 1023 : 127))).asInt();
  return biased.shl(n.isF64() ? 52 : 23).asFloat();
}

Scalar clamp(Scalar x, double low, double high) {
  // Written so that a NaN passes.
  x = select(x > high, high, x);
  return select(x < low, low, x);
}

/// expm1 of the reduced argument hi + lo.
Scalar expm1Reduced(Scalar hi, Scalar lo) {
  Scalar tail = polynomial(hi, hi.isF64() ? llvm::ArrayRef(kExp64) : llvm::ArrayRef(kExp32));
  return hi + fma(hi * hi, tail, lo);
}

/// x = n ln 2 + r: n stands in the low bits of `shifted`, which 2^23 and more keep from
/// having a fraction.
struct Reduced32 {
  Scalar shifted, r;
};
Reduced32 reduce32(Scalar x) {
  Scalar shifted = fma(x, x.constant(kLog2E), x.constant(shifter(x)));
  Scalar n = shifted - shifter(x);
  Scalar r = fma(n, n.constant(-kLn2Hi32), x);
  return {shifted, fma(n, n.constant(-kLn2Lo32), r)};
}

Scalar expReduced32(Scalar r) {
  Scalar one = r.constant(1);
  return fma(r, fma(r, polynomial(r, kExp32), one), one);
}

/// x times 2^n where both and the result are of normal range; n in the low bits. Of a NaN
/// it makes any number.
Scalar addToExponent(Scalar x, Scalar n) { return (x.asInt() + n.shl(23)).asFloat(); }

/// The exponential of what was reduced, NaN if that is.
Scalar keepNan(const Reduced32 &reduced, Scalar result) {
  return fma(reduced.r, result.constant(0), result);
}

/// The power of two in two factors: one alone may be too large or too small.
Scalar exp32(Scalar x) {
  Reduced32 reduced = reduce32(clamp(x, -104.0, 89.0));
  Scalar n = reduced.shifted.asInt(), half = n.shr(1);
  Scalar rest = addToExponent(x.constant(1), n - half);
  return keepNan(reduced, addToExponent(expReduced32(reduced.r), half) * rest);
}

/// Splits a positive x into 2^k m, m in [sqrt(1/2), sqrt(2)); k as a float.
std::pair<Scalar, Scalar> splitExponent(Scalar x) {
  bool wide = x.isF64();
  unsigned shift = wide ? 52 : 23;
  uint64_t root = wide ? 0x3fe6a09e667f3bcdull : 0x3f3504f3ull;
  Scalar tiny = x < (wide ? 0x1p-1022 : 0x1p-126);
  Scalar scaled = select(tiny, x * (wide ? 0x1p54 : 0x1p25), x);
  Scalar offset = scaled.asInt() - scaled.bits(root);
  Scalar k = offset.sar(shift);
  Scalar mantissa =
      ((offset & offset.bits((uint64_t(1) << shift) - 1)) + offset.bits(root)).asFloat();
  // The integer becomes a float by way of the shifter's bits.
  Scalar magic = x.constant(shifter(x));
  Scalar kFloat = (k + magic.asInt()).asFloat() - magic;
  kFloat = select(tiny, kFloat - (wide ? 54.0 : 25.0), kFloat);
  return {kFloat, mantissa};
}

/// What every logarithm is outside of (0, inf).
Scalar logSpecials(Scalar x, Scalar result) {
  result = select(x == kInf, kInf, result);
  result = select(x == 0.0, -kInf, result);
  result = select(x < 0.0, kNan, result);
  return select(x.isNan(), x, result);
}

Scalar log32(Scalar x) {
  auto [k, m] = splitExponent(x);
  Scalar f = m - 1.0;
  Scalar f2 = f * f;
  Scalar tail = f * polynomial(f, kLog32);
  Scalar low = fma(f2, tail, k * kLn2Lo32);
  low = fma(f2, f2.constant(-0.5), low);
  return logSpecials(x, fma(k, k.constant(kLn2Hi32), low + f));
}

/// log(m) as hi + lo where hi is m - 1 - (m-1)^2/2 to 32 bits, k apart.
struct LogParts {
  Scalar k, f, halfSquare, rest; ///< log = k ln2 + f - (halfSquare - rest)
};
LogParts logParts(Scalar x) {
  auto [k, m] = splitExponent(x);
  Scalar f = m - 1.0;
  Scalar s = f / (f + 2.0), z = s * s;
  Scalar half = f * f * 0.5;
  // log(1+f) = f - f^2/2 + s (f^2/2 + z P(z)).
  Scalar rest = s * (half + z * polynomial(z, kLog64));
  return {k, f, half, rest};
}

Scalar log64(Scalar x) {
  LogParts p = logParts(x);
  Scalar low = p.halfSquare - (p.rest + p.k * kLn2Lo64);
  return logSpecials(x, p.k * kLn2Hi64 - (low - p.f));
}

/// log(x) * 1/ln(base): with the factor and log_base(2) in two parts each.
Scalar scaledLog(Scalar x, double factorHi, double factorLo, double log2Hi,
                 double log2Lo) {
  LogParts p = logParts(x);
  Scalar hi = p.f - p.halfSquare;
  hi = (hi.asInt() & hi.bits(0xffffffff00000000ull)).asFloat();
  Scalar lo = (p.f - hi) - p.halfSquare + p.rest;
  Scalar valueHi = hi * factorHi;
  Scalar valueLo = p.k * log2Lo + ((lo + hi) * factorLo + lo * factorHi);
  Scalar y = p.k * log2Hi;
  Scalar sum = y + valueHi;
  valueLo = valueLo + ((y - sum) + valueHi);
  return logSpecials(x, valueLo + sum);
}

} // namespace

Scalar scaleByPowerOfTwo(Scalar x, Scalar n) {
  bool wide = x.isF64();
  n = clamp(n, wide ? -2040 : -252, wide ? 2040 : 252);
  Scalar first = rint(n * 0.5);
  return (x * powerOfTwo(first)) * powerOfTwo(n - first);
}

Scalar expOf(Scalar x) {
  if (!x.isF64())
    return exp32(x);
  Scalar limited = clamp(x, -746.0, 710.0);
  return expPair({limited, x.constant(0)});
}

Scalar expLimited(Scalar x) {
  if (x.isF64())
    return expOf(x);
  Reduced32 reduced = reduce32(clamp(x, -0x1.5d58ap6, 0x1.62e42ep6));
  return keepNan(reduced, addToExponent(expReduced32(reduced.r), reduced.shifted.asInt()));
}

Scalar expm1Limited32(Scalar x) {
  Reduced32 reduced = reduce32(select(x > 20.0, 20.0, x));
  Scalar r = reduced.r, one = r.constant(1);
  Scalar e = fma(r * r, polynomial(r, kExp32), r);
  Scalar power = addToExponent(one, reduced.shifted.asInt());
  return fma(power, e, power - one);
}

Scalar expPair(Pair x) {
  Scalar n = rint(x.hi * kLog2E);
  Scalar r = fma(n, n.constant(-kLn2Hi64), x.hi);
  Scalar lo = fma(n, n.constant(-kLn2Lo64), x.lo);
  Pair reduced = fastTwoSum(r, lo);
  return scaleByPowerOfTwo(expm1Reduced(reduced.hi, reduced.lo) + 1.0, n);
}

Scalar exp2Of(Scalar x) {
  bool wide = x.isF64();
  Scalar limited = clamp(x, wide ? -1080.0 : -152.0, wide ? 1025.0 : 129.0);
  Scalar n = rint(limited);
  Scalar f = limited - n;
  if (!wide) {
    Scalar r = f * 0.693147180559945309417;
    return scaleByPowerOfTwo(fma(r * r, polynomial(r, kExp32), r) + 1.0, n);
  }
  Scalar r = f * 0x1.62e42fefa39efp-1;
  Scalar lo = fma(f, f.constant(0x1.62e42fefa39efp-1), -r);
  lo = fma(f, f.constant(0x1.abc9e3b39803fp-56), lo);
  return scaleByPowerOfTwo(expm1Reduced(r, lo) + 1.0, n);
}

Scalar exp2Flushed(Scalar x) {
  if (x.isF64())
    return exp2Of(x);
  // The sum's low bits are n + 127, those of 2^n when shifted, and 0 for n = -127.
  constexpr double kShifter = 0x1.8p23 + 127;
  Scalar limited = select(x < -127.0, -127.0, x);
  Scalar shifted = limited + kShifter;
  Scalar r = limited - (shifted - kShifter);
  Scalar fraction = fma(r, polynomial(r, kExp2Rest32), r.constant(1));
  return fraction * shifted.asInt().shl(23).asFloat();
}

Scalar expm1F64(Scalar x) {
  Scalar limited = clamp(x, -40.0, 710.0);
  Scalar n = rint(limited * kLog2E);
  Scalar r = fma(n, n.constant(-kLn2Hi64), limited);
  Scalar lo = n * -kLn2Lo64;
  Pair reduced = fastTwoSum(r, lo);
  Scalar e = expm1Reduced(reduced.hi, reduced.lo);
  // 2^n e + 2^n - 1 = 2^n (e + (1 - 2^-n)); for n = 0 exactly e.
  Scalar inverse = powerOfTwo(-select(n > 64.0, 64.0, n));
  Scalar one = inverse.constant(1);
  Scalar sum = select(n == 0.0, e, (one - inverse) + e);
  return select(x == 0.0, x, scaleByPowerOfTwo(sum, n));
}

Scalar logOf(Scalar x) { return x.isF64() ? log64(x) : log32(x); }

Scalar log2F64(Scalar x) {
  return scaledLog(x, 0x1.7154765200000p+0, 0x1.705fc2eefa200p-33, 1.0, 0.0);
}

Scalar log10F64(Scalar x) {
  return scaledLog(x, 0x1.bcb7b15200000p-2, 0x1.b9438ca9aadd5p-36, 0x1.34413509f6000p-2,
                   0x1.9fef311f12b36p-42);
}

Scalar log1pF64(Scalar x) {
  Scalar u = x + 1.0;
  Scalar lost = select(x > 1.0, x.constant(1) - (u - x), x - (u - 1.0));
  Scalar result = logOf(u) + lost / u;
  result = select(u == kInf, kInf, result);
  result = select(u == 0.0, -kInf, result);
  return select(x == 0.0, x, result);
}

Pair logPair(Scalar x) {
  auto [k, m] = splitExponent(x);
  Scalar one = m.constant(1);
  Scalar f = m - one;
  // s = f / (m + 1) with its rounding error.
  Pair sum = twoSum(m, one);
  Scalar s = f / sum.hi;
  Scalar error = fma(-s, sum.hi, f) - s * sum.lo;
  Pair sPair = {s, error / sum.hi};
  Pair z = sPair * sPair;
  Pair third = {s.constant(0x1.5555555555555p-1), s.constant(0x1.5555555555555p-55)};
  Pair tail = third + z * polynomial(z.hi, kLogTail64);
  Pair twice = {sPair.hi * 2.0, sPair.lo * 2.0};
  Pair logM = twice + (z * sPair) * tail;
  Pair exponent = Pair{m.constant(0x1.62e42fefa39efp-1), m.constant(0x1.abc9e3b39803fp-56)} * k;
  return exponent + logM;
}

Scalar powF64(Scalar x, Scalar y, bool wide) {
  Scalar ax = abs(x), ay = abs(y);
  Scalar result = x;
  if (wide) {
    // Beyond this limit every power but that of 1 overflows or vanishes.
    Pair product = logPair(ax) * clamp(y, -1e22, 1e22);
    Scalar limited = clamp(product.hi, -746.0, 710.0);
    // A huge product has no meaningful low part.
    Scalar lo = select(product.hi == limited, product.lo, product.lo.constant(0));
    result = expPair({limited, lo});
  } else {
    result = expOf(logOf(ax) * y);
  }
  Scalar zero = x.constant(0), inf = x.constant(kInf);
  Scalar isInteger = rint(y) == y;
  Scalar half = y * 0.5;
  Scalar isOdd = (isInteger & !(rint(half) == half)) & (ay < 0x1p53);
  Scalar negative = x.isNegative();
  // Bases 0 and inf, then infinite exponents, then the sign.
  Scalar atEdge = (ax == 0.0) | (ax == kInf);
  Scalar goesToZero = (ax == 0.0) ^ (y < 0.0);
  result = select(atEdge, select(goesToZero, zero, inf), result);
  Scalar shrinks = (ax < 1.0) ^ (y < 0.0);
  Scalar atInf = select(ax == 1.0, x.constant(1), select(shrinks, zero, inf));
  result = select(ay == kInf, atInf, result);
  result = select(negative & isOdd, -result, result);
  result = select((x < 0.0) & (!isInteger & (ax < kInf)), kNan, result);
  result = select(x.isNan() | y.isNan(), x + y, result);
  return select((y == 0.0) | (x == 1.0), 1.0, result);
}

} // namespace lz::cpu
