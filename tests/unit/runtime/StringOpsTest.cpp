//===- StringOpsTest.cpp --------------------------------------------------===//
//
// Host operations on strings, the casts, n-grams and labels.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/HostHarness.h"

#include <cmath>

using namespace lz;
using namespace lz::rt;
using namespace lz::rt::test;
using testing::ElementsAre;
using testing::HasSubstr;

static constexpr fmt::ValueKind Tensor = fmt::ValueKind_Tensor;

static ResultType text(std::vector<int64_t> dims) {
  return {fmt::ValueKind_Strings, fmt::DType_string, std::move(dims)};
}

template <typename T>
static void addList(flexbuffers::Builder &b, const char *name,
                    const std::vector<T> &list) {
  b.Vector(name, [&] {
    for (const T &element : list)
      b.Add(element);
  });
}

static std::vector<std::string> getStrings(const HostCase &test) {
  auto results = run(test);
  EXPECT_TRUE(results.isOk()) << results.getStatus().getMessage();
  return results.isOk() ? *(*results)[0].strings : std::vector<std::string>();
}

TEST(StringOpsTest, ConcatAndEqualBroadcast) {
  HostValue a = words({2, 1}, {"a", "b"}), b = words({2}, {"", "b"});
  EXPECT_THAT(getStrings({"string_concat", {a, b}, {text({2, 2})}}),
              ElementsAre("a", "ab", "b", "bb"));
  auto equal =
      run({"string_equal", {a, b}, {{Tensor, fmt::DType_boolean, {2, 2}}}});
  ASSERT_TRUE(equal.isOk()) << equal.getStatus().getMessage();
  EXPECT_THAT(read<uint8_t>((*equal)[0]), ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(
      explain({"string_concat", {words({3}, {"", "", ""}), b}, {text({3})}}),
      HasSubstr("operands of dimensions [3] and [2]"));
}

TEST(StringOpsTest, Split) {
  HostCase test = {"string_split",
                   {words({3}, {" a  b c ", "", "x"})},
                   {text({3, 3}), {Tensor, fmt::DType_i64, {3}}}};
  auto results = run(test);
  ASSERT_TRUE(results.isOk()) << results.getStatus().getMessage();
  EXPECT_THAT(*(*results)[0].strings,
              ElementsAre("a", "b", "c", "", "", "", "x", "", ""));
  EXPECT_THAT(read<int64_t>((*results)[1]), ElementsAre(3, 0, 1));
  test.inputs[0] = words({1}, {"a,,b,c"});
  test.results = {text({1, 3}), {Tensor, fmt::DType_i64, {1}}};
  test.attributes = [](flexbuffers::Builder &b) {
    b.String("delimiter", ",");
    b.Int("maxsplit", 2);
  };
  EXPECT_THAT(getStrings(test), ElementsAre("a", "", "b,c"));
}

TEST(StringOpsTest, Normalizer) {
  HostCase test = {"string_normalizer",
                   {words({1, 3}, {"Monday", "T\xc3\x96ne", "MONDAY"})},
                   {text({1, 1})},
                   [](flexbuffers::Builder &b) {
                     addList<std::string>(b, "stopwords", {"monday"});
                     b.String("case_change_action", "LOWER");
                   }};
  EXPECT_THAT(getStrings(test), ElementsAre("t\xc3\xb6ne"));
  test.inputs[0] = words({1, 1}, {"monday"});
  EXPECT_THAT(getStrings(test), ElementsAre(""));
  test.attributes = [](flexbuffers::Builder &b) {
    addList<std::string>(b, "stopwords", {"monday"});
    b.Int("is_case_sensitive", 1);
    b.String("case_change_action", "UPPER");
  };
  test.inputs[0] = words({2}, {"Monday", "monday"});
  test.results = {text({1})};
  EXPECT_THAT(getStrings(test), ElementsAre("MONDAY"));
}

TEST(StringOpsTest, SelectAndConstant) {
  HostCase select = {"select_elements",
                     {words({2}, {"a", "b"}), integers({1, 3}, {1, 0, -1})},
                     {text({1, 3})}};
  EXPECT_THAT(getStrings(select), ElementsAre("b", "a", "b"));
  select.inputs[1] = integers({1, 3}, {0, 1, 2});
  EXPECT_THAT(explain(select), HasSubstr("index 2 is out of range [-2, 2)"));
  HostCase constant = {"string_constant",
                       {},
                       {text({2, 1})},
                       [](flexbuffers::Builder &b) {
                         addList<std::string>(b, "values", {"x", "y"});
                       },
                       /*defines=*/false};
  EXPECT_THAT(getStrings(constant), ElementsAre("x", "y"));
  constant.results[0].dims = {3};
  EXPECT_THAT(explain(constant), HasSubstr("has 2 values, expected as many as "
                                           "dimensions [3] have elements"));
}

TEST(StringOpsTest, NumbersFromText) {
  auto parse = [](std::vector<std::string> texts, fmt::DType dtype) {
    auto size = static_cast<int64_t>(texts.size());
    return run({"string_to_number",
                {words({size}, std::move(texts))},
                {{Tensor, dtype, {size}}}});
  };
  auto floatsRead = parse({"1.5", "+INF", "-1e-3", "nan"}, fmt::DType_f32);
  ASSERT_TRUE(floatsRead.isOk()) << floatsRead.getStatus().getMessage();
  std::vector<float> numbers = read<float>((*floatsRead)[0]);
  EXPECT_EQ(numbers[0], 1.5f);
  EXPECT_EQ(numbers[1], INFINITY);
  EXPECT_EQ(numbers[2], -1e-3f);
  EXPECT_TRUE(std::isnan(numbers[3]));
  auto whole = parse({"9223372036854775807", "-2", "3.9"}, fmt::DType_i64);
  EXPECT_THAT(read<int64_t>((*whole)[0]), ElementsAre(INT64_MAX, -2, 3));
  auto halves = parse({"1", "65504", "1e9", "6e-8"}, fmt::DType_f16);
  EXPECT_THAT(read<uint16_t>((*halves)[0]),
              ElementsAre(0x3c00, 0x7bff, 0x7c00, 1));
  EXPECT_THAT(parse({"one"}, fmt::DType_f32).getStatus().getMessage(),
              HasSubstr("'one' is not a number"));
}

TEST(StringOpsTest, TextFromNumbers) {
  EXPECT_THAT(getStrings({"number_to_string",
                          {floats({6}, {0.1f, 1, -2.5f, 1e-5f, 1e20f, NAN})},
                          {text({6})}}),
              ElementsAre("0.1", "1.0", "-2.5", "1e-05", "1e+20", "nan"));
  EXPECT_THAT(
      getStrings({"number_to_string", {integers({2}, {-7, 123})}, {text({2})}}),
      ElementsAre("-7", "123"));
  const uint16_t half[] = {0x2e66, 0x7bff};
  EXPECT_THAT(getStrings({"number_to_string",
                          {makeBytes(fmt::DType_f16, {2}, half, 4)},
                          {text({2})}}),
              ElementsAre("0.1", "65500.0"));
}

TEST(StringOpsTest, RegexFullMatch) {
  auto results =
      run({"regex_full_match",
           {words({3}, {"a1", "a", "xa1"})},
           {{Tensor, fmt::DType_boolean, {3}}},
           [](flexbuffers::Builder &b) { b.String("pattern", "[a-z]\\d+"); }});
  ASSERT_TRUE(results.isOk()) << results.getStatus().getMessage();
  EXPECT_THAT(read<uint8_t>((*results)[0]), ElementsAre(1, 0, 0));
}

/// The example of ONNX's documentation: uni- and bigrams over numbers.
TEST(StringOpsTest, Tfidf) {
  HostCase test = {
      "tfidf_vectorizer",
      {integers({2, 6}, {1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8})},
      {{Tensor, fmt::DType_f32, {2, 7}}},
      [](flexbuffers::Builder &b) {
        addList<int64_t>(b, "ngram_counts", {0, 4});
        addList<int64_t>(b, "ngram_indexes", {0, 1, 2, 3, 4, 5, 6});
        addList<int64_t>(b, "pool_int64s", {2, 3, 5, 4, 5, 6, 7, 8, 6, 7});
        b.Int("min_gram_length", 2);
        b.Int("max_gram_length", 2);
        b.Int("max_skip_count", 5);
        b.String("mode", "TF");
      }};
  auto results = run(test);
  ASSERT_TRUE(results.isOk()) << results.getStatus().getMessage();
  EXPECT_THAT(read<float>((*results)[0]),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1));
}

TEST(StringOpsTest, LabelEncoder) {
  auto labels = run({"label_encoder",
                     {words({3}, {"b", "?", "a"})},
                     {{Tensor, fmt::DType_i64, {3}}},
                     [](flexbuffers::Builder &b) {
                       addList<std::string>(b, "keys_strings", {"a", "b"});
                       addList<int64_t>(b, "values_int64s", {10, 20});
                       b.Int("default_int64", 42);
                     }});
  ASSERT_TRUE(labels.isOk()) << labels.getStatus().getMessage();
  EXPECT_THAT(read<int64_t>((*labels)[0]), ElementsAre(20, 42, 10));
  EXPECT_THAT(getStrings({"label_encoder",
                          {floats({3}, {NAN, 0.1f, 2})},
                          {text({3})},
                          [](flexbuffers::Builder &b) {
                            addList<double>(b, "keys_floats", {0.1, NAN});
                            addList<std::string>(b, "values_strings",
                                                 {"tenth", "none"});
                          }}),
              ElementsAre("none", "tenth", "_Unused"));
}
