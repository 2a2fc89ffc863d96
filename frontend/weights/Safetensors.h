//===- Safetensors.h - Reads and writes safetensors files -----------------===//
//
// The format of Hugging Face: an 8-byte little-endian header length, a JSON
// header, then the tensors' bytes. A file is mapped, not read; it is checked
// completely before any tensor can be seen, because weight files come from
// strangers.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_WEIGHTS_SAFETENSORS_H
#define LAZULI_FRONTEND_WEIGHTS_SAFETENSORS_H

#include "frontend/weights/DType.h"
#include "runtime/base/Status.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lz::weights {

/// A dense row-major tensor in memory that somebody else owns. `data` has no
/// alignment to count on: a file may place a tensor at any byte.
struct TensorView {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  const void *data = nullptr;
  size_t sizeBytes = 0;
};

/// A tensor and its name.
struct NamedTensor {
  std::string name;
  TensorView tensor;
};

/// An open, checked safetensors file. Immutable: any thread may use it. The
/// views point into the mapping and live as long as this object. A file that
/// another process shortens while it is mapped ends this process, as with any
/// mapped file; replace weight files by renaming, as writeSafetensors does.
class SafetensorsFile {
public:
  /// Maps and checks `path`. Fails with IoError if the file cannot be opened
  /// or mapped, with DataLoss if it is not a valid safetensors file and with
  /// Unimplemented if a tensor's element type is one the project has not. The
  /// message names the file, the tensor and what was expected.
  static rt::StatusOr<std::shared_ptr<const SafetensorsFile>> open(const std::string &path);

  /// Checks `size` bytes at `data`, which are borrowed and must outlive the
  /// result; `name` stands for the path in messages.
  static rt::StatusOr<std::shared_ptr<const SafetensorsFile>>
  parse(const void *data, size_t size, const std::string &name);

  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile &) = delete;
  SafetensorsFile &operator=(const SafetensorsFile &) = delete;

  /// The path it was opened by.
  const std::string &getPath() const { return path; }
  /// All tensors, in the order of their bytes in the file.
  const std::vector<NamedTensor> &getTensors() const { return tensors; }
  /// The tensor of that name, or null.
  const TensorView *find(std::string_view name) const;
  /// The free-form strings under `__metadata__`.
  const std::map<std::string, std::string> &getMetadata() const { return metadata; }

private:
  SafetensorsFile() = default;

  std::string path;
  std::vector<NamedTensor> tensors;
  std::map<std::string, size_t, std::less<>> index;
  std::map<std::string, std::string> metadata;
  void *mapping = nullptr;
  size_t mappingSize = 0;
};

/// Writes the tensors to `path`: to a temporary file beside it, flushed to the
/// disk, then renamed, so that no reader ever sees a part. Bytes are ordered by
/// falling element size, then by name, so that every tensor is aligned to its
/// element. Fails with InvalidArgument on a duplicate name, on a tensor whose
/// shape and size disagree or on a name or string that is no UTF-8, with
/// IoError if the file cannot be written.
rt::Status writeSafetensors(const std::string &path, std::vector<NamedTensor> tensors,
                            const std::map<std::string, std::string> &metadata = {});

} // namespace lz::weights

#endif // LAZULI_FRONTEND_WEIGHTS_SAFETENSORS_H
