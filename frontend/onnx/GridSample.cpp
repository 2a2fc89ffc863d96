//===- GridSample.cpp - Samples at the points of a grid -------------------===//
//
// For any number of spatial axes. A point's value is a sum over its neighbours:
// one (nearest), two (linear) or four (cubic) along each axis, whose positions
// and weights are found axis by axis.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Images.h"
#include "frontend/onnx/Registry.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;
using llvm::SmallVector;

namespace {

enum class Padding { Zeros, Border, Reflection };

/// A neighbour along one axis, for every point: [batch, points].
struct Neighbour {
  Value index;    ///< i64, within the axis
  Value weight;   ///< null: 1
  Value isInside; ///< i1; null: always
};

class GridSampler {
public:
  explicit GridSampler(Node &n)
      : n(n), x(n.in(0)), grid(widenPixels(n, n.in(1))),
        type(n.elementType(grid)) {}
  void run();

private:
  bool readAttributes();
  Value unnormalized(int64_t axis);
  Value reflected(Value at, int64_t axis);
  Value padded(Value at, int64_t axis);
  Neighbour neighbour(Value at, Value weight, int64_t axis);
  SmallVector<Neighbour> neighbours(int64_t axis);
  SmallVector<Value, 4> cubicWeights(Value t);
  Value take(llvm::ArrayRef<Neighbour> corner);

  Node &n;
  Value x, grid, pixels;
  Type type;
  int64_t spatial = 0, taps = 2;
  Padding padding = Padding::Zeros;
  bool isNearest = false, alignCorners = false;
};

} // namespace

bool GridSampler::readAttributes() {
  std::string mode = n.attrString("mode", "linear");
  std::string pad = n.attrString("padding_mode", "zeros");
  alignCorners = n.attrInt("align_corners", 0);
  isNearest = mode == "nearest";
  taps = isNearest ? 1 : mode == "cubic" || mode == "bicubic" ? 4 : 2;
  if (taps == 2 && mode != "linear" && mode != "bilinear")
    n.error() << "has mode '" << mode << "', expected linear, nearest or cubic";
  padding = pad == "border"       ? Padding::Border
            : pad == "reflection" ? Padding::Reflection
                                  : Padding::Zeros;
  if (padding == Padding::Zeros && pad != "zeros")
    n.error() << "has padding_mode '" << pad
              << "', expected zeros, border or reflection";
  spatial = n.rank(x) - 2;
  if (!n.failed && (spatial < 1 || n.rank(grid) != spatial + 2))
    n.error() << "has operands of ranks " << n.rank(x) << " and "
              << n.rank(grid) << ", expected the same, 3 or more";
  return !n.failed;
}

/// The points' positions along a spatial axis in pixels, [batch, points].
/// Coordinates stand in the opposite order of axes.
Value GridSampler::unnormalized(int64_t axis) {
  Value at = n.select(grid, -1, spatial - 1 - axis);
  DimExpr points = 1;
  for (int64_t i = 1; i <= spatial; ++i)
    points *= n.dim(grid, i);
  at = n.reshape(at, {n.dim(grid, 0), points});
  Value size = n.dimScalar(n.dim(x, 2 + axis), type);
  Value shifted = n.add(at, 1.0);
  if (alignCorners)
    return n.mul(n.mul(shifted, 0.5), n.sub(size, 1.0));
  return n.mul(n.sub(n.mul(shifted, size), 1.0), 0.5);
}

/// Folded back at the borders: the outer pixels' centres with align_corners,
/// else their outer edges.
Value GridSampler::reflected(Value at, int64_t axis) {
  Value size = n.dimScalar(n.dim(x, 2 + axis), type);
  double least = alignCorners ? 0 : -0.5;
  Value range = alignCorners ? n.sub(size, 1.0) : size;
  Value divisor = n.max(range, 1e-6);
  Value distance = n.unary<AbsOp>(n.sub(at, least));
  Value turns = n.unary<FloorOp>(n.div(distance, divisor));
  Value rest = n.sub(distance, n.mul(turns, range));
  Value isOdd = n.compare<NeOp>(n.binary<ModOp>(turns, n.scalarLike(2, turns)),
                                n.scalarLike(0, turns));
  Value folded = n.select(isOdd, n.sub(range, rest), rest);
  // What lies inside stays as it is, to the last digit.
  Value inside = n.logicalAnd(
      n.compare<GeOp>(at, n.scalar(least, type)),
      n.compare<LeOp>(at, n.add(range, least)));
  return n.select(inside, at, n.add(folded, least));
}

Value GridSampler::padded(Value at, int64_t axis) {
  if (padding == Padding::Reflection)
    return reflected(at, axis);
  if (padding == Padding::Zeros)
    return at;
  Value last = n.sub(n.dimScalar(n.dim(x, 2 + axis), type), 1.0);
  return n.min(n.max(at, 0.0), last);
}

/// The pixel at a whole position, which may lie outside.
Neighbour GridSampler::neighbour(Value at, Value weight, int64_t axis) {
  Neighbour result;
  result.weight = weight;
  Value last = n.sub(n.dimScalar(n.dim(x, 2 + axis), type), 1.0);
  if (padding == Padding::Zeros)
    result.isInside = n.logicalAnd(n.compare<GeOp>(at, n.scalar(0, type)),
                                   n.compare<LeOp>(at, last));
  else if (padding == Padding::Reflection)
    at = reflected(at, axis);
  result.index = n.cast(n.min(n.max(at, 0.0), last), n.i64());
  return result;
}

/// Keys' cubic convolution with a = -0.75 at the fraction t.
SmallVector<Value, 4> GridSampler::cubicWeights(Value t) {
  constexpr double a = -0.75;
  auto inner = [&](Value d) {
    return n.add(n.mul(n.mul(n.sub(n.mul(d, a + 2), a + 3), d), d), 1.0);
  };
  auto outer = [&](Value d) {
    Value sum = n.add(n.mul(n.sub(n.mul(d, a), 5 * a), d), 8 * a);
    return n.sub(n.mul(sum, d), 4 * a);
  };
  Value rest = n.sub(n.scalar(1, type), t);
  return {outer(n.add(t, 1.0)), inner(t), inner(rest), outer(n.add(rest, 1.0))};
}

SmallVector<Neighbour> GridSampler::neighbours(int64_t axis) {
  Value at = unnormalized(axis);
  if (isNearest)
    return {neighbour(padded(n.unary<RoundOp>(at), axis), Value(), axis)};
  // Cubic weights look beyond the border: there neighbours are clamped, each
  // by itself, not the point.
  if (taps == 2 || padding == Padding::Reflection)
    at = padded(at, axis);
  Value base = n.unary<FloorOp>(at), t = n.sub(at, base);
  if (taps == 2)
    return {neighbour(base, n.sub(n.scalar(1, type), t), axis),
            neighbour(n.add(base, 1.0), t, axis)};
  SmallVector<Neighbour> result;
  for (auto [k, weight] : llvm::enumerate(cubicWeights(t)))
    result.push_back(neighbour(n.add(base, double(k) - 1), weight, axis));
  return result;
}

/// The weighed pixels of one combination of neighbours: [batch, channels,
/// points].
Value GridSampler::take(llvm::ArrayRef<Neighbour> corner) {
  Value index, weight, isInside;
  for (auto [axis, one] : llvm::enumerate(corner)) {
    Value scaled = index ? n.mul(index, n.dimScalar(n.dim(x, 2 + axis))) : Value();
    index = scaled ? n.add(scaled, one.index) : one.index;
    if (one.weight)
      weight = weight ? n.mul(weight, one.weight) : one.weight;
    if (one.isInside)
      isInside = isInside ? n.logicalAnd(isInside, one.isInside) : one.isInside;
  }
  Dims dims{n.dim(index, 0), n.dim(x, 1), n.dim(index, 1)};
  Value taken =
      n.gatherElements(pixels, n.expand(n.unsqueeze(index, {1}), dims), 2);
  if (isInside)
    taken = n.select(n.unsqueeze(isInside, {1}), taken, n.scalarLike(0, taken));
  return weight ? n.mul(taken, n.castLike(n.unsqueeze(weight, {1}), taken))
                : taken;
}

void GridSampler::run() {
  if (!readAttributes())
    return;
  Value wide = isNearest ? x : widenPixels(n, x);
  DimExpr count = 1;
  SmallVector<SmallVector<Neighbour>> perAxis;
  for (int64_t i = 0; i < spatial; ++i) {
    count *= n.dim(x, 2 + i);
    perAxis.push_back(neighbours(i));
  }
  pixels = n.reshape(wide, {n.dim(x, 0), n.dim(x, 1), count});
  auto corners = static_cast<int64_t>(std::pow(taps, spatial));
  Value sum;
  for (int64_t number = 0; number < corners && !n.failed; ++number) {
    SmallVector<Neighbour> corner;
    for (int64_t i = 0, rest = number; i < spatial; ++i, rest /= taps)
      corner.push_back(perAxis[i][rest % taps]);
    Value term = take(corner);
    sum = sum ? n.add(sum, term) : term;
  }
  if (n.failed)
    return;
  Dims dst{n.dim(x, 0), n.dim(x, 1)};
  for (int64_t i = 1; i <= spatial; ++i)
    dst.push_back(n.dim(grid, i));
  Value y = isNearest ? sum : narrowPixels(n, sum, n.elementType(x));
  n.set(0, n.reshape(y, dst), n.logical(0));
}

static void importGridSample(Node &n) { GridSampler(n).run(); }

static const OpRow rows[] = {
    {"GridSample", importGridSample, 2, 2},
};

OpRows lz::onnximport::gridSampleOps() { return rows; }
