//===- DimAtoms.cpp - normal forms of division, remainder, min and max ----===//
//
// Everything that holds for all values of the symbols is applied here, at
// construction; what needs knowledge about the symbols is in DimSimplify.cpp.
// Each form is a fixed point: building an atom from its own operands gives the
// atom again, which is what makes printing and parsing inverse to each other.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/CheckedMath.h"
#include "ir/dim/DimNode.h"

#include <algorithm>

using namespace lz;
using namespace lz::detail;
using Op = DimExpr::Op;

namespace {

/// e = multiple * divisor + rest, with a small rest: coefficients below the
/// divisor in magnitude, the constant in [0, divisor).
struct Split {
  DimExpr multiple, rest;
};

Split splitByDivisor(const DimExpr &e, int64_t divisor) {
  std::vector<Monomial> multiple, rest;
  for (const Monomial &term : termsOf(e)) {
    // Toward zero, so that `-b` stays `-b` and a reader knows it again.
    if (int64_t quotient = term.coeff / divisor)
      multiple.push_back({term.factors, quotient});
    if (int64_t remainder = term.coeff % divisor)
      rest.push_back({term.factors, remainder});
  }
  int64_t constant = constantOf(e);
  return {makeExpr(std::move(multiple), *checkedFloorDiv(constant, divisor)),
          makeExpr(std::move(rest), *checkedMod(constant, divisor))};
}

/// The greatest common divisor of the divisor and all coefficients.
int64_t commonDivisor(const DimExpr &e, int64_t divisor) {
  for (const Monomial &term : termsOf(e))
    divisor = gcdOf(divisor, term.coeff);
  return divisor;
}

/// e / by, the constant rounded down; `by` divides every coefficient.
DimExpr divideExactly(const DimExpr &e, int64_t by) {
  std::vector<Monomial> terms = termsOf(e);
  for (Monomial &term : terms)
    term.coeff /= by;
  return makeExpr(std::move(terms), *checkedFloorDiv(constantOf(e), by));
}

/// floordiv(floordiv(a, b) + k, c) = floordiv(a + k*b, b*c): a chain of
/// strided layers keeps one division. Nullopt where it is no such chain.
std::optional<DimExpr> collapseChain(const DimExpr &e, int64_t divisor) {
  const Atom *inner = asAtom(e - DimExpr(constantOf(e)));
  if (!inner || inner->kind != Op::FloorDiv)
    return std::nullopt;
  auto innerDivisor = positiveDivisor(*inner);
  auto product = innerDivisor ? checkedMul(*innerDivisor, divisor)
                              : std::nullopt;
  if (!product)
    return std::nullopt;
  DimExpr dividend =
      inner->operands[0] + DimExpr(constantOf(e)) * DimExpr(*innerDivisor);
  if (dividend.isOverflow())
    return std::nullopt;
  return DimExpr::floorDiv(dividend, *product);
}

DimExpr floorDivByPositive(const DimExpr &e, int64_t divisor) {
  Split split = splitByDivisor(e, divisor);
  if (split.rest.isConstant()) // in [0, divisor), so it adds nothing
    return split.multiple;
  DimExpr rest = split.rest;
  if (int64_t common = commonDivisor(rest, divisor); common > 1)
    return split.multiple +
           DimExpr::floorDiv(divideExactly(rest, common), divisor / common);
  if (auto chain = collapseChain(rest, divisor))
    return split.multiple + *chain;
  return split.multiple + makeAtom(Op::FloorDiv, {rest, divisor});
}

/// Replaces k*mod(x, c) by k*x where the divisor divides k*c.
DimExpr dropInnerMods(const DimExpr &e, int64_t divisor) {
  DimExpr result = constantOf(e);
  for (const Monomial &term : termsOf(e)) {
    DimExpr product = exprOf(term);
    for (const AtomRef &factor : term.factors) {
      auto inner = factor->kind == Op::Mod ? positiveDivisor(*factor)
                                           : std::nullopt;
      auto period = inner ? checkedMul(*inner, term.coeff) : std::nullopt;
      if (!period || *period % divisor != 0)
        continue;
      Monomial others = term;
      others.factors = *divideFactors(term.factors, {factor});
      DimExpr scaled = others.factors.empty() ? DimExpr(others.coeff)
                                              : exprOf(others);
      product = scaled * factor->operands[0];
      break;
    }
    result += product;
  }
  return result;
}

DimExpr modByPositive(const DimExpr &e, int64_t divisor) {
  DimExpr rest = splitByDivisor(e, divisor).rest;
  if (rest.isConstant())
    return rest;
  // mod(g*x + r, g*c) = g*mod(x + floor(r/g), c) + r mod g
  if (int64_t common = commonDivisor(rest, divisor); common > 1)
    return DimExpr(common) * DimExpr::mod(divideExactly(rest, common),
                                          divisor / common) +
           DimExpr(constantOf(rest) % common);
  DimExpr flat = dropInnerMods(rest, divisor);
  if (!flat.isOverflow() && flat != rest)
    return modByPositive(flat, divisor);
  return makeAtom(Op::Mod, {rest, divisor});
}

/// Of operands whose difference is a constant only the decisive one stays.
void dropComparable(Op kind, std::vector<DimExpr> &operands) {
  std::vector<DimExpr> kept;
  for (const DimExpr &operand : operands) {
    bool merged = false;
    for (DimExpr &other : kept) {
      auto difference = (operand - other).getConstant();
      if (!difference)
        continue;
      if (kind == Op::Min ? *difference < 0 : *difference > 0)
        other = operand;
      merged = true;
      break;
    }
    if (!merged)
      kept.push_back(operand);
  }
  operands = std::move(kept);
}

} // namespace

std::optional<int64_t> detail::positiveDivisor(const Atom &atom) {
  if (atom.kind != Op::FloorDiv && atom.kind != Op::CeilDiv &&
      atom.kind != Op::Mod)
    return std::nullopt;
  auto divisor = atom.operands[1].getConstant();
  return divisor && *divisor > 0 ? divisor : std::nullopt;
}

std::optional<Factors> detail::divideFactors(const Factors &a,
                                             const Factors &b) {
  Factors rest;
  size_t next = 0;
  for (const AtomRef &factor : a) {
    if (next < b.size() && compareAtoms(*factor, *b[next]) == 0)
      ++next;
    else
      rest.push_back(factor);
  }
  return next == b.size() ? std::optional<Factors>(std::move(rest))
                          : std::nullopt;
}

DimExpr DimExpr::floorDiv(DimExpr a, DimExpr b) {
  if (a.isOverflow() || b.isOverflow())
    return overflow();
  if (!b.isConstant() || b.value == 0)
    return makeAtom(Op::FloorDiv, {a, b});
  if (b.value == 1)
    return a;
  if (b.value > 0)
    return floorDivByPositive(a, b.value);
  if (b.value == -1 || a.isConstant()) {
    auto quotient = a.isConstant() ? checkedFloorDiv(a.value, b.value)
                                   : std::nullopt;
    return quotient ? DimExpr(*quotient) : -a;
  }
  DimExpr negated = -a;
  if (negated.isOverflow() || b.value == INT64_MIN)
    return makeAtom(Op::FloorDiv, {a, b});
  return floorDivByPositive(negated, -b.value);
}

DimExpr DimExpr::ceilDiv(DimExpr a, DimExpr b) {
  if (a.isOverflow() || b.isOverflow())
    return overflow();
  if (!b.isConstant() || b.value == 0)
    return makeAtom(Op::CeilDiv, {a, b});
  if (b.value == -1)
    return -a;
  if (a.isConstant())
    return DimExpr(*checkedCeilDiv(a.value, b.value));
  // Rounding up is rounding down a little later: one form for both.
  bool negate = b.value < 0 && b.value != INT64_MIN;
  DimExpr dividend = negate ? -a : a;
  int64_t divisor = negate ? -b.value : b.value;
  dividend = divisor > 0 ? dividend + DimExpr(divisor - 1) : overflow();
  if (dividend.isOverflow())
    return makeAtom(Op::CeilDiv, {a, b});
  return floorDiv(dividend, divisor);
}

DimExpr DimExpr::mod(DimExpr a, DimExpr b) {
  if (a.isOverflow() || b.isOverflow())
    return overflow();
  if (!b.isConstant() || b.value == 0)
    return makeAtom(Op::Mod, {a, b});
  if (b.value == 1 || b.value == -1)
    return DimExpr(0);
  if (a.isConstant())
    return DimExpr(*checkedMod(a.value, b.value));
  if (b.value > 0)
    return modByPositive(a, b.value);
  DimExpr negated = -a; // mod(a, -c) = -mod(-a, c)
  if (negated.isOverflow() || b.value == INT64_MIN)
    return makeAtom(Op::Mod, {a, b});
  return -modByPositive(negated, -b.value);
}

DimExpr detail::minMax(Op kind, std::vector<DimExpr> operands) {
  std::vector<DimExpr> flat;
  for (DimExpr &operand : operands) {
    if (operand.isOverflow())
      return operand;
    const Atom *atom = asAtom(operand);
    if (atom && atom->kind == kind)
      flat.insert(flat.end(), atom->operands.begin(), atom->operands.end());
    else
      flat.push_back(operand);
  }
  // min(x, INT64_MAX) is x: "to the end" in slices arrives in this form.
  int64_t neutral = kind == Op::Min ? INT64_MAX : INT64_MIN;
  flat.erase(std::remove(flat.begin(), flat.end(), DimExpr(neutral)),
             flat.end());
  if (flat.empty())
    return DimExpr(neutral);
  std::sort(flat.begin(), flat.end());
  dropComparable(kind, flat);
  std::sort(flat.begin(), flat.end());
  return flat.size() == 1 ? flat[0] : makeAtom(kind, std::move(flat));
}

DimExpr DimExpr::min(DimExpr a, DimExpr b) {
  return minMax(Op::Min, {std::move(a), std::move(b)});
}

DimExpr DimExpr::max(DimExpr a, DimExpr b) {
  return minMax(Op::Max, {std::move(a), std::move(b)});
}

DimExpr detail::applyOp(Op kind, std::vector<DimExpr> operands) {
  switch (kind) {
  case Op::FloorDiv:
    return DimExpr::floorDiv(operands[0], operands[1]);
  case Op::CeilDiv:
    return DimExpr::ceilDiv(operands[0], operands[1]);
  case Op::Mod:
    return DimExpr::mod(operands[0], operands[1]);
  default:
    return minMax(kind, std::move(operands));
  }
}

std::optional<Division> detail::divide(const DimExpr &a, const DimExpr &b) {
  if (auto divisor = b.getConstant()) {
    std::vector<Monomial> quotient, remainder;
    for (const Monomial &term : termsOf(a)) {
      bool divisible = *divisor == -1 ? term.coeff != INT64_MIN
                                      : term.coeff % *divisor == 0;
      int64_t scaled = divisible ? term.coeff / *divisor : term.coeff;
      (divisible ? quotient : remainder).push_back({term.factors, scaled});
    }
    auto constant = checkedFloorDiv(constantOf(a), *divisor);
    if (!constant)
      return std::nullopt;
    return Division{makeExpr(std::move(quotient), *constant),
                    makeExpr(std::move(remainder),
                             *checkedMod(constantOf(a), *divisor))};
  }
  const Monomial &lead = termsOf(b)[0];
  DimExpr rest = a, quotient, remainder;
  for (size_t step = 0; !rest.isConstant(); ++step) {
    if (rest.isOverflow() || step > 2 * DimExpr::kMaxTerms)
      return std::nullopt;
    const Monomial term = termsOf(rest)[0];
    auto factors = divideFactors(term.factors, lead.factors);
    if (factors && (lead.coeff == -1 || term.coeff % lead.coeff == 0)) {
      DimExpr part = factors->empty() ? DimExpr(1)
                                      : exprOf(Monomial{*factors, 1});
      part *= lead.coeff == -1 ? -DimExpr(term.coeff)
                               : DimExpr(term.coeff / lead.coeff);
      quotient += part;
      rest -= part * b;
    } else {
      remainder += exprOf(term);
      rest -= exprOf(term);
    }
  }
  remainder += rest;
  if (quotient.isOverflow() || remainder.isOverflow())
    return std::nullopt;
  return Division{quotient, remainder};
}
