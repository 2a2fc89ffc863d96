//===- Safetensors.cpp - Opens safetensors files --------------------------===//
//
// Maps the file, bounds its header, and hands out views only after the whole
// layout has been checked.
//
//===----------------------------------------------------------------------===//

#include "frontend/weights/Safetensors.h"

#include "frontend/weights/Header.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lz::weights {

namespace {

using FilePtr = std::shared_ptr<const SafetensorsFile>;

/// The format's own limit.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;

rt::Status ioFailure(const std::string &path, const char *action) {
  return rt::ioError("cannot " + std::string(action) + " '" + path + "': " + std::strerror(errno));
}

uint64_t loadLength(const void *data) {
  const auto *bytes = static_cast<const unsigned char *>(data);
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i)
    length = length << 8 | bytes[i];
  return length;
}

/// The header's text, after checking that it lies inside the file.
rt::StatusOr<std::string_view> findHeader(const void *data, size_t size) {
  if (size < 8)
    return rt::dataLoss("the file has " + std::to_string(size) +
                        " bytes, expected at least the 8 of a header length");
  uint64_t length = loadLength(data);
  if (length > kMaxHeaderBytes)
    return rt::dataLoss("the header length is " + std::to_string(length) + ", expected at most " +
                        std::to_string(kMaxHeaderBytes));
  if (length > size - 8)
    return rt::dataLoss("the header length is " + std::to_string(length) + ", but only " +
                        std::to_string(size - 8) + " bytes follow");
  std::string_view text(static_cast<const char *>(data) + 8, length);
  if (text.empty() || text.front() != '{')
    return rt::dataLoss("the header does not begin with '{'");
  return text;
}

/// Kernels count on booleans being 0 or 1.
rt::Status checkBooleans(const NamedTensor &named) {
  const auto *bytes = static_cast<const unsigned char *>(named.tensor.data);
  if (named.tensor.dtype != DType::boolean)
    return rt::Status::success();
  for (size_t i = 0; i < named.tensor.sizeBytes; ++i)
    if (bytes[i] > 1)
      return rt::dataLoss("tensor '" + named.name + "' of booleans holds the byte " +
                          std::to_string(bytes[i]) + ", expected 0 or 1");
  return rt::Status::success();
}

/// An open file, closed at the end of the scope.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
};

} // namespace

rt::StatusOr<FilePtr> SafetensorsFile::parse(const void *data, size_t size,
                                             const std::string &name) {
  auto check = [&]() -> rt::StatusOr<Header> {
    LZ_ASSIGN_OR_RETURN(std::string_view text, findHeader(data, size));
    LZ_ASSIGN_OR_RETURN(Header header, parseHeader(text));
    LZ_RETURN_IF_ERROR(checkLayout(header, size - 8 - text.size()));
    return header;
  };
  rt::StatusOr<Header> header = check();
  if (!header.isOk())
    return header.getStatus().withContext("'" + name + "' is no usable safetensors file");

  std::shared_ptr<SafetensorsFile> file(new SafetensorsFile());
  file->path = name;
  file->metadata = std::move(header->metadata);
  const char *bytes = static_cast<const char *>(data) + 8 + loadLength(data);
  for (HeaderEntry &entry : header->entries) {
    file->index.emplace(entry.name, file->tensors.size());
    file->tensors.push_back({std::move(entry.name),
                             {entry.dtype, std::move(entry.shape), bytes + entry.begin,
                              static_cast<size_t>(entry.end - entry.begin)}});
    rt::Status status = checkBooleans(file->tensors.back());
    if (!status.isOk())
      return status.withContext("'" + name + "' is no usable safetensors file");
  }
  return FilePtr(std::move(file));
}

rt::StatusOr<FilePtr> SafetensorsFile::open(const std::string &path) {
  Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat info;
  if (descriptor.fd < 0 || ::fstat(descriptor.fd, &info) != 0)
    return ioFailure(path, "open");
  if (!S_ISREG(info.st_mode))
    return rt::ioError("cannot open '" + path + "': not a regular file");
  size_t size = static_cast<size_t>(info.st_size);
  if (size == 0)
    return parse(nullptr, 0, path);
  void *mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.fd, 0);
  if (mapping == MAP_FAILED)
    return ioFailure(path, "map");
  rt::StatusOr<FilePtr> file = parse(mapping, size, path);
  if (!file.isOk()) {
    ::munmap(mapping, size);
    return file.getStatus();
  }
  auto &owner = const_cast<SafetensorsFile &>(**file);
  owner.mapping = mapping;
  owner.mappingSize = size;
  return file;
}

SafetensorsFile::~SafetensorsFile() {
  if (mapping)
    ::munmap(mapping, mappingSize);
}

const TensorView *SafetensorsFile::find(std::string_view name) const {
  auto it = index.find(name);
  return it == index.end() ? nullptr : &tensors[it->second].tensor;
}

} // namespace lz::weights
