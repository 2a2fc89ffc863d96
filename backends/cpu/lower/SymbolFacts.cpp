//===- SymbolFacts.cpp - What a module says of its dimensions -------------===//
//
// See SymbolFacts.h.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/SymbolFacts.h"

#include "ir/LzOps.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace lz::cpu {

DimFacts readSymbolFacts(Operation *op) {
  DimFacts facts;
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  if (!module)
    return facts;
  for (auto symbol : module.getOps<SymbolOp>()) {
    SymbolFacts known;
    known.min = symbol.getMin();
    known.max = symbol.getMax();
    known.divisor = symbol.getDivisor();
    facts.setFacts(symbol.getName().str(), known);
  }
  return facts;
}

} // namespace lz::cpu
