//===- Products.h - What the files of products share ------------*- C++ -*-===//
//
// Internal.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_PRODUCTS_H
#define LAZULI_FRONTEND_ONNX_PRODUCTS_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// Einsum, which has a file of its own.
void importEinsum(Node &n);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_PRODUCTS_H
