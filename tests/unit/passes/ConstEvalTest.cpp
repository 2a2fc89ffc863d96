// What lz-const-eval hands to the evaluator, and what it makes of the answer.

#include "passes/Passes.h"
#include "ir/Values.h"
#include "tests/unit/passes/ModuleText.h"

#include "llvm/Support/MemoryBuffer.h"

#include <cstdlib>

using namespace lz;
using namespace mlir;

namespace {

/// Records the program and answers with the numbers 1, 2, ... per result.
struct CountingEvaluator : Evaluator {
  FailureOr<SmallVector<ElementsAttr>> evaluate(ModuleOp program) override {
    ++calls;
    llvm::raw_string_ostream(text) << program;
    EXPECT_TRUE(succeeded(verify(program)));
    FuncOp function = *program.getOps<FuncOp>().begin();
    EXPECT_EQ(function.getNumArguments(), 0u);
    SmallVector<ElementsAttr> values;
    for (Type type : function.getResultTypes()) {
      auto tensor = cast<lz::TensorType>(type);
      values.push_back(makeSplatValue(
          RankedTensorType::get(*tensor.getStaticShape(),
                                tensor.getElementType()),
          values.size() + 1));
    }
    return values;
  }
  int calls = 0;
  std::string text;
};

struct ConstEvalTest : ModuleTest {
  LogicalResult run(Evaluator *evaluator) {
    PassServices services;
    services.evaluator = evaluator;
    return ModuleTest::run(createConstEvalPass({}, services));
  }
};

} // namespace

TEST_F(ConstEvalTest, EvaluatesTheLargestSubgraphsInOneProgram) {
  parse(R"(
    lz.parameter "w" : !lz.tensor<4 x 4 x f32> {value = dense<1.0> : tensor<4x4xf32>}
    lz.parameter "v" : !lz.tensor<4 x f32> {value = dense<1.0> : tensor<4xf32>}
    lz.parameter "u" : !lz.tensor<4 x f32> {value = dense<1.0> : tensor<4xf32>}
    lz.func @forward(%x: !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32> {
      %w = lz.get_parameter "w" : !lz.tensor<4 x 4 x f32>
      %v = lz.get_parameter "v" : !lz.tensor<4 x f32>
      %u = lz.get_parameter "u" : !lz.tensor<4 x f32>
      %0 = lz.exp %v : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
      %1 = lz.mul %w, %0 : (!lz.tensor<4 x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x 4 x f32>
      %2 = lz.neg %0 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
      %3 = lz.linear %x, %1, %2 : (!lz.tensor<2 x 4 x f32>, !lz.tensor<4 x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<2 x 4 x f32>
      %4 = lz.add %3, %u : (!lz.tensor<2 x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<2 x 4 x f32>
      lz.return %4 : !lz.tensor<2 x 4 x f32>
    })");
  CountingEvaluator evaluator;
  ASSERT_TRUE(succeeded(run(&evaluator)));
  EXPECT_EQ(evaluator.calls, 1);
  // The program holds what it reads and nothing else.
  EXPECT_NE(evaluator.text.find("lz.exp"), std::string::npos);
  EXPECT_EQ(evaluator.text.find("\"u\""), std::string::npos);
  EXPECT_EQ(count<ExpOp>() + count<MulOp>() + count<NegOp>(), 0);
  EXPECT_EQ(count<LinearOp>(), 1);
  // w and v are gone, u is as it was, two new ones are there, in order.
  EXPECT_EQ(count<ParameterOp>(), 3);
  std::string text = print();
  EXPECT_NE(text.find("dense<1.000000e+00> : tensor<4x4xf32>"),
            std::string::npos);
  EXPECT_NE(text.find("dense<2.000000e+00> : tensor<4xf32>"),
            std::string::npos);
}

TEST_F(ConstEvalTest, LeavesGrowthViewsAndRandomNumbers) {
  parse(R"(
    lz.parameter "v" : !lz.tensor<1 x 4 x f32> {value = dense<1.0> : tensor<1x4xf32>}
    lz.func @forward(%x: !lz.tensor<512 x 4 x f32>) -> (!lz.tensor<512 x 4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>) {
      %v = lz.get_parameter "v" : !lz.tensor<1 x 4 x f32>
      %e = lz.expand %v {shape = #lz.dims<512, 4>} : (!lz.tensor<1 x 4 x f32>) -> !lz.tensor<512 x 4 x f32>
      %0 = lz.add %x, %e : (!lz.tensor<512 x 4 x f32>, !lz.tensor<512 x 4 x f32>) -> !lz.tensor<512 x 4 x f32>
      %r = lz.reshape %v {shape = #lz.dims<4>} : (!lz.tensor<1 x 4 x f32>) -> !lz.tensor<4 x f32>
      %s = lz.constant dense<0> : tensor<i64>
      %u = lz.random uniform %s, %s {shape = #lz.dims<4>} : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<4 x f32>
      lz.return %0, %r, %u : !lz.tensor<512 x 4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>
    })");
  CountingEvaluator evaluator;
  ASSERT_TRUE(succeeded(run(&evaluator)));
  EXPECT_EQ(evaluator.calls, 0);
  EXPECT_EQ(count<ExpandOp>() + count<ReshapeOp>() + count<RandomOp>(), 3);
}

TEST_F(ConstEvalTest, EvaluatesWhatAGrowingOpReads) {
  parse(R"(
    lz.parameter "v" : !lz.tensor<1 x 4 x f32> {value = dense<1.0> : tensor<1x4xf32>}
    lz.func @forward() -> !lz.tensor<512 x 4 x f32> {
      %v = lz.get_parameter "v" : !lz.tensor<1 x 4 x f32>
      %0 = lz.exp %v : (!lz.tensor<1 x 4 x f32>) -> !lz.tensor<1 x 4 x f32>
      %e = lz.expand %0 {shape = #lz.dims<512, 4>} : (!lz.tensor<1 x 4 x f32>) -> !lz.tensor<512 x 4 x f32>
      lz.return %e : !lz.tensor<512 x 4 x f32>
    })");
  CountingEvaluator evaluator;
  ASSERT_TRUE(succeeded(run(&evaluator)));
  EXPECT_EQ(count<ExpOp>(), 0);
  EXPECT_EQ(count<ExpandOp>(), 1);
}

TEST_F(ConstEvalTest, ChangesNothingWithoutAnEvaluator) {
  parse(R"(
    lz.func @forward() -> !lz.tensor<f32> {
      %c = lz.constant dense<1.0> : tensor<f32>
      %0 = lz.exp %c : (!lz.tensor<f32>) -> !lz.tensor<f32>
      lz.return %0 : !lz.tensor<f32>
    })");
  std::string before = print();
  ASSERT_TRUE(succeeded(run(nullptr)));
  EXPECT_EQ(before, print());
}

// The snippets of the pass's description, which lazuli-opt alone cannot run.
TEST_F(ConstEvalTest, DoesWhatItsDescriptionShows) {
  const char *source = std::getenv("LAZULI_SOURCE");
  ASSERT_NE(source, nullptr) << "run by ctest, which says where the sources are";
  auto file = llvm::MemoryBuffer::getFile(std::string(source) + "/passes/Passes.td");
  ASSERT_TRUE(bool(file));
  llvm::StringRef text = (*file)->getBuffer();
  text = text.substr(text.find("\"lz-const-eval\""));
  auto nextSnippet = [&] {
    text = text.substr(text.find("```mlir") + 7);
    auto [snippet, rest] = text.split("```");
    text = rest;
    return snippet;
  };
  parse(nextSnippet());
  CountingEvaluator evaluator;
  ASSERT_TRUE(succeeded(run(&evaluator)));
  std::string actual = print();
  parse(nextSnippet());
  EXPECT_EQ(actual, print());
}
