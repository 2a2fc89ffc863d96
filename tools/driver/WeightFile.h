//===- WeightFile.h - A safetensors file as a source of weights -----------===//
//
// Joins the frontend's reader to the interface the passes ask.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_WEIGHTFILE_H
#define LAZULI_TOOLS_DRIVER_WEIGHTFILE_H

#include "frontend/weights/Safetensors.h"
#include "passes/Weights.h"

namespace lz {

class WeightFile : public WeightSource {
public:
  explicit WeightFile(std::shared_ptr<const weights::SafetensorsFile> file)
      : file(std::move(file)) {}

  std::optional<WeightView> find(llvm::StringRef name) const override;
  std::vector<std::string> names() const override;
  std::string describe() const override { return file->getPath(); }
  std::shared_ptr<const void> owner() const override { return file; }

private:
  std::shared_ptr<const weights::SafetensorsFile> file;
};

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_WEIGHTFILE_H
