//===- Writer.cpp ---------------------------------------------------------===//
//
// See Writer.h. The program's size does not depend on the numbers in it, so it
// is serialized once for its size, which gives the offsets. Segments are written
// behind the place that it will have, and it follows when their checksums are known.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Writer.h"

#include "runtime/base/AtomicFile.h"
#include "runtime/base/Buffer.h"
#include "runtime/base/Checksum.h"
#include "runtime/base/Text.h"
#include "runtime/format/Check.h"
#include "runtime/format/FileHeader.h"
#include "runtime/format/KernelAbi.h"

#include <algorithm>
#include <cstring>

using namespace lz;
using namespace lz::rt;

static flatbuffers::DetachedBuffer serialize(const fmt::ProgramT &program) {
  flatbuffers::FlatBufferBuilder builder(64 * 1024);
  // Numbers equal to their default are written too: the size must not depend on
  // them.
  builder.ForceDefaults(true);
  builder.Finish(fmt::Program::Pack(builder, &program));
  return builder.Release();
}

static void describeSegments(fmt::ProgramT &program,
                             const std::vector<SegmentData> &segments,
                             uint64_t programSize) {
  uint64_t offset = sizeof(FileHeader) + programSize;
  program.segments.clear();
  for (const SegmentData &data : segments) {
    offset = alignUp(offset, artifactPageSize);
    auto segment = std::make_unique<fmt::SegmentT>();
    segment->kind = data.kind;
    segment->name = data.name;
    segment->offset = offset;
    segment->size = data.size;
    program.segments.push_back(std::move(segment));
    offset += data.size;
  }
}

static FileHeader makeHeader(const fmt::ProgramT &program,
                             const flatbuffers::DetachedBuffer &bytes) {
  FileHeader header = {};
  std::memcpy(header.magic, artifactMagic, sizeof(header.magic));
  header.formatVersion = artifactFormatVersion;
  header.programOffset = sizeof(header);
  header.programSize = bytes.size();
  header.programChecksum = checksum(bytes.data(), bytes.size());
  header.fileSize = sizeof(header) + bytes.size();
  if (!program.segments.empty())
    header.fileSize =
        program.segments.back()->offset + program.segments.back()->size;
  header.headerChecksum =
      checksum(&header, offsetof(FileHeader, headerChecksum));
  return header;
}

static bool hasCallsPerTarget(const fmt::ProgramT &program) {
  for (const auto &block : program.blocks)
    for (const auto &instruction : block->instructions)
      if (const fmt::KernelCallT *call = instruction->call.AsKernelCall())
        if (!call->more_targets.empty())
          return true;
  return false;
}

static Status check(const fmt::ProgramT &program) {
  flatbuffers::DetachedBuffer bytes = serialize(program);
  Status checked = checkProgram(*fmt::GetProgram(bytes.data()),
                                makeHeader(program, bytes).fileSize);
  if (checked.isOk())
    return checked;
  return invalidArgument(checked.getMessage()).withContext("the program is not valid");
}

/// Fills in all but the segments' checksums. Gives the bytes of header and program.
static uint64_t planFile(fmt::ProgramT &program, const std::vector<SegmentData> &segments) {
  program.abi_version = hasCallsPerTarget(program) ? LZ_KERNEL_ABI_VERSION_TARGETS
                                                   : LZ_KERNEL_ABI_VERSION;
  program.layout_version = artifactLayoutVersion;
  describeSegments(program, segments, /*programSize=*/0);
  uint64_t headBytes = sizeof(FileHeader) + serialize(program).size();
  uint64_t at = headBytes;
  for (std::unique_ptr<fmt::SegmentT> &segment : program.segments) {
    segment->offset = at = alignUp(at, artifactPageSize);
    at += segment->size;
  }
  return headBytes;
}

/// Calls `write(bytes, size)` for what follows the first `headBytes` of the file, padding
/// included, and notes the checksums.
template <typename Write>
static Status writeSegments(fmt::ProgramT &program, const std::vector<SegmentData> &segments,
                            uint64_t headBytes, const Write &write) {
  static const char zeros[artifactPageSize] = {};
  uint64_t position = headBytes;
  for (size_t i = 0; i < segments.size(); ++i) {
    const SegmentData &segment = segments[i];
    std::vector<char> made;
    if (segment.make)
      made = segment.make();
    if (segment.make && made.size() != segment.size)
      return internalError(concat("segment ", quote(segment.name), " has ", made.size(),
                                  " bytes, expected ", segment.size));
    const void *data = segment.make ? made.data() : segment.data;
    program.segments[i]->checksum = checksum(data, segment.size);
    LZ_RETURN_IF_ERROR(write(zeros, program.segments[i]->offset - position));
    LZ_RETURN_IF_ERROR(write(data, segment.size));
    position = program.segments[i]->offset + segment.size;
  }
  return Status::success();
}

/// The first `headBytes` of the file, when all checksums are known.
static std::vector<char> makeHead(const fmt::ProgramT &program, uint64_t headBytes) {
  flatbuffers::DetachedBuffer bytes = serialize(program);
  FileHeader header = makeHeader(program, bytes);
  std::vector<char> head(sizeof(header) + bytes.size());
  assert(head.size() == headBytes && "the size must not depend on the numbers");
  (void)headBytes;
  std::memcpy(head.data(), &header, sizeof(header));
  std::memcpy(head.data() + sizeof(header), bytes.data(), bytes.size());
  return head;
}

StatusOr<std::vector<char>>
rt::serializeArtifact(fmt::ProgramT &program,
                      const std::vector<SegmentData> &segments, bool isChecked) {
  uint64_t headBytes = planFile(program, segments);
  if (isChecked)
    LZ_RETURN_IF_ERROR(check(program));
  std::vector<char> out;
  out.reserve(program.segments.empty()
                  ? headBytes
                  : program.segments.back()->offset + program.segments.back()->size);
  out.resize(headBytes);
  auto append = [&](const void *bytes, size_t size) {
    out.insert(out.end(), static_cast<const char *>(bytes),
               static_cast<const char *>(bytes) + size);
    return Status::success();
  };
  LZ_RETURN_IF_ERROR(writeSegments(program, segments, headBytes, append));
  std::vector<char> head = makeHead(program, headBytes);
  std::copy(head.begin(), head.end(), out.begin());
  return out;
}

namespace {

/// A file whose first bytes are written last. The others go in whole chunks from
/// multiples of their size on: a file system that can keeps what is written so in huge
/// pages, which are then mapped as such.
class ChunkedFile {
public:
  explicit ChunkedFile(const std::string &path) : file(path) {}

  /// The first `headBytes` are written at the end.
  Status open(uint64_t headBytes) {
    head.resize(headBytes);
    headCapacity = alignUp(headBytes, hugePageBytes);
    LZ_RETURN_IF_ERROR(file.open());
    return file.seek(headCapacity);
  }

  void setHead(const std::vector<char> &bytes) {
    std::copy(bytes.begin(), bytes.end(), head.begin());
  }

  Status write(const void *bytes, size_t size) {
    const char *at = static_cast<const char *>(bytes);
    size_t first = std::min<size_t>(size, headCapacity - head.size());
    head.insert(head.end(), at, at + first);
    at += first;
    size -= first;
    while (size > 0) {
      size_t part = std::min(size, hugePageBytes - chunk.size());
      if (chunk.empty() && size >= hugePageBytes) {
        part = size / hugePageBytes * hugePageBytes;
        LZ_RETURN_IF_ERROR(file.write(at, part));
      } else {
        chunk.insert(chunk.end(), at, at + part);
        if (chunk.size() == hugePageBytes)
          LZ_RETURN_IF_ERROR(flush());
      }
      at += part;
      size -= part;
    }
    return Status::success();
  }

  Status finish() {
    LZ_RETURN_IF_ERROR(flush());
    LZ_RETURN_IF_ERROR(file.seek(0));
    LZ_RETURN_IF_ERROR(file.write(head.data(), head.size()));
    return file.commit(Durability::Flushed);
  }

private:
  Status flush() {
    LZ_RETURN_IF_ERROR(file.write(chunk.data(), chunk.size()));
    chunk.clear();
    return Status::success();
  }

  AtomicFile file;
  std::vector<char> head;
  uint64_t headCapacity = 0;
  std::vector<char> chunk; ///< the end of the file, not written yet
};

} // namespace

Status rt::writeArtifact(const std::string &path, fmt::ProgramT &program,
                         const std::vector<SegmentData> &segments) {
  uint64_t headBytes = planFile(program, segments);
  LZ_RETURN_IF_ERROR(check(program));
  ChunkedFile file(path);
  LZ_RETURN_IF_ERROR(file.open(headBytes));
  auto write = [&](const void *bytes, size_t size) { return file.write(bytes, size); };
  LZ_RETURN_IF_ERROR(writeSegments(program, segments, headBytes, write));
  file.setHead(makeHead(program, headBytes));
  return file.finish();
}
