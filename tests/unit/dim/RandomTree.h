//===- RandomTree.h - an oracle for the dimension algebra -------*- C++ -*-===//
//
// Random expression trees that are never normalized, and their values computed
// in 128 bits straight from the definition of each operation. The tests compare
// DimExpr with them.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TESTS_UNIT_DIM_RANDOMTREE_H
#define LAZULI_TESTS_UNIT_DIM_RANDOMTREE_H

#include "ir/dim/DimExpr.h"

#include <memory>
#include <random>

namespace lz::test {

__extension__ typedef __int128 Wide;
using Op = DimExpr::Op;
using Bindings = std::map<std::string, int64_t>;

struct Tree {
  Op op;
  int64_t value = 0;
  std::string symbol;
  std::shared_ptr<Tree> left, right;
};
using TreeRef = std::shared_ptr<Tree>;

inline const std::vector<std::string> &symbolNames() {
  static const std::vector<std::string> names = {"n", "s", "batch", "odd name",
                                                 "min"};
  return names;
}

class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}

  // std::uniform_int_distribution differs between standard libraries.
  int64_t between(int64_t lo, int64_t hi) {
    return lo + static_cast<int64_t>(engine() % (hi - lo + 1));
  }

  TreeRef tree(int depth) {
    int64_t pick = between(0, 9);
    if (depth == 0 || pick == 0)
      return leaf();
    static const Op ops[] = {Op::Add, Op::Add,      Op::Add,     Op::Mul,
                             Op::Mul, Op::FloorDiv, Op::CeilDiv, Op::Mod,
                             Op::Min, Op::Max};
    Op op = ops[between(0, 9)];
    TreeRef left = tree(depth - 1);
    bool isDivision =
        op == Op::FloorDiv || op == Op::CeilDiv || op == Op::Mod;
    // Mostly constant divisors: they have the most rules.
    TreeRef right = isDivision && between(0, 2) != 0
                        ? constant(between(-8, 8))
                        : tree(depth - 1);
    return std::make_shared<Tree>(Tree{op, 0, "", left, right});
  }

  TreeRef leaf() {
    if (between(0, 2) == 0)
      return constant(between(-9, 9));
    const auto &names = symbolNames();
    return std::make_shared<Tree>(
        Tree{Op::Symbol, 0, names[between(0, names.size() - 1)], {}, {}});
  }

  static TreeRef constant(int64_t value) {
    return std::make_shared<Tree>(Tree{Op::Const, value, "", {}, {}});
  }

private:
  std::mt19937_64 engine;
};

inline DimExpr toExpr(const Tree &t) {
  switch (t.op) {
  case Op::Const:
    return t.value;
  case Op::Symbol:
    return DimExpr::symbol(t.symbol);
  case Op::Add:
    return toExpr(*t.left) + toExpr(*t.right);
  case Op::Mul:
    return toExpr(*t.left) * toExpr(*t.right);
  case Op::FloorDiv:
    return DimExpr::floorDiv(toExpr(*t.left), toExpr(*t.right));
  case Op::CeilDiv:
    return DimExpr::ceilDiv(toExpr(*t.left), toExpr(*t.right));
  case Op::Mod:
    return DimExpr::mod(toExpr(*t.left), toExpr(*t.right));
  case Op::Min:
    return DimExpr::min(toExpr(*t.left), toExpr(*t.right));
  default:
    return DimExpr::max(toExpr(*t.left), toExpr(*t.right));
  }
}

inline Wide floorDivWide(Wide a, Wide b) {
  Wide quotient = a / b;
  return quotient * b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

/// The value by definition; nullopt on a division by zero and where a value
/// leaves 2^62, so that products stay within 128 bits.
inline std::optional<Wide> evaluate(const Tree &t, const Bindings &bindings) {
  if (t.op == Op::Const)
    return t.value;
  if (t.op == Op::Symbol)
    return bindings.at(t.symbol);
  auto l = evaluate(*t.left, bindings), r = evaluate(*t.right, bindings);
  if (!l || !r)
    return std::nullopt;
  Wide a = *l, b = *r, result;
  bool isDivision =
      t.op == Op::FloorDiv || t.op == Op::CeilDiv || t.op == Op::Mod;
  if (isDivision && b == 0)
    return std::nullopt;
  if (t.op == Op::Add)
    result = a + b;
  else if (t.op == Op::Mul)
    result = a * b;
  else if (t.op == Op::FloorDiv)
    result = floorDivWide(a, b);
  else if (t.op == Op::CeilDiv)
    result = -floorDivWide(-a, b);
  else if (t.op == Op::Mod)
    result = a - b * floorDivWide(a, b);
  else if (t.op == Op::Min)
    result = a < b ? a : b;
  else
    result = a < b ? b : a;
  constexpr Wide limit = Wide(1) << 62;
  if (result > limit || result < -limit)
    return std::nullopt;
  return result;
}

} // namespace lz::test

#endif // LAZULI_TESTS_UNIT_DIM_RANDOMTREE_H
