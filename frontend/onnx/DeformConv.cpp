//===- DeformConv.cpp - Deformable convolution ----------------------------===//
//
// A column of interpolated elements per output position (gathers of the corners
// around each sampling point), then a matrix product.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"
#include "frontend/onnx/Windows.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

namespace {
/// Sizes that all steps need. Points are kernel positions times outputs.
struct Deformation {
  Windows windows;
  int64_t spatial = 0, offsetGroups = 1, kernelSize = 1;
  DimExpr batch;
  Dims output; ///< spatial sizes of the output
  Dims points; ///< (N, offset groups, kernel positions, *output)
};
} // namespace

/// The offsets of so many positions are constants.
static constexpr int64_t kMaxKernel = 1 << 16;

static Deformation readDeformation(Node &n) {
  Deformation d;
  d.spatial = n.rank(n.in(0)) - 2;
  if (n.failed)
    return d;
  d.windows = readWindows(n, d.spatial, n.in(1));
  if (n.failed)
    return d;
  d.offsetGroups = n.attrInt("offset_group", 1);
  if (d.windows.kernel.empty())
    n.error() << "needs kernel_shape or the size of its kernel";
  // Each corner of a point becomes some operations, each position a number.
  if (d.spatial > 3 && !n.failed)
    n.error() << "has " << d.spatial << " spatial axes, expected at most 3";
  for (int64_t k : d.windows.kernel)
    if (k < 1 || __builtin_mul_overflow(d.kernelSize, k, &d.kernelSize) ||
        d.kernelSize > kMaxKernel) {
      n.error() << "has a kernel of " << k << " or more positions, expected 1 to "
                << kMaxKernel;
      break;
    }
  d.batch = n.dim(n.in(0), 0);
  if (n.rank(n.in(2)) != d.spatial + 2 && !n.failed)
    n.error() << "has offsets of rank " << n.rank(n.in(2)) << ", expected "
              << d.spatial + 2;
  if (n.failed)
    return d;
  llvm::append_range(d.output, n.dims(n.in(2)).drop_front(2));
  d.points = {d.batch, d.offsetGroups, d.kernelSize};
  llvm::append_range(d.points, d.output);
  return d;
}

/// Offsets are given for each position of the output.
static void checkOutput(Node &n, const Deformation &d) {
  const Windows &w = d.windows;
  for (int64_t i = 0; i < d.spatial && !n.failed; ++i) {
    DimExpr free = n.dim(n.in(0), i + 2) +
                   DimExpr(w.begin[i] + w.end[i] - w.extent(i));
    DimExpr expected = DimExpr::floorDiv(free, w.strides[i]) + DimExpr(1);
    if (expected.isConstant() && d.output[i].isConstant() &&
        expected != d.output[i])
      n.error() << "has offsets of size " << d.output[i].str()
                << " on spatial axis " << i << ", expected " << expected.str()
                << " as of the output";
  }
}

/// Where kernel positions lie along spatial axis `axis` before the offsets:
/// (kernel positions, 1, ..., outputs of that axis, ..., 1).
static Value gridAlong(Node &n, const Deformation &d, int64_t axis, Type type) {
  int64_t inner = 1;
  for (int64_t i = axis + 1; i < d.spatial; ++i)
    inner *= d.windows.kernel[i];
  llvm::SmallVector<double> steps;
  for (int64_t k = 0; k < d.kernelSize; ++k)
    steps.push_back(double((k / inner) % d.windows.kernel[axis] *
                               d.windows.dilations[axis] -
                           d.windows.begin[axis]));
  Ints kernelDims(d.spatial + 1, 1);
  kernelDims[0] = d.kernelSize;
  Dims outputDims(d.spatial, DimExpr(1));
  outputDims[axis] = d.output[axis];
  Value starts = n.mul(n.iota(outputDims, axis, type),
                       double(d.windows.strides[axis]));
  return n.add(n.floats(steps, type, kernelDims), starts);
}

/// One position and weight along each axis, of the corner `corner` (a bit per
/// axis) of the points; positions outside weigh nothing. Returns the flat index
/// and the weight.
static std::pair<Value, Value> cornerOf(Node &n, const Deformation &d,
                                        const Values &points, unsigned corner) {
  Value index, weight;
  for (int64_t i = 0; i < d.spatial; ++i) {
    Value low = n.unary<FloorOp>(points[i]);
    Value fraction = n.sub(points[i], low);
    bool isHigh = corner >> i & 1;
    Value at = isHigh ? n.add(low, 1.0) : low;
    Value share = isHigh ? fraction
                         : n.sub(n.scalarLike(1, fraction), fraction);
    Value last = n.sub(n.dimScalar(n.dim(n.in(0), i + 2), n.elementType(at)), 1);
    Value isInside = n.logicalAnd(n.compare<GeOp>(at, n.scalarLike(0, at)),
                                  n.compare<LeOp>(at, last));
    share = n.select(isInside, share, n.scalarLike(0, share));
    Value clamped = n.cast(n.min(n.max(at, 0.0), last), n.i64());
    weight = weight ? n.mul(weight, share) : share;
    if (index)
      clamped = n.add(n.mul(index, n.dimScalar(n.dim(n.in(0), i + 2))), clamped);
    index = clamped;
  }
  return {index, weight};
}

/// The interpolated input: (N, offset groups, channels of one, points).
static Value sampleInput(Node &n, const Deformation &d, const Values &points) {
  Value x = n.in(0);
  DimExpr channels = DimExpr::floorDiv(n.dim(x, 1), d.offsetGroups);
  DimExpr numPoints = productOf(llvm::ArrayRef(d.points).drop_front(2));
  DimExpr area = productOf(n.dims(x).drop_front(2));
  Value flat = n.reshape(x, {d.batch, d.offsetGroups, channels, area});
  Dims flatPoints = {d.batch, d.offsetGroups, 1, numPoints};
  Dims everyChannel = {d.batch, d.offsetGroups, channels, numPoints};
  Value sum;
  for (unsigned corner = 0; corner < 1u << d.spatial; ++corner) {
    auto [index, weight] = cornerOf(n, d, points, corner);
    index = n.expand(n.reshape(index, flatPoints), everyChannel);
    Value part = n.mul(n.gatherElements(flat, index, 3),
                       n.reshape(weight, flatPoints));
    sum = sum ? n.add(sum, part) : part;
  }
  if (n.has(4)) // the mask
    sum = n.mul(sum, n.reshape(n.in(4), flatPoints));
  return sum;
}

void onnximport::importDeformConv(Node &n) {
  Deformation d = readDeformation(n);
  if (!n.failed)
    checkOutput(n, d);
  if (n.failed)
    return;
  Dims offsetDims = {d.batch, d.offsetGroups, d.kernelSize, d.spatial};
  llvm::append_range(offsetDims, d.output);
  Value offsets = n.reshape(n.in(2), offsetDims);
  Values points;
  for (int64_t i = 0; i < d.spatial; ++i)
    points.push_back(n.add(n.select(offsets, 3, i),
                           gridAlong(n, d, i, n.elementType(offsets))));
  Value columns = sampleInput(n, d, points);
  int64_t groups = n.attrInt("group", 1);
  DimExpr area = productOf(d.output), outputs = n.dim(n.in(1), 0);
  DimExpr rows = n.dim(n.in(1), 1) * DimExpr(d.kernelSize);
  columns = n.reshape(columns, {d.batch, groups, rows, area});
  Value weights =
      n.reshape(n.in(1), {groups, DimExpr::floorDiv(outputs, groups), rows});
  Dims dims = {d.batch, outputs};
  llvm::append_range(dims, d.output);
  Value y = n.reshape(n.matmul(weights, columns), dims);
  if (n.has(3))
    y = n.add(y, alongChannels(n, n.in(3), d.spatial + 2));
  n.set(0, y);
}
