//===- DepthwiseChoice.cpp - where lz.conv_depthwise wins -----------------===//
//
// Wherever vectors are full and the kernel's row fits the registers, since it then
// computes at nearly the machine's peak. A product that it reads or that reads it is part of its
// kernel where that keeps more from the third cache than is computed twice.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/DepthwiseChoice.h"

using namespace mlir;

namespace lz::cpu {

/// Taps of a row of the kernel: as many registers.
constexpr int64_t kMostTaps = 11;

std::optional<std::string> refusesDepthwise(ConvOp op) {
  auto weights = tensorType(op.getWeights()).getShape();
  if (weights[0].getConstant().value_or(0) < kDepthwiseLanes)
    return "its " + weights[0].str() + " channels do not fill a vector of " +
           std::to_string(kDepthwiseLanes);
  if (weights[3].getConstant().value_or(kMostTaps + 1) > kMostTaps)
    return "its kernel is " + weights[3].str() + " wide, which is more than " +
           std::to_string(kMostTaps) + " registers hold";
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Products before and after
//===----------------------------------------------------------------------===//

/// What a unit computes of the product stays in half a second cache, and what the product writes
/// and the convolution reads in a whole one.
constexpr int64_t kUnitBytes = int64_t(1) << 19, kCacheBytes = int64_t(1) << 20;

/// Results in a row, and factors of a product of it: these are read from the second cache row by row.
constexpr int64_t kFewestColumns = 16, kMostFactors = int64_t(1) << 14;

/// Units of all images, for threads to share.
constexpr int64_t kUnits = 16;

/// Terms of sums computed twice, per element of the product. Each costs 18 ps; to write an element
/// to the third cache and to read it takes 80 to 180 ps.
constexpr double kMostTwice = 4;

/// An unknown height is taken for the width.
static int64_t heightOf(ArrayRef<DimExpr> image) {
  return image[1].getConstant().value_or(*image[2].getConstant());
}

/// Rows of the source that so many rows of results read.
static int64_t rowsRead(ConvDepthwiseOp op, int64_t rows) {
  int64_t kernel = *tensorType(op.getWeights()).getDim(0).getConstant();
  return (rows - 1) * op.getStrides()[0] + (kernel - 1) * op.getDilations()[0] + 1;
}

/// As few vectors of channels as can be: more rows are computed once then.
DepthwiseUnit chooseDepthwiseUnit(ConvDepthwiseOp op) {
  auto src = tensorType(op.getSrc()).getShape(), dst = tensorType(op.getDst()).getShape();
  int64_t all = *src[3].getConstant();
  int64_t channels = all % kDepthwiseLanes ? all : kDepthwiseLanes;
  int64_t rowBytes = *src[2].getConstant() * channels * sizeof(float);
  int64_t most = 1, height = std::max<int64_t>(heightOf(dst), 1);
  while (most < height && rowsRead(op, most + 1) * rowBytes <= kUnitBytes)
    ++most;
  int64_t others = dst[0].getConstant().value_or(1) * (all / channels);
  int64_t strips = std::max(llvm::divideCeil(height, most),
                            llvm::divideCeil(kUnits, std::max<int64_t>(others, 1)));
  return {int64_t(llvm::divideCeil(height, strips)), channels};
}

/// Why an image between two ops costs nothing where it is.
static std::optional<std::string> refusesImage(ArrayRef<DimExpr> image) {
  if (llvm::is_contained(image.drop_front(), DimExpr(1)))
    return "an axis of the image between them has one element";
  int64_t bytes = image[0].getConstant().value_or(1) * heightOf(image) * sizeof(float);
  for (const DimExpr &dim : image.take_back(2))
    bytes *= *dim.getConstant();
  if (bytes <= kCacheBytes)
    return "the " + std::to_string(bytes) + " bytes between them stay in a cache";
  return std::nullopt;
}

std::optional<std::string> refusesFactor(ConvDepthwiseOp op, MatmulOp product) {
  auto dst = tensorType(op.getDst()).getShape();
  if (auto why = refusesImage(dst))
    return why;
  int64_t columns = *dst[2].getConstant();
  if (columns < kFewestColumns)
    return "rows of " + std::to_string(columns) + " results do not fill the registers";
  auto outputs = tensorType(product.getRhs()).getDim(1).getConstant();
  if (!outputs || *outputs * *dst[3].getConstant() > kMostFactors)
    return "the product has more factors than a cache keeps from row to row";
  return std::nullopt;
}

std::optional<std::string> refusesProduct(ConvDepthwiseOp op, MatmulOp product) {
  DimExpr terms = tensorType(product.getRhs()).getDim(0);
  if (auto why = refusesImage(tensorType(op.getSrc()).getShape()))
    return why;
  if (!terms.isConstant())
    return "the product has sums of unknown length";
  int64_t rows = chooseDepthwiseUnit(op).rows;
  int64_t read = rowsRead(op, rows), once = rows * op.getStrides()[0];
  double twice = std::max<double>(double(read) / once - 1, 0) * *terms.getConstant();
  if (rows < heightOf(tensorType(op.getDst()).getShape()) && twice > kMostTwice)
    return "of each " + std::to_string(read) + " rows of its source only " +
           std::to_string(once) + " would be computed once";
  return std::nullopt;
}

} // namespace lz::cpu
