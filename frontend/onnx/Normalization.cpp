//===- Normalization.cpp - Normalization, softmax, dropout ----------------===//
//
// By statistics of the operand itself, except BatchNormalization, which stands in
// BatchNormalization.cpp with Dropout: what differs in training.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Normalization.h"

#include "frontend/onnx/Registry.h"
#include "frontend/onnx/Windows.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// Whether an optional scale has just the shape of x's last `count` axes.
static bool fitsLastAxes(Node &n, Value scale, Value x, int64_t count) {
  return !scale || n.dims(scale) == n.dims(x).take_back(count);
}

/// Sums in f32 at least: what a mean or variance is computed in.
static Value widened(Node &n, Value x) {
  return n.width(x) < 32 ? n.cast(x, n.f32()) : x;
}

static Ints lastAxes(int64_t count) {
  Ints axes;
  for (int64_t i = -count; i < 0; ++i)
    axes.push_back(i);
  return axes;
}

/// Affine parameters that the op does not take: they broadcast with x.
static Value applyAffine(Node &n, Value y, Value scale, Value bias) {
  if (scale)
    y = n.mul(y, n.castLike(scale, y));
  return bias ? n.add(y, n.castLike(bias, y)) : y;
}

static void setLayerStatistics(Node &n, Value x, ArrayRef<int64_t> axes,
                               double eps) {
  if (!n.wants(1) && !n.wants(2))
    return;
  Value wide = widened(n, x);
  Value mean = n.reduce(ReduceKind::Mean, wide, axes, /*keepDims=*/true);
  Value variance = n.reduce(ReduceKind::Mean, n.square(n.sub(wide, mean)), axes,
                            /*keepDims=*/true);
  n.set(1, mean);
  n.set(2, n.unary<RsqrtOp>(n.add(variance, eps)));
}

/// The operand is widened where stash_type asks for more than its own type.
static Value stashed(Node &n, Value x) {
  const ElementInfo *info =
      findElementInfo(int32_t(n.attrInt("stash_type", 1)));
  if (!info || !llvm::isa<FloatType>(n.storageType(*info))) {
    n.error() << "has stash_type " << n.attrInt("stash_type", 1)
              << ", expected a float type";
    return x;
  }
  Type type = n.storageType(*info);
  bool isWider = n.width(type) > n.width(x);
  // The dialect's ops keep statistics of narrow floats in f32 anyway.
  return isWider && type.isF64() ? n.cast(x, type) : x;
}

static int64_t normalizedCount(Node &n, Value x) {
  return n.rank(x) - n.axis(n.attrInt("axis", -1), n.rank(x));
}

static void importLayerNormalization(Node &n) {
  Value x = stashed(n, n.in(0)), scale = n.in(1);
  Value bias = n.has(2) ? n.in(2) : Value();
  int64_t count = normalizedCount(n, x);
  double eps = n.attrFloat("epsilon", 1e-5);
  if (n.failed)
    return;
  bool fits = n.elementType(x) == n.elementType(scale) &&
              fitsLastAxes(n, scale, x, count) && fitsLastAxes(n, bias, x, count);
  Value y = n.result(LayerNormOp::create(
      n.builder, n.loc, unrankedLike(x), x, fits ? scale : Value(),
      fits ? bias : Value(), count, llvm::APFloat(eps)));
  if (!fits)
    y = applyAffine(n, n.castLike(y, n.in(0)), scale, bias);
  n.set(0, n.castLike(y, n.in(0)));
  setLayerStatistics(n, x, lastAxes(count), eps);
}

static void importRMSNormalization(Node &n) {
  Value x = stashed(n, n.in(0)), scale = n.in(1);
  int64_t count = normalizedCount(n, x);
  double eps = n.attrFloat("epsilon", 1e-5);
  if (n.failed)
    return;
  bool fits = n.elementType(x) == n.elementType(scale) &&
              fitsLastAxes(n, scale, x, count);
  Value y = n.result(RmsNormOp::create(n.builder, n.loc, unrankedLike(x), x,
                                       fits ? scale : Value(), count,
                                       llvm::APFloat(eps)));
  if (!fits)
    y = applyAffine(n, n.castLike(y, n.in(0)), scale, Value());
  n.set(0, n.castLike(y, n.in(0)));
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

static Value groupNorm(Node &n, Value scale, Value bias, int64_t groups) {
  Value x = n.in(0);
  return n.result(GroupNormOp::create(
      n.builder, n.loc, unrankedLike(x), x, scale, bias, groups,
      llvm::APFloat(n.attrFloat("epsilon", 1e-5))));
}

static void importInstanceNormalization(Node &n) {
  n.set(0, groupNorm(n, n.in(1), n.in(2), 0));
}

/// Before version 21 scale and bias have an element per group.
static void importGroupNormalization(Node &n) {
  int64_t groups = n.attrInt("num_groups", 0);
  if (groups < 1) {
    n.error() << "has num_groups " << groups << ", expected 1 or more";
    return;
  }
  Value scale = n.in(1), bias = n.in(2);
  if (n.version < 21) {
    DimExpr channels = n.dim(n.in(0), 1);
    DimExpr each = DimExpr::floorDiv(channels, groups);
    auto perChannel = [&](Value x) {
      return n.reshape(n.expand(n.unsqueeze(x, {1}), {groups, each}),
                       {channels});
    };
    scale = perChannel(scale);
    bias = perChannel(bias);
  }
  n.set(0, groupNorm(n, scale, bias, groups));
}

/// x / (bias + alpha / size * sum of x^2 over `size` channels around)^beta
static void importLRN(Node &n) {
  Value x = n.in(0);
  int64_t size = n.attrInt("size", 0);
  if (size < 1) {
    n.error() << "has size " << size << ", expected 1 or more";
    return;
  }
  if (n.rank(x) < 2) {
    if (!n.failed)
      n.error() << "has an input of rank " << n.rank(x)
                << ", expected 2 or more";
    return;
  }
  DimExpr rest = productOf(n.dims(x).drop_front(2));
  Value squares = n.reshape(n.square(widened(n, x)),
                            {n.dim(x, 0), 1, n.dim(x, 1), rest});
  Ints ones = {1, 1};
  Ints begin = {(size - 1) / 2, 0}, end = {size / 2, 0}, kernel = {size, 1};
  Value sum = n.result(PoolOp::create(
      n.builder, n.loc, unrankedLike(squares), squares, PoolKind::Avg, kernel,
      ones, ones, begin, end, /*ceil_mode=*/false, /*count_include_pad=*/true,
      /*divisor_override=*/1));
  sum = n.reshape(sum, n.dims(x));
  Value base = n.add(n.mul(sum, n.attrFloat("alpha", 1e-4) / double(size)),
                     n.attrFloat("bias", 1));
  double beta = n.attrFloat("beta", 0.75);
  Value divisor = n.binary<PowOp>(base, n.scalarLike(beta, base));
  n.set(0, n.castLike(n.div(widened(n, x), divisor), x));
}

//===----------------------------------------------------------------------===//
// Norms of given axes
//===----------------------------------------------------------------------===//

static void importLpNormalization(Node &n) {
  Value x = n.in(0);
  int64_t p = n.attrInt("p", 2);
  if (p != 1 && p != 2) {
    n.error() << "has p " << p << ", expected 1 or 2";
    return;
  }
  Ints axis = {n.attrInt("axis", -1)};
  Value wide = widened(n, x);
  Value norm = p == 1 ? n.reduce(ReduceKind::Sum, n.unary<AbsOp>(wide), axis, true)
                      : n.sqrt(n.reduce(ReduceKind::Sum, n.square(wide), axis, true));
  Value isZero = n.compare<EqOp>(norm, n.scalarLike(0, norm));
  Value y = n.select(isZero, n.scalarLike(0, wide), n.div(wide, norm));
  n.set(0, n.castLike(y, x));
}

static void importMeanVarianceNormalization(Node &n) {
  Value x = widened(n, n.in(0));
  Ints axes = n.hasAttr("axes") ? n.attrInts("axes") : Ints{0, 2, 3};
  Value centered = n.sub(x, n.reduce(ReduceKind::Mean, x, axes, true));
  Value variance = n.reduce(ReduceKind::Mean, n.square(centered), axes, true);
  Value y = n.div(centered, n.add(n.sqrt(variance), 1e-9));
  n.set(0, n.castLike(y, n.in(0)));
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// Before version 13 all axes from `axis` on count as one.
template <bool isLog> static void importSoftmax(Node &n) {
  Value x = n.in(0);
  if (n.version >= 13) {
    n.set(0, n.softmax(x, n.attrInt("axis", -1), isLog));
    return;
  }
  int64_t rank = n.rank(x), axis = n.attrInt("axis", 1);
  if (n.failed)
    return;
  axis = axis == rank ? rank : n.axis(axis, rank);
  if (axis == rank - 1) {
    n.set(0, n.softmax(x, -1, isLog));
    return;
  }
  Dims dims(n.dims(x));
  Value matrix = n.reshape(x, {productOf(ArrayRef(dims).take_front(axis)),
                               productOf(ArrayRef(dims).drop_front(axis))});
  n.set(0, n.reshape(n.softmax(matrix, -1, isLog), dims));
}

static const OpRow rows[] = {
    {"BatchNormalization", importBatchNormalization, 5, 5},
    {"InstanceNormalization", importInstanceNormalization, 3, 3},
    {"LayerNormalization", importLayerNormalization, 2, 3},
    {"GroupNormalization", importGroupNormalization, 3, 3},
    {"RMSNormalization", importRMSNormalization, 2, 2},
    {"LRN", importLRN},
    {"LpNormalization", importLpNormalization},
    {"MeanVarianceNormalization", importMeanVarianceNormalization},
    {"Softmax", importSoftmax<false>},
    {"LogSoftmax", importSoftmax<true>},
    {"Dropout", importDropout, 1, 3},
};

OpRows lz::onnximport::normalizationOps() { return rows; }
