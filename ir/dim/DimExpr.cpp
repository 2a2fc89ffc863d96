//===- DimExpr.cpp - the ring operations of dimension expressions ---------===//
//
// Sums, products, comparison, substitution and evaluation. What keeps the
// normal form of division, remainder, minimum and maximum is in DimAtoms.cpp.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimExpr.h"
#include "ir/dim/CheckedMath.h"
#include "ir/dim/DimNode.h"

#include <algorithm>

using namespace lz;
using namespace lz::detail;

namespace {

DimExpr scale(const DimExpr &e, int64_t by) {
  if (by == 0)
    return DimExpr(0);
  auto constant = checkedMul(constantOf(e), by);
  if (!constant)
    return DimExpr::overflow();
  std::vector<Monomial> terms = termsOf(e);
  for (Monomial &term : terms) {
    auto coeff = checkedMul(term.coeff, by);
    if (!coeff)
      return DimExpr::overflow();
    term.coeff = *coeff;
  }
  return finish(std::move(terms), *constant);
}

std::optional<int64_t> evaluateOp(DimExpr::Op kind, int64_t a, int64_t b) {
  switch (kind) {
  case DimExpr::Op::FloorDiv:
    return checkedFloorDiv(a, b);
  case DimExpr::Op::CeilDiv:
    return checkedCeilDiv(a, b);
  case DimExpr::Op::Mod:
    return checkedMod(a, b);
  case DimExpr::Op::Min:
    return std::min(a, b);
  default:
    return std::max(a, b);
  }
}

using Bindings = std::map<std::string, int64_t>;

std::optional<int64_t> evaluateAtom(const Atom &atom, const Bindings &values) {
  if (atom.kind == DimExpr::Op::Symbol) {
    auto it = values.find(atom.name);
    return it == values.end() ? std::nullopt
                              : std::optional<int64_t>(it->second);
  }
  auto result = atom.operands[0].evaluate(values);
  for (size_t i = 1; i < atom.operands.size() && result; ++i) {
    auto operand = atom.operands[i].evaluate(values);
    result = operand ? evaluateOp(atom.kind, *result, *operand) : std::nullopt;
  }
  return result;
}

} // namespace

DimExpr DimExpr::symbol(std::string name) {
  return makeSymbol(std::move(name));
}

DimExpr DimExpr::overflow() { return ExprAccess::makeOverflow(); }

DimExpr lz::operator+(const DimExpr &a, const DimExpr &b) {
  if (a.isOverflow() || b.isOverflow())
    return DimExpr::overflow();
  auto constant = checkedAdd(constantOf(a), constantOf(b));
  if (!constant)
    return DimExpr::overflow();
  if (termsOf(a).empty() || termsOf(b).empty()) {
    const DimExpr &symbolic = termsOf(a).empty() ? b : a;
    if (*constant == constantOf(symbolic))
      return symbolic;
    return finish(termsOf(symbolic), *constant);
  }
  std::vector<Monomial> terms = termsOf(a);
  terms.insert(terms.end(), termsOf(b).begin(), termsOf(b).end());
  return makeExpr(std::move(terms), *constant);
}

DimExpr lz::operator-(const DimExpr &a) {
  return a.isOverflow() ? a : scale(a, -1);
}

DimExpr lz::operator-(const DimExpr &a, const DimExpr &b) {
  if (a.isConstant() && b.isConstant()) {
    int64_t result;
    bool left = __builtin_sub_overflow(a.value, b.value, &result);
    return left ? DimExpr::overflow() : DimExpr(result);
  }
  return a + -b;
}

DimExpr lz::operator*(const DimExpr &a, const DimExpr &b) {
  if (a.isOverflow() || b.isOverflow())
    return DimExpr::overflow();
  if (b.isConstant())
    return scale(a, b.value);
  if (a.isConstant())
    return scale(b, a.value);
  std::vector<Monomial> terms;
  for (const Monomial &x : termsOf(a))
    for (const Monomial &y : termsOf(b)) {
      auto coeff = checkedMul(x.coeff, y.coeff);
      if (!coeff)
        return DimExpr::overflow();
      Monomial product{{}, *coeff};
      product.factors.reserve(x.factors.size() + y.factors.size());
      std::merge(x.factors.begin(), x.factors.end(), y.factors.begin(),
                 y.factors.end(), std::back_inserter(product.factors),
                 [](const AtomRef &l, const AtomRef &r) {
                   return compareAtoms(*l, *r) < 0;
                 });
      terms.push_back(std::move(product));
    }
  auto addScaled = [&](const DimExpr &e, int64_t by) {
    DimExpr scaled = scale(e - DimExpr(constantOf(e)), by);
    terms.insert(terms.end(), termsOf(scaled).begin(), termsOf(scaled).end());
    return !scaled.isOverflow();
  };
  auto constant = checkedMul(constantOf(a), constantOf(b));
  if (!constant || !addScaled(a, constantOf(b)) ||
      !addScaled(b, constantOf(a)))
    return DimExpr::overflow();
  return makeExpr(std::move(terms), *constant);
}

std::optional<int64_t> DimExpr::getConstant() const {
  return isConstant() ? std::optional<int64_t>(value) : std::nullopt;
}

bool DimExpr::isSymbol() const {
  const Atom *atom = asAtom(*this);
  return atom && atom->kind == Op::Symbol;
}

std::optional<std::string> DimExpr::getSymbol() const {
  return isSymbol() ? std::optional<std::string>(asAtom(*this)->name)
                    : std::nullopt;
}

bool DimExpr::operator==(const DimExpr &other) const {
  if (invalid || other.invalid)
    return false;
  if (poly && other.poly && poly->hash != other.poly->hash)
    return false;
  return compareExprs(*this, other) == 0;
}

bool DimExpr::operator<(const DimExpr &other) const {
  return compareExprs(*this, other) < 0;
}

size_t DimExpr::hash() const {
  if (invalid)
    return 0;
  return poly ? poly->hash : hashConstant(value);
}

void DimExpr::collectSymbols(std::set<std::string> &names) const {
  for (const Monomial &term : termsOf(*this))
    for (const AtomRef &factor : term.factors) {
      if (factor->kind == Op::Symbol)
        names.insert(factor->name);
      for (const DimExpr &operand : factor->operands)
        operand.collectSymbols(names);
    }
}

DimExpr
DimExpr::substitute(const std::map<std::string, DimExpr> &values) const {
  if (!poly || values.empty())
    return *this;
  std::set<std::string> names;
  collectSymbols(names);
  if (std::none_of(names.begin(), names.end(), [&](const std::string &name) {
        return values.count(name) != 0;
      }))
    return *this;
  return mapAtoms(*this, [&](const AtomRef &atom) {
    if (atom->kind == Op::Symbol) {
      auto it = values.find(atom->name);
      return it == values.end() ? exprOf(atom) : it->second;
    }
    std::vector<DimExpr> operands = atom->operands;
    for (DimExpr &operand : operands)
      operand = operand.substitute(values);
    return applyOp(atom->kind, std::move(operands));
  });
}

std::optional<int64_t>
DimExpr::evaluate(const std::map<std::string, int64_t> &values) const {
  if (invalid)
    return std::nullopt;
  // Wide, so that a sum which fits is found whatever the order of its terms;
  // 257 summands below 2^63 cannot leave it.
  __extension__ __int128 sum = constantOf(*this);
  for (const Monomial &term : termsOf(*this)) {
    std::optional<int64_t> product = term.coeff;
    for (const AtomRef &factor : term.factors) {
      auto operand = evaluateAtom(*factor, values);
      product = operand ? checkedMul(*product, *operand) : std::nullopt;
      if (!product)
        return std::nullopt;
    }
    sum += *product;
  }
  if (sum < INT64_MIN || sum > INT64_MAX)
    return std::nullopt;
  return static_cast<int64_t>(sum);
}
