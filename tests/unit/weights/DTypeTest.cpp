//===- DTypeTest.cpp - Element types and their conversion -----------------===//

#include "frontend/weights/DType.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

using namespace lz::weights;

namespace {

uint16_t toHalf(double value, DType dtype) {
  uint16_t bits = 0;
  EXPECT_TRUE(convertFloats(DType::f64, &value, dtype, &bits, 1));
  return bits;
}

double fromHalf(uint16_t bits, DType dtype) {
  double value = 0;
  EXPECT_TRUE(convertFloats(dtype, &bits, DType::f64, &value, 1));
  return value;
}

TEST(DTypeTest, NamesRoundTrip) {
  for (DType dtype : kAllDTypes)
    EXPECT_EQ(parseDType(getName(dtype)), dtype);
  EXPECT_FALSE(parseDType("f8"));
}

TEST(DTypeTest, KnownHalfValues) {
  EXPECT_EQ(toHalf(1.0, DType::f16), 0x3c00);
  EXPECT_EQ(toHalf(-2.0, DType::f16), 0xc000);
  EXPECT_EQ(toHalf(65504.0, DType::f16), 0x7bff);
  EXPECT_EQ(toHalf(65520.0, DType::f16), 0x7c00); // ties to the even infinity
  EXPECT_EQ(toHalf(5.960464477539063e-08, DType::f16), 0x0001);
  EXPECT_EQ(toHalf(2.980232238769531e-08, DType::f16), 0x0000); // half of it, to even
  EXPECT_EQ(toHalf(1.0, DType::bf16), 0x3f80);
  EXPECT_EQ(toHalf(1.00390625, DType::bf16), 0x3f80); // a tie, to even
  EXPECT_EQ(toHalf(3.5e38, DType::bf16), 0x7f80);
  EXPECT_EQ(toHalf(-0.0, DType::bf16), 0x8000);
}

TEST(DTypeTest, EveryHalfRoundTrips) {
  for (DType dtype : {DType::f16, DType::bf16}) {
    for (unsigned bits = 0; bits < 65536; ++bits) {
      double value = fromHalf(static_cast<uint16_t>(bits), dtype);
      if (std::isnan(value))
        EXPECT_TRUE(std::isnan(fromHalf(toHalf(value, dtype), dtype)));
      else
        EXPECT_EQ(toHalf(value, dtype), bits);
    }
  }
}

TEST(DTypeTest, BF16IsTheUpperHalfOfF32) {
  for (uint32_t bits = 0; bits < 0x7f800000u; bits += 0x10000u) {
    float value;
    std::memcpy(&value, &bits, 4);
    EXPECT_EQ(fromHalf(static_cast<uint16_t>(bits >> 16), DType::bf16), value);
  }
}

TEST(DTypeTest, RefusesIntegers) {
  int64_t integer = 3;
  float real = 7;
  EXPECT_FALSE(convertFloats(DType::i64, &integer, DType::f32, &real, 1));
  EXPECT_EQ(real, 7);
}

} // namespace
