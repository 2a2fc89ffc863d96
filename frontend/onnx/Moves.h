//===- Moves.h - Moving elements, whatever they are -------------*- C++ -*-===//
//
// Internal. What operators that pick and place elements share: kernels move
// numbers only, strings are moved by their positions.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_MOVES_H
#define LAZULI_FRONTEND_ONNX_MOVES_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// The positions of `x`'s elements in row-major order, in its shape (i64).
mlir::Value positionsOf(Node &n, mlir::Value x);

/// The strings of `x` at `positions`, in the shape of these.
mlir::Value pickStrings(Node &n, mlir::Value x, mlir::Value positions);

/// Strings joined along an axis.
mlir::Value concatStrings(Node &n, llvm::ArrayRef<mlir::Value> xs,
                          int64_t axis);

/// `move(x)`, where `move` builds operations that only move elements of x.
template <typename Move>
mlir::Value moved(Node &n, mlir::Value x, Move move) {
  if (n.failed || !n.isString(x))
    return move(x);
  return pickStrings(n, x, move(positionsOf(n, x)));
}

/// Tensors joined along an axis, of strings too.
mlir::Value join(Node &n, llvm::ArrayRef<mlir::Value> xs, int64_t axis);

/// A symbol called `what` that a run sets to the i64 scalar `value`.
DimExpr defineDim(Node &n, mlir::Value value, llvm::StringRef what);

/// Negative indices counted from the front of an axis of `size`.
mlir::Value wrapIndices(Node &n, mlir::Value indices, const DimExpr &size);

/// A tensor of one element as a scalar.
mlir::Value toScalar(Node &n, mlir::Value x);

/// The product of dimensions.
DimExpr product(llvm::ArrayRef<DimExpr> dims);

/// A tensor of rank 1 that lies along `axis` of `rank`.
mlir::Value along(Node &n, mlir::Value vector, int64_t axis, int64_t rank);

/// 0, 1, ..., n - 1.
Ints countTo(int64_t n);

/// The end of any axis.
constexpr int64_t kToEnd = INT64_MAX;

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_MOVES_H
