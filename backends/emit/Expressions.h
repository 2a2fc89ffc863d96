//===- Expressions.h - Dimension expressions and symbols of a program -----===//
//
// Numbers symbols and expressions as the artifact wants them, each once.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_EMIT_EXPRESSIONS_H
#define LAZULI_BACKENDS_EMIT_EXPRESSIONS_H

#include "ir/dim/DimExpr.h"
#include "runtime/format/program_generated.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"

namespace lz {

class ExpressionTable {
public:
  explicit ExpressionTable(fmt::ProgramT &program) : program(program) {}

  /// Adds the symbol; a second one of the same name is the same symbol.
  uint32_t addSymbol(const fmt::SymbolT &symbol);

  /// The number of `expr` in the program. Symbols it names that were not added
  /// are: as dynamic ones of any size.
  uint32_t add(const DimExpr &expr);
  std::vector<uint32_t> add(llvm::ArrayRef<DimExpr> exprs);

private:
  fmt::ProgramT &program;
  llvm::StringMap<uint32_t> symbols;
  llvm::StringMap<uint32_t> exprs;
};

} // namespace lz

#endif // LAZULI_BACKENDS_EMIT_EXPRESSIONS_H
