//===- Writer.cpp ---------------------------------------------------------===//
//
// See Writer.h. The program's size does not depend on the numbers in it, so it
// is serialized once with room for offsets, then again with the right ones.
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

namespace {
/// Everything of a file but the segments' own bytes.
struct Layout {
  FileHeader header;
  flatbuffers::DetachedBuffer program;
};
} // namespace

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
    segment->checksum = checksum(data.data, data.size);
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

static StatusOr<Layout> makeLayout(fmt::ProgramT &program,
                                   const std::vector<SegmentData> &segments,
                                   bool check) {
  program.abi_version = hasCallsPerTarget(program) ? LZ_KERNEL_ABI_VERSION_TARGETS
                                                   : LZ_KERNEL_ABI_VERSION;
  program.layout_version = artifactLayoutVersion;
  describeSegments(program, segments, /*programSize=*/0);
  uint64_t programSize = serialize(program).size();
  for (size_t i = 0, at = sizeof(FileHeader) + programSize; i < segments.size();
       ++i) {
    program.segments[i]->offset = at = alignUp(at, artifactPageSize);
    at += segments[i].size;
  }
  Layout layout;
  layout.program = serialize(program);
  assert(layout.program.size() == programSize &&
         "the size must not depend on the numbers");
  layout.header = makeHeader(program, layout.program);
  if (!check)
    return layout;
  Status checked = checkProgram(*fmt::GetProgram(layout.program.data()),
                                layout.header.fileSize);
  if (!checked.isOk())
    return invalidArgument(checked.getMessage())
        .withContext("the program is not valid");
  return layout;
}

/// Calls `write(bytes, size)` for the parts of the file in order, padding
/// included.
template <typename Write>
static Status emit(const Layout &layout, const fmt::ProgramT &program,
                   const std::vector<SegmentData> &segments,
                   const Write &write) {
  static const char zeros[artifactPageSize] = {};
  LZ_RETURN_IF_ERROR(write(&layout.header, sizeof(layout.header)));
  LZ_RETURN_IF_ERROR(write(layout.program.data(), layout.program.size()));
  uint64_t position = sizeof(layout.header) + layout.program.size();
  for (size_t i = 0; i < segments.size(); ++i) {
    LZ_RETURN_IF_ERROR(write(zeros, program.segments[i]->offset - position));
    LZ_RETURN_IF_ERROR(write(segments[i].data, segments[i].size));
    position = program.segments[i]->offset + segments[i].size;
  }
  return Status::success();
}

StatusOr<std::vector<char>>
rt::serializeArtifact(fmt::ProgramT &program,
                      const std::vector<SegmentData> &segments, bool check) {
  LZ_ASSIGN_OR_RETURN(Layout layout, makeLayout(program, segments, check));
  std::vector<char> out;
  out.reserve(layout.header.fileSize);
  LZ_RETURN_IF_ERROR(
      emit(layout, program, segments, [&](const void *bytes, size_t size) {
        out.insert(out.end(), static_cast<const char *>(bytes),
                   static_cast<const char *>(bytes) + size);
        return Status::success();
      }));
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

  Status open() {
    size_t slash = path.find_last_of('/');
    std::string folder =
        slash == std::string::npos ? "." : path.substr(0, slash + 1);
    descriptor = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    return descriptor >= 0 ? Status::success() : openNamed();
  }

  /// In whole chunks from multiples of their size on: a file system that can keeps
  /// what is written so in huge pages, which are then mapped as such.
  Status write(const void *bytes, size_t size) {
    const char *at = static_cast<const char *>(bytes);
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
    if (fsync(descriptor) != 0 || !hasName() ||
        rename(temporary.c_str(), path.c_str()) != 0)
      return failed();
    temporary.clear();
    return Status::success();
  }

private:
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
  std::vector<char> chunk; ///< the end of the file, not written yet
};

} // namespace

Status rt::writeArtifact(const std::string &path, fmt::ProgramT &program,
                         const std::vector<SegmentData> &segments) {
  LZ_ASSIGN_OR_RETURN(Layout layout,
                      makeLayout(program, segments, /*check=*/true));
  AtomicFile file(path);
  LZ_RETURN_IF_ERROR(file.open());
  LZ_RETURN_IF_ERROR(
      emit(layout, program, segments, [&](const void *bytes, size_t size) {
        return file.write(bytes, size);
      }));
  return file.finish();
}
