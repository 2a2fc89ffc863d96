//===- DimExpr.h - symbolic dimension expressions ---------------*- C++ -*-===//
//
// An immutable expression for a tensor dimension: a sum of monomials over
// named symbols and opaque floordiv, ceildiv, mod, min and max atoms, always in
// normal form, so that expressions equal as polynomials are equal as values.
// Shape inference, the shape solver and the artifact writer speak in these.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_DIM_DIMEXPR_H
#define LAZULI_IR_DIM_DIMEXPR_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lz {

namespace detail {
struct Poly;
struct ExprAccess;
} // namespace detail

/// A dimension as an expression over int64_t. Copies are cheap (a shared
/// pointer; a constant owns no memory), values never change, and all functions
/// may be called from several threads.
///
/// Division is floor division, `mod` has the sign of the divisor; a division by
/// the constant zero is kept as it is and has no value.
///
/// The normal form preserves values: wherever the expression as written has a
/// value, the normal form has the same. (It may have one where the original
/// has none: `floordiv(a, b) - floordiv(a, b)` is 0, whatever b is.)
///
/// An expression whose arithmetic leaves int64_t, or which grows beyond the
/// limits below, becomes the *overflow* value: sticky through every operation,
/// equal to nothing (itself included), without text or postfix form.
class DimExpr {
public:
  /// Limits of one expression; beyond any of them it becomes `overflow`.
  /// They keep products of sums and nested atoms from growing without bound.
  static constexpr size_t kMaxTerms = 256;
  static constexpr size_t kMaxWeight = 8192; ///< nodes, printed as a tree
  /// Atoms nested in atoms. A level leaves at most three pending operands (a
  /// sum, a product, a first operand), so 128 suffice to run postfix().
  static constexpr size_t kMaxDepth = 40;

  /// The constant 0.
  DimExpr() = default;
  /// A constant. Implicit: a dimension is most often just a number.
  DimExpr(int64_t constant) : value(constant) {}

  /// The symbol of that name; any string is a name.
  static DimExpr symbol(std::string name);
  /// The value that no arithmetic produces on success (see above).
  static DimExpr overflow();

  static DimExpr floorDiv(DimExpr a, DimExpr b);
  /// With a positive constant divisor: floordiv(a + b - 1, b).
  static DimExpr ceilDiv(DimExpr a, DimExpr b);
  static DimExpr mod(DimExpr a, DimExpr b);
  static DimExpr min(DimExpr a, DimExpr b);
  static DimExpr max(DimExpr a, DimExpr b);

  friend DimExpr operator+(const DimExpr &a, const DimExpr &b);
  friend DimExpr operator-(const DimExpr &a, const DimExpr &b);
  friend DimExpr operator*(const DimExpr &a, const DimExpr &b);
  friend DimExpr operator-(const DimExpr &a);
  DimExpr &operator+=(const DimExpr &other) { return *this = *this + other; }
  DimExpr &operator-=(const DimExpr &other) { return *this = *this - other; }
  DimExpr &operator*=(const DimExpr &other) { return *this = *this * other; }

  bool isConstant() const { return !poly && !invalid; }
  /// The value, if this is a constant.
  std::optional<int64_t> getConstant() const;
  /// True for exactly one symbol with coefficient 1.
  bool isSymbol() const;
  /// The name, if this is exactly one symbol with coefficient 1.
  std::optional<std::string> getSymbol() const;
  bool isOverflow() const { return invalid; }

  /// Equality of normal forms. False where either side is `overflow`.
  bool operator==(const DimExpr &other) const;
  bool operator!=(const DimExpr &other) const { return !(*this == other); }
  /// A total order by structure: the same on every run and machine. Constants
  /// come first, by value; `overflow` comes last, equivalent to itself.
  bool operator<(const DimExpr &other) const;
  /// Agrees with ==, the same on every run.
  size_t hash() const;

  /// Canonical text, such as `2*batch*seq + 3` or `floordiv(n + 1, 2)`. A name
  /// that is no plain identifier ([A-Za-z_][A-Za-z0-9_.]*) or is the name of a
  /// function stands in double quotes with escapes. `overflow` prints as
  /// `<overflow>`, which does not parse.
  std::string str() const;

  /// Reads what str() prints and usual infix notation: + - * // % parentheses,
  /// `a floordiv b`, `a ceildiv b`, `a mod b`. On failure returns nullopt and
  /// says what was found and what was expected.
  static std::optional<DimExpr> parse(std::string_view text,
                                      std::string *error = nullptr);

  /// Adds the names of all symbols, those inside atoms included.
  void collectSymbols(std::set<std::string> &names) const;

  /// Replaces symbols simultaneously, everywhere, and normalizes again.
  DimExpr substitute(const std::map<std::string, DimExpr> &values) const;

  /// The value under these bindings; nullopt on an unbound symbol, on
  /// overflow and on a division by zero.
  std::optional<int64_t>
  evaluate(const std::map<std::string, int64_t> &values) const;

  enum class Op : uint8_t {
    Const,
    Symbol,
    Add,
    Mul,
    FloorDiv,
    CeilDiv,
    Mod,
    Min,
    Max
  };

  /// One step of a stack program: Const pushes `value`, Symbol pushes the
  /// symbol's value, every other op replaces the two topmost by its result.
  struct Step {
    Op op;
    int64_t value;
    std::string symbol;
    bool operator==(const Step &o) const {
      return op == o.op && value == o.value && symbol == o.symbol;
    }
  };

  /// The expression as a stack program, for serialization; empty for
  /// `overflow`.
  std::vector<Step> postfix() const;
  /// The inverse of postfix(); nullopt for a malformed program (a stack that
  /// runs empty, a rest on the stack, an unknown op) and on overflow.
  static std::optional<DimExpr> fromPostfix(const std::vector<Step> &steps);

private:
  friend struct detail::ExprAccess;

  std::shared_ptr<const detail::Poly> poly; ///< null for constants
  int64_t value = 0;
  bool invalid = false;
};

DimExpr operator+(const DimExpr &a, const DimExpr &b);
DimExpr operator-(const DimExpr &a, const DimExpr &b);
DimExpr operator*(const DimExpr &a, const DimExpr &b);
DimExpr operator-(const DimExpr &a);

/// For llvm::hash_value and other lookups by ADL.
inline size_t hash_value(const DimExpr &expr) { return expr.hash(); }

} // namespace lz

template <> struct std::hash<lz::DimExpr> {
  size_t operator()(const lz::DimExpr &expr) const { return expr.hash(); }
};

#endif // LAZULI_IR_DIM_DIMEXPR_H
