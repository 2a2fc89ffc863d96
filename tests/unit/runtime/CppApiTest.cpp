//===- CppApiTest.cpp -----------------------------------------------------===//
//
// The C++ wrapper: ownership, names, and errors as values or exceptions.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/ProgramBuilder.h"

#include <array>
#include <gmock/gmock.h>
#include <lazuli/lazuli.hpp>

using namespace lz::rt;
using testing::ElementsAre;

static lazuli::Model load(test::ProgramBuilder b) {
  auto bytes = b.build();
  return lazuli::Model::loadMemory(bytes->data(), bytes->size(), LZ_VERIFY_ALL)
      .value();
}

TEST(CppApiTest, RunsByName) {
  lazuli::Session session =
      lazuli::Session::create(load(test::makeAddProgram())).value();
  std::vector<float> x = {1, 2, 3, 4, 5, 6, 7, 8};
  session.setInput("x", lazuli::tensorOf(x, {2, 4})).check();
  session.run().check();
  lazuli::TensorView y = session.getOutput("y0").value();
  EXPECT_THAT(y.dims, ElementsAre(2, 4));
  ASSERT_NE(y.as<float>(), nullptr);
  EXPECT_EQ(y.as<double>(), nullptr);
  EXPECT_THAT(
      std::vector<float>(y.as<float>(), y.as<float>() + y.numElements()),
      ElementsAre(3, 6, 9, 12, 15, 18, 21, 24));
  std::array<float, 8> mine;
  session.setOutput("y0", lazuli::tensorOf(mine, {2, 4})).check();
  session.run().check();
  EXPECT_EQ(mine[7], 24);
  session.clearOutput(0).check();
}

TEST(CppApiTest, Describes) {
  lazuli::Model model = load(test::makeControlFlowProgram());
  EXPECT_EQ(model.numEntries(), 1u);
  EXPECT_EQ(model.entryName(0), "forward");
  EXPECT_EQ(model.findEntry("forward").value(), 0u);
  EXPECT_EQ(model.inputs()[0].name, "x");
  EXPECT_THAT(model.inputs()[0].dimsText, ElementsAre("batch", "4"));
  EXPECT_THAT(model.outputs()[0].dims, ElementsAre(2, 4));
  EXPECT_EQ(model.states()[0].name, "saved");
  EXPECT_EQ(model.metadata("none"), std::nullopt);
  EXPECT_EQ(model.targetCpu(), "");
  EXPECT_TRUE(model.verify().ok());
}

TEST(CppApiTest, States) {
  lazuli::Session session =
      lazuli::Session::create(load(test::makeControlFlowProgram())).value();
  std::vector<float> saved(8);
  session.readState("saved", lazuli::tensorOf(saved, {2, 4})).check();
  EXPECT_THAT(saved, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  saved.assign(8, 5.0f);
  session.writeState("saved", lazuli::tensorOf(saved, {2, 4})).check();
  saved.assign(8, 0.0f);
  session.readState("saved", lazuli::tensorOf(saved, {2, 4})).check();
  EXPECT_THAT(saved, testing::Each(5.0f));
  session.resetStates().check();
  session.readState("saved", lazuli::tensorOf(saved, {2, 4})).check();
  EXPECT_EQ(saved[7], 7.0f);
}

TEST(CppApiTest, ErrorsAreValuesOrExceptions) {
  auto missing = lazuli::Model::load("/nonexistent.lzm");
  EXPECT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().code(), LZ_NOT_FOUND);
  EXPECT_THROW(missing.value(), lazuli::Error);
  lazuli::Session session =
      lazuli::Session::create(load(test::makeAddProgram())).value();
  lazuli::Status status = session.run();
  EXPECT_EQ(status.code(), LZ_FAILED_PRECONDITION);
  EXPECT_EQ(status.message(), "input 'x' is not set");
  EXPECT_THROW(status.check(), lazuli::Error);
  std::vector<double> wrong(8);
  EXPECT_EQ(session.setInput("x", lazuli::tensorOf(wrong, {2, 4})).message(),
            "input 'x' is f64, expected f32");
  EXPECT_EQ(session.setInput("z", lazuli::tensorOf(wrong, {2, 4})).code(),
            LZ_NOT_FOUND);
}

TEST(CppApiTest, CancellationAndProfile) {
  lazuli::Session session =
      lazuli::Session::create(load(test::makeAddProgram()), {1, 0, 0}).value();
  lazuli::CancelToken token;
  session.setCancelToken(token).check();
  std::vector<float> x(8);
  session.setInput(0, lazuli::tensorOf(x, {2, 4})).check();
  token.cancel();
  EXPECT_EQ(session.run().code(), LZ_CANCELLED);
  token.reset();
  EXPECT_EQ(session.getProfile().status().code(), LZ_FAILED_PRECONDITION);
  session.setProfiling(10).check();
  session.run().check();
  EXPECT_THAT(session.getProfile().value(),
              testing::HasSubstr("layer.add_f32"));
  EXPECT_EQ(session.threads(), 1);
  EXPECT_GT(session.memoryBytes(), 0u);
}
