//===- TraceTest.cpp - What a trace records -------------------------------===//

#include "frontend/nn/nn.h"

#include <cstdio>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace lz::nn;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

struct Custom : Module {
  explicit Custom(std::function<Tensor(Tensor)> body) : body(std::move(body)) {}
  std::function<Tensor(Tensor)> body;
  Tensor forward(Tensor x) { return body(x); }
};

std::string traced(std::function<Tensor(Tensor)> body, const std::vector<Input> &inputs = {"x"}) {
  Custom module(std::move(body));
  return trace(module, inputs).str();
}

size_t countOf(const std::string &text, const std::string &what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

TEST(TraceTest, InputsHaveUnknownRankUnlessToldOtherwise) {
  EXPECT_THAT(traced([](Tensor x) { return relu(x); }),
              AllOf(HasSubstr("!lz.tensor<* x f32> {lz.name = \"x\"}"), HasSubstr("lz.relu"),
                    HasSubstr("{lz.name = \"output\"}")));
  EXPECT_THAT(
      traced([](Tensor x) { return relu(x); },
             {Input("x", DType::f16, {Dim::symbol("batch"), 4})}),
      AllOf(HasSubstr(R"(lz.symbol "batch" dynamic)"), HasSubstr(R"(!lz.tensor<"batch" x 4 x f16>)")));
}

TEST(TraceTest, NumbersTakeTheTensorsType) {
  std::string text = traced([](Tensor x) { return (x + 1) * 2.5 - 1 / x; }, {{"x", DType::f64}});
  EXPECT_THAT(text, AllOf(HasSubstr("dense<1.000000e+00> : tensor<f64>"),
                          HasSubstr("dense<2.500000e+00> : tensor<f64>"),
                          Not(HasSubstr("lz.cast"))));
  EXPECT_THAT(traced([](Tensor x) { return x + 1.5; }, {{"x", DType::i32}}),
              AllOf(HasSubstr("lz.cast"), HasSubstr("tensor<f32>")));
  EXPECT_THAT(traced([](Tensor x) { return x / 2; }, {{"x", DType::i64}}), HasSubstr("x f32>"));
}

TEST(TraceTest, ComparisonsAndSelection) {
  EXPECT_THAT(traced([](Tensor x) { return where((x > 0) & (x <= 3), x, -x); }),
              AllOf(HasSubstr("lz.gt"), HasSubstr("lz.le"), HasSubstr("lz.and"),
                    HasSubstr("lz.select"), HasSubstr("lz.neg")));
}

TEST(TraceTest, KnownSizesAreIntegers) {
  Dims seen;
  traced(
      [&](Tensor x) {
        seen = {x.size(0), x.size(-1), x.size(0) * 2 + 1};
        EXPECT_EQ(x.dim(), 2);
        return x.reshape({x.size(1), x.size(0)});
      },
      {Input("x", DType::f32, {4, 6})});
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].value(), 4);
  EXPECT_EQ(seen[1].value(), 6);
  EXPECT_EQ(seen[2].value(), 9);
}

TEST(TraceTest, SizesFollowThroughLayers) {
  struct Net : Module {
    LazyConv2d conv = register_module("conv", LazyConv2d(8, 3));
    Dims seen;
    Tensor forward(Tensor x) {
      x = conv(x).flatten(1);
      seen = x.sizes();
      return x;
    }
  } net;
  trace(net, {Input("x", DType::f32, {Dim::symbol("n"), 1, 8, 8})});
  EXPECT_EQ(toString(net.seen), "[n, 288]");
}

TEST(TraceTest, UnknownSizesStayExact) {
  std::string text = traced([](Tensor x) { return x.view({x.size(0), x.size(1) * 2, -1}); });
  EXPECT_THAT(text, AllOf(HasSubstr("lz.dim_of"), HasSubstr("lz.mul"), HasSubstr("lz.concat"),
                          HasSubstr("lz.reshape_like")));
  EXPECT_THAT(traced([](Tensor x) { return x.slice(1, 0, x.size(1) / 2); }),
              AllOf(HasSubstr("lz.floor_div"), HasSubstr("lz.gather")));
  EXPECT_THAT(traced([](Tensor x) { return x.slice(1, 1, -1); }),
              AllOf(HasSubstr("lz.slice"), Not(HasSubstr("lz.gather"))));
}

TEST(TraceTest, BuffersAreConstantInEvalModeAndStatesInTrainMode) {
  BatchNorm2d norm(3);
  norm->eval();
  EXPECT_THAT(trace(norm).str(),
              AllOf(HasSubstr(R"(lz.parameter "running_mean")"),
                    HasSubstr(R"(lz.get_parameter "running_var")"),
                    HasSubstr(R"(lz.parameter "num_batches_tracked")"), Not(HasSubstr("lz.read")),
                    Not(HasSubstr("lz.write"))));
  norm->train();
  EXPECT_THAT(trace(norm).str(),
              AllOf(HasSubstr(R"(lz.state "running_mean")"), HasSubstr(R"(lz.write "running_var")"),
                    HasSubstr(R"(lz.write "num_batches_tracked")"),
                    HasSubstr("lz.expect_several")));
}

TEST(TraceTest, DropoutDrawsFromOneCounterPerRun) {
  Sequential net(Dropout(0.5), ReLU(), Dropout(0.25));
  std::string text = trace(net).str();
  EXPECT_THAT(text, AllOf(HasSubstr(R"(lz.state "rng.seed")"), HasSubstr(R"(lz.state "rng.counter")"),
                          HasSubstr("stream = 1")));
  EXPECT_EQ(countOf(text, R"(lz.write "rng.counter")"), 1u);
  EXPECT_EQ(countOf(text, "lz.random_like"), 2u);
  net->eval();
  EXPECT_THAT(trace(net).str(), Not(HasSubstr("rng.")));
}

TEST(TraceTest, NestedOutputsAreFlattened) {
  LSTM lstm(3, 4);
  std::string text = trace(lstm).str();
  EXPECT_THAT(text, AllOf(HasSubstr("output_0"), HasSubstr("output_1"), HasSubstr("output_2")));
  TraceOptions options;
  options.outputs = {"y", "h", "c"};
  EXPECT_THAT(trace(lstm, {"x"}, options).str(), HasSubstr("lz.name = \"h\""));
  options.outputs = {"y"};
  EXPECT_THROW(trace(lstm, {"x"}, options), Error);
  EXPECT_THAT(trace(lstm, {"x", "h0", "c0"}).str(), HasSubstr("h0"));
}

TEST(TraceTest, HooksSeeAndChangeTensors) {
  Linear fc(2, 2);
  int calls = 0;
  fc->register_forward_pre_hook([&](Module &module, std::vector<Tensor> &inputs) {
    EXPECT_EQ(module.kind(), "Linear");
    inputs.at(0) = tanh(inputs.at(0));
    ++calls;
  });
  fc->register_forward_hook(
      [&](Module &, const std::vector<Tensor> &, std::vector<Tensor> &outputs) {
        outputs.at(0) = relu(outputs.at(0));
        ++calls;
      });
  std::string text = trace(fc).str();
  EXPECT_EQ(calls, 2);
  EXPECT_LT(text.find("lz.tanh"), text.find("lz.linear"));
  EXPECT_LT(text.find("lz.linear"), text.find("lz.relu"));
}

TEST(TraceTest, LoadedValuesTravelAlong) {
  float values[] = {1, 2, 3, 4};
  Linear fc(LinearOptions(2, 2).bias(false));
  fc->load_state_dict({{"weight", DType::f32, {2, 2}, Array(DType::f32, {2, 2}, values)}});
  EXPECT_THAT(trace(fc).str(), HasSubstr("1.000000e+00, 2.000000e+00"));
}

TEST(TraceTest, SavesAnArtifact) {
  std::string path = testing::TempDir() + "lz-trace-" + std::to_string(::getpid()) + ".lzm";
  Sequential net(LazyLinear(3), ReLU());
  Program program = trace(net);
  program.save(path);
  FILE *file = std::fopen(path.c_str(), "rb");
  ASSERT_TRUE(file);
  char magic[8];
  ASSERT_EQ(std::fread(magic, 1, 8, file), 8u);
  EXPECT_EQ(std::string(magic, 6), "LAZULI");
  std::fclose(file);
  std::remove(path.c_str());
  EXPECT_THROW(program.save("/nonexistent/net.lzm"), Error);
}

/// What an artifact says of the mode; its metadata is stored as plain text.
static bool saysTrainMode(Sequential net, const std::string &effects) {
  std::string path = testing::TempDir() + "lz-mode-" + std::to_string(::getpid()) + ".lzm";
  trace(net).save(path);
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  std::remove(path.c_str());
  return bytes.find("train_effects") != std::string::npos &&
         bytes.find(effects) != std::string::npos;
}

TEST(TraceTest, AnArtifactRemembersTrainMode) {
  Sequential net(LazyLinear(3), BatchNorm1d(3), Dropout());
  const char *effects = "batch statistics are used, random numbers are drawn, 5 states move";
  EXPECT_TRUE(saysTrainMode(net, effects));
  net->eval();
  EXPECT_FALSE(saysTrainMode(net, ""));
  EXPECT_FALSE(saysTrainMode(Sequential(LazyLinear(3), ReLU()), "")); // nothing that differs
}

TEST(TraceTest, AxesAreOneOrSeveral) {
  Input x("x", DType::f32, {2, 4, 6});
  std::string several = traced(
      [](Tensor x) { return x.mean({1}, true) + x.sum({-1}, true) + x.flip({0}); }, {x});
  std::string one =
      traced([](Tensor x) { return x.mean(1, true) + x.sum(-1, true) + x.flip(0); }, {x});
  EXPECT_EQ(one, several);
  EXPECT_THAT(traced([](Tensor x) { return x.mean(1).squeeze().var(1).amax(0); }, {x}),
              HasSubstr("!lz.tensor<f32>"));
}

TEST(TraceTest, EveryFunctionTraces) {
  Input x("x", DType::f32, {2, 4, 6});
  std::string text = traced(
      [](Tensor x) {
        Tensor y = x.permute({0, 2, 1}).transpose(1, 2).flip({0}).repeat({1, 1, 2});
        y = y.narrow(2, 0, 6) + x.chunk(2, 1)[0].sum({1}, true);
        y = y + x.split({1, 3}, 1)[0].squeeze({1}).unsqueeze(1).expand({2, 4, 6});
        y = y + x.var({-1}, 1, true) + x.std({-1}, 0, true) + x.logsumexp({2}, true);
        y = y + x.cumsum(1) + x.cumprod(1) + x.softmax(-1) + x.log_softmax(-1);
        y = y + x.gather(1, x.argmax(1, true)) + x.index_select(1, arange(4)) + x.tril() + x.triu(1);
        y = y + pad(x, {0, 0, 0, 0}) + stack({x, x}, 0).select(0, 1) + cat({x, x}, 0).slice(0, 0, 2);
        y = y + where(x.isnan() | x.isinf(), zeros_like(x), ones_like(x)).masked_fill(x > 9, 2);
        y = y + maximum(x, 0) + minimum(x, 1) + x.clamp(-1, 1) + pow(x, 2) + fmod(x, 3) + x % 2;
        y = y + floor_divide(x, 2) + atan2(x, y) + x.square() + x.amax({0}) + x.amin({0}, true);
        y = y + x.unflatten(2, {2, 3}).flatten(2) + celu(x) + elu(x) + selu(x) + gelu(x, "tanh");
        y = y + hardshrink(x) + softshrink(x) + hardtanh(x) + relu6(x) + leaky_relu(x) + mish(x);
        y = y + softplus(x) + softsign(x) + tanhshrink(x) + logsigmoid(x) + threshold(x, 0, 1);
        y = y + silu(x) + hardsigmoid(x) + hardswish(x) + softmin(x, 1) + full({6}, 2.0);
        y = y + scalar(x.size(1)).to(DType::f32) + (x != y).to(DType::f32) + x.prod({0}) + x.mean();
        y = y + x.any({1}, true).to(DType::f32) + (~x.all({1}, true)).to(DType::f32);
        return y.matmul(y.transpose(1, 2));
      },
      {x});
  EXPECT_THAT(text, HasSubstr("lz.matmul"));
}

} // namespace
