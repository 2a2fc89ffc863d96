//===- WindowUtils.h - windows over spatial axes ----------------*- C++ -*-===//
//
// What convolutions and pooling share: sizes, padding, batched or not. Private
// to ir/.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_WINDOWUTILS_H
#define LAZULI_IR_WINDOWUTILS_H

#include "ir/InferUtils.h"

#include <limits>

namespace lz {

/// A window along one spatial axis.
struct Window {
  DimExpr kernel;
  int64_t stride, dilation, padBegin, padEnd;

  /// The extent of the dilated kernel.
  DimExpr extent() const;
  DimExpr paddedSize(const DimExpr &size) const;
  /// Positions of the window over an input of that size.
  DimExpr outputSize(const DimExpr &size) const;
  /// The same, rounded up: a last window may lie partly outside, but must not
  /// start in the end padding.
  DimExpr outputSizeCeil(const DimExpr &size) const;
  /// The input size for which `size` positions are fewest.
  DimExpr transposedSize(const DimExpr &size) const;
};

/// The list has `rank` entries, none less than `least`.
mlir::LogicalResult
verifyWindow(mlir::Operation *op, llvm::StringRef name,
             llvm::ArrayRef<int64_t> values, size_t rank,
             int64_t least = std::numeric_limits<int64_t>::min());

/// An error unless src has `spatial` + 2 axes or, unbatched, `spatial` + 1.
mlir::LogicalResult checkImageRank(Infer &infer, mlir::Value src,
                                   int64_t spatial);

/// An error if the window is proven to be larger than the padded input.
mlir::LogicalResult checkWindow(Infer &infer, const Window &window,
                                const DimExpr &size, int64_t spatialAxis);

/// The spatial axes of `image`, which is (N, *spatial, C), become the positions of the
/// `window` of each axis; an error as above.
mlir::LogicalResult slideWindows(Infer &infer, Dims &image,
                                 llvm::function_ref<Window(int64_t axis)> window);

} // namespace lz

#endif // LAZULI_IR_WINDOWUTILS_H
