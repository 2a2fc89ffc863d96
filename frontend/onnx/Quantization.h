//===- Quantization.h - Linear quantization ---------------------*- C++ -*-===//
//
// Internal. What quantized products and convolutions share with the operators of
// quantization.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_QUANTIZATION_H
#define LAZULI_FRONTEND_ONNX_QUANTIZATION_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// round(x) + zeroPoint (or null), saturated to [least, greatest], in `type`.
mlir::Value saturate(Node &n, mlir::Value x, mlir::Value zeroPoint,
                     double least, double greatest, mlir::Type type);

/// An integer sum times a float scale as an 8-bit integer `type`.
mlir::Value requantize(Node &n, mlir::Value sum, mlir::Value scale,
                       mlir::Value zeroPoint, mlir::Type type);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_QUANTIZATION_H
