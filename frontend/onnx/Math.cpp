//===- Math.cpp - Elementwise operators -----------------------------------===//
//
// Arithmetic, comparison, logic, rounding, functions of a table of mathematics,
// activations.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/HostCalls.h"
#include "frontend/onnx/Importer.h"
#include "frontend/onnx/Moves.h"
#include "frontend/onnx/Registry.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Broadcasting
//===----------------------------------------------------------------------===//

/// The second operand, aligned with the first. Before version 7 operands did
/// not broadcast unless the attribute `broadcast` said so, and then from `axis`.
static Value alignSecond(Node &n) {
  Value b = n.in(1);
  if (n.version >= 7 || !n.attrInt("broadcast", 0) || !n.hasAttr("axis"))
    return b;
  int64_t rankA = n.rank(n.in(0)), rankB = n.rank(b);
  int64_t axis = n.axis(n.attrInt("axis", 0), rankA);
  Ints trailing;
  for (int64_t i = rankB; i < rankA - axis; ++i)
    trailing.push_back(i);
  return n.unsqueeze(b, trailing);
}

template <typename OpT> static void importBinary(Node &n) {
  n.set(0, n.binary<OpT>(n.in(0), alignSecond(n)));
}

template <typename OpT> static void importComparison(Node &n) {
  n.set(0, n.compare<OpT>(n.in(0), alignSecond(n)));
}

template <typename OpT> static void importUnary(Node &n) {
  n.set(0, n.unary<OpT>(n.in(0)));
}

template <typename OpT> static void importTest(Node &n) {
  n.set(0, n.test<OpT>(n.in(0)));
}

/// Any number of operands, two at a time.
template <typename OpT> static Value accumulate(Node &n) {
  Value sum = n.in(0);
  for (size_t i = 1; i < n.numInputs(); ++i)
    sum = n.binary<OpT>(sum, n.in(i));
  return sum;
}

template <typename OpT> static void importVariadic(Node &n) {
  n.set(0, accumulate<OpT>(n));
}

static void importEqual(Node &n) {
  if (!n.isString(n.in(0)))
    return importComparison<EqOp>(n);
  n.set(0, callHost(n, "string_equal", {n.in(0), alignSecond(n)},
                    {n.unranked(n.i1())})
               ->getResult(0));
}

static void importMean(Node &n) {
  n.set(0, n.div(accumulate<AddOp>(n), double(n.numInputs())));
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// Whether a float type holds all numbers that the exponent may have.
static bool holdsExponent(Node &n, FloatType type, Value exponent) {
  unsigned precision = type.getFPMantissaWidth(); // it counts the leading 1
  if (n.isFloat(exponent) ||
      n.width(exponent) <= precision)
    return true;
  auto known = n.importer.getConstant(exponent);
  double most = std::ldexp(1.0, precision);
  return known && llvm::all_of(*known, [&](double e) { return std::abs(e) <= most; });
}

/// The exponent may have another type; the result has the base's. Integer
/// powers of other types are computed in f64, as NumPy's promotion would, and
/// so are those of floats that would round the exponent.
static void importPow(Node &n) {
  Value base = n.in(0), exponent = alignSecond(n);
  if (n.elementType(base) == n.elementType(exponent)) {
    n.set(0, n.binary<PowOp>(base, exponent));
    return;
  }
  Type type = n.elementType(base);
  if (n.isFloat(base) &&
      holdsExponent(n, llvm::cast<FloatType>(type), exponent)) {
    n.set(0, n.binary<PowOp>(base, n.cast(exponent, type)));
    return;
  }
  Type wide = n.builder.getF64Type();
  n.set(0, n.cast(n.binary<PowOp>(n.cast(base, wide), n.cast(exponent, wide)),
                  type));
}

/// fmod = 1: the sign of the dividend, as C; else of the divisor, as Python.
static void importMod(Node &n) {
  if (n.attrInt("fmod", 0))
    n.set(0, n.binary<FmodOp>(n.in(0), n.in(1)));
  else
    n.set(0, n.binary<ModOp>(n.in(0), n.in(1)));
}

static void importBitShift(Node &n) {
  std::string direction = n.attrString("direction", "");
  if (direction == "LEFT")
    n.set(0, n.binary<ShlOp>(n.in(0), n.in(1)));
  else if (direction == "RIGHT")
    n.set(0, n.binary<ShrOp>(n.in(0), n.in(1)));
  else
    n.error() << "has direction '" << direction << "', expected LEFT or RIGHT";
}

/// Bounds are attributes before version 11, then optional operands.
static void importClip(Node &n) {
  Value x = n.in(0);
  if (n.version < 11) {
    if (n.hasAttr("min"))
      x = n.max(x, n.attrFloat("min", 0));
    if (n.hasAttr("max"))
      x = n.min(x, n.attrFloat("max", 0));
  } else {
    if (n.has(1))
      x = n.max(x, n.in(1));
    if (n.has(2))
      x = n.min(x, n.in(2));
  }
  n.set(0, x);
}

static void importIsInf(Node &n) {
  Value x = n.in(0);
  bool negative = n.attrInt("detect_negative", 1);
  bool positive = n.attrInt("detect_positive", 1);
  Value result = n.test<IsInfOp>(x);
  if (!negative)
    result = n.logicalAnd(result, n.compare<GtOp>(x, n.scalarLike(0, x)));
  if (!positive)
    result = n.logicalAnd(result, n.compare<LtOp>(x, n.scalarLike(0, x)));
  n.set(0, result);
}

/// Strings are picked from both operands in a row, by position.
static Value selectStrings(Node &n, Value condition, Value a, Value b) {
  DimExpr count = product(n.dims(a));
  Value positions = n.select(condition, positionsOf(n, a),
                             n.add(positionsOf(n, b), n.dimScalar(count)));
  Value both = concatStrings(
      n, {n.reshape(a, {count}), n.reshape(b, {product(n.dims(b))})}, 0);
  return pickStrings(n, both, positions);
}

static void importWhere(Node &n) {
  Value a = n.in(1), b = n.in(2);
  n.set(0, n.isString(a) ? selectStrings(n, n.in(0), a, b)
                         : n.select(n.in(0), a, b),
        n.logical(1));
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

static void importLeakyRelu(Node &n) {
  n.set(0, n.result(LeakyReluOp::create(
               n.builder, n.loc, unrankedLike(n.in(0)), n.in(0),
               llvm::APFloat(n.attrFloat("alpha", 0.01)))));
}

static void importElu(Node &n) {
  n.set(0, n.result(EluOp::create(n.builder, n.loc, unrankedLike(n.in(0)),
                                  n.in(0),
                                  llvm::APFloat(n.attrFloat("alpha", 1.0)))));
}

/// max(0, x) + min(0, alpha * (exp(x / alpha) - 1))
static void importCelu(Node &n) {
  Value x = n.in(0);
  double alpha = n.attrFloat("alpha", 1.0);
  Value negative = n.mul(n.unary<Expm1Op>(n.div(x, alpha)), alpha);
  n.set(0, n.add(n.max(x, 0.0), n.min(negative, 0.0)));
}

/// gamma * (x where x > 0, else alpha * (exp(x) - 1))
static void importSelu(Node &n) {
  Value x = n.in(0);
  double alpha = n.attrFloat("alpha", 1.6732632423543772848170429916717);
  double gamma = n.attrFloat("gamma", 1.0507009873554804934193349852946);
  Value elu = n.result(EluOp::create(n.builder, n.loc, unrankedLike(x), x,
                                     llvm::APFloat(alpha)));
  n.set(0, n.mul(elu, gamma));
}

/// max(0, min(1, alpha * x + beta))
static void importHardSigmoid(Node &n) {
  Value line = n.add(n.mul(n.in(0), n.attrFloat("alpha", 0.2)),
                     n.attrFloat("beta", 0.5));
  n.set(0, n.max(n.min(line, 1.0), 0.0));
}

static void importPRelu(Node &n) {
  Value x = n.in(0), slope = n.in(1);
  // Before version 7 a slope per channel stands without trailing axes.
  if (n.version < 7 && n.rank(slope) == 1 && n.rank(x) > 2) {
    Ints trailing;
    for (int64_t i = 1; i < n.rank(x) - 1; ++i)
      trailing.push_back(i);
    slope = n.unsqueeze(slope, trailing);
  }
  Value isNegative = n.compare<LtOp>(x, n.scalarLike(0, x));
  n.set(0, n.select(isNegative, n.mul(x, slope), x));
}

/// x where x > alpha, else 0
static void importThresholdedRelu(Node &n) {
  Value x = n.in(0);
  Value isAbove =
      n.compare<GtOp>(x, n.scalarLike(n.attrFloat("alpha", 1.0), x));
  n.set(0, n.select(isAbove, x, n.scalarLike(0, x)));
}

static void importShrink(Node &n) {
  Value x = n.in(0);
  double lambda = n.attrFloat("lambd", 0.5), bias = n.attrFloat("bias", 0.0);
  Value zero = n.scalarLike(0, x);
  Value below = n.compare<LtOp>(x, n.scalarLike(-lambda, x));
  Value above = n.compare<GtOp>(x, n.scalarLike(lambda, x));
  n.set(0, n.select(below, n.add(x, bias),
                    n.select(above, n.sub(x, bias), zero)));
}

/// x / (1 + |x|)
static void importSoftsign(Node &n) {
  Value x = n.in(0);
  n.set(0, n.div(x, n.add(n.unary<AbsOp>(x), 1.0)));
}

static void importSoftplus(Node &n) {
  n.set(0, n.result(SoftplusOp::create(n.builder, n.loc,
                                       unrankedLike(n.in(0)), n.in(0),
                                       llvm::APFloat(1.0),
                                       llvm::APFloat(20.0))));
}

static void importGelu(Node &n) {
  std::string approximate = n.attrString("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    n.error() << "has approximate '" << approximate
              << "', expected none or tanh";
  n.set(0, n.result(GeluOp::create(n.builder, n.loc, unrankedLike(n.in(0)),
                                   n.in(0), approximate == "tanh")));
}

/// x * sigmoid(alpha * x)
static void importSwish(Node &n) {
  Value x = n.in(0);
  n.set(0, n.mul(x, n.unary<SigmoidOp>(n.mul(x, n.attrFloat("alpha", 1.0)))));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"Add", importBinary<AddOp>, 2, 2},
    {"Sub", importBinary<SubOp>, 2, 2},
    {"Mul", importBinary<MulOp>, 2, 2},
    {"Div", importBinary<DivOp>, 2, 2},
    {"Pow", importPow, 2, 2},
    {"Mod", importMod, 2, 2},
    {"Sum", importVariadic<AddOp>, 1, kAnyNumber},
    {"Max", importVariadic<MaxOp>, 1, kAnyNumber},
    {"Min", importVariadic<MinOp>, 1, kAnyNumber},
    {"Mean", importMean, 1, kAnyNumber},
    {"BitShift", importBitShift, 2, 2},
    {"BitwiseAnd", importBinary<AndOp>, 2, 2},
    {"BitwiseOr", importBinary<OrOp>, 2, 2},
    {"BitwiseXor", importBinary<XorOp>, 2, 2},
    {"BitwiseNot", importUnary<BitwiseNotOp>},
    {"And", importBinary<AndOp>, 2, 2},
    {"Or", importBinary<OrOp>, 2, 2},
    {"Xor", importBinary<XorOp>, 2, 2},
    {"Not", importUnary<LogicalNotOp>},
    {"Equal", importEqual, 2, 2},
    {"Less", importComparison<LtOp>, 2, 2},
    {"LessOrEqual", importComparison<LeOp>, 2, 2},
    {"Greater", importComparison<GtOp>, 2, 2},
    {"GreaterOrEqual", importComparison<GeOp>, 2, 2},
    {"Where", importWhere, 3, 3},
    {"Clip", importClip, 1, 3},
    {"IsNaN", importTest<IsNanOp>},
    {"IsInf", importIsInf},
    {"Abs", importUnary<AbsOp>},
    {"Neg", importUnary<NegOp>},
    {"Sign", importUnary<SignOp>},
    {"Floor", importUnary<FloorOp>},
    {"Ceil", importUnary<CeilOp>},
    {"Round", importUnary<RoundOp>},
    {"Reciprocal", importUnary<ReciprocalOp>},
    {"Sqrt", importUnary<SqrtOp>},
    {"Exp", importUnary<ExpOp>},
    {"Log", importUnary<LogOp>},
    {"Erf", importUnary<ErfOp>},
    {"Sin", importUnary<SinOp>},
    {"Cos", importUnary<CosOp>},
    {"Tan", importUnary<TanOp>},
    {"Asin", importUnary<AsinOp>},
    {"Acos", importUnary<AcosOp>},
    {"Atan", importUnary<AtanOp>},
    {"Sinh", importUnary<SinhOp>},
    {"Cosh", importUnary<CoshOp>},
    {"Tanh", importUnary<TanhOp>},
    {"Asinh", importUnary<AsinhOp>},
    {"Acosh", importUnary<AcoshOp>},
    {"Atanh", importUnary<AtanhOp>},
    {"Sigmoid", importUnary<SigmoidOp>},
    {"Relu", importUnary<ReluOp>},
    {"LeakyRelu", importLeakyRelu},
    {"Elu", importElu},
    {"Celu", importCelu},
    {"Selu", importSelu},
    {"HardSigmoid", importHardSigmoid},
    {"HardSwish", importUnary<HardSwishOp>},
    {"Mish", importUnary<MishOp>},
    {"PRelu", importPRelu, 2, 2},
    {"ThresholdedRelu", importThresholdedRelu},
    {"Shrink", importShrink},
    {"Softsign", importSoftsign},
    {"Softplus", importSoftplus},
    {"Gelu", importGelu},
    {"Swish", importSwish},
};

OpRows lz::onnximport::mathOps() { return rows; }
