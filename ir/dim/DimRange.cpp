//===- DimRange.cpp - bounds of dimension expressions ---------------------===//
//
// Interval arithmetic over dimension expressions. Products of sums lose their
// correlation in it (`n*s - s` with n >= 1 would have no bound), so nonlinear
// expressions are also bounded after shifting every atom to start at zero.
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

__extension__ typedef __int128 Wide;

/// Stands for no bound. Beyond int64_t, and small enough to add 257 times.
constexpr Wide kInfinity = Wide(1) << 64;

struct Interval {
  Wide lo = -kInfinity, hi = kInfinity;
};

/// A value that exists fits int64_t, so a bound beyond it is as good as the
/// limit (in the direction that excludes everything) or none.
Wide clamp(Wide v) {
  if (v > INT64_MAX)
    return kInfinity;
  return v < INT64_MIN ? -kInfinity : v;
}

bool isInfinite(Wide v) { return v == kInfinity || v == -kInfinity; }

Interval clamp(Interval x) {
  x.lo = x.lo > INT64_MAX ? Wide(INT64_MAX) : clamp(x.lo);
  x.hi = x.hi < INT64_MIN ? Wide(INT64_MIN) : clamp(x.hi);
  return x;
}

Interval negate(Interval x) { return {-x.hi, -x.lo}; }

Interval join(Interval a, Interval b) {
  return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)};
}

Interval meet(Interval a, Interval b) {
  return {std::max(a.lo, b.lo), std::min(a.hi, b.hi)};
}

Wide multiply(Wide a, Wide b) {
  if (a == 0 || b == 0)
    return 0;
  if (isInfinite(a) || isInfinite(b))
    return (a < 0) == (b < 0) ? kInfinity : -kInfinity;
  return a * b;
}

Interval add(Interval a, Interval b) {
  Wide lo = isInfinite(a.lo) || isInfinite(b.lo) ? -kInfinity : a.lo + b.lo;
  Wide hi = isInfinite(a.hi) || isInfinite(b.hi) ? kInfinity : a.hi + b.hi;
  return clamp(Interval{lo, hi});
}

Interval multiply(Interval a, Interval b) {
  Wide corners[] = {multiply(a.lo, b.lo), multiply(a.lo, b.hi),
                    multiply(a.hi, b.lo), multiply(a.hi, b.hi)};
  auto [lo, hi] = std::minmax_element(std::begin(corners), std::end(corners));
  return clamp(Interval{*lo, *hi});
}

/// floor(a / b) for b >= 1, each possibly infinite.
Wide floorDivide(Wide a, Wide b) {
  if (isInfinite(a))
    return a;
  if (b == kInfinity)
    return a < 0 ? -1 : 0;
  Wide quotient = a / b;
  return a % b != 0 && a < 0 ? quotient - 1 : quotient;
}

Interval floorDivideByPositive(Interval a, Interval b) {
  return {std::min(floorDivide(a.lo, b.lo), floorDivide(a.lo, b.hi)),
          std::max(floorDivide(a.hi, b.lo), floorDivide(a.hi, b.hi))};
}

Interval modByPositive(Interval a, Interval b) {
  if (a.lo >= 0 && a.hi < b.lo)
    return a;
  Interval result{0, isInfinite(b.hi) ? kInfinity : b.hi - 1};
  if (a.lo >= 0)
    result.hi = std::min(result.hi, a.hi);
  return result;
}

/// Joins what `onPositive` gives for the positive divisors with what it gives,
/// for the negative ones, on the negated pair. Zero divides nothing.
template <typename Fn>
Interval splitDivisor(Interval a, Interval b, bool negateResult, Fn onPositive) {
  std::optional<Interval> result;
  if (b.hi >= 1)
    result = onPositive(a, meet(b, {1, kInfinity}));
  if (b.lo <= -1) {
    Interval other =
        onPositive(negate(a), meet(negate(b), {1, kInfinity}));
    if (negateResult)
      other = negate(other);
    result = result ? join(*result, other) : other;
  }
  return result.value_or(Interval{});
}

Interval ofSymbol(const SymbolFacts &facts) {
  auto lo = checkedCeilDiv(facts.min, facts.divisor);
  auto hi = checkedFloorDiv(facts.max, facts.divisor);
  Interval result{Wide(*lo) * facts.divisor, Wide(*hi) * facts.divisor};
  if (facts.min == INT64_MIN)
    result.lo = -kInfinity;
  if (facts.max == INT64_MAX)
    result.hi = kInfinity;
  return result;
}

class Ranger {
public:
  explicit Ranger(const DimFacts &facts) : facts(facts) {}

  Interval of(const DimExpr &e) {
    if (e.isOverflow())
      return {};
    Interval result = termwise(e);
    bool isNonlinear = std::any_of(
        termsOf(e).begin(), termsOf(e).end(),
        [](const Monomial &term) { return term.factors.size() > 1; });
    size_t numSummands = termsOf(e).size() + (constantOf(e) != 0);
    return isNonlinear && numSummands > 1 ? meet(result, shifted(e)) : result;
  }

private:
  /// Remembered: nested nonlinear operands are asked for more than once.
  Interval ofAtom(const Atom &atom) {
    auto it = known.find(&atom);
    if (it == known.end())
      it = known.emplace(&atom, computeAtom(atom)).first;
    return it->second;
  }

  Interval computeAtom(const Atom &atom) {
    if (atom.kind == Op::Symbol)
      return clamp(ofSymbol(facts.getFacts(atom.name)));
    Interval result = of(atom.operands[0]);
    for (size_t i = 1; i < atom.operands.size(); ++i)
      result = ofOp(atom.kind, result, of(atom.operands[i]));
    return clamp(result);
  }

  static Interval ofOp(Op kind, Interval a, Interval b) {
    switch (kind) {
    case Op::FloorDiv:
      return splitDivisor(a, b, false, floorDivideByPositive);
    case Op::CeilDiv:
      return negate(
          splitDivisor(negate(a), b, false, floorDivideByPositive));
    case Op::Mod:
      return splitDivisor(a, b, true, modByPositive);
    case Op::Min:
      return {std::min(a.lo, b.lo), std::min(a.hi, b.hi)};
    default:
      return {std::max(a.lo, b.lo), std::max(a.hi, b.hi)};
    }
  }

  Interval termwise(const DimExpr &e) {
    Interval sum{constantOf(e), constantOf(e)};
    for (const Monomial &term : termsOf(e)) {
      Interval product{term.coeff, term.coeff};
      for (const AtomRef &factor : term.factors)
        product = multiply(product, ofAtom(*factor));
      sum = add(sum, product);
    }
    return sum;
  }

  /// Bounds of e with every atom x in [lo, hi] written as lo + x'. Each x'
  /// becomes a symbol of its own, so equal atoms must get equal symbols.
  Interval shifted(const DimExpr &e) {
    std::vector<std::pair<AtomRef, DimExpr>> replaced;
    DimFacts shiftedFacts;
    DimExpr moved = mapAtoms(e, [&](const AtomRef &atom) {
      for (const auto &[seen, replacement] : replaced)
        if (compareAtoms(*seen, *atom) == 0)
          return replacement;
      DimExpr replacement = exprOf(atom);
      Interval range = ofAtom(*atom);
      std::string name = std::to_string(replaced.size());
      if (!isInfinite(range.lo)) {
        Wide width = isInfinite(range.hi) ? kInfinity : range.hi - range.lo;
        int64_t max = width > INT64_MAX ? INT64_MAX
                                        : static_cast<int64_t>(width);
        replacement =
            DimExpr::symbol(name) + DimExpr(static_cast<int64_t>(range.lo));
        shiftedFacts.setFacts(name, {0, std::max<int64_t>(max, 0), 1});
      } else {
        replacement = DimExpr::symbol(name);
        int64_t max = isInfinite(range.hi) ? INT64_MAX
                                           : static_cast<int64_t>(range.hi);
        shiftedFacts.setFacts(name, {INT64_MIN, max, 1});
      }
      replaced.emplace_back(atom, replacement);
      return replacement;
    });
    if (moved.isOverflow())
      return {};
    return Ranger(shiftedFacts).termwise(moved);
  }

  const DimFacts &facts;
  std::map<const Atom *, Interval> known;
};

} // namespace

std::pair<std::optional<int64_t>, std::optional<int64_t>>
DimFacts::range(const DimExpr &e) const {
  Interval result = Ranger(*this).of(e);
  auto toBound = [](Wide v) {
    return isInfinite(v) ? std::nullopt
                         : std::optional<int64_t>(static_cast<int64_t>(v));
  };
  return {toBound(result.lo), toBound(result.hi)};
}
