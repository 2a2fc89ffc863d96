//===- Shapes.cpp ---------------------------------------------------------===//
//
// See Shapes.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Shapes.h"

#include "ir/Diagnostics.h"

#include <set>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;

LogicalResult Shapes::infer(Operation *op) {
  noteDefinitions(op);
  // Each start anew has made another symbol for a dimension of a loop.
  do {
    restart = false;
    if (failed(inferOp(op, *this)))
      return failure();
  } while (restart);
  return success();
}

lz::TensorType Shapes::getType(Value value) {
  return llvm::dyn_cast<lz::TensorType>(value.getType());
}

void Shapes::setType(Value result, lz::TensorType type) {
  lz::TensorType known = getType(result);
  // A rank once known stays known.
  if (known && known.hasRank() && !type.hasRank() &&
      known.getElementType() == type.getElementType())
    return;
  result.setType(type);
}

std::optional<llvm::SmallVector<DimExpr>> Shapes::getContents(Value value) {
  auto it = contents.find(value);
  if (it == contents.end())
    return std::nullopt;
  return it->second;
}

LogicalResult Shapes::requireEqual(Operation *op, const DimExpr &a,
                                   const DimExpr &b, const llvm::Twine &what) {
  if (a == b || dimFacts.equal(a, b) != DimFacts::Truth::False)
    return success();
  return emitUserError(op) << what << " must agree, found " << a.str()
                           << " and " << b.str();
}

void Shapes::setValueType(Value result, Type type) {
  if (auto tensor = llvm::dyn_cast<lz::TensorType>(type))
    setType(result, tensor);
  else
    result.setType(type);
}

//===----------------------------------------------------------------------===//
// Symbols that operations define
//===----------------------------------------------------------------------===//

void Shapes::noteDefinitions(Operation *op) {
  for (llvm::StringRef symbol : getDefinedSymbols(op))
    definers[symbol] = {op, false};
  for (llvm::StringRef symbol : getIterationSymbols(op))
    definers[symbol] = {op, true};
}

static llvm::StringRef nameOf(Operation *op) {
  if (auto name = llvm::dyn_cast<NameLoc>(op->getLoc()))
    return name.getName();
  return op->getName().stripDialect();
}

std::optional<DimExpr> Shapes::define(Operation *op, llvm::StringRef what,
                                      bool perIteration) {
  std::string &symbol = definitions[{op, what.str()}];
  if (!symbol.empty())
    return DimExpr::symbol(symbol);
  symbol = makeSymbol((nameOf(op) + "." + what).str());
  if (perIteration)
    addIterationSymbol(op, symbol);
  else
    addDefinedSymbol(op, symbol);
  definers[symbol] = {op, perIteration};
  restart |= perIteration;
  return DimExpr::symbol(symbol);
}

std::optional<DimExpr> Shapes::findDefined(Operation *op,
                                           llvm::StringRef what) {
  auto it = definitions.find({op, what.str()});
  if (it == definitions.end())
    return std::nullopt;
  return DimExpr::symbol(it->second);
}

bool Shapes::isKnownInsideOnly(Operation *op, const DimExpr &expr) {
  std::set<std::string> names;
  expr.collectSymbols(names);
  return llvm::any_of(names, [&](const std::string &name) {
    auto it = definers.find(name);
    if (it == definers.end())
      return false;
    auto [definer, perIteration] = it->second;
    return definer == op ? perIteration : op->isProperAncestor(definer);
  });
}

/// Addresses are used again, so nothing may stay behind.
void Shapes::forget(Operation *op, bool keepIterates) {
  for (Value result : op->getResults())
    contents.erase(result);
  for (Region &region : op->getRegions())
    for (Block &block : region)
      for (Value argument : block.getArguments())
        contents.erase(argument);
  auto drop = [&](llvm::StringRef symbol) {
    definers.erase(symbol);
    dropSymbol(symbol);
  };
  llvm::for_each(getDefinedSymbols(op), drop);
  if (!keepIterates)
    llvm::for_each(getIterationSymbols(op), drop);
  auto it = definitions.lower_bound({op, std::string()});
  while (it != definitions.end() && it->first.first == op)
    it = definitions.erase(it);
}

void Shapes::discard(Operation *op, bool keepIterates) {
  op->walk([&](Operation *inner) {
    forget(inner, inner == op && keepIterates);
  });
  op->erase();
}
