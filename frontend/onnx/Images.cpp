//===- Images.cpp - Operators on images -----------------------------------===//
//
// Regions of interest, columns to images, sampling grids, decoding.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Images.h"
#include "frontend/onnx/Registry.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Pixels
//===----------------------------------------------------------------------===//

Value lz::onnximport::widenPixels(Node &n, Value x) {
  Type type = n.elementType(x);
  if (type.isF32() || type.isF64())
    return x;
  bool isWide = llvm::isa<IntegerType>(type) && type.getIntOrFloatBitWidth() > 16;
  return n.cast(x, isWide ? n.builder.getF64Type() : n.f32());
}

Value lz::onnximport::narrowPixels(Node &n, Value x, Type type) {
  if (n.elementType(x) == type)
    return x;
  auto integer = llvm::dyn_cast<IntegerType>(type);
  if (!integer || integer.getWidth() == 1)
    return n.cast(x, type);
  unsigned bits = integer.getWidth() - !integer.isUnsigned();
  double least = integer.isUnsigned() ? 0 : -std::ldexp(1.0, bits);
  Value rounded = n.unary<RoundOp>(x);
  // Casts of floats saturate at the width, so the clamp is for narrow ones.
  if (bits < 31)
    rounded = n.max(n.min(rounded, std::ldexp(1.0, bits) - 1), least);
  return n.cast(rounded, type);
}

//===----------------------------------------------------------------------===//
// RoiAlign
//===----------------------------------------------------------------------===//

namespace {

/// Sampling points of all regions along one axis of the image: [rois, points].
struct RoiPoints {
  Value low, high;             ///< positions of the two neighbours, i64
  Value lowWeight, highWeight; ///< 0 both where the point lies outside
  Value isSample;              ///< i1: the point counts; null: all do
  Value count;                 ///< [rois], samples of a bin
};

class RoiAligner {
public:
  explicit RoiAligner(Node &n)
      : n(n), x(widenPixels(n, n.in(0))), type(n.elementType(x)),
        height(n.attrInt("output_height", 1)),
        width(n.attrInt("output_width", 1)),
        ratio(n.attrInt("sampling_ratio", 0)) {}
  void run();

private:
  bool isHalfPixel();
  Value corner(int64_t column);
  Value extent(int64_t axis);
  DimExpr samples(int64_t axis, int64_t bins);
  RoiPoints points(int64_t axis, int64_t bins, const DimExpr &grid);
  Value at(const RoiPoints &y, const RoiPoints &x, bool highY, bool highX);
  Value isCounted(const RoiPoints &ys, const RoiPoints &xs);
  Value average(const RoiPoints &ys, const RoiPoints &xs);
  Value greatest(const RoiPoints &ys, const RoiPoints &xs);
  Value inBins(Value points);

  Node &n;
  Value x, rows;
  Type type;
  int64_t height, width, ratio;
  DimExpr gridH, gridW;
};

} // namespace

/// Before version 16 there was no shift by half a pixel.
bool RoiAligner::isHalfPixel() {
  std::string how = n.attrString("coordinate_transformation_mode",
                                 n.version >= 16 ? "half_pixel"
                                                 : "output_half_pixel");
  if (how != "half_pixel" && how != "output_half_pixel")
    n.error() << "has coordinate_transformation_mode '" << how
              << "', expected half_pixel or output_half_pixel";
  return how == "half_pixel";
}

/// A column of the regions (x1, y1, x2, y2) in pixels of the feature map.
Value RoiAligner::corner(int64_t column) {
  Value rois = n.cast(n.in(1), type);
  Value scaled = n.mul(n.select(rois, 1, column), n.attrFloat("spatial_scale", 1));
  return isHalfPixel() ? n.sub(scaled, 0.5) : scaled;
}

/// The regions' extents along axis 0 (vertical) or 1.
Value RoiAligner::extent(int64_t axis) {
  Value size = n.sub(corner(axis == 0 ? 3 : 2), corner(axis == 0 ? 1 : 0));
  return isHalfPixel() ? size : n.max(size, 1.0);
}

/// Sampling points of a bin: given, or as many as the greatest region needs,
/// which only a run can tell.
DimExpr RoiAligner::samples(int64_t axis, int64_t bins) {
  if (ratio > 0)
    return ratio;
  std::string name = n.defineSymbol(axis == 0 ? "samples_h" : "samples_w");
  Value most = n.unary<CeilOp>(n.div(extent(axis), double(bins)));
  // A region at least, so that the maximum is that of something.
  most = n.concat({most, n.full({1}, 1, type)}, 0);
  Value count = n.reduce(ReduceKind::Max, most, {0}, /*keepDims=*/true);
  auto attrs = n.builder.getDictionaryAttr({n.builder.getNamedAttr(
      "message", n.builder.getStringAttr("regions must have a finite size"))});
  n.infer(HostOp::create(n.builder, n.loc, TypeRange(), "define",
                         ValueRange(n.cast(count, n.i64())), attrs,
                         {llvm::StringRef(name)}));
  return DimExpr::symbol(name);
}

RoiPoints RoiAligner::points(int64_t axis, int64_t bins, const DimExpr &grid) {
  RoiPoints p;
  Value start = n.unsqueeze(corner(axis == 0 ? 1 : 0), {1, 2});
  Value bin = n.unsqueeze(n.div(extent(axis), double(bins)), {1, 2});
  Value count = ratio > 0 ? n.scalar(double(ratio), type)
                          : n.unary<CeilOp>(bin); // [rois, 1, 1]
  Value number = n.iota({1, 1, grid}, 2, type);
  Value which = n.iota({1, bins, 1}, 1, type);
  Value inBin = n.div(n.mul(n.add(number, 0.5), bin), n.max(count, 1.0));
  Value at = n.add(n.add(start, n.mul(which, bin)), inBin);
  Dims flat{n.dim(n.in(1), 0), grid * bins};
  if (ratio <= 0) {
    p.isSample = n.reshape(
        n.expand(n.compare<LtOp>(number, count), n.dims(at)), flat);
    p.count = n.reshape(count, {flat[0]});
  }
  at = n.reshape(at, flat);
  Value size = n.dimScalar(n.dim(x, 2 + axis), type);
  Value isInside = n.logicalAnd(n.compare<GeOp>(at, n.scalar(-1, type)),
                                n.compare<LeOp>(at, size));
  Value last = n.sub(size, 1.0);
  at = n.min(n.max(at, 0.0), last);
  Value low = n.unary<FloorOp>(at);
  Value zero = n.scalar(0, type), far = n.sub(at, low);
  p.low = n.cast(low, n.i64());
  p.high = n.cast(n.min(n.add(low, 1.0), last), n.i64());
  p.highWeight = n.select(isInside, far, zero);
  p.lowWeight = n.select(isInside, n.sub(n.scalar(1, type), far), zero);
  return p;
}

/// One of the four neighbours of each point, weighed: [rois, ys, xs, channels].
Value RoiAligner::at(const RoiPoints &ys, const RoiPoints &xs, bool highY,
                     bool highX) {
  Value row = n.unsqueeze(highY ? ys.high : ys.low, {2});
  Value column = n.unsqueeze(highX ? xs.high : xs.low, {1});
  Value image = n.unsqueeze(n.cast(n.in(2), n.i64()), {1, 2});
  Value index = n.add(n.mul(image, n.dimScalar(n.dim(x, 2))), row);
  index = n.add(n.mul(index, n.dimScalar(n.dim(x, 3))), column);
  Value weight =
      n.mul(n.unsqueeze(highY ? ys.highWeight : ys.lowWeight, {2}),
            n.unsqueeze(highX ? xs.highWeight : xs.lowWeight, {1}));
  return n.mul(n.gather(rows, index, 0), n.unsqueeze(weight, {3}));
}

/// [rois, ys, xs, channels] as [rois, bins, samples, bins, samples, channels].
Value RoiAligner::inBins(Value points) {
  return n.reshape(points, {n.dim(points, 0), height, gridH, width, gridW,
                            n.dim(points, 3)});
}

/// Whether a point is a sample of its region: null where all are.
Value RoiAligner::isCounted(const RoiPoints &ys, const RoiPoints &xs) {
  if (!ys.isSample)
    return {};
  return n.unsqueeze(n.logicalAnd(n.unsqueeze(ys.isSample, {2}),
                                  n.unsqueeze(xs.isSample, {1})),
                     {3});
}

Value RoiAligner::average(const RoiPoints &ys, const RoiPoints &xs) {
  Value sum;
  for (int i = 0; i < 4; ++i) {
    Value term = at(ys, xs, i & 2, i & 1);
    sum = sum ? n.add(sum, term) : term;
  }
  if (Value counted = isCounted(ys, xs))
    sum = n.select(counted, sum, n.scalar(0, type));
  sum = n.reduce(ReduceKind::Sum, inBins(sum), {2, 4}, /*keepDims=*/false);
  if (ratio > 0)
    return n.div(sum, double(ratio) * double(ratio));
  Value count = n.max(n.mul(ys.count, xs.count), 1.0);
  return n.div(sum, n.unsqueeze(count, {1, 2, 3}));
}

/// The operator's definition: the greatest of the weighed neighbours, not of
/// the interpolated points.
Value RoiAligner::greatest(const RoiPoints &ys, const RoiPoints &xs) {
  Value most;
  for (int i = 0; i < 4; ++i) {
    Value term = at(ys, xs, i & 2, i & 1);
    most = most ? n.max(most, term) : term;
  }
  if (Value counted = isCounted(ys, xs))
    most = n.select(counted, most, n.scalar(-INFINITY, type));
  return n.reduce(ReduceKind::Max, inBins(most), {2, 4}, /*keepDims=*/false);
}

void RoiAligner::run() {
  std::string mode = n.attrString("mode", "avg");
  if (mode != "avg" && mode != "max")
    n.error() << "has mode '" << mode << "', expected avg or max";
  if (n.rank(x) != 4 && !n.failed)
    n.error() << "has an operand of rank " << n.rank(x) << ", expected 4";
  if (n.failed)
    return;
  gridH = samples(0, height);
  gridW = samples(1, width);
  RoiPoints ys = points(0, height, gridH), xs = points(1, width, gridW);
  Value last = n.transpose(x, {0, 2, 3, 1});
  rows = n.reshape(last, {n.dim(x, 0) * n.dim(x, 2) * n.dim(x, 3), n.dim(x, 1)});
  Value y = mode == "avg" ? average(ys, xs) : greatest(ys, xs);
  n.set(0, n.castLike(n.transpose(y, {0, 3, 1, 2}), n.in(0)));
}

static void importRoiAlign(Node &n) { RoiAligner(n).run(); }

//===----------------------------------------------------------------------===//
// Col2Im
//===----------------------------------------------------------------------===//

static Ints attrOr(Node &n, llvm::StringRef name, size_t count, int64_t value) {
  return n.hasAttr(name) ? n.attrInts(name) : Ints(count, value);
}

/// The sum of overlapping blocks is a transposed convolution whose channels are
/// the positions in a block, each with a kernel of one 1.
static void importCol2Im(Node &n) {
  Value x = n.in(0);
  Ints image = n.needInts(1, "image_shape"), block = n.needInts(2, "block_shape");
  size_t r = image.size();
  Ints strides = attrOr(n, "strides", r, 1), dilations = attrOr(n, "dilations", r, 1);
  Ints pads = attrOr(n, "pads", 2 * r, 0);
  if (!n.failed && (block.size() != r || strides.size() != r ||
                    dilations.size() != r || pads.size() != 2 * r))
    n.error() << "has attributes of different ranks, expected " << r;
  for (const Ints *numbers : {&image, &block, &strides, &dilations, &pads})
    for (int64_t number : *numbers)
      if (number < 0 || number > INT32_MAX)
        n.error() << "has the size " << number
                  << ", expected one of 0 or more and of 32 bits";
  if (n.failed)
    return;
  DimExpr positions = 1;
  Dims columns;
  Ints rest;
  for (size_t i = 0; i < r; ++i) {
    positions *= block[i];
    int64_t room = image[i] + pads[i] + pads[i + r] -
                   dilations[i] * (block[i] - 1) - 1;
    if (block[i] <= 0 || strides[i] <= 0 || room < 0) {
      n.error() << "has a block that does not fit its image";
      return;
    }
    columns.push_back(room / strides[i] + 1);
    rest.push_back(room % strides[i]);
  }
  DimExpr channels = DimExpr::floorDiv(n.dim(x, 1), positions);
  Dims blocks{n.dim(x, 0) * channels, positions};
  blocks.append(columns);
  // Row i of the identity, as a block.
  Value rowOf = n.iota({positions, 1}, 0, n.i64());
  Value columnOf = n.iota({1, positions}, 1, n.i64());
  Value kernels = n.castLike(n.compare<EqOp>(rowOf, columnOf), x);
  Dims kernelDims{positions, 1}, dst{n.dim(x, 0), channels};
  kernelDims.append(block.begin(), block.end());
  dst.append(image.begin(), image.end());
  Value y = n.result(ConvTransposeOp::create(
      n.builder, n.loc, unrankedLike(x), n.reshape(x, blocks),
      n.reshape(kernels, kernelDims), Value(), strides, dilations,
      llvm::ArrayRef<int64_t>(pads).take_front(r),
      llvm::ArrayRef<int64_t>(pads).drop_front(r), rest, /*groups=*/1));
  n.set(0, n.reshape(y, dst));
}

//===----------------------------------------------------------------------===//
// AffineGrid
//===----------------------------------------------------------------------===//

/// Positions along an axis of the image, from -1 to 1.
static Value gridPositions(Node &n, const DimExpr &size, Type type) {
  Value at = n.range(size, type), count = n.dimScalar(size, type);
  if (n.attrInt("align_corners", 0)) {
    if (size == DimExpr(1))
      return n.mul(at, 0.0);
    Value steps = n.max(n.sub(count, 1.0), 1.0);
    return n.sub(n.div(n.mul(at, 2.0), steps), 1.0);
  }
  return n.sub(n.div(n.add(n.mul(at, 2.0), 1.0), count), 1.0);
}

/// theta times the homogeneous position of each pixel, x first.
static void importAffineGrid(Node &n) {
  Value theta = n.in(0);
  Dims size = n.needDims(1, "size");
  if (n.failed)
    return;
  int64_t r = int64_t(size.size()) - 2;
  if (r != 2 && r != 3) {
    n.error() << "has a size of " << size.size() << " numbers, expected 4 or 5";
    return;
  }
  Type type = n.elementType(theta);
  Ints inner; // axes of the grid, and that of coordinates
  for (int64_t i = 1; i <= r; ++i)
    inner.push_back(i);
  auto column = [&](int64_t k) { return n.unsqueeze(n.select(theta, 2, k), inner); };
  Value grid = column(r);
  for (int64_t k = 0; k < r; ++k) {
    // Coordinate k belongs to the k-th axis from the end.
    Dims dims(r + 2, 1);
    dims[r - k] = size[r + 1 - k];
    Value at = n.reshape(gridPositions(n, size[r + 1 - k], type), dims);
    grid = n.add(grid, n.mul(column(k), at));
  }
  Dims dst{n.dim(theta, 0)};
  dst.append(size.begin() + 2, size.end());
  dst.push_back(r);
  n.set(0, n.expand(grid, dst));
}

//===----------------------------------------------------------------------===//
// ImageDecoder
//===----------------------------------------------------------------------===//

static void importImageDecoder(Node &n) {
  std::string format = n.attrString("pixel_format", "RGB");
  auto attrs = n.builder.getDictionaryAttr({n.builder.getNamedAttr(
      "pixel_format", n.builder.getStringAttr(format))});
  Type type = n.unranked(n.builder.getIntegerType(8, /*isSigned=*/false));
  n.set(0, n.result(HostOp::create(n.builder, n.loc, TypeRange(type),
                                   "image_decoder", ValueRange(n.in(0)), attrs)));
}

static const OpRow rows[] = {
    {"RoiAlign", importRoiAlign, 3, 3},
    {"Col2Im", importCol2Im, 3, 3},
    {"AffineGrid", importAffineGrid, 2, 2},
    {"ImageDecoder", importImageDecoder},
};

OpRows lz::onnximport::imageOps() { return rows; }
