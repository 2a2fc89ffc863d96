//===- DepthwiseChoiceTest.cpp --------------------------------------------===//
//
// Products before and after depthwise convolutions join them by the sizes of what is between.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/DepthwiseChoice.h"

#include "passes/Passes.h"
#include "tests/unit/passes/ModuleText.h"

using namespace lz;
using namespace lz::cpu;
using namespace mlir;

namespace {

struct Sizes {
  std::string images, height, width, channels, terms, outputs;
  int64_t stride = 1;
};

struct DepthwiseChoiceTest : ModuleTest {
  /// A product with so many terms, a 3x3 convolution of each channel, and a product.
  void make(const Sizes &s) {
    std::string channels = s.channels + " x f32>", free = "* x f32>";
    std::string image = s.images + " x " + s.height + " x " + s.width + " x ";
    std::string in = "!lz.tensor<" + image + s.terms + " x f32>";
    std::string wide = "!lz.tensor<" + image + channels, any = "!lz.tensor<" + free;
    std::string m = "!lz.tensor<" + s.terms + " x " + channels;
    std::string k = "!lz.tensor<3 x 3 x " + channels;
    std::string p = "!lz.tensor<" + s.channels + " x " + s.outputs + " x f32>";
    std::string two = "[" + std::to_string(s.stride) + ", " + std::to_string(s.stride) + "]";
    parse("lz.func @f(%x: " + in + ", %m: " + m + ", %k: " + k + ", %p: " + p + ") -> " + any +
          " {\n%0 = lz.matmul %x, %m : (" + in + ", " + m + ") -> " + wide +
          "\n%1 = lz.conv_depthwise %0, %k {strides = " + two +
          ", dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (" + wide + ", " + k +
          ") -> " + any + "\n%2 = lz.matmul %1, %p : (" + any + ", " + p + ") -> " + any +
          "\nlz.return %2 : " + any + "\n}");
    ASSERT_TRUE(succeeded(run(createInferShapesPass())));
    module->walk([&](ConvDepthwiseOp op) { depthwise = op; });
  }
  std::string before() {
    auto product = depthwise.getSrc().getDefiningOp<MatmulOp>();
    return refusesProduct(depthwise, product).value_or("");
  }
  std::string after() {
    return refusesFactor(depthwise, cast<MatmulOp>(*depthwise.getDst().user_begin()))
        .value_or("");
  }
  ConvDepthwiseOp depthwise;
};

} // namespace

TEST_F(DepthwiseChoiceTest, JoinsWhereTheImageOutgrowsTheCache) {
  make({"1", "112", "112", "96", "16", "24", 2});
  EXPECT_EQ(before(), "");
  EXPECT_EQ(after(), "");
  make({"1", "28", "28", "192", "32", "32"});
  EXPECT_EQ(before(), "the 602112 bytes between them stay in a cache");
  EXPECT_EQ(after(), before());
  make({"8", "28", "28", "192", "32", "32"});
  EXPECT_EQ(before(), "");
  EXPECT_EQ(after(), "");
}

// An unknown height is taken for the width, an unknown number of images for one.
TEST_F(DepthwiseChoiceTest, AssumesWhatOnlyARunKnows) {
  make({"\"n\"", "\"h\"", "56", "144", "24", "24"});
  EXPECT_EQ(before(), "");
  make({"\"n\"", "\"h\"", "28", "144", "24", "24"});
  EXPECT_EQ(before(), "the 451584 bytes between them stay in a cache");
}

TEST_F(DepthwiseChoiceTest, ComputesLittleTwice) {
  make({"1", "56", "56", "128", "64", "64"});
  EXPECT_EQ(before(), "of each 30 rows of its source only 28 would be computed once");
}

TEST_F(DepthwiseChoiceTest, MultipliesWideRowsByFewFactors) {
  make({"64", "14", "14", "64", "64", "64"});
  EXPECT_EQ(after(), "rows of 14 results do not fill the registers");
  make({"1", "56", "56", "256", "64", "256"});
  EXPECT_EQ(after(), "the product has more factors than a cache keeps from row to row");
}

// High strips of few channels, which scratch holds, and enough of them for several threads.
TEST_F(DepthwiseChoiceTest, CutsStrips) {
  make({"1", "112", "112", "96", "16", "24", 2});
  DepthwiseUnit unit = chooseDepthwiseUnit(depthwise);
  EXPECT_EQ(unit.rows, 19);
  EXPECT_EQ(unit.channels, 16);
  make({"4", "56", "56", "72", "24", "24"});
  unit = chooseDepthwiseUnit(depthwise);
  EXPECT_EQ(unit.rows, 14);
  EXPECT_EQ(unit.channels, 72);
}
