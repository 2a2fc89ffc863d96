//===- Binding.cpp --------------------------------------------------------===//
//
// See Binding.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Binding.h"

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"

using namespace lz;
using namespace lz::rt;

namespace {

class Binder {
public:
  Binder(const fmt::Program &program, const EntryInfo &entry,
         const std::vector<std::vector<int64_t>> &dims)
      : program(program), entry(entry), dims(dims),
        symbols(count(program.symbols()), 0) {}

  StatusOr<std::vector<int64_t>> bind() {
    for (size_t i = 0; i < symbols.size(); ++i)
      if (getSymbol(i).min() == getSymbol(i).max())
        symbols[i] = getSymbol(i).min();
    for (const SymbolBinding &binding : entry.bindings) {
      int64_t found = dims[binding.input][binding.axis];
      symbols[binding.symbol] = found;
      LZ_RETURN_IF_ERROR(checkSymbol(binding, found));
    }
    for (size_t input = 0; input < entry.inputs.size(); ++input)
      for (size_t axis = 0; axis < dims[input].size(); ++axis)
        LZ_RETURN_IF_ERROR(checkDim(input, axis));
    for (const fmt::Guard *guard : entry.guards)
      LZ_RETURN_IF_ERROR(checkGuard(program, *guard, symbols));
    return std::move(symbols);
  }

private:
  const fmt::Symbol &getSymbol(size_t index) {
    return *program.symbols()->Get(static_cast<flatbuffers::uoffset_t>(index));
  }

  /// "input 'x': dimension 1".
  std::string describe(size_t input, size_t axis) {
    return concat("input ", quote(entry.inputs[input].name), ": dimension ",
                  axis);
  }

  /// " (its dimensions are [2, 5], expected [batch, 20])".
  std::string describeShape(size_t input) {
    std::string expected;
    for (const std::string &text : entry.inputs[input].dimsText)
      expected += concat(expected.empty() ? "" : ", ", text);
    return concat(" (its dimensions are ",
                  formatDims(dims[input].data(), dims[input].size()),
                  ", expected [", expected, "])");
  }

  Status checkSymbol(const SymbolBinding &binding, int64_t found) {
    const fmt::Symbol &symbol = getSymbol(binding.symbol);
    std::string expected = describeMismatch(symbol, found);
    if (expected.empty())
      return Status::success();
    return invalidArgument(concat(describe(binding.input, binding.axis), " (",
                                  quote(view(symbol.name())), ") is ", found,
                                  ", expected ", expected));
  }

  Status checkDim(size_t input, size_t axis) {
    int64_t found = dims[input][axis];
    const fmt::Value &value = *program.values()->Get(entry.inputs[input].value);
    const fmt::Expr &expr = *program.exprs()->Get(
        value.dims()->Get(static_cast<flatbuffers::uoffset_t>(axis)));
    StatusOr<int64_t> expected = evaluateExpr(expr, symbols.data());
    if (!expected.isOk())
      return expected.getStatus().withContext(describe(input, axis));
    if (*expected == found)
      return Status::success();
    std::string text =
        concat(describe(input, axis), " is ", found, ", expected ");
    if (!getConstant(expr))
      text += concat(entry.inputs[input].dimsText[axis], " = ");
    return invalidArgument(concat(text, *expected, describeShape(input)));
  }

  const fmt::Program &program;
  const EntryInfo &entry;
  const std::vector<std::vector<int64_t>> &dims;
  std::vector<int64_t> symbols;
};

} // namespace

std::string rt::describeMismatch(const fmt::Symbol &symbol, int64_t found) {
  if (found < symbol.min() || found > symbol.max())
    return symbol.max() == INT64_MAX
               ? concat("at least ", symbol.min())
               : concat(symbol.min(), " to ", symbol.max());
  if (found % symbol.divisor() != 0)
    return concat("a multiple of ", symbol.divisor());
  return "";
}

Status rt::checkGuard(const fmt::Program &program, const fmt::Guard &guard,
                      const std::vector<int64_t> &symbols) {
  const fmt::Expr &left = *program.exprs()->Get(guard.lhs());
  const fmt::Expr &right = *program.exprs()->Get(guard.rhs());
  LZ_ASSIGN_OR_RETURN(int64_t lhs, evaluateExpr(left, symbols.data()));
  LZ_ASSIGN_OR_RETURN(int64_t rhs, evaluateExpr(right, symbols.data()));
  if (lhs == rhs)
    return Status::success();
  return invalidArgument(concat(view(guard.message()), " (",
                                formatExpr(left, program), " is ", lhs, ", ",
                                formatExpr(right, program), " is ", rhs, ")"));
}

StatusOr<std::vector<int64_t>>
rt::bindSymbols(const fmt::Program &program, const EntryInfo &entry,
                const std::vector<std::vector<int64_t>> &dims) {
  return Binder(program, entry, dims).bind();
}
