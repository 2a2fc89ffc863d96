//===- ScalarMath.cpp - scalar functions of several operations ------------===//
//
// See the header. Float division and remainder follow PyTorch's div_floor and
// remainder step by step, so that signed zeros and infinities agree.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/ScalarMath.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace lz::cpu {

using Order = Scalars::Order;

/// Whether a remainder is to be corrected by one divisor: it is not zero, and its
/// sign is not the divisor's.
static Value needsCorrection(Scalars &s, Value remainder, Value divisor,
                             Type element) {
  Value zero = s.zero(remainder.getType());
  Value isRest = s.compare(Order::Ne, remainder, zero, element);
  Value restNegative = s.compare(Order::Lt, remainder, zero, element);
  Value divisorNegative = s.compare(Order::Lt, divisor, zero, element);
  return s.bitAnd(isRest, s.bitXor(restNegative, divisorNegative));
}

static Value floorDivideFloat(Scalars &s, Value x, Value y, Type element) {
  Type type = x.getType();
  Value zero = s.zero(type), one = s.constant(type, 1);
  Value remainder = s.rem(x, y, element);
  Value quotient = s.div(s.sub(x, remainder), y, element);
  Value corrected =
      s.select(needsCorrection(s, remainder, y, element), s.sub(quotient, one),
               quotient);
  Value floor = s.make<math::FloorOp>(corrected);
  Value lost = s.compare(Order::Gt, s.sub(corrected, floor),
                         s.constant(type, 0.5), element);
  Value rounded = s.select(lost, s.add(floor, one), floor);
  Value plain = s.div(x, y, element);
  Value signedZero = s.make<math::CopySignOp>(zero, plain);
  Value isZero = s.compare(Order::Eq, corrected, zero, element);
  Value finite = s.select(isZero, signedZero, rounded);
  return s.select(s.compare(Order::Eq, y, zero, element), plain, finite);
}

Value floorDivide(Scalars &s, Value x, Value y, Type element) {
  if (isFloat(x.getType()))
    return floorDivideFloat(s, x, y, element);
  Value quotient = s.div(x, y, element);
  if (isUnsigned(element))
    return quotient;
  Value remainder = s.rem(x, y, element);
  Value lower = s.sub(quotient, s.integer(x.getType(), 1));
  return s.select(needsCorrection(s, remainder, y, element), lower, quotient);
}

Value floorModulo(Scalars &s, Value x, Value y, Type element) {
  Value remainder = s.rem(x, y, element);
  if (isUnsigned(element))
    return remainder;
  return s.select(needsCorrection(s, remainder, y, element),
                  s.add(remainder, y), remainder);
}

/// By squaring, over all bits of the exponent.
static Value integerPower(Scalars &s, Value x, Value y, Type element) {
  Type type = x.getType();
  Value one = s.integer(type, 1);
  int64_t width = type.getIntOrFloatBitWidth();
  auto step = [&](OpBuilder &inner, Location loc, Value, ValueRange state) {
    Scalars t(inner, loc);
    Value result = state[0], base = state[1], exponent = state[2];
    Value bit = t.bitAnd(exponent, one);
    Value isSet = t.compare(Order::Ne, bit, t.zero(type), type);
    Value next = t.select(isSet, t.mul(result, base), result);
    Value rest = t.make<arith::ShRUIOp>(exponent, one);
    scf::YieldOp::create(inner, loc, ValueRange{next, t.mul(base, base), rest});
  };
  Value result = scf::ForOp::create(s.b, s.loc, s.index(0), s.index(width),
                                    s.index(1), ValueRange{one, x, y}, step)
                     .getResult(0);
  if (isUnsigned(element))
    return result;
  // 1/x^n as an integer.
  Value zero = s.zero(type), minusOne = s.integer(type, -1);
  Value isOdd = s.compare(Order::Ne, s.bitAnd(y, one), zero, element);
  Value sign = s.select(isOdd, minusOne, one);
  Value isOne = s.compare(Order::Eq, x, one, element);
  Value isMinusOne = s.compare(Order::Eq, x, minusOne, element);
  Value inverse = s.select(isOne, one, s.select(isMinusOne, sign, zero));
  return s.select(s.compare(Order::Lt, y, zero, element), inverse, result);
}

Value power(Scalars &s, Value x, Value y, Type element) {
  Type type = x.getType();
  if (isFloat(type))
    return s.make<math::PowFOp>(x, y);
  if (isBool(type)) // x^0 = 1
    return s.bitOr(x, s.logicalNot(y));
  return integerPower(s, x, y, element);
}

/// The shift count within the width, and whether it was.
static std::pair<Value, Value> safeCount(Scalars &s, Value count) {
  Type type = count.getType();
  Value width = s.integer(type, type.getIntOrFloatBitWidth());
  // Compared as unsigned, negative counts are large.
  Value fits = s.make<arith::CmpIOp>(arith::CmpIPredicate::ult, count, width);
  return {s.select(fits, count, s.zero(type)), fits};
}

Value shiftLeft(Scalars &s, Value x, Value y, Type element) {
  auto [count, fits] = safeCount(s, y);
  Value shifted = s.make<arith::ShLIOp>(x, count);
  return s.select(fits, shifted, s.zero(x.getType()));
}

Value shiftRight(Scalars &s, Value x, Value y, Type element) {
  auto [count, fits] = safeCount(s, y);
  Value zero = s.zero(x.getType());
  if (isUnsigned(element))
    return s.select(fits, s.make<arith::ShRUIOp>(x, count), zero);
  Value isNegative = s.compare(Order::Lt, x, zero, element);
  Value allSign = s.select(isNegative, s.integer(x.getType(), -1), zero);
  return s.select(fits, s.make<arith::ShRSIOp>(x, count), allSign);
}

Value floorDivIndex(Scalars &s, Value x, Value y) {
  Value quotient = s.make<arith::DivSIOp>(x, y);
  Value rest = s.make<arith::RemSIOp>(x, y);
  Value lower = s.sub(quotient, s.index(1));
  return s.select(s.compare(Order::Lt, rest, s.index(0)), lower, quotient);
}

Value ceilDivIndex(Scalars &s, Value x, Value y) {
  Value quotient = s.make<arith::DivSIOp>(x, y);
  Value rest = s.make<arith::RemSIOp>(x, y);
  Value higher = s.add(quotient, s.index(1));
  return s.select(s.compare(Order::Gt, rest, s.index(0)), higher, quotient);
}

} // namespace lz::cpu
