//===- Writer.h - Writes artifacts ----------------------------------------===//
//
// Lays out header, program and page-aligned segments in one file (see
// FileHeader.h). What is written is read back by the reader's full check
// first, so an artifact that cannot load is never produced.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_FORMAT_WRITER_H
#define LAZULI_RUNTIME_FORMAT_WRITER_H

#include "runtime/base/Status.h"
#include "runtime/format/program_generated.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace lz::rt {

/// The bytes of one segment: borrowed until the write returns, or made when they are
/// written, so that large ones are never in memory together.
struct SegmentData {
  fmt::SegmentKind kind = fmt::SegmentKind_Data;
  std::string name;
  const void *data = nullptr;
  size_t size = 0;
  /// Instead of `data`: gives `size` bytes, once per write.
  std::function<std::vector<char>()> make;
};

/// Writes `program` and its segments to `path`: to a temporary file beside it,
/// flushed to the disk, then renamed, so that no reader ever sees a part.
///
/// `program.segments` is filled in from `segments` (same order; the indices in
/// constants, states and targets mean this order); abi_version and
/// layout_version are set to this build's. Fails with InvalidArgument if the
/// program does not pass the reader's check, with IoError if the file cannot
/// be written.
Status writeArtifact(const std::string &path, fmt::ProgramT &program,
                     const std::vector<SegmentData> &segments);

/// The same artifact as bytes in memory (tests, embedding). The check is
/// skipped if `check` is false, which only a test of the reader wants.
StatusOr<std::vector<char>>
serializeArtifact(fmt::ProgramT &program,
                  const std::vector<SegmentData> &segments, bool check = true);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_FORMAT_WRITER_H
