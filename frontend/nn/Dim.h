//===- Dim.h - A tensor dimension that may not be known yet ---------------===//
//
// What `x.size(1)` returns while a model is traced: an integer, or a symbolic
// expression that can be computed with and used as a size.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_DIM_H
#define LAZULI_FRONTEND_NN_DIM_H

#include "ir/dim/DimExpr.h"

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace lz::nn {

/// A size: an integer or an expression over sizes that are not known yet.
/// Copies are cheap. Division rounds down, the remainder has the divisor's sign.
class Dim {
public:
  Dim() = default;
  template <typename Int, typename = std::enable_if_t<std::is_integral_v<Int>>>
  Dim(Int value) : expression(static_cast<int64_t>(value)) {}
  explicit Dim(DimExpr expression) : expression(std::move(expression)) {}

  /// A named dimension that stays free until the compiled model runs.
  static Dim symbol(std::string name) { return Dim(DimExpr::symbol(std::move(name))); }

  /// True if this is an integer.
  bool isKnown() const { return expression.isConstant(); }
  /// The integer; throws Error, naming the size that is not known and the
  /// module that asked, if this is none.
  int64_t value() const;
  explicit operator int64_t() const { return value(); }
  /// The integer, if this is one.
  std::optional<int64_t> tryValue() const { return expression.getConstant(); }

  /// This with the lazy fields that have been solved as integers.
  Dim resolved() const;

  const DimExpr &expr() const { return expression; }
  /// Readable text; sizes that have no name of their own print as `?`.
  std::string str() const;

private:
  DimExpr expression;
};

inline Dim operator+(const Dim &a, const Dim &b) { return Dim(a.expr() + b.expr()); }
inline Dim operator-(const Dim &a, const Dim &b) { return Dim(a.expr() - b.expr()); }
inline Dim operator*(const Dim &a, const Dim &b) { return Dim(a.expr() * b.expr()); }
inline Dim operator/(const Dim &a, const Dim &b) {
  return Dim(DimExpr::floorDiv(a.expr(), b.expr()));
}
inline Dim operator%(const Dim &a, const Dim &b) { return Dim(DimExpr::mod(a.expr(), b.expr())); }
inline Dim operator-(const Dim &a) { return Dim(-a.expr()); }
/// Provably the same size. False may also mean that it is not known.
inline bool operator==(const Dim &a, const Dim &b) { return a.expr() == b.expr(); }
inline bool operator!=(const Dim &a, const Dim &b) { return !(a == b); }

using Dims = std::vector<Dim>;

/// "[2, batch, ?]".
std::string toString(const Dims &dims);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_DIM_H
