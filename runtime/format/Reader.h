//===- Reader.h - Opens and checks artifacts
//--------------------------------===//
//
// The only way from bytes to a fmt::Program. After it succeeded, every index,
// offset and size in the program may be used without a further look; whatever a
// damaged or hostile file holds, the answer is a Status.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_FORMAT_READER_H
#define LAZULI_RUNTIME_FORMAT_READER_H

#include "runtime/base/Status.h"
#include "runtime/format/FileHeader.h"
#include "runtime/format/program_generated.h"

#include <cstddef>
#include <cstdint>

namespace lz::rt {

/// What of an artifact's checksums is compared when it is opened. The program
/// is checked in full by every level.
enum class VerifyLevel : int {
  Program = 0, ///< the checksum of header and program
  Code = 1,    ///< of the segments of native code as well
  All = 2,     ///< of all segments: reads the whole file
};

/// An opened artifact: pointers into the caller's bytes.
struct ArtifactView {
  const fmt::Program *program = nullptr;
  const uint8_t *data = nullptr;
  size_t size = 0;

  /// The bytes of segment number `index`.
  const uint8_t *getSegmentData(uint32_t index) const {
    return data + program->segments()->Get(index)->offset();
  }
};

/// Opens the artifact in `data`, 64-byte aligned, which must outlive the view.
/// Fails with DataLoss (damaged), FailedPrecondition (written by a newer
/// release or for another ABI) or InvalidArgument (no artifact at all).
StatusOr<ArtifactView> readArtifact(const void *data, size_t sizeBytes,
                                    VerifyLevel verify);

/// Compares the checksum of one segment; DataLoss names it.
Status verifySegment(const ArtifactView &artifact, uint32_t index);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_FORMAT_READER_H
