//===- DimSolver.h - equalities between dimensions --------------*- C++ -*-===//
//
// Collects the equalities that shape inference finds. One that involves a lazy
// symbol defines it, one between dynamic dimensions becomes a guard for the run
// time, one that cannot hold is a conflict, reported with its counterpart.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_DIM_DIMSOLVER_H
#define LAZULI_IR_DIM_DIMSOLVER_H

#include "ir/dim/DimFacts.h"

#include <unordered_map>

namespace lz {

/// Solves equalities for lazy symbols, one after the other. A symbol that was
/// never declared is dynamic, with the default facts. Not thread-safe.
class DimSolver {
public:
  /// An opaque description, carried with every equality for conflict reports.
  struct Origin {
    std::string text;
  };

  enum class Outcome {
    Holds,   ///< proven, nothing recorded
    Solved,  ///< a lazy symbol was bound
    Guard,   ///< undecided, recorded in guards()
    Conflict ///< no values of the symbols satisfy it (or it overflows)
  };

  struct Result {
    Outcome outcome;
    /// Solved: the symbol and its solution. Otherwise both sides with all
    /// solutions substituted.
    DimExpr lhs, rhs;
    /// Conflict: where the earlier, contradicting knowledge came from, unless
    /// the equality contradicts only itself or the declared facts.
    std::optional<Origin> earlier;
  };

  /// An equality that is to be checked once its symbols have values.
  struct Guard {
    DimExpr lhs, rhs;
    Origin origin;
  };

  /// Declares a symbol, or replaces its declaration. Only lazy symbols are
  /// ever solved for.
  void declare(std::string symbol, SymbolFacts facts, bool lazy);

  /// Adds the equality a == b. It is solved for a lazy symbol where it is
  /// linear in one and the division is exact; a symbol that solves to a
  /// constant is preferred, then one with coefficient 1, then the first by
  /// name. Dynamic dimensions are never merged. A guard that a new solution
  /// decides is settled at once; if it fails, or if the new solution breaks the
  /// declaration of a symbol solved before, the result is a Conflict with that
  /// one's sides and origin, and the new solution stays. The equality `x*y == 3*x` with x possibly 0
  /// does define a lazy y as 3: it must hold for every x.
  Result require(const DimExpr &a, const DimExpr &b, Origin origin);

  /// The solution of a lazy symbol, free of solved symbols. A lazy symbol
  /// whose facts allow one value is solved by them (and has no origin).
  std::optional<DimExpr> solution(const std::string &symbol) const;
  /// The origin of the equality that solved the symbol.
  std::optional<Origin> solutionOrigin(const std::string &symbol) const;
  bool isLazy(const std::string &symbol) const {
    return lazySymbols.count(symbol) != 0;
  }
  /// Declared lazy and not solved, by name.
  std::vector<std::string> unsolved() const;

  /// Substitutes all solutions and simplifies by the facts.
  DimExpr apply(const DimExpr &e) const;

  /// Undecided equalities in the order they were required, each once; both
  /// sides have all solutions substituted.
  const std::vector<Guard> &guards() const { return pending; }

  /// The only value of `symbol`, lazy or not, for which a == b holds, in terms
  /// of the other symbols; nullopt where it is not linear in it, may hold for
  /// several values, or the division is not exact. Changes nothing.
  std::optional<DimExpr> onlyValue(const std::string &symbol, const DimExpr &a,
                                   const DimExpr &b) const;

  DimFacts &facts() { return known; }
  const DimFacts &facts() const { return known; }

private:
  struct Binding {
    DimExpr value;
    Origin origin;
    size_t order; ///< counts bindings: the greatest is the latest
  };
  struct Candidate {
    std::string symbol;
    DimExpr value;
    /// What the symbol was multiplied with; constants count as nonzero.
    bool cofactorNonZero;
    bool coefficientIsOne;
  };

  Result solveOrGuard(const DimExpr &a, const DimExpr &b, Origin origin);
  std::optional<Candidate> findCandidate(const DimExpr &difference) const;
  std::optional<Candidate> solveFor(const std::string &symbol,
                                    const DimExpr &difference) const;
  DimExpr clearExactDivisions(DimExpr difference) const;
  bool contradictsFacts(const std::string &symbol, const DimExpr &value) const;
  bool narrowFacts(const std::string &from, const DimExpr &to);
  std::optional<Result> bind(const std::string &symbol, const DimExpr &value,
                             Origin origin);
  std::optional<Result> settleGuards(const std::string &symbol);
  Result addGuard(const DimExpr &a, const DimExpr &b, Origin origin);
  void countGuard(const Guard &guard, int change);
  std::optional<Origin> findEarlier(const DimExpr &a, const DimExpr &b) const;

  DimFacts known;
  std::set<std::string> lazySymbols;
  std::map<std::string, Binding> bindings;
  std::map<std::string, DimExpr> values; ///< of bindings, for substitute()
  /// Solved symbols whose solution mentions the key.
  std::map<std::string, std::set<std::string>> users;
  std::vector<Guard> pending;
  /// The pending guard of each difference of sides, up to its constant and sign.
  std::unordered_map<std::string, Guard> guardOf;
  /// How many pending guards mention a symbol; those of none are not searched.
  std::map<std::string, size_t> numGuards;
};

} // namespace lz

#endif // LAZULI_IR_DIM_DIMSOLVER_H
