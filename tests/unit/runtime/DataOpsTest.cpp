//===- DataOpsTest.cpp ----------------------------------------------------===//
//
// Host operations on tensors: what they give, what they refuse.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/HostHarness.h"

#include <cmath>

using namespace lz;
using namespace lz::rt;
using namespace lz::rt::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

static constexpr fmt::ValueKind Tensor = fmt::ValueKind_Tensor;

TEST(DataOpsTest, NonZeroGivesIndicesInRowMajorOrder) {
  auto results = run({"nonzero",
                      {floats({2, 3}, {0, 1, -0.0f, NAN, 0, 2})},
                      {{Tensor, fmt::DType_i64, {2, 3}}}});
  ASSERT_TRUE(results.isOk()) << results.getStatus().getMessage();
  EXPECT_THAT(read<int64_t>((*results)[0]), ElementsAre(0, 1, 1, 1, 0, 2));
  EXPECT_EQ(explain({"nonzero",
                     {floats({2, 0}, {})},
                     {{Tensor, fmt::DType_i64, {2, 0}}}}),
            "");
}

TEST(DataOpsTest, NonZeroOfAScalarHasNoRows) {
  EXPECT_EQ(
      explain(
          {"nonzero", {floats({}, {3})}, {{Tensor, fmt::DType_i64, {0, 1}}}}),
      "");
}

TEST(DataOpsTest, WhatAResultIsDeclaredAsIsChecked) {
  HostCase test = {"nonzero",
                   {floats({3}, {1, 0, 1})},
                   {{Tensor, fmt::DType_i64, {1, 3}}},
                   nullptr,
                   /*defines=*/false};
  EXPECT_EQ(explain(test), "'layer.nonzero' (model.py:1): value 'v1' has "
                           "dimensions [1, 2], expected [1, 3]");
  test.results[0].dtype = fmt::DType_f32;
  EXPECT_THAT(explain(test), HasSubstr("host operation 'nonzero': result 0 is "
                                       "f32, expected i64"));
  test.inputs.push_back(test.inputs[0]);
  EXPECT_THAT(explain(test), HasSubstr("has 2 operands, expected at most 1"));
}

TEST(DataOpsTest, Unique) {
  std::vector<ResultType> types = {{Tensor, fmt::DType_f32, {3}},
                                   {Tensor, fmt::DType_i64, {3}},
                                   {Tensor, fmt::DType_i64, {5}},
                                   {Tensor, fmt::DType_i64, {3}}};
  HostValue x = floats({5}, {2, -1, 2, NAN, -1});
  auto sorted = run({"unique", {x}, types});
  ASSERT_TRUE(sorted.isOk()) << sorted.getStatus().getMessage();
  EXPECT_EQ(read<float>((*sorted)[0])[0], -1);
  EXPECT_THAT(read<int64_t>((*sorted)[1]), ElementsAre(1, 0, 3));
  EXPECT_THAT(read<int64_t>((*sorted)[2]), ElementsAre(1, 0, 1, 2, 0));
  EXPECT_THAT(read<int64_t>((*sorted)[3]), ElementsAre(2, 2, 1));
  auto unsorted = run({"unique", {x}, types, [](flexbuffers::Builder &b) {
                         b.Int("sorted", 0);
                       }});
  ASSERT_TRUE(unsorted.isOk()) << unsorted.getStatus().getMessage();
  EXPECT_THAT(read<int64_t>((*unsorted)[1]), ElementsAre(0, 1, 3));
  EXPECT_THAT(read<int64_t>((*unsorted)[2]), ElementsAre(0, 1, 0, 2, 1));
}

TEST(DataOpsTest, UniqueAlongAnAxisAndOfStrings) {
  auto columns = run({"unique",
                      {integers({2, 3}, {1, 0, 1, 2, 5, 2})},
                      {{Tensor, fmt::DType_i64, {2, 2}},
                       {Tensor, fmt::DType_i64, {2}},
                       {Tensor, fmt::DType_i64, {3}},
                       {Tensor, fmt::DType_i64, {2}}},
                      [](flexbuffers::Builder &b) { b.Int("axis", -1); }});
  ASSERT_TRUE(columns.isOk()) << columns.getStatus().getMessage();
  EXPECT_THAT(read<int64_t>((*columns)[0]), ElementsAre(0, 1, 5, 2));
  EXPECT_THAT(read<int64_t>((*columns)[2]), ElementsAre(1, 0, 1));
  auto texts = run({"unique",
                    {words({4}, {"b", "a", "b", ""})},
                    {{fmt::ValueKind_Strings, fmt::DType_string, {3}},
                     {Tensor, fmt::DType_i64, {3}},
                     {Tensor, fmt::DType_i64, {4}},
                     {Tensor, fmt::DType_i64, {3}}}});
  ASSERT_TRUE(texts.isOk()) << texts.getStatus().getMessage();
  EXPECT_THAT(*(*texts)[0].strings, ElementsAre("", "a", "b"));
  EXPECT_THAT(read<int64_t>((*texts)[2]), ElementsAre(2, 1, 2, 0));
}

TEST(DataOpsTest, TopK) {
  HostCase test = {
      "top_k",
      {floats({2, 3}, {1, 3, 3, -1, NAN, 5})},
      {{Tensor, fmt::DType_f32, {2, 2}}, {Tensor, fmt::DType_i64, {2, 2}}},
      nullptr,
      /*defines=*/false};
  auto largest = run(test);
  ASSERT_TRUE(largest.isOk()) << largest.getStatus().getMessage();
  EXPECT_THAT(read<int64_t>((*largest)[1]), ElementsAre(1, 2, 1, 2));
  EXPECT_EQ(read<float>((*largest)[0])[3], 5);
  test.attributes = [](flexbuffers::Builder &b) {
    b.Int("axis", 0);
    b.Bool("largest", false);
  };
  for (ResultType &result : test.results)
    result.dims = {1, 3};
  auto smallest = run(test);
  ASSERT_TRUE(smallest.isOk()) << smallest.getStatus().getMessage();
  EXPECT_THAT(read<float>((*smallest)[0]), ElementsAre(-1, 3, 3));
  EXPECT_THAT(read<int64_t>((*smallest)[1]), ElementsAre(1, 0, 0));
  for (ResultType &result : test.results)
    result.dims = {3, 3};
  EXPECT_THAT(explain(test), HasSubstr("3 elements of 2 are wanted"));
}

TEST(DataOpsTest, NonMaxSuppression) {
  HostValue boxes = floats(
      {1, 4, 4}, {0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 0, 10, 1, 11, 0, 100, 1, 101});
  HostValue scores = floats({1, 1, 4}, {0.9f, 0.75f, 0.95f, 0.1f});
  HostCase test = {"non_max_suppression",
                   {boxes, scores, integers({1}, {3}), floats({1}, {0.5f}),
                    floats({1}, {0.2f})},
                   {{Tensor, fmt::DType_i64, {2, 3}}}};
  auto results = run(test);
  ASSERT_TRUE(results.isOk()) << results.getStatus().getMessage();
  EXPECT_THAT(read<int64_t>((*results)[0]), ElementsAre(0, 0, 2, 0, 0, 0));
  test.inputs[1] = floats({1, 1, 3}, {1, 1, 1});
  EXPECT_THAT(explain(test), HasSubstr("expected [b, n, 4] and [b, c, n]"));
}

TEST(DataOpsTest, Determinant) {
  auto results = run({"determinant",
                      {floats({2, 2, 2}, {1, 2, 3, 4, 0, 1, 1, 0})},
                      {{Tensor, fmt::DType_f32, {2}}},
                      nullptr,
                      /*defines=*/false});
  ASSERT_TRUE(results.isOk()) << results.getStatus().getMessage();
  EXPECT_THAT(read<float>((*results)[0]), ElementsAre(-2, -1));
}

TEST(DataOpsTest, ExpectValues) {
  HostCase test = {"expect_values",
                   {integers({2}, {4, 5})},
                   {},
                   [](flexbuffers::Builder &b) {
                     b.Vector("values", [&] {
                       b.Int(4);
                       b.Int(5);
                     });
                     b.String("message", "the shape must stay");
                   }};
  EXPECT_EQ(explain(test), "");
  test.inputs[0] = integers({2}, {4, 6});
  EXPECT_THAT(explain(test), HasSubstr("the shape must stay: value 1 is 6"));
  test.inputs[0] = integers({1}, {4});
  EXPECT_THAT(explain(test), HasSubstr("found 1 values, expected 2"));
}

TEST(DataOpsTest, DamagedAttributesAreRefused) {
  ProgramBuilder b;
  uint32_t x = b.input("x", fmt::DType_i64, {});
  uint32_t block = b.beginBlock({x});
  b.host("expect_values", {x}, {}, {}, {1, 2, 3, 250, 251, 36, 1});
  b.endBlock({});
  b.entry("forward", block);
  auto bytes = b.build();
  ASSERT_TRUE(bytes.isOk());
  EXPECT_THAT(Model::loadCopy(bytes->data(), bytes->size(), {})
                  .getStatus()
                  .getMessage(),
              HasSubstr("the attributes are"));
}

/// png: 1 x 2 pixels, red and blue.
static const uint8_t png[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d,
    0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01,
    0x08, 0x02, 0x00, 0x00, 0x00, 0x7b, 0x40, 0xe8, 0xdd, 0x00, 0x00, 0x00,
    0x0f, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0xf8, 0xcf, 0xc0, 0xc0,
    0xf0, 0x9f, 0x01, 0x00, 0x07, 0x01, 0x01, 0xff, 0x3c, 0x6e, 0x2b, 0x4b,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

TEST(DataOpsTest, ImageDecoder) {
  // A portable pixmap needs no compression.
  const std::string ppm =
      std::string("P6 2 1 255\n") + "\xff" + std::string("\0\0\0\0\xff", 5);
  auto decode = [](const void *data, size_t size, const char *format,
                   std::vector<int64_t> dims) {
    return run(
        {"image_decoder",
         {makeBytes(fmt::DType_u8, {static_cast<int64_t>(size)}, data, size)},
         {{Tensor, fmt::DType_u8, std::move(dims)}},
         [=](flexbuffers::Builder &b) { b.String("pixel_format", format); }});
  };
  auto rgb = decode(ppm.data(), ppm.size(), "RGB", {1, 2, 3});
  ASSERT_TRUE(rgb.isOk()) << rgb.getStatus().getMessage();
  EXPECT_THAT(read<uint8_t>((*rgb)[0]), ElementsAre(255, 0, 0, 0, 0, 255));
  auto bgr = decode(ppm.data(), ppm.size(), "BGR", {1, 2, 3});
  EXPECT_THAT(read<uint8_t>((*bgr)[0]), ElementsAre(0, 0, 255, 255, 0, 0));
  auto gray = decode(ppm.data(), ppm.size(), "Grayscale", {1, 2, 1});
  EXPECT_THAT(read<uint8_t>((*gray)[0]), ElementsAre(76, 29));
  auto broken = decode(png, 30, "RGB", {0, 0, 3});
  ASSERT_TRUE(broken.isOk()) << broken.getStatus().getMessage();
  EXPECT_THAT(read<uint8_t>((*broken)[0]), IsEmpty());
}

/// An uncompressed file of 2 x 2 pixels in strips of a row, `isBig` in the byte
/// order of Motorola.
static std::string makeTiff(bool isBig) {
  std::string file = isBig ? std::string("MM\0*", 4) : std::string("II*\0", 4);
  auto put = [&](uint32_t value, int width) {
    for (int i = 0; i < width; ++i)
      file += static_cast<char>(value >> 8 * (isBig ? width - 1 - i : i));
  };
  auto field = [&](uint32_t tag, uint32_t type, uint32_t count,
                   uint32_t value) {
    put(tag, 2), put(type, 2), put(count, 4);
    bool isShort = type == 3 && count == 1;
    put(value, isShort ? 2 : 4), put(0, isShort ? 2 : 0);
  };
  put(8, 4), put(8, 2); // where the directory is, and of how many fields
  constexpr uint32_t end = 10 + 8 * 12;
  field(256, 3, 1, 2), field(257, 4, 1, 2), field(258, 3, 3, end);
  field(259, 3, 1, 1), field(262, 3, 1, 2), field(273, 4, 2, end + 6);
  field(277, 3, 1, 3), field(278, 3, 1, 1);
  put(8, 2), put(8, 2), put(8, 2), put(end + 20, 4), put(end + 14, 4);
  for (int i = 0; i < 12; ++i) // the second row first
    file += static_cast<char>(i);
  return file;
}

TEST(DataOpsTest, Tiff) {
  auto decode = [](const std::string &file, std::vector<int64_t> dims) {
    return run({"image_decoder",
                {makeBytes(fmt::DType_u8, {static_cast<int64_t>(file.size())},
                           file.data(), file.size())},
                {{Tensor, fmt::DType_u8, std::move(dims)}},
                nullptr});
  };
  for (bool isBig : {false, true}) {
    std::string file = makeTiff(isBig);
    auto pixels = decode(file, {2, 2, 3});
    ASSERT_TRUE(pixels.isOk()) << pixels.getStatus().getMessage();
    EXPECT_THAT(read<uint8_t>((*pixels)[0]),
                ElementsAre(6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5));
    // Whatever is cut off, some of the image is missing.
    for (size_t size = 1; size < file.size(); ++size) {
      auto cut = decode(file.substr(0, size), {0, 0, 3});
      ASSERT_TRUE(cut.isOk()) << cut.getStatus().getMessage();
      EXPECT_THAT(read<uint8_t>((*cut)[0]), IsEmpty());
    }
  }
}
