//===- MappedFile.cpp -----------------------------------------------------===//
//
// See MappedFile.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/MappedFile.h"

#include "runtime/base/Buffer.h"
#include "runtime/base/Text.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lz::rt;

Mapping::~Mapping() {
  if (address)
    munmap(address, size);
}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(mapping, other.mapping);
  std::swap(size, other.size);
  std::swap(descriptor, other.descriptor);
  return *this;
}

MappedFile::~MappedFile() { closeDescriptor(); }

void MappedFile::closeDescriptor() {
  if (descriptor >= 0)
    close(descriptor);
  descriptor = -1;
}

StatusOr<MappedFile> MappedFile::open(const std::string &path) {
  auto failed = [&](const char *what) {
    std::string text =
        concat(what, ' ', quote(path), ": ", std::strerror(errno));
    return errno == ENOENT ? notFound(text) : ioError(text);
  };
  MappedFile file;
  file.descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.descriptor < 0)
    return failed("cannot open");
  struct stat info;
  if (fstat(file.descriptor, &info) != 0)
    return failed("cannot read");
  if (!S_ISREG(info.st_mode))
    return ioError(concat("cannot read ", quote(path), ": not a regular file"));
  file.size = static_cast<size_t>(info.st_size);
  if (file.size == 0)
    return file;
  void *pages = mmap(nullptr, file.size, PROT_READ, MAP_PRIVATE,
                     file.descriptor, /*offset=*/0);
  if (pages == MAP_FAILED)
    return failed("cannot map");
  file.mapping = Mapping(pages, file.size);
  requestHugePages(pages, file.size);
  return file;
}

/// Anonymous pages holding a copy of `data`, with the given protection.
static StatusOr<Mapping> copyToPages(const void *data, size_t sizeBytes,
                                     int protection) {
  if (sizeBytes == 0)
    return Mapping();
  void *pages = mmap(nullptr, sizeBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS,
                     /*fd=*/-1, /*offset=*/0);
  if (pages == MAP_FAILED)
    return resourceExhausted(concat("cannot allocate ", sizeBytes, " bytes"));
  Mapping mapping(pages, sizeBytes);
  std::memcpy(pages, data, sizeBytes);
  if (mprotect(pages, sizeBytes, protection) != 0)
    return failedPrecondition(
        concat("this system does not let memory be made executable: ",
               std::strerror(errno)));
  return mapping;
}

StatusOr<MappedFile> MappedFile::copyOf(const void *data, size_t sizeBytes) {
  MappedFile file;
  file.size = sizeBytes;
  LZ_ASSIGN_OR_RETURN(file.mapping, copyToPages(data, sizeBytes, PROT_READ));
  return file;
}

StatusOr<Mapping> MappedFile::mapExecutable(size_t offset,
                                            size_t sizeBytes) const {
  if (sizeBytes == 0)
    return Mapping();
  if (descriptor >= 0) {
    void *pages = mmap(nullptr, sizeBytes, PROT_READ | PROT_EXEC, MAP_PRIVATE,
                       descriptor, static_cast<off_t>(offset));
    if (pages != MAP_FAILED)
      return Mapping(pages, sizeBytes);
  }
  // A file system mounted noexec refuses the first way and allows this one.
  return copyToPages(getData() + offset, sizeBytes, PROT_READ | PROT_EXEC);
}

void MappedFile::keepSmallPages(size_t offset, size_t sizeBytes) const {
  auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  size_t begin = offset / page * page;
  (void)madvise(const_cast<uint8_t *>(getData()) + begin, offset + sizeBytes - begin,
                MADV_NOHUGEPAGE); // only advice
}
