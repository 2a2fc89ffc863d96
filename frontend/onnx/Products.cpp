//===- Products.cpp - Matrix products -------------------------------------===//
//
// MatMul and Gemm, the same of quantized integers, determinants. Einsum stands
// in Einsum.cpp.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Products.h"

#include "frontend/onnx/Quantization.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

static Value linear(Node &n, Value x, Value weights, Value bias) {
  return n.result(LinearOp::create(n.builder, n.loc, unrankedLike(x), x, weights,
                                   bias));
}

/// Matrices of this many elements or more are worth rearranging beforehand.
constexpr int64_t kLargeWeights = 1 << 14;

/// Whether `x` is a large matrix that the model holds.
static bool isLargeWeights(Node &n, Value x) {
  if (!llvm::isa_and_nonnull<GetParameterOp, ConstantOp>(x.getDefiningOp()))
    return false;
  return n.isFloat(x) && n.hasRank(x) && n.rank(x) == 2 &&
         n.type(x).getNumElements().value_or(0) >= kLargeWeights;
}

/// Large weights make a linear layer: those are transposed once and packed.
static void importMatMul(Node &n) {
  Value a = n.in(0), b = n.in(1);
  bool isLayer = isLargeWeights(n, b) && n.hasRank(a) && n.rank(a) >= 2;
  n.set(0, isLayer ? linear(n, a, n.transpose(b, {1, 0}), Value())
                   : n.matmul(a, b));
}

//===----------------------------------------------------------------------===//
// Gemm
//===----------------------------------------------------------------------===//

static Value scaled(Node &n, Value x, double factor) {
  return factor == 1 ? x : n.mul(x, factor);
}

/// C as the bias of a linear layer: a vector as long as the weights' outputs.
static Value asBias(Node &n, Value c, const DimExpr &outputs) {
  if (!n.hasRank(c) || n.rank(c) < 1 || n.rank(c) > 2)
    return {};
  llvm::ArrayRef<DimExpr> dims = n.dims(c);
  if (dims.back() != outputs)
    return {};
  if (dims.size() == 1)
    return c;
  return dims[0] == DimExpr(1) ? n.squeeze(c, {0}) : Value();
}

static Value flattenOperand(Node &n, Value x) {
  // Before version 7 the first operand may have more axes.
  if (n.version >= 7 || n.rank(x) <= 2)
    return x;
  DimExpr rows = n.dim(x, 0);
  return n.reshape(x, {rows, DimExpr(-1)});
}

/// alpha * A' * B' + beta * C, where ' transposes on demand. As a linear layer,
/// whose weights are stored transposed, that is what most files mean.
static void importGemm(Node &n) {
  Value a = flattenOperand(n, n.in(0)), b = n.in(1);
  if (n.rank(a) != 2 || n.rank(b) != 2) {
    if (!n.failed)
      n.error() << "has operands of rank " << n.rank(a) << " and " << n.rank(b)
                << ", expected 2";
    return;
  }
  double alpha = n.attrFloat("alpha", 1), beta = n.attrFloat("beta", 1);
  if (n.attrInt("transA", 0))
    a = n.transpose(a, {1, 0});
  bool isTransposed = n.attrInt("transB", 0);
  Value weights = isTransposed ? b : n.transpose(b, {1, 0});
  Value c = n.has(2) && beta != 0 ? n.in(2) : Value();
  Value bias;
  if (c && alpha == 1)
    bias = asBias(n, c, n.dim(weights, 0));
  if (bias)
    bias = scaled(n, bias, beta);
  Value y = scaled(n, linear(n, a, weights, bias), alpha);
  if (c && !bias)
    y = n.add(y, scaled(n, c, beta));
  n.set(0, y);
}

//===----------------------------------------------------------------------===//
// Quantized integers
//===----------------------------------------------------------------------===//

/// A scale or zero point of the rows of a matrix: one, or one for each row.
static Value alongRows(Node &n, Value x) {
  bool isVector = n.rank(x) == 1 && n.constantDim(x, 0) != 1;
  return isVector ? n.unsqueeze(x, {-1}) : x;
}

/// An integer matrix less its zero point, in i32. `rows`: zero points are those
/// of rows, else of columns.
static Value centered(Node &n, Value x, size_t zeroPoint, bool rows) {
  Value wide = n.cast(x, n.builder.getI32Type());
  if (!n.has(zeroPoint))
    return wide;
  Value zero = n.in(zeroPoint);
  return n.sub(wide, n.castLike(rows ? alongRows(n, zero) : zero, wide));
}

static void importMatMulInteger(Node &n) {
  n.set(0, n.matmul(centered(n, n.in(0), 2, true),
                    centered(n, n.in(1), 3, false)));
}

static void importQLinearMatMul(Node &n) {
  if (n.logical(0) || n.logical(3)) {
    n.unsupported("a product of 8-bit floats");
    return;
  }
  Value sum = n.matmul(centered(n, n.in(0), 2, true),
                       centered(n, n.in(3), 5, false));
  auto wide = [&](size_t i, bool rows) {
    return n.cast(rows ? alongRows(n, n.in(i)) : n.in(i), n.f32());
  };
  Value scale = n.div(n.mul(wide(1, true), wide(4, false)), wide(6, true));
  n.set(0, requantize(n, sum, scale, alongRows(n, n.in(7)),
                      n.elementType(n.in(7))));
}

//===----------------------------------------------------------------------===//
// Determinant
//===----------------------------------------------------------------------===//

static void importDet(Node &n) {
  Value x = n.in(0);
  Type type = n.elementType(x);
  // Computed in f32 at least.
  bool isNarrow = n.width(type) < 32;
  if (isNarrow)
    x = n.cast(x, n.f32());
  Value y = n.result(HostOp::create(n.builder, n.loc,
                                    TypeRange(n.unranked(n.elementType(x))),
                                    "determinant", ValueRange(x)));
  n.set(0, n.cast(y, type));
}

static const OpRow rows[] = {
    {"MatMul", importMatMul, 2, 2},
    {"Gemm", importGemm, 2, 3},
    {"MatMulInteger", importMatMulInteger, 2, 4},
    {"QLinearMatMul", importQLinearMatMul, 8, 8},
    {"Einsum", importEinsum, 1, kAnyNumber},
    {"Det", importDet},
};

OpRows lz::onnximport::productOps() { return rows; }
