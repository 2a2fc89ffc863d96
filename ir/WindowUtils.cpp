//===- WindowUtils.cpp - windows over spatial axes ------------------------===//
//
// See WindowUtils.h.
//
//===----------------------------------------------------------------------===//

#include "ir/WindowUtils.h"

using namespace mlir;
using namespace lz;

DimExpr Window::extent() const {
  return (kernel - DimExpr(1)) * DimExpr(dilation) + DimExpr(1);
}

DimExpr Window::paddedSize(const DimExpr &size) const {
  return size + DimExpr(padBegin) + DimExpr(padEnd);
}

DimExpr Window::outputSize(const DimExpr &size) const {
  return DimExpr::floorDiv(paddedSize(size) - extent(), stride) + DimExpr(1);
}

DimExpr Window::outputSizeCeil(const DimExpr &size) const {
  DimExpr windows =
      DimExpr::ceilDiv(paddedSize(size) - extent(), stride) + DimExpr(1);
  // A window starts inside: (windows - 1) * stride < size + padBegin.
  DimExpr inside = DimExpr::ceilDiv(size + DimExpr(padBegin), stride);
  return DimExpr::min(windows, inside);
}

DimExpr Window::transposedSize(const DimExpr &size) const {
  return (size - DimExpr(1)) * DimExpr(stride) - DimExpr(padBegin) -
         DimExpr(padEnd) + extent();
}

LogicalResult lz::verifyWindow(Operation *op, StringRef name,
                               ArrayRef<int64_t> values, size_t rank,
                               int64_t least) {
  if (values.size() != rank)
    return op->emitOpError() << "has " << values.size() << " " << name
                             << ", expected one per spatial axis (" << rank
                             << ")";
  for (int64_t value : values)
    if (value < least)
      return op->emitOpError() << "has " << value << " in " << name
                               << ", expected " << least << " or more";
  return success();
}

LogicalResult lz::checkImageRank(Infer &infer, Value src, int64_t spatial) {
  int64_t rank = infer.rank(src);
  if (rank == spatial + 1 || rank == spatial + 2)
    return success();
  return infer.error() << "expected " << spatial + 1 << "D (unbatched) or "
                       << spatial + 2 << "D (batched) input, got input of size "
                       << shapeText(infer.shape(src));
}

LogicalResult lz::checkWindow(Infer &infer, const Window &window,
                              const DimExpr &size, int64_t spatialAxis) {
  DimExpr padded = window.paddedSize(size);
  if (!infer.provenGreater(window.extent(), padded))
    return success();
  return infer.error() << "kernel is larger than the padded input on spatial "
                          "axis "
                       << spatialAxis << ": kernel size "
                       << window.kernel.str() << " (dilated "
                       << window.extent().str() << "), padded input size "
                       << infer.simplify(padded).str();
}

LogicalResult lz::slideWindows(Infer &infer, Dims &image,
                               llvm::function_ref<Window(int64_t axis)> window) {
  for (int64_t axis = 0; axis + 2 < int64_t(image.size()); ++axis) {
    DimExpr &size = image[1 + axis];
    if (failed(checkWindow(infer, window(axis), size, axis)))
      return failure();
    size = window(axis).outputSize(size);
  }
  return success();
}
