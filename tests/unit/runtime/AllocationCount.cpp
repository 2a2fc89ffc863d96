//===- AllocationCount.cpp ------------------------------------------------===//
//
// See AllocationCount.h. operator new of libstdc++ calls malloc, so counting in
// malloc's family counts everything.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/AllocationCount.h"

#include <atomic>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

uint64_t lz::rt::test::getNumAllocations() { return 0; }
bool lz::rt::test::canCountAllocations() { return false; }

#else

static std::atomic<uint64_t> numAllocations{0};

extern "C" {
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

__attribute__((visibility("default"))) void *malloc(size_t size) {
  numAllocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
  numAllocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
__attribute__((visibility("default"))) void *realloc(void *pointer,
                                                     size_t size) {
  numAllocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(pointer, size);
}
__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment,
                                                           size_t size) {
  numAllocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
}

uint64_t lz::rt::test::getNumAllocations() { return numAllocations.load(); }
bool lz::rt::test::canCountAllocations() { return true; }

#endif
