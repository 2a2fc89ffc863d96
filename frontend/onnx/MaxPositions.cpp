//===- MaxPositions.cpp - Where maxima stand, and regions -----------------===//
//
// MaxPool's indices (no op of the dialect gives them: each position of the
// kernel is compared with the maximum) and MaxRoiPool.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Pooling.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Positions of maxima
//===----------------------------------------------------------------------===//

namespace {
/// One position of the kernel, over all windows.
struct KernelPosition {
  Value elements; ///< of the padded input, in y's shape
  Value index;    ///< positions in x, broadcasting with y
  Value isInside; ///< whether that is in x
};
} // namespace

/// How far apart neighbours along each spatial axis are, in positions.
static Values strideValues(Node &n, Value x, bool columnMajor) {
  int64_t spatial = n.rank(x) - 2;
  Values strides(spatial);
  DimExpr stride = 1;
  for (int64_t k = 0; k < spatial; ++k) {
    int64_t axis = columnMajor ? k : spatial - 1 - k;
    strides[axis] = n.dimScalar(stride);
    stride *= n.dim(x, axis + 2);
  }
  return strides;
}

static KernelPosition
kernelPosition(Node &n, Value x, Value padded, Value y, const Windows &w,
               llvm::ArrayRef<int64_t> at, llvm::ArrayRef<Value> strides) {
  KernelPosition position{padded, {}, {}};
  for (size_t i = 0; i < w.size(); ++i) {
    DimExpr out = n.dim(y, i + 2), stride = w.strides[i];
    DimExpr first = at[i] * w.dilations[i];
    position.elements = n.slice(position.elements, i + 2, first,
                                first + (out - DimExpr(1)) * stride + DimExpr(1),
                                w.strides[i]);
    Dims dims(w.size(), DimExpr(1));
    dims[i] = out;
    Value place = n.add(n.mul(n.iota(dims, i, n.i64()), double(w.strides[i])),
                        double(at[i] * w.dilations[i] - w.begin[i]));
    Value inside = n.logicalAnd(
        n.compare<GeOp>(place, n.intScalar(0)),
        n.compare<LtOp>(place, n.dimScalar(n.dim(x, i + 2))));
    position.isInside =
        position.isInside ? n.logicalAnd(position.isInside, inside) : inside;
    Value part = n.mul(place, strides[i]);
    position.index = position.index ? n.add(position.index, part) : part;
  }
  return position;
}

/// Position `number` of the kernel in row-major order.
static Ints unravel(int64_t number, llvm::ArrayRef<int64_t> kernel) {
  Ints at(kernel.size());
  for (size_t i = kernel.size(); i-- > 0; number /= kernel[i])
    at[i] = number % kernel[i];
  return at;
}

/// Each position of a kernel becomes some operations.
static constexpr int64_t kMaxKernel = 4096;

/// Padding becomes part of the input, so that every window lies inside: with
/// ceil_mode the last one may reach beyond by less than a stride.
static Value padForSlices(Node &n, Value x, Windows &windows) {
  double lowest = lowestOf(n.elementType(x));
  int64_t isCeil = n.attrInt("ceil_mode", 0) != 0;
  x = resolvePads(n, x, windows, lowest);
  for (size_t i = 0; i < windows.size(); ++i)
    x = padAxis(n, x, i + 2, windows.begin[i],
                windows.end[i] + isCeil * (windows.strides[i] - 1), lowest);
  return x;
}

Value onnximport::positionsOfMaxima(Node &n, Value x, Value y,
                                    Windows windows) {
  bool isDynamic = false;
  Windows resolved = windows;
  resolvePads(n, x, resolved, 0, &isDynamic);
  if (isDynamic) {
    n.error() << "needs spatial sizes known when the model is compiled for "
                 "indices with auto_pad "
              << windows.autoPad;
    return y;
  }
  Value padded = padForSlices(n, x, windows);
  Values strides = strideValues(n, x, n.attrInt("storage_order", 0) != 0);
  int64_t count = 1;
  for (int64_t k : windows.kernel)
    if (__builtin_mul_overflow(count, k, &count) || count > kMaxKernel) {
      n.error() << "has a kernel of more than " << kMaxKernel
                << " positions, which is not supported with indices";
      return y;
    }
  Value found = n.intScalar(0);
  // Backwards, so that the first of equal elements stays.
  for (int64_t k = count; k-- > 0 && !n.failed;) {
    KernelPosition position = kernelPosition(
        n, x, padded, y, windows, unravel(k, windows.kernel), strides);
    Value isHere = n.logicalAnd(n.compare<EqOp>(position.elements, y),
                                position.isInside);
    found = n.select(isHere, position.index, found);
  }
  Dims leading(windows.size() + 2, DimExpr(1));
  leading[0] = n.dim(x, 0);
  leading[1] = n.dim(x, 1);
  Value image = n.reshape(n.range(leading[0] * leading[1], n.i64()), leading);
  Value area = n.dimScalar(productOf(n.dims(x).drop_front(2)));
  return n.add(n.mul(image, area), found);
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// Which of `size` positions belong to bin p of region r along one axis:
/// (regions, pooled, size). `first` and `last` are vectors of whole numbers.
static Value binMask(Node &n, Value first, Value last, int64_t pooled,
                     const DimExpr &size) {
  Type type = n.elementType(first);
  Value extent = n.max(n.add(n.sub(last, first), 1.0), 1.0);
  Value binSize = n.unsqueeze(n.div(extent, double(pooled)), {1});
  Value bin = n.iota({DimExpr(pooled)}, 0, type);
  Value from = n.unsqueeze(first, {1});
  Value begin = n.add(n.unary<FloorOp>(n.mul(bin, binSize)), from);
  Value end = n.add(n.unary<CeilOp>(n.mul(n.add(bin, 1.0), binSize)), from);
  Value place = n.range(size, type);
  return n.logicalAnd(n.compare<GeOp>(place, n.unsqueeze(begin, {2})),
                      n.compare<LtOp>(place, n.unsqueeze(end, {2})));
}

/// Maxima over the last axis of x (regions, channels, a, size) within each bin:
/// (regions, channels, a, pooled).
static Value maxInBins(Node &n, Value x, Value mask) {
  Value kept = n.select(n.unsqueeze(mask, {1, 2}), n.unsqueeze(x, {3}),
                        n.scalarLike(lowestOf(n.elementType(x)), x));
  return n.reduce(ReduceKind::Max, kept, {-1}, /*keepDims=*/false);
}

void onnximport::importMaxRoiPool(Node &n) {
  Value x = n.in(0), regions = n.in(1);
  Ints pooled = n.attrInts("pooled_shape");
  if (pooled.size() != 2 || n.rank(x) != 4 || n.rank(regions) != 2) {
    if (!n.failed)
      n.error() << "has " << int64_t(pooled.size())
                << " entries in pooled_shape, an input of rank " << n.rank(x)
                << " and regions of rank " << n.rank(regions)
                << ", expected 2, 4 and 2";
    return;
  }
  double scale = n.attrFloat("spatial_scale", 1);
  auto corner = [&](int64_t column) {
    Value at = n.mul(n.select(regions, 1, column), scale);
    return n.unary<FloorOp>(n.add(at, 0.5));
  };
  Value image = n.cast(n.select(regions, 1, 0), n.i64());
  Value inColumns = binMask(n, corner(1), corner(3), pooled[1], n.dim(x, 3));
  Value inRows = binMask(n, corner(2), corner(4), pooled[0], n.dim(x, 2));
  Value y = maxInBins(n, n.gather(x, image, 0), inColumns);
  y = n.swapAxes(maxInBins(n, n.swapAxes(y, 2, 3), inRows), 2, 3);
  // A bin without elements gives 0.
  Value lowest = n.scalarLike(lowestOf(n.elementType(x)), x);
  n.set(0, n.select(n.compare<EqOp>(y, lowest), n.scalarLike(0, y), y));
}
