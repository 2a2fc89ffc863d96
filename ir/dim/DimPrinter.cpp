//===- DimPrinter.cpp - text and stack programs of dimensions -------------===//
//
// Writes a dimension expression as canonical text (read back by DimParser.cpp)
// and as a stack program, the form in which artifacts carry it.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimNode.h"

#include <algorithm>
#include <cctype>

using namespace lz;
using namespace lz::detail;
using Op = DimExpr::Op;

namespace {

const char *functionName(Op kind) {
  switch (kind) {
  case Op::FloorDiv:
    return "floordiv";
  case Op::CeilDiv:
    return "ceildiv";
  case Op::Mod:
    return "mod";
  case Op::Min:
    return "min";
  default:
    return "max";
  }
}

bool isPlainName(const std::string &name) {
  auto isPlain = [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c)) || c == '_' || c == '.';
  };
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) ||
      name[0] == '.' || !std::all_of(name.begin(), name.end(), isPlain))
    return false;
  for (Op kind : {Op::FloorDiv, Op::CeilDiv, Op::Mod, Op::Min, Op::Max})
    if (name == functionName(kind))
      return false;
  return true;
}

void printName(const std::string &name, std::string &out) {
  if (isPlainName(name)) {
    out += name;
    return;
  }
  const char *digits = "0123456789ABCDEF";
  out += '"';
  for (unsigned char c : name) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20 || c == 0x7F) {
      out += "\\x";
      out += digits[c >> 4];
      out += digits[c & 15];
    } else {
      out += static_cast<char>(c);
    }
  }
  out += '"';
}

void printExpr(const DimExpr &e, std::string &out);

void printAtom(const Atom &atom, std::string &out) {
  if (atom.kind == Op::Symbol)
    return printName(atom.name, out);
  out += functionName(atom.kind);
  const char *separator = "(";
  for (const DimExpr &operand : atom.operands) {
    out += separator;
    printExpr(operand, out);
    separator = ", ";
  }
  out += ')';
}

/// The sign between summands, then what remains to print of the number. The
/// smallest value has no magnitude, so it keeps its sign: `a + -922...`.
int64_t printSign(int64_t number, bool first, std::string &out) {
  bool minus = number < 0 && number != INT64_MIN;
  if (first)
    out += minus ? "-" : "";
  else
    out += minus ? " - " : " + ";
  return minus ? -number : number;
}

void printExpr(const DimExpr &e, std::string &out) {
  bool first = true;
  for (const Monomial &term : termsOf(e)) {
    int64_t coeff = printSign(term.coeff, first, out);
    first = false;
    const char *separator = "";
    if (coeff != 1) {
      out += std::to_string(coeff);
      separator = "*";
    }
    for (const AtomRef &factor : term.factors) {
      out += separator;
      printAtom(*factor, out);
      separator = "*";
    }
  }
  if (first || constantOf(e) != 0)
    out += std::to_string(printSign(constantOf(e), first, out));
}

void appendPostfix(const DimExpr &e, std::vector<DimExpr::Step> &steps);

void appendAtom(const Atom &atom, std::vector<DimExpr::Step> &steps) {
  if (atom.kind == Op::Symbol) {
    steps.push_back({Op::Symbol, 0, atom.name});
    return;
  }
  appendPostfix(atom.operands[0], steps);
  for (size_t i = 1; i < atom.operands.size(); ++i) {
    appendPostfix(atom.operands[i], steps);
    steps.push_back({atom.kind, 0, {}});
  }
}

void appendPostfix(const DimExpr &e, std::vector<DimExpr::Step> &steps) {
  bool first = true;
  for (const Monomial &term : termsOf(e)) {
    bool hasFactor = term.coeff != 1;
    if (hasFactor)
      steps.push_back({Op::Const, term.coeff, {}});
    for (const AtomRef &factor : term.factors) {
      appendAtom(*factor, steps);
      if (hasFactor)
        steps.push_back({Op::Mul, 0, {}});
      hasFactor = true;
    }
    if (!first)
      steps.push_back({Op::Add, 0, {}});
    first = false;
  }
  if (!first && constantOf(e) == 0)
    return;
  steps.push_back({Op::Const, constantOf(e), {}});
  if (!first)
    steps.push_back({Op::Add, 0, {}});
}

} // namespace

std::string DimExpr::str() const {
  if (invalid)
    return "<overflow>";
  std::string out;
  printExpr(*this, out);
  return out;
}

std::vector<DimExpr::Step> DimExpr::postfix() const {
  std::vector<Step> steps;
  if (!invalid)
    appendPostfix(*this, steps);
  return steps;
}

std::optional<DimExpr> DimExpr::fromPostfix(const std::vector<Step> &steps) {
  std::vector<DimExpr> stack;
  for (const Step &step : steps) {
    if (step.op == Op::Const) {
      stack.push_back(step.value);
      continue;
    }
    if (step.op == Op::Symbol) {
      stack.push_back(symbol(step.symbol));
      continue;
    }
    if (step.op > Op::Max || stack.size() < 2)
      return std::nullopt;
    DimExpr right = stack.back();
    stack.pop_back();
    DimExpr &left = stack.back();
    if (step.op == Op::Add)
      left += right;
    else if (step.op == Op::Mul)
      left *= right;
    else
      left = applyOp(step.op, {left, right});
    if (left.isOverflow())
      return std::nullopt;
  }
  if (stack.size() != 1)
    return std::nullopt;
  return stack.back();
}
