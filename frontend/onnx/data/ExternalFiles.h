//===- ExternalFiles.h - Files beside a model -------------------*- C++ -*-===//
//
// Weights that an ONNX file keeps in files of their own. Each is mapped once,
// never copied; a path must stay in the model's folder.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_DATA_EXTERNALFILES_H
#define LAZULI_FRONTEND_ONNX_DATA_EXTERNALFILES_H

#include "runtime/base/MappedFile.h"

#include <map>
#include <memory>
#include <string>

namespace lz::onnximport {

class ExternalFiles {
public:
  /// `folder` of the model. Empty: there is none, and no file can be read.
  explicit ExternalFiles(std::string folder) : folder(std::move(folder)) {}

  /// The file at `location` (relative to the folder), mapped. Fails with
  /// InvalidArgument where the path leaves the folder, NotFound or IoError.
  rt::StatusOr<std::shared_ptr<const rt::MappedFile>>
  open(const std::string &location);

private:
  std::string folder;
  std::map<std::string, std::shared_ptr<const rt::MappedFile>> files;
};

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_DATA_EXTERNALFILES_H
