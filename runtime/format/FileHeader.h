//===- FileHeader.h - The first 64 bytes of an artifact
//--------------------===//
//
// A fixed little-endian header, the FlatBuffers program right after it, then
// segments at multiples of the page size. The header's own last field covers
// the fields before it, so that a damaged header is told from a foreign file.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_FORMAT_FILEHEADER_H
#define LAZULI_RUNTIME_FORMAT_FILEHEADER_H

#include <cstddef>
#include <cstdint>

namespace lz::rt {

/// The CR LF shows a transfer in text mode.
constexpr char artifactMagic[8] = {'L', 'A', 'Z', 'U', 'L', 'I', '\r', '\n'};
constexpr uint32_t artifactFormatVersion = 1;
/// The version of the packings in Packing.h.
constexpr uint32_t artifactLayoutVersion = 1;
constexpr uint64_t artifactPageSize = 4096;

struct FileHeader {
  char magic[8];
  uint32_t formatVersion;
  uint32_t flags; ///< 0 in this version
  uint64_t programOffset;
  uint64_t programSize;
  uint64_t programChecksum; ///< XXH3-64 of the program's bytes
  uint64_t fileSize;
  uint64_t reserved;       ///< 0 in this version
  uint64_t headerChecksum; ///< XXH3-64 of the 56 bytes before it
};
static_assert(sizeof(FileHeader) == 64,
              "the header is 64 bytes in every version");

} // namespace lz::rt

#endif // LAZULI_RUNTIME_FORMAT_FILEHEADER_H
