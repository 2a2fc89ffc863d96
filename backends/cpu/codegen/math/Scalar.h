//===- Scalar.h - write scalar arithmetic in MLIR as formulas -------------===//
//
// A Scalar is an SSA value with operators; a formula written with it creates arith ops. No
// fast-math flags are set: the formulas depend on every rounding.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_MATH_SCALAR_H
#define LAZULI_BACKENDS_CPU_CODEGEN_MATH_SCALAR_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

namespace lz::cpu {

/// Where ops are created.
struct Cursor {
  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// A float, an integer or an i1, in the IR being built.
class Scalar {
public:
  Scalar(Cursor &at, mlir::Value value) : at(&at), value(value) {}

  mlir::Value get() const { return value; }
  mlir::Type type() const { return value.getType(); }
  Cursor &cursor() const { return *at; }
  bool isFloat() const { return mlir::isa<mlir::FloatType>(type()); }
  bool isF64() const { return type().isF64(); }

  /// A constant of this value's type.
  Scalar constant(double c) const {
    auto attr = isFloat() ? mlir::TypedAttr(at->builder.getFloatAttr(type(), c))
                          : mlir::TypedAttr(at->builder.getIntegerAttr(type(), int64_t(c)));
    return make<mlir::arith::ConstantOp>(attr);
  }
  /// An integer constant of this value's width.
  Scalar bits(uint64_t pattern) const {
    unsigned width = type().getIntOrFloatBitWidth();
    auto attr = at->builder.getIntegerAttr(at->builder.getIntegerType(width),
                                           llvm::APInt(64, pattern).trunc(width));
    return make<mlir::arith::ConstantOp>(attr);
  }
  /// The same bits as an integer, or as a float.
  Scalar asInt() const {
    mlir::Type t = at->builder.getIntegerType(type().getIntOrFloatBitWidth());
    return make<mlir::arith::BitcastOp>(t, value);
  }
  Scalar asFloat() const {
    mlir::Type t = type().isInteger(64) ? mlir::Type(at->builder.getF64Type())
                                        : mlir::Type(at->builder.getF32Type());
    return make<mlir::arith::BitcastOp>(t, value);
  }
  Scalar toF64() const { return make<mlir::arith::ExtFOp>(at->builder.getF64Type(), value); }
  Scalar toF32() const {
    return make<mlir::arith::TruncFOp>(at->builder.getF32Type(), value);
  }

  Scalar operator+(Scalar o) const {
    return isFloat() ? make<mlir::arith::AddFOp>(value, o.value)
                     : make<mlir::arith::AddIOp>(value, o.value);
  }
  Scalar operator-(Scalar o) const {
    return isFloat() ? make<mlir::arith::SubFOp>(value, o.value)
                     : make<mlir::arith::SubIOp>(value, o.value);
  }
  Scalar operator*(Scalar o) const {
    return isFloat() ? make<mlir::arith::MulFOp>(value, o.value)
                     : make<mlir::arith::MulIOp>(value, o.value);
  }
  Scalar operator/(Scalar o) const { return make<mlir::arith::DivFOp>(value, o.value); }
  Scalar operator-() const { return make<mlir::arith::NegFOp>(value); }
  Scalar operator+(double c) const { return *this + constant(c); }
  Scalar operator-(double c) const { return *this - constant(c); }
  Scalar operator*(double c) const { return *this * constant(c); }

  Scalar operator&(Scalar o) const { return make<mlir::arith::AndIOp>(value, o.value); }
  Scalar operator|(Scalar o) const { return make<mlir::arith::OrIOp>(value, o.value); }
  Scalar operator^(Scalar o) const { return make<mlir::arith::XOrIOp>(value, o.value); }
  Scalar shl(unsigned n) const { return make<mlir::arith::ShLIOp>(value, bits(n).value); }
  Scalar shr(unsigned n) const { return make<mlir::arith::ShRUIOp>(value, bits(n).value); }
  Scalar sar(unsigned n) const { return make<mlir::arith::ShRSIOp>(value, bits(n).value); }
  Scalar operator!() const { return *this ^ Scalar(*at, trueValue()); }

  /// Ordered comparisons of floats: false if one is NaN.
  Scalar operator<(Scalar o) const { return cmp(mlir::arith::CmpFPredicate::OLT, o); }
  Scalar operator<=(Scalar o) const { return cmp(mlir::arith::CmpFPredicate::OLE, o); }
  Scalar operator>(Scalar o) const { return cmp(mlir::arith::CmpFPredicate::OGT, o); }
  Scalar operator>=(Scalar o) const { return cmp(mlir::arith::CmpFPredicate::OGE, o); }
  Scalar operator==(Scalar o) const {
    if (isFloat())
      return cmp(mlir::arith::CmpFPredicate::OEQ, o);
    return make<mlir::arith::CmpIOp>(mlir::arith::CmpIPredicate::eq, value, o.value);
  }
  Scalar operator<(double c) const { return *this < constant(c); }
  Scalar operator<=(double c) const { return *this <= constant(c); }
  Scalar operator>(double c) const { return *this > constant(c); }
  Scalar operator>=(double c) const { return *this >= constant(c); }
  Scalar operator==(double c) const { return *this == constant(c); }
  Scalar isNan() const { return cmp(mlir::arith::CmpFPredicate::UNO, *this); }
  Scalar isNegative() const { // the sign bit, so of -0 and NaN too
    return make<mlir::arith::CmpIOp>(mlir::arith::CmpIPredicate::slt, asInt().value,
                                     bits(0).value);
  }

  template <typename Op, typename... Args>
  Scalar make(Args &&...args) const {
    return Scalar(*at, Op::create(at->builder, at->loc, std::forward<Args>(args)...));
  }

private:
  Scalar cmp(mlir::arith::CmpFPredicate predicate, Scalar o) const {
    return make<mlir::arith::CmpFOp>(predicate, value, o.value);
  }
  mlir::Value trueValue() const {
    return mlir::arith::ConstantOp::create(at->builder, at->loc,
                                           at->builder.getBoolAttr(true));
  }

  Cursor *at;
  mlir::Value value;
};

inline Scalar select(Scalar condition, Scalar a, Scalar b) {
  return a.make<mlir::arith::SelectOp>(condition.get(), a.get(), b.get());
}
inline Scalar select(Scalar condition, double a, Scalar b) {
  return select(condition, b.constant(a), b);
}
/// a * b + c, rounded once.
inline Scalar fma(Scalar a, Scalar b, Scalar c) {
  return a.make<mlir::math::FmaOp>(a.get(), b.get(), c.get());
}
inline Scalar abs(Scalar x) { return x.make<mlir::math::AbsFOp>(x.get()); }
inline Scalar sqrt(Scalar x) { return x.make<mlir::math::SqrtOp>(x.get()); }
inline Scalar trunc(Scalar x) { return x.make<mlir::math::TruncOp>(x.get()); }
inline Scalar rint(Scalar x) { return x.make<mlir::math::RoundEvenOp>(x.get()); }
inline Scalar copysign(Scalar magnitude, Scalar sign) {
  return magnitude.make<mlir::math::CopySignOp>(magnitude.get(), sign.get());
}

/// Horner's scheme with fma; coefficients constant first.
inline Scalar polynomial(Scalar x, llvm::ArrayRef<double> c) {
  Scalar sum = x.constant(c.back());
  for (double next : llvm::reverse(c.drop_back()))
    sum = fma(sum, x, x.constant(next));
  return sum;
}

/// A value as the unevaluated sum hi + lo.
struct Pair {
  Scalar hi, lo;
};
/// Exact a + b for |a| >= |b|.
inline Pair fastTwoSum(Scalar a, Scalar b) {
  Scalar s = a + b;
  return {s, b - (s - a)};
}
/// Exact a + b.
inline Pair twoSum(Scalar a, Scalar b) {
  Scalar s = a + b, v = s - a;
  return {s, (a - (s - v)) + (b - v)};
}
/// Exact a * b.
inline Pair twoProduct(Scalar a, Scalar b) {
  Scalar p = a * b;
  return {p, fma(a, b, -p)};
}
inline Pair operator*(Pair a, Pair b) {
  Pair p = twoProduct(a.hi, b.hi);
  return fastTwoSum(p.hi, p.lo + fma(a.hi, b.lo, a.lo * b.hi));
}
inline Pair operator*(Pair a, Scalar b) {
  Pair p = twoProduct(a.hi, b);
  return fastTwoSum(p.hi, fma(a.lo, b, p.lo));
}
inline Pair operator+(Pair a, Pair b) {
  Pair s = twoSum(a.hi, b.hi);
  return fastTwoSum(s.hi, s.lo + (a.lo + b.lo));
}

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_MATH_SCALAR_H
