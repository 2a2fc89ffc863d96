//===- Hyperbolic.cpp - hyperbolic functions, erf, cbrt and fmod ----------===//
//
// Hyperbolic functions stand on expm1 and log1p. erf is a polynomial near 0 and
// 1 - exp(-x^2) G(x) elsewhere, where G is fitted over a map of the half line to an interval.
// Where errors of the size of 1's suffice, erfc is a power of two with a polynomial for exponent.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/math/Functions.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace lz::cpu {
namespace {

#include "backends/cpu/codegen/math/Coefficients.inc"

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Scalar min(Scalar x, double high) { return select(x > high, high, x); }

/// No case for small arguments: expm1 is as exact there as its argument.
Scalar tanh32(Scalar x) {
  Scalar ax = abs(x), t = expm1Limited32(ax + ax);
  return copysign(t / (t + 2.0), x);
}

Scalar erf32(Scalar x) {
  Scalar ax = abs(x), z = x * x;
  Scalar small = fma(ax, polynomial(z, kErf32), ax);
  Scalar limited = min(ax, 4.0);
  Scalar large = ax.constant(1) - expLimited(polynomial(limited, kLogErfc32));
  Scalar result = select(ax < 0.9, small, large);
  return copysign(select(x.isNan(), x, result), x);
}

/// erfc of ax >= 0.499.
Scalar erfcTail(Scalar ax) {
  ax = min(ax, 28.0);
  Scalar t = (ax - 2.5) / (ax + 2.5);
  Scalar g = polynomial(t, kErfcx64) / (fma(ax, ax.constant(2), ax.constant(1)));
  Pair square = twoProduct(ax, ax);
  return expPair({-square.hi, -square.lo}) * g;
}

} // namespace

Scalar tanhOf(Scalar x) {
  if (!x.isF64())
    return tanh32(x);
  Scalar t = expm1F64(min(abs(x), 22.0) * 2.0);
  return copysign(t / (t + 2.0), x);
}

Scalar sinhF64(Scalar x) {
  Scalar ax = abs(x);
  Scalar t = expm1F64(min(ax, 700.0));
  Scalar small = (t + t / (t + 1.0)) * 0.5;
  Scalar w = expOf(ax * 0.5);
  return copysign(select(ax > 700.0, (w * 0.5) * w, small), x);
}

Scalar coshF64(Scalar x) {
  Scalar ax = abs(x);
  Scalar e = expOf(min(ax, 700.0)), w = expOf(ax * 0.5);
  Scalar small = fma(e, e.constant(0.5), e.constant(0.5) / e);
  return select(ax > 700.0, (w * 0.5) * w, small);
}

Scalar asinhF64(Scalar x) {
  constexpr double kLn2 = 0.693147180559945309417;
  Scalar ax = abs(x);
  Scalar huge = ax > 0x1p28;
  Scalar a = select(huge, 1.0, ax);
  Scalar z = a * a, one = a.constant(1);
  Scalar small = log1pF64(a + z / (one + sqrt(z + one)));
  Scalar result = select(huge, logOf(ax) + kLn2, small);
  return copysign(select(x.isNan(), x, result), x);
}

Scalar acoshF64(Scalar x) {
  constexpr double kLn2 = 0.693147180559945309417;
  Scalar huge = x > 0x1p28;
  Scalar t = select(huge, 1.0, x) - 1.0;
  Scalar small = log1pF64(t + sqrt(fma(t, t, t + t)));
  Scalar result = select(huge, logOf(x) + kLn2, small);
  return select(x < 1.0, kNan, result);
}

Scalar atanhF64(Scalar x) {
  Scalar ax = abs(x), one = ax.constant(1);
  return copysign(log1pF64((ax + ax) / (one - ax)) * 0.5, x);
}

Scalar erfOf(Scalar x) {
  if (!x.isF64())
    return erf32(x);
  Scalar ax = abs(x), z = x * x;
  Scalar small = fma(ax, polynomial(z, kErf64), ax);
  Scalar large = ax.constant(1) - erfcTail(ax);
  Scalar result = select(ax < 0.5, small, large);
  return copysign(select(x.isNan(), x, result), x);
}

Scalar erfcFlushed(Scalar x) {
  return x.isF64() ? erfcF64(x) : exp2Flushed(x * polynomial(x, kLog2ErfcRest32));
}

Scalar erfcF64(Scalar x) {
  Scalar ax = abs(x), z = x * x, one = ax.constant(1);
  Scalar small = one - fma(x, polynomial(z, kErf64), x);
  Scalar tail = erfcTail(ax);
  Scalar large = select(x < 0.0, (one + one) - tail, tail);
  return select(x.isNan(), x, select(ax < 0.5, small, large));
}

Scalar cbrtF64(Scalar x) {
  Scalar ax = abs(x);
  Scalar tiny = ax < 0x1p-1000;
  Scalar scaled = select(tiny, ax * 0x1p54, ax);
  Scalar word = scaled.asInt();
  Scalar m = ((word & word.bits(0xfffffffffffffull)) | word.bits(0x3ff0000000000000ull))
                 .asFloat();
  // The exponent as a float, by way of 1.5 * 2^52; it is 3q + rest, rest in -1, 0, 1.
  Scalar magic = m.constant(0x1.8p52);
  Scalar e = ((word.shr(52) - 1023) + magic.asInt()).asFloat() - magic;
  Scalar q = rint(e * (1.0 / 3.0));
  Scalar rest = e - q * 3.0;
  Scalar down = rest < 0.0, up = rest > 0.0;
  m = m * select(down, 0.5, select(up, 2.0, m.constant(1)));
  Scalar y = polynomial(m * select(down, 2.0, select(up, 0.5, m.constant(1))), kCbrt64);
  y = y * select(down, 0x1.965fea53d6e3dp-1, select(up, 0x1.428a2f98d728bp+0, m.constant(1)));
  // Halley's step triples the digits; the last one is a Newton step on the residual.
  Scalar cube = y * y * y;
  y = y - y * ((cube - m) / fma(cube, cube.constant(2), m));
  Pair square = twoProduct(y, y);
  Scalar residual = fma(-y, square.hi, m) - y * square.lo;
  y = y + residual / (square.hi * 3.0);
  y = scaleByPowerOfTwo(y, q);
  y = select(tiny, y * 0x1p-18, y);
  Scalar special = (ax == 0.0) | !(ax < kInf);
  return select(special, x, copysign(y, x));
}

Scalar fmodF64(Scalar x, Scalar y) {
  Cursor &at = x.cursor();
  Scalar divisor = abs(y);
  Scalar invalid = (!(abs(x) < kInf)) | !(divisor > 0.0);
  // Where there is nothing to do the loop does not run.
  Scalar start = select(invalid, 0.0, abs(x));
  divisor = select(invalid, 1.0, divisor);
  auto before = [&](mlir::OpBuilder &b, mlir::Location loc, mlir::ValueRange args) {
    Cursor c{b, loc};
    Scalar a(c, args[0]);
    mlir::scf::ConditionOp::create(b, loc, (a >= Scalar(c, divisor.get())).get(), args);
  };
  auto after = [&](mlir::OpBuilder &b, mlir::Location loc, mlir::ValueRange args) {
    Cursor c{b, loc};
    Scalar a(c, args[0]), d(c, divisor.get());
    // d * 2^k, with k such that the quotient has at most 52 bits, so that fma is exact.
    Scalar ea = a.asInt().shr(52), ed = d.asInt().shr(52);
    Scalar k = (ea - ed) - 51;
    k = a.make<mlir::arith::MaxSIOp>(k.get(), k.bits(0).get());
    Scalar magic = a.constant(0x1.8p52);
    Scalar power = (k + magic.asInt()).asFloat() - magic;
    Scalar step = scaleByPowerOfTwo(d, power);
    Scalar next = fma(-trunc(a / step), step, a);
    next = select(next < 0.0, next + step, next);
    mlir::scf::YieldOp::create(b, loc, next.get());
  };
  mlir::SmallVector<mlir::Value> init = {start.get()};
  auto loop = mlir::scf::WhileOp::create(at.builder, at.loc, mlir::TypeRange{x.type()}, init,
                                         before, after);
  Scalar result = copysign(Scalar(at, loop.getResult(0)), x);
  result = select((abs(y) == kInf) & (abs(x) < kInf), x, result);
  Scalar bad = (!(abs(x) < kInf)) | (y == 0.0) | y.isNan();
  return select(bad, kNan, result);
}

} // namespace lz::cpu
