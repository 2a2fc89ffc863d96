//===- DimFacts.h - what is known about dimension symbols -------*- C++ -*-===//
//
// Ranges and divisors of symbols, and what follows from them for expressions:
// bounds, divisibility, equality, order, and simpler forms. Every answer other
// than `Unknown` is a proof over all values that the facts allow.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_DIM_DIMFACTS_H
#define LAZULI_IR_DIM_DIMFACTS_H

#include "ir/dim/DimExpr.h"

#include <utility>

namespace lz {

/// A symbol's value lies in [min, max] and is a multiple of divisor. The
/// default is what holds for every dimension: it is not negative.
struct SymbolFacts {
  int64_t min = 0;
  int64_t max = INT64_MAX;
  int64_t divisor = 1;
};

/// Facts about symbols. Answers concern those values of the symbols for which
/// the expressions asked about have a value (no division by zero, no
/// overflow). Reading is thread-safe, setFacts() is not.
class DimFacts {
public:
  /// Replaces what is known of the symbol. The sign of the divisor does not
  /// matter, a divisor of 0 is taken as 1.
  void setFacts(std::string symbol, SymbolFacts facts);
  /// The default facts for a symbol of which nothing was said.
  SymbolFacts getFacts(const std::string &symbol) const;

  /// Bounds of the expression, both inclusive; nullopt where there is none
  /// within int64_t. Not always the tightest.
  std::pair<std::optional<int64_t>, std::optional<int64_t>>
  range(const DimExpr &e) const;

  /// The greatest number (>= 1) that is proven to divide the expression; 2^62
  /// for the constant 0, 1 for `overflow`.
  int64_t knownDivisor(const DimExpr &e) const;

  enum class Truth { True, False, Unknown };

  /// True: equal for all allowed values. False: for none.
  Truth equal(const DimExpr &a, const DimExpr &b) const;
  /// True: a <= b for all allowed values. False: a > b for all.
  Truth lessEqual(const DimExpr &a, const DimExpr &b) const;
  /// True: d divides e for all allowed values. False: for none. Only 0 is
  /// divisible by 0.
  Truth divides(int64_t d, const DimExpr &e) const;

  /// A form equal to `e` for all allowed values, simpler where the facts
  /// help: common factors that cannot be zero cancel in divisions, divisions
  /// and remainders with a known result vanish, min and max are decided by
  /// ranges, a symbol with one possible value becomes that constant. Never
  /// turns an expression that is not `overflow` into one that is.
  DimExpr simplify(const DimExpr &e) const;

private:
  std::map<std::string, SymbolFacts> symbols;
};

} // namespace lz

#endif // LAZULI_IR_DIM_DIMFACTS_H
