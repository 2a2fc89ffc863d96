// The generator against the vectors of its authors, and the properties that
// initialization promises.

#include "passes/Initialize.h"
#include "passes/Philox.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <vector>

using namespace lz;

// Random123's kat_vectors, philox4x32 with ten rounds.
TEST(PhiloxTest, MatchesKnownVectors) {
  EXPECT_EQ(philox({0, 0, 0, 0}, 0),
            (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, ~uint64_t(0)),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                   0x299f31d0a4093822),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

namespace {

class InitializeTest : public ::testing::Test {
protected:
  template <typename T>
  std::vector<T> uniform(mlir::Type type, RandomStream stream, size_t count,
                         double low = -1, double high = 1) {
    std::vector<T> values(count);
    fillUniform(&context, type, stream, low, high, bytesOf(values));
    return values;
  }
  template <typename T>
  static llvm::MutableArrayRef<char> bytesOf(std::vector<T> &values) {
    return {reinterpret_cast<char *>(values.data()), values.size() * sizeof(T)};
  }

  mlir::MLIRContext context;
  mlir::Type f32 = mlir::Float32Type::get(&context);
  mlir::Type f64 = mlir::Float64Type::get(&context);
};

} // namespace

TEST_F(InitializeTest, DependsOnSeedAndNameOnly) {
  auto values = uniform<float>(f32, {3, "fc.weight"}, 100);
  EXPECT_EQ(values, uniform<float>(f32, {3, "fc.weight"}, 100));
  EXPECT_NE(values, uniform<float>(f32, {4, "fc.weight"}, 100));
  EXPECT_NE(values, uniform<float>(f32, {3, "fc.bias"}, 100));
}

TEST_F(InitializeTest, DoesNotDependOnChunks) {
  // More than one chunk on several threads, and the same prefix on one.
  auto large = uniform<float>(f32, {0, "w"}, 300001);
  auto small = uniform<float>(f32, {0, "w"}, 70001);
  large.resize(small.size());
  EXPECT_EQ(large, small);
}

TEST_F(InitializeTest, UniformStaysInRangeAndFillsIt) {
  for (auto [low, high] : {std::pair(-0.25, 0.5), std::pair(2.0, 3.0)}) {
    auto values = uniform<double>(f64, {1, "w"}, 20000, low, high);
    double sum = 0;
    for (double value : values) {
      EXPECT_GE(value, low);
      EXPECT_LT(value, high);
      sum += value;
    }
    EXPECT_NEAR(sum / values.size(), (low + high) / 2, 0.01);
  }
}

TEST_F(InitializeTest, NormalHasItsMoments) {
  std::vector<float> values(100001);
  fillNormal(&context, f32, {5, "emb.weight"}, 2.0, 0.5, bytesOf(values));
  double sum = 0, squares = 0;
  for (float value : values) {
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += (value - 2.0) * (value - 2.0);
  }
  EXPECT_NEAR(sum / values.size(), 2.0, 0.01);
  EXPECT_NEAR(std::sqrt(squares / values.size()), 0.5, 0.01);
}

TEST_F(InitializeTest, HalvesAreRoundedFloats) {
  auto floats = uniform<float>(f32, {9, "w"}, 1000);
  for (mlir::Type half : {mlir::Type(mlir::Float16Type::get(&context)),
                          mlir::Type(mlir::BFloat16Type::get(&context))}) {
    auto halves = uniform<uint16_t>(half, {9, "w"}, 1000);
    std::vector<uint16_t> converted(1000);
    convertFloats(f32, bytesOf(floats), half, bytesOf(converted));
    EXPECT_EQ(halves, converted);
    std::vector<float> back(1000);
    convertFloats(half, bytesOf(halves), f32, bytesOf(back));
    for (size_t i = 0; i < floats.size(); ++i)
      EXPECT_NEAR(back[i], floats[i], 0.005);
  }
}

TEST_F(InitializeTest, ConversionKeepsSpecialValues) {
  std::vector<float> values{0.0f, -0.0f, INFINITY, -INFINITY, NAN, 65504.0f};
  std::vector<uint16_t> halves(values.size());
  convertFloats(f32, bytesOf(values), mlir::Float16Type::get(&context),
                bytesOf(halves));
  EXPECT_EQ(halves[0], 0x0000);
  EXPECT_EQ(halves[1], 0x8000);
  EXPECT_EQ(halves[2], 0x7C00);
  EXPECT_EQ(halves[3], 0xFC00);
  EXPECT_EQ(halves[4] & 0x7C00, 0x7C00);
  EXPECT_NE(halves[4] & 0x03FF, 0);
  EXPECT_EQ(halves[5], 0x7BFF);
}

// torch.nn.init._calculate_fan_in_and_fan_out, and kaiming_uniform_(a=sqrt(5))
// of Linear(20, 4): 1 / sqrt(20).
TEST(InitializerTest, CountsFanInAsPyTorch) {
  EXPECT_EQ(fanIn({4, 20}), 20);
  EXPECT_EQ(fanIn({8, 3, 5, 5}), 75);
  EXPECT_EQ(fanIn({7}), 7);
  EXPECT_NEAR(kaimingUniformBound(std::sqrt(5.0), 20), 1 / std::sqrt(20.0),
              1e-15);
  EXPECT_EQ(kaimingUniformBound(1, 0), 0);
}
