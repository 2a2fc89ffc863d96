//===- Resize.cpp - Resize and Upsample -----------------------------------===//
//
// Which axes change, and to which sizes.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Resize.h"

#include "frontend/onnx/Images.h"
#include "frontend/onnx/Registry.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;
using llvm::SmallVector;

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
    axis.size = toInteger(*best * *n.constantDim(x, axis.axis) + 0.5);
  }
}

/// The operands of one version of Resize: where they stand.
namespace {
struct ResizeOperands {
  int roi = -1, scales = -1, sizes = -1;
};
} // namespace

/// An error about a scale that no size follows from.
static void checkScales(Node &n, llvm::ArrayRef<double> scales) {
  for (double scale : scales)
    if (!n.failed && !(scale > 0 && scale < double(INT32_MAX)))
      n.error() << "has the scale " << std::to_string(scale)
                << ", expected one greater than 0 and less than 2^31";
}

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
  checkScales(n, scales);
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
// Repetition
//===----------------------------------------------------------------------===//

/// How often each element of the axis stands in the result, where that is all
/// that happens; else 0. (With half pixels no position lies halfway.)
static int64_t repetitions(Node &n, Value x, const ResizeForm &form,
                           const ResizedAxis &axis) {
  bool isHalf = form.transformation == "half_pixel" ||
                form.transformation == "pytorch_half_pixel";
  bool isRounded = form.nearest == "round_prefer_floor" ||
                   form.nearest == "round_prefer_ceil";
  bool isFloor = form.transformation == "asymmetric" && form.nearest == "floor";
  if (form.mode != ResizeMode::Nearest || !(isFloor || (isHalf && isRounded)))
    return 0;
  DimExpr from = n.dim(x, axis.axis);
  double scale = axis.scale.value_or(0);
  auto to = axis.size.getConstant(), size = from.getConstant();
  if (!axis.scale && to && size && *size > 0)
    scale = double(*to) / double(*size);
  auto times = static_cast<int64_t>(scale);
  bool isWhole = times >= 1 && double(times) == scale;
  return isWhole && axis.size == from * times ? times : 0;
}

/// Repeats the elements of all axes for which that is enough, in one go;
/// returns the other axes.
static SmallVector<ResizedAxis> repeatAxes(Node &n, Value &x,
                                           const ResizeForm &form,
                                           llvm::ArrayRef<ResizedAxis> axes) {
  SmallVector<ResizedAxis> rest;
  SmallVector<int64_t> times(n.rank(x), 1);
  for (const ResizedAxis &axis : axes) {
    if (int64_t count = repetitions(n, x, form, axis))
      times[axis.axis] = count;
    else
      rest.push_back(axis);
  }
  Dims narrow, wide, dst;
  for (auto [dim, count] : llvm::zip_equal(Dims(n.dims(x)), times)) {
    narrow.push_back(dim);
    wide.push_back(dim);
    dst.push_back(dim * count);
    if (count == 1)
      continue;
    narrow.push_back(1);
    wide.push_back(count);
  }
  if (narrow.size() > times.size())
    x = n.reshape(n.expand(n.reshape(x, narrow), wide), dst);
  return rest;
}

//===----------------------------------------------------------------------===//
// The operators
//===----------------------------------------------------------------------===//

static void resize(Node &n, const ResizeForm &form,
                   llvm::ArrayRef<ResizedAxis> axes) {
  Value x = n.in(0);
  bool isNearest = form.mode == ResizeMode::Nearest;
  Value y = isNearest ? x : widenPixels(n, x);
  SmallVector<ResizedAxis> rest = repeatAxes(n, y, form, axes);
  for (const ResizedAxis &axis : rest)
    if (!n.failed && !isIdentity(n, x, axis))
      y = resizeAxis(n, form, axis, y);
  if (!n.failed)
    n.set(0, isNearest ? y : narrowPixels(n, y, n.elementType(x)),
          n.logical(0));
}

static ResizeMode modeOf(Node &n) {
  std::string mode = n.attrString("mode", "nearest");
  if (mode == "linear" || mode == "bilinear")
    return ResizeMode::Linear;
  if (mode == "cubic")
    return ResizeMode::Cubic;
  if (mode != "nearest")
    n.error() << "has mode '" << mode << "', expected nearest, linear or cubic";
  return ResizeMode::Nearest;
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
    form.ceilsShrunk = true;
  } else {
    form.transformation =
        n.attrString("coordinate_transformation_mode", "half_pixel");
    form.nearest = n.attrString("nearest_mode", "round_prefer_floor");
  }
  form.cubicA = n.attrFloat("cubic_coeff_a", -0.75);
  form.extrapolation = n.attrFloat("extrapolation_value", 0);
  form.excludeOutside = n.attrInt("exclude_outside", 0);
  form.antialias = n.attrInt("antialias", 0) && form.mode != ResizeMode::Nearest;
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
  checkScales(n, scales);
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
