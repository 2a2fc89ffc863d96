//===- Windows.h - Windows of convolutions and pooling ----------*- C++ -*-===//
//
// Internal. kernel_shape, strides, dilations, pads and auto_pad as one
// structure; padding that the dialect's ops cannot express is made here.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_WINDOWS_H
#define LAZULI_FRONTEND_ONNX_WINDOWS_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// One entry per spatial axis throughout.
struct Windows {
  Ints kernel; ///< empty where neither attribute nor weights tell it
  Ints strides, dilations;
  Ints begin, end; ///< the padding, once resolved
  std::string autoPad;

  size_t size() const { return strides.size(); }
  /// The dilated kernel along axis `i`.
  int64_t extent(size_t i) const { return (kernel[i] - 1) * dilations[i] + 1; }
  bool isPadded() const;
};

/// The attributes of the node for an input of that many spatial axes;
/// `weights` (or null) give the kernel where the attribute is absent.
Windows readWindows(Node &n, int64_t spatial, mlir::Value weights);

/// Turns auto_pad into begin and end for x, (N, C, *spatial). Padding that
/// depends on a dimension yet unknown is added to x itself, as elements of
/// `value`, and begin and end stay 0; `padded` (if not null) says so.
mlir::Value resolvePads(Node &n, mlir::Value x, Windows &windows, double value,
                        bool *padded = nullptr);

/// Adds the padding of `windows` to x as elements, which then is 0.
mlir::Value padExplicitly(Node &n, mlir::Value x, Windows &windows,
                          double value);

/// Adds `begin` and `end` elements of `value` along `axis`; neither negative.
mlir::Value padAxis(Node &n, mlir::Value x, int64_t axis, const DimExpr &begin,
                    const DimExpr &end, double value);

/// A vector of channels, ready to broadcast with a tensor of `rank` whose axis 1
/// is the channels.
mlir::Value alongChannels(Node &n, mlir::Value x, int64_t rank);

/// The product of all dimensions.
DimExpr productOf(llvm::ArrayRef<DimExpr> dims);

/// DeformConv, which has a file of its own.
void importDeformConv(Node &n);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_WINDOWS_H
