//===- Checksum.h - XXH3-64
//------------------------------------------------===//
//
// The checksum of programs and segments: it finds damage, not forgery.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_BASE_CHECKSUM_H
#define LAZULI_RUNTIME_BASE_CHECKSUM_H

#include <cstddef>
#include <cstdint>

namespace lz::rt {

/// XXH3-64 with seed 0 of `sizeBytes` bytes at `data` (which may be null if
/// there are none).
uint64_t checksum(const void *data, size_t sizeBytes);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_BASE_CHECKSUM_H
