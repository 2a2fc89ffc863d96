//===- Resize.h - One axis of an image in another size ----------*- C++ -*-===//
//
// Internal. Interpolation is separable: Resize goes axis by axis.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_RESIZE_H
#define LAZULI_FRONTEND_ONNX_RESIZE_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

enum class ResizeMode { Nearest, Linear, Cubic };

/// One axis of a Resize.
struct ResizedAxis {
  int64_t axis;
  DimExpr size;                      ///< of the result
  std::optional<double> scale;       ///< absent: size / size of the operand
  double roiStart = 0, roiEnd = 1;
};

/// The attributes of a Resize.
struct ResizeForm {
  ResizeMode mode = ResizeMode::Nearest;
  std::string transformation, nearest;
  double cubicA = -0.75, extrapolation = 0;
  bool antialias = false, excludeOutside = false;
  /// Nearest is ceil along axes that shrink (version 10).
  bool ceilsShrunk = false;
};

/// `x` with that axis resized; low-precision elements were widened before.
mlir::Value resizeAxis(Node &n, const ResizeForm &form, const ResizedAxis &axis,
                       mlir::Value x);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_RESIZE_H
