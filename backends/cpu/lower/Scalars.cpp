//===- Scalars.cpp - scalar arithmetic inside lowered loops ---------------===//
//
// Arithmetic chosen by type: floats, signed and unsigned integers, booleans and
// indices. Nothing here traps or is undefined, whatever the data.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Scalars.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace lz::cpu {

Type storageType(Type element) {
  if (isBool(element))
    return IntegerType::get(element.getContext(), 8);
  if (auto integer = dyn_cast<IntegerType>(element))
    return IntegerType::get(element.getContext(), integer.getWidth());
  return element;
}

Type computeType(Type element) {
  if (isBool(element))
    return element;
  if (element.isF16() || element.isBF16())
    return Float32Type::get(element.getContext());
  return storageType(element);
}

Value Scalars::constant(Type type, double value) {
  if (!isFloat(type))
    return integer(type, static_cast<int64_t>(value));
  return make<arith::ConstantOp>(b.getFloatAttr(type, value));
}

Value Scalars::integer(Type type, int64_t value) {
  if (isFloat(type))
    return constant(type, static_cast<double>(value));
  if (isa<IndexType>(type))
    return make<arith::ConstantOp>(b.getIndexAttr(value));
  unsigned width = type.getIntOrFloatBitWidth();
  APInt bits(64, static_cast<uint64_t>(value), /*isSigned=*/true);
  return make<arith::ConstantOp>(IntegerAttr::get(type, bits.trunc(width)));
}

Value Scalars::lowest(Type element) {
  Type type = computeType(element);
  if (isFloat(type))
    return constant(type, -std::numeric_limits<double>::infinity());
  if (isUnsigned(element))
    return zero(type);
  APInt least = APInt::getSignedMinValue(type.getIntOrFloatBitWidth());
  return make<arith::ConstantOp>(IntegerAttr::get(type, least));
}

Value Scalars::highest(Type element) {
  Type type = computeType(element);
  if (isFloat(type))
    return constant(type, std::numeric_limits<double>::infinity());
  unsigned width = type.getIntOrFloatBitWidth();
  APInt most = isUnsigned(element) ? APInt::getMaxValue(width)
                                   : APInt::getSignedMaxValue(width);
  return make<arith::ConstantOp>(IntegerAttr::get(type, most));
}

Value Scalars::toCompute(Value stored, Type element) {
  if (isBool(element)) {
    if (stored.getType().isInteger(1))
      return stored;
    return make<arith::CmpIOp>(arith::CmpIPredicate::ne, stored,
                               zero(stored.getType()));
  }
  Type type = computeType(element);
  if (stored.getType() == type)
    return stored;
  return make<arith::ExtFOp>(type, stored);
}

Value Scalars::toStorage(Value computed, Type element) {
  Type type = storageType(element);
  if (computed.getType() == type)
    return computed;
  if (isBool(element))
    return make<arith::ExtUIOp>(type, computed);
  return make<arith::TruncFOp>(type, computed);
}

/// Truncation; what is out of range becomes the nearest integer there is, NaN
/// becomes 0. (LLVM alone leaves both undefined.)
Value Scalars::floatToInteger(Value value, Type to) {
  Type type = storageType(to), from = value.getType();
  bool isSigned = !isUnsigned(to);
  int width = static_cast<int>(type.getIntOrFloatBitWidth());
  Value low = constant(from, isSigned ? -std::ldexp(1.0, width - 1) : 0);
  Value past = constant(from, std::ldexp(1.0, isSigned ? width - 1 : width));
  Value truncated;
  if (width < 32) // one instruction for whole vectors
    truncated = make<arith::TruncIOp>(
        type, make<arith::FPToSIOp>(b.getI32Type(), value));
  else
    truncated = isSigned ? make<arith::FPToSIOp>(type, value)
                         : make<arith::FPToUIOp>(type, value);
  Value isLow = compare(Order::Le, value, low, from);
  Value isHigh = compare(Order::Ge, value, past, from);
  Value isNan = make<arith::CmpFOp>(arith::CmpFPredicate::UNO, value, value);
  Value bounded =
      select(isLow, lowest(to), select(isHigh, highest(to), truncated));
  return select(isNan, zero(type), bounded);
}

Value Scalars::cast(Value value, Type from, Type to) {
  if (from == to)
    return value;
  Type target = computeType(to);
  if (isBool(to)) {
    Value none = zero(value.getType());
    return compare(Order::Ne, value, none, from);
  }
  if (isFloat(from) && isFloat(to)) {
    // Through f32 on the way to f16 and bf16, rounded when stored.
    unsigned have = value.getType().getIntOrFloatBitWidth();
    unsigned want = target.getIntOrFloatBitWidth();
    if (have == want)
      return value;
    return have < want ? make<arith::ExtFOp>(target, value)
                       : make<arith::TruncFOp>(target, value);
  }
  if (isFloat(from))
    return floatToInteger(value, to);
  if (isFloat(to))
    return isUnsigned(from) ? make<arith::UIToFPOp>(target, value)
                            : make<arith::SIToFPOp>(target, value);
  unsigned have = value.getType().getIntOrFloatBitWidth();
  unsigned want = target.getIntOrFloatBitWidth();
  if (have == want)
    return value;
  if (have > want)
    return make<arith::TruncIOp>(target, value);
  return isUnsigned(from) ? make<arith::ExtUIOp>(target, value)
                          : make<arith::ExtSIOp>(target, value);
}

Value Scalars::toIndex(Value integer) {
  return make<arith::IndexCastOp>(b.getIndexType(), integer);
}

Value Scalars::fromIndex(Value index, Type type) {
  if (isa<IndexType>(type))
    return index;
  if (!isFloat(type) && type.getIntOrFloatBitWidth() == 64)
    return make<arith::IndexCastOp>(type, index);
  Value wide = make<arith::IndexCastOp>(b.getI64Type(), index);
  if (isFloat(type))
    return make<arith::SIToFPOp>(type, wide);
  return make<arith::TruncIOp>(type, wide);
}

/// The sum of booleans is `or`, their product `and`, as PyTorch has it.
Value Scalars::add(Value x, Value y) {
  if (isBool(x.getType()))
    return bitOr(x, y);
  return isFloat(x.getType()) ? make<arith::AddFOp>(x, y)
                              : make<arith::AddIOp>(x, y);
}

Value Scalars::sub(Value x, Value y) {
  if (isBool(x.getType()))
    return bitXor(x, y);
  return isFloat(x.getType()) ? make<arith::SubFOp>(x, y)
                              : make<arith::SubIOp>(x, y);
}

Value Scalars::mul(Value x, Value y) {
  if (isBool(x.getType()))
    return bitAnd(x, y);
  return isFloat(x.getType()) ? make<arith::MulFOp>(x, y)
                              : make<arith::MulIOp>(x, y);
}

Value Scalars::neg(Value x) {
  if (isBool(x.getType()))
    return x;
  if (isFloat(x.getType()))
    return make<arith::NegFOp>(x);
  return make<arith::SubIOp>(zero(x.getType()), x);
}

Value Scalars::div(Value x, Value y, Type element) {
  Type type = x.getType();
  if (isFloat(type))
    return make<arith::DivFOp>(x, y);
  if (isBool(type))
    return bitAnd(x, y);
  Value none = zero(type), one = integer(type, 1);
  Value byZero = compare(Order::Eq, y, none, element);
  if (isUnsigned(element)) {
    Value quotient = make<arith::DivUIOp>(x, select(byZero, one, y));
    return select(byZero, none, quotient);
  }
  // The least integer divided by -1 traps as well.
  Value byMinusOne = compare(Order::Eq, y, integer(type, -1), element);
  Value safe = select(bitOr(byZero, byMinusOne), one, y);
  Value quotient = make<arith::DivSIOp>(x, safe);
  return select(byZero, none, select(byMinusOne, neg(x), quotient));
}

Value Scalars::rem(Value x, Value y, Type element) {
  Type type = x.getType();
  if (isFloat(type))
    return make<arith::RemFOp>(x, y);
  Value none = zero(type), one = integer(type, 1);
  if (isBool(type))
    return none;
  Value byZero = compare(Order::Eq, y, none, element);
  if (isUnsigned(element))
    return make<arith::RemUIOp>(x, select(byZero, one, y));
  Value byMinusOne = compare(Order::Eq, y, integer(type, -1), element);
  return make<arith::RemSIOp>(x, select(bitOr(byZero, byMinusOne), one, y));
}

Value Scalars::max(Value x, Value y, Type element) {
  if (isFloat(x.getType()))
    return make<arith::MaximumFOp>(x, y);
  return isUnsigned(element) ? make<arith::MaxUIOp>(x, y)
                             : make<arith::MaxSIOp>(x, y);
}

Value Scalars::min(Value x, Value y, Type element) {
  if (isFloat(x.getType()))
    return make<arith::MinimumFOp>(x, y);
  return isUnsigned(element) ? make<arith::MinUIOp>(x, y)
                             : make<arith::MinSIOp>(x, y);
}

Value Scalars::bitAnd(Value x, Value y) { return make<arith::AndIOp>(x, y); }
Value Scalars::bitOr(Value x, Value y) { return make<arith::OrIOp>(x, y); }
Value Scalars::bitXor(Value x, Value y) { return make<arith::XOrIOp>(x, y); }

Value Scalars::select(Value condition, Value x, Value y) {
  return make<arith::SelectOp>(condition, x, y);
}

static arith::CmpFPredicate floatPredicate(Scalars::Order order) {
  switch (order) {
  case Scalars::Order::Eq:
    return arith::CmpFPredicate::OEQ;
  case Scalars::Order::Ne:
    return arith::CmpFPredicate::UNE;
  case Scalars::Order::Lt:
    return arith::CmpFPredicate::OLT;
  case Scalars::Order::Le:
    return arith::CmpFPredicate::OLE;
  case Scalars::Order::Gt:
    return arith::CmpFPredicate::OGT;
  case Scalars::Order::Ge:
    return arith::CmpFPredicate::OGE;
  }
  llvm_unreachable("all orders are handled");
}

static arith::CmpIPredicate integerPredicate(Scalars::Order order,
                                             bool isUnsigned) {
  using P = arith::CmpIPredicate;
  switch (order) {
  case Scalars::Order::Eq:
    return P::eq;
  case Scalars::Order::Ne:
    return P::ne;
  case Scalars::Order::Lt:
    return isUnsigned ? P::ult : P::slt;
  case Scalars::Order::Le:
    return isUnsigned ? P::ule : P::sle;
  case Scalars::Order::Gt:
    return isUnsigned ? P::ugt : P::sgt;
  case Scalars::Order::Ge:
    return isUnsigned ? P::uge : P::sge;
  }
  llvm_unreachable("all orders are handled");
}

Value Scalars::compare(Order order, Value x, Value y, Type element) {
  if (isFloat(x.getType()))
    return make<arith::CmpFOp>(floatPredicate(order), x, y);
  return make<arith::CmpIOp>(integerPredicate(order, isUnsigned(element)), x, y);
}

Value Scalars::compare(Order order, Value x, Value y) {
  return compare(order, x, y, x.getType());
}

Value Scalars::exp(Value x) { return make<math::ExpOp>(x); }
Value Scalars::log(Value x) { return make<math::LogOp>(x); }
Value Scalars::sqrt(Value x) { return make<math::SqrtOp>(x); }
Value Scalars::tanh(Value x) { return make<math::TanhOp>(x); }

Value Scalars::sigmoid(Value x) {
  Value one = constant(x.getType(), 1);
  return make<arith::DivFOp>(one, add(one, exp(neg(x))));
}

Value Scalars::ifElse(Value condition, Thunk then, Thunk otherwise) {
  auto build = [&](Thunk thunk) {
    return [this, thunk](OpBuilder &inner, Location) {
      Scalars s(inner, loc);
      scf::YieldOp::create(inner, loc, thunk(s));
    };
  };
  auto thenBuilder = build(then), elseBuilder = build(otherwise);
  return scf::IfOp::create(b, loc, condition, thenBuilder, elseBuilder)
      .getResult(0);
}

} // namespace lz::cpu
