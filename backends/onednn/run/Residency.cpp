//===- Residency.cpp - Memory of a library that is only read ----------------===//
//
// See Residency.h. The pages of a file that a private mapping never wrote to are the page
// cache's: dropping them loses nothing. Segments that are writable, or were before their
// relocation, are left alone.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Residency.h"

#include <cstdint>
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
    if (madvise(reinterpret_cast<void *>(begin), size, MADV_DONTNEED) == 0)
      search.released += size;
  }
  return 1;
}

size_t onednn::releaseReadOnlyPages(const void *address) {
  Search search = {reinterpret_cast<uintptr_t>(address), 0};
  dl_iterate_phdr(releaseIfFound, &search);
  return search.released;
}
