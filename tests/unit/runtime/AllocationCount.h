//===- AllocationCount.h - Counts what this process allocates
//---------------===//
//
// The test program replaces malloc and operator new, the runtime's shared
// library included, and counts the calls.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TESTS_UNIT_RUNTIME_ALLOCATIONCOUNT_H
#define LAZULI_TESTS_UNIT_RUNTIME_ALLOCATIONCOUNT_H

#include <cstdint>

namespace lz::rt::test {

/// Calls of malloc, calloc, realloc, aligned allocation and operator new so
/// far, by any thread.
uint64_t getNumAllocations();

/// False under a sanitizer, which has an allocator of its own.
bool canCountAllocations();

} // namespace lz::rt::test

#endif // LAZULI_TESTS_UNIT_RUNTIME_ALLOCATIONCOUNT_H
