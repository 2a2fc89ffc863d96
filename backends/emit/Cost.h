//===- Cost.h - What an instruction computes and moves --------------------===//
//
// The numbers behind GFLOP/s and GB/s, as expressions of the program's sizes. One
// rule per family of operations, for every backend alike.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_EMIT_COST_H
#define LAZULI_BACKENDS_EMIT_COST_H

#include "ir/LzOps.h"

namespace lz {

/// Operations on numbers that `op` asks for, as they are counted in the field: a
/// product and a sum are two, a function of an element is one, moving data none. An
/// algorithm that does with fewer (Winograd) is not credited. Overflow where a rank
/// is unknown.
DimExpr getFlops(mlir::Operation *op);

/// The sum over the body of a fused region.
DimExpr getFlops(FusedOp op);

/// Bytes of a tensor, dense; a boolean is one byte.
DimExpr getBytes(TensorType type);

/// Bytes of all inputs and outputs, each counted once; of an input that a
/// gather or a slice reads, those that it reads.
DimExpr getBytes(FusedOp op);

} // namespace lz

#endif // LAZULI_BACKENDS_EMIT_COST_H
