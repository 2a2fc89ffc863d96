//===- ValueApiTest.cpp ---------------------------------------------------===//
//
// Values of all kinds through the C API and its C++ wrapper.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/ProgramBuilder.h"

#include <gmock/gmock.h>
#include <lazuli/lazuli.hpp>

using namespace lz::rt;
using testing::ElementsAre;
using testing::HasSubstr;

static lazuli::Model load(test::ProgramBuilder b) {
  auto bytes = b.build();
  return lazuli::Model::loadMemory(bytes->data(), bytes->size()).value();
}

TEST(ValueApiTest, RunsOnAllKinds) {
  lazuli::Model model = load(test::makeDynamicProgram());
  EXPECT_EQ(model.inputType(1).value().kind, LZ_STRINGS);
  EXPECT_EQ(model.outputType(1).value().kind, LZ_SEQUENCE);
  EXPECT_EQ(model.outputType(1).value().elementKind, LZ_TENSOR);
  EXPECT_EQ(model.outputType(99).status().code(), LZ_NOT_FOUND);
  auto session = lazuli::Session::create(model, {1, 0, 0}).value();
  std::vector<float> x = {0, 2};
  ASSERT_TRUE(session.setInput(0, lazuli::tensorOf(x, {2})).ok());
  auto words = lazuli::Value::strings({"a b", std::string("\0c", 2)}, {2});
  ASSERT_TRUE(words.ok()) << words.status().message();
  ASSERT_TRUE(session.setInputValue("words", words.value()).ok());
  lazuli::Status ran = session.run();
  ASSERT_TRUE(ran.ok()) << ran.message();

  auto indices = session.getOutput(0).value();
  EXPECT_THAT(indices.dims, ElementsAre(1));
  EXPECT_EQ(*indices.as<int64_t>(), 1);
  lazuli::Value sequence = session.getOutputValue(1).value();
  ASSERT_EQ(sequence.kind(), LZ_SEQUENCE);
  ASSERT_EQ(sequence.size(), 3u);
  lazuli::Value last = sequence.getElement(2).value();
  EXPECT_EQ(last.getTensor().value().as<float>()[1], 2.0f);
  EXPECT_EQ(sequence.getElement(3).status().code(), LZ_NOT_FOUND);
  EXPECT_THAT(sequence.getTensor().status().message(),
              HasSubstr("the value is Sequence, not a tensor"));
  lazuli::Value loud = session.getOutputValue("y4").value();
  EXPECT_EQ(loud.kind(), LZ_STRINGS);
  EXPECT_EQ(loud.getString(1).value(), std::string("\0c!", 3));
  EXPECT_THAT(loud.getTensor().value().dims, ElementsAre(2));
  EXPECT_EQ(session.getOutput(4).status().code(), LZ_FAILED_PRECONDITION);
}

TEST(ValueApiTest, PlainEntriesTakeAndGiveValues) {
  auto session =
      lazuli::Session::create(load(test::makeAddProgram()), {1, 0, 0}).value();
  std::vector<float> x(8, 1.0f);
  auto value = lazuli::Value::tensor(lazuli::tensorOf(x, {2, 4}));
  ASSERT_TRUE(value.ok());
  ASSERT_TRUE(session.setInputValue(0, value.value()).ok());
  value = lazuli::Value(); // the session keeps it
  x.assign(8, 0.0f);
  ASSERT_TRUE(session.run().ok());
  lazuli::Value y = session.getOutputValue(0).value();
  EXPECT_EQ(y.getTensor().value().as<float>()[7], 3.0f);
  x.assign(8, 5.0f);
  ASSERT_TRUE(session.setInput(0, lazuli::tensorOf(x, {2, 4})).ok());
  ASSERT_TRUE(session.run().ok());
  EXPECT_EQ(y.getTensor().value().as<float>()[7], 3.0f);
  EXPECT_EQ(session.getOutput(0).value().as<float>()[7], 15.0f);
}

TEST(ValueApiTest, WrongValuesAreRefused) {
  std::vector<float> x = {1};
  lazuli::Value tensor =
      lazuli::Value::tensor(lazuli::tensorOf(x, {1})).value();
  EXPECT_THAT(lazuli::Value::strings({"a"}, {2}).status().message(),
              HasSubstr("found 1 strings, expected as many as dimensions [2]"));
  EXPECT_THAT(lazuli::Value::sequence(LZ_I64, {tensor}).status().message(),
              HasSubstr("element 0 is not a tensor of i64"));
  EXPECT_THAT(lazuli::Value::optional(LZ_I64, tensor).status().message(),
              HasSubstr("what is held is not of i64"));
  EXPECT_EQ(lazuli::Value::optional(LZ_F32).value().size(), 0u);
  EXPECT_EQ(lazuli::Value::optional(LZ_F32, tensor).value().size(), 1u);
  EXPECT_EQ(tensor.getString(0).status().code(), LZ_INVALID_ARGUMENT);
  EXPECT_EQ(tensor.getElement(0).status().code(), LZ_INVALID_ARGUMENT);
  lz_value *none = nullptr;
  EXPECT_EQ(lz_value_create_tensor(nullptr, &none), LZ_INVALID_ARGUMENT);
  const int64_t negative[] = {-1};
  EXPECT_EQ(lz_value_create_strings(nullptr, 0, 1, negative, &none),
            LZ_INVALID_ARGUMENT);
  EXPECT_EQ(
      lz_value_create_sequence(static_cast<lz_dtype>(99), nullptr, 0, &none),
      LZ_INVALID_ARGUMENT);
  lz_value_release(nullptr);
  EXPECT_EQ(lz_value_size(nullptr), 0u);
}
