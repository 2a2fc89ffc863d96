//===- Checksum.cpp -------------------------------------------------------===//
//
// See Checksum.h. The one file that compiles xxHash.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t lz::rt::checksum(const void *data, size_t sizeBytes) {
  return XXH3_64bits(data, sizeBytes);
}
