//===- DimFacts.cpp - proofs about dimension expressions ------------------===//
//
// Divisibility, equality and order of dimension expressions, from the facts
// about their symbols. Bounds are in DimRange.cpp, rewriting in
// DimSimplify.cpp.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimFacts.h"
#include "ir/dim/CheckedMath.h"
#include "ir/dim/DimNode.h"

#include <algorithm>

using namespace lz;
using namespace lz::detail;
using Op = DimExpr::Op;
using Truth = DimFacts::Truth;

namespace {

/// A product of divisors; where it does not fit, the greater one alone, which
/// divides as well. 0 stands for "everything divides it".
int64_t multiplyDivisors(int64_t a, int64_t b) {
  auto product = checkedMul(a, b);
  return product ? *product : std::max(a, b);
}

class Divisors {
public:
  explicit Divisors(const DimFacts &facts) : facts(facts) {}

  /// What divides e; 0 if e is known to be 0.
  int64_t of(const DimExpr &e) {
    int64_t common = gcdOf(constantOf(e), 0);
    for (const Monomial &term : termsOf(e))
      common = gcdOf(common, ofTerm(term));
    return common;
  }

  /// What divides the terms of e, its constant left out.
  int64_t ofTerms(const DimExpr &e) {
    int64_t common = 0;
    for (const Monomial &term : termsOf(e))
      common = gcdOf(common, ofTerm(term));
    return common;
  }

  int64_t ofTerm(const Monomial &term) {
    int64_t divisor = gcdOf(term.coeff, 0);
    for (const AtomRef &factor : term.factors)
      divisor = multiplyDivisors(divisor, ofAtom(*factor));
    return divisor;
  }

private:
  int64_t ofAtom(const Atom &atom) {
    switch (atom.kind) {
    case Op::Symbol: {
      SymbolFacts known = facts.getFacts(atom.name);
      return known.min == known.max ? gcdOf(known.min, 0) : known.divisor;
    }
    case Op::FloorDiv:
    case Op::CeilDiv: {
      auto by = positiveDivisor(atom);
      int64_t dividend = by ? of(atom.operands[0]) : 1;
      return by && dividend % *by == 0 ? dividend / *by : 1;
    }
    default: { // a mod b is a combination of a and b; min and max are one
      int64_t common = 0;
      for (const DimExpr &operand : atom.operands)
        common = gcdOf(common, of(operand));
      return common;
    }
    }
  }

  const DimFacts &facts;
};

/// Proves e >= 0. Beyond bounds it knows that c*floordiv(x, c) lies in
/// [x - c + 1, x], and what min and max are compared with their operands.
class SignProver {
public:
  explicit SignProver(const DimFacts &facts) : facts(facts) {}

  bool isNonNegative(const DimExpr &e) {
    if (e.isOverflow() || budget == 0)
      return false;
    --budget;
    if (auto lo = facts.range(e).first; lo && *lo >= 0)
      return true;
    for (const Monomial &term : termsOf(e))
      if (term.factors.size() == 1 && relax(e, term))
        return true;
    return false;
  }

private:
  /// Replaces the term by what it is at least.
  bool relax(const DimExpr &e, const Monomial &term) {
    const Atom &atom = *term.factors[0];
    DimExpr rest = e - exprOf(term), coeff = term.coeff;
    auto holdsWith = [&](const DimExpr &operand) {
      return isNonNegative(rest + coeff * operand);
    };
    if (atom.kind == Op::Min || atom.kind == Op::Max) {
      // Either the worst operand decides, so all must hold, or any will do.
      const auto &operands = atom.operands;
      return (atom.kind == Op::Min) == (term.coeff > 0)
                 ? std::all_of(operands.begin(), operands.end(), holdsWith)
                 : std::any_of(operands.begin(), operands.end(), holdsWith);
    }
    auto by = positiveDivisor(atom);
    if (!by || atom.kind != Op::FloorDiv)
      return false;
    DimExpr dividend = atom.operands[0];
    if (term.coeff > 0)
      dividend -= DimExpr(*by - 1);
    return isNonNegative(rest * DimExpr(*by) + coeff * dividend);
  }

  const DimFacts &facts;
  /// Alternatives multiply; a proof that is worth having is short.
  size_t budget = 48;
};

bool isZero(const DimExpr &e) { return e.getConstant() == 0; }

Truth truthOf(bool value) { return value ? Truth::True : Truth::False; }

} // namespace

DimExpr detail::expandDivisions(const DimExpr &e) {
  return mapAtoms(e, [](const AtomRef &atom) {
    if (atom->kind == Op::Symbol)
      return exprOf(atom);
    std::vector<DimExpr> operands = atom->operands;
    for (DimExpr &operand : operands)
      operand = expandDivisions(operand);
    if (atom->kind != Op::Mod && atom->kind != Op::FloorDiv)
      return applyOp(atom->kind, std::move(operands));
    DimExpr dividend = operands[0], extracted;
    if (auto by = positiveDivisor(*atom))
      for (const Monomial &term : termsOf(operands[0]))
        if (int64_t whole = *checkedFloorDiv(term.coeff, *by)) {
          extracted += exprOf(Monomial{term.factors, whole});
          dividend -= exprOf(Monomial{term.factors, whole}) * DimExpr(*by);
        }
    DimExpr quotient = extracted + DimExpr::floorDiv(dividend, operands[1]);
    return atom->kind == Op::FloorDiv
               ? quotient
               : operands[0] - operands[1] * quotient;
  });
}

bool detail::provesNonNegative(const DimFacts &facts, const DimExpr &e) {
  return SignProver(facts).isNonNegative(e);
}

void DimFacts::setFacts(std::string symbol, SymbolFacts facts) {
  facts.divisor = std::max<int64_t>(gcdOf(facts.divisor, 0), 1);
  symbols[std::move(symbol)] = facts;
}

SymbolFacts DimFacts::getFacts(const std::string &symbol) const {
  auto it = symbols.find(symbol);
  return it == symbols.end() ? SymbolFacts() : it->second;
}

int64_t DimFacts::knownDivisor(const DimExpr &e) const {
  if (e.isOverflow())
    return 1;
  int64_t divisor = Divisors(*this).of(e);
  return divisor == 0 ? int64_t(1) << 62 : divisor;
}

Truth DimFacts::equal(const DimExpr &a, const DimExpr &b) const {
  if (a.isOverflow() || b.isOverflow())
    return Truth::Unknown;
  if (a == b)
    return Truth::True;
  DimExpr difference = simplify(a - b);
  if (difference.isOverflow())
    return Truth::Unknown;
  if (difference.isConstant())
    return truthOf(isZero(difference));
  auto [lo, hi] = range(difference);
  if ((lo && *lo > 0) || (hi && *hi < 0))
    return Truth::False;
  if (lo && hi && *lo == 0 && *hi == 0)
    return Truth::True;
  int64_t step = Divisors(*this).ofTerms(difference);
  int64_t offset = constantOf(difference);
  if (step == 0 ? offset != 0 : offset % step != 0)
    return Truth::False;
  DimExpr expanded = simplify(expandDivisions(difference));
  if (expanded.isConstant())
    return truthOf(isZero(expanded));
  return Truth::Unknown;
}

Truth DimFacts::lessEqual(const DimExpr &a, const DimExpr &b) const {
  if (a.isOverflow() || b.isOverflow())
    return Truth::Unknown;
  DimExpr difference = simplify(b - a);
  if (provesNonNegative(*this, difference))
    return Truth::True;
  if (provesNonNegative(*this, DimExpr(-1) - difference))
    return Truth::False;
  return Truth::Unknown;
}

Truth DimFacts::divides(int64_t d, const DimExpr &e) const {
  if (e.isOverflow())
    return Truth::Unknown;
  if (d == 0)
    return equal(e, DimExpr(0));
  int64_t known = Divisors(*this).of(e);
  if (known % (d == -1 ? 1 : d) == 0)
    return Truth::True;
  DimExpr rest = simplify(DimExpr::mod(e, d));
  return rest.isOverflow() ? Truth::Unknown : equal(rest, DimExpr(0));
}
