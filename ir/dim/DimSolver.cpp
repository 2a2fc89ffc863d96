//===- DimSolver.cpp - solves equalities for lazy symbols -----------------===//
//
// Solutions are kept fully substituted: a new one is put into those that
// mention its symbol, so a look-up costs one substitution however long the
// chain of layers was.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimSolver.h"
#include "ir/dim/CheckedMath.h"
#include "ir/dim/DimNode.h"

#include <algorithm>

using namespace lz;
using namespace lz::detail;
using Op = DimExpr::Op;
using Truth = DimFacts::Truth;

namespace {

/// e = cofactor * symbol + rest.
struct Linear {
  DimExpr cofactor, rest;
};

/// Nullopt unless the symbol occurs, to the first power and outside of atoms.
std::optional<Linear> asLinear(const DimExpr &e, const std::string &symbol) {
  Linear result{0, constantOf(e)};
  for (const Monomial &term : termsOf(e)) {
    Monomial others{{}, term.coeff};
    for (const AtomRef &factor : term.factors)
      if (factor->kind != Op::Symbol || factor->name != symbol) {
        if (mentions(*factor, symbol))
          return std::nullopt;
        others.factors.push_back(factor);
      }
    if (others.factors.size() + 1 < term.factors.size())
      return std::nullopt;
    bool found = others.factors.size() < term.factors.size();
    DimExpr part =
        others.factors.empty() ? DimExpr(others.coeff) : exprOf(others);
    (found ? result.cofactor : result.rest) += part;
  }
  bool occurs = result.cofactor != DimExpr(0);
  return occurs ? std::optional<Linear>(result) : std::nullopt;
}

/// Equal for differences of which the sum or the difference is constant.
std::string keyOf(const DimExpr &difference) {
  if (difference.isOverflow())
    return difference.str();
  DimExpr terms = difference - DimExpr(constantOf(difference));
  const auto &list = termsOf(terms);
  bool isNegative = !list.empty() && list.front().coeff < 0;
  return (isNegative ? -terms : terms).str();
}

} // namespace

void DimSolver::declare(std::string symbol, SymbolFacts facts, bool lazy) {
  if (lazy)
    lazySymbols.insert(symbol);
  else
    lazySymbols.erase(symbol);
  known.setFacts(std::move(symbol), facts);
}

std::optional<DimExpr> DimSolver::solution(const std::string &symbol) const {
  auto it = bindings.find(symbol);
  if (it != bindings.end())
    return it->second.value;
  if (!isLazy(symbol))
    return std::nullopt;
  DimExpr fixed = known.simplify(DimExpr::symbol(symbol));
  return fixed.isConstant() ? std::optional<DimExpr>(fixed) : std::nullopt;
}

std::optional<DimSolver::Origin>
DimSolver::solutionOrigin(const std::string &symbol) const {
  auto it = bindings.find(symbol);
  return it == bindings.end() ? std::nullopt
                              : std::optional<Origin>(it->second.origin);
}

std::vector<std::string> DimSolver::unsolved() const {
  std::vector<std::string> names;
  for (const std::string &symbol : lazySymbols)
    if (!solution(symbol))
      names.push_back(symbol);
  return names;
}

DimExpr DimSolver::apply(const DimExpr &e) const {
  return known.simplify(e.substitute(values));
}

DimSolver::Result DimSolver::require(const DimExpr &a, const DimExpr &b,
                                     Origin origin) {
  DimExpr lhs = apply(a), rhs = apply(b);
  Truth truth = known.equal(lhs, rhs);
  if (truth == Truth::True)
    return {Outcome::Holds, lhs, rhs, std::nullopt};
  if (truth == Truth::False || lhs.isOverflow() || rhs.isOverflow())
    return {Outcome::Conflict, lhs, rhs, findEarlier(a, b)};
  Result result = solveOrGuard(lhs, rhs, std::move(origin));
  if (result.outcome == Outcome::Conflict && !result.earlier)
    result.earlier = findEarlier(a, b);
  return result;
}

DimSolver::Result DimSolver::solveOrGuard(const DimExpr &a, const DimExpr &b,
                                          Origin origin) {
  DimExpr difference = a - b;
  auto candidate = findCandidate(difference);
  if (!candidate)
    candidate = findCandidate(clearExactDivisions(difference));
  if (!candidate)
    return addGuard(a, b, std::move(origin));
  if (contradictsFacts(candidate->symbol, candidate->value)) {
    // Where the cofactor may be 0, the equality asks for that instead.
    if (!candidate->cofactorNonZero)
      return addGuard(a, b, std::move(origin));
    return {Outcome::Conflict, a, b, std::nullopt};
  }
  if (!narrowFacts(candidate->symbol, candidate->value))
    return {Outcome::Conflict, a, b, std::nullopt};
  if (auto conflict =
          bind(candidate->symbol, candidate->value, std::move(origin)))
    return *conflict;
  if (auto conflict = settleGuards(candidate->symbol))
    return *conflict;
  return {Outcome::Solved, DimExpr::symbol(candidate->symbol),
          bindings.at(candidate->symbol).value, std::nullopt};
}

std::optional<DimSolver::Candidate>
DimSolver::findCandidate(const DimExpr &difference) const {
  std::set<std::string> names;
  difference.collectSymbols(names);
  std::optional<Candidate> best;
  auto rank = [](const Candidate &candidate) {
    return 2 * candidate.value.isConstant() + candidate.coefficientIsOne;
  };
  for (const std::string &name : names) {
    if (!isLazy(name))
      continue;
    auto candidate = solveFor(name, difference);
    if (candidate && (!best || rank(*candidate) > rank(*best)))
      best = std::move(candidate);
  }
  return best;
}

std::optional<DimSolver::Candidate>
DimSolver::solveFor(const std::string &symbol,
                    const DimExpr &difference) const {
  auto linear = asLinear(difference, symbol);
  if (!linear || linear->cofactor.isOverflow() || linear->rest.isOverflow())
    return std::nullopt;
  DimExpr target = -linear->rest;
  if (target.isOverflow())
    return std::nullopt;
  auto coeff = linear->cofactor.getConstant();
  auto division = divide(target, linear->cofactor);
  if (division && division->remainder == DimExpr(0)) {
    auto [lo, hi] = known.range(linear->cofactor);
    bool nonZero = (lo && *lo > 0) || (hi && *hi < 0);
    bool isOne = coeff && (*coeff == 1 || *coeff == -1);
    return Candidate{symbol, division->quotient, nonZero, isOne};
  }
  if (!coeff || known.divides(*coeff, target) != Truth::True)
    return std::nullopt;
  return Candidate{symbol, known.simplify(DimExpr::floorDiv(target, *coeff)),
                   /*cofactorNonZero=*/true, /*coefficientIsOne=*/false};
}

std::optional<DimExpr> DimSolver::onlyValue(const std::string &symbol, const DimExpr &a,
                                            const DimExpr &b) const {
  auto candidate = solveFor(symbol, clearExactDivisions(a - b));
  if (!candidate || !candidate->cofactorNonZero ||
      contradictsFacts(symbol, candidate->value))
    return std::nullopt;
  return candidate->value;
}

/// Multiplies with the divisors of divisions known to be exact, which makes
/// `floordiv(f, 2) == 32` with an even f linear in f.
DimExpr DimSolver::clearExactDivisions(DimExpr difference) const {
  for (int step = 0; step < 4; ++step) {
    int64_t scale = 1;
    for (const Monomial &term : termsOf(difference))
      for (const AtomRef &factor : term.factors) {
        auto by = positiveDivisor(*factor);
        if (by && *by > 1 && factor->kind == Op::FloorDiv && scale == 1 &&
            known.divides(*by, factor->operands[0]) == Truth::True)
          scale = *by;
      }
    DimExpr scaled = difference * DimExpr(scale);
    if (scale == 1 || scaled.isOverflow())
      break;
    difference = known.simplify(scaled);
  }
  return difference;
}

bool DimSolver::contradictsFacts(const std::string &symbol,
                                 const DimExpr &value) const {
  SymbolFacts facts = known.getFacts(symbol);
  auto [lo, hi] = known.range(value);
  return (lo && *lo > facts.max) || (hi && *hi < facts.min) ||
         known.divides(facts.divisor, value) == Truth::False;
}

/// What was declared of a symbol holds for the lazy symbol that replaces it.
/// False if nothing satisfies both declarations.
bool DimSolver::narrowFacts(const std::string &from, const DimExpr &to) {
  auto name = to.getSymbol();
  if (!name || !isLazy(*name))
    return true;
  SymbolFacts a = known.getFacts(from), b = known.getFacts(*name);
  auto divisor = checkedMul(a.divisor / gcdOf(a.divisor, b.divisor),
                            b.divisor);
  SymbolFacts both{std::max(a.min, b.min), std::min(a.max, b.max),
                   divisor.value_or(b.divisor)};
  auto first = checkedCeilDiv(both.min, both.divisor);
  auto last = checkedFloorDiv(both.max, both.divisor);
  if (both.min > both.max || *first > *last)
    return false;
  known.setFacts(*name, both);
  return true;
}

/// Returns the conflict with the declaration of a symbol whose solution
/// mentions this one, if there is any.
std::optional<DimSolver::Result> DimSolver::bind(const std::string &symbol,
                                                 const DimExpr &value,
                                                 Origin origin) {
  auto recordUses = [&](const std::string &user, const DimExpr &e) {
    std::set<std::string> names;
    e.collectSymbols(names);
    for (const std::string &name : names)
      users[name].insert(user);
  };
  bindings[symbol] = {value, std::move(origin), bindings.size()};
  values[symbol] = value;
  recordUses(symbol, value);
  auto it = users.find(symbol);
  if (it == users.end())
    return std::nullopt;
  std::set<std::string> affected = std::move(it->second);
  users.erase(it);
  std::optional<Result> conflict;
  for (const std::string &user : affected) {
    Binding &binding = bindings[user];
    binding.value = known.simplify(binding.value.substitute({{symbol, value}}));
    values[user] = binding.value;
    recordUses(user, binding.value);
    if (!conflict && contradictsFacts(user, binding.value))
      conflict = Result{Outcome::Conflict, DimExpr::symbol(user),
                        binding.value, binding.origin};
  }
  return conflict;
}

/// Tries the guards that mention a symbol just solved once more. Returns the
/// first conflict among them.
std::optional<DimSolver::Result>
DimSolver::settleGuards(const std::string &symbol) {
  auto count = numGuards.find(symbol);
  if (count == numGuards.end() || count->second == 0)
    return std::nullopt;
  std::vector<Guard> affected;
  auto isAffected = [&](const Guard &guard) {
    return mentions(guard.lhs, symbol) || mentions(guard.rhs, symbol);
  };
  auto end = std::stable_partition(
      pending.begin(), pending.end(),
      [&](const Guard &guard) { return !isAffected(guard); });
  std::move(end, pending.end(), std::back_inserter(affected));
  pending.erase(end, pending.end());
  for (const Guard &guard : affected) {
    countGuard(guard, -1);
    guardOf.erase(keyOf(guard.lhs - guard.rhs));
  }
  std::optional<Result> conflict;
  for (const Guard &guard : affected) {
    DimExpr lhs = apply(guard.lhs), rhs = apply(guard.rhs);
    Truth truth = known.equal(lhs, rhs);
    if (truth == Truth::True)
      continue;
    Result result{Outcome::Conflict, lhs, rhs, std::nullopt};
    if (truth == Truth::Unknown && !lhs.isOverflow() && !rhs.isOverflow())
      result = solveOrGuard(lhs, rhs, guard.origin);
    if (result.outcome != Outcome::Conflict || conflict)
      continue;
    if (!result.earlier)
      result.earlier = guard.origin;
    conflict = result;
  }
  return conflict;
}

DimSolver::Result DimSolver::addGuard(const DimExpr &a, const DimExpr &b,
                                      Origin origin) {
  DimExpr difference = a - b;
  std::string key = keyOf(difference);
  if (auto known = guardOf.find(key); known != guardOf.end()) {
    const Guard &guard = known->second;
    DimExpr earlier = guard.lhs - guard.rhs;
    for (const DimExpr &gap : {difference - earlier, difference + earlier}) {
      auto constant = gap.getConstant();
      if (!constant)
        continue;
      if (*constant == 0)
        return {Outcome::Guard, a, b, std::nullopt};
      return {Outcome::Conflict, a, b, guard.origin};
    }
  }
  pending.push_back({a, b, std::move(origin)});
  guardOf.try_emplace(std::move(key), pending.back());
  countGuard(pending.back(), 1);
  return {Outcome::Guard, a, b, std::nullopt};
}

void DimSolver::countGuard(const Guard &guard, int change) {
  std::set<std::string> names;
  guard.lhs.collectSymbols(names);
  guard.rhs.collectSymbols(names);
  for (const std::string &name : names)
    numGuards[name] += change;
}

/// The latest of the bindings that gave the sides their present form.
std::optional<DimSolver::Origin>
DimSolver::findEarlier(const DimExpr &a, const DimExpr &b) const {
  std::set<std::string> names;
  a.collectSymbols(names);
  b.collectSymbols(names);
  const Binding *latest = nullptr;
  for (const std::string &name : names) {
    auto it = bindings.find(name);
    if (it != bindings.end() && (!latest || it->second.order > latest->order))
      latest = &it->second;
  }
  return latest ? std::optional<Origin>(latest->origin) : std::nullopt;
}
