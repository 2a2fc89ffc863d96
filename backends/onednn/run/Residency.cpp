//===- Residency.cpp - Memory of a library that is only read ----------------===//
//
// See Residency.h. The pages of a file that a private mapping never wrote to are the page
// cache's: dropping them loses nothing. Segments that are writable, or were before their
// relocation, are left alone.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Residency.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace lz;

namespace {
struct Search {
  uintptr_t address;
  size_t released;
};
} // namespace

static bool contains(const dl_phdr_info &library, uintptr_t address) {
  for (int i = 0; i < library.dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = library.dlpi_phdr[i];
    uintptr_t begin = library.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && begin <= address && address - begin < segment.p_memsz)
      return true;
  }
  return false;
}

/// Whether the loader writes to segments that are not writable.
static bool hasTextRelocations(const dl_phdr_info &library) {
  for (int i = 0; i < library.dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = library.dlpi_phdr[i];
    if (segment.p_type != PT_DYNAMIC)
      continue;
    auto *entry = reinterpret_cast<const ElfW(Dyn) *>(library.dlpi_addr + segment.p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry)
      if (entry->d_tag == DT_TEXTREL ||
          (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL)))
        return true;
  }
  return false;
}

/// Whether all that is in memory of [begin, begin + size) is a file's: a program may have
/// put copies in place of code, in huge pages or with other code in it, which would be lost.
/// By the kernel's /proc/PID/pagemap; false where it cannot be read.
static bool isOfFile(uintptr_t begin, size_t size, uintptr_t page) {
  constexpr uint64_t isPresent = 1ull << 63, isSwapped = 1ull << 62, isFile = 1ull << 61;
  int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  bool isFilesAll = file >= 0;
  std::array<uint64_t, 1024> entries;
  size_t left = (size + page - 1) / page;
  for (off_t at = begin / page * sizeof(uint64_t); isFilesAll && left;) {
    size_t count = std::min(left, entries.size());
    ssize_t bytes = pread(file, entries.data(), count * sizeof(uint64_t), at);
    isFilesAll = bytes == static_cast<ssize_t>(count * sizeof(uint64_t)) &&
                 std::none_of(entries.begin(), entries.begin() + count, [](uint64_t entry) {
                   return (entry & (isPresent | isSwapped)) && !(entry & isFile);
                 });
    left -= count;
    at += bytes;
  }
  if (file >= 0)
    close(file);
  return isFilesAll;
}

static int releaseIfFound(dl_phdr_info *library, size_t, void *data) {
  auto &search = *static_cast<Search *>(data);
  if (!contains(*library, search.address))
    return 0;
  if (hasTextRelocations(*library))
    return 1;
  auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < library->dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = library->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W))
      continue;
    uintptr_t begin = (library->dlpi_addr + segment.p_vaddr) / page * page;
    size_t size = library->dlpi_addr + segment.p_vaddr + segment.p_memsz - begin;
    if (isOfFile(begin, size, page) &&
        madvise(reinterpret_cast<void *>(begin), size, MADV_DONTNEED) == 0)
      search.released += size;
  }
  return 1;
}

size_t onednn::releaseReadOnlyPages(const void *address) {
  Search search = {reinterpret_cast<uintptr_t>(address), 0};
  dl_iterate_phdr(releaseIfFound, &search);
  return search.released;
}
