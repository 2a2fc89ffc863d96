//===- ArrayTest.cpp - Elements, conversions, f16 and bf16 ------------------===//
//
// Every 16-bit pattern goes through both conversions; rounding is compared with
// the neighbours.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Array.h"
#include "tools/lazuli/io/Print.h"

#include "tests/unit/tools/Expect.h"

#include <cmath>

using namespace lz;
using namespace lz::cli;

TEST(ArrayTest, EveryHalfSurvives) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    float value = halfToFloat(static_cast<uint16_t>(bits));
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value)))) << bits;
    else
      EXPECT_EQ(floatToHalf(value), bits);
  }
}

TEST(ArrayTest, EveryBfloatSurvives) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    float value = bfloatToFloat(static_cast<uint16_t>(bits));
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(bfloatToFloat(doubleToBfloat(value)))) << bits;
    else
      EXPECT_EQ(doubleToBfloat(value), bits);
  }
}

TEST(ArrayTest, HalvesOfTiesGoToEven) {
  for (uint16_t bits = 0; bits < 0x7bff; ++bits) {
    double low = halfToFloat(bits), high = halfToFloat(static_cast<uint16_t>(bits + 1));
    uint16_t even = bits % 2 ? bits + 1 : bits;
    EXPECT_EQ(doubleToHalf((low + high) / 2), even) << bits;
    EXPECT_EQ(doubleToHalf(std::nextafter((low + high) / 2, low)), bits);
  }
  EXPECT_EQ(doubleToHalf(65519.99), 0x7bff);
  EXPECT_EQ(doubleToHalf(65520.0), 0x7c00); // rounds to infinity
  EXPECT_EQ(doubleToHalf(-INFINITY), 0xfc00);
}

TEST(ArrayTest, IntegersAreClamped) {
  Array array(fmt::DType_i8, {3});
  array.setDouble(0, 1000);
  array.setDouble(1, -1000);
  array.setDouble(2, 2.5);
  EXPECT_EQ(array.getInt(0), 127);
  EXPECT_EQ(array.getInt(1), -128);
  EXPECT_EQ(array.getInt(2), 2);
  Array wide(fmt::DType_i64, {1});
  wide.setDouble(0, 1e30);
  EXPECT_EQ(wide.getInt(0), INT64_MAX);
}

TEST(ArrayTest, RowsShareMemory) {
  Array array(fmt::DType_f32, {4, 2});
  Array part = array.rows(1, 3);
  part.setDouble(0, 7);
  EXPECT_EQ(array.getDouble(2), 7);
  EXPECT_EQ(part.getDims(), (std::vector<int64_t>{2, 2}));
}

TEST(ArrayTest, ConcatenatesRows) {
  Array a(fmt::DType_i32, {1, 2}), b(fmt::DType_i32, {2, 2});
  b.setDouble(3, 5);
  Array joined = concatenate({a, b}, "parts");
  EXPECT_EQ(joined.getDims(), (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(joined.getInt(5), 5);
  EXPECT_EQ(messageOf([&] {
              (void)concatenate({a, Array(fmt::DType_i32, {1, 3})}, "the values of input 'x'");
            }),
            "the values of input 'x' cannot be joined: one is i32[1, 2], another i32[1, 3]");
}

TEST(ArrayTest, HugeSizesFail) {
  EXPECT_NE(messageOf([] { Array array(fmt::DType_f32, {INT64_MAX, 16}); }).find("memory can hold"),
            std::string::npos);
  EXPECT_EQ(Array(fmt::DType_f32, {INT64_MAX, 0}).getNumElements(), 0);
}

TEST(ArrayTest, RandomDependsOnSeedAndName) {
  Array a = randomArray(fmt::DType_f32, {100}, 1, "x");
  Array b = randomArray(fmt::DType_f32, {100}, 1, "x");
  Array c = randomArray(fmt::DType_f32, {100}, 1, "y");
  int numEqual = 0;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(a.getDouble(i), b.getDouble(i));
    EXPECT_LT(std::fabs(a.getDouble(i)), 1.0001);
    numEqual += a.getDouble(i) == c.getDouble(i);
  }
  EXPECT_LT(numEqual, 3);
}

TEST(ArrayTest, RandomMasksAreOnes) {
  Array mask = randomArray(fmt::DType_i64, {100}, 1, "attention_mask");
  Array ids = randomArray(fmt::DType_i64, {100}, 1, "ids");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(mask.getInt(i), 1);
    EXPECT_LT(ids.getInt(i), 10);
  }
}

TEST(PrintTest, SmallArraysInFull) {
  Array array(fmt::DType_i32, {2, 2});
  array.setDouble(1, -10);
  EXPECT_EQ(formatElements(array, "  "), "[[  0, -10],\n   [  0,   0]]");
  EXPECT_EQ(formatElements(Array(fmt::DType_f32, {}), ""), "0");
  EXPECT_EQ(formatElements(Array(fmt::DType_f32, {0}), ""), "[]");
  EXPECT_EQ(formatElements(Array(fmt::DType_boolean, {1}), ""), "[false]");
}

TEST(PrintTest, LongAxesAreCut) {
  EXPECT_EQ(formatElements(Array(fmt::DType_u8, {1000}), ""), "[0, 0, 0, ..., 0, 0, 0]");
}
