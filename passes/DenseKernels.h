// What passes share that make generated kernels of dense ops: which ops have the form that
// kernels take, and how such an op gives way.

#ifndef LAZULI_PASSES_DENSEKERNELS_H
#define LAZULI_PASSES_DENSEKERNELS_H

#include "ir/LzOps.h"

#include "mlir/IR/Builders.h"

namespace lz {

/// An f32 source of known rank, and weights of known shape that runs do not change.
bool hasKernelForm(mlir::Value src, mlir::Value weights);

/// Whether each of the strides, dilations or paddings is `value`.
bool areAll(llvm::ArrayRef<int64_t> values, int64_t value);

/// `op` gives way to `kernel`, made because of `why`, plus `bias` if there is one, in the
/// shape of its result.
void replaceByKernel(mlir::OpBuilder &builder, mlir::Operation *op, mlir::Value kernel,
                     const llvm::Twine &why, mlir::Value bias = nullptr);

} // namespace lz

#endif // LAZULI_PASSES_DENSEKERNELS_H
