// What passes read and write on lz.symbol, and substitution of symbols in every
// type and attribute of a module.

#ifndef LAZULI_PASSES_SYMBOLS_H
#define LAZULI_PASSES_SYMBOLS_H

#include "ir/LzOps.h"
#include "ir/dim/DimFacts.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace lz {

/// The declared range and divisor; a dynamic dimension without one is at least
/// 1, a lazy one at least 0.
SymbolFacts getFacts(SymbolOp symbol);
/// Declares range and divisor anew.
void setFacts(SymbolOp symbol, const SymbolFacts &facts);
/// What satisfies both; the range may come out empty.
SymbolFacts intersect(const SymbolFacts &a, const SymbolFacts &b);

/// The value of a solved lazy symbol (`lz.solution`).
std::optional<int64_t> getSolution(SymbolOp symbol);
/// Where it came from, in words (`lz.origin`).
std::string getSolutionOrigin(SymbolOp symbol);
void setSolution(SymbolOp symbol, int64_t value, llvm::StringRef origin);

/// What became of a lazy symbol, for reports.
struct SolvedSymbol {
  std::string name, module, field;
  int64_t value = 0;
  std::string origin;
};
/// The lazy symbols that lz-materialize replaced, in order of declaration.
llvm::SmallVector<SolvedSymbol> getSolvedSymbols(mlir::ModuleOp module);
/// Records the solved lazy symbols of `module` for getSolvedSymbols(), beside
/// those recorded before.
void recordSolvedSymbols(mlir::ModuleOp module);

/// `LazyLinear 'fc1'`, or the symbol's name in quotes where none is given.
std::string moduleText(SymbolOp symbol);
/// `in_features`, or `size` where none is given.
std::string fieldText(SymbolOp symbol);

/// `type` with every dimension mapped.
TensorType mapDims(TensorType type,
                   llvm::function_ref<DimExpr(const DimExpr &)> map);

/// The symbols that the result types and attributes of `op` mention.
std::set<std::string> findSymbols(mlir::Operation *op);

/// Replaces symbols in all types and attributes below `module`. Declarations
/// (lz.symbol) are not touched.
void substituteSymbols(mlir::ModuleOp module,
                       const std::map<std::string, DimExpr> &values);

} // namespace lz

#endif // LAZULI_PASSES_SYMBOLS_H
