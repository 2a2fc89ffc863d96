//===- DimNode.cpp - building and comparing the nodes ---------------------===//
//
// The only place that makes nodes: terms are sorted and merged here, hashes are
// computed and the limits of an expression enforced.
//
//===----------------------------------------------------------------------===//

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

} // namespace

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

DimExpr detail::finish(std::vector<Monomial> terms, int64_t constant) {
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

DimExpr detail::makeSymbol(std::string name) {
  auto kind = DimExpr::Op::Symbol;
  size_t hash = mix(static_cast<size_t>(kind), hashName(name));
  return exprOf(std::make_shared<const Atom>(
      Atom{kind, std::move(name), {}, hash, 1, 0}));
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

size_t detail::hashConstant(int64_t value) {
  return mix(5, static_cast<size_t>(value));
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
