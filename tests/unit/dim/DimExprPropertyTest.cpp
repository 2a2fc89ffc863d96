//===- DimExprPropertyTest.cpp - random expressions against an oracle -----===//
//
// Normalization must not change values, and text, stack programs and the order
// of construction must not matter. The seeds are fixed: a failure repeats.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/dim/RandomTree.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace lz;
using namespace lz::test;

namespace {

Bindings randomBindings(Random &random, int64_t lo, int64_t hi) {
  Bindings bindings;
  for (const std::string &name : symbolNames())
    bindings[name] = random.between(lo, hi);
  return bindings;
}

TEST(DimExprPropertyTest, NormalizationKeepsValues) {
  Random random(1);
  int numCompared = 0;
  for (int i = 0; i < 20000; ++i) {
    TreeRef tree = random.tree(static_cast<int>(random.between(1, 5)));
    DimExpr e = toExpr(*tree);
    if (e.isOverflow())
      continue;
    for (int k = 0; k < 8; ++k) {
      Bindings bindings = randomBindings(random, k % 2 ? -12 : 0, 20);
      auto expected = evaluate(*tree, bindings);
      if (!expected)
        continue;
      auto value = e.evaluate(bindings);
      ASSERT_TRUE(value) << e.str();
      ASSERT_EQ(*value, static_cast<int64_t>(*expected)) << e.str();
      ++numCompared;
    }
  }
  EXPECT_GT(numCompared, 80000); // most have a value, or the test is empty
}

TEST(DimExprPropertyTest, TextAndPostfixReadBackTheSame) {
  Random random(2);
  for (int i = 0; i < 20000; ++i) {
    DimExpr e = toExpr(*random.tree(static_cast<int>(random.between(1, 5))));
    if (e.isOverflow())
      continue;
    std::string error;
    auto read = DimExpr::parse(e.str(), &error);
    ASSERT_TRUE(read) << e.str() << ": " << error;
    ASSERT_EQ(*read, e) << e.str();
    ASSERT_EQ(read->hash(), e.hash());
    ASSERT_EQ(read->str(), e.str());
    auto rebuilt = DimExpr::fromPostfix(e.postfix());
    ASSERT_TRUE(rebuilt) << e.str();
    ASSERT_EQ(*rebuilt, e) << e.str();
  }
}

/// The operands combined in a random order and association.
template <typename Fn>
DimExpr combine(std::vector<DimExpr> operands, Random &random, Fn fn) {
  while (operands.size() > 1) {
    size_t i = random.between(0, operands.size() - 1);
    DimExpr x = operands[i];
    operands.erase(operands.begin() + i);
    size_t j = random.between(0, operands.size() - 1);
    operands[j] = fn(operands[j], x);
  }
  return operands[0];
}

TEST(DimExprPropertyTest, OrderOfConstructionDoesNotMatter) {
  Random random(3);
  auto add = [](DimExpr x, DimExpr y) { return x + y; };
  auto multiply = [](DimExpr x, DimExpr y) { return x * y; };
  for (int i = 0; i < 4000; ++i) {
    std::vector<DimExpr> operands;
    for (int k = 0; k < 5; ++k)
      operands.push_back(
          toExpr(*random.tree(static_cast<int>(random.between(0, 2)))));
    auto check = [&](auto fn) {
      DimExpr first = combine(operands, random, fn);
      DimExpr second = combine(operands, random, fn);
      // A product may outgrow the limits in one order only.
      if (!first.isOverflow() && !second.isOverflow()) {
        ASSERT_EQ(first, second) << first.str() << "\n" << second.str();
      }
    };
    check(add);
    check(multiply);
    check(DimExpr::min);
    check(DimExpr::max);
  }
}

TEST(DimExprPropertyTest, RingLaws) {
  Random random(4);
  int numChecked = 0;
  for (int i = 0; i < 5000; ++i) {
    DimExpr x = toExpr(*random.tree(3)), y = toExpr(*random.tree(3)),
            z = toExpr(*random.tree(2));
    DimExpr difference = (x + y) * z - x * z - y * z;
    if (difference.isOverflow())
      continue;
    ASSERT_EQ(difference, DimExpr(0)) << x.str() << "; " << y.str();
    ASSERT_EQ(-(-x), x);
    ASSERT_EQ(x - y, -(y - x));
    ++numChecked;
  }
  EXPECT_GT(numChecked, 4000);
}

TEST(DimExprPropertyTest, SubstitutionCommutesWithEvaluation) {
  Random random(5);
  for (int i = 0; i < 5000; ++i) {
    TreeRef tree = random.tree(3);
    DimExpr e = toExpr(*tree);
    DimExpr forN = toExpr(*random.tree(2)), forS = toExpr(*random.tree(1));
    DimExpr replaced = e.substitute({{"n", forN}, {"s", forS}});
    if (replaced.isOverflow())
      continue;
    Bindings bindings = randomBindings(random, 0, 9);
    auto n = forN.evaluate(bindings), s = forS.evaluate(bindings);
    if (!n || !s)
      continue;
    Bindings inner = bindings;
    inner["n"] = *n;
    inner["s"] = *s;
    auto expected = evaluate(*tree, inner);
    if (!expected)
      continue;
    ASSERT_EQ(replaced.evaluate(bindings), static_cast<int64_t>(*expected))
        << e.str() << " -> " << replaced.str();
  }
}

TEST(DimExprPropertyTest, OrderIsConsistent) {
  Random random(6);
  std::vector<DimExpr> exprs;
  for (int i = 0; i < 400; ++i)
    exprs.push_back(toExpr(*random.tree(3)));
  std::sort(exprs.begin(), exprs.end());
  for (size_t i = 0; i < exprs.size(); ++i)
    for (size_t j = i; j < exprs.size(); ++j) {
      ASSERT_FALSE(exprs[j] < exprs[i]);
      bool equivalent = !(exprs[i] < exprs[j]);
      ASSERT_EQ(equivalent,
                exprs[i] == exprs[j] ||
                    (exprs[i].isOverflow() && exprs[j].isOverflow()));
    }
}

TEST(DimExprPropertyTest, LargeNumbersNeverGiveWrongValues) {
  Random random(7);
  for (int i = 0; i < 20000; ++i) {
    TreeRef tree = random.tree(3);
    DimExpr e = toExpr(*tree);
    Bindings bindings;
    for (const std::string &name : symbolNames())
      bindings[name] = random.between(-(int64_t(1) << 40), int64_t(1) << 40);
    auto expected = evaluate(*tree, bindings);
    auto value = e.evaluate(bindings);
    if (expected && value) {
      ASSERT_EQ(*value, static_cast<int64_t>(*expected)) << e.str();
    }
  }
}

} // namespace
