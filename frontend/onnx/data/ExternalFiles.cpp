//===- ExternalFiles.cpp --------------------------------------------------===//
//
// See ExternalFiles.h. Links are followed before the folder is compared, so a
// link that leads out is refused as well.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/data/ExternalFiles.h"

#include <filesystem>

using namespace lz;
using namespace lz::onnximport;
namespace fs = std::filesystem;

static bool isInside(const fs::path &folder, const fs::path &file) {
  auto [end, unused] =
      std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return end == folder.end();
}

rt::StatusOr<std::shared_ptr<const rt::MappedFile>>
ExternalFiles::open(const std::string &location) {
  auto known = files.find(location);
  if (known != files.end())
    return known->second;
  fs::path relative(location);
  if (folder.empty() || location.empty() || relative.is_absolute())
    return rt::invalidArgument("external data lies at '" + location +
                               "', expected a path in the model's folder");
  std::error_code error;
  fs::path root = fs::canonical(folder, error);
  fs::path path = fs::weakly_canonical(root / relative, error);
  if (error || !isInside(root, path))
    return rt::invalidArgument("external data lies at '" + location +
                               "', which leaves the model's folder");
  if (!fs::is_regular_file(path, error))
    return rt::notFound("external data '" + location +
                        "' is no file in the model's folder");
  LZ_ASSIGN_OR_RETURN(rt::MappedFile file, rt::MappedFile::open(path.string()));
  file.closeDescriptor();
  return files[location] =
             std::make_shared<const rt::MappedFile>(std::move(file));
}
