//===- Elementwise.cpp - Elementwise functions and operators --------------===//
//
// Type promotion and constants for plain numbers; activations in terms of the
// dialect's operations.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

#include <cmath>

namespace lz::nn {

using namespace detail;

Operand::Operand(const Parameter &parameter, SourceLoc loc)
    : loc(loc), kind(Kind::Tensor), tensor(parameter.tensor()) {}

Operand::Operand(const Dim &dim, SourceLoc loc) : loc(loc), kind(Kind::Tensor) {
  if (std::optional<int64_t> known = dim.tryValue()) {
    kind = Kind::Integer;
    integer = *known;
    number = static_cast<double>(*known);
  } else {
    tensor = scalar(dim, loc);
  }
}

namespace detail {

DType promote(DType a, DType b) {
  auto category = [](DType type) { return weights::isFloat(type) ? 2 : weights::isInteger(type); };
  if (a == b || category(a) > category(b))
    return a;
  if (category(b) > category(a))
    return b;
  size_t sizeA = weights::getSizeBytes(a), sizeB = weights::getSizeBytes(b);
  if (weights::isFloat(a))
    return sizeA == sizeB ? DType::f32 : sizeA > sizeB ? a : b;
  auto isSigned = [](DType type) { return type >= DType::i8 && type <= DType::i64; };
  if (isSigned(a) == isSigned(b))
    return sizeA > sizeB ? a : b;
  // A signed type that holds both, as far as there is one.
  size_t sizeUnsigned = isSigned(a) ? sizeB : sizeA;
  size_t size = std::max(isSigned(a) ? sizeA : sizeB, 2 * sizeUnsigned);
  return size <= 2 ? DType::i16 : size == 4 ? DType::i32 : DType::i64;
}

} // namespace detail

namespace {

/// The type in which a number takes part beside a tensor of type `dtype`.
DType promoteNumber(DType dtype, Operand::Kind kind) {
  if (kind == Operand::Kind::Float && !weights::isFloat(dtype))
    return DType::f32;
  if (kind == Operand::Kind::Integer && dtype == DType::boolean)
    return DType::i64;
  return dtype;
}

DType commonType(const Operand &a, const Operand &b) {
  bool tensorA = a.kind == Operand::Kind::Tensor, tensorB = b.kind == Operand::Kind::Tensor;
  if ((tensorA && !a.tensor.defined()) || (tensorB && !b.tensor.defined()))
    fail("an operand is an undefined tensor");
  if (tensorA && tensorB)
    return promote(a.tensor.dtype(), b.tensor.dtype());
  if (tensorA)
    return promoteNumber(a.tensor.dtype(), b.kind);
  if (tensorB)
    return promoteNumber(b.tensor.dtype(), a.kind);
  return a.kind == Operand::Kind::Float || b.kind == Operand::Kind::Float ? DType::f32
                                                                          : DType::i64;
}

Tensor materialize(const Operand &operand, DType dtype) {
  if (operand.kind == Operand::Kind::Tensor)
    return operand.tensor.to(dtype);
  if (weights::isFloat(dtype))
    return constantScalar(operand.number, dtype);
  return constantScalar(operand.integer, dtype);
}

Tensor binary(const char *op, const Operand &a, const Operand &b) {
  OpScope scope(a.loc, op);
  DType dtype = commonType(a, b);
  return emit(op, {materialize(a, dtype), materialize(b, dtype)}, dtype);
}

Tensor compare(const char *op, const Operand &a, const Operand &b) {
  OpScope scope(a.loc, op);
  DType dtype = commonType(a, b);
  return emit(op, {materialize(a, dtype), materialize(b, dtype)}, DType::boolean);
}

/// Integers and booleans become f32, as PyTorch does for functions of reals.
Tensor toFloat(const Tensor &x) {
  return weights::isFloat(x.dtype()) ? x : x.to(DType::f32);
}

Tensor unaryFloat(const char *op, const Tensor &x, const Attrs &attributes = {}) {
  Tensor input = toFloat(x);
  return emit(op, {input}, input.dtype(), attributes);
}

/// A number in the type of `x`.
Tensor like(const Tensor &x, double value) {
  return weights::isFloat(x.dtype()) ? constantScalar(value, x.dtype())
                                     : constantScalar(static_cast<int64_t>(value), x.dtype());
}

/// Rounding leaves integers as they are.
Tensor unarySame(const std::string &name, const Tensor &x) {
  bool rounds = name == "floor" || name == "ceil" || name == "round" || name == "trunc";
  if (rounds && !weights::isFloat(x.dtype()))
    return x;
  return emit(name.c_str(), {x}, x.dtype());
}

Tensor unaryTest(const std::string &name, const Tensor &x) {
  if (name == "logical_not")
    return emit("logical_not", {x.to(DType::boolean)}, DType::boolean);
  Tensor input = toFloat(x);
  return emit(name == "isnan" ? "is_nan" : "is_inf", {input}, DType::boolean);
}

} // namespace

#define LZ_NN_DEFINE(kind, name, implementation)                                                   \
  Tensor name(const Tensor &x, SourceLoc loc) {                                                    \
    OpScope scope(loc, #name);                                                                     \
    return implementation(#name, x);                                                               \
  }                                                                                                \
  Tensor Tensor::name(SourceLoc loc) const { return nn::name(*this, loc); }
#define LZ_NN_DEFINE_FLOAT(name) LZ_NN_DEFINE(float, name, unaryFloat)
#define LZ_NN_DEFINE_SAME(name) LZ_NN_DEFINE(same, name, unarySame)
#define LZ_NN_DEFINE_TEST(name) LZ_NN_DEFINE(test, name, unaryTest)
LZ_NN_UNARY_FLOAT(LZ_NN_DEFINE_FLOAT)
LZ_NN_UNARY_SAME(LZ_NN_DEFINE_SAME)
LZ_NN_UNARY_TEST(LZ_NN_DEFINE_TEST)

Tensor operator+(const Operand &a, const Operand &b) { return binary("add", a, b); }
Tensor operator-(const Operand &a, const Operand &b) { return binary("sub", a, b); }
Tensor operator*(const Operand &a, const Operand &b) { return binary("mul", a, b); }
Tensor operator%(const Operand &a, const Operand &b) { return binary("mod", a, b); }
Tensor operator==(const Operand &a, const Operand &b) { return compare("eq", a, b); }
Tensor operator!=(const Operand &a, const Operand &b) { return compare("ne", a, b); }
Tensor operator<(const Operand &a, const Operand &b) { return compare("lt", a, b); }
Tensor operator<=(const Operand &a, const Operand &b) { return compare("le", a, b); }
Tensor operator>(const Operand &a, const Operand &b) { return compare("gt", a, b); }
Tensor operator>=(const Operand &a, const Operand &b) { return compare("ge", a, b); }
Tensor operator&(const Operand &a, const Operand &b) { return binary("and", a, b); }
Tensor operator|(const Operand &a, const Operand &b) { return binary("or", a, b); }
Tensor operator^(const Operand &a, const Operand &b) { return binary("xor", a, b); }
Tensor operator-(const Tensor &a) { return neg(a); }
Tensor operator~(const Tensor &a) { return emit("bitwise_not", {a}, a.dtype()); }

Tensor operator/(const Operand &a, const Operand &b) {
  OpScope scope(a.loc, "div");
  DType dtype = commonType(a, b);
  dtype = weights::isFloat(dtype) ? dtype : DType::f32;
  return emit("div", {materialize(a, dtype), materialize(b, dtype)}, dtype);
}

Tensor pow(const Operand &base, const Operand &exponent) { return binary("pow", base, exponent); }
Tensor fmod(const Operand &a, const Operand &b) { return binary("fmod", a, b); }
Tensor floor_divide(const Operand &a, const Operand &b) { return binary("floor_div", a, b); }
Tensor maximum(const Operand &a, const Operand &b) { return binary("max", a, b); }
Tensor minimum(const Operand &a, const Operand &b) { return binary("min", a, b); }

Tensor atan2(const Operand &a, const Operand &b) {
  OpScope scope(a.loc, "atan2");
  DType dtype = commonType(a, b);
  dtype = weights::isFloat(dtype) ? dtype : DType::f32;
  return emit("atan2", {materialize(a, dtype), materialize(b, dtype)}, dtype);
}

Tensor where(const Tensor &condition, const Operand &a, const Operand &b) {
  OpScope scope(a.loc, "where");
  DType dtype = commonType(a, b);
  Tensor mask = condition.to(DType::boolean);
  return emit("select", {mask, materialize(a, dtype), materialize(b, dtype)}, dtype);
}

Tensor clamp(const Tensor &x, std::optional<double> min, std::optional<double> max,
             SourceLoc loc) {
  OpScope scope(loc, "clamp");
  if (!min && !max)
    fail("clamp has neither a minimum nor a maximum, expected at least one");
  bool fractional = (min && *min != std::floor(*min)) || (max && *max != std::floor(*max));
  Tensor y = fractional ? toFloat(x) : x;
  if (min)
    y = emit("max", {y, like(y, *min)}, y.dtype());
  if (max)
    y = emit("min", {y, like(y, *max)}, y.dtype());
  return y;
}

Tensor Tensor::to(DType dtype, SourceLoc loc) const {
  if (dtype == elementType && defined())
    return *this;
  OpScope scope(loc, "to");
  return emit("cast", {*this}, dtype);
}

Tensor Tensor::pow(double exponent, SourceLoc loc) const {
  return nn::pow(Operand(*this, loc), Operand(exponent, loc));
}

Tensor Tensor::square(SourceLoc loc) const {
  OpScope scope(loc, "square");
  return emit("mul", {*this, *this}, elementType);
}

Tensor Tensor::clamp(std::optional<double> min, std::optional<double> max, SourceLoc loc) const {
  return nn::clamp(*this, min, max, loc);
}

Tensor Tensor::masked_fill(const Tensor &mask, double value, SourceLoc loc) const {
  OpScope scope(loc, "masked_fill");
  return emit("select", {mask, like(*this, value), *this}, elementType);
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

#define LZ_NN_ACTIVATION(name, expression)                                                         \
  Tensor name(const Tensor &x, SourceLoc loc) {                                                    \
    OpScope scope(loc, #name);                                                                     \
    return expression;                                                                             \
  }
LZ_NN_ACTIVATION(silu, unaryFloat("silu", x))
LZ_NN_ACTIVATION(mish, unaryFloat("mish", x))
LZ_NN_ACTIVATION(hardsigmoid, unaryFloat("hard_sigmoid", x))
LZ_NN_ACTIVATION(hardswish, unaryFloat("hard_swish", x))
LZ_NN_ACTIVATION(relu6, clamp(x, 0, 6))
LZ_NN_ACTIVATION(selu, elu(x, 1.6732632423543772) * 1.0507009873554805)
LZ_NN_ACTIVATION(softsign, x / (abs(x) + 1))
LZ_NN_ACTIVATION(tanhshrink, x - tanh(x))
LZ_NN_ACTIVATION(logsigmoid, minimum(x, 0) - log1p(exp(-abs(x))))
#undef LZ_NN_ACTIVATION

Tensor elu(const Tensor &x, double alpha, SourceLoc loc) {
  OpScope scope(loc, "elu");
  return unaryFloat("elu", x, {{"alpha", alpha}});
}

Tensor celu(const Tensor &x, double alpha, SourceLoc loc) {
  OpScope scope(loc, "celu");
  if (alpha == 0)
    fail("celu has alpha 0, expected another number");
  return where(x > 0, x, expm1(x / alpha) * alpha);
}

Tensor gelu(const Tensor &x, const std::string &approximate, SourceLoc loc) {
  OpScope scope(loc, "gelu");
  if (approximate != "none" && approximate != "tanh")
    fail("gelu has the approximation '" + approximate + "', expected 'none' or 'tanh'");
  return unaryFloat("gelu", x, {{"tanh", approximate == "tanh"}});
}

Tensor glu(const Tensor &x, int64_t dim, SourceLoc loc) {
  OpScope scope(loc, "glu");
  std::vector<Tensor> halves = x.chunk(2, dim);
  return halves[0] * sigmoid(halves[1]);
}

Tensor hardshrink(const Tensor &x, double lambda, SourceLoc loc) {
  OpScope scope(loc, "hardshrink");
  return where((x >= -lambda) & (x <= lambda), like(x, 0), x);
}

Tensor hardtanh(const Tensor &x, double minVal, double maxVal, SourceLoc loc) {
  OpScope scope(loc, "hardtanh");
  return clamp(x, minVal, maxVal);
}

Tensor leaky_relu(const Tensor &x, double negativeSlope, SourceLoc loc) {
  OpScope scope(loc, "leaky_relu");
  return unaryFloat("leaky_relu", x, {{"alpha", negativeSlope}});
}

Tensor prelu(const Tensor &x, const Tensor &weight, SourceLoc loc) {
  OpScope scope(loc, "prelu");
  if (std::optional<Dims> sizes = sizesOf(weight); sizes && *sizes == Dims{1}) {
    Tensor slope = weight.reshape({});
    return where(x > 0, x, x * slope);
  }
  // Channels stand on axis 1 of any number of axes: look at x as (N, C, rest).
  Tensor flat = x.unsqueeze(-1).flatten(2, -1);
  Tensor y = where(flat > 0, flat, flat * weight.unsqueeze(-1));
  return reshape_like(y, shape_of(x));
}

Tensor softplus(const Tensor &x, double beta, double threshold, SourceLoc loc) {
  OpScope scope(loc, "softplus");
  return unaryFloat("softplus", x, {{"beta", beta}, {"threshold", threshold}});
}

Tensor softshrink(const Tensor &x, double lambda, SourceLoc loc) {
  OpScope scope(loc, "softshrink");
  if (lambda < 0)
    fail("softshrink has lambda " + std::to_string(lambda) + ", expected it not to be negative");
  return x - clamp(x, -lambda, lambda);
}

Tensor threshold(const Tensor &x, double threshold, double value, SourceLoc loc) {
  OpScope scope(loc, "threshold");
  return where(x <= threshold, like(x, value), x);
}

} // namespace lz::nn
