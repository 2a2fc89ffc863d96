// Where a pass takes its weights from, and the weight source of the passes' own
// tests: zeros of given shapes.

#include "passes/Weights.h"

#include "passes/Examples.h"
#include "passes/Initialize.h"

#include <algorithm>

using namespace mlir;
using llvm::StringRef;

namespace lz {
namespace {

class ZeroWeights final : public WeightSource {
public:
  explicit ZeroWeights(Example tensors) : tensors(std::move(tensors)) {
    size_t largest = 0;
    for (const ExampleInput &tensor : this->tensors.inputs)
      largest = std::max(largest, bytesOf(tensor));
    zeros.resize(largest);
  }

  std::optional<WeightView> find(StringRef name) const override {
    const ExampleInput *tensor = tensors.find(name);
    if (!tensor)
      return std::nullopt;
    return WeightView{elementTypeName(tensor->elementType), tensor->shape,
                      llvm::ArrayRef<char>(zeros).take_front(bytesOf(*tensor))};
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const ExampleInput &tensor : tensors.inputs)
      names.push_back(tensor.name);
    return names;
  }

  std::string describe() const override { return "zero-weights"; }

private:
  static size_t bytesOf(const ExampleInput &tensor) {
    size_t size = elementBytes(tensor.elementType);
    for (int64_t dim : tensor.shape)
      size *= dim;
    return size;
  }

  Example tensors;
  std::vector<char> zeros;
};

} // namespace

static FailureOr<std::shared_ptr<const WeightSource>>
parseZeroWeights(ModuleOp module, StringRef text) {
  auto emitError = [&] { return module.emitError(); };
  auto examples = parseExamples(module.getContext(), text, emitError);
  if (failed(examples))
    return failure();
  if (examples->size() > 1)
    return emitError() << "a weight is named twice in '" << text << "'";
  Example tensors = examples->empty() ? Example() : std::move(examples->front());
  for (ExampleInput &tensor : tensors.inputs)
    if (!tensor.elementType)
      tensor.elementType = Float32Type::get(module.getContext());
  return std::shared_ptr<const WeightSource>(new ZeroWeights(std::move(tensors)));
}

FailureOr<std::shared_ptr<const WeightSource>>
chooseWeights(ModuleOp module, StringRef zeroWeights,
              const WeightSource *injected) {
  if (!zeroWeights.empty())
    return parseZeroWeights(module, zeroWeights);
  // Borrowed: shared with no owner.
  return std::shared_ptr<const WeightSource>(std::shared_ptr<void>(), injected);
}

} // namespace lz
