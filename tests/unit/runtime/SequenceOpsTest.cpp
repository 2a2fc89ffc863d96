//===- SequenceOpsTest.cpp ------------------------------------------------===//
//
// Host operations on sequences and optionals.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/HostHarness.h"

using namespace lz;
using namespace lz::rt;
using namespace lz::rt::test;
using testing::ElementsAre;
using testing::HasSubstr;

static constexpr fmt::ValueKind Tensor = fmt::ValueKind_Tensor;
static const ResultType sequenceType = {
    fmt::ValueKind_Sequence, fmt::DType_f32, {}, Tensor};

static HostValue makeItems() {
  return makeSequence(fmt::DType_f32, {floats({1}, {1}), floats({2}, {2, 3})});
}

TEST(SequenceOpsTest, ConstructAndLength) {
  auto made = run({"sequence_construct",
                   {floats({1}, {1}), floats({0, 4}, {})},
                   {sequenceType}});
  ASSERT_TRUE(made.isOk()) << made.getStatus().getMessage();
  ASSERT_EQ((*made)[0].elements->size(), 2u);
  EXPECT_THAT((*made)[0].elements->at(1).dims, ElementsAre(0, 4));
  auto length =
      run({"sequence_length", {(*made)[0]}, {{Tensor, fmt::DType_i64, {}}}});
  ASSERT_TRUE(length.isOk()) << length.getStatus().getMessage();
  EXPECT_THAT(read<int64_t>((*length)[0]), ElementsAre(2));
  EXPECT_THAT(
      explain({"sequence_construct", {integers({1}, {1})}, {sequenceType}}),
      HasSubstr("operand 0 is i64, expected f32"));
}

TEST(SequenceOpsTest, At) {
  HostCase test = {"sequence_at",
                   {makeItems(), integers({}, {-1})},
                   {{Tensor, fmt::DType_f32, {2}}}};
  auto last = run(test);
  ASSERT_TRUE(last.isOk()) << last.getStatus().getMessage();
  EXPECT_THAT(read<float>((*last)[0]), ElementsAre(2, 3));
  test.inputs[1] = integers({}, {2});
  EXPECT_THAT(explain(test), HasSubstr("position 2 of a sequence of length 2"));
  test.inputs[1] = integers({}, {1});
  test.results[0].dims = {1, 2};
  EXPECT_THAT(explain(test), HasSubstr("is Tensor of f32 and rank 1, expected "
                                       "Tensor of f32 and rank 2"));
}

TEST(SequenceOpsTest, InsertAndEraseLeaveTheOperandAlone) {
  HostValue items = makeItems();
  auto more = run({"sequence_insert",
                   {items, floats({1}, {9}), integers({}, {-2})},
                   {sequenceType}});
  ASSERT_TRUE(more.isOk()) << more.getStatus().getMessage();
  EXPECT_THAT(read<float>((*more)[0].elements->front()), ElementsAre(9));
  EXPECT_EQ((*more)[0].elements->size(), 3u);
  auto fewer = run({"sequence_erase", {items}, {sequenceType}});
  ASSERT_TRUE(fewer.isOk()) << fewer.getStatus().getMessage();
  EXPECT_EQ((*fewer)[0].elements->size(), 1u);
  EXPECT_EQ(items.elements->size(), 2u);
  EXPECT_THAT(explain({"sequence_erase",
                       {makeSequence(fmt::DType_f32, {})},
                       {sequenceType}}),
              HasSubstr("the sequence is empty"));
}

TEST(SequenceOpsTest, ConcatFromSequence) {
  auto flat = run(
      {"concat_from_sequence", {makeItems()}, {{Tensor, fmt::DType_f32, {3}}}});
  ASSERT_TRUE(flat.isOk()) << flat.getStatus().getMessage();
  EXPECT_THAT(read<float>((*flat)[0]), ElementsAre(1, 2, 3));
  HostValue equal =
      makeSequence(fmt::DType_f32, {floats({2}, {1, 2}), floats({2}, {3, 4})});
  HostCase test = {"concat_from_sequence",
                   {equal},
                   {{Tensor, fmt::DType_f32, {2, 2}}},
                   [](flexbuffers::Builder &b) {
                     b.Int("axis", 1);
                     b.Int("new_axis", 1);
                   }};
  auto stacked = run(test);
  ASSERT_TRUE(stacked.isOk()) << stacked.getStatus().getMessage();
  EXPECT_THAT(read<float>((*stacked)[0]), ElementsAre(1, 3, 2, 4));
  test.inputs[0] = makeItems();
  EXPECT_THAT(explain(test), HasSubstr("an element has dimensions [2], the "
                                       "first one [1]"));
}

TEST(SequenceOpsTest, SplitToSequence) {
  HostValue x = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  auto axisOne = [](flexbuffers::Builder &b) {
    b.Int("axis", 1);
    b.Int("keepdims", 0);
  };
  auto single = run({"split_to_sequence", {x}, {sequenceType}, axisOne});
  ASSERT_TRUE(single.isOk()) << single.getStatus().getMessage();
  ASSERT_EQ((*single)[0].elements->size(), 3u);
  EXPECT_THAT((*single)[0].elements->at(2).dims, ElementsAre(2));
  EXPECT_THAT(read<float>((*single)[0].elements->at(2)), ElementsAre(3, 6));
  auto pairs = run(
      {"split_to_sequence", {x, integers({}, {2})}, {sequenceType}, axisOne});
  ASSERT_TRUE(pairs.isOk()) << pairs.getStatus().getMessage();
  EXPECT_THAT(read<float>((*pairs)[0].elements->at(0)),
              ElementsAre(1, 2, 4, 5));
  EXPECT_THAT((*pairs)[0].elements->at(1).dims, ElementsAre(2, 1));
  EXPECT_THAT(explain({"split_to_sequence",
                       {x, integers({2}, {1, 1})},
                       {sequenceType},
                       axisOne}),
              HasSubstr("the pieces leave 1 of 3 elements"));
}

TEST(SequenceOpsTest, Optionals) {
  const ResultType optionalType = {
      fmt::ValueKind_Optional, fmt::DType_f32, {}, Tensor};
  const ResultType boolean = {Tensor, fmt::DType_boolean, {}};
  auto some = run({"optional", {floats({1}, {7})}, {optionalType}});
  auto none = run({"optional", {}, {optionalType}});
  ASSERT_TRUE(some.isOk()) << some.getStatus().getMessage();
  ASSERT_TRUE(none.isOk()) << none.getStatus().getMessage();
  auto has = run({"optional_has_element", {(*some)[0]}, {boolean}});
  auto hasNot = run({"optional_has_element", {(*none)[0]}, {boolean}});
  auto isPlain = run({"optional_has_element", {floats({1}, {7})}, {boolean}});
  ASSERT_TRUE(has.isOk()) << has.getStatus().getMessage();
  EXPECT_THAT(read<uint8_t>((*has)[0]), ElementsAre(1));
  EXPECT_THAT(read<uint8_t>((*hasNot)[0]), ElementsAre(0));
  EXPECT_THAT(read<uint8_t>((*isPlain)[0]), ElementsAre(1));
  const ResultType held = {Tensor, fmt::DType_f32, {1}};
  auto got = run({"optional_get_element", {(*some)[0]}, {held}});
  ASSERT_TRUE(got.isOk()) << got.getStatus().getMessage();
  EXPECT_THAT(read<float>((*got)[0]), ElementsAre(7));
  EXPECT_THAT(explain({"optional_get_element", {(*none)[0]}, {held}}),
              HasSubstr("the optional has no element"));
}
