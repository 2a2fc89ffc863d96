//===- ExprEval.cpp -------------------------------------------------------===//
//
// See ExprEval.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/ExprEval.h"

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"

#include <vector>

using namespace lz;
using namespace lz::rt;

static bool isLeaf(uint8_t op) {
  return op == fmt::ExprOp_Constant || op == fmt::ExprOp_Symbol;
}

Status rt::checkExpr(const fmt::Expr &expr, size_t numSymbols) {
  unsigned depth = 0;
  for (const fmt::Step *step : items(expr.steps())) {
    if (step->op() > fmt::ExprOp_MAX)
      return dataLoss(concat("unknown operator ", int(step->op())));
    if (!isLeaf(step->op())) {
      if (depth < 2)
        return dataLoss("an operator lacks an operand");
      --depth;
      continue;
    }
    if (step->op() == fmt::ExprOp_Symbol &&
        static_cast<uint64_t>(step->value()) >=
            static_cast<uint64_t>(numSymbols))
      return dataLoss(concat("symbol ", step->value(), " of ", numSymbols));
    if (++depth > maxExprDepth)
      return dataLoss(concat("more than ", maxExprDepth, " pending operands"));
  }
  return depth == 1 ? Status::success() : dataLoss("not exactly one result");
}

/// lhs / rhs rounded down; rhs is not zero and the quotient fits.
static int64_t floorDivide(int64_t lhs, int64_t rhs) {
  int64_t quotient = lhs / rhs;
  return (lhs % rhs != 0 && (lhs < 0) != (rhs < 0)) ? quotient - 1 : quotient;
}

static bool divides(uint8_t op) {
  return op == fmt::ExprOp_FloorDiv || op == fmt::ExprOp_CeilDiv ||
         op == fmt::ExprOp_Mod;
}

/// One operator; false on overflow. A divisor is not zero here.
static bool apply(uint8_t op, int64_t lhs, int64_t rhs, int64_t &result) {
  if (divides(op) && rhs == -1) {
    // The one quotient that overflows is INT64_MIN / -1, and the CPU traps on
    // it.
    result = 0;
    return op == fmt::ExprOp_Mod ||
           !__builtin_sub_overflow(int64_t(0), lhs, &result);
  }
  switch (op) {
  case fmt::ExprOp_Add:
    return !__builtin_add_overflow(lhs, rhs, &result);
  case fmt::ExprOp_Mul:
    return !__builtin_mul_overflow(lhs, rhs, &result);
  case fmt::ExprOp_FloorDiv:
    result = floorDivide(lhs, rhs);
    return true;
  case fmt::ExprOp_CeilDiv:
    result = floorDivide(lhs, rhs) + (lhs % rhs != 0 ? 1 : 0);
    return true;
  case fmt::ExprOp_Mod:
    result = lhs % rhs;
    if (result != 0 && (result < 0) != (rhs < 0))
      result += rhs;
    return true;
  case fmt::ExprOp_Min:
    result = lhs < rhs ? lhs : rhs;
    return true;
  default:
    result = lhs < rhs ? rhs : lhs;
    return true;
  }
}

StatusOr<int64_t> rt::evaluateExpr(const fmt::Expr &expr,
                                   const int64_t *symbols) {
  int64_t stack[maxExprDepth];
  unsigned depth = 0;
  for (const fmt::Step *step : items(expr.steps())) {
    if (step->op() == fmt::ExprOp_Constant) {
      stack[depth++] = step->value();
      continue;
    }
    if (step->op() == fmt::ExprOp_Symbol) {
      stack[depth++] = symbols[step->value()];
      continue;
    }
    int64_t rhs = stack[--depth];
    int64_t &top = stack[depth - 1];
    if (rhs == 0 && divides(step->op()))
      return invalidArgument("division by zero in a dimension expression");
    int64_t result;
    if (!apply(step->op(), top, rhs, result))
      return invalidArgument("overflow of 64 bits in a dimension expression");
    top = result;
  }
  return stack[0];
}

std::optional<int64_t> rt::getConstant(const fmt::Expr &expr) {
  for (const fmt::Step *step : items(expr.steps()))
    if (step->op() == fmt::ExprOp_Symbol)
      return std::nullopt;
  StatusOr<int64_t> value = evaluateExpr(expr, /*symbols=*/nullptr);
  return value.isOk() ? std::optional<int64_t>(*value) : std::nullopt;
}

std::optional<uint32_t> rt::getSymbol(const fmt::Expr &expr) {
  if (count(expr.steps()) != 1 ||
      expr.steps()->Get(0)->op() != fmt::ExprOp_Symbol)
    return std::nullopt;
  return static_cast<uint32_t>(expr.steps()->Get(0)->value());
}

namespace {
/// A printed subexpression; the higher `binding`, the tighter its operator.
struct Printed {
  std::string text;
  int binding;
};
constexpr int bindingSum = 1, bindingProduct = 2, bindingAtom = 3;
} // namespace

static Printed combine(uint8_t op, const Printed &lhs, const Printed &rhs) {
  auto wrap = [](const Printed &part, int binding) {
    return part.binding < binding ? concat('(', part.text, ')') : part.text;
  };
  switch (op) {
  case fmt::ExprOp_Add:
    if (rhs.text[0] == '-')
      return {concat(lhs.text, " - ", rhs.text.substr(1)), bindingSum};
    return {concat(lhs.text, " + ", rhs.text), bindingSum};
  case fmt::ExprOp_Mul:
    return {concat(wrap(lhs, bindingProduct), '*', wrap(rhs, bindingAtom)),
            bindingProduct};
  case fmt::ExprOp_FloorDiv:
    return {
        concat(wrap(lhs, bindingProduct), " floordiv ", wrap(rhs, bindingAtom)),
        bindingProduct};
  case fmt::ExprOp_CeilDiv:
    return {
        concat(wrap(lhs, bindingProduct), " ceildiv ", wrap(rhs, bindingAtom)),
        bindingProduct};
  case fmt::ExprOp_Mod:
    return {concat(wrap(lhs, bindingProduct), " mod ", wrap(rhs, bindingAtom)),
            bindingProduct};
  case fmt::ExprOp_Min:
    return {concat("min(", lhs.text, ", ", rhs.text, ')'), bindingAtom};
  default:
    return {concat("max(", lhs.text, ", ", rhs.text, ')'), bindingAtom};
  }
}

std::string rt::formatExpr(const fmt::Expr &expr, const fmt::Program &program) {
  std::vector<Printed> stack;
  for (const fmt::Step *step : items(expr.steps())) {
    if (step->op() == fmt::ExprOp_Constant) {
      stack.push_back({concat(step->value()), bindingAtom});
    } else if (step->op() == fmt::ExprOp_Symbol) {
      auto number = static_cast<flatbuffers::uoffset_t>(step->value());
      stack.push_back(
          {std::string(view(program.symbols()->Get(number)->name())),
           bindingAtom});
    } else {
      Printed rhs = std::move(stack.back());
      stack.pop_back();
      stack.back() = combine(step->op(), stack.back(), rhs);
    }
  }
  return stack.empty() ? std::string() : stack.back().text;
}
