//===- ImageTest.cpp - Pictures as tensors ----------------------------------===//
//
// A picture is written as PNG, read again and put into every layout.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/File.h"
#include "tools/lazuli/io/Image.h"

#include "tests/unit/tools/Expect.h"

using namespace lz;
using namespace lz::cli;

/// Two rows of three pixels; red grows along the row, green is the row.
static Array makeColors() {
  Array array(fmt::DType_f32, {3, 2, 3});
  for (int64_t y = 0; y < 2; ++y)
    for (int64_t x = 0; x < 3; ++x) {
      array.setDouble(y * 3 + x, static_cast<double>(x) / 2);
      array.setDouble(6 + y * 3 + x, static_cast<double>(y));
    }
  return array;
}

namespace {
struct ImageTest : testing::Test {
  ImageTest() : file(".png") {
    writeFile(file.getPath(), encodePng(makeColors()));
    image = readImage(file.getPath());
  }
  Array convert(DType dtype, std::vector<int64_t> dims) const {
    return toTensor(image, {"x", dtype, std::move(dims)});
  }
  std::string failureOf(DType dtype, std::vector<int64_t> dims) const {
    return messageOf([&] { (void)convert(dtype, dims); });
  }
  TemporaryFile file;
  Image image;
};
} // namespace

TEST_F(ImageTest, ChannelsFirstAndLast) {
  Array first = convert(fmt::DType_f32, {1, 3, 2, 3});
  for (int64_t i = 0; i < 18; ++i)
    EXPECT_NEAR(first.getDouble(i), makeColors().getDouble(i), 1.0 / 255);
  Array last = convert(fmt::DType_f32, {-1, -1, -1, 3});
  EXPECT_EQ(last.getDims(), (std::vector<int64_t>{1, 2, 3, 3}));
  for (int64_t p = 0; p < 6; ++p)
    EXPECT_EQ(last.getDouble(p * 3), first.getDouble(p));
}

TEST_F(ImageTest, GrayIsWeighted) {
  Array gray = convert(fmt::DType_f32, {1, 1, 2, 3});
  EXPECT_NEAR(gray.getDouble(5), 0.299 + 0.587, 1e-3);
  EXPECT_EQ(convert(fmt::DType_f32, {-1, -1}).getDims(), (std::vector<int64_t>{2, 3}));
}

TEST_F(ImageTest, BytesAndHalves) {
  EXPECT_EQ(convert(fmt::DType_u8, {3, -1, -1}).getInt(2), 255);
  EXPECT_EQ(convert(fmt::DType_f16, {3, -1, -1}).getDouble(2), 1);
}

TEST_F(ImageTest, IsResized) {
  Array large = convert(fmt::DType_f32, {1, 3, 20, 30});
  EXPECT_EQ(large.getNumElements(), 1800);
  for (int64_t i = 0; i < 1800; ++i) {
    EXPECT_GE(large.getDouble(i), 0);
    EXPECT_LE(large.getDouble(i), 1);
  }
}

TEST_F(ImageTest, RefusesWhatIsNoImage) {
  EXPECT_EQ(failureOf(fmt::DType_i64, {3, -1, -1}),
            "input 'x' is i64, expected a float type or u8 for an image");
  EXPECT_EQ(failureOf(fmt::DType_f32, {10}),
            "input 'x' has 1 dimensions, expected 2, 3 or 4 for an image");
  EXPECT_EQ(failureOf(fmt::DType_f32, {1, 7, 8, 8}),
            "input 'x' has dimensions [1, 7, 8, 8], expected 1, 3 or 4 channels for an image");
  TemporaryFile text(".png");
  writeFile(text.getPath(), "no picture");
  EXPECT_NE(messageOf([&] { (void)readImage(text.getPath()); }).find("cannot read the image"),
            std::string::npos);
}
