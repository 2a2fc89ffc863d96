//===- Quantization.cpp - Linear quantization -----------------------------===//
//
// y = saturate(round(x / scale) + zero point) and back, per tensor, per axis or
// per block.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Quantization.h"

#include "frontend/onnx/Registry.h"
#include "frontend/onnx/SmallFloats.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Shared steps
//===----------------------------------------------------------------------===//

Value onnximport::saturate(Node &n, Value x, Value zeroPoint, double least,
                           double greatest, Type type) {
  Value rounded = n.cast(n.unary<RoundOp>(x), n.f32());
  if (zeroPoint)
    rounded = n.add(rounded, n.cast(zeroPoint, n.f32()));
  return n.cast(n.min(n.max(rounded, least), greatest), type);
}

Value onnximport::requantize(Node &n, Value sum, Value scale, Value zeroPoint,
                             Type type) {
  bool isSigned = !type.isUnsignedInteger();
  Value x = n.mul(n.cast(sum, n.f32()), n.cast(scale, n.f32()));
  return saturate(n, x, zeroPoint, isSigned ? -128 : 0, isSigned ? 127 : 255,
                  type);
}

/// A scale or zero point as it broadcasts with x: of the whole tensor, of the
/// positions along `axis`, or of blocks along it.
static Value spread(Node &n, Value scale, Value x) {
  if (n.rank(scale) == 0)
    return scale;
  if (n.rank(scale) == 1 && n.constantDim(scale, 0) == 1)
    return n.reshape(scale, {});
  int64_t rank = n.rank(x), block = n.attrInt("block_size", 0);
  int64_t axis = n.version < 13 ? 1 : n.attrInt("axis", 1);
  axis = n.axis(axis, rank);
  if (n.failed)
    return scale;
  if (block == 0) {
    Dims dims(rank, DimExpr(1));
    dims[axis] = n.dim(scale, 0);
    return n.reshape(scale, dims);
  }
  if (block < 0 || n.rank(scale) != rank) {
    n.error() << "has block_size " << block << " and scales of rank "
              << n.rank(scale) << ", expected the rank of its input, " << rank;
    return scale;
  }
  Dims repeated(n.dims(scale)), merged = repeated;
  repeated.insert(repeated.begin() + axis + 1, DimExpr(block));
  merged[axis] *= DimExpr(block);
  Value all = n.expand(n.unsqueeze(scale, {axis + 1}), repeated);
  return n.slice(n.reshape(all, merged), axis, 0, n.dim(x, axis));
}

//===----------------------------------------------------------------------===//
// Quantize
//===----------------------------------------------------------------------===//

/// What the node's result is made of: its zero point's type, else output_dtype.
static const ElementInfo *quantizedInfo(Node &n) {
  if (n.has(2) && n.logical(2))
    return n.logical(2);
  int64_t number = n.attrInt("output_dtype", 0);
  if (n.has(2)) {
    for (const char *name : {"uint8", "int8", "uint16", "int16", "int32"})
      if (n.storageType(*findElementInfo(std::string(name))) ==
          n.elementType(n.in(2)))
        return findElementInfo(std::string(name));
    n.error() << "has a zero point of " << n.elementType(n.in(2))
              << ", expected an integer of 16 bits or fewer";
    return nullptr;
  }
  const ElementInfo *info = number ? findElementInfo(int32_t(number))
                                   : findElementInfo(std::string("uint8"));
  if (!info)
    n.error() << "has output_dtype " << number
              << ", expected an ONNX element type";
  return info;
}

static bool isInteger(const ElementInfo &info) {
  llvm::StringRef name = info.name;
  return name.starts_with("int") || name.starts_with("uint");
}

/// x / scale in the precision that the node asks for.
static Value divideByScale(Node &n, Value x) {
  Value scale = n.in(1);
  Type precision = n.isFloat(scale) ? n.elementType(scale) : n.f32();
  if (int64_t number = n.attrInt("precision", 0)) {
    const ElementInfo *info = findElementInfo(int32_t(number));
    if (!info || !llvm::isa<FloatType>(n.storageType(*info))) {
      n.error() << "has precision " << number << ", expected a float type";
      return x;
    }
    precision = n.storageType(*info);
  }
  return n.div(n.cast(x, precision), n.cast(spread(n, scale, x), precision));
}

static void importQuantizeLinear(Node &n) {
  const ElementInfo *info = quantizedInfo(n);
  if (n.failed)
    return;
  Value x = n.in(0), ratio = divideByScale(n, x);
  if (n.failed)
    return;
  const ElementInfo *logical = info->isLogical ? info : nullptr;
  if (isSmallFloat(*info)) {
    // Zero points of these types are zero.
    bool saturates = n.attrInt("saturate", 1);
    n.set(0, encodeSmallFloat(n, n.cast(ratio, n.f32()), *info, saturates, "up"),
          info);
    return;
  }
  if (!isInteger(*info)) {
    n.unsupported(llvm::Twine("quantization to ") + info->name);
    return;
  }
  bool isUnsigned = info->name[0] == 'u';
  double least = isUnsigned ? 0 : -std::ldexp(1.0, info->bits - 1);
  double greatest = std::ldexp(1.0, info->bits - (isUnsigned ? 0 : 1)) - 1;
  Value zeroPoint = n.has(2) ? spread(n, n.in(2), x) : Value();
  n.set(0,
        saturate(n, ratio, zeroPoint, least, greatest, n.storageType(*info)),
        logical);
}

//===----------------------------------------------------------------------===//
// Dequantize
//===----------------------------------------------------------------------===//

static void importDequantizeLinear(Node &n) {
  Value x = n.in(0), scale = n.in(1);
  Type type = n.elementType(scale);
  if (int64_t number = n.attrInt("output_dtype", 0))
    if (const ElementInfo *info = findElementInfo(int32_t(number)))
      type = n.storageType(*info);
  const ElementInfo *logical = n.logical(0);
  bool isCode = logical && isSmallFloat(*logical);
  Value wide = isCode ? decodeSmallFloat(n, x, *logical, n.f32())
                      : n.cast(x, n.f32());
  if (n.has(2) && !isCode) // zero points of these types are zero
    wide = n.sub(wide, n.cast(spread(n, n.in(2), x), n.f32()));
  n.set(0, n.cast(n.mul(wide, n.cast(spread(n, scale, x), n.f32())), type));
}

//===----------------------------------------------------------------------===//
// Quantization that finds its scale
//===----------------------------------------------------------------------===//

static void importDynamicQuantizeLinear(Node &n) {
  Value x = n.in(0);
  Value greatest = n.max(n.reduce(ReduceKind::Max, x, {}, false), 0.0);
  Value least = n.min(n.reduce(ReduceKind::Min, x, {}, false), 0.0);
  Value span = n.sub(greatest, least);
  Value isFlat = n.compare<EqOp>(span, n.scalarLike(0, span));
  Value scale = n.div(n.select(isFlat, n.scalarLike(1, span), span), 255.0);
  Value zeroPoint = n.neg(n.div(least, scale));
  zeroPoint = n.unary<RoundOp>(n.min(n.max(zeroPoint, 0.0), 255.0));
  Type type = n.builder.getIntegerType(8, /*isSigned=*/false);
  n.set(0, saturate(n, n.div(x, scale), zeroPoint, 0, 255, type));
  n.set(1, scale);
  n.set(2, n.cast(zeroPoint, type));
}

static const OpRow rows[] = {
    {"QuantizeLinear", importQuantizeLinear, 2, 3},
    {"DequantizeLinear", importDequantizeLinear, 2, 3},
    {"DynamicQuantizeLinear", importDynamicQuantizeLinear},
};

OpRows lz::onnximport::quantizationOps() { return rows; }
