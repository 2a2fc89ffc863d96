//===- DimSolverTest.cpp - equalities and their consequences --------------===//
//
// The cases of lazy modules (one width, two widths, a chain of layers, weights
// loaded first), guards between dynamic dimensions, and random linear systems.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimSolver.h"
#include "tests/unit/dim/RandomTree.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace lz;
using Outcome = DimSolver::Outcome;

namespace {

DimExpr sym(const std::string &name) { return DimExpr::symbol(name); }

const DimExpr f = sym("f"), g = sym("g"), k = sym("k"), batch = sym("batch"),
              seq = sym("seq");

class DimSolverTest : public testing::Test {
protected:
  void SetUp() override {
    for (const char *name : {"f", "g", "k"})
      solver.declare(name, {1, INT64_MAX, 1}, /*lazy=*/true);
    for (const char *name : {"batch", "seq"})
      solver.declare(name, {0, INT64_MAX, 1}, /*lazy=*/false);
  }

  Outcome require(const DimExpr &a, const DimExpr &b,
                  const std::string &origin = "") {
    last = solver.require(a, b, {origin});
    return last.outcome;
  }

  DimSolver solver;
  DimSolver::Result last{Outcome::Holds, {}, {}, {}};
};

TEST_F(DimSolverTest, SolvesALazySymbol) {
  EXPECT_EQ(require(f, 64, "example #1"), Outcome::Solved);
  EXPECT_EQ(last.lhs, f);
  EXPECT_EQ(last.rhs, DimExpr(64));
  EXPECT_EQ(solver.solution("f"), DimExpr(64));
  EXPECT_EQ(solver.solutionOrigin("f")->text, "example #1");
  EXPECT_EQ(require(64, f), Outcome::Holds);
  EXPECT_EQ(solver.apply(f * batch), 64 * batch);
  EXPECT_EQ(solver.unsolved(), (std::vector<std::string>{"g", "k"}));
  EXPECT_EQ(solver.solution("g"), std::nullopt);
  EXPECT_EQ(solver.solutionOrigin("g"), std::nullopt);
}

TEST_F(DimSolverTest, TwoWidthsAreAConflictThatNamesBoth) {
  EXPECT_EQ(require(f, 64, "example #1"), Outcome::Solved);
  EXPECT_EQ(require(f, 128, "example #2"), Outcome::Conflict);
  EXPECT_EQ(last.lhs, DimExpr(64));
  EXPECT_EQ(last.rhs, DimExpr(128));
  ASSERT_TRUE(last.earlier);
  EXPECT_EQ(last.earlier->text, "example #1");
  EXPECT_EQ(solver.solution("f"), DimExpr(64));
}

TEST_F(DimSolverTest, ChainsAreResolvedInAnyOrder) {
  EXPECT_EQ(require(g, 2 * f, "g"), Outcome::Solved);
  EXPECT_EQ(require(k, g + f, "k"), Outcome::Solved);
  EXPECT_EQ(solver.solution("k"), 3 * f);
  EXPECT_EQ(require(f, 5, "f"), Outcome::Solved);
  EXPECT_EQ(solver.solution("g"), DimExpr(10));
  EXPECT_EQ(solver.solution("k"), DimExpr(15));
  EXPECT_EQ(require(k, 16), Outcome::Conflict);
  EXPECT_TRUE(solver.unsolved().empty());
}

TEST_F(DimSolverTest, CoefficientsMustDivide) {
  EXPECT_EQ(require(4 * f, 256), Outcome::Solved);
  EXPECT_EQ(solver.solution("f"), DimExpr(64));
  EXPECT_EQ(require(4 * g, 255), Outcome::Conflict);
  EXPECT_FALSE(last.earlier);
  EXPECT_EQ(require(-3 * g + 12, 0), Outcome::Solved);
  EXPECT_EQ(solver.solution("g"), DimExpr(4));
}

TEST_F(DimSolverTest, DividesADynamicDimensionOnlyWhereThatIsExact) {
  EXPECT_EQ(require(4 * f, batch), Outcome::Guard);
  EXPECT_EQ(solver.solution("f"), std::nullopt);
  solver.declare("aligned", {0, INT64_MAX, 8}, false);
  EXPECT_EQ(require(4 * g, sym("aligned")), Outcome::Solved);
  EXPECT_EQ(solver.solution("g"), DimExpr::floorDiv(sym("aligned"), 4));
}

TEST_F(DimSolverTest, SolvesThroughProducts) {
  // Flatten of [batch, f, 7, 7] against a weight of 3136 columns.
  EXPECT_EQ(require(batch * f * 49, batch * 3136), Outcome::Solved);
  EXPECT_EQ(solver.solution("f"), DimExpr(64));
  EXPECT_EQ(require(g * (seq + 1), 3 * seq + 3), Outcome::Solved);
  EXPECT_EQ(solver.solution("g"), DimExpr(3));
}

TEST_F(DimSolverTest, PrefersAConstantSolution) {
  EXPECT_EQ(require(f * batch + seq, 8 * batch + seq), Outcome::Solved);
  EXPECT_EQ(last.lhs, f);
  EXPECT_EQ(require(2 * g, k + 1), Outcome::Solved);
  EXPECT_EQ(last.lhs, k);
  EXPECT_EQ(last.rhs, 2 * g - 1);
}

TEST_F(DimSolverTest, ExactDivisionsAreSolvable) {
  solver.declare("even", {2, INT64_MAX, 2}, true);
  EXPECT_EQ(require(DimExpr::floorDiv(sym("even"), 2), 32), Outcome::Solved);
  EXPECT_EQ(solver.solution("even"), DimExpr(64));
  // 64 or 65: not determined.
  EXPECT_EQ(require(DimExpr::floorDiv(f, 2), 32), Outcome::Guard);
  EXPECT_EQ(solver.solution("f"), std::nullopt);
}

TEST_F(DimSolverTest, SaysWhatADynamicDimensionCanOnlyBe) {
  EXPECT_EQ(solver.onlyValue("batch", 128 * batch, 128), DimExpr(1));
  EXPECT_EQ(solver.onlyValue("batch", 2 * batch, 2 * seq), seq);
  EXPECT_EQ(solver.onlyValue("batch", 3 * batch, 128), std::nullopt);
  EXPECT_EQ(solver.onlyValue("batch", batch * batch, 4), std::nullopt);
  // Of an empty sequence any batch will do.
  EXPECT_EQ(solver.onlyValue("batch", batch * seq, seq), std::nullopt);
  EXPECT_TRUE(solver.guards().empty());
}

TEST_F(DimSolverTest, DynamicDimensionsAreGuardedNotMerged) {
  EXPECT_EQ(require(batch, seq, "add"), Outcome::Guard);
  ASSERT_EQ(solver.guards().size(), 1u);
  EXPECT_EQ(solver.guards()[0].lhs, batch);
  EXPECT_EQ(solver.guards()[0].rhs, seq);
  EXPECT_EQ(solver.guards()[0].origin.text, "add");
  EXPECT_EQ(solver.apply(batch), batch);
  EXPECT_EQ(require(seq, batch, "again"), Outcome::Guard);
  EXPECT_EQ(solver.guards().size(), 1u);
  EXPECT_EQ(require(batch, batch), Outcome::Holds);
  EXPECT_EQ(require(sym("undeclared"), 3), Outcome::Guard);
}

TEST_F(DimSolverTest, ContradictingGuardsAreAConflict) {
  EXPECT_EQ(require(batch, 4, "first"), Outcome::Guard);
  EXPECT_EQ(require(batch, 5, "second"), Outcome::Conflict);
  EXPECT_EQ(last.earlier->text, "first");
  EXPECT_EQ(require(5, batch), Outcome::Conflict);
  EXPECT_EQ(solver.guards().size(), 1u);
}

TEST_F(DimSolverTest, FactsAreRespected) {
  solver.declare("heads", {1, 16, 4}, true);
  EXPECT_EQ(require(sym("heads"), 6), Outcome::Conflict);
  EXPECT_EQ(require(sym("heads"), 20), Outcome::Conflict);
  EXPECT_EQ(require(sym("heads"), 8), Outcome::Solved);
  solver.declare("b", {2, 8, 1}, false);
  EXPECT_EQ(require(sym("b"), 9), Outcome::Conflict);
  EXPECT_EQ(require(sym("b"), 8), Outcome::Guard);
}

TEST_F(DimSolverTest, FactsPassToTheSymbolThatReplacesAnother) {
  solver.declare("p", {1, 10, 2}, true);
  solver.declare("q", {5, 50, 3}, true);
  EXPECT_EQ(require(sym("p"), sym("q"), "same"), Outcome::Solved);
  // In [5, 10] and divisible by 6: nothing but 6.
  EXPECT_EQ(solver.apply(sym("p")), DimExpr(6));
  EXPECT_EQ(solver.solution("q"), DimExpr(6));
  EXPECT_EQ(require(sym("q"), 12), Outcome::Conflict);
  solver.declare("r", {1, 4, 1}, true);
  solver.declare("t", {5, 9, 1}, true);
  EXPECT_EQ(require(sym("r"), sym("t")), Outcome::Conflict);
}

TEST_F(DimSolverTest, ALaterSolutionMayBreakAnEarlierDeclaration) {
  solver.declare("small", {1, 64, 1}, true);
  EXPECT_EQ(require(sym("small"), 2 * f, "small"), Outcome::Solved);
  EXPECT_EQ(require(f, 100, "f"), Outcome::Conflict);
  EXPECT_EQ(last.lhs, sym("small"));
  EXPECT_EQ(last.rhs, DimExpr(200));
  EXPECT_EQ(last.earlier->text, "small");
}

TEST_F(DimSolverTest, AZeroCofactorIsAskedForInstead) {
  // f >= 1, so batch must be 0: that is for the run to decide.
  EXPECT_EQ(require(f * batch, 0), Outcome::Guard);
  solver.declare("rows", {1, INT64_MAX, 1}, false);
  EXPECT_EQ(require(f * sym("rows"), 0), Outcome::Conflict);
  solver.declare("small", {1, 64, 1}, true);
  EXPECT_EQ(require(sym("small") * batch, 100 * batch), Outcome::Guard);
  EXPECT_EQ(require(sym("small") * sym("rows"), 100 * sym("rows")),
            Outcome::Conflict);
}

TEST_F(DimSolverTest, GuardsAreSettledByLaterSolutions) {
  EXPECT_EQ(require(f * g, 6, "product"), Outcome::Guard);
  EXPECT_EQ(require(DimExpr::floorDiv(k, 2), f, "half"), Outcome::Solved);
  EXPECT_EQ(require(g, 2, "g"), Outcome::Solved);
  // f*2 == 6, so floordiv(k, 2) == 3 is what is left.
  EXPECT_EQ(solver.apply(f), DimExpr::floorDiv(k, 2));
  EXPECT_EQ(require(k, 6, "k"), Outcome::Solved);
  EXPECT_TRUE(solver.guards().empty());
  EXPECT_EQ(solver.solution("f"), DimExpr(3));
}

TEST_F(DimSolverTest, AGuardThatFailsLaterIsAConflictWithItsOrigin) {
  EXPECT_EQ(require(f * f, 9, "square"), Outcome::Guard);
  EXPECT_EQ(require(f, 4, "f"), Outcome::Conflict);
  EXPECT_EQ(last.earlier->text, "square");
  EXPECT_EQ(last.lhs, DimExpr(16));
  EXPECT_EQ(last.rhs, DimExpr(9));
}

TEST_F(DimSolverTest, OverflowIsAConflict) {
  EXPECT_EQ(require(f, INT64_MAX), Outcome::Solved);
  EXPECT_EQ(require(f * 2, g), Outcome::Conflict);
  EXPECT_EQ(require(DimExpr::overflow(), 1), Outcome::Conflict);
}

TEST_F(DimSolverTest, FixedFactsAreASolution) {
  solver.declare("fixed", {7, 7, 1}, true);
  EXPECT_EQ(solver.solution("fixed"), DimExpr(7));
  EXPECT_EQ(require(sym("fixed"), 7), Outcome::Holds);
  EXPECT_EQ(require(sym("fixed"), 8), Outcome::Conflict);
}

/// Triangular systems have exactly the solution they were made from. In their
/// own order the solver must find it; in any order it must not contradict it.
TEST(DimSolverPropertyTest, TriangularSystemsAreSolvedInAnyOrder) {
  test::Random random(21);
  for (int round = 0; round < 1500; ++round) {
    int size = static_cast<int>(random.between(1, 6));
    std::vector<int64_t> expected(size);
    std::vector<std::pair<DimExpr, DimExpr>> equations;
    DimSolver solver;
    for (int i = 0; i < size; ++i) {
      std::string name = "x" + std::to_string(i);
      solver.declare(name, {0, INT64_MAX, 1}, true);
      expected[i] = random.between(0, 50);
      int64_t coeff = random.between(1, 4), value = coeff * expected[i];
      DimExpr sum = coeff * sym(name);
      for (int j = 0; j < i; ++j) {
        int64_t other = random.between(-3, 3);
        sum += other * sym("x" + std::to_string(j));
        value += other * expected[j];
      }
      equations.emplace_back(sum, value);
    }
    for (size_t i = equations.size(); i > 1; --i)
      std::swap(equations[i - 1], equations[random.between(0, i - 1)]);
    for (auto &[lhs, rhs] : equations)
      ASSERT_NE(solver.require(lhs, rhs, {"eq"}).outcome, Outcome::Conflict)
          << lhs.str() << " == " << rhs.str() << " round " << round;
    // Triangular with nonunit pivots: some may stay guarded until their
    // symbols are known, none may be wrong.
    for (int i = 0; i < size; ++i) {
      DimExpr value = solver.apply(sym("x" + std::to_string(i)));
      if (value.isConstant()) {
        ASSERT_EQ(value, DimExpr(expected[i])) << "round " << round;
      }
    }
    // In the triangular order every pivot is alone in its equation.
    DimSolver ordered;
    for (int i = 0; i < size; ++i)
      ordered.declare("x" + std::to_string(i), {0, INT64_MAX, 1}, true);
    std::sort(equations.begin(), equations.end(), [](auto &a, auto &b) {
      std::set<std::string> x, y;
      a.first.collectSymbols(x);
      b.first.collectSymbols(y);
      return *x.rbegin() < *y.rbegin();
    });
    for (auto &[lhs, rhs] : equations)
      ASSERT_EQ(ordered.require(lhs, rhs, {"eq"}).outcome, Outcome::Solved);
    for (int i = 0; i < size; ++i)
      ASSERT_EQ(ordered.solution("x" + std::to_string(i)),
                DimExpr(expected[i]));
  }
}

/// A sum of symbols and of functions of sums, no symbol multiplied with another.
DimExpr randomLinear(test::Random &random, bool withAtoms) {
  DimExpr sum = random.between(-5, 5);
  for (int i = 0; i < 3; ++i) {
    const auto &names = test::symbolNames();
    DimExpr part = sym(names[random.between(0, names.size() - 1)]);
    if (withAtoms && random.between(0, 3) == 0) {
      DimExpr inner = randomLinear(random, false);
      int64_t divisor = random.between(2, 5);
      DimExpr choices[] = {
          DimExpr::floorDiv(inner, divisor), DimExpr::mod(inner, divisor),
          DimExpr::min(inner, part), DimExpr::max(inner, divisor)};
      part = choices[random.between(0, 3)];
    }
    sum += random.between(-3, 3) * part;
  }
  return sum;
}

/// Equations that a hidden assignment satisfies never conflict, and every
/// solution and guard agrees with that assignment.
TEST(DimSolverPropertyTest, SatisfiableSystemsKeepTheirSolution) {
  test::Random random(22);
  int numSolved = 0, numGuards = 0;
  for (int round = 0; round < 1000; ++round) {
    test::Bindings hidden;
    DimSolver solver;
    for (const std::string &name : test::symbolNames()) {
      int64_t divisor = random.between(0, 2) ? 1 : 2;
      hidden[name] = divisor * random.between(0, 9);
      solver.declare(name, {0, INT64_MAX, divisor}, random.between(0, 2) != 0);
    }
    for (int i = 0; i < 6; ++i) {
      DimExpr a = randomLinear(random, true), b = randomLinear(random, false);
      int64_t gap = *a.evaluate(hidden) - *b.evaluate(hidden);
      auto result = solver.require(a, b + DimExpr(gap), {"eq"});
      ASSERT_NE(result.outcome, Outcome::Conflict)
          << a.str() << " == " << (b + gap).str() << ": "
          << result.lhs.str() << " == " << result.rhs.str();
      numSolved += result.outcome == Outcome::Solved;
    }
    for (const std::string &name : test::symbolNames()) {
      DimExpr value = solver.apply(sym(name));
      ASSERT_EQ(value.evaluate(hidden), hidden[name])
          << name << " = " << value.str();
    }
    for (const DimSolver::Guard &guard : solver.guards())
      ASSERT_EQ(guard.lhs.evaluate(hidden), guard.rhs.evaluate(hidden))
          << guard.lhs.str() << " == " << guard.rhs.str();
    numGuards += static_cast<int>(solver.guards().size());
  }
  EXPECT_GT(numSolved, 1000);
  EXPECT_GT(numGuards, 250);
}

} // namespace
