// lz-canonicalize on graphs that are large in one way.

#include "passes/Passes.h"
#include "tests/unit/passes/ModuleText.h"

using namespace lz;

namespace {
struct CanonicalizeTest : ModuleTest {};
} // namespace

// Whether a batch norm's statistics are constant: 2^60 ways lead to the parameter.
TEST_F(CanonicalizeTest, LooksAtConstantsOnManyPathsOnce) {
  const std::string type = "!lz.tensor<3 x f32>", both = "(" + type + ", " + type + ")";
  std::string text = "lz.parameter \"w\" : " + type +
                     "\nlz.func @forward(%x: !lz.tensor<2 x 3 x f32>) -> !lz.tensor<2 x 3 x f32> {\n"
                     "%v0 = lz.get_parameter \"w\" : " + type + "\n";
  for (int i = 0; i < 60; ++i) {
    std::string v = "%v" + std::to_string(i), e = "%e" + std::to_string(i);
    text += e + " = lz.exp " + v + " : (" + type + ") -> " + type + "\n%v" +
            std::to_string(i + 1) + " = lz.mul " + v + ", " + e + " : " + both +
            " -> " + type + "\n";
  }
  parse(text + "%y = lz.batch_norm %x, %v60, %v60 : (!lz.tensor<2 x 3 x f32>, " +
        type + ", " + type + ") -> !lz.tensor<2 x 3 x f32>\n"
        "lz.return %y : !lz.tensor<2 x 3 x f32>\n}");
  ASSERT_TRUE(succeeded(run(createCanonicalizePass())));
  EXPECT_EQ(count<BatchNormOp>(), 0);
  EXPECT_EQ(count<RsqrtOp>(), 1);
}
