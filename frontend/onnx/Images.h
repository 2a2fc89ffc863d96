//===- Images.h - What operators on images share ----------------*- C++ -*-===//
//
// Internal. Which type pixels are weighed in, and how they come back from it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_IMAGES_H
#define LAZULI_FRONTEND_ONNX_IMAGES_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// As f32, or f64 where f32 does not hold all values.
mlir::Value widenPixels(Node &n, mlir::Value x);

/// Back to `type`; integers are rounded (half to even) and saturate.
mlir::Value narrowPixels(Node &n, mlir::Value x, mlir::Type type);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_IMAGES_H
