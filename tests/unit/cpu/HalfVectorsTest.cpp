//===- HalfVectorsTest.cpp - vectors of 16-bit floats ---------------------===//
//
// Rests of rows and turned squares, on targets without instructions for them too.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/cpu/JitImage.h"

#include <gtest/gtest.h>

using namespace lz::cpu::test;

namespace {

constexpr int64_t kLast = 31, kRows = 60, kImages = 8, kCount = kImages * kRows * kLast;

/// A cast of 8 x 60 x 31 numbers into their transpose of 31 x 60 x 8, or of that back.
std::string castText(const std::string &op, const std::string &from, const std::string &to) {
  bool isBack = op == "extf";
  std::string x = std::string(isBack ? "tensor<31x60x8x" : "tensor<8x60x31x") + from + ">";
  std::string y = std::string(isBack ? "tensor<8x60x31x" : "tensor<31x60x8x") + to + ">";
  return R"(
#id = affine_map<(i, j, k) -> (i, j, k)>
#turned = affine_map<(i, j, k) -> (k, j, i)>
func.func @cast(%x: )" + x + ", %y: " + y + ") -> " + y + R"( attributes {
    lz.num_inputs = 1, lz.num_outputs = 1, lz.num_sizes = 0} {
  %r = linalg.generic {indexing_maps = [#turned, #id],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : )" + x + ") outs(%y : " + y + R"() {
    ^bb0(%a: )" + from + ", %o: " + to + R"():
      %c = arith.)" + op + " %a : " + from + " to " + to + R"(
      linalg.yield %c : )" + to + R"(
  } -> )" + y + R"(
  return %r : )" + y + R"(
})";
}

/// Numbers that bf16 and f16 have exactly.
std::vector<float> shortFloats() {
  std::vector<float> values(kCount);
  for (int64_t i = 0; i < kCount; ++i)
    values[i] = float(i % 255 - 127) / 16;
  return values;
}

void checkCasts(const std::string &half, const lz::CpuTarget &target) {
  JitKernel narrow(castText("truncf", "f32", half), target);
  ASSERT_TRUE(narrow.valid()) << narrow.error();
  JitKernel widen(castText("extf", half, "f32"), target);
  ASSERT_TRUE(widen.valid()) << widen.error();
  std::vector<float> values = shortFloats(), back(kCount);
  std::vector<uint16_t> halves(kCount + 1, 0xabcd);
  ASSERT_EQ(narrow.run({values.data(), halves.data()}), 0);
  EXPECT_EQ(halves.back(), 0xabcd) << "written past the end";
  ASSERT_EQ(widen.run({halves.data(), back.data()}), 0);
  EXPECT_EQ(back, values);
}

} // namespace

TEST(HalfVectorsTest, TransposesKeepWhatIsExact) {
  for (const lz::CpuTarget &target : targets())
    for (const char *half : {"bf16", "f16"}) {
      SCOPED_TRACE(target.cpu + " " + half);
      checkCasts(half, target);
    }
}
