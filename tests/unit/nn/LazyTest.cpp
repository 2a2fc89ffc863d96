//===- LazyTest.cpp - Lazy modules as they are traced ---------------------===//

#include "frontend/nn/nn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lz::nn;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

TEST(LazyTest, EveryFieldIsASymbol) {
  struct Case {
    AnyModule module;
    std::string field;
    std::string type;
  };
  std::vector<Case> cases = {
      {LazyLinear(3), "in_features", R"("weight" : !lz.tensor<3 x "in_features" x f32>)"},
      {LazyConv1d(4, 3), "in_channels", R"("weight" : !lz.tensor<4 x "in_channels" x 3 x f32>)"},
      {LazyConv3d(4, 3), "in_channels",
       R"("weight" : !lz.tensor<4 x "in_channels" x 3 x 3 x 3 x f32>)"},
      {LazyConvTranspose2d(4, 3), "in_channels",
       R"("weight" : !lz.tensor<"in_channels" x 4 x 3 x 3 x f32>)"},
      {LazyBatchNorm2d(), "num_features", R"("running_var" : !lz.tensor<"num_features" x f32>)"},
      {LazyInstanceNorm1d(), "num_features", R"("weight" : !lz.tensor<"num_features" x f32>)"},
      {LazyLayerNorm(), "normalized_shape",
       R"("weight" : !lz.tensor<"normalized_shape" x f32>)"},
      {LazyRMSNorm(), "normalized_shape", R"("weight" : !lz.tensor<"normalized_shape" x f32>)"},
      {LazyGroupNorm(2), "num_channels", R"("bias" : !lz.tensor<"num_channels" x f32>)"},
      {LazyLSTM(4), "input_size", R"("weight_ih_l0" : !lz.tensor<16 x "input_size" x f32>)"},
      {LazyGRU(4), "input_size", R"("weight_ih_l0" : !lz.tensor<12 x "input_size" x f32>)"},
      {LazyRNN(4), "input_size", R"("weight_ih_l0" : !lz.tensor<4 x "input_size" x f32>)"},
  };
  for (Case &c : cases) {
    c.module->eval();
    std::string text = trace(c.module).str();
    EXPECT_THAT(text, AllOf(HasSubstr("lz.symbol \"" + c.field + "\" lazy"),
                            HasSubstr("field = \"" + c.field + "\""),
                            HasSubstr("module = \"" + c.module->kind() + "\""), HasSubstr(c.type)))
        << c.module->kind();
  }
}

TEST(LazyTest, SymbolsAreNamedByPath) {
  Sequential net(LazyLinear(3), Sequential(ReLU(), LazyLinear(2)));
  std::string text = trace(net).str();
  EXPECT_THAT(text, HasSubstr(R"(lz.symbol "1.1.in_features" lazy)"));
  EXPECT_THAT(text, HasSubstr(R"(module = "LazyLinear '1.1'")"));
}

TEST(LazyTest, GroupsAreADivisor) {
  LazyConv2d conv(LazyConv2dOptions(4, 3).groups(2));
  std::string text = trace(conv).str();
  EXPECT_THAT(text, HasSubstr("divisor = 2"));
  EXPECT_THAT(text, HasSubstr("floordiv(in_channels, 2)"));
}

TEST(LazyTest, NothingLazyWithoutParametersAndStatistics) {
  LazyBatchNorm1d norm(LazyBatchNorm1dOptions().affine(false).track_running_stats(false));
  EXPECT_TRUE(norm->lazy_fields().empty());
  EXPECT_THAT(trace(norm).str(), Not(HasSubstr("lz.symbol")));
}

TEST(LazyTest, AttentionHasOneSymbolForAllItsParameters) {
  struct SelfAttention : Module {
    LazyMultiheadAttention attention = register_module("attention", LazyMultiheadAttention(4));
    Tensor forward(Tensor x) { return std::get<0>(attention(x, x, x)); }
  } net;
  std::string text = trace(net).str();
  EXPECT_THAT(text, AllOf(HasSubstr(R"(lz.symbol "attention.embed_dim" lazy)"),
                          HasSubstr("divisor = 4"), HasSubstr("#lz.scaled_uniform<6.0"),
                          HasSubstr(R"("attention.out_proj.weight" : !lz.tensor<"attention.embed_dim" x "attention.embed_dim" x f32>)")));
}

TEST(LazyTest, SolvedModulesLeaveNoTrace) {
  float values[12] = {};
  LazyLinear fc(LinearOptions(LazyLinearOptions(4).bias(false)));
  fc->load_state_dict({{"weight", DType::f32, {4, 3}, Array(DType::f32, {4, 3}, values)}});
  std::string text = trace(fc).str();
  EXPECT_THAT(text, AllOf(Not(HasSubstr("lz.symbol")), HasSubstr("4 x 3 x f32")));
}

struct Twice : Module {
  LazyLinear fc = register_module("fc", LazyLinear(3));
  LazyLinear unused = register_module("unused", LazyLinear(3));
  Tensor forward(Tensor x) { return fc(x) + fc(x * 2); }
};

TEST(LazyTest, ARepeatedModuleReusesItsParametersAndAnUnusedOneIsNoObstacle) {
  Twice net;
  std::string text = trace(net).str();
  size_t first = text.find("lz.get_parameter \"fc.weight\"");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("lz.get_parameter \"fc.weight\"", first + 1), std::string::npos);
  EXPECT_THAT(text, HasSubstr(R"(lz.parameter "unused.weight")"));
}

/// A user's own lazy module: nothing but a parameter with a lazy size.
struct Scale : Module {
  Dim features = lazy_field("features");
  Parameter gain = register_parameter("gain", {features}, Init::ones());
  Tensor forward(Tensor x) { return rms_norm(x, 1, gain, 1e-6); }
};

TEST(LazyTest, UsersWriteLazyModules) {
  Scale scale;
  EXPECT_THAT(trace(scale).str(), AllOf(HasSubstr(R"(lz.symbol "features" lazy)"),
                                        HasSubstr(R"(module = "Scale")")));
}

} // namespace
