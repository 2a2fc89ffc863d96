//===- Resize.cpp - Resize and Upsample -----------------------------------===//
//
// Interpolation is separable: one axis after the other. For each an axis has a
// table of positions and weights, computed in f64 from the sizes, so that sizes
// need not be known.
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

enum class Mode { Nearest, Linear, Cubic };

/// One axis of a Resize.
struct ResizedAxis {
  int64_t axis;
  DimExpr size;                      ///< of the result
  std::optional<double> scale;       ///< absent: size / size of the operand
  double roiStart = 0, roiEnd = 1;
};

/// The attributes of a Resize.
struct ResizeForm {
  Mode mode = Mode::Nearest;
  std::string transformation, nearest;
  double cubicA = -0.75, extrapolation = 0;
  bool antialias = false, excludeOutside = false;
};

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
    return n.select(n.compare<EqOp>(width, number(1)), number(-0.5), half);
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
  Value index;
  if (form.nearest == "round_prefer_floor")
    index = n.unary<CeilOp>(n.sub(position, 0.5));
  else if (form.nearest == "round_prefer_ceil")
    index = n.unary<FloorOp>(n.add(position, 0.5));
  else if (form.nearest == "floor")
    index = n.unary<FloorOp>(position);
  else if (form.nearest == "ceil")
    index = n.unary<CeilOp>(position);
  else {
    n.error() << "has nearest_mode '" << form.nearest << "', which is not known";
    return x;
  }
  return n.gather(x, n.cast(clamped(index), n.i64()), axis.axis);
}

/// The weight of an element at that distance (not negative).
Value AxisResizer::filter(Value d) {
  if (form.mode == Mode::Linear)
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
  double support = (form.mode == Mode::Linear ? 1 : 2) / shrink;
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
  Value y = form.mode == Mode::Nearest ? nearest(position)
                                       : interpolated(position);
  if (form.transformation != "tf_crop_and_resize")
    return y;
  Value last = n.sub(n.dimScalar(from, f64), 1.0);
  Value inside = n.logicalAnd(n.compare<GeOp>(position, number(0)),
                              n.compare<LeOp>(position, last));
  return n.select(along(inside), y, n.scalarLike(form.extrapolation, y));
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// floor(size * scale). A scale is meant as the fraction that rounds to it:
/// 0.1 of 10 is 1, although the float is not quite 0.1.
static DimExpr scaledSize(const DimExpr &size, double scale) {
  for (int64_t divisor = 1; divisor <= 1024; ++divisor) {
    auto factor = static_cast<int64_t>(std::llround(scale * divisor));
    if (factor > 0 && static_cast<float>(double(factor) / divisor) ==
                          static_cast<float>(scale))
      return DimExpr::floorDiv(size * factor, divisor);
  }
  int exponent = 0;
  double mantissa = std::frexp(static_cast<float>(scale), &exponent);
  auto factor = static_cast<int64_t>(std::ldexp(mantissa, 24));
  int shift = 24 - exponent;
  if (shift <= 0)
    return size * (factor << std::min(-shift, 30));
  return DimExpr::floorDiv(size * factor, int64_t(1) << std::min(shift, 62));
}

/// Sizes that keep the ratio between axes: all axes get the least or greatest of
/// the scales asked for.
static void keepAspectRatio(Node &n, Value x, const std::string &policy,
                            llvm::MutableArrayRef<ResizedAxis> axes) {
  if (policy != "not_larger" && policy != "not_smaller") {
    n.error() << "has keep_aspect_ratio_policy '" << policy
              << "', expected stretch, not_larger or not_smaller";
    return;
  }
  std::optional<double> best;
  for (const ResizedAxis &axis : axes) {
    auto to = axis.size.getConstant(), from = n.constantDim(x, axis.axis);
    if (!to || !from || *from <= 0) {
      n.error() << "keeps the aspect ratio of sizes that are not known while "
                   "compiling";
      return;
    }
    double scale = double(*to) / double(*from);
    best = !best                   ? scale
           : policy == "not_larger" ? std::min(*best, scale)
                                    : std::max(*best, scale);
  }
  for (ResizedAxis &axis : axes) {
    axis.scale = best;
    axis.size = static_cast<int64_t>(*best * *n.constantDim(x, axis.axis) + 0.5);
  }
}

/// The operands of one version of Resize: where they stand.
namespace {
struct ResizeOperands {
  int roi = -1, scales = -1, sizes = -1;
};
} // namespace

static bool isGiven(Node &n, int i) {
  return i >= 0 && n.has(i) && n.constantDim(n.in(i), 0) != 0;
}

/// The axes that change, with their sizes or scales.
static SmallVector<ResizedAxis> resizedAxes(Node &n, Value x, Ints axes,
                                            const ResizeOperands &operands) {
  SmallVector<ResizedAxis> resized;
  SmallVector<double> scales, roi;
  Dims sizes;
  bool hasSizes = isGiven(n, operands.sizes);
  if (hasSizes)
    sizes = n.needDims(operands.sizes, "sizes");
  else if (isGiven(n, operands.scales))
    scales = n.needFloats(operands.scales, "scales");
  else
    n.error() << "has neither scales nor sizes";
  if (isGiven(n, operands.roi) &&
      n.attrString("coordinate_transformation_mode", "") == "tf_crop_and_resize")
    roi = n.needFloats(operands.roi, "roi");
  size_t count = hasSizes ? sizes.size() : scales.size();
  if (!n.failed && count != axes.size())
    n.error() << "has " << count << (hasSizes ? " sizes" : " scales") << " for "
              << axes.size() << " axes";
  if (!n.failed && !roi.empty() && roi.size() != 2 * axes.size())
    n.error() << "has a roi of " << roi.size() << " numbers, expected "
              << 2 * axes.size();
  if (n.failed)
    return {};
  for (auto [i, axis] : llvm::enumerate(axes)) {
    ResizedAxis one{axis, n.dim(x, axis), std::nullopt};
    if (hasSizes)
      one.size = sizes[i];
    if (!roi.empty()) {
      one.roiStart = roi[i];
      one.roiEnd = roi[i + axes.size()];
    }
    if (!hasSizes) {
      one.scale = scales[i];
      double extent = one.roiEnd - one.roiStart;
      one.size = scaledSize(one.size, scales[i] * extent);
    }
    resized.push_back(one);
  }
  return resized;
}

static bool isIdentity(Node &n, Value x, const ResizedAxis &axis) {
  bool isWhole = axis.roiStart == 0 && axis.roiEnd == 1;
  return isWhole && axis.size == n.dim(x, axis.axis) &&
         (!axis.scale || *axis.scale == 1);
}

//===----------------------------------------------------------------------===//
// The operators
//===----------------------------------------------------------------------===//

static void resize(Node &n, const ResizeForm &form,
                   llvm::ArrayRef<ResizedAxis> axes) {
  Value x = n.in(0);
  bool isNearest = form.mode == Mode::Nearest;
  Value y = isNearest ? x : widenPixels(n, x);
  for (const ResizedAxis &axis : axes)
    if (!n.failed && !isIdentity(n, x, axis))
      y = AxisResizer(n, form, axis, y).run();
  if (!n.failed)
    n.set(0, isNearest ? y : narrowPixels(n, y, n.elementType(x)),
          n.logical(0));
}

static Mode modeOf(Node &n) {
  std::string mode = n.attrString("mode", "nearest");
  if (mode == "linear" || mode == "bilinear")
    return Mode::Linear;
  if (mode == "cubic")
    return Mode::Cubic;
  if (mode != "nearest")
    n.error() << "has mode '" << mode << "', expected nearest, linear or cubic";
  return Mode::Nearest;
}

static Ints allAxes(int64_t rank) {
  Ints axes;
  for (int64_t i = 0; i < rank; ++i)
    axes.push_back(i);
  return axes;
}

static void importResize(Node &n) {
  ResizeForm form;
  form.mode = modeOf(n);
  Value x = n.in(0);
  int64_t rank = n.rank(x);
  ResizeOperands operands{1, 2, 3};
  if (n.version < 11) {
    operands = {-1, 1, -1};
    form.transformation = "asymmetric";
    form.nearest = "floor";
  } else {
    form.transformation =
        n.attrString("coordinate_transformation_mode", "half_pixel");
    form.nearest = n.attrString("nearest_mode", "round_prefer_floor");
  }
  form.cubicA = n.attrFloat("cubic_coeff_a", -0.75);
  form.extrapolation = n.attrFloat("extrapolation_value", 0);
  form.excludeOutside = n.attrInt("exclude_outside", 0);
  form.antialias = n.attrInt("antialias", 0) && form.mode != Mode::Nearest;
  Ints axes = n.hasAttr("axes") ? n.axes(n.attrInts("axes"), rank)
                                : allAxes(rank);
  SmallVector<ResizedAxis> resized = resizedAxes(n, x, axes, operands);
  std::string policy = n.attrString("keep_aspect_ratio_policy", "stretch");
  if (!n.failed && policy != "stretch" && isGiven(n, operands.sizes))
    keepAspectRatio(n, x, policy, resized);
  if (!n.failed)
    resize(n, form, resized);
}

/// Before version 9 scales are an attribute, in version 1 two of them.
static void importUpsample(Node &n) {
  ResizeForm form;
  form.mode = modeOf(n);
  form.transformation = "asymmetric";
  form.nearest = "floor";
  Value x = n.in(0);
  int64_t rank = n.rank(x);
  SmallVector<double> scales;
  if (n.has(1))
    scales = n.needFloats(1, "scales");
  else if (n.hasAttr("scales"))
    scales = n.attrFloats("scales");
  else
    scales = {1, 1, n.attrFloat("height_scale", 1), n.attrFloat("width_scale", 1)};
  if (!n.failed && int64_t(scales.size()) != rank)
    n.error() << "has " << scales.size() << " scales for an operand of rank "
              << rank;
  if (n.failed)
    return;
  SmallVector<ResizedAxis> axes;
  for (int64_t i = 0; i < rank; ++i)
    axes.push_back({i, scaledSize(n.dim(x, i), scales[i]), scales[i]});
  resize(n, form, axes);
}

static const OpRow rows[] = {
    {"Resize", importResize, 1, 4},
    {"Upsample", importUpsample, 1, 2},
};

OpRows lz::onnximport::resizeOps() { return rows; }
