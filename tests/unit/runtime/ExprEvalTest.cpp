//===- ExprEvalTest.cpp ---------------------------------------------------===//
//
// Dimension expressions at run time.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/ExprEval.h"

#include "runtime/format/Reader.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <gmock/gmock.h>

using namespace lz;
using namespace lz::rt;
using fmt::Step;

namespace {

/// An expression over the symbols n and m, serialized.
class Expression {
public:
  explicit Expression(std::vector<Step> steps) {
    test::ProgramBuilder b;
    b.symbol("n");
    b.symbol("m");
    b.expr(std::move(steps));
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(fmt::Program::Pack(builder, &b.program));
    buffer = builder.Release();
  }
  const fmt::Program &getProgram() const {
    return *fmt::GetProgram(buffer.data());
  }
  const fmt::Expr &get() const { return *getProgram().exprs()->Get(0); }

private:
  flatbuffers::DetachedBuffer buffer;
};

Step num(int64_t value) { return Step(fmt::ExprOp_Constant, value); }
Step op(fmt::ExprOp op) { return Step(op, 0); }
const Step n(fmt::ExprOp_Symbol, 0), m(fmt::ExprOp_Symbol, 1);

int64_t evaluate(std::vector<Step> steps, int64_t nValue = 0,
                 int64_t mValue = 0) {
  Expression expression(std::move(steps));
  EXPECT_TRUE(checkExpr(expression.get(), 2).isOk());
  int64_t symbols[] = {nValue, mValue};
  auto value = evaluateExpr(expression.get(), symbols);
  EXPECT_TRUE(value.isOk()) << value.getStatus().getMessage();
  return value.isOk() ? *value : -999;
}

std::string explain(std::vector<Step> steps, int64_t nValue = 0,
                    int64_t mValue = 0) {
  int64_t symbols[] = {nValue, mValue};
  return evaluateExpr(Expression(std::move(steps)).get(), symbols)
      .getStatus()
      .getMessage();
}

} // namespace

TEST(ExprEvalTest, Arithmetic) {
  EXPECT_EQ(evaluate({num(7)}), 7);
  EXPECT_EQ(
      evaluate({n, m, op(fmt::ExprOp_Mul), num(3), op(fmt::ExprOp_Add)}, 4, 5),
      23);
  EXPECT_EQ(evaluate({n, m, op(fmt::ExprOp_Min)}, 4, 5), 4);
  EXPECT_EQ(evaluate({n, m, op(fmt::ExprOp_Max)}, 4, 5), 5);
}

TEST(ExprEvalTest, DivisionRoundsDownAndModHasTheDivisorsSign) {
  for (int64_t a : {-7, -6, -1, 0, 1, 6, 7})
    for (int64_t b : {-4, -3, -1, 1, 3, 4}) {
      auto floor = static_cast<int64_t>(std::floor(static_cast<double>(a) / b));
      auto ceil = static_cast<int64_t>(std::ceil(static_cast<double>(a) / b));
      EXPECT_EQ(evaluate({n, m, op(fmt::ExprOp_FloorDiv)}, a, b), floor)
          << a << ' ' << b;
      EXPECT_EQ(evaluate({n, m, op(fmt::ExprOp_CeilDiv)}, a, b), ceil)
          << a << ' ' << b;
      EXPECT_EQ(evaluate({n, m, op(fmt::ExprOp_Mod)}, a, b), a - b * floor)
          << a << ' ' << b;
    }
}

TEST(ExprEvalTest, ErrorsInsteadOfTraps) {
  EXPECT_THAT(explain({n, m, op(fmt::ExprOp_FloorDiv)}, 1, 0),
              testing::HasSubstr("by zero"));
  EXPECT_THAT(explain({n, m, op(fmt::ExprOp_Mod)}, 1, 0),
              testing::HasSubstr("by zero"));
  EXPECT_THAT(explain({n, m, op(fmt::ExprOp_Add)}, INT64_MAX, 1),
              testing::HasSubstr("overflow"));
  EXPECT_THAT(explain({n, m, op(fmt::ExprOp_Mul)}, INT64_MAX, 2),
              testing::HasSubstr("overflow"));
  EXPECT_THAT(explain({n, m, op(fmt::ExprOp_FloorDiv)}, INT64_MIN, -1),
              testing::HasSubstr("overflow"));
  EXPECT_THAT(explain({n, m, op(fmt::ExprOp_CeilDiv)}, INT64_MIN, -1),
              testing::HasSubstr("overflow"));
  EXPECT_EQ(evaluate({n, m, op(fmt::ExprOp_Mod)}, INT64_MIN, -1), 0);
}

TEST(ExprEvalTest, MalformedIsRefused) {
  auto why = [](std::vector<Step> steps) {
    return checkExpr(Expression(std::move(steps)).get(), 2).getMessage();
  };
  EXPECT_EQ(why({}), "not exactly one result");
  EXPECT_EQ(why({num(1), num(2)}), "not exactly one result");
  EXPECT_EQ(why({num(1), op(fmt::ExprOp_Add)}), "an operator lacks an operand");
  EXPECT_EQ(why({Step(fmt::ExprOp_Symbol, 2)}), "symbol 2 of 2");
  EXPECT_EQ(why({Step(fmt::ExprOp_Symbol, -1)}), "symbol -1 of 2");
  EXPECT_EQ(why({Step(static_cast<fmt::ExprOp>(99), 0)}),
            "unknown operator 99");
  std::vector<Step> deep(maxExprDepth + 1, num(1));
  deep.insert(deep.end(), maxExprDepth, op(fmt::ExprOp_Add));
  EXPECT_THAT(why(deep), testing::HasSubstr("pending operands"));
}

TEST(ExprEvalTest, Formatting) {
  auto text = [](std::vector<Step> steps) {
    Expression expression(std::move(steps));
    return formatExpr(expression.get(), expression.getProgram());
  };
  EXPECT_EQ(text({n}), "n");
  EXPECT_EQ(text({num(2), n, op(fmt::ExprOp_Mul), num(1), op(fmt::ExprOp_Add)}),
            "2*n + 1");
  EXPECT_EQ(text({n, num(-1), op(fmt::ExprOp_Add)}), "n - 1");
  EXPECT_EQ(text({n, m, op(fmt::ExprOp_Add), num(2), op(fmt::ExprOp_FloorDiv)}),
            "(n + m) floordiv 2");
  EXPECT_EQ(text({n, num(8), op(fmt::ExprOp_Min)}), "min(n, 8)");
}

TEST(ExprEvalTest, RecognizesConstantsAndSymbols) {
  EXPECT_EQ(
      getConstant(Expression({num(2), num(3), op(fmt::ExprOp_Mul)}).get()), 6);
  EXPECT_EQ(getConstant(Expression({n}).get()), std::nullopt);
  EXPECT_EQ(getSymbol(Expression({m}).get()), 1u);
  EXPECT_EQ(getSymbol(Expression({m, num(0), op(fmt::ExprOp_Add)}).get()),
            std::nullopt);
}
