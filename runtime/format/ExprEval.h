//===- ExprEval.h - Values of dimension expressions
//-------------------------===//
//
// Evaluates an Expr (postfix steps) for given symbols, with the meaning that
// the compiler's dimension algebra has: exact 64-bit arithmetic, division
// rounded down, remainder with the sign of the divisor.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_FORMAT_EXPREVAL_H
#define LAZULI_RUNTIME_FORMAT_EXPREVAL_H

#include "runtime/base/Status.h"
#include "runtime/format/program_generated.h"

#include <cstdint>
#include <optional>
#include <string>

namespace lz::rt {

/// No expression may need a deeper stack; the reader refuses it.
constexpr unsigned maxExprDepth = 128;

/// Whether the steps are a well-formed postfix expression over `numSymbols`
/// symbols.
Status checkExpr(const fmt::Expr &expr, size_t numSymbols);

/// The value for `symbols[number of the symbol]`. The expression has passed
/// checkExpr. Fails with InvalidArgument on division by zero and on overflow.
StatusOr<int64_t> evaluateExpr(const fmt::Expr &expr, const int64_t *symbols);

/// The value, if no symbol occurs in it and it has one.
std::optional<int64_t> getConstant(const fmt::Expr &expr);

/// The symbol's number, if the expression is exactly one symbol.
std::optional<uint32_t> getSymbol(const fmt::Expr &expr);

/// For people: "batch", "2*n + 1", "min(a, 8)".
std::string formatExpr(const fmt::Expr &expr, const fmt::Program &program);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_FORMAT_EXPREVAL_H
