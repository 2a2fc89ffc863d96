// Values in another shape or another order of axes, as passes need them.

#ifndef LAZULI_PASSES_VIEWS_H
#define LAZULI_PASSES_VIEWS_H

#include "ir/LzOps.h"

#include "mlir/IR/Builders.h"

namespace lz {

/// `value` in another shape of as many elements, by lz.reshape where it differs.
mlir::Value reshaped(mlir::OpBuilder &builder, mlir::Value value,
                     llvm::ArrayRef<DimExpr> shape);

/// Axis i is axis perm[i] of `value`, by lz.transpose where one moves.
mlir::Value transposed(mlir::OpBuilder &builder, mlir::Value value,
                       llvm::ArrayRef<int64_t> perm);

} // namespace lz

#endif // LAZULI_PASSES_VIEWS_H
