//===- BindingTest.cpp ----------------------------------------------------===//
//
// Symbols bound by inputs; the words for what does not fit.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Binding.h"

#include "tests/unit/runtime/ProgramBuilder.h"

#include <gmock/gmock.h>

using namespace lz;
using namespace lz::rt;
using fmt::Step;
using test::ProgramBuilder;
using testing::HasSubstr;

namespace {

/// Inputs a [n], b [n, 2*n + 1], c [m]; guard n + m == 8.
ProgramBuilder makeProgram() {
  ProgramBuilder b;
  uint32_t nSymbol = b.symbol("n"), mSymbol = b.symbol("m");
  Step n(fmt::ExprOp_Symbol, nSymbol), m(fmt::ExprOp_Symbol, mSymbol);
  Step add(fmt::ExprOp_Add, 0), mul(fmt::ExprOp_Mul, 0);
  uint32_t odd = b.expr({Step(fmt::ExprOp_Constant, 2), n, mul,
                         Step(fmt::ExprOp_Constant, 1), add});
  uint32_t sum = b.expr({n, m, add});
  uint32_t block =
      b.beginBlock({b.input("a", fmt::DType_f32, {b.symbolExpr(nSymbol)}),
                    b.input("b", fmt::DType_f32, {b.symbolExpr(nSymbol), odd}),
                    b.input("c", fmt::DType_f32, {b.symbolExpr(mSymbol)})});
  b.endBlock({});
  b.entry("forward", block);
  b.guard(sum, b.constant(8),
          "the halves of 'split' must have 8 columns together");
  return b;
}

std::string explain(const std::vector<std::vector<int64_t>> &dims) {
  auto bytes = makeProgram().build();
  auto model = Model::loadCopy(bytes->data(), bytes->size(), {});
  EXPECT_TRUE(model.isOk()) << model.getStatus().getMessage();
  return bindSymbols((*model)->getProgram(), (*model)->getEntries()[0], dims)
      .getStatus()
      .getMessage();
}

std::string explainLoad(ProgramBuilder b) {
  auto bytes = b.build();
  EXPECT_TRUE(bytes.isOk()) << bytes.getStatus().getMessage();
  return Model::loadCopy(bytes->data(), bytes->size(), {})
      .getStatus()
      .getMessage();
}

} // namespace

TEST(BindingTest, Binds) {
  auto bytes = makeProgram().build();
  auto model = Model::loadCopy(bytes->data(), bytes->size(), {});
  ASSERT_TRUE(model.isOk());
  auto symbols = bindSymbols((*model)->getProgram(), (*model)->getEntries()[0],
                             {{3}, {3, 7}, {5}});
  ASSERT_TRUE(symbols.isOk());
  EXPECT_THAT(*symbols, testing::ElementsAre(3, 5));
}

TEST(BindingTest, Conflicts) {
  EXPECT_EQ(explain({{3}, {4, 7}, {5}}),
            "input 'b': dimension 0 is 4, expected n = 3 "
            "(its dimensions are [4, 7], expected [n, 2*n + 1])");
  EXPECT_EQ(explain({{3}, {3, 8}, {5}}),
            "input 'b': dimension 1 is 8, expected 2*n + 1 = 7 "
            "(its dimensions are [3, 8], expected [n, 2*n + 1])");
  EXPECT_EQ(explain({{3}, {3, 7}, {6}}),
            "the halves of 'split' must have 8 columns together "
            "(n + m is 9, 8 is 8)");
  EXPECT_THAT(explain({{INT64_MAX}, {INT64_MAX, 7}, {6}}),
              HasSubstr("overflow of 64 bits"));
}

TEST(BindingTest, ASymbolThatNoInputHas) {
  ProgramBuilder b;
  uint32_t n = b.symbolExpr(b.symbol("n"));
  uint32_t state = b.state("s", fmt::DType_f32, {4}, nullptr);
  uint32_t y = b.temporary(fmt::DType_f32, {n});
  uint32_t block = b.beginBlock({});
  b.copy(state, y);
  b.endBlock({y});
  b.entry("forward", block);
  EXPECT_THAT(explainLoad(std::move(b)),
              HasSubstr("dimension 'n' is not a dimension of any input"));
}

TEST(BindingTest, ASymbolOfOneValueNeedsNoInput) {
  ProgramBuilder b;
  uint32_t n = b.symbolExpr(b.symbol("n", 4, 4));
  uint32_t state = b.state("s", fmt::DType_f32, {4}, nullptr);
  uint32_t y = b.temporary(fmt::DType_f32, {n});
  uint32_t block = b.beginBlock({});
  b.copy(state, y);
  b.endBlock({y});
  b.entry("forward", block);
  EXPECT_EQ(explainLoad(std::move(b)), "");
}

TEST(BindingTest, OnlyHostCallsAndBlocksDefineSymbols) {
  ProgramBuilder b;
  uint32_t symbol = b.symbol("count", 0, 100, 1, fmt::SymbolKind_Defined);
  uint32_t state = b.state("s", fmt::DType_f32, {4}, nullptr);
  uint32_t y = b.temporary(fmt::DType_f32, {b.symbolExpr(symbol)});
  uint32_t block = b.beginBlock({});
  b.copy(state, y);
  b.endBlock({y});
  b.entry("forward", block);
  EXPECT_THAT(explainLoad(std::move(b)),
              HasSubstr("instruction 'copy': dimension 'count' is used where "
                        "no instruction has defined it"));
}
