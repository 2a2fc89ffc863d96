//===- DimFactsPropertyTest.cpp - proofs against random values ------------===//
//
// Random facts, random expressions, and random values that satisfy the facts:
// no answer may be refuted by any of them.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimFacts.h"
#include "tests/unit/dim/RandomTree.h"

#include <gtest/gtest.h>

using namespace lz;
using namespace lz::test;
using Truth = DimFacts::Truth;

namespace {

DimFacts randomFacts(Random &random) {
  DimFacts facts;
  for (const std::string &name : symbolNames()) {
    SymbolFacts known;
    known.divisor = random.between(0, 2) ? 1 : random.between(2, 6);
    known.min = random.between(0, 3) ? random.between(0, 2)
                                     : random.between(-10, 20);
    known.max = random.between(0, 2) ? known.min + random.between(6, 30)
                                     : INT64_MAX;
    facts.setFacts(name, known);
  }
  return facts;
}

Bindings randomBindings(Random &random, const DimFacts &facts) {
  Bindings bindings;
  for (const std::string &name : symbolNames()) {
    SymbolFacts known = facts.getFacts(name);
    int64_t hi = std::min(known.max, known.min + 40);
    int64_t value = random.between(known.min, hi);
    while (value % known.divisor != 0) // a range of 7 holds a multiple of 6
      value = value == hi ? known.min : value + 1;
    bindings[name] = value;
  }
  return bindings;
}

void expectNotRefuted(Truth truth, bool actual, const std::string &what) {
  if (truth == Truth::True) {
    EXPECT_TRUE(actual) << what;
  }
  if (truth == Truth::False) {
    EXPECT_FALSE(actual) << what;
  }
}

TEST(DimFactsPropertyTest, RangeDivisorAndSimplifyHold) {
  Random random(11);
  int numSimplified = 0, numBounded = 0;
  for (int i = 0; i < 8000; ++i) {
    DimFacts facts = randomFacts(random);
    DimExpr e = toExpr(*random.tree(static_cast<int>(random.between(1, 4))));
    if (e.isOverflow())
      continue;
    auto [lo, hi] = facts.range(e);
    int64_t divisor = facts.knownDivisor(e);
    DimExpr simple = facts.simplify(e);
    ASSERT_FALSE(simple.isOverflow());
    numSimplified += simple != e;
    numBounded += lo.has_value() && hi.has_value();
    for (int k = 0; k < 10; ++k) {
      Bindings bindings = randomBindings(random, facts);
      auto value = e.evaluate(bindings);
      if (!value)
        continue;
      ASSERT_TRUE(!lo || *lo <= *value) << e.str();
      ASSERT_TRUE(!hi || *value <= *hi) << e.str();
      ASSERT_EQ(*value % divisor, 0) << e.str();
      ASSERT_EQ(simple.evaluate(bindings), value)
          << e.str() << " -> " << simple.str();
    }
  }
  EXPECT_GT(numSimplified, 500);
  EXPECT_GT(numBounded, 2000);
}

TEST(DimFactsPropertyTest, ProofsAreNotRefuted) {
  Random random(12);
  int numDecided = 0;
  for (int i = 0; i < 8000; ++i) {
    DimFacts facts = randomFacts(random);
    TreeRef treeA = random.tree(static_cast<int>(random.between(1, 3)));
    DimExpr a = toExpr(*treeA);
    // Often a relative of a, else nearly nothing is equal.
    DimExpr b = random.between(0, 1)
                    ? toExpr(*random.tree(static_cast<int>(random.between(0, 3))))
                    : facts.simplify(a) + DimExpr(random.between(-1, 1));
    int64_t d = random.between(-6, 6);
    Truth equal = facts.equal(a, b), order = facts.lessEqual(a, b),
          divides = facts.divides(d, a);
    numDecided += (equal != Truth::Unknown) + (order != Truth::Unknown) +
                  (divides != Truth::Unknown);
    for (int k = 0; k < 10; ++k) {
      Bindings bindings = randomBindings(random, facts);
      auto x = a.evaluate(bindings), y = b.evaluate(bindings);
      if (!x)
        continue;
      bool isMultiple = d == 0 ? *x == 0 : *x % d == 0;
      expectNotRefuted(divides, isMultiple,
                       std::to_string(d) + " | " + a.str());
      if (!y)
        continue;
      expectNotRefuted(equal, *x == *y, a.str() + " == " + b.str());
      expectNotRefuted(order, *x <= *y, a.str() + " <= " + b.str());
    }
    if (HasFailure())
      return;
  }
  EXPECT_GT(numDecided, 8000);
}

TEST(DimFactsPropertyTest, SimplifyIsStable) {
  Random random(13);
  for (int i = 0; i < 3000; ++i) {
    DimFacts facts = randomFacts(random);
    DimExpr e = toExpr(*random.tree(3));
    if (e.isOverflow())
      continue;
    DimExpr simple = facts.simplify(e);
    EXPECT_EQ(facts.equal(e, simple), Truth::True)
        << e.str() << " -> " << simple.str();
  }
}

} // namespace
