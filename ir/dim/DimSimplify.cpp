//===- DimSimplify.cpp - rewriting with facts -----------------------------===//
//
// What the normal form may not do because it holds only for some values of the
// symbols: cancelling factors that cannot be zero, dropping divisions and
// remainders whose result the facts decide, deciding min and max.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/CheckedMath.h"
#include "ir/dim/DimFacts.h"
#include "ir/dim/DimNode.h"

#include <algorithm>

using namespace lz;
using namespace lz::detail;
using Op = DimExpr::Op;

namespace {

bool isZero(const DimExpr &e) { return e.getConstant() == 0; }

size_t countSummands(const DimExpr &e) {
  return termsOf(e).size() + (constantOf(e) != 0);
}

/// The monomial (coefficient positive) that divides every summand of both.
Monomial commonFactor(const DimExpr &a, const DimExpr &b) {
  std::optional<Factors> factors;
  if (constantOf(a) != 0 || constantOf(b) != 0)
    factors = Factors();
  int64_t coeff = gcdOf(constantOf(a), constantOf(b));
  auto meetWith = [&](const Monomial &term) {
    coeff = gcdOf(coeff, term.coeff);
    if (!factors) {
      factors = term.factors;
      return;
    }
    Factors both;
    std::set_intersection(factors->begin(), factors->end(),
                          term.factors.begin(), term.factors.end(),
                          std::back_inserter(both),
                          [](const AtomRef &x, const AtomRef &y) {
                            return compareAtoms(*x, *y) < 0;
                          });
    factors = std::move(both);
  };
  for (const DimExpr *e : {&a, &b})
    for (const Monomial &term : termsOf(*e))
      meetWith(term);
  return {factors.value_or(Factors()), std::max<int64_t>(coeff, 1)};
}

class Simplifier {
public:
  explicit Simplifier(const DimFacts &facts) : facts(facts) {}

  DimExpr run(const DimExpr &e) {
    DimExpr mapped = mapAtoms(
        e, [&](const AtomRef &atom) { return simplifyAtom(atom); });
    return cancelExactDivisions(mapped);
  }

private:
  DimExpr simplifyAtom(const AtomRef &atom) {
    if (atom->kind == Op::Symbol)
      return foldToRange(exprOf(atom));
    std::vector<DimExpr> operands = atom->operands;
    for (DimExpr &operand : operands)
      operand = run(operand);
    if (atom->kind == Op::Min || atom->kind == Op::Max)
      return foldToRange(simplifyMinMax(atom->kind, std::move(operands)));
    if (!operands[1].isConstant() && isNonZero(operands[1]))
      return simplifyDivision(atom->kind, operands[0], operands[1]);
    return foldConstantDivisors(applyOp(atom->kind, std::move(operands)));
  }

  /// A constant, if the facts leave only one value.
  DimExpr foldToRange(const DimExpr &e) {
    auto [lo, hi] = facts.range(e);
    return lo && lo == hi ? DimExpr(*lo) : e;
  }

  bool isNonZero(const DimExpr &e) {
    auto [lo, hi] = facts.range(e);
    return (lo && *lo > 0) || (hi && *hi < 0);
  }

  /// For simplified sides. DimFacts::lessEqual would simplify their difference
  /// again, and so on at every level of nesting.
  bool isLessEqual(const DimExpr &a, const DimExpr &b) {
    return provesNonNegative(facts, b - a);
  }

  /// Drops every operand that another one decides.
  DimExpr simplifyMinMax(Op kind, std::vector<DimExpr> operands) {
    for (size_t i = 0; i < operands.size(); ++i)
      for (size_t j = 0; j < operands.size(); ++j) {
        if (i == j)
          continue;
        const DimExpr &winner = operands[i], &loser = operands[j];
        if (!(kind == Op::Min ? isLessEqual(winner, loser)
                              : isLessEqual(loser, winner)))
          continue;
        operands.erase(operands.begin() + j);
        return simplifyMinMax(kind, std::move(operands));
      }
    return minMax(kind, std::move(operands));
  }

  /// `b` is symbolic and not zero: a = q*b + rest, then common factors out of
  /// rest and b.
  DimExpr simplifyDivision(Op kind, const DimExpr &a, const DimExpr &b) {
    DimExpr quotient, rest = a;
    auto division = divide(a, b);
    // A quotient that leaves a longer rest makes nothing simpler.
    if (division && countSummands(division->remainder) < countSummands(a)) {
      quotient = division->quotient;
      rest = division->remainder;
    }
    if (isZero(rest))
      return kind == Op::Mod ? DimExpr(0) : quotient;
    Monomial common = commonFactor(rest, b);
    DimExpr scale = common.factors.empty() ? DimExpr(common.coeff)
                                           : exprOf(common);
    DimExpr dividend = divideExactly(rest, common);
    DimExpr divisor = divideExactly(b, common);
    if (kind == Op::Mod)
      return scale * simplifySmall(kind, dividend, divisor);
    return quotient + simplifySmall(kind, dividend, divisor);
  }

  static DimExpr divideExactly(const DimExpr &e, const Monomial &by) {
    std::vector<Monomial> terms;
    int64_t constant = constantOf(e) / by.coeff;
    for (const Monomial &term : termsOf(e)) {
      Factors factors = *divideFactors(term.factors, by.factors);
      if (factors.empty())
        constant = term.coeff / by.coeff;
      else
        terms.push_back({std::move(factors), term.coeff / by.coeff});
    }
    return makeExpr(std::move(terms), constant);
  }

  /// Decides what is known for 0 <= a < b.
  DimExpr simplifySmall(Op kind, const DimExpr &a, const DimExpr &b) {
    if (b.isConstant())
      return foldConstantDivisors(applyOp(kind, {a, b}));
    bool isSmall = isLessEqual(0, a) && isLessEqual(a + DimExpr(1), b);
    if (isSmall && kind != Op::CeilDiv)
      return kind == Op::Mod ? a : DimExpr(0);
    if (kind == Op::CeilDiv && isLessEqual(1, a) && isLessEqual(a, b))
      return DimExpr(1);
    return applyOp(kind, {a, b});
  }

  /// Visits the divisions by constants at the top level of `e`.
  DimExpr foldConstantDivisors(const DimExpr &e) {
    return mapAtoms(e, [&](const AtomRef &atom) {
      auto by = positiveDivisor(*atom);
      if (!by || atom->kind == Op::CeilDiv)
        return exprOf(atom);
      return foldConstantDivision(atom, *by);
    });
  }

  /// x = divisible + rest. If rest stays within one block of `by` numbers, its
  /// quotient is that block and its remainder the distance to the start.
  DimExpr foldConstantDivision(const AtomRef &atom, int64_t by) {
    DimExpr divisible, rest = constantOf(atom->operands[0]);
    for (const Monomial &term : termsOf(atom->operands[0])) {
      DimExpr summand = exprOf(term);
      (facts.knownDivisor(summand) % by == 0 ? divisible : rest) += summand;
    }
    auto [lo, hi] = facts.range(rest);
    auto block = lo ? checkedFloorDiv(*lo, by) : std::nullopt;
    bool isOneBlock = block && hi && checkedFloorDiv(*hi, by) == block;
    if (atom->kind == Op::Mod)
      return isOneBlock ? rest - DimExpr(*block) * DimExpr(by)
                        : DimExpr::mod(rest, by);
    if (!isOneBlock)
      return exprOf(atom);
    return DimExpr::floorDiv(divisible, by) + DimExpr(*block);
  }

  /// k*floordiv(x, c) is (k/c)*x where c divides both.
  DimExpr cancelExactDivisions(const DimExpr &e) {
    DimExpr result = constantOf(e);
    bool changed = false;
    for (const Monomial &term : termsOf(e)) {
      DimExpr summand = exprOf(term);
      for (const AtomRef &factor : term.factors) {
        auto by = positiveDivisor(*factor);
        if (!by || factor->kind != Op::FloorDiv || term.coeff % *by != 0 ||
            facts.knownDivisor(factor->operands[0]) % *by != 0)
          continue;
        Factors others = *divideFactors(term.factors, {factor});
        summand = DimExpr(term.coeff / *by) * factor->operands[0];
        for (const AtomRef &other : others)
          summand *= exprOf(other);
        changed = true;
        break;
      }
      result += summand;
    }
    return changed ? result : e;
  }

  const DimFacts &facts;
};

} // namespace

DimExpr DimFacts::simplify(const DimExpr &e) const {
  if (e.isConstant() || e.isOverflow())
    return e;
  DimExpr current = e;
  // One rewrite may enable another above it; a few rounds settle it.
  for (int round = 0; round < 4; ++round) {
    DimExpr next = Simplifier(*this).run(current);
    if (next.isOverflow() || next == current)
      break;
    current = next;
  }
  // c*floordiv(x, c) + mod(x, c) is x.
  DimExpr expanded = expandDivisions(current);
  bool isSmaller =
      !expanded.isOverflow() && weightOf(expanded) < weightOf(current);
  return isSmaller ? expanded : current;
}
