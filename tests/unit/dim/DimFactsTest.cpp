//===- DimFactsTest.cpp - what facts prove --------------------------------===//
//
// The cases shape inference meets: flattening and reshaping, strided layers,
// slices to the end, and the limits of what may be concluded.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimFacts.h"

#include <gtest/gtest.h>

using namespace lz;
using Truth = DimFacts::Truth;

namespace {

const DimExpr n = DimExpr::symbol("n"), s = DimExpr::symbol("s"),
              h = DimExpr::symbol("h"), w = DimExpr::symbol("w"),
              free_ = DimExpr::symbol("free");

class DimFactsTest : public testing::Test {
protected:
  void SetUp() override {
    facts.setFacts("n", {1, 64, 1});
    facts.setFacts("s", {1, 512, 1});
    facts.setFacts("h", {32, 1024, 32});
    facts.setFacts("w", {1, INT64_MAX, 1});
  }

  using Range = std::pair<std::optional<int64_t>, std::optional<int64_t>>;
  DimFacts facts;
};

TEST_F(DimFactsTest, UnknownSymbolsAreNotNegative) {
  EXPECT_EQ(facts.range(free_), Range(0, std::nullopt));
  EXPECT_EQ(facts.getFacts("free").divisor, 1);
  EXPECT_EQ(facts.lessEqual(0, free_), Truth::True);
  EXPECT_EQ(facts.lessEqual(1, free_), Truth::Unknown);
}

TEST_F(DimFactsTest, RangesFollowTheOperations) {
  EXPECT_EQ(facts.range(2 * n - 3), Range(-1, 125));
  EXPECT_EQ(facts.range(n * s), Range(1, 64 * 512));
  EXPECT_EQ(facts.range(DimExpr::floorDiv(n, 4)), Range(0, 16));
  EXPECT_EQ(facts.range(DimExpr::floorDiv(n, s)), Range(0, 64));
  EXPECT_EQ(facts.range(DimExpr::mod(w, 8)), Range(0, 7));
  EXPECT_EQ(facts.range(DimExpr::mod(w, n)), Range(0, 63));
  EXPECT_EQ(facts.range(DimExpr::min(w, 10)), Range(1, 10));
  EXPECT_EQ(facts.range(DimExpr::max(n, 10)), Range(10, 64));
  EXPECT_EQ(facts.range(-w), Range(std::nullopt, -1));
  EXPECT_EQ(facts.range(w * w * w), Range(1, std::nullopt));
  EXPECT_EQ(facts.range(DimExpr::overflow()),
            Range(std::nullopt, std::nullopt));
}

TEST_F(DimFactsTest, RangesOfProductsKeepTheirCorrelation) {
  EXPECT_EQ(facts.range(w * s - s).first, 0);
  EXPECT_EQ(facts.range(w * s - w - s + 1).first, 0);
}

TEST_F(DimFactsTest, DivisorTightensTheRange) {
  facts.setFacts("t", {3, 30, 8});
  EXPECT_EQ(facts.range(DimExpr::symbol("t")), Range(8, 24));
  facts.setFacts("u", {0, 10, -4}); // the sign does not matter
  EXPECT_EQ(facts.getFacts("u").divisor, 4);
  facts.setFacts("u", {0, 10, 0});
  EXPECT_EQ(facts.getFacts("u").divisor, 1);
}

TEST_F(DimFactsTest, KnownDivisors) {
  EXPECT_EQ(facts.knownDivisor(h), 32);
  EXPECT_EQ(facts.knownDivisor(h * 3 * n), 96);
  EXPECT_EQ(facts.knownDivisor(h + 16), 16);
  EXPECT_EQ(facts.knownDivisor(DimExpr::floorDiv(h, 8)), 4);
  EXPECT_EQ(facts.knownDivisor(DimExpr::mod(h, 48)), 16);
  EXPECT_EQ(facts.knownDivisor(DimExpr::min(h, 48)), 16);
  EXPECT_EQ(facts.knownDivisor(n), 1);
  EXPECT_EQ(facts.knownDivisor(-12), 12);
  EXPECT_EQ(facts.knownDivisor(0), int64_t(1) << 62);
  EXPECT_EQ(facts.knownDivisor(DimExpr::overflow()), 1);
}

TEST_F(DimFactsTest, Divides) {
  EXPECT_EQ(facts.divides(16, h), Truth::True);
  EXPECT_EQ(facts.divides(-16, h), Truth::True);
  EXPECT_EQ(facts.divides(64, h), Truth::Unknown);
  EXPECT_EQ(facts.divides(2, 2 * n + 1), Truth::False);
  EXPECT_EQ(facts.divides(2, h + 1), Truth::False);
  EXPECT_EQ(facts.divides(0, n), Truth::False);
  EXPECT_EQ(facts.divides(0, n - n), Truth::True);
  EXPECT_EQ(facts.divides(-1, n), Truth::True);
  EXPECT_EQ(facts.divides(INT64_MIN, 0), Truth::True);
}

TEST_F(DimFactsTest, Equality) {
  EXPECT_EQ(facts.equal(n + s, s + n), Truth::True);
  EXPECT_EQ(facts.equal(n, n + 1), Truth::False);
  EXPECT_EQ(facts.equal(n, s), Truth::Unknown);
  EXPECT_EQ(facts.equal(n, 65), Truth::False);       // range
  EXPECT_EQ(facts.equal(h, 33), Truth::False);       // divisor
  EXPECT_EQ(facts.equal(2 * n, 2 * s + 1), Truth::False); // parity
  EXPECT_EQ(facts.equal(free_, 0), Truth::Unknown);
  EXPECT_EQ(facts.equal(DimExpr::overflow(), DimExpr::overflow()),
            Truth::Unknown);
  // One is the other's definition.
  EXPECT_EQ(facts.equal(4 * DimExpr::floorDiv(free_, 4) +
                            DimExpr::mod(free_, 4),
                        free_),
            Truth::True);
  EXPECT_EQ(facts.equal(DimExpr::floorDiv(3 * n, 4),
                        n + DimExpr::floorDiv(-n, 4)),
            Truth::True);
}

TEST_F(DimFactsTest, Order) {
  EXPECT_EQ(facts.lessEqual(n, 64), Truth::True);
  EXPECT_EQ(facts.lessEqual(65, n), Truth::False);
  EXPECT_EQ(facts.lessEqual(n, s), Truth::Unknown);
  EXPECT_EQ(facts.lessEqual(DimExpr::floorDiv(w, 2), w), Truth::True);
  EXPECT_EQ(facts.lessEqual(w, DimExpr::floorDiv(w, 2)), Truth::Unknown);
  EXPECT_EQ(facts.lessEqual(w + 1, DimExpr::floorDiv(w, 2)), Truth::False);
  EXPECT_EQ(facts.lessEqual(DimExpr::min(w, s), w), Truth::True);
  EXPECT_EQ(facts.lessEqual(w, DimExpr::max(w, s) + 1), Truth::True);
  EXPECT_EQ(facts.lessEqual(w, w * s), Truth::True);
}

TEST_F(DimFactsTest, CancelsFactorsThatCannotBeZero) {
  EXPECT_EQ(facts.simplify(DimExpr::floorDiv(n * s * 768, s * 768)), n);
  EXPECT_EQ(facts.simplify(DimExpr::mod(n * s * 768, s * 768)), DimExpr(0));
  EXPECT_EQ(facts.simplify(DimExpr::ceilDiv(n * s, s)), n);
  EXPECT_EQ(facts.simplify(DimExpr::floorDiv(s, s)), DimExpr(1));
  EXPECT_EQ(facts.simplify(DimExpr::floorDiv(n * s + n, s + 1)), n);
  EXPECT_EQ(facts.simplify(DimExpr::floorDiv(free_ * s, 2 * s)),
            DimExpr::floorDiv(free_, 2));
  EXPECT_EQ(facts.simplify(DimExpr::mod(free_ * s, 2 * s)),
            s * DimExpr::mod(free_, 2));
  DimExpr mayBeZero = DimExpr::floorDiv(n * free_, free_);
  EXPECT_EQ(facts.simplify(mayBeZero), mayBeZero);
}

TEST_F(DimFactsTest, FoldsWhatRangesAndDivisorsDecide) {
  EXPECT_EQ(facts.simplify(DimExpr::mod(h, 16)), DimExpr(0));
  EXPECT_EQ(facts.simplify(DimExpr::mod(h + n, 16)), DimExpr::mod(n, 16));
  EXPECT_EQ(facts.simplify(DimExpr::mod(n, 65)), n);
  EXPECT_EQ(facts.simplify(DimExpr::floorDiv(n, 65)), DimExpr(0));
  EXPECT_EQ(facts.simplify(32 * DimExpr::floorDiv(h, 32)), h);
  EXPECT_EQ(facts.simplify(DimExpr::ceilDiv(h, 32)),
            DimExpr::floorDiv(h, 32));
  EXPECT_EQ(facts.simplify(DimExpr::mod(n, s + 64)), n);
  EXPECT_EQ(facts.simplify(DimExpr::floorDiv(n, s + 64)), DimExpr(0));
  EXPECT_EQ(facts.simplify(DimExpr::ceilDiv(n, s + 64)), DimExpr(1));
  facts.setFacts("fixed", {7, 7, 1});
  EXPECT_EQ(facts.simplify(n * DimExpr::symbol("fixed")), 7 * n);
  EXPECT_EQ(facts.simplify(4 * DimExpr::floorDiv(free_, 4) +
                           DimExpr::mod(free_, 4)),
            free_);
}

TEST_F(DimFactsTest, DecidesMinAndMax) {
  EXPECT_EQ(facts.simplify(DimExpr::min(n, 100)), n);
  EXPECT_EQ(facts.simplify(DimExpr::max(n, 100)), DimExpr(100));
  EXPECT_EQ(facts.simplify(DimExpr::max(n, 0)), n);
  EXPECT_EQ(facts.simplify(DimExpr::min(w, w * s)), w);
  EXPECT_EQ(facts.simplify(DimExpr::min(w, DimExpr::max(w, s))), w);
  EXPECT_EQ(facts.simplify(DimExpr::min(n, s)), DimExpr::min(n, s));
  // A slice [1:] as exporters write it.
  EXPECT_EQ(facts.simplify(DimExpr::min(w, INT64_MAX) - DimExpr::min(w, 1)),
            w - 1);
}

TEST_F(DimFactsTest, NestedMinMaxStaysCheap) {
  DimExpr e = w;
  for (int i = 0; i < 40; ++i)
    e = i % 2 ? DimExpr::max(e, DimExpr::symbol("x" + std::to_string(i)))
              : DimExpr::min(e * s + i, DimExpr::symbol("y" + std::to_string(i)));
  ASSERT_FALSE(e.isOverflow());
  EXPECT_FALSE(facts.simplify(e).isOverflow());
  EXPECT_EQ(facts.equal(e, e + 1), Truth::False);
  EXPECT_EQ(facts.lessEqual(e, e + 1), Truth::True);
}

} // namespace
