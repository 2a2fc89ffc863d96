// Weights from a source: borrowed where its memory may be kept, converted where
// that was asked for, and a module that a failure leaves as it was.

#include "passes/Passes.h"
#include "passes/Symbols.h"
#include "tests/unit/passes/ModuleText.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <map>

using namespace lz;
using namespace mlir;

namespace {

/// Tensors of floats in memory.
struct MemoryWeights : WeightSource {
  struct Tensor {
    std::vector<int64_t> shape;
    std::vector<float> data;
  };
  std::optional<WeightView> find(llvm::StringRef name) const override {
    auto it = tensors->find(name.str());
    if (it == tensors->end())
      return std::nullopt;
    const Tensor &tensor = it->second;
    return WeightView{"f32", tensor.shape,
                      {reinterpret_cast<const char *>(tensor.data.data()),
                       tensor.data.size() * sizeof(float)}};
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto &[name, tensor] : *tensors)
      names.push_back(name);
    return names;
  }
  std::string describe() const override { return "memory"; }
  std::shared_ptr<const void> owner() const override {
    return mayBorrow ? tensors : nullptr;
  }

  std::shared_ptr<std::map<std::string, Tensor>> tensors =
      std::make_shared<std::map<std::string, Tensor>>();
  bool mayBorrow = true;
};

struct MaterializeTest : ModuleTest {
  llvm::ArrayRef<char> bytesOf(llvm::StringRef parameter) {
    auto value = cast<DenseResourceElementsAttr>(
        *lookupParameter(*module, parameter).getValue());
    return value.getRawHandle().getBlob()->getData();
  }
  LogicalResult materializeAll(const WeightSource &source,
                               WeightOptions weights = {}) {
    MaterializeOptions options;
    options.weights = weights;
    if (failed(bindWeights(*module, source, weights)) ||
        failed(inferShapes(*module)))
      return failure();
    return materialize(*module, options, &source);
  }
};

const char *kLazyLinear = R"(
  lz.symbol "batch" dynamic {min = 1}
  lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
  lz.parameter "fc.weight" : !lz.tensor<4 x "fc.in_features" x f32>
  lz.func @forward(%x: !lz.tensor<"batch" x 8 x f32>) -> !lz.tensor<* x f32> {
    %w = lz.get_parameter "fc.weight" : !lz.tensor<4 x "fc.in_features" x f32>
    %y = lz.linear %x, %w : (!lz.tensor<"batch" x 8 x f32>, !lz.tensor<4 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
    lz.return %y : !lz.tensor<* x f32>
  })";

MemoryWeights::Tensor makeTensor(std::vector<int64_t> shape) {
  MemoryWeights::Tensor tensor{shape, {}};
  int64_t size = 1;
  for (int64_t dim : shape)
    size *= dim;
  for (int64_t i = 0; i < size; ++i)
    tensor.data.push_back(i);
  return tensor;
}

} // namespace

TEST_F(MaterializeTest, BorrowsMemoryThatItKeepsAlive) {
  parse(kLazyLinear);
  auto source = std::make_unique<MemoryWeights>();
  (*source->tensors)["fc.weight"] = makeTensor({4, 8});
  const void *data = (*source->tensors)["fc.weight"].data.data();
  std::weak_ptr<const void> alive = source->tensors;
  ASSERT_TRUE(succeeded(materializeAll(*source)));
  source.reset();
  EXPECT_EQ(bytesOf("fc.weight").data(), data);
  EXPECT_FALSE(alive.expired());
  auto solved = getSolvedSymbols(*module);
  ASSERT_EQ(solved.size(), 1u);
  EXPECT_EQ(solved[0].value, 8);
  EXPECT_EQ(solved[0].origin, "'fc.weight' in memory");
}

TEST_F(MaterializeTest, CopiesMemoryThatItMayNotKeep) {
  parse(kLazyLinear);
  MemoryWeights source;
  source.mayBorrow = false;
  (*source.tensors)["fc.weight"] = makeTensor({4, 8});
  ASSERT_TRUE(succeeded(materializeAll(source)));
  auto bytes = bytesOf("fc.weight");
  EXPECT_NE(static_cast<const void *>(bytes.data()),
            (*source.tensors)["fc.weight"].data.data());
  EXPECT_EQ(reinterpret_cast<const float *>(bytes.data())[31], 31.0f);
}

TEST_F(MaterializeTest, ConvertsWhenAsked) {
  std::string text = kLazyLinear;
  for (size_t at; (at = text.find("f32")) != std::string::npos;)
    text.replace(at, 3, "f64");
  parse(text);
  MemoryWeights source;
  (*source.tensors)["fc.weight"] = makeTensor({4, 8});
  WeightOptions convert;
  convert.convert = true;
  ASSERT_TRUE(succeeded(materializeAll(source, convert)));
  EXPECT_EQ(reinterpret_cast<const double *>(bytesOf("fc.weight").data())[31],
            31.0);
}

TEST_F(MaterializeTest, FailureLeavesTheModuleAsItWas) {
  parse(kLazyLinear);
  MemoryWeights source;
  (*source.tensors)["fc.weight"] = makeTensor({5, 8});
  ScopedDiagnosticHandler silence(&context,
                                  [](Diagnostic &) { return success(); });
  std::string before = print();
  EXPECT_TRUE(failed(bindWeights(*module, source)));
  EXPECT_EQ(before, print());
  EXPECT_TRUE(failed(materialize(*module, {}, nullptr)));
  EXPECT_EQ(before, print());
}

TEST_F(MaterializeTest, FailedInferenceLeavesTheModuleAsItWas) {
  parse(R"(
    lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
    lz.parameter "fc.weight" : !lz.tensor<4 x "fc.in_features" x f32>
    lz.func @forward(%x: !lz.tensor<2 x 8 x f32>, %z: !lz.tensor<2 x 9 x f32>) -> !lz.tensor<* x f32> {
      %w = lz.get_parameter "fc.weight" : !lz.tensor<4 x "fc.in_features" x f32>
      %a = lz.linear %x, %w : (!lz.tensor<2 x 8 x f32>, !lz.tensor<4 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
      %b = lz.linear %z, %w : (!lz.tensor<2 x 9 x f32>, !lz.tensor<4 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
      %c = lz.add %a, %b : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
      lz.return %c : !lz.tensor<* x f32>
    })");
  ScopedDiagnosticHandler silence(&context,
                                  [](Diagnostic &) { return success(); });
  std::string before = print();
  EXPECT_TRUE(failed(inferShapes(*module)));
  EXPECT_EQ(before, print());
}
