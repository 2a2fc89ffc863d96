//===- RecurrentCells.h - what a recurrent cell computes of its gates -----===//
//
// One hidden unit of one sequence: the same formulas for layers that compute a whole
// sequence at a time and for those that compute a step at a time.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_RECURRENTCELLS_H
#define LAZULI_BACKENDS_CPU_LOWER_RECURRENTCELLS_H

#include "backends/cpu/lower/Scalars.h"
#include "ir/LzOps.h"

namespace lz::cpu {

/// The next state and, for lstm, the next cell. `ofInput` and `ofState` are what the two
/// products and their biases give each gate; `h` and `c` (lstm only) the values before.
llvm::SmallVector<mlir::Value> emitCell(Scalars &s, RecurrentMode mode,
                                        mlir::ValueRange ofInput, mlir::ValueRange ofState,
                                        mlir::Value h, mlir::Value c);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_RECURRENTCELLS_H
