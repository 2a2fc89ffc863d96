//===- DimExpr.cpp - the ring operations of dimension expressions ---------===//
//
// Sums, products, comparison, substitution and evaluation. What keeps the
// normal form of division, remainder, minimum and maximum is in DimAtoms.cpp.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimExpr.h"
#include "ir/dim/CheckedMath.h"
#include "ir/dim/DimNode.h"

#include <algorithm>

using namespace lz;
using namespace lz::detail;

namespace {

size_t mix(size_t seed, size_t value) {
  uint64_t x = seed * 0x9E3779B97F4A7C15ull + value;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ull;
  x ^= x >> 29;
  return static_cast<size_t>(x);
}

/// FNV-1a: std::hash of strings may differ between standard libraries.
size_t hashName(const std::string &name) {
  uint64_t h = 0xCBF29CE484222325ull;
  for (unsigned char c : name)
    h = (h ^ c) * 0x100000001B3ull;
  return static_cast<size_t>(h);
}

int sign(bool less) { return less ? -1 : 1; }

/// Takes terms that are sorted, merged and free of zeros.
DimExpr finish(std::vector<Monomial> terms, int64_t constant) {
  if (terms.empty())
    return DimExpr(constant);
  if (terms.size() > DimExpr::kMaxTerms)
    return DimExpr::overflow();
  size_t hash = mix(17, static_cast<size_t>(constant)), weight = 1, depth = 0;
  for (const Monomial &term : terms) {
    hash = mix(hash, static_cast<size_t>(term.coeff));
    weight += 1;
    for (const AtomRef &factor : term.factors) {
      hash = mix(hash, factor->hash);
      weight += factor->weight;
      depth = std::max(depth, factor->depth);
    }
  }
  if (weight > DimExpr::kMaxWeight || depth > DimExpr::kMaxDepth)
    return DimExpr::overflow();
  return ExprAccess::make(std::make_shared<const Poly>(
      Poly{std::move(terms), constant, hash, weight, depth}));
}

DimExpr scale(const DimExpr &e, int64_t by) {
  if (by == 0)
    return DimExpr(0);
  auto constant = checkedMul(constantOf(e), by);
  if (!constant)
    return DimExpr::overflow();
  std::vector<Monomial> terms = termsOf(e);
  for (Monomial &term : terms) {
    auto coeff = checkedMul(term.coeff, by);
    if (!coeff)
      return DimExpr::overflow();
    term.coeff = *coeff;
  }
  return finish(std::move(terms), *constant);
}

std::optional<int64_t> evaluateOp(DimExpr::Op kind, int64_t a, int64_t b) {
  switch (kind) {
  case DimExpr::Op::FloorDiv:
    return checkedFloorDiv(a, b);
  case DimExpr::Op::CeilDiv:
    return checkedCeilDiv(a, b);
  case DimExpr::Op::Mod:
    return checkedMod(a, b);
  case DimExpr::Op::Min:
    return std::min(a, b);
  default:
    return std::max(a, b);
  }
}

using Bindings = std::map<std::string, int64_t>;

std::optional<int64_t> evaluateAtom(const Atom &atom, const Bindings &values) {
  if (atom.kind == DimExpr::Op::Symbol) {
    auto it = values.find(atom.name);
    return it == values.end() ? std::nullopt
                              : std::optional<int64_t>(it->second);
  }
  auto result = atom.operands[0].evaluate(values);
  for (size_t i = 1; i < atom.operands.size() && result; ++i) {
    auto operand = atom.operands[i].evaluate(values);
    result = operand ? evaluateOp(atom.kind, *result, *operand) : std::nullopt;
  }
  return result;
}

} // namespace

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

const std::vector<Monomial> &detail::termsOf(const DimExpr &e) {
  static const std::vector<Monomial> none;
  const Poly *poly = ExprAccess::poly(e);
  return poly ? poly->terms : none;
}

int64_t detail::constantOf(const DimExpr &e) {
  const Poly *poly = ExprAccess::poly(e);
  return poly ? poly->constant : ExprAccess::value(e);
}

size_t detail::weightOf(const DimExpr &e) {
  const Poly *poly = ExprAccess::poly(e);
  return poly ? poly->weight : 1;
}

size_t detail::depthOf(const DimExpr &e) {
  const Poly *poly = ExprAccess::poly(e);
  return poly ? poly->depth : 0;
}

int detail::compareAtoms(const Atom &a, const Atom &b) {
  if (&a == &b)
    return 0;
  if (a.kind != b.kind)
    return sign(a.kind < b.kind);
  if (int order = a.name.compare(b.name))
    return order;
  if (a.operands.size() != b.operands.size())
    return sign(a.operands.size() < b.operands.size());
  for (size_t i = 0; i < a.operands.size(); ++i)
    if (int order = compareExprs(a.operands[i], b.operands[i]))
      return order;
  return 0;
}

int detail::compareFactors(const Factors &a, const Factors &b) {
  if (a.size() != b.size())
    return sign(a.size() > b.size());
  for (size_t i = 0; i < a.size(); ++i)
    if (int order = compareAtoms(*a[i], *b[i]))
      return order;
  return 0;
}

int detail::compareExprs(const DimExpr &a, const DimExpr &b) {
  if (a.isOverflow() || b.isOverflow())
    return static_cast<int>(a.isOverflow()) - static_cast<int>(b.isOverflow());
  const Poly *pa = ExprAccess::poly(a), *pb = ExprAccess::poly(b);
  if (pa == pb && pa)
    return 0;
  if (!pa != !pb)
    return sign(!pa);
  const auto &ta = termsOf(a), &tb = termsOf(b);
  for (size_t i = 0; i < std::min(ta.size(), tb.size()); ++i) {
    if (int order = compareFactors(ta[i].factors, tb[i].factors))
      return order;
    if (ta[i].coeff != tb[i].coeff)
      return sign(ta[i].coeff < tb[i].coeff);
  }
  if (ta.size() != tb.size())
    return sign(ta.size() < tb.size());
  int64_t ca = constantOf(a), cb = constantOf(b);
  return ca == cb ? 0 : sign(ca < cb);
}

DimExpr detail::makeExpr(std::vector<Monomial> terms, int64_t constant) {
  std::sort(terms.begin(), terms.end(),
            [](const Monomial &a, const Monomial &b) {
              return compareFactors(a.factors, b.factors) < 0;
            });
  std::vector<Monomial> merged;
  for (size_t i = 0; i < terms.size();) {
    // Equal terms are summed wide, so that their order makes no difference.
    __extension__ __int128 sum = terms[i].coeff;
    size_t next = i + 1;
    for (; next < terms.size() &&
           compareFactors(terms[i].factors, terms[next].factors) == 0;
         ++next)
      sum += terms[next].coeff;
    if (sum < INT64_MIN || sum > INT64_MAX)
      return DimExpr::overflow();
    if (sum != 0)
      merged.push_back(
          {std::move(terms[i].factors), static_cast<int64_t>(sum)});
    i = next;
  }
  return finish(std::move(merged), constant);
}

DimExpr detail::exprOf(const AtomRef &atom) { return finish({{{atom}, 1}}, 0); }

DimExpr detail::exprOf(const Monomial &monomial) {
  return makeExpr({monomial}, 0);
}

DimExpr detail::makeAtom(DimExpr::Op kind, std::vector<DimExpr> operands) {
  size_t hash = mix(static_cast<size_t>(kind), 3), weight = 1, depth = 0;
  for (const DimExpr &operand : operands) {
    if (operand.isOverflow())
      return operand;
    hash = mix(hash, operand.hash());
    weight += weightOf(operand);
    depth = std::max(depth, depthOf(operand));
  }
  return exprOf(std::make_shared<const Atom>(
      Atom{kind, {}, std::move(operands), hash, weight, depth + 1}));
}

const Atom *detail::asAtom(const DimExpr &e) {
  const auto &terms = termsOf(e);
  bool isAtom = terms.size() == 1 && constantOf(e) == 0 &&
                terms[0].coeff == 1 && terms[0].factors.size() == 1;
  return isAtom ? terms[0].factors[0].get() : nullptr;
}

bool detail::mentions(const Atom &atom, const std::string &symbol) {
  if (atom.kind == DimExpr::Op::Symbol)
    return atom.name == symbol;
  return std::any_of(
      atom.operands.begin(), atom.operands.end(),
      [&](const DimExpr &operand) { return mentions(operand, symbol); });
}

bool detail::mentions(const DimExpr &e, const std::string &symbol) {
  for (const Monomial &term : termsOf(e))
    for (const AtomRef &factor : term.factors)
      if (mentions(*factor, symbol))
        return true;
  return false;
}

//===----------------------------------------------------------------------===//
// DimExpr
//===----------------------------------------------------------------------===//

DimExpr DimExpr::symbol(std::string name) {
  size_t hash = mix(static_cast<size_t>(Op::Symbol), hashName(name));
  return exprOf(std::make_shared<const Atom>(
      Atom{Op::Symbol, std::move(name), {}, hash, 1, 0}));
}

DimExpr DimExpr::overflow() { return ExprAccess::makeOverflow(); }

DimExpr lz::operator+(const DimExpr &a, const DimExpr &b) {
  if (a.isOverflow() || b.isOverflow())
    return DimExpr::overflow();
  auto constant = checkedAdd(constantOf(a), constantOf(b));
  if (!constant)
    return DimExpr::overflow();
  if (termsOf(a).empty() || termsOf(b).empty()) {
    const DimExpr &symbolic = termsOf(a).empty() ? b : a;
    if (*constant == constantOf(symbolic))
      return symbolic;
    return finish(termsOf(symbolic), *constant);
  }
  std::vector<Monomial> terms = termsOf(a);
  terms.insert(terms.end(), termsOf(b).begin(), termsOf(b).end());
  return makeExpr(std::move(terms), *constant);
}

DimExpr lz::operator-(const DimExpr &a) {
  return a.isOverflow() ? a : scale(a, -1);
}

DimExpr lz::operator-(const DimExpr &a, const DimExpr &b) {
  if (a.isConstant() && b.isConstant()) {
    int64_t result;
    bool left = __builtin_sub_overflow(a.value, b.value, &result);
    return left ? DimExpr::overflow() : DimExpr(result);
  }
  return a + -b;
}

DimExpr lz::operator*(const DimExpr &a, const DimExpr &b) {
  if (a.isOverflow() || b.isOverflow())
    return DimExpr::overflow();
  if (b.isConstant())
    return scale(a, b.value);
  if (a.isConstant())
    return scale(b, a.value);
  std::vector<Monomial> terms;
  for (const Monomial &x : termsOf(a))
    for (const Monomial &y : termsOf(b)) {
      auto coeff = checkedMul(x.coeff, y.coeff);
      if (!coeff)
        return DimExpr::overflow();
      Monomial product{{}, *coeff};
      product.factors.reserve(x.factors.size() + y.factors.size());
      std::merge(x.factors.begin(), x.factors.end(), y.factors.begin(),
                 y.factors.end(), std::back_inserter(product.factors),
                 [](const AtomRef &l, const AtomRef &r) {
                   return compareAtoms(*l, *r) < 0;
                 });
      terms.push_back(std::move(product));
    }
  auto addScaled = [&](const DimExpr &e, int64_t by) {
    DimExpr scaled = scale(e - DimExpr(constantOf(e)), by);
    terms.insert(terms.end(), termsOf(scaled).begin(), termsOf(scaled).end());
    return !scaled.isOverflow();
  };
  auto constant = checkedMul(constantOf(a), constantOf(b));
  if (!constant || !addScaled(a, constantOf(b)) ||
      !addScaled(b, constantOf(a)))
    return DimExpr::overflow();
  return makeExpr(std::move(terms), *constant);
}

std::optional<int64_t> DimExpr::getConstant() const {
  return isConstant() ? std::optional<int64_t>(value) : std::nullopt;
}

bool DimExpr::isSymbol() const {
  const Atom *atom = asAtom(*this);
  return atom && atom->kind == Op::Symbol;
}

std::optional<std::string> DimExpr::getSymbol() const {
  return isSymbol() ? std::optional<std::string>(asAtom(*this)->name)
                    : std::nullopt;
}

bool DimExpr::operator==(const DimExpr &other) const {
  if (invalid || other.invalid)
    return false;
  if (poly && other.poly && poly->hash != other.poly->hash)
    return false;
  return compareExprs(*this, other) == 0;
}

bool DimExpr::operator<(const DimExpr &other) const {
  return compareExprs(*this, other) < 0;
}

size_t DimExpr::hash() const {
  if (invalid)
    return 0;
  return poly ? poly->hash : mix(5, static_cast<size_t>(value));
}

void DimExpr::collectSymbols(std::set<std::string> &names) const {
  for (const Monomial &term : termsOf(*this))
    for (const AtomRef &factor : term.factors) {
      if (factor->kind == Op::Symbol)
        names.insert(factor->name);
      for (const DimExpr &operand : factor->operands)
        operand.collectSymbols(names);
    }
}

DimExpr
DimExpr::substitute(const std::map<std::string, DimExpr> &values) const {
  if (!poly || values.empty())
    return *this;
  std::set<std::string> names;
  collectSymbols(names);
  if (std::none_of(names.begin(), names.end(), [&](const std::string &name) {
        return values.count(name) != 0;
      }))
    return *this;
  return mapAtoms(*this, [&](const AtomRef &atom) {
    if (atom->kind == Op::Symbol) {
      auto it = values.find(atom->name);
      return it == values.end() ? exprOf(atom) : it->second;
    }
    std::vector<DimExpr> operands = atom->operands;
    for (DimExpr &operand : operands)
      operand = operand.substitute(values);
    return applyOp(atom->kind, std::move(operands));
  });
}

std::optional<int64_t>
DimExpr::evaluate(const std::map<std::string, int64_t> &values) const {
  if (invalid)
    return std::nullopt;
  // Wide, so that a sum which fits is found whatever the order of its terms;
  // 257 summands below 2^63 cannot leave it.
  __extension__ __int128 sum = constantOf(*this);
  for (const Monomial &term : termsOf(*this)) {
    std::optional<int64_t> product = term.coeff;
    for (const AtomRef &factor : term.factors) {
      auto operand = evaluateAtom(*factor, values);
      product = operand ? checkedMul(*product, *operand) : std::nullopt;
      if (!product)
        return std::nullopt;
    }
    sum += *product;
  }
  if (sum < INT64_MIN || sum > INT64_MAX)
    return std::nullopt;
  return static_cast<int64_t>(sum);
}
