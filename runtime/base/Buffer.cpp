//===- Buffer.cpp ---------------------------------------------------------===//
//
// See Buffer.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Buffer.h"

#include "runtime/base/Text.h"

#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

using namespace lz::rt;

/// Below this a system call costs more than clearing the memory.
static constexpr uint64_t mapThresholdBytes = 128 * 1024;

/// More than any machine has; keeps sizes far from overflow.
static constexpr uint64_t maxBytes = uint64_t(1) << 46;

void lz::rt::requestHugePages(void *pages, uint64_t sizeBytes) {
  if (sizeBytes >= hugePageBytes)
    (void)madvise(pages, sizeBytes, MADV_HUGEPAGE); // only advice
}

Buffer::~Buffer() {
  if (mappedBytes != 0)
    munmap(data, mappedBytes);
  else
    std::free(data);
}

StatusOr<Buffer> Buffer::allocate(uint64_t sizeBytes) {
  auto failed = [&] {
    return resourceExhausted(concat("cannot allocate ", sizeBytes, " bytes"));
  };
  if (sizeBytes > maxBytes)
    return failed();
  Buffer buffer;
  buffer.size = sizeBytes;
  if (sizeBytes >= mapThresholdBytes) {
    void *pages = mmap(nullptr, sizeBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS,
                       /*fd=*/-1, /*offset=*/0);
    if (pages == MAP_FAILED)
      return failed();
    buffer.data = static_cast<uint8_t *>(pages);
    buffer.mappedBytes = sizeBytes;
    requestHugePages(pages, sizeBytes);
    return buffer;
  }
  uint64_t rounded = alignUp(sizeBytes == 0 ? 1 : sizeBytes, bufferAlignment);
  buffer.data =
      static_cast<uint8_t *>(std::aligned_alloc(bufferAlignment, rounded));
  if (!buffer.data)
    return failed();
  std::memset(buffer.data, 0, rounded);
  return buffer;
}
