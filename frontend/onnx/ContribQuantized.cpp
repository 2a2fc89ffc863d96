//===- ContribQuantized.cpp - Quantized operators of com.microsoft --------===//
//
// Operators on 8-bit integers are computed in f32 between dequantizing and
// quantizing; products of integers in i32. MatMulNBits unpacks its weights.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Contrib.h"
#include "frontend/onnx/Quantization.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

/// Operands `i`, `i + 1`, `i + 2` are a tensor, its scale and zero point.
static Value dequantized(Node &n, size_t i) {
  Value x = n.cast(n.in(i), n.f32());
  if (n.has(i + 2))
    x = n.sub(x, n.cast(scalarIn(n, i + 2), n.f32()));
  return n.mul(x, scalarIn(n, i + 1));
}

/// Operands `i`, `i + 1` are the result's scale and zero point.
static Value quantized(Node &n, Value x, size_t i, Type type) {
  bool isSigned = !type.isUnsignedInteger();
  Value zeroPoint = n.has(i + 1) ? scalarIn(n, i + 1) : Value();
  return saturate(n, n.div(x, scalarIn(n, i)), zeroPoint, isSigned ? -128 : 0,
                  isSigned ? 127 : 255, type);
}

template <typename OpT> static void importQLinearBinary(Node &n) {
  if (!needOperands(n, {3, 4, 6}))
    return;
  Value y = n.binary<OpT>(dequantized(n, 0), dequantized(n, 3));
  n.set(0, quantized(n, y, 6, n.elementType(n.in(0))));
}

static void importQLinearSigmoid(Node &n) {
  if (!needOperands(n, {3}))
    return;
  Value y = n.unary<SigmoidOp>(dequantized(n, 0));
  n.set(0, quantized(n, y, 3, n.elementType(n.in(0))));
}

static void importQLinearLeakyRelu(Node &n) {
  if (!needOperands(n, {3}))
    return;
  Value x = dequantized(n, 0);
  Value y = n.result(
      LeakyReluOp::create(n.builder, n.loc, unrankedLike(x), x,
                          llvm::APFloat(n.attrFloat("alpha", 0.01))));
  n.set(0, quantized(n, y, 3, n.elementType(n.in(0))));
}

/// As Softmax of the operator set that attribute `opset` names: before 13 all
/// axes from `axis` on are one.
static void importQLinearSoftmax(Node &n) {
  if (!needOperands(n, {3}))
    return;
  Value x = dequantized(n, 0);
  int64_t rank = n.rank(x), axis = n.axis(n.attrInt("axis", -1), rank);
  if (n.failed)
    return;
  Value y;
  if (n.attrInt("opset", 13) >= 13) {
    y = n.softmax(x, axis);
  } else {
    Dims rows(n.dims(x).take_front(axis));
    DimExpr size = 1;
    for (int64_t i = axis; i < rank; ++i)
      size *= n.dim(x, i);
    rows.push_back(size);
    y = n.reshape(n.softmax(n.reshape(x, rows), -1), n.dims(x));
  }
  n.set(0, quantized(n, y, 3, n.elementType(n.in(0))));
}

static void importQLinearWhere(Node &n) {
  if (!needOperands(n, {4, 5, 7}))
    return;
  Value y = n.select(n.in(0), dequantized(n, 1), dequantized(n, 4));
  n.set(0, quantized(n, y, 7, n.elementType(n.in(1))));
}

static void importQLinearConcat(Node &n) {
  size_t count = (n.numInputs() - 2) / 3;
  if (n.numInputs() != 2 + 3 * count || count == 0) {
    n.error() << "has " << n.numInputs() << " operands, expected 2 and 3 for "
              << "each tensor";
    return;
  }
  Values parts;
  for (size_t i = 0; i < count; ++i)
    parts.push_back(dequantized(n, 2 + 3 * i));
  Value y = n.concat(parts, n.attrInt("axis", 0));
  n.set(0, quantized(n, y, 0, n.elementType(n.in(2))));
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

static void importQLinearAveragePool(Node &n) {
  if (!needOperands(n, {3}))
    return;
  bool isLast = n.attrInt("channels_last", 0);
  Value x = dequantized(n, 0);
  if (isLast)
    x = moveChannels(n, x, /*toFront=*/true);
  Value y = callStandard(n, "AveragePool", {OnnxValue{x}})[0].value;
  if (n.failed)
    return;
  if (isLast)
    y = moveChannels(n, y, /*toFront=*/false);
  n.set(0, quantized(n, y, 3, n.elementType(n.in(0))));
}

static void importQLinearConv(Node &n) {
  bool isLast = n.attrInt("channels_last", 0);
  llvm::SmallVector<OnnxValue, 9> operands(n.inputs.begin(), n.inputs.end());
  if (isLast)
    operands[0].value = moveChannels(n, n.in(0), /*toFront=*/true);
  Value y = callStandard(n, "QLinearConv", operands)[0].value;
  if (!n.failed)
    n.set(0, isLast ? moveChannels(n, y, /*toFront=*/false) : y);
}

static void importQLinearGlobalAveragePool(Node &n) {
  if (!needOperands(n, {3}))
    return;
  Value x = dequantized(n, 0);
  int64_t rank = n.rank(x), first = n.attrInt("channels_last", 0) ? 1 : 2;
  Ints axes;
  for (int64_t i = first; i < first + rank - 2; ++i)
    axes.push_back(i);
  Value y = n.reduce(ReduceKind::Mean, x, axes, /*keepDims=*/true);
  n.set(0, quantized(n, y, 3, n.elementType(n.in(0))));
}

//===----------------------------------------------------------------------===//
// Products of integers
//===----------------------------------------------------------------------===//

/// An 8-bit operand as i32, less its zero point. That of a matrix may have one
/// for each column (`perRow`: row).
static Value centred(Node &n, Value x, Value zeroPoint, bool perRow) {
  Type i32 = n.builder.getIntegerType(32);
  x = n.cast(x, i32);
  if (!zeroPoint)
    return x;
  zeroPoint = n.cast(zeroPoint, i32);
  bool isVector = n.rank(zeroPoint) == 1 && n.constantDim(zeroPoint, 0) != 1;
  if (!isVector)
    zeroPoint = n.reshape(zeroPoint, {});
  else if (perRow)
    zeroPoint = n.unsqueeze(zeroPoint, {1});
  return n.sub(x, zeroPoint);
}

/// A scale of the whole tensor, of columns, or (perRow) of rows.
static Value scaleOf(Node &n, Value scale, bool perRow) {
  if (n.rank(scale) == 0 || n.constantDim(scale, 0) == 1)
    return n.reshape(scale, {});
  return perRow ? n.unsqueeze(scale, {1}) : scale;
}

static void importMatMulIntegerToFloat(Node &n) {
  Value a = centred(n, n.in(0), optionalIn(n, 4), /*perRow=*/true);
  Value b = centred(n, n.in(1), optionalIn(n, 5), /*perRow=*/false);
  Value y = n.castLike(n.matmul(a, b), n.in(2));
  y = n.mul(n.mul(y, scaleOf(n, n.in(2), true)), scaleOf(n, n.in(3), false));
  n.set(0, n.has(6) ? n.add(y, n.in(6)) : y);
}

/// The first operand is quantized as it comes.
static void importDynamicQuantizeMatMul(Node &n) {
  auto a = callStandard(n, "DynamicQuantizeLinear", n.inputs[0]);
  if (n.failed || a.size() < 3)
    return;
  Value left = centred(n, a[0].value, a[2].value, /*perRow=*/false);
  Value right = centred(n, n.in(1), optionalIn(n, 3), /*perRow=*/false);
  Value y = n.cast(n.matmul(left, right), n.f32());
  y = n.mul(n.mul(y, a[1].value), scaleOf(n, n.in(2), false));
  n.set(0, n.has(4) ? n.add(y, n.in(4)) : y);
}

static void importQGemm(Node &n) {
  if (!needOperands(n, {3, 4}))
    return;
  Value a = centred(n, n.in(0), optionalIn(n, 2), /*perRow=*/false);
  bool isTransposed = n.attrInt("transB", 0);
  Value b = centred(n, n.in(3), optionalIn(n, 5), /*perRow=*/isTransposed);
  if (n.attrInt("transA", 0))
    a = n.swapAxes(a, 0, 1);
  if (isTransposed)
    b = n.swapAxes(b, 0, 1);
  Value sum = n.matmul(a, b);
  if (n.has(6))
    sum = n.add(sum, n.in(6));
  Value scale = n.mul(scalarIn(n, 1), scaleOf(n, n.in(4), false));
  Value y = n.mul(n.cast(sum, n.f32()), n.mul(scale, n.attrFloat("alpha", 1)));
  bool isQuantized = n.has(7);
  Type type = n.elementType(n.has(8) ? n.in(8) : n.in(0));
  n.set(0, isQuantized ? quantized(n, y, 7, type) : y);
}

//===----------------------------------------------------------------------===//
// MatMulNBits
//===----------------------------------------------------------------------===//

/// Bytes [..., k] as their parts of `bits` bits, the lowest first: [..., k * 8 /
/// bits] as f32.
static Value unpackBits(Node &n, Value bytes, int64_t bits) {
  if (bits == 8)
    return n.cast(bytes, n.f32());
  Values parts;
  Type type = n.elementType(bytes);
  Value mask = n.intScalar((1 << bits) - 1, type);
  for (int64_t shift = 0; shift < 8; shift += bits) {
    Value shifted = shift ? n.binary<ShrOp>(bytes, n.intScalar(shift, type))
                          : bytes;
    parts.push_back(n.unsqueeze(n.binary<AndOp>(shifted, mask), {-1}));
  }
  Dims dims(n.dims(bytes));
  dims.back() = dims.back() * int64_t(8 / bits);
  return n.cast(n.reshape(n.concat(parts, -1), dims), n.f32());
}

/// Zero points [columns, blocks, 1] in f32.
static Value zeroPoints(Node &n, int64_t columns, int64_t blocks, int64_t bits) {
  if (!n.has(3))
    return n.scalar(double(int64_t(1) << (bits - 1)), n.f32());
  Value given = n.in(3);
  if (n.isFloat(given))
    return n.reshape(n.cast(given, n.f32()), {columns, blocks, 1});
  int64_t bytes = (blocks * bits + 7) / 8;
  Value unpacked = unpackBits(n, n.reshape(given, {columns, bytes}), bits);
  return n.unsqueeze(n.slice(unpacked, 1, 0, blocks), {2});
}

static void importMatMulNBits(Node &n) {
  int64_t rows = n.attrInt("K", 0), columns = n.attrInt("N", 0);
  int64_t bits = n.attrInt("bits", 4), block = n.attrInt("block_size", 0);
  if (bits != 2 && bits != 4 && bits != 8)
    n.error() << "has weights of " << bits << " bits, expected 2, 4 or 8";
  auto isSize = [](int64_t size) { return size > 0 && size <= INT32_MAX; };
  if (!isSize(rows) || !isSize(columns) || !isSize(block) ||
      block % 8 * bits % 8 != 0)
    n.error() << "has K " << rows << ", N " << columns << " and block_size "
              << block << ", expected positive ones of 32 bits";
  if (n.attrInt("weight_prepacked", 0))
    n.unsupported("a layout of weights that is not ONNX's");
  bool isOrdered = n.has(4);
  if (isOrdered)
    n.unsupported("g_idx");
  if (n.failed)
    return;
  int64_t blocks = (rows + block - 1) / block;
  Value bytes = n.reshape(n.in(1), {columns, blocks, block * bits / 8});
  Value weights = n.sub(unpackBits(n, bytes, bits),
                        zeroPoints(n, columns, blocks, bits));
  Value scales = n.reshape(n.cast(n.in(2), n.f32()), {columns, blocks, 1});
  weights = n.reshape(n.mul(weights, scales), {columns, blocks * block});
  if (blocks * block != rows)
    weights = n.slice(weights, 1, 0, rows);
  Value x = n.in(0);
  n.set(0, n.result(LinearOp::create(n.builder, n.loc, unrankedLike(x), x,
                                     n.castLike(weights, x),
                                     optionalIn(n, 5))));
}

static const OpRow rows[] = {
    {"QLinearAdd", importQLinearBinary<AddOp>, 2, 8, kMicrosoft},
    {"QLinearMul", importQLinearBinary<MulOp>, 2, 8, kMicrosoft},
    {"QLinearSigmoid", importQLinearSigmoid, 2, 5, kMicrosoft},
    {"QLinearLeakyRelu", importQLinearLeakyRelu, 2, 5, kMicrosoft},
    {"QLinearSoftmax", importQLinearSoftmax, 2, 5, kMicrosoft},
    {"QLinearWhere", importQLinearWhere, 3, 9, kMicrosoft},
    {"QLinearConcat", importQLinearConcat, 5, kAnyNumber, kMicrosoft},
    {"QLinearConv", importQLinearConv, 8, 9, kMicrosoft},
    {"QLinearAveragePool", importQLinearAveragePool, 2, 5, kMicrosoft},
    {"QLinearGlobalAveragePool", importQLinearGlobalAveragePool, 2, 5, kMicrosoft},
    {"MatMulIntegerToFloat", importMatMulIntegerToFloat, 4, 7, kMicrosoft},
    {"DynamicQuantizeMatMul", importDynamicQuantizeMatMul, 3, 5, kMicrosoft},
    {"QGemm", importQGemm, 2, 9, kMicrosoft},
    {"MatMulNBits", importMatMulNBits, 3, 6, kMicrosoft},
};

OpRows lz::onnximport::contribQuantizedOps() { return rows; }
