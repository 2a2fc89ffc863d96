//===- SymbolFacts.h - What a module says of its dimensions -----*- C++ -*-===//
//
// Ranges and divisors of the symbols that a module declares, as facts to decide
// by while lowering.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_SYMBOLFACTS_H
#define LAZULI_BACKENDS_CPU_LOWER_SYMBOLFACTS_H

#include "ir/dim/DimFacts.h"

#include "mlir/IR/Operation.h"

namespace lz::cpu {

/// The facts of the module that `op` is or stands in; none where there is none.
DimFacts readSymbolFacts(mlir::Operation *op);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_SYMBOLFACTS_H
