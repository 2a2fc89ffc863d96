//===- Guards.h - where a guard is checked ----------------------*- C++ -*-===//
//
// A run checks a guard once it knows all symbols. That is right for the guards
// of a function's own block, and for those of a region over a symbol that the
// region itself defines; all others must be computed where they stand.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_GUARDS_H
#define LAZULI_IR_GUARDS_H

#include "ir/LzOps.h"

namespace lz {

/// True if it is enough to check the guard when its symbols are known.
inline bool isCheckedByItself(GuardOp guard) {
  mlir::Block *block = guard->getBlock();
  if (llvm::isa<FuncOp>(block->getParentOp()))
    return true;
  std::set<std::string> names;
  guard.getLhs().getValue().collectSymbols(names);
  guard.getRhs().getValue().collectSymbols(names);
  auto isNamed = [&](llvm::StringRef symbol) { return names.count(symbol.str()) != 0; };
  if (llvm::any_of(getIterationSymbols(block->getParentOp()), isNamed))
    return true;
  return llvm::any_of(*block, [&](mlir::Operation &op) {
    return llvm::any_of(getDefinedSymbols(&op), isNamed);
  });
}

} // namespace lz

#endif // LAZULI_IR_GUARDS_H
