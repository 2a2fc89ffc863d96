//===- WeightFile.cpp - A safetensors file as a source of weights ---------===//
//
// See WeightFile.h.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/WeightFile.h"

using namespace lz;

std::optional<WeightView> WeightFile::find(llvm::StringRef name) const {
  const weights::TensorView *tensor = file->find(std::string_view(name));
  if (!tensor)
    return std::nullopt;
  return WeightView{weights::getName(tensor->dtype), tensor->shape,
                    {static_cast<const char *>(tensor->data), tensor->sizeBytes}};
}

std::vector<std::string> WeightFile::names() const {
  std::vector<std::string> names;
  for (const weights::NamedTensor &tensor : file->getTensors())
    names.push_back(tensor.name);
  return names;
}
