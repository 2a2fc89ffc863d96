//===- Expressions.cpp - Dimension expressions and symbols of a program ---===//
//
// The runtime evaluates an expression from its postfix steps; the numbers of
// the operators are those of DimExpr::Op.
//
//===----------------------------------------------------------------------===//

#include "backends/emit/Expressions.h"

using namespace lz;

static_assert(static_cast<int>(DimExpr::Op::Max) == fmt::ExprOp_Max &&
                  static_cast<int>(DimExpr::Op::Const) == fmt::ExprOp_Constant,
              "the artifact numbers operators as DimExpr does");

uint32_t ExpressionTable::addSymbol(const fmt::SymbolT &symbol) {
  auto [it, isNew] = symbols.try_emplace(symbol.name, program.symbols.size());
  if (isNew)
    program.symbols.push_back(std::make_unique<fmt::SymbolT>(symbol));
  return it->second;
}

uint32_t ExpressionTable::add(const DimExpr &expr) {
  auto [it, isNew] = exprs.try_emplace(expr.str(), program.exprs.size());
  if (!isNew)
    return it->second;
  auto entry = std::make_unique<fmt::ExprT>();
  for (const DimExpr::Step &step : expr.postfix()) {
    int64_t value = step.value;
    if (step.op == DimExpr::Op::Symbol) {
      // Of one that nothing declares is known what holds for every dimension.
      fmt::SymbolT undeclared;
      undeclared.name = step.symbol;
      undeclared.kind = fmt::SymbolKind_Dynamic;
      undeclared.max = std::numeric_limits<int64_t>::max();
      value = addSymbol(undeclared);
    }
    entry->steps.emplace_back(static_cast<fmt::ExprOp>(step.op), value);
  }
  program.exprs.push_back(std::move(entry));
  return it->second;
}

std::vector<uint32_t> ExpressionTable::add(llvm::ArrayRef<DimExpr> exprs) {
  std::vector<uint32_t> numbers;
  for (const DimExpr &expr : exprs)
    numbers.push_back(add(expr));
  return numbers;
}
