//===- Matmul.h - products that several families use ------------*- C++ -*-===//
//
// What matmul, linear, attention and convolution share.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_MATMUL_H
#define LAZULI_BACKENDS_CPU_LOWER_MATMUL_H

#include "backends/cpu/lower/Lowering.h"

namespace lz::cpu {

/// What sums of products of such elements accumulate in.
mlir::Type productType(mlir::Type element);

/// The product with a broadcast bias added, in the given element type.
Tensor finishProduct(Lowering &l, const Tensor &product,
                     const std::optional<Tensor> &bias, mlir::Type element);

/// [..., m, k] x [..., k, n] -> [batch..., m, n] accumulated in `element`; the
/// leading axes of both broadcast to `batch`.
Tensor batchedProduct(Lowering &l, const Tensor &lhs, const Tensor &rhs,
                      const Dims &batch, mlir::Type element);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_MATMUL_H
