//===- Pooling.cpp - Pooling ----------------------------------------------===//
//
// Windows, whole images, and the way back from the positions of maxima. Pooling
// of regions stands in MaxPositions.cpp.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Pooling.h"

#include "frontend/onnx/Registry.h"
#include "frontend/onnx/Windows.h"

#include <limits>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

double onnximport::lowestOf(Type type) {
  if (!type.isInteger())
    return -std::numeric_limits<double>::infinity();
  if (type.isUnsignedInteger())
    return 0;
  return -std::ldexp(1.0, type.getIntOrFloatBitWidth() - 1);
}

/// The windows of a pooling node; false after an error.
static bool readPool(Node &n, Value x, Windows &windows) {
  int64_t spatial = n.rank(x) - 2;
  if (n.failed)
    return false;
  windows = readWindows(n, spatial, Value());
  if (n.failed)
    return false;
  if (windows.kernel.empty())
    n.error() << "has no kernel_shape, expected one entry per spatial axis";
  return !n.failed;
}

/// Whether the dialect's op takes the padding: not negative, less than a window.
static bool isPlainPadding(const Windows &w) {
  for (size_t i = 0; i < w.size(); ++i)
    if (w.begin[i] < 0 || w.end[i] < 0 || w.begin[i] >= w.extent(i) ||
        w.end[i] >= w.extent(i))
      return false;
  return true;
}

static Value pool(Node &n, Value x, const Windows &w, PoolKind kind,
                  bool countPadding = true, int64_t divisor = 0) {
  return n.result(PoolOp::create(
      n.builder, n.loc, unrankedLike(x), x, kind, w.kernel, w.strides,
      w.dilations, w.begin, w.end, n.attrInt("ceil_mode", 0) != 0, countPadding,
      divisor));
}

//===----------------------------------------------------------------------===//
// Averages and norms
//===----------------------------------------------------------------------===//

/// Sums of windows; all padding counts as zero.
static Value sumPool(Node &n, Value x, const Windows &windows) {
  return pool(n, x, windows, PoolKind::Avg, true, /*divisor=*/1);
}

static void importAveragePool(Node &n) {
  Value x = n.in(0);
  Windows windows;
  if (!readPool(n, x, windows))
    return;
  bool countPadding = n.attrInt("count_include_pad", 0);
  Windows original = windows;
  bool isPadded = false;
  Value padded = resolvePads(n, x, windows, 0, &isPadded);
  if (n.failed)
    return;
  if (!isPlainPadding(windows)) {
    padded = padExplicitly(n, padded, windows, 0);
    isPadded = true;
  }
  if (!isPadded || countPadding) {
    n.set(0, pool(n, padded, windows, PoolKind::Avg, countPadding));
    return;
  }
  // Padding stands in the input as zeros: count what is not padding alike.
  Value ones = n.full(n.dims(x), 1, n.elementType(x));
  ones = resolvePads(n, ones, original, 0);
  ones = padExplicitly(n, ones, original, 0);
  if (!n.failed)
    n.set(0, n.div(sumPool(n, padded, windows), sumPool(n, ones, windows)));
}

/// |x|^p and its inverse around a sum.
static Value power(Node &n, Value x, double p) {
  Value magnitude = n.unary<AbsOp>(x);
  if (p == 1)
    return magnitude;
  return p == 2 ? n.square(x)
                : n.binary<PowOp>(magnitude, n.scalarLike(p, magnitude));
}

static Value root(Node &n, Value x, double p) {
  if (p == 1)
    return x;
  return p == 2 ? n.sqrt(x) : n.binary<PowOp>(x, n.scalarLike(1 / p, x));
}

/// p is a float in version 1.
static double readNorm(Node &n) {
  return n.version < 2 ? n.attrFloat("p", 2) : double(n.attrInt("p", 2));
}

static void importLpPool(Node &n) {
  Windows windows;
  if (!readPool(n, n.in(0), windows))
    return;
  double p = readNorm(n);
  Value x = resolvePads(n, power(n, n.in(0), p), windows, 0);
  if (!n.failed && !isPlainPadding(windows))
    x = padExplicitly(n, x, windows, 0);
  if (!n.failed)
    n.set(0, root(n, sumPool(n, x, windows), p));
}

//===----------------------------------------------------------------------===//
// Maxima
//===----------------------------------------------------------------------===//

static void importMaxPool(Node &n) {
  Value x = n.in(0);
  Windows windows;
  if (!readPool(n, x, windows))
    return;
  Windows original = windows;
  double lowest = lowestOf(n.elementType(x));
  Value padded = resolvePads(n, x, windows, lowest);
  if (n.failed)
    return;
  if (!isPlainPadding(windows))
    padded = padExplicitly(n, padded, windows, lowest);
  Value y = pool(n, padded, windows, PoolKind::Max);
  n.set(0, y);
  if (n.wants(1) && !n.failed)
    n.set(1, positionsOfMaxima(n, x, y, original));
}

//===----------------------------------------------------------------------===//
// Whole images
//===----------------------------------------------------------------------===//

static Ints spatialAxes(Node &n, Value x) {
  Ints axes;
  for (int64_t i = 2; i < n.rank(x); ++i)
    axes.push_back(i);
  return axes;
}

/// Without spatial axes there is nothing to reduce (no axes would mean all).
static Value reduceSpatial(Node &n, ReduceKind kind, Value x) {
  Ints axes = spatialAxes(n, x);
  return axes.empty() ? x : n.reduce(kind, x, axes, /*keepDims=*/true);
}

template <ReduceKind kind> static void importGlobalPool(Node &n) {
  n.set(0, reduceSpatial(n, kind, n.in(0)));
}

static void importGlobalLpPool(Node &n) {
  double p = readNorm(n);
  n.set(0, root(n, reduceSpatial(n, ReduceKind::Sum, power(n, n.in(0), p)), p));
}

//===----------------------------------------------------------------------===//
// Back from maxima
//===----------------------------------------------------------------------===//

/// The size that the pooling's input had by its attributes.
static Dims unpooledDims(Node &n, const Windows &windows) {
  Dims dims(n.dims(n.in(0)));
  for (size_t i = 0; i < windows.size(); ++i)
    dims[i + 2] = (dims[i + 2] - DimExpr(1)) * DimExpr(windows.strides[i]) +
                  DimExpr(windows.kernel[i] - windows.begin[i] - windows.end[i]);
  return dims;
}

/// Indices count in a tensor of the size that the attributes give; a wanted
/// size beyond it adds zeros, one below it cuts off.
static void importMaxUnpool(Node &n) {
  Value x = n.in(0);
  Windows windows;
  if (!readPool(n, x, windows))
    return;
  Dims dims = unpooledDims(n, windows);
  Value zeros = n.full({productOf(dims)}, 0, n.elementType(x));
  DimExpr count = productOf(n.dims(x));
  Value y = n.scatterElements(zeros, n.reshape(n.in(1), {count}),
                              n.reshape(x, {count}), 0, ScatterReduction::None);
  y = n.reshape(y, dims);
  if (n.has(2)) {
    Dims wanted = n.needDims(2, "output_shape");
    for (size_t i = 0; i < wanted.size() && i < dims.size(); ++i) {
      DimExpr more = n.shapes.resolve(DimExpr::max(wanted[i] - dims[i], 0));
      if (wanted[i] == dims[i])
        continue;
      y = padAxis(n, y, i, 0, more, 0);
      y = n.slice(y, i, 0, wanted[i]);
    }
  }
  n.set(0, y);
}

static const OpRow rows[] = {
    {"AveragePool", importAveragePool},
    {"MaxPool", importMaxPool},
    {"LpPool", importLpPool},
    {"GlobalAveragePool", importGlobalPool<ReduceKind::Mean>},
    {"GlobalMaxPool", importGlobalPool<ReduceKind::Max>},
    {"GlobalLpPool", importGlobalLpPool},
    {"MaxUnpool", importMaxUnpool, 2, 3},
    {"MaxRoiPool", importMaxRoiPool, 2, 2},
};

OpRows lz::onnximport::poolingOps() { return rows; }
