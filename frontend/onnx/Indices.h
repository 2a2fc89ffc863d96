//===- Indices.h - Indices of several axes at once --------------*- C++ -*-===//
//
// Internal. What gathers and scatters by tuples of indices share.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_INDICES_H
#define LAZULI_FRONTEND_ONNX_INDICES_H

#include "frontend/onnx/Moves.h"

namespace lz::onnximport {

/// [..., k] indices of k axes of size `dims` as one row-major index each, which
/// is past the end where one of the k is outside its axis. Ahead of these axes may
/// stand `batch` axes more, which are those of `indices`: each entry of the batch
/// has indices of its own.
mlir::Value linearIndices(Node &n, mlir::Value indices,
                          llvm::ArrayRef<DimExpr> dims, size_t batch = 0);

/// The last dimension of `indices`; an error unless it is within [1, most].
int64_t indexDepth(Node &n, mlir::Value indices, int64_t most);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_INDICES_H
