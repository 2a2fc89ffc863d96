//===- DimNode.h - how dimension expressions are stored ---------*- C++ -*-===//
//
// The nodes behind DimExpr and the helpers that the files of this room share.
// Nothing outside `ir/dim` includes this: DimExpr, DimFacts and DimSolver are
// the interface.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_DIM_DIMNODE_H
#define LAZULI_IR_DIM_DIMNODE_H

#include "ir/dim/DimExpr.h"

namespace lz {
class DimFacts;
}

namespace lz::detail {

/// What a monomial multiplies: a symbol, or a function of normal expressions.
struct Atom {
  DimExpr::Op kind; ///< Symbol, FloorDiv, CeilDiv, Mod, Min or Max
  std::string name; ///< of a symbol
  std::vector<DimExpr> operands;
  size_t hash;
  size_t weight;
  size_t depth;
};
using AtomRef = std::shared_ptr<const Atom>;
using Factors = std::vector<AtomRef>;

/// coeff * product of factors; factors are sorted, powers are repetitions.
struct Monomial {
  Factors factors;
  int64_t coeff;
};

/// terms + constant. At least one term; terms are sorted, leading first, with
/// distinct factors and nonzero coefficients.
struct Poly {
  std::vector<Monomial> terms;
  int64_t constant;
  size_t hash;
  size_t weight;
  size_t depth;
};

struct ExprAccess {
  static const Poly *poly(const DimExpr &e) { return e.poly.get(); }
  static int64_t value(const DimExpr &e) { return e.value; }
  static DimExpr make(std::shared_ptr<const Poly> poly) {
    DimExpr e;
    e.poly = std::move(poly);
    return e;
  }
  static DimExpr makeOverflow() {
    DimExpr e;
    e.invalid = true;
    return e;
  }
};

/// The terms of a valid expression (none for a constant) and what is added.
const std::vector<Monomial> &termsOf(const DimExpr &e);
int64_t constantOf(const DimExpr &e);
size_t weightOf(const DimExpr &e);
size_t depthOf(const DimExpr &e);

/// Three-way comparison by structure. Factors compare in the graded
/// lexicographic order, the leading ones first; it is a monomial order, so
/// polynomials can be divided by it.
int compareExprs(const DimExpr &a, const DimExpr &b);
int compareAtoms(const Atom &a, const Atom &b);
int compareFactors(const Factors &a, const Factors &b);

/// Sorts, merges and checks the limits; `overflow` where they are left.
DimExpr makeExpr(std::vector<Monomial> terms, int64_t constant);
/// The same for terms that are already sorted, merged and free of zeros.
DimExpr finish(std::vector<Monomial> terms, int64_t constant);
size_t hashConstant(int64_t value);
DimExpr makeSymbol(std::string name);
DimExpr exprOf(const AtomRef &atom);
DimExpr exprOf(const Monomial &monomial);
/// An atom as it is, without looking for a simpler form.
DimExpr makeAtom(DimExpr::Op kind, std::vector<DimExpr> operands);
/// The function `kind` of its operands, normalized (Min and Max of one or
/// more operands, the others of two).
DimExpr applyOp(DimExpr::Op kind, std::vector<DimExpr> operands);
DimExpr minMax(DimExpr::Op kind, std::vector<DimExpr> operands);

/// The atom, if `e` is one atom with coefficient 1 and nothing else.
const Atom *asAtom(const DimExpr &e);
/// The constant divisor of a FloorDiv, CeilDiv or Mod atom, if it is positive.
std::optional<int64_t> positiveDivisor(const Atom &atom);
/// True if the symbol occurs anywhere, inside of atoms included.
bool mentions(const DimExpr &e, const std::string &symbol);
bool mentions(const Atom &atom, const std::string &symbol);

/// `a` without the factors of `b`; nullopt unless all of them are there.
std::optional<Factors> divideFactors(const Factors &a, const Factors &b);

struct Division {
  DimExpr quotient, remainder;
};
/// Polynomial division, a = quotient * b + remainder, for b other than 0;
/// nullopt on overflow.
std::optional<Division> divide(const DimExpr &a, const DimExpr &b);

/// True if e >= 0 is proven, without simplifying e first.
bool provesNonNegative(const DimFacts &facts, const DimExpr &e);
/// mod(x, c) as x - c*floordiv(x, c), and divisions by constants with every
/// coefficient in [0, c): a second normal form, less readable than the first,
/// in which more equal expressions are identical.
DimExpr expandDivisions(const DimExpr &e);

/// The expression with every atom at its top level replaced by fn(atomRef).
template <typename Fn> DimExpr mapAtoms(const DimExpr &e, Fn fn) {
  if (e.isConstant() || e.isOverflow())
    return e;
  std::vector<Monomial> terms;
  DimExpr constant = constantOf(e);
  for (const Monomial &term : termsOf(e)) {
    DimExpr product = term.coeff;
    for (const AtomRef &factor : term.factors)
      product *= fn(factor);
    if (product.isOverflow())
      return product;
    terms.insert(terms.end(), termsOf(product).begin(),
                 termsOf(product).end());
    constant += constantOf(product);
  }
  if (constant.isOverflow())
    return constant;
  return makeExpr(std::move(terms), *constant.getConstant());
}

} // namespace lz::detail

#endif // LAZULI_IR_DIM_DIMNODE_H
