// lz-fuse with a library that takes some ops and refuses others.

#include "passes/Passes.h"
#include "tests/unit/passes/ModuleText.h"

using namespace lz;
using namespace mlir;

namespace {

/// Takes linear layers of more than two outputs, and relu and add after them.
struct PickyLibrary : DenseOracle {
  llvm::StringRef backend() const override { return "onednn"; }
  std::optional<std::string> refuses(Operation *root) const override {
    auto linear = dyn_cast<LinearOp>(root);
    if (!linear)
      return "not a linear layer";
    if (tensorType(linear.getWeights()).getDim(0) == DimExpr(2))
      return "too small";
    return std::nullopt;
  }
  std::optional<std::string>
  refusesPostOp(Operation *, llvm::ArrayRef<Operation *> chain,
                Operation *next) const override {
    if (isa<ReluOp, AddOp>(next) && chain.size() < 2)
      return std::nullopt;
    return "not a post-op";
  }
  bool prefersChannelsLast(Operation *) const override { return false; }
};

struct FuseTest : ModuleTest {
  void fuse() {
    PassServices services;
    services.denseOracle = &library;
    services.refusesTogether = [&](Operation *, Operation *) -> std::optional<std::string> {
      return refusesTogether ? std::optional<std::string>("small") : std::nullopt;
    };
    ASSERT_TRUE(succeeded(run(createFusePass(services))));
  }
  /// The regions in order: backend and ops.
  std::vector<std::string> regions() {
    std::vector<std::string> texts;
    module->walk([&](FusedOp fused) {
      std::string text = fused.getBackend().str() + ":";
      for (Operation &op : fused.getBody().front().without_terminator())
        text += " " + op.getName().stripDialect().str();
      texts.push_back(text);
    });
    return texts;
  }
  PickyLibrary library;
  bool refusesTogether = false;
};

} // namespace

TEST_F(FuseTest, GivesTheLibraryItsPostOps) {
  parse(R"(
    lz.func @forward(%x: !lz.tensor<2 x 8 x f32>, %w: !lz.tensor<4 x 8 x f32>, %r: !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32> {
      %0 = lz.linear %x, %w : (!lz.tensor<2 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<2 x 4 x f32>
      %e = lz.exp %r : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      %1 = lz.add %0, %e : (!lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      %2 = lz.relu %1 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      %3 = lz.exp %2 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      lz.return %3 : !lz.tensor<2 x 4 x f32>
    })");
  fuse();
  EXPECT_EQ(regions(), (std::vector<std::string>{
                           "cpu: exp", "onednn: linear add relu", "cpu: exp"}));
}

TEST_F(FuseTest, KeepsARefusalForExplanations) {
  parse(R"(
    lz.func @forward(%x: !lz.tensor<2 x 8 x f32>, %w: !lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 2 x f32> {
      %0 = lz.linear %x, %w : (!lz.tensor<2 x 8 x f32>, !lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 2 x f32>
      %1 = lz.exp %0 : (!lz.tensor<2 x 2 x f32>) -> !lz.tensor<2 x 2 x f32>
      lz.return %1 : !lz.tensor<2 x 2 x f32>
    })");
  fuse();
  EXPECT_EQ(regions(), (std::vector<std::string>{"cpu: linear exp"}));
  EXPECT_NE(print().find("lz.why = \"too small\""), std::string::npos);
}

TEST_F(FuseTest, StopsWhereAValueIsUsedTwice) {
  parse(R"(
    lz.func @forward(%x: !lz.tensor<2 x 8 x f32>, %w: !lz.tensor<4 x 8 x f32>) -> (!lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) {
      %0 = lz.linear %x, %w : (!lz.tensor<2 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<2 x 4 x f32>
      %1 = lz.relu %0 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      lz.return %0, %1 : !lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>
    })");
  fuse();
  EXPECT_EQ(regions(),
            (std::vector<std::string>{"onednn: linear", "cpu: relu"}));
}

// What the library reads must exist: a counter that a kernel would make anew.
TEST_F(FuseTest, MakesOperandsOfTheLibrary) {
  parse(R"(
    lz.func @forward(%x: !lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 4 x f32> {
      %w = lz.full {shape = #lz.dims<4, 8>, value = 1.0} : () -> !lz.tensor<4 x 8 x f32>
      %0 = lz.linear %x, %w : (!lz.tensor<2 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<2 x 4 x f32>
      lz.return %0 : !lz.tensor<2 x 4 x f32>
    })");
  fuse();
  EXPECT_EQ(regions(),
            (std::vector<std::string>{"cpu: full", "onednn: linear"}));
}

static const std::string kImage = "!lz.tensor<1 x 8 x 8 x 32 x f32>";

/// A product with a bias, an activation and a convolution of each channel; `more` is
/// returned as well.
static std::string expanded(const std::string &more) {
  return "lz.func @forward(%x: !lz.tensor<1 x 8 x 8 x 4 x f32>, %w: !lz.tensor<4 x 32 x f32>, "
         "%v: !lz.tensor<32 x f32>, %k: !lz.tensor<3 x 3 x 32 x f32>) -> (" + kImage + ", " +
         kImage + ") {\n%p = lz.matmul %x, %w : (!lz.tensor<1 x 8 x 8 x 4 x f32>, "
         "!lz.tensor<4 x 32 x f32>) -> " + kImage + "\n%s = lz.add %p, %v : (" + kImage +
         ", !lz.tensor<32 x f32>) -> " + kImage + "\n%a = lz.silu %s : (" + kImage + ") -> " +
         kImage + "\n%d = lz.conv_depthwise %a, %k {strides = [1, 1], dilations = [1, 1], "
         "pads_begin = [1, 1], pads_end = [1, 1]} : (" + kImage +
         ", !lz.tensor<3 x 3 x 32 x f32>) -> " + kImage + "\n%e = lz.exp %d : (" + kImage +
         ") -> " + kImage + "\nlz.return %e, " + more + " : " + kImage + ", " + kImage + "\n}";
}

TEST_F(FuseTest, TakesTheProductThatADepthwiseConvolutionReads) {
  parse(expanded("%e"));
  fuse();
  EXPECT_EQ(regions(),
            (std::vector<std::string>{"cpu: matmul add silu conv_depthwise exp"}));
}

TEST_F(FuseTest, LeavesAProductThatTheBackendRefuses) {
  refusesTogether = true;
  parse(expanded("%e"));
  fuse();
  EXPECT_EQ(regions(), (std::vector<std::string>{"cpu: matmul add silu",
                                                 "cpu: conv_depthwise exp"}));
}

// It must be whole then.
TEST_F(FuseTest, LeavesAProductThatIsReadElsewhere) {
  parse(expanded("%a"));
  fuse();
  EXPECT_EQ(regions(), (std::vector<std::string>{"cpu: matmul add silu",
                                                 "cpu: conv_depthwise exp"}));
  parse(expanded("%p"));
  fuse();
  EXPECT_EQ(regions(), (std::vector<std::string>{"cpu: matmul", "cpu: add silu",
                                                 "cpu: conv_depthwise exp"}));
}

/// A convolution of each channel of %x or of the product %p, and a product of its rows with a bias.
static std::string projected(const std::string &source) {
  return "lz.func @forward(%x: " + kImage + ", %w: !lz.tensor<32 x 32 x f32>, "
         "%v: !lz.tensor<32 x f32>, %k: !lz.tensor<3 x 3 x 32 x f32>) -> " + kImage +
         " {\n%p = lz.matmul %x, %w : (" + kImage + ", !lz.tensor<32 x 32 x f32>) -> " + kImage +
         "\n%d = lz.conv_depthwise " + source + ", %k {strides = [1, 1], dilations = [1, 1], "
         "pads_begin = [1, 1], pads_end = [1, 1]} : (" + kImage +
         ", !lz.tensor<3 x 3 x 32 x f32>) -> " + kImage + "\n%q = lz.matmul %d, %w : (" + kImage +
         ", !lz.tensor<32 x 32 x f32>) -> " + kImage + "\n%e = lz.add %q, %v : (" + kImage +
         ", !lz.tensor<32 x f32>) -> " + kImage + "\nlz.return %e : " + kImage + "\n}";
}

TEST_F(FuseTest, TakesTheDepthwiseConvolutionWhoseRowsAProductReads) {
  parse(projected("%x"));
  fuse();
  EXPECT_EQ(regions(), (std::vector<std::string>{"cpu: conv_depthwise matmul add"}));
  refusesTogether = true;
  parse(projected("%x"));
  fuse();
  EXPECT_EQ(regions(), (std::vector<std::string>{"cpu: conv_depthwise", "cpu: matmul add"}));
}

// The image before the convolution is the larger one.
TEST_F(FuseTest, PrefersTheProductThatADepthwiseConvolutionReads) {
  parse(projected("%p"));
  fuse();
  EXPECT_EQ(regions(), (std::vector<std::string>{"cpu: matmul conv_depthwise",
                                                 "cpu: matmul add"}));
}

static const std::string kType = "!lz.tensor<4 x f32>";

// Compiling takes longer than a kernel's size grows.
TEST_F(FuseTest, EndsRegionsOfManyOps) {
  std::string text = "lz.func @forward(%v0: " + kType + ") -> " + kType + " {\n";
  for (int i = 0; i < 100; ++i)
    text += "%v" + std::to_string(i + 1) + " = lz.sin %v" + std::to_string(i) +
            " : (" + kType + ") -> " + kType + "\n";
  parse(text + "lz.return %v100 : " + kType + "\n}");
  fuse();
  std::vector<size_t> sizes;
  module->walk([&](FusedOp fused) {
    sizes.push_back(fused.getBody().front().getOperations().size() - 1);
  });
  EXPECT_EQ(sizes, (std::vector<size_t>{36, 64}));
}

TEST_F(FuseTest, EndsRegionsOfManyInputs) {
  std::string text = "lz.func @forward(%v0: " + kType, body;
  for (int i = 1; i < 50; ++i) {
    std::string n = std::to_string(i);
    text += ", %a" + n + ": " + kType;
    body += "%v" + n + " = lz.add %v" + std::to_string(i - 1) + ", %a" + n +
            " : (" + kType + ", " + kType + ") -> " + kType + "\n";
  }
  parse(text + ") -> " + kType + " {\n" + body + "lz.return %v49 : " + kType + "\n}");
  fuse();
  std::vector<size_t> numInputs;
  module->walk([&](FusedOp fused) { numInputs.push_back(fused.getInputs().size()); });
  EXPECT_EQ(numInputs, (std::vector<size_t>{19, 32}));
}
