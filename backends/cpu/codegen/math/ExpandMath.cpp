//===- ExpandMath.cpp - replace math ops by their formulas ----------------===//
//
// One walk: an operation in half precision is computed in f32; a function becomes its
// formula, in f32 directly where speed matters and through f64 elsewhere; a conversion that
// has no instruction becomes bit arithmetic.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/math/ExpandMath.h"
#include "backends/cpu/codegen/math/Functions.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace lz::cpu {
namespace {

bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

/// f64 to f32 rounded to odd: a second rounding to fewer bits is then right.
Scalar roundToOdd(Scalar x) {
  Scalar narrow = x.toF32();
  Scalar back = narrow.toF64();
  Scalar word = narrow.asInt();
  Scalar tooBig = abs(back) > abs(x);
  word = select(tooBig, word - word.bits(1), word);
  Scalar inexact = !(back == x) & !x.isNan();
  word = select(inexact, word | word.bits(1), word);
  return word.asFloat();
}

/// f32 to bf16: round to nearest even on the bits.
Value truncateToBf16(Scalar x) {
  Scalar word = x.asInt();
  Scalar odd = word.shr(16) & word.bits(1);
  Scalar rounded = (word + odd + word.bits(0x7fff)).shr(16);
  Scalar quiet = word.shr(16) | word.bits(0x40);
  Scalar result = select(x.isNan(), quiet, rounded);
  Cursor &at = x.cursor();
  Value narrow =
      arith::TruncIOp::create(at.builder, at.loc, at.builder.getI16Type(), result.get());
  return arith::BitcastOp::create(at.builder, at.loc, at.builder.getBF16Type(), narrow);
}

Value extendBf16(Cursor &at, Value value) {
  Value word =
      arith::BitcastOp::create(at.builder, at.loc, at.builder.getI16Type(), value);
  word = arith::ExtUIOp::create(at.builder, at.loc, at.builder.getI32Type(), word);
  return Scalar(at, word).shl(16).asFloat().get();
}

Value toF32(Cursor &at, Value value) {
  if (value.getType().isBF16())
    return extendBf16(at, value);
  if (value.getType().isF16())
    return arith::ExtFOp::create(at.builder, at.loc, at.builder.getF32Type(), value);
  return value;
}

/// f32 or f64 to half precision, rounded once.
Value toHalf(Cursor &at, Value value, Type type) {
  Scalar x(at, value);
  if (x.isF64())
    x = roundToOdd(x);
  if (type.isBF16())
    return truncateToBf16(x);
  return arith::TruncFOp::create(at.builder, at.loc, type, x.get());
}

Value expandExtF(Cursor &at, arith::ExtFOp op) {
  Value in = op.getIn();
  if (!isHalf(in.getType()) || (in.getType().isF16() && op.getType().isF32()))
    return nullptr;
  Value wide = toF32(at, in);
  return op.getType().isF64() ? Scalar(at, wide).toF64().get() : wide;
}

Value expandTruncF(Cursor &at, arith::TruncFOp op) {
  bool direct = op.getType().isF16() && op.getIn().getType().isF32();
  if (!isHalf(op.getType()) || direct)
    return nullptr;
  return toHalf(at, op.getIn(), op.getType());
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

using Unary = Scalar (*)(Scalar);

Value throughF64(Cursor &at, Value x, Unary function) {
  Scalar value(at, x);
  if (value.isF64())
    return function(value).get();
  return function(value.toF64()).toF32().get();
}

Value throughF64(Cursor &at, Value x, Value y, Scalar (*function)(Scalar, Scalar)) {
  Scalar a(at, x), b(at, y);
  if (a.isF64())
    return function(a, b).get();
  return function(a.toF64(), b.toF64()).toF32().get();
}

Value expandPow(Cursor &at, Value x, Value y) {
  Scalar a(at, x), b(at, y);
  if (a.isF64())
    return powF64(a, b, /*wide=*/true).get();
  return powF64(a.toF64(), b.toF64(), /*wide=*/false).toF32().get();
}

/// Half away from zero.
Scalar roundAway(Scalar x) {
  Scalar t = trunc(x);
  Scalar up = abs(x - t) >= 0.5;
  return copysign(select(up, t + copysign(x.constant(1), x), t), x);
}

/// x to an integer power, both integers; a negative exponent gives 0 but for 1 and -1.
Value expandIPow(Cursor &at, math::IPowIOp op) {
  OpBuilder &b = at.builder;
  Location loc = at.loc;
  Type type = op.getType();
  auto constant = [&](int64_t c) -> Value {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, c));
  };
  auto cmp = [&](OpBuilder &b, arith::CmpIPredicate p, Value l, Value r) -> Value {
    return arith::CmpIOp::create(b, loc, p, l, r);
  };
  Value zero = constant(0), one = constant(1), x = op.getLhs(), n = op.getRhs();
  auto loop = scf::WhileOp::create(
      b, loc, TypeRange{type, type, type}, ValueRange{one, x, n},
      [&](OpBuilder &b, Location loc, ValueRange args) {
        scf::ConditionOp::create(b, loc, cmp(b, arith::CmpIPredicate::sgt, args[2], zero),
                                 args);
      },
      [&](OpBuilder &b, Location loc, ValueRange args) {
        Value odd = cmp(b, arith::CmpIPredicate::ne,
                        arith::AndIOp::create(b, loc, args[2], one), zero);
        Value product = arith::MulIOp::create(b, loc, args[0], args[1]);
        Value result = arith::SelectOp::create(b, loc, odd, product, args[0]);
        Value square = arith::MulIOp::create(b, loc, args[1], args[1]);
        Value rest = arith::ShRSIOp::create(b, loc, args[2], one);
        scf::YieldOp::create(b, loc, ValueRange{result, square, rest});
      });
  Value isOdd = cmp(b, arith::CmpIPredicate::ne, arith::AndIOp::create(b, loc, n, one), zero);
  Value minusOne = constant(-1);
  Value ofMinusOne = arith::SelectOp::create(b, loc, isOdd, minusOne, one);
  Value isOne = cmp(b, arith::CmpIPredicate::eq, x, one);
  Value isMinusOne = cmp(b, arith::CmpIPredicate::eq, x, minusOne);
  Value negative = arith::SelectOp::create(
      b, loc, isOne, one, arith::SelectOp::create(b, loc, isMinusOne, ofMinusOne, zero));
  return arith::SelectOp::create(b, loc, cmp(b, arith::CmpIPredicate::slt, n, zero), negative,
                                 loop.getResult(0));
}

/// The formula for one op on f32 or f64; null where the op is an instruction.
Value expandFunction(Cursor &at, Operation *op) {
  auto operand = [&](unsigned i) { return op->getOperand(i); };
  auto direct = [&](Unary f) { return f(Scalar(at, operand(0))).get(); };
  auto wide = [&](Unary f) { return throughF64(at, operand(0), f); };
  auto isApproximate = [](auto call) {
    return bitEnumContainsAny(call.getFastmath(), arith::FastMathFlags::afn);
  };
  return TypeSwitch<Operation *, Value>(op)
      .Case<math::ExpOp>(
          [&](math::ExpOp exp) { return direct(isApproximate(exp) ? expLimited : expOf); })
      .Case<math::Exp2Op>(
          [&](math::Exp2Op exp2) { return direct(isApproximate(exp2) ? exp2Flushed : exp2Of); })
      .Case<math::LogOp>([&](auto) { return direct(logOf); })
      .Case<math::SinOp>([&](auto) { return direct(sinOf); })
      .Case<math::CosOp>([&](auto) { return direct(cosOf); })
      .Case<math::TanhOp>([&](auto) { return direct(tanhOf); })
      .Case<math::ErfOp>([&](auto) { return direct(erfOf); })
      .Case<math::RoundOp>([&](auto) { return direct(roundAway); })
      .Case<math::RsqrtOp>([&](auto) {
        return direct([](Scalar x) { return x.constant(1) / sqrt(x); });
      })
      .Case<math::ExpM1Op>([&](auto) { return wide(expm1F64); })
      .Case<math::Log2Op>([&](auto) { return wide(log2F64); })
      .Case<math::Log10Op>([&](auto) { return wide(log10F64); })
      .Case<math::Log1pOp>([&](auto) { return wide(log1pF64); })
      .Case<math::TanOp>([&](auto) { return wide(tanF64); })
      .Case<math::AsinOp>([&](auto) { return wide(asinF64); })
      .Case<math::AcosOp>([&](auto) { return wide(acosF64); })
      .Case<math::AtanOp>([&](auto) { return wide(atanF64); })
      .Case<math::SinhOp>([&](auto) { return wide(sinhF64); })
      .Case<math::CoshOp>([&](auto) { return wide(coshF64); })
      .Case<math::AsinhOp>([&](auto) { return wide(asinhF64); })
      .Case<math::AcoshOp>([&](auto) { return wide(acoshF64); })
      .Case<math::AtanhOp>([&](auto) { return wide(atanhF64); })
      .Case<math::ErfcOp>([&](math::ErfcOp erfc) {
        return isApproximate(erfc) ? direct(erfcFlushed) : wide(erfcF64);
      })
      .Case<math::CbrtOp>([&](auto) { return wide(cbrtF64); })
      .Case<math::Atan2Op>(
          [&](auto) { return throughF64(at, operand(0), operand(1), atan2F64); })
      .Case<arith::RemFOp>(
          [&](auto) { return throughF64(at, operand(0), operand(1), fmodF64); })
      .Case<math::PowFOp>([&](auto) { return expandPow(at, operand(0), operand(1)); })
      .Case<math::FPowIOp>([&](math::FPowIOp power) {
        Value exponent =
            arith::SIToFPOp::create(at.builder, at.loc, power.getType(), power.getRhs());
        return expandPow(at, power.getLhs(), exponent);
      })
      .Case<math::IPowIOp>([&](math::IPowIOp power) { return expandIPow(at, power); })
      .Case<math::ClampFOp>([&](math::ClampFOp clamp) -> Value {
        Value low = arith::MaximumFOp::create(at.builder, at.loc, clamp.getValue(),
                                              clamp.getMin());
        return arith::MinimumFOp::create(at.builder, at.loc, low, clamp.getMax());
      })
      .Default([](Operation *) { return Value(); });
}

//===----------------------------------------------------------------------===//
// Half precision
//===----------------------------------------------------------------------===//

/// An operation on f16 or bf16, done on f32 and rounded; null where the op only moves
/// bits or is a conversion between floats.
Value computeInF32(Cursor &at, Operation *op) {
  if (isa<arith::ConstantOp, arith::SelectOp, arith::BitcastOp, arith::ExtFOp,
          arith::TruncFOp>(op) ||
      op->getNumResults() != 1)
    return nullptr;
  Type result = op->getResult(0).getType();
  bool any = isHalf(result) || llvm::any_of(op->getOperandTypes(), isHalf);
  if (!any)
    return nullptr;
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(toF32(at, operand));
  OperationState state(at.loc, op->getName(), operands,
                       isHalf(result) ? at.builder.getF32Type() : result, op->getAttrs());
  Value value = at.builder.create(state)->getResult(0);
  return isHalf(result) ? toHalf(at, value, result) : value;
}

/// One rewriting of one op; null where it stays.
Value expandOp(Cursor &at, Operation *op) {
  if (auto ext = dyn_cast<arith::ExtFOp>(op))
    return expandExtF(at, ext);
  if (auto trunc = dyn_cast<arith::TruncFOp>(op))
    return expandTruncF(at, trunc);
  if (Value value = computeInF32(at, op))
    return value;
  return expandFunction(at, op);
}

bool isScalarMath(Operation *op) {
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) &&
         op->getNumResults() > 0 && !isa<ShapedType>(op->getResult(0).getType());
}

void expandSinCos(math::SincosOp op) {
  OpBuilder b(op);
  Value sin = math::SinOp::create(b, op.getLoc(), op.getOperand());
  Value cos = math::CosOp::create(b, op.getLoc(), op.getOperand());
  op->replaceAllUsesWith(ValueRange{sin, cos});
  op->erase();
}

} // namespace

LogicalResult expandMath(Operation *root) {
  root->walk([](math::SincosOp op) { expandSinCos(op); });
  // A formula may hold ops that are expanded themselves; they are created before the op
  // and collected by the next round.
  for (bool changed = true; changed;) {
    changed = false;
    SmallVector<Operation *> ops;
    root->walk([&](Operation *op) {
      if (isScalarMath(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      OpBuilder builder(op);
      Cursor at{builder, op->getLoc()};
      Value value = expandOp(at, op);
      if (!value)
        continue;
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
      changed = true;
    }
  }
  return success();
}

} // namespace lz::cpu
