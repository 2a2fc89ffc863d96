//===- SmallFloats.h - Floats of eight and four bits ------------*- C++ -*-===//
//
// Internal. No kernel computes with them: they are codes in u8. What a code
// means stands in a table, what a number's code is follows from arithmetic.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_SMALLFLOATS_H
#define LAZULI_FRONTEND_ONNX_SMALLFLOATS_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// True for float8e4m3fn and its like, false for small integers.
bool isSmallFloat(const ElementInfo &element);

/// Codes (u8) to floats of `type`.
mlir::Value decodeSmallFloat(Node &n, mlir::Value codes,
                             const ElementInfo &element, mlir::Type type);

/// Floats to codes, rounded to nearest, ties to even. What is out of range
/// becomes the greatest finite number if `saturate`, else infinity or NaN.
/// `roundMode` (up, down, nearest) is for float8e8m0 only.
mlir::Value encodeSmallFloat(Node &n, mlir::Value x, const ElementInfo &element,
                             bool saturate, llvm::StringRef roundMode);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_SMALLFLOATS_H
