//===- SafetensorsWriter.cpp - Writes safetensors files -------------------===//
//
// Builds the header, then writes a temporary file beside the target, flushes
// it and renames it. An interrupted write leaves the old file as it was.
//
//===----------------------------------------------------------------------===//

#include "frontend/weights/Header.h"
#include "frontend/weights/Safetensors.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace lz::weights {

namespace {

using rt::Status;

Status ioFailure(const std::string &path, const char *action) {
  return rt::ioError("cannot " + std::string(action) + " '" + path + "': " + std::strerror(errno));
}

/// A file that vanishes with this object unless it was renamed into place.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &target)
      : target(target), path(target + ".tmp-XXXXXX") {}
  ~TemporaryFile() {
    if (fd >= 0)
      ::close(fd);
    if (created)
      ::unlink(path.c_str());
  }

  Status create() {
    fd = ::mkostemp(path.data(), O_CLOEXEC);
    if (fd < 0)
      return ioFailure(target, "create a temporary file beside");
    created = true;
    // mkostemp makes private files; the result gets the usual permissions.
    mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(fd, 0666 & ~mask);
    return Status::success();
  }

  Status write(const void *data, size_t size) {
    const char *bytes = static_cast<const char *>(data);
    while (size > 0) {
      ssize_t written = ::write(fd, bytes, size);
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return ioFailure(target, "write");
      bytes += written;
      size -= static_cast<size_t>(written);
    }
    return Status::success();
  }

  Status commit() {
    if (::fsync(fd) != 0)
      return ioFailure(target, "flush");
    int closing = fd;
    fd = -1;
    if (::close(closing) != 0)
      return ioFailure(target, "close");
    if (::rename(path.c_str(), target.c_str()) != 0)
      return ioFailure(target, "replace");
    created = false;
    syncFolder();
    return Status::success();
  }

private:
  /// Makes the rename itself durable; some file systems cannot, which is fine.
  void syncFolder() {
    size_t slash = target.find_last_of('/');
    std::string folder = slash == std::string::npos ? "." : target.substr(0, slash + 1);
    int folderFd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folderFd < 0)
      return;
    (void)::fsync(folderFd);
    ::close(folderFd);
  }

  std::string target;
  std::string path;
  int fd = -1;
  bool created = false;
};

Status checkTensors(const std::vector<NamedTensor> &tensors) {
  std::set<std::string_view> names;
  for (const NamedTensor &named : tensors) {
    if (named.name == "__metadata__" || !names.insert(named.name).second)
      return rt::invalidArgument("the tensor name '" + named.name + "' is " +
                                 (named.name == "__metadata__" ? "reserved" : "given twice"));
    size_t bytes = getSizeBytes(named.tensor.dtype);
    for (int64_t dim : named.tensor.shape)
      if (dim < 0 || __builtin_mul_overflow(bytes, static_cast<size_t>(dim), &bytes))
        return rt::invalidArgument("tensor '" + named.name + "' has an impossible shape");
    if (bytes != named.tensor.sizeBytes)
      return rt::invalidArgument("tensor '" + named.name + "' has " +
                                 std::to_string(named.tensor.sizeBytes) + " bytes, expected " +
                                 std::to_string(bytes) + " for its shape");
  }
  return Status::success();
}

/// Length and text of the header, padded so that the data begins aligned.
rt::StatusOr<std::string> makeHeader(const std::vector<NamedTensor> &tensors,
                                     const std::map<std::string, std::string> &metadata) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata.empty())
    json["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const NamedTensor &named : tensors) {
    uint64_t end = offset + named.tensor.sizeBytes;
    json[named.name] = {{"dtype", getFileName(named.tensor.dtype)},
                        {"shape", named.tensor.shape},
                        {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = json.dump();
  } catch (const nlohmann::json::exception &) {
    return rt::invalidArgument("a tensor name or metadata string is no valid UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string result(8, '\0');
  for (int i = 0; i < 8; ++i)
    result[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return result + text;
}

} // namespace

Status writeSafetensors(const std::string &path, std::vector<NamedTensor> tensors,
                        const std::map<std::string, std::string> &metadata) {
  LZ_RETURN_IF_ERROR(checkTensors(tensors));
  std::sort(tensors.begin(), tensors.end(), [](const NamedTensor &a, const NamedTensor &b) {
    size_t sizeA = getSizeBytes(a.tensor.dtype), sizeB = getSizeBytes(b.tensor.dtype);
    return sizeA != sizeB ? sizeA > sizeB : a.name < b.name;
  });
  LZ_ASSIGN_OR_RETURN(std::string header, makeHeader(tensors, metadata));
  TemporaryFile file(path);
  LZ_RETURN_IF_ERROR(file.create());
  LZ_RETURN_IF_ERROR(file.write(header.data(), header.size()));
  for (const NamedTensor &named : tensors)
    LZ_RETURN_IF_ERROR(file.write(named.tensor.data, named.tensor.sizeBytes));
  return file.commit();
}

} // namespace lz::weights
