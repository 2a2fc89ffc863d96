//===- Writer.cpp ---------------------------------------------------------===//
//
// See Writer.h. The program's size does not depend on the numbers in it, so it
// is serialized once for its size, which gives the offsets. Segments are written
// behind the place that it will have, and it follows when their checksums are known.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Writer.h"

#include "runtime/base/Buffer.h"
#include "runtime/base/Checksum.h"
#include "runtime/base/Text.h"
#include "runtime/format/Check.h"
#include "runtime/format/FileHeader.h"
#include "runtime/format/KernelAbi.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

/// A file that exists under its final name only once it is complete. Where the
/// file system can, it has no name until then, so that an interrupt leaves
/// nothing.
class AtomicFile {
public:
  explicit AtomicFile(const std::string &path) : path(path) {}
  ~AtomicFile() {
    if (descriptor >= 0)
      close(descriptor);
    if (!temporary.empty())
      unlink(temporary.c_str());
  }

  /// The first `headBytes` are written at the end.
  Status open(uint64_t headBytes) {
    head.resize(headBytes);
    headCapacity = alignUp(headBytes, hugePageBytes);
    LZ_RETURN_IF_ERROR(openDescriptor());
    return seek(headCapacity);
  }

  void setHead(const std::vector<char> &bytes) {
    std::copy(bytes.begin(), bytes.end(), head.begin());
  }

  /// In whole chunks from multiples of their size on: a file system that can keeps
  /// what is written so in huge pages, which are then mapped as such.
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
        LZ_RETURN_IF_ERROR(writeNow(at, part));
      } else {
        chunk.insert(chunk.end(), at, at + part);
      }
      at += part;
      size -= part;
      if (chunk.size() == hugePageBytes)
        LZ_RETURN_IF_ERROR(flush());
    }
    return Status::success();
  }

  Status finish() {
    LZ_RETURN_IF_ERROR(flush());
    LZ_RETURN_IF_ERROR(seek(0));
    LZ_RETURN_IF_ERROR(writeNow(head.data(), head.size()));
    if (fsync(descriptor) != 0 || !hasName() ||
        rename(temporary.c_str(), path.c_str()) != 0)
      return failed();
    temporary.clear();
    return Status::success();
  }

private:
  Status openDescriptor() {
    size_t slash = path.find_last_of('/');
    std::string folder =
        slash == std::string::npos ? "." : path.substr(0, slash + 1);
    descriptor = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    return descriptor >= 0 ? Status::success() : openNamed();
  }

  Status seek(uint64_t offset) {
    return lseek(descriptor, static_cast<off_t>(offset), SEEK_SET) < 0 ? failed()
                                                                       : Status::success();
  }

  Status flush() {
    LZ_RETURN_IF_ERROR(writeNow(chunk.data(), chunk.size()));
    chunk.clear();
    return Status::success();
  }

  Status writeNow(const char *at, size_t size) {
    while (size > 0) {
      ssize_t written = ::write(descriptor, at, size);
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return failed();
      at += written;
      size -= static_cast<size_t>(written);
    }
    return Status::success();
  }

  Status openNamed() {
    temporary = path + ".XXXXXX";
    descriptor = mkostemp(temporary.data(), O_CLOEXEC);
    if (descriptor < 0) {
      temporary.clear();
      return failed();
    }
    mode_t mask = umask(0);
    umask(mask);
    return fchmod(descriptor, 0666 & ~mask) == 0 ? Status::success() : failed();
  }

  /// Gives the file a name if it has none: only a name can replace another.
  bool hasName() {
    if (!temporary.empty())
      return true;
    std::string source = concat("/proc/self/fd/", descriptor);
    for (int attempt = 0; attempt < 100; ++attempt) {
      std::string name = concat(path, '.', getpid(), '.', attempt);
      if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(),
                 AT_SYMLINK_FOLLOW) == 0) {
        temporary = std::move(name);
        return true;
      }
      if (errno != EEXIST)
        return false;
    }
    return false;
  }

  Status failed() {
    return ioError(
        concat("cannot write ", quote(path), ": ", std::strerror(errno)));
  }

  const std::string &path;
  std::string temporary;
  int descriptor = -1;
  std::vector<char> head;  ///< the file's first bytes, which are written last
  uint64_t headCapacity = 0;
  std::vector<char> chunk; ///< the end of the file, not written yet
};

} // namespace

Status rt::writeArtifact(const std::string &path, fmt::ProgramT &program,
                         const std::vector<SegmentData> &segments) {
  uint64_t headBytes = planFile(program, segments);
  LZ_RETURN_IF_ERROR(check(program));
  AtomicFile file(path);
  LZ_RETURN_IF_ERROR(file.open(headBytes));
  auto write = [&](const void *bytes, size_t size) { return file.write(bytes, size); };
  LZ_RETURN_IF_ERROR(writeSegments(program, segments, headBytes, write));
  file.setHead(makeHead(program, headBytes));
  return file.finish();
}
