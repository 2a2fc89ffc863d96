//===- TraceErrorsTest.cpp - Mistakes and what is said about them ---------===//

#include "frontend/nn/nn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lz::nn;
using testing::AllOf;
using testing::HasSubstr;

namespace {

/// A module whose forward is the given function.
struct Custom : Module {
  explicit Custom(std::function<Tensor(Custom &, Tensor)> body) : body(std::move(body)) {}
  std::function<Tensor(Custom &, Tensor)> body;
  Tensor forward(Tensor x) { return body(*this, x); }
};

std::string traceError(Module &module, const std::vector<Input> &inputs = {"x"}) {
  try {
    trace(static_cast<Custom &>(module), inputs);
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

std::string errorIn(std::function<Tensor(Tensor)> body, const std::vector<Input> &inputs = {"x"}) {
  Custom module([&](Custom &, Tensor x) { return body(x); });
  return traceError(module, inputs);
}

TEST(TraceErrorsTest, UnknownSizesAreNoIntegers) {
  EXPECT_THAT(errorIn([](Tensor x) { return x * static_cast<double>(x.size(1).value()); }),
              AllOf(HasSubstr("Custom: the size"), HasSubstr("is not known while tracing")));
  EXPECT_THAT(errorIn([](Tensor x) { return x * static_cast<double>(x.dim()); }),
              HasSubstr("the number of dimensions is not known"));
  EXPECT_THAT(errorIn([](Tensor x) { return x.view(x.sizes()); }),
              HasSubstr("the sizes are not known"));
}

TEST(TraceErrorsTest, MistakesAreFoundAtTheirLine) {
  int line = 0;
  std::string error = errorIn(
      [&](Tensor x) {
        line = __LINE__ + 1;
        return matmul(x, x);
      },
      {Input("x", DType::f32, {2, 3})});
  EXPECT_THAT(error, AllOf(HasSubstr("TraceErrorsTest.cpp:" + std::to_string(line)),
                           HasSubstr("Custom: ")));
}

TEST(TraceErrorsTest, ModulesCalledByNoForwardAreFoundAtTheTrace) {
  Sequential net(ReLU(), Linear(3, 4));
  int line = 0;
  try {
    line = __LINE__ + 1;
    trace(net, {Input("x", DType::f32, {2, 5})});
    FAIL() << "the sizes do not fit";
  } catch (const Error &error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("TraceErrorsTest.cpp:" + std::to_string(line)),
                                    HasSubstr("Linear '1'")));
  }
}

TEST(TraceErrorsTest, ModulesAreNamedByClassAndPath) {
  struct Net : Module {
    Conv2d conv = register_module("conv", Conv2d(3, 4, 3));
    Tensor forward(Tensor x) { return conv(x); }
  } net;
  auto error = [&](const Input &input) {
    try {
      trace(net, {input});
    } catch (const Error &caught) {
      return std::string(caught.what());
    }
    return std::string();
  };
  EXPECT_THAT(error(Input("x", DType::f32, {2, 3})),
              AllOf(HasSubstr("Conv2d 'conv'"), HasSubstr("expected 3D or 4D input")));
  EXPECT_THAT(error(Input("x", DType::f64)),
              HasSubstr("conv has an input of f64 and a weight of f32"));
  EXPECT_THAT(error(Input("x", DType::f32, {1, 5, 8, 8})), HasSubstr("Conv2d 'conv'"));
  EXPECT_EQ(error(Input("x", DType::f32, {1, 3, 8, 8})), "");
}

TEST(TraceErrorsTest, EverythingMustBeRegistered) {
  Linear loose(2, 2);
  EXPECT_THAT(errorIn([&](Tensor x) { return loose(x); }),
              HasSubstr("a Linear is called that is not registered"));
  Parameter lost({2}, Init::zeros());
  EXPECT_THAT(errorIn([&](Tensor x) { return x + lost; }),
              HasSubstr("a parameter is used that no registered module has"));
}

TEST(TraceErrorsTest, TensorsBelongToOneTrace) {
  Tensor kept;
  EXPECT_EQ(errorIn([&](Tensor x) { return kept = x + 1; }), "");
  EXPECT_THAT(errorIn([&](Tensor x) { return x + kept; }), HasSubstr("a tensor of another trace"));
  EXPECT_THROW(relu(kept), Error);
  EXPECT_THAT(errorIn([&](Tensor x) { return x + Tensor(); }), HasSubstr("an undefined tensor"));
  EXPECT_THAT(errorIn([](Tensor) { return Tensor(); }), HasSubstr("returns no tensor"));
}

TEST(TraceErrorsTest, ArgumentsOfFunctions) {
  EXPECT_THAT(errorIn([](Tensor x) { return clamp(x, std::nullopt); }),
              HasSubstr("neither a minimum nor a maximum"));
  EXPECT_THAT(errorIn([](Tensor) { return cat({}); }), HasSubstr("expected at least one"));
  EXPECT_THAT(errorIn([](Tensor x) { return gelu(x, "fast"); }),
              HasSubstr("expected 'none' or 'tanh'"));
  EXPECT_THAT(errorIn([](Tensor x) { return pad(x, {1}); }), HasSubstr("expected two per axis"));
  EXPECT_THAT(errorIn([](Tensor x) { return x.slice(0, 0, 4, -1); }), HasSubstr("has step -1"));
  EXPECT_THAT(errorIn([](Tensor x) { return x.mean(); }, {Input("x", DType::i64)}),
              HasSubstr("mean takes floating-point tensors, found i64"));
  EXPECT_THAT(errorIn([](Tensor x) { return x.size(3) * x; }, {Input("x", DType::f32, {2, 2})}),
              HasSubstr("expected an axis from -2 to 1"));
}

TEST(TraceErrorsTest, ArgumentsOfTrace) {
  EXPECT_THAT(errorIn([](Tensor x) { return x; }, {"x", "y"}),
              HasSubstr("takes 1 tensors, but 2 were given"));
  EXPECT_THAT(errorIn([](Tensor x) { return x; }, {Input("x", DType::f32, {Dim(-3)})}),
              HasSubstr("the input 'x' has the dimension -3"));
  EXPECT_THAT(errorIn([](Tensor x) { return x; }, {""}), HasSubstr("is empty or given twice"));
}

TEST(TraceErrorsTest, OneTraceAtATime) {
  Linear fc(1, 1);
  EXPECT_THAT(errorIn([&](Tensor x) {
                trace(fc);
                return x;
              }),
              HasSubstr("inside the forward of another"));
  // An error ends its trace: the next one works.
  EXPECT_EQ(errorIn([](Tensor x) { return x + 1; }), "");
}

TEST(TraceErrorsTest, OneValuePerChannel) {
  BatchNorm1d norm(4);
  try {
    trace(norm, {Input("x", DType::f32, {1, 4})});
    FAIL();
  } catch (const Error &error) {
    EXPECT_THAT(error.what(), HasSubstr("expected more than 1 value per channel when training"));
  }
  norm->eval();
  EXPECT_NO_THROW(trace(norm, {Input("x", DType::f32, {1, 4})}));
}

} // namespace
