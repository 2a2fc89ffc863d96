//===- Elementwise.cpp - one scalar emitter per elementwise op ------------===//
//
// Every elementwise op is one line of a table and one function that computes one
// element. f16 and bf16 are computed in f32 and rounded when stored.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ScalarMath.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace lz::cpu {

namespace {

/// What an emitter is given: compute values and the op with its attributes.
struct Element {
  Operation *op;
  ValueRange values;
  Type type; ///< element type of the first operand

  Value x() const { return values[0]; }
  Value y() const { return values[1]; }
  Type compute() const { return values[0].getType(); }
  double attribute(StringRef name) const {
    return cast<FloatAttr>(op->getAttr(name)).getValueAsDouble();
  }
};

using Emitter = Value (*)(Scalars &, const Element &);

//===----------------------------------------------------------------------===//
// Unary ops
//===----------------------------------------------------------------------===//

/// An op of the math dialect on floats.
template <typename Op> Value mathOp(Scalars &s, const Element &e) {
  return s.make<Op>(e.x());
}

/// An op that changes floats alone: integers are whole already.
template <typename Op> Value roundingOp(Scalars &s, const Element &e) {
  return isFloat(e.compute()) ? s.make<Op>(e.x()) : e.x();
}

Value emitAbs(Scalars &s, const Element &e) {
  if (isFloat(e.compute()))
    return s.make<math::AbsFOp>(e.x());
  return isUnsigned(e.type) ? e.x() : s.make<math::AbsIOp>(e.x());
}

Value emitNeg(Scalars &s, const Element &e) { return s.neg(e.x()); }

Value emitSign(Scalars &s, const Element &e) {
  Value zero = s.zero(e.compute());
  Type i8 = s.b.getI8Type();
  Value above = s.compare(Scalars::Order::Gt, e.x(), zero, e.type);
  Value below = s.compare(Scalars::Order::Lt, e.x(), zero, e.type);
  Type boolean = s.b.getI1Type();
  Value sign = s.sub(s.cast(above, boolean, i8), s.cast(below, boolean, i8));
  if (!isFloat(e.compute()))
    return s.cast(sign, i8, e.type);
  Value isNan = s.make<arith::CmpFOp>(arith::CmpFPredicate::UNO, e.x(), e.x());
  return s.select(isNan, e.x(), s.cast(sign, i8, e.type));
}

Value emitLogicalNot(Scalars &s, const Element &e) {
  return s.compare(Scalars::Order::Eq, e.x(), s.zero(e.compute()), e.type);
}

Value emitBitwiseNot(Scalars &s, const Element &e) {
  return s.bitXor(e.x(), s.integer(e.compute(), -1));
}

Value emitIsNan(Scalars &s, const Element &e) {
  if (!isFloat(e.compute()))
    return s.boolean(false);
  return s.make<arith::CmpFOp>(arith::CmpFPredicate::UNO, e.x(), e.x());
}

Value emitIsInf(Scalars &s, const Element &e) {
  if (!isFloat(e.compute()))
    return s.boolean(false);
  Value magnitude = s.make<math::AbsFOp>(e.x());
  return s.compare(Scalars::Order::Eq, magnitude, s.highest(e.type), e.type);
}

Value emitReciprocal(Scalars &s, const Element &e) {
  return s.div(s.constant(e.compute(), 1), e.x(), e.type);
}

Value emitRsqrt(Scalars &s, const Element &e) {
  return s.div(s.constant(e.compute(), 1), s.sqrt(e.x()), e.type);
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

Value emitSigmoid(Scalars &s, const Element &e) { return s.sigmoid(e.x()); }

Value emitRelu(Scalars &s, const Element &e) {
  return s.max(e.x(), s.zero(e.compute()), e.type);
}

Value emitSilu(Scalars &s, const Element &e) {
  Value one = s.constant(e.compute(), 1);
  Value denominator = s.add(one, s.exp(s.neg(e.x())));
  return s.div(e.x(), denominator, e.type);
}

/// min(max(x + 3, 0), 6), of which hard_sigmoid is a sixth.
Value clampedBySix(Scalars &s, const Element &e) {
  Value shifted = s.add(e.x(), s.constant(e.compute(), 3));
  Value positive = s.max(shifted, s.zero(e.compute()), e.type);
  return s.min(positive, s.constant(e.compute(), 6), e.type);
}

Value emitHardSigmoid(Scalars &s, const Element &e) {
  return s.div(clampedBySix(s, e), s.constant(e.compute(), 6), e.type);
}

Value emitHardSwish(Scalars &s, const Element &e) {
  Value product = s.mul(e.x(), clampedBySix(s, e));
  return s.div(product, s.constant(e.compute(), 6), e.type);
}

/// log(1 + exp(x)), without overflow: max(x, 0) + log1p(exp(-|x|)).
Value logOnePlusExp(Scalars &s, Value x, Type type) {
  Value magnitude = s.make<math::AbsFOp>(x);
  Value rest = s.make<math::Log1pOp>(s.exp(s.neg(magnitude)));
  return s.add(s.max(x, s.zero(x.getType()), type), rest);
}

Value emitMish(Scalars &s, const Element &e) {
  return s.mul(e.x(), s.tanh(logOnePlusExp(s, e.x(), e.type)));
}

Value emitSoftplus(Scalars &s, const Element &e) {
  Value beta = s.constant(e.compute(), e.attribute("beta"));
  Value threshold = s.constant(e.compute(), e.attribute("threshold"));
  Value scaled = s.mul(e.x(), beta);
  Value soft = s.div(logOnePlusExp(s, scaled, e.type), beta, e.type);
  Value linear = s.compare(Scalars::Order::Gt, scaled, threshold, e.type);
  return s.select(linear, e.x(), soft);
}

/// 1 + tanh(y) is 2 / (1 + exp(-2y)), which needs one case and one division.
Value emitGeluTanhF32(Scalars &s, const Element &e) {
  constexpr double kLog2E = 1.4426950408889634, kInner = -2 * 0.7978845608028654 * kLog2E;
  Type type = e.compute();
  Value square = s.mul(e.x(), e.x());
  Value slope = s.add(s.constant(type, kInner),
                      s.mul(s.constant(type, kInner * 0.044715), square));
  Value exponent = s.mul(e.x(), slope), most = s.constant(type, 128);
  exponent = s.select(s.compare(Scalars::Order::Gt, exponent, most, e.type), most, exponent);
  Value power = s.make<math::Exp2Op>(exponent, arith::FastMathFlags::afn);
  Value one = s.constant(type, 1);
  return s.mul(e.x(), s.div(one, s.add(one, power), e.type));
}

Value emitGeluTanh(Scalars &s, const Element &e) {
  Type type = e.compute();
  if (type.isF32())
    return emitGeluTanhF32(s, e);
  Value cube = s.mul(s.mul(e.x(), e.x()), e.x());
  Value inner = s.add(e.x(), s.mul(s.constant(type, 0.044715), cube));
  Value scaled = s.mul(s.constant(type, 0.7978845608028654), inner);
  Value half = s.mul(s.constant(type, 0.5), e.x());
  return s.mul(half, s.add(s.constant(type, 1), s.tanh(scaled)));
}

/// Half of erfc(|x| / sqrt(2)) is the share of x on the left and what is missing from it on the
/// right: nothing cancels, and erfc need be as exact as 1 is.
Value emitGeluErfF32(Scalars &s, const Element &e) {
  Type type = e.compute();
  Value scaled = s.mul(s.make<math::AbsFOp>(e.x()), s.constant(type, 0.7071067811865476));
  Value tail = s.mul(s.make<math::ErfcOp>(scaled, arith::FastMathFlags::afn),
                     s.constant(type, 0.5));
  Value isPositive = s.compare(Scalars::Order::Gt, e.x(), s.zero(type), e.type);
  Value share = s.select(isPositive, s.sub(s.constant(type, 1), tail), tail);
  return s.mul(e.x(), share);
}

Value emitGelu(Scalars &s, const Element &e) {
  if (cast<GeluOp>(e.op).getTanh())
    return emitGeluTanh(s, e);
  Type type = e.compute();
  if (type.isF32())
    return emitGeluErfF32(s, e);
  Value scaled = s.mul(e.x(), s.constant(type, 0.7071067811865476));
  Value half = s.mul(s.constant(type, 0.5), e.x());
  Value erf = s.make<math::ErfOp>(scaled);
  return s.mul(half, s.add(s.constant(type, 1), erf));
}

Value emitLeakyRelu(Scalars &s, const Element &e) {
  Value alpha = s.constant(e.compute(), e.attribute("alpha"));
  Value zero = s.zero(e.compute());
  Value positive = s.compare(Scalars::Order::Ge, e.x(), zero, e.type);
  return s.select(positive, e.x(), s.mul(alpha, e.x()));
}

Value emitElu(Scalars &s, const Element &e) {
  Value alpha = s.constant(e.compute(), e.attribute("alpha"));
  Value zero = s.zero(e.compute());
  Value positive = s.compare(Scalars::Order::Gt, e.x(), zero, e.type);
  Value negative = s.mul(alpha, s.make<math::ExpM1Op>(e.x()));
  return s.select(positive, e.x(), negative);
}

//===----------------------------------------------------------------------===//
// Binary ops
//===----------------------------------------------------------------------===//

Value emitAdd(Scalars &s, const Element &e) { return s.add(e.x(), e.y()); }
Value emitSub(Scalars &s, const Element &e) { return s.sub(e.x(), e.y()); }
Value emitMul(Scalars &s, const Element &e) { return s.mul(e.x(), e.y()); }
Value emitDiv(Scalars &s, const Element &e) {
  return s.div(e.x(), e.y(), e.type);
}
Value emitFmod(Scalars &s, const Element &e) {
  return s.rem(e.x(), e.y(), e.type);
}
Value emitFloorDiv(Scalars &s, const Element &e) {
  return floorDivide(s, e.x(), e.y(), e.type);
}
Value emitMod(Scalars &s, const Element &e) {
  return floorModulo(s, e.x(), e.y(), e.type);
}
Value emitPow(Scalars &s, const Element &e) {
  return power(s, e.x(), e.y(), e.type);
}
Value emitMax(Scalars &s, const Element &e) {
  return s.max(e.x(), e.y(), e.type);
}
Value emitMin(Scalars &s, const Element &e) {
  return s.min(e.x(), e.y(), e.type);
}
Value emitAtan2(Scalars &s, const Element &e) {
  return s.make<math::Atan2Op>(e.x(), e.y());
}
Value emitAnd(Scalars &s, const Element &e) { return s.bitAnd(e.x(), e.y()); }
Value emitOr(Scalars &s, const Element &e) { return s.bitOr(e.x(), e.y()); }
Value emitXor(Scalars &s, const Element &e) { return s.bitXor(e.x(), e.y()); }
Value emitShl(Scalars &s, const Element &e) {
  return shiftLeft(s, e.x(), e.y(), e.type);
}
Value emitShr(Scalars &s, const Element &e) {
  return shiftRight(s, e.x(), e.y(), e.type);
}

template <Scalars::Order order> Value compareOp(Scalars &s, const Element &e) {
  return s.compare(order, e.x(), e.y(), e.type);
}

Value emitSelect(Scalars &s, const Element &e) {
  return s.select(e.values[0], e.values[1], e.values[2]);
}

Value emitCast(Scalars &s, const Element &e) {
  return s.cast(e.x(), e.type, Lowering::elementOf(e.op->getResult(0)));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

struct Entry {
  const char *name;
  Emitter emit;
};

constexpr Entry kEntries[] = {
    {"lz.abs", emitAbs},
    {"lz.neg", emitNeg},
    {"lz.sign", emitSign},
    {"lz.floor", roundingOp<math::FloorOp>},
    {"lz.ceil", roundingOp<math::CeilOp>},
    {"lz.round", roundingOp<math::RoundEvenOp>},
    {"lz.trunc", roundingOp<math::TruncOp>},
    {"lz.logical_not", emitLogicalNot},
    {"lz.bitwise_not", emitBitwiseNot},
    {"lz.is_nan", emitIsNan},
    {"lz.is_inf", emitIsInf},
    {"lz.exp", mathOp<math::ExpOp>},
    {"lz.exp2", mathOp<math::Exp2Op>},
    {"lz.expm1", mathOp<math::ExpM1Op>},
    {"lz.log", mathOp<math::LogOp>},
    {"lz.log2", mathOp<math::Log2Op>},
    {"lz.log10", mathOp<math::Log10Op>},
    {"lz.log1p", mathOp<math::Log1pOp>},
    {"lz.sqrt", mathOp<math::SqrtOp>},
    {"lz.rsqrt", emitRsqrt},
    {"lz.reciprocal", emitReciprocal},
    {"lz.sin", mathOp<math::SinOp>},
    {"lz.cos", mathOp<math::CosOp>},
    {"lz.tan", mathOp<math::TanOp>},
    {"lz.asin", mathOp<math::AsinOp>},
    {"lz.acos", mathOp<math::AcosOp>},
    {"lz.atan", mathOp<math::AtanOp>},
    {"lz.sinh", mathOp<math::SinhOp>},
    {"lz.cosh", mathOp<math::CoshOp>},
    {"lz.tanh", mathOp<math::TanhOp>},
    {"lz.asinh", mathOp<math::AsinhOp>},
    {"lz.acosh", mathOp<math::AcoshOp>},
    {"lz.atanh", mathOp<math::AtanhOp>},
    {"lz.erf", mathOp<math::ErfOp>},
    {"lz.erfc", mathOp<math::ErfcOp>},
    {"lz.sigmoid", emitSigmoid},
    {"lz.relu", emitRelu},
    {"lz.silu", emitSilu},
    {"lz.hard_sigmoid", emitHardSigmoid},
    {"lz.hard_swish", emitHardSwish},
    {"lz.mish", emitMish},
    {"lz.gelu", emitGelu},
    {"lz.leaky_relu", emitLeakyRelu},
    {"lz.elu", emitElu},
    {"lz.softplus", emitSoftplus},
    {"lz.cast", emitCast},
    {"lz.add", emitAdd},
    {"lz.sub", emitSub},
    {"lz.mul", emitMul},
    {"lz.div", emitDiv},
    {"lz.floor_div", emitFloorDiv},
    {"lz.mod", emitMod},
    {"lz.fmod", emitFmod},
    {"lz.pow", emitPow},
    {"lz.max", emitMax},
    {"lz.min", emitMin},
    {"lz.atan2", emitAtan2},
    {"lz.and", emitAnd},
    {"lz.or", emitOr},
    {"lz.xor", emitXor},
    {"lz.shl", emitShl},
    {"lz.shr", emitShr},
    {"lz.eq", compareOp<Scalars::Order::Eq>},
    {"lz.ne", compareOp<Scalars::Order::Ne>},
    {"lz.lt", compareOp<Scalars::Order::Lt>},
    {"lz.le", compareOp<Scalars::Order::Le>},
    {"lz.gt", compareOp<Scalars::Order::Gt>},
    {"lz.ge", compareOp<Scalars::Order::Ge>},
    {"lz.select", emitSelect},
};

const llvm::StringMap<Emitter> &emitters() {
  static const llvm::StringMap<Emitter> map = [] {
    llvm::StringMap<Emitter> built;
    for (const Entry &entry : kEntries)
      built[entry.name] = entry.emit;
    return built;
  }();
  return map;
}

LogicalResult lowerElementwise(Lowering &lowering, Operation *op) {
  Emitter emit = emitters().lookup(op->getName().getStringRef());
  SmallVector<Tensor> operands;
  for (Value operand : op->getOperands())
    operands.push_back(lowering.get(operand));
  Value result = op->getResult(0);
  Tensor tensor = lowering.pointwise(
      Lowering::dimsOf(result), Lowering::elementOf(result), operands,
      [&](Scalars &s, ValueRange values) {
        return emit(s, {op, values, operands[0].element});
      });
  lowering.set(result, tensor);
  return success();
}

} // namespace

void populateElementwise(OpTable &table) {
  for (const Entry &entry : kEntries)
    table.add(entry.name, lowerElementwise);
}

} // namespace lz::cpu
