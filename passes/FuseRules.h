// What lz-fuse must know of ops: which compute, which of them may share a loop
// nest with what, and which cost nothing to repeat. A new op is classified here
// only if it is neither elementwise nor content with a kernel of its own.

#ifndef LAZULI_PASSES_FUSERULES_H
#define LAZULI_PASSES_FUSERULES_H

#include "ir/LzOps.h"

namespace lz {

/// Must end up in a region: everything but views, globals, constants, checks.
bool isComputing(mlir::Operation *op);

/// Computes each element of its one result from the elements at that place.
bool isElementwise(mlir::Operation *op);

/// May be a primitive of a library.
bool isDense(mlir::Operation *op);

/// Elementwise ops on its result may follow it in one kernel.
bool acceptsEpilog(mlir::Operation *op);

/// Elementwise ops on its first operand may precede it in one kernel.
bool acceptsProlog(mlir::Operation *op);

/// Its operands' rows, along the last axis, may lie anywhere in memory.
bool readsRowsAnywhere(mlir::Operation *op);

/// Moves or leaves out rows of its operand, but nothing within a row.
bool keepsRows(mlir::Operation *op);

/// Reads the parts of an image that `producer` puts side by side where they are.
bool readsChannelsApart(mlir::Operation *op, mlir::Operation *producer);

/// A product whose rows are those of its first operand times one matrix.
bool isProductOfRows(mlir::Operation *op);

/// Of several candidates the one to fuse with: the greatest.
int rankAsRoot(mlir::Operation *op);

/// Counters, constants of one value, and casts of one element: made anew in
/// every kernel that needs them.
bool isCheapToRepeat(mlir::Operation *op);

/// The same dimensions; element types may differ.
bool haveSameShape(TensorType a, TensorType b);

/// Exactly one element, known now.
bool isOneElement(TensorType type);

/// Makes the regions of lz.if and lz.loop ready to be fused by themselves: gives
/// them copies of what is cheap to repeat, and makes checks that only they are to
/// run, and that a run could not tell by a symbol of theirs, computations.
void prepareRegions(FuncOp function);

/// Whether a write lies between `op` and `to` to a state that `op` reads: it must not be moved there.
bool crossesWrite(mlir::Operation *op, mlir::Operation *to);

/// One op uses the value, maybe as several operands.
bool hasOneUser(mlir::Value value);

} // namespace lz

#endif // LAZULI_PASSES_FUSERULES_H
