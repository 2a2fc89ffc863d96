//===- DimExprTest.cpp - each rule of the normal form ---------------------===//
//
// One test per rule: what is identified, what is folded, and what must stay as
// it is because it holds only for some values.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimExpr.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <unordered_set>

using namespace lz;

namespace {

DimExpr sym(const char *name) { return DimExpr::symbol(name); }
const DimExpr a = sym("a"), b = sym("b"), c = sym("c"), n = sym("n");

DimExpr fdiv(DimExpr x, DimExpr y) { return DimExpr::floorDiv(x, y); }
DimExpr cdiv(DimExpr x, DimExpr y) { return DimExpr::ceilDiv(x, y); }

TEST(DimExprTest, ConstantsFoldAndAskForTheirValue) {
  EXPECT_EQ(DimExpr(), DimExpr(0));
  DimExpr e = DimExpr(2) * 3 + 4 - 1;
  EXPECT_TRUE(e.isConstant());
  EXPECT_EQ(e.getConstant(), 9);
  EXPECT_FALSE(a.isConstant());
  EXPECT_EQ(a.getConstant(), std::nullopt);
  EXPECT_TRUE((a - a).isConstant());
}

TEST(DimExprTest, OnlyABareSymbolIsASymbol) {
  EXPECT_EQ(a.getSymbol(), "a");
  for (const DimExpr &e : {a + 1, a * 2, a * b, a + b, DimExpr(1), -a})
    EXPECT_FALSE(e.isSymbol()) << e.str();
  EXPECT_TRUE((a + 1 - 1).isSymbol());
}

TEST(DimExprTest, SumsAndProductsAreCommutativeAssociativeDistributed) {
  EXPECT_EQ((a + b) + c, c + (b + a));
  EXPECT_EQ((a * b) * c, c * (b * a));
  EXPECT_EQ((a + b) * c - a * c - b * c, DimExpr(0));
  EXPECT_EQ((a + 1) * (a - 1), a * a - 1);
  EXPECT_EQ((a + b + 2) * (c + 3), a * c + b * c + 2 * c + 3 * a + 3 * b + 6);
  EXPECT_NE(a * a, a);
}

TEST(DimExprTest, TextIsCanonical) {
  EXPECT_EQ((3 + sym("seq") * sym("batch") * 2).str(), "2*batch*seq + 3");
  EXPECT_EQ((b - a * a * 3 - 1).str(), "-3*a*a + b - 1");
  EXPECT_EQ((-a).str(), "-a");
  EXPECT_EQ(DimExpr(-7).str(), "-7");
  EXPECT_EQ(fdiv(n + 1, 2).str(), "floordiv(n + 1, 2)");
  EXPECT_EQ(DimExpr::min(b, DimExpr::min(c, a)).str(), "min(a, b, c)");
  EXPECT_EQ(sym("0.weight").str(), "\"0.weight\"");
  EXPECT_EQ(sym("mod").str(), "\"mod\"");
  EXPECT_EQ(sym("fc1.in_features").str(), "fc1.in_features");
  EXPECT_EQ(sym("a\"\\\n").str(), "\"a\\\"\\\\\\x0A\"");
  EXPECT_EQ(sym("").str(), "\"\"");
}

TEST(DimExprTest, FloorDivByConstantTakesOutMultiples) {
  EXPECT_EQ(fdiv(a, 1), a);
  EXPECT_EQ(fdiv(4 * a + b, 4), a + fdiv(b, 4));
  EXPECT_EQ(fdiv(5 * a, 4), a + fdiv(a, 4));
  EXPECT_EQ(fdiv(n - 1, 2) + 1, fdiv(n + 1, 2));
  EXPECT_EQ(fdiv(8 * a + 3, 4), 2 * a);
  EXPECT_EQ(fdiv(2 * a + 4 * b, 6), fdiv(a + 2 * b, 3));
  EXPECT_EQ(fdiv(2 * a + 1, 6), fdiv(a, 3));
  EXPECT_EQ(fdiv(-7, 2), DimExpr(-4));
  EXPECT_EQ(fdiv(7, -2), DimExpr(-4));
  EXPECT_EQ(fdiv(a, -1), -a);
  EXPECT_EQ(fdiv(a, -3), fdiv(-a, 3));
}

TEST(DimExprTest, ChainsOfDivisionsBecomeOne) {
  EXPECT_EQ(fdiv(fdiv(a, 2), 3), fdiv(a, 6));
  DimExpr size = n;
  for (int layer = 0; layer < 5; ++layer) // kernel 3, stride 2, padding 1
    size = fdiv(size + 2 - 3, 2) + 1;
  EXPECT_EQ(size, fdiv(n + 31, 32));
}

TEST(DimExprTest, CeilDivByConstantIsAFloorDiv) {
  EXPECT_EQ(cdiv(n, 2), fdiv(n + 1, 2));
  EXPECT_EQ(cdiv(n, -2), fdiv(1 - n, 2));
  EXPECT_EQ(cdiv(7, 2), DimExpr(4));
  EXPECT_EQ(cdiv(-7, 2), DimExpr(-3));
  EXPECT_EQ(cdiv(a, b).str(), "ceildiv(a, b)");
}

TEST(DimExprTest, ModByConstantDropsMultiples) {
  EXPECT_EQ(DimExpr::mod(4 * a + b + 9, 4), DimExpr::mod(b + 1, 4));
  EXPECT_EQ(DimExpr::mod(4 * a, 4), DimExpr(0));
  EXPECT_EQ(DimExpr::mod(a, 1), DimExpr(0));
  EXPECT_EQ(DimExpr::mod(4 * a, 6), 2 * DimExpr::mod(2 * a, 3));
  EXPECT_EQ(DimExpr::mod(4 * a + 3, 6), 2 * DimExpr::mod(2 * a + 1, 3) + 1);
  EXPECT_EQ(DimExpr::mod(DimExpr::mod(a, 12) + b, 4), DimExpr::mod(a + b, 4));
  EXPECT_EQ(DimExpr::mod(-7, 3), DimExpr(2));
  EXPECT_EQ(DimExpr::mod(7, -3), DimExpr(-2));
  EXPECT_EQ(DimExpr::mod(a, -3), -DimExpr::mod(-a, 3));
}

TEST(DimExprTest, SymbolicDivisorsStayWithoutFacts) {
  EXPECT_EQ(fdiv(a * b, b).str(), "floordiv(a*b, b)");
  EXPECT_NE(fdiv(a, a), DimExpr(1)); // a may be 0
  EXPECT_EQ(fdiv(a, b) - fdiv(a, b), DimExpr(0));
}

TEST(DimExprTest, DivisionByZeroIsKeptAndHasNoValue) {
  for (auto op : {DimExpr::floorDiv, DimExpr::ceilDiv, DimExpr::mod}) {
    DimExpr e = op(7, 0);
    EXPECT_FALSE(e.isConstant());
    EXPECT_FALSE(e.isOverflow());
    EXPECT_EQ(e.evaluate({}), std::nullopt);
    EXPECT_EQ(op(a, b).evaluate({{"a", 3}, {"b", 0}}), std::nullopt);
  }
}

TEST(DimExprTest, MinAndMaxFlattenSortAndDropDuplicates) {
  EXPECT_EQ(DimExpr::min(a, a), a);
  EXPECT_EQ(DimExpr::max(DimExpr::max(c, a), DimExpr::max(a, b)),
            DimExpr::max(a, DimExpr::max(b, c)));
  EXPECT_EQ(DimExpr::min(3, DimExpr::min(a, 5)), DimExpr::min(a, 3));
  EXPECT_EQ(DimExpr::min(a + 3, a), a);
  EXPECT_EQ(DimExpr::max(a + 3, a), a + 3);
  EXPECT_EQ(DimExpr::min(a, INT64_MAX), a);
  EXPECT_EQ(DimExpr::max(INT64_MIN, a), a);
  EXPECT_EQ(DimExpr::min(INT64_MAX, INT64_MAX), DimExpr(INT64_MAX));
  EXPECT_NE(DimExpr::min(a, b), DimExpr::max(a, b));
}

TEST(DimExprTest, OverflowIsStickyAndEqualsNothing) {
  DimExpr big = INT64_MAX;
  const DimExpr cases[] = {big + 1,
                           big * 2,
                           DimExpr(INT64_MIN) - 1,
                           -DimExpr(INT64_MIN),
                           fdiv(INT64_MIN, -1),
                           (big * a) * 2,
                           (big * a) + a,
                           (a + big) + 1,
                           DimExpr(0) - INT64_MIN};
  for (const DimExpr &e : cases) {
    EXPECT_TRUE(e.isOverflow());
    EXPECT_FALSE(e == e);
    EXPECT_FALSE(e.isConstant());
    EXPECT_EQ(e.evaluate({{"a", 0}}), std::nullopt);
    EXPECT_EQ(e.str(), "<overflow>");
    EXPECT_TRUE(e.postfix().empty());
    EXPECT_TRUE((e * 0).isOverflow());
    EXPECT_TRUE((e - e).isOverflow());
    EXPECT_TRUE(DimExpr::min(a, e).isOverflow());
    EXPECT_TRUE(DimExpr::mod(e, 1).isOverflow());
    EXPECT_TRUE(a < e);
    EXPECT_FALSE(e < e);
  }
  EXPECT_EQ(DimExpr(-1) - INT64_MIN, DimExpr(INT64_MAX));
  EXPECT_EQ(DimExpr::mod(INT64_MIN, -1), DimExpr(0));
}

TEST(DimExprTest, ExtremeDivisorsKeepTheirMeaning) {
  for (int64_t divisor : {INT64_MIN, INT64_MAX, INT64_MIN + 1})
    for (int64_t value : {int64_t(-5), int64_t(0), int64_t(7)}) {
      std::map<std::string, int64_t> at = {{"a", value}};
      bool isNegative = value != 0 && (value < 0) != (divisor < 0);
      bool isPositive = value != 0 && !isNegative;
      EXPECT_EQ(fdiv(a, divisor).evaluate(at), isNegative ? -1 : 0);
      // Rounding up by INT64_MAX adds INT64_MAX - 1, which may not fit.
      auto up = cdiv(a, divisor).evaluate(at);
      EXPECT_TRUE(!up || *up == (isPositive ? 1 : 0));
      EXPECT_EQ(DimExpr::mod(a, divisor).evaluate(at),
                isNegative ? value + divisor : value);
    }
}

TEST(DimExprTest, GrowthIsBounded) {
  DimExpr sum;
  for (int i = 0; i < 20; ++i)
    sum += DimExpr::symbol("s" + std::to_string(i));
  EXPECT_FALSE((sum * sum).isOverflow()); // 210 terms
  EXPECT_TRUE((sum * sum * sum).isOverflow());

  DimExpr power = a, nested = a;
  for (int i = 0; i < 80; ++i) {
    power *= power;
    nested = DimExpr::max(nested * 2 + 1, fdiv(nested, b));
  }
  EXPECT_TRUE(power.isOverflow());
  EXPECT_TRUE(nested.isOverflow());

  DimExpr deep = a;
  for (size_t i = 0; i < DimExpr::kMaxDepth; ++i)
    deep = fdiv(deep, b);
  EXPECT_FALSE(deep.isOverflow());
  EXPECT_EQ(DimExpr::parse(deep.str()), deep);
  EXPECT_TRUE(fdiv(deep, b).isOverflow());
}

TEST(DimExprTest, CollectsSymbolsInsideAtoms) {
  std::set<std::string> names;
  (fdiv(a, b) * c + DimExpr::max(n, 3)).collectSymbols(names);
  EXPECT_EQ(names, (std::set<std::string>{"a", "b", "c", "n"}));
}

TEST(DimExprTest, SubstitutionIsSimultaneousAndNormalizes) {
  EXPECT_EQ((a + 2 * b).substitute({{"a", b}, {"b", a}}), b + 2 * a);
  EXPECT_EQ(fdiv(a + b, 4).substitute({{"a", 4 * c}, {"b", 3}}), c);
  EXPECT_EQ((a * b).substitute({{"a", 0}}), DimExpr(0));
  EXPECT_EQ(fdiv(a, b).substitute({{"b", 1}}), a);
  EXPECT_EQ(DimExpr::min(a, b).substitute({{"b", a + 1}}), a);
  EXPECT_TRUE((a * 2).substitute({{"a", INT64_MAX}}).isOverflow());
}

TEST(DimExprTest, EvaluatesOrSaysWhyNot) {
  DimExpr e = fdiv(a * b + 1, 2) + DimExpr::max(a, b);
  EXPECT_EQ(e.evaluate({{"a", 3}, {"b", 4}}), 10);
  EXPECT_EQ(e.evaluate({{"a", 3}}), std::nullopt);
  EXPECT_EQ((a * b).evaluate({{"a", INT64_MAX}, {"b", 2}}), std::nullopt);
  // The order of the terms does not decide whether a sum fits.
  EXPECT_EQ((a + b - c).evaluate({{"a", INT64_MAX}, {"b", 5}, {"c", 5}}),
            INT64_MAX);
}

TEST(DimExprTest, OrderIsTotalAndByStructure) {
  std::vector<DimExpr> exprs = {DimExpr(3), a * b,      b,       fdiv(a, 2),
                                a + 1,      DimExpr(-2), a,       2 * a,
                                cdiv(a, b), a - 1,      a * a,   fdiv(a, 3)};
  std::sort(exprs.begin(), exprs.end());
  EXPECT_EQ(exprs[0], DimExpr(-2));
  EXPECT_EQ(exprs[1], DimExpr(3));
  for (size_t i = 0; i < exprs.size(); ++i)
    for (size_t j = 0; j < exprs.size(); ++j)
      EXPECT_EQ(exprs[i] < exprs[j], i < j) << exprs[i].str() << exprs[j].str();
}

TEST(DimExprTest, HashAgreesWithEquality) {
  EXPECT_EQ(((a + b) * c).hash(), (c * b + c * a).hash());
  EXPECT_EQ(hash_value(a - a), hash_value(DimExpr(0)));
  std::unordered_set<DimExpr> set = {a, b, a + b, b + a, DimExpr(1)};
  EXPECT_EQ(set.size(), 4u);
}

TEST(DimExprTest, PostfixIsAStackProgram) {
  using Op = DimExpr::Op;
  std::vector<DimExpr::Step> expected = {{Op::Const, 2, ""},
                                         {Op::Symbol, 0, "a"},
                                         {Op::Mul, 0, ""},
                                         {Op::Const, 3, ""},
                                         {Op::Add, 0, ""}};
  EXPECT_EQ((2 * a + 3).postfix(), expected);
  EXPECT_EQ(DimExpr(0).postfix(),
            (std::vector<DimExpr::Step>{{Op::Const, 0, ""}}));
}

TEST(DimExprTest, PostfixNeedsABoundedStack) {
  DimExpr deep = a;
  while (!fdiv(n, deep).isOverflow())
    deep = b + 2 * c * fdiv(n, deep);
  size_t depth = 0, deepest = 0;
  for (const DimExpr::Step &step : deep.postfix()) {
    bool isLeaf =
        step.op == DimExpr::Op::Const || step.op == DimExpr::Op::Symbol;
    depth = isLeaf ? depth + 1 : depth - 1;
    deepest = std::max(deepest, depth);
  }
  EXPECT_EQ(depth, 1u);
  EXPECT_GT(deepest, DimExpr::kMaxDepth); // the bound is put to the test
  EXPECT_LE(deepest, 128u);
}

TEST(DimExprTest, MalformedPostfixIsRefused) {
  using Op = DimExpr::Op;
  EXPECT_EQ(DimExpr::fromPostfix({}), std::nullopt);
  EXPECT_EQ(DimExpr::fromPostfix({{Op::Add, 0, ""}}), std::nullopt);
  EXPECT_EQ(DimExpr::fromPostfix({{Op::Const, 1, ""}, {Op::Min, 0, ""}}),
            std::nullopt);
  EXPECT_EQ(DimExpr::fromPostfix({{Op::Const, 1, ""}, {Op::Const, 1, ""}}),
            std::nullopt);
  EXPECT_EQ(DimExpr::fromPostfix({{Op::Const, 1, ""},
                                  {Op::Const, 1, ""},
                                  {static_cast<Op>(77), 0, ""}}),
            std::nullopt);
  EXPECT_EQ(DimExpr::fromPostfix({{Op::Const, INT64_MAX, ""},
                                  {Op::Const, 2, ""},
                                  {Op::Mul, 0, ""}}),
            std::nullopt);
}

} // namespace
