//===- ResizeAxis.cpp - Interpolation along one axis ----------------------===//
//
// A table of positions and weights, computed in f64 from the sizes, so that
// sizes need not be known.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Resize.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

namespace {

/// Builds one axis.
class AxisResizer {
public:
  AxisResizer(Node &n, const ResizeForm &form, const ResizedAxis &axis, Value x)
      : n(n), form(form), axis(axis), x(x), f64(n.builder.getF64Type()),
        from(n.dim(x, axis.axis)) {}

  Value run();

private:
  Value number(double value) { return n.scalar(value, f64); }
  Value scaleValue();
  Value positions();
  Value croppedPositions(Value at);
  Value nearest(Value position);
  Value interpolated(Value position);
  Value filter(Value distance);
  std::optional<double> knownScale();
  Value clamped(Value index);
  Value along(Value vector);
  Value weigh(Value first, Value weights, int64_t taps);

  Node &n;
  const ResizeForm &form;
  const ResizedAxis &axis;
  Value x;
  Type f64;
  DimExpr from;
};

} // namespace

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Value AxisResizer::scaleValue() {
  if (axis.scale)
    return number(*axis.scale);
  return n.div(n.dimScalar(axis.size, f64), n.dimScalar(from, f64));
}

Value AxisResizer::croppedPositions(Value at) {
  Value last = n.sub(n.dimScalar(from, f64), 1.0);
  double extent = axis.roiEnd - axis.roiStart;
  if (axis.size == DimExpr(1))
    return n.add(n.mul(at, 0.0), n.mul(last, (axis.roiStart + axis.roiEnd) / 2));
  Value steps = n.dimScalar(axis.size - 1, f64);
  Value moved = n.div(n.mul(n.mul(at, extent), last), steps);
  return n.add(moved, n.mul(last, axis.roiStart));
}

/// Where each element of the result lies in the operand, [size] as f64.
Value AxisResizer::positions() {
  Value at = n.range(axis.size, f64);
  const std::string &how = form.transformation;
  if (how == "asymmetric")
    return n.div(at, scaleValue());
  if (how == "tf_crop_and_resize")
    return croppedPositions(at);
  Value width = axis.scale ? n.mul(n.dimScalar(from, f64), *axis.scale)
                           : n.dimScalar(axis.size, f64);
  if (how == "align_corners") {
    Value last = n.sub(n.dimScalar(from, f64), 1.0);
    Value isOne = n.compare<EqOp>(width, number(1));
    Value steps = n.select(isOne, number(1), n.sub(width, 1.0));
    return n.select(isOne, number(0), n.div(n.mul(at, last), steps));
  }
  Value half = n.sub(n.div(n.add(at, 0.5), scaleValue()), 0.5);
  if (how == "pytorch_half_pixel")
    return n.select(n.compare<EqOp>(width, number(1)), number(0), half);
  if (how == "half_pixel_symmetric") {
    Value rest = n.sub(number(1), n.div(n.dimScalar(axis.size, f64), width));
    return n.add(half, n.mul(n.mul(n.dimScalar(from, f64), 0.5), rest));
  }
  if (how != "half_pixel")
    n.error() << "has coordinate_transformation_mode '" << how
              << "', which is not known";
  return half;
}

/// An index within the operand; outside the border counts.
Value AxisResizer::clamped(Value index) {
  Value last = n.sub(n.dimScalar(from, f64), 1.0);
  return n.max(n.min(index, last), number(0));
}

//===----------------------------------------------------------------------===//
// Interpolation
//===----------------------------------------------------------------------===//

Value AxisResizer::nearest(Value position) {
  bool isShrunk = axis.scale && *axis.scale < 1;
  llvm::StringRef how = form.nearest;
  if (form.ceilsShrunk && isShrunk)
    how = "ceil";
  Value index;
  if (how == "round_prefer_floor")
    index = n.unary<CeilOp>(n.sub(position, 0.5));
  else if (how == "round_prefer_ceil")
    index = n.unary<FloorOp>(n.add(position, 0.5));
  else if (how == "floor")
    index = n.unary<FloorOp>(position);
  else if (how == "ceil")
    index = n.unary<CeilOp>(position);
  else {
    n.error() << "has nearest_mode '" << how << "', which is not known";
    return x;
  }
  return n.gather(x, n.cast(clamped(index), n.i64()), axis.axis);
}

/// The weight of an element at that distance (not negative).
Value AxisResizer::filter(Value d) {
  if (form.mode == ResizeMode::Linear)
    return n.max(n.sub(number(1), d), 0.0);
  double a = form.cubicA;
  Value square = n.mul(d, d), cube = n.mul(square, d);
  Value inner = n.add(n.sub(n.mul(cube, a + 2), n.mul(square, a + 3)), 1.0);
  Value outer = n.sub(n.add(n.sub(n.mul(cube, a), n.mul(square, 5 * a)),
                            n.mul(d, 8 * a)),
                      4 * a);
  Value isInner = n.compare<LeOp>(d, number(1));
  Value isOuter = n.compare<LtOp>(d, number(2));
  return n.select(isInner, inner, n.select(isOuter, outer, number(0)));
}

/// The scale as a number, where the filter's width hangs on it.
std::optional<double> AxisResizer::knownScale() {
  if (axis.scale)
    return axis.scale;
  auto to = axis.size.getConstant(), size = from.getConstant();
  if (to && size && *size > 0)
    return double(*to) / double(*size);
  n.error() << "resizes axis " << axis.axis
            << " with antialias by a factor that is not known while compiling";
  return std::nullopt;
}

/// A vector of the axis as it broadcasts to the result.
Value AxisResizer::along(Value vector) {
  Ints trailing;
  for (int64_t i = 1; i < n.rank(x) - axis.axis; ++i)
    trailing.push_back(i);
  return n.unsqueeze(vector, trailing);
}

/// Sum of `taps` neighbours from `first` on, by weights [size, taps].
Value AxisResizer::weigh(Value first, Value weights, int64_t taps) {
  Type type = n.elementType(x);
  Value sum;
  for (int64_t k = 0; k < taps; ++k) {
    Value index = n.cast(clamped(n.add(first, double(k))), n.i64());
    Value weight = along(n.cast(n.select(weights, 1, k), type));
    Value term = n.mul(n.gather(x, index, axis.axis), weight);
    sum = sum ? n.add(sum, term) : term;
  }
  return sum;
}

Value AxisResizer::interpolated(Value position) {
  double shrink = 1;
  if (form.antialias) {
    std::optional<double> scale = knownScale();
    shrink = scale ? std::min(*scale, 1.0) : 1.0;
  }
  double support = (form.mode == ResizeMode::Linear ? 1 : 2) / shrink;
  int64_t reach = static_cast<int64_t>(std::ceil(support));
  int64_t taps = 2 * reach;
  if (taps > 512) {
    n.unsupported("shrinking an axis by more than 128 with antialias");
    return x;
  }
  Value base = n.unary<FloorOp>(position);
  Value first = n.sub(base, double(reach - 1));
  Value index = n.add(n.unsqueeze(first, {1}), n.iota({1, taps}, 1, f64));
  Value distance = n.unary<AbsOp>(n.sub(index, n.unsqueeze(position, {1})));
  Value weights = filter(n.mul(distance, shrink));
  bool mustNormalize = form.antialias;
  if (form.excludeOutside) {
    Value inside =
        n.logicalAnd(n.compare<GeOp>(index, number(0)),
                     n.compare<LtOp>(index, n.dimScalar(from, f64)));
    weights = n.select(inside, weights, number(0));
    mustNormalize = true;
  }
  if (mustNormalize) {
    Value sum = n.reduce(ReduceKind::Sum, weights, {1}, /*keepDims=*/true);
    Value isZero = n.compare<EqOp>(sum, number(0));
    weights = n.div(weights, n.select(isZero, number(1), sum));
  }
  return weigh(first, weights, taps);
}

Value AxisResizer::run() {
  Value position = positions();
  Value y = form.mode == ResizeMode::Nearest ? nearest(position)
                                       : interpolated(position);
  if (form.transformation != "tf_crop_and_resize")
    return y;
  Value last = n.sub(n.dimScalar(from, f64), 1.0);
  Value inside = n.logicalAnd(n.compare<GeOp>(position, number(0)),
                              n.compare<LeOp>(position, last));
  return n.select(along(inside), y, n.scalarLike(form.extrapolation, y));
}

Value lz::onnximport::resizeAxis(Node &n, const ResizeForm &form,
                                 const ResizedAxis &axis, Value x) {
  return AxisResizer(n, form, axis, x).run();
}
