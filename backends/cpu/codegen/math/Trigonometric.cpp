//===- Trigonometric.cpp - sine, cosine, tangent and their inverses -------===//
//
// Arguments are reduced by pi/2 in three parts (Cody and Waite) up to 2^30, and above by
// the bits of 2/pi that matter (Payne and Hanek), without branches: in f32 a window of the bits
// is shifted into place, in f64 it is read from a table.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/math/Functions.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace lz::cpu {
namespace {

#include "backends/cpu/codegen/math/Coefficients.inc"

constexpr double kTwoOverPiFirst = 0x1.45f306dc9c883p-1;
constexpr double kPiOverTwo[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54,
                                 -0x1.f1976b7ed8fbcp-110};
constexpr double kLargest = 0x1p30; // up to which Cody and Waite's method is used
constexpr double kShifter = 0x1.8p52;

/// r in [-pi/4, pi/4] as hi + lo, and the quadrant's number in the low bits of an i64.
struct Reduced {
  Scalar hi, lo, quadrant;
};

Reduced reduceSmall(Scalar x, bool pair) {
  Scalar shifted = fma(x, x.constant(kTwoOverPiFirst), x.constant(kShifter));
  Scalar n = -(shifted - kShifter);
  Scalar r = fma(n, n.constant(kPiOverTwo[0]), x);
  if (!pair)
    return {fma(n, n.constant(kPiOverTwo[1]), r), x.constant(0), shifted.asInt()};
  Pair product = twoProduct(n, n.constant(kPiOverTwo[1]));
  Pair sum = twoSum(r, product.hi);
  Scalar lo = sum.lo + fma(n, n.constant(kPiOverTwo[2]), product.lo);
  Pair reduced = fastTwoSum(sum.hi, lo);
  return {reduced.hi, reduced.lo, shifted.asInt()};
}

/// f32 arguments: x = m 2^e with a 24-bit m; the 128 bits of 2/pi from the one of weight
/// 2^(2-e) on decide. m times them, modulo 4, is a fixed-point number.
Reduced reduceLargeF32(Scalar x32, Scalar x) {
  Scalar word = abs(x32).asInt();
  Cursor &at = x.cursor();
  mlir::Type i64 = at.builder.getI64Type();
  Scalar exponent = x32.make<mlir::arith::ExtUIOp>(i64, word.shr(23).get()) - 150;
  Scalar mantissa = x32.make<mlir::arith::ExtUIOp>(
      i64, ((word & word.bits(0x7fffff)) | word.bits(0x800000)).get());
  // 2/pi = 0.w0 w1 w2 w3 in words of 64 bits; bit i has the weight 2^-(i+1). With m 2^e the
  // bits of weight >= 2^(2-e) give multiples of 4: skip e - 2 of them.
  const uint64_t words[] = {0xa2f9836e4e441529ull, 0xfc2757d1f534ddc0ull,
                            0xdb6295993c439041ull, 0xfe5163abdebbc561ull};
  Scalar skip = exponent - 2;
  Scalar zero = skip.bits(0);
  skip = x.make<mlir::arith::MaxSIOp>(skip.get(), zero.get());
  Scalar far = (skip & skip.bits(64)) == skip.bits(64);
  auto word64 = [&](int i) {
    return select(far, skip.bits(words[i + 1]), skip.bits(words[i]));
  };
  Scalar a = word64(0), b = word64(1), c = word64(2);
  Scalar left = skip & skip.bits(63), right = skip.bits(63) - left;
  auto shl = [&](Scalar v) { return v.make<mlir::arith::ShLIOp>(v.get(), left.get()); };
  auto shr = [&](Scalar v) { // by 64 - left, which may be 64
    Scalar once = v.shr(1);
    return once.make<mlir::arith::ShRUIOp>(once.get(), right.get());
  };
  Scalar high = shl(a) | shr(b), low = shl(b) | shr(c);
  // The top two bits of `high` weigh 2 and 1 times 2^... of m's unit: 62 fraction bits.
  Scalar fixed = mantissa * high + (mantissa * low.shr(32)).shr(32);
  // Round to the nearest quadrant; the rest is signed.
  Scalar quadrant = (fixed + fixed.bits(uint64_t(1) << 61)).shr(62);
  Scalar rest = fixed - quadrant.shl(62);
  Scalar value = rest.make<mlir::arith::SIToFPOp>(at.builder.getF64Type(), rest.get());
  Scalar r = value * (kPiOverTwo[0] * 0x1p-62);
  Scalar negative = x32.isNegative();
  return {select(negative, -r, r), x.constant(0),
          select(negative, zero - quadrant, quadrant)};
}

/// One row of the table of 2/pi for the exponent of x.
Scalar tableEntry(Scalar index, unsigned column, mlir::Value table) {
  Cursor &at = index.cursor();
  Scalar position = index.shl(2) + index.bits(column);
  mlir::Value i = mlir::arith::IndexCastOp::create(at.builder, at.loc,
                                                   at.builder.getIndexType(), position.get());
  return Scalar(at, mlir::memref::LoadOp::create(at.builder, at.loc, table, i));
}

mlir::Value tableOfTwoOverPi(Cursor &at) {
  auto module = at.builder.getInsertionBlock()->getParentOp()
                    ->getParentOfType<mlir::ModuleOp>();
  auto type = mlir::MemRefType::get({int64_t(std::size(kTwoOverPi))}, at.builder.getF64Type());
  if (!module.lookupSymbol("lz_two_over_pi")) {
    mlir::OpBuilder b(module.getBodyRegion());
    auto tensor = mlir::RankedTensorType::get(type.getShape(), b.getF64Type());
    mlir::memref::GlobalOp::create(
        b, at.loc, "lz_two_over_pi", b.getStringAttr("private"), type,
        mlir::DenseElementsAttr::get(tensor, llvm::ArrayRef(kTwoOverPi)),
        /*constant=*/true, /*alignment=*/b.getI64IntegerAttr(64));
  }
  return mlir::memref::GetGlobalOp::create(at.builder, at.loc, type, "lz_two_over_pi");
}

Reduced reduceLargeF64(Scalar x) {
  Cursor &at = x.cursor();
  mlir::Value table = tableOfTwoOverPi(at);
  Scalar word = abs(x).asInt();
  Scalar row = word.shr(52) - (1023 + 30);
  row = x.make<mlir::arith::MaxSIOp>(row.get(), row.bits(0).get());
  row = x.make<mlir::arith::MinSIOp>(row.get(), row.bits(1023 - 30).get());
  // The mantissa in [1, 2) with the argument's sign.
  Scalar m = ((x.asInt() & x.bits(0x800fffffffffffffull)) | x.bits(0x3ff0000000000000ull))
                 .asFloat();
  auto mod4 = [](Scalar v) { return v - rint(v * 0.25) * 4.0; };
  Pair p0 = twoProduct(m, tableEntry(row, 0, table));
  Pair p1 = twoProduct(m, tableEntry(row, 1, table));
  Pair p2 = twoProduct(m, tableEntry(row, 2, table));
  Scalar p3 = m * tableEntry(row, 3, table);
  Pair sum = twoSum(mod4(p0.hi), mod4(p0.lo));
  Pair middle = twoSum(p1.hi, sum.lo);
  Pair top = twoSum(sum.hi, middle.hi);
  Scalar shifted = top.hi + kShifter;
  Scalar fraction = top.hi - (shifted - kShifter);
  Scalar tail = (p1.lo + p2.hi) + (p2.lo + p3);
  Pair lower = twoSum(top.lo, middle.lo);
  Pair rest = twoSum(fraction, lower.hi);
  Pair all = twoSum(rest.hi, (rest.lo + lower.lo) + tail);
  Pair r = all * Pair{x.constant(kPiOverTwo[0]), x.constant(kPiOverTwo[1])};
  return {r.hi, r.lo, shifted.asInt()};
}

Reduced choose(Scalar isLarge, Reduced large, Reduced small) {
  return {select(isLarge, large.hi, small.hi), select(isLarge, large.lo, small.lo),
          select(isLarge, large.quadrant, small.quadrant)};
}

struct SinCos {
  Scalar sin, cos, quadrant;
};

/// Sine and cosine of the reduced argument.
SinCos sinCosReduced(Scalar x) {
  if (!x.isF64()) {
    Scalar wide = x.toF64();
    Reduced r = choose(abs(x) > kLargest, reduceLargeF32(x, wide), reduceSmall(wide, false));
    Scalar v = r.hi.toF32(), z = v * v;
    Scalar sine = fma(v * z, polynomial(z, kSin32), v);
    Scalar cosine = fma(z * z, polynomial(z, kCos32), fma(z, z.constant(-0.5), z.constant(1)));
    mlir::Value narrow = mlir::arith::TruncIOp::create(
        x.cursor().builder, x.cursor().loc, x.cursor().builder.getI32Type(),
        r.quadrant.get());
    return {sine, cosine, Scalar(x.cursor(), narrow)};
  }
  Reduced r = choose(abs(x) > kLargest, reduceLargeF64(x), reduceSmall(x, true));
  Scalar z = r.hi * r.hi;
  Scalar cube = r.hi * z;
  // sin(hi + lo) = hi + (hi^3 P + lo (1 - hi^2 / 2)).
  Scalar sine = r.hi + fma(cube, polynomial(z, kSin64), r.lo * (z.constant(1) - z * 0.5));
  Scalar half = z * 0.5, one = z.constant(1);
  Scalar w = one - half;
  Scalar cosine = w + (((one - w) - half) + fma(z * z, polynomial(z, kCos64), -(r.hi * r.lo)));
  return {sine, cosine, r.quadrant};
}

Scalar bit(Scalar integer, unsigned n) {
  Scalar mask = integer.bits(uint64_t(1) << n);
  return (integer & mask) == mask;
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// asin(x) - x over x, for x^2 = z <= 1/4.
Scalar asinTail(Scalar z) { return z * polynomial(z, kAsin64); }

constexpr double kPio2Hi = 0x1.921fb54442d18p+0, kPio2Lo = 0x1.1a62633145c07p-54;

} // namespace

Scalar sinOf(Scalar x) {
  SinCos r = sinCosReduced(x);
  Scalar value = select(bit(r.quadrant, 0), r.cos, r.sin);
  value = select(bit(r.quadrant, 1), -value, value);
  value = select(x == 0.0, x, value);
  return select(abs(x) == kInf, kNan, value);
}

Scalar cosOf(Scalar x) {
  SinCos r = sinCosReduced(x);
  Scalar value = select(bit(r.quadrant, 0), r.sin, r.cos);
  Scalar negate = bit(r.quadrant, 0) ^ bit(r.quadrant, 1);
  value = select(negate, -value, value);
  return select(abs(x) == kInf, kNan, value);
}

Scalar tanF64(Scalar x) {
  SinCos r = sinCosReduced(x);
  Scalar odd = bit(r.quadrant, 0);
  Scalar value = select(odd, -r.cos, r.sin) / select(odd, r.sin, r.cos);
  value = select(x == 0.0, x, value);
  return select(abs(x) == kInf, kNan, value);
}

Scalar asinF64(Scalar x) {
  Scalar ax = abs(x);
  Scalar big = ax > 0.5;
  Scalar z = select(big, fma(ax, ax.constant(-0.5), ax.constant(0.5)), ax * ax);
  Scalar s = select(big, sqrt(z), ax);
  Scalar tail = asinTail(z);
  // asin(ax) = pi/2 - 2 asin(sqrt((1 - ax) / 2)), with the root's error c.
  Scalar c = fma(-s, s, z) / (s + s);
  c = select(z == 0.0, c.constant(0), c);
  Pair head = fastTwoSum(s.constant(kPio2Hi), s * -2.0);
  Scalar large = head.hi + (head.lo + (s.constant(kPio2Lo) - fma(s, tail, c) * 2.0));
  Scalar result = select(big, large, fma(ax, tail, ax));
  // Not copysign(result, x): LLVM moves a rounding to f16 through it and then rounds x from
  // f64 to f16, for which x86 has no instruction.
  return result * copysign(x.constant(1), x);
}

Scalar acosF64(Scalar x) {
  Scalar ax = abs(x);
  Scalar big = ax > 0.5;
  Scalar z = select(big, fma(ax, ax.constant(-0.5), ax.constant(0.5)), ax * ax);
  Scalar s = select(big, sqrt(z), ax);
  Scalar tail = asinTail(z);
  Scalar c = select(z == 0.0, s.constant(0), fma(-s, s, z) / (s + s));
  Scalar root = (s + fma(s, tail, c)) * 2.0; // 2 asin(s) for big arguments
  // x < -1/2: pi - 2 asin(s).
  Pair head = fastTwoSum(s.constant(2 * kPio2Hi), s * -2.0);
  Scalar negative =
      head.hi + (head.lo + (s.constant(2 * kPio2Lo) - fma(s, tail, c) * 2.0));
  Scalar large = select(x < 0.0, negative, root);
  Pair middle = twoSum(s.constant(kPio2Hi), -x);
  Scalar small = middle.hi + (middle.lo + (s.constant(kPio2Lo) - x * tail));
  return select(big, large, small);
}

namespace {

/// atan of the quotient (a + lost) / 1 for a >= 0: with the quotient's rounding error.
Scalar atanPositive(Scalar a, Scalar lost) {
  constexpr double kTanEighth = 0.41421356237309503, kTan3Eighth = 2.414213562373095;
  Scalar high = a > kTan3Eighth, middle = (a > kTanEighth) & !high;
  Scalar one = a.constant(1);
  Scalar numerator = select(high, -one, select(middle, a - one, a));
  Scalar denominator = select(high, a, select(middle, a + one, one));
  Scalar t = numerator / denominator;
  // Rounding of a + 1, a - 1 (exact above 1/2) and the division.
  Scalar sumLost = select(middle, a - (denominator - one), a.constant(0));
  Scalar c = (fma(-t, denominator, numerator) - t * sumLost) / denominator;
  Scalar unit = select(high | middle, a.constant(0), one);
  Scalar z = t * t;
  // d atan: of t's own error, and of a's.
  c = c + lost * select(high, one / (a * a), select(middle, (one + one) / (denominator * denominator), unit));
  Scalar tail = fma(t * z, polynomial(z, kAtan64), c);
  Scalar offset = select(high, a.constant(kPio2Hi),
                         select(middle, a.constant(kPio2Hi / 2), a.constant(0)));
  Scalar offsetLo = select(high, a.constant(kPio2Lo),
                           select(middle, a.constant(kPio2Lo / 2), a.constant(0)));
  Pair sum = twoSum(offset, t);
  return sum.hi + (sum.lo + (tail + offsetLo));
}

} // namespace

Scalar atanF64(Scalar x) {
  Scalar ax = abs(x);
  Scalar result = atanPositive(ax, x.constant(0));
  result = select(ax > 0x1p60, kPio2Hi, result);
  return copysign(select(x.isNan(), x, result), x);
}

Scalar atan2F64(Scalar y, Scalar x) {
  Scalar ax = abs(x), ay = abs(y);
  Scalar q = ay / ax;
  Scalar lost = fma(-q, ax, ay) / ax;
  Scalar plain = (q < 0x1p60) & (q > 0x1p-900);
  lost = select(plain & (ax < 0x1p900) & (ax > 0x1p-900), lost, lost.constant(0));
  Scalar angle = atanPositive(q, lost);
  angle = select(q > 0x1p60, kPio2Hi, angle);
  angle = select((ax == kInf) & (ay == kInf), kPio2Hi / 2, angle);
  angle = select(ay == 0.0, 0.0, angle);
  Pair turned = fastTwoSum(angle.constant(2 * kPio2Hi), -angle);
  angle = select(x.isNegative(), turned.hi + (turned.lo + 2 * kPio2Lo), angle);
  return select(x.isNan() | y.isNan(), x + y, copysign(angle, y));
}

} // namespace lz::cpu
