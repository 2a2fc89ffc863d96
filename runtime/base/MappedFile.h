//===- MappedFile.h - Bytes of an artifact, mapped or copied
//----------------===//
//
// A file mapped read-only and shared with the page cache, or a page-aligned
// private copy of bytes in memory; and an executable view of a part of either.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_BASE_MAPPEDFILE_H
#define LAZULI_RUNTIME_BASE_MAPPEDFILE_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace lz::rt {

/// A region got from mmap; unmapped when destroyed. Movable.
class Mapping {
public:
  Mapping() = default;
  Mapping(void *address, size_t sizeBytes)
      : address(address), size(sizeBytes) {}
  Mapping(Mapping &&other) noexcept { *this = std::move(other); }
  Mapping &operator=(Mapping &&other) noexcept {
    std::swap(address, other.address);
    std::swap(size, other.size);
    return *this;
  }
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;
  ~Mapping();

  const uint8_t *getData() const {
    return static_cast<const uint8_t *>(address);
  }
  size_t getSize() const { return size; }

private:
  void *address = nullptr;
  size_t size = 0;
};

/// Read-only bytes at a page-aligned address. The file must not be truncated or
/// changed while it is mapped (replacing it by rename is fine): reading a page
/// that is gone ends the process, as it does for a program's own file.
class MappedFile {
public:
  MappedFile() = default;
  MappedFile(MappedFile &&other) noexcept { *this = std::move(other); }
  MappedFile &operator=(MappedFile &&other) noexcept;
  ~MappedFile();

  /// Maps the file at `path`. Fails with NotFound or IoError, naming it.
  static StatusOr<MappedFile> open(const std::string &path);

  /// Copies `sizeBytes` bytes at `data`.
  static StatusOr<MappedFile> copyOf(const void *data, size_t sizeBytes);

  const uint8_t *getData() const { return mapping.getData(); }
  size_t getSize() const { return size; }

  /// Maps `sizeBytes` bytes at `offset` (a multiple of the page size, both
  /// within the file) readable and executable: in place from the file, else as
  /// a copy.
  StatusOr<Mapping> mapExecutable(size_t offset, size_t sizeBytes) const;

  /// Maps `sizeBytes` bytes at `offset` in small pages, so that what is not read of
  /// them does not become resident.
  void keepSmallPages(size_t offset, size_t sizeBytes) const;

  /// Closes the file's descriptor, which only mapExecutable needs.
  void closeDescriptor();

private:
  Mapping mapping;
  size_t size = 0;
  int descriptor = -1;
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_BASE_MAPPEDFILE_H
