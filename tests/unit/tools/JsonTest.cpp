//===- JsonTest.cpp - Tensors as JSON ---------------------------------------===//
//
// Numbers come back as they were; what no tensor is says why.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Json.h"

#include "tests/unit/tools/Expect.h"

#include <cmath>
#include <cstring>

using namespace lz;
using namespace lz::cli;

static Array read(const std::string &text, DType dtype) {
  return arrayFromJson(parseJson(text, "f.json"), dtype, "f.json");
}

static std::string failureOf(const std::string &text, DType dtype) {
  return messageOf([&] { (void)read(text, dtype); });
}

TEST(JsonTest, ReadsNestedLists) {
  Array array = read("[[1, 2.5, -3], [4, \"inf\", \"nan\"]]", fmt::DType_f32);
  EXPECT_EQ(array.getDims(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(array.getDouble(1), 2.5);
  EXPECT_TRUE(std::isinf(array.getDouble(4)));
  EXPECT_TRUE(std::isnan(array.getDouble(5)));
  EXPECT_EQ(read("7", fmt::DType_i32).getRank(), 0u);
  EXPECT_EQ(read("[]", fmt::DType_i32).getDims(), std::vector<int64_t>{0});
  EXPECT_EQ(read("[true, false]", fmt::DType_boolean).getInt(0), 1);
}

TEST(JsonTest, WideIntegersAreExact) {
  EXPECT_EQ(read("[9007199254740993]", fmt::DType_i64).getInt(0), 9007199254740993);
  EXPECT_EQ(read("[-9223372036854775808]", fmt::DType_i64).getInt(0), INT64_MIN);
  EXPECT_EQ(static_cast<uint64_t>(read("[18446744073709551615]", fmt::DType_u64).getInt(0)),
            UINT64_MAX);
  EXPECT_NE(failureOf("[18446744073709551615]", fmt::DType_i64), "");
  EXPECT_NE(failureOf("[-1]", fmt::DType_u64), "");
}

TEST(JsonTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(failureOf("[1.5]", fmt::DType_i32), "'f.json' holds 1.5, expected values of i32");
  EXPECT_EQ(failureOf("[300]", fmt::DType_u8), "'f.json' holds 300, expected values of u8");
  EXPECT_EQ(failureOf("[[1, 2], [3]]", fmt::DType_f32),
            "'f.json' has lists of different lengths, expected a full tensor");
  EXPECT_EQ(failureOf("[1, [2]]", fmt::DType_f32),
            "'f.json' holds array where a number is expected");
  EXPECT_EQ(failureOf("{}", fmt::DType_f32), "'f.json' holds object where a number is expected");
  EXPECT_EQ(failureOf("[1,", fmt::DType_f32), "'f.json' is no JSON: error at byte 4");
}

TEST(JsonTest, NamesTheNumberThatIsTooGreat) {
  EXPECT_EQ(failureOf("[[1, 2], [3, 1e999]]", fmt::DType_f32),
            "'f.json' holds a number beyond what f64 can hold at [1][1]");
  EXPECT_EQ(failureOf(R"({"a": [0], "images": [[1], [[-1e400]]]})", fmt::DType_f32),
            "'f.json' holds a number beyond what f64 can hold at images[1][0][0]");
  EXPECT_EQ(failureOf("1e999", fmt::DType_f32),
            "'f.json' holds a number beyond what f64 can hold");
}

TEST(JsonTest, FloatsAreShortAndComeBack) {
  Array array(fmt::DType_f32, {3});
  array.setDouble(0, 0.1f);
  array.setDouble(1, 1e-45f);
  array.setDouble(2, 16777217);
  EXPECT_EQ(dumpJson(arrayToJson(array)).substr(0, 5), "[0.1,");
  Array back = read(dumpJson(arrayToJson(array)), fmt::DType_f32);
  EXPECT_EQ(std::memcmp(back.getData(), array.getData(), array.getSizeBytes()), 0);
}

TEST(JsonTest, SpecialValuesAreText) {
  Array array(fmt::DType_f64, {2});
  array.setDouble(0, NAN);
  array.setDouble(1, -INFINITY);
  EXPECT_EQ(dumpJson(arrayToJson(array)), "[\"nan\",\"-inf\"]");
}
