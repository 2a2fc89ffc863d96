//===- LinkImage.cpp - link objects into one import-free image ------------===//
//
// LLD links the kernels' objects as a shared library whose code and constants lie in one
// section. The section's bytes are the image. Anything a dynamic linker would have to do
// (an import, a relocation, writable data) is our defect and is refused. No file is
// written, so that an interrupt leaves nothing behind.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Codegen.h"

#include "lld/Common/Driver.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <utility>

LLD_HAS_DRIVER(elf)

using namespace llvm;

namespace lz::cpu {
namespace {

constexpr StringLiteral kScript = R"(SECTIONS {
  .image ALIGN(4096) : { *(.text .text.*) . = ALIGN(64); *(.rodata .rodata.* .data.rel.ro .data.rel.ro.*) }
  .writable : { *(.data .data.* .bss .bss.* .tdata .tbss) }
  /DISCARD/ : { *(.comment) *(.note .note.*) *(.eh_frame) *(.debug*) *(.llvm*) }
}
)";

/// A file in memory that has a path while it lives: LLD reads and writes paths only,
/// and an interrupt must leave nothing behind.
class MemoryFile {
public:
  static FailureOr<MemoryFile> create(const char *name, StringRef bytes, std::string &error) {
    MemoryFile file;
    file.descriptor = ::memfd_create(name, MFD_CLOEXEC);
    if (file.descriptor >= 0) {
      raw_fd_ostream os(file.descriptor, /*shouldClose=*/false);
      os << bytes;
      os.flush();
      if (!os.has_error())
        return file;
      os.clear_error(); // else the stream's end is that of the process
    }
    error = (Twine("cannot keep ") + name + " in memory: " + std::strerror(errno)).str();
    return failure();
  }
  MemoryFile(MemoryFile &&other) : descriptor(std::exchange(other.descriptor, -1)) {}
  ~MemoryFile() {
    if (descriptor >= 0)
      ::close(descriptor);
  }
  std::string getPath() const { return "/proc/self/fd/" + std::to_string(descriptor); }

private:
  MemoryFile() = default;
  int descriptor = -1;
};

/// The objects as one archive: a file for each would be many open files.
FailureOr<std::string> makeArchive(ArrayRef<std::pair<std::string, std::string>> namedObjects,
                                   std::string &error) {
  std::vector<NewArchiveMember> members;
  for (const auto &[name, object] : namedObjects)
    members.emplace_back(MemoryBufferRef(object, name));
  Expected<std::unique_ptr<MemoryBuffer>> archive =
      writeArchiveToBuffer(members, SymtabWritingMode::NoSymtab, object::Archive::K_GNU,
                           /*Deterministic=*/true, /*Thin=*/false);
  if (archive)
    return (*archive)->getBuffer().str();
  error = "internal error: kernels do not become an archive: " + toString(archive.takeError());
  return failure();
}

/// LLD's state is global: one link at a time, and none after one that broke off.
LogicalResult runLld(ArrayRef<const char *> args, std::string &error) {
  static std::mutex mutex;
  static bool isUsable = true;
  std::lock_guard<std::mutex> lock(mutex);
  if (!isUsable) {
    error = "internal error: an earlier link broke off, no other can follow";
    return failure();
  }
  std::string out, err;
  raw_string_ostream outStream(out), errStream(err);
  lld::Result result =
      lld::lldMain(args, outStream, errStream, {{lld::Gnu, &lld::elf::link}});
  isUsable = result.canRunAgain;
  if (result.retCode != 0)
    error = "internal error: generated code does not link by itself: " + err;
  return success(result.retCode == 0);
}

/// Collects what is written to a pipe, whose path LLD takes for its output: beside a
/// regular file it would try a temporary one.
class OutputPipe {
public:
  OutputPipe() {
    if (::pipe2(ends, O_CLOEXEC) == 0)
      reader = std::thread([this] { read(); });
  }
  ~OutputPipe() { (void)finish(); }

  bool isOpen() const { return reader.joinable(); }
  std::string getPath() const { return "/proc/self/fd/" + std::to_string(ends[1]); }
  /// All that was written; nobody may write any more.
  std::string finish() {
    if (!isOpen())
      return "";
    ::close(ends[1]);
    reader.join();
    ::close(ends[0]);
    return std::move(bytes);
  }

private:
  void read() {
    char part[1 << 16];
    for (;;) {
      ssize_t got = ::read(ends[0], part, sizeof(part));
      if (got == 0 || (got < 0 && errno != EINTR))
        return;
      bytes.append(part, std::max<ssize_t>(got, 0));
    }
  }
  int ends[2] = {-1, -1};
  std::string bytes;
  std::thread reader;
};

/// Refuses sections that would need work at load time.
LogicalResult checkSections(const object::ELF64LEObjectFile &file, std::string &error) {
  for (object::ELFSectionRef section : file.sections()) {
    Expected<StringRef> name = section.getName();
    if (!name) {
      error = toString(name.takeError());
      return failure();
    }
    bool relocations =
        section.getType() == ELF::SHT_RELA || section.getType() == ELF::SHT_RELR;
    bool writable = (section.getFlags() & ELF::SHF_WRITE) && *name != ".dynamic" &&
                    *name != ".relro_padding";
    if (section.getSize() == 0 || !(relocations || writable))
      continue;
    error = ("internal error: generated code has a section '" + *name + "' of " +
             Twine(section.getSize()) + " bytes, expected neither relocations nor "
             "writable data")
                .str();
    return failure();
  }
  return success();
}

FailureOr<CodeImage> readImage(const object::ELF64LEObjectFile &file,
                               ArrayRef<std::pair<std::string, std::string>> kernels,
                               std::string &error) {
  if (failed(checkSections(file, error)))
    return failure();
  CodeImage image;
  uint64_t base = 0;
  for (object::ELFSectionRef section : file.sections()) {
    if (cantFail(section.getName()) != ".image")
      continue;
    StringRef bytes = cantFail(section.getContents());
    image.bytes.assign(bytes.begin(), bytes.end());
    base = section.getAddress();
  }
  StringMap<uint64_t> offsets;
  for (const object::SymbolRef &symbol : file.symbols())
    offsets[cantFail(symbol.getName())] = cantFail(symbol.getAddress());
  for (const auto &[name, object] : kernels) {
    auto it = offsets.find(name);
    if (it == offsets.end()) {
      error = "internal error: kernel '" + name + "' is missing from its object";
      return failure();
    }
    image.entries.emplace_back(name, it->second - base);
  }
  return image;
}

} // namespace

FailureOr<CodeImage>
linkImage(ArrayRef<std::pair<std::string, std::string>> namedObjects, std::string &error) {
  if (namedObjects.empty())
    return CodeImage();
  FailureOr<std::string> archive = makeArchive(namedObjects, error);
  if (failed(archive))
    return failure();
  FailureOr<MemoryFile> script = MemoryFile::create("linker script", kScript, error);
  FailureOr<MemoryFile> objects = MemoryFile::create("kernel objects", *archive, error);
  if (failed(script) || failed(objects))
    return failure();
  OutputPipe pipe;
  if (!pipe.isOpen()) {
    error = std::string("cannot make a pipe: ") + std::strerror(errno);
    return failure();
  }
  std::string scriptArg = "--script=" + script->getPath(), input = objects->getPath(),
              output = pipe.getPath();
  const char *args[] = {"ld.lld",      "-shared",         "-z",
                        "defs",        "-Bsymbolic",      "--build-id=none",
                        "--threads=1", scriptArg.c_str(), "-o",
                        output.c_str(), "--whole-archive", input.c_str()};
  if (failed(runLld(args, error)))
    return failure();
  std::string image = pipe.finish();
  auto file = object::ObjectFile::createELFObjectFile(MemoryBufferRef(image, "linked image"));
  if (!file) {
    error = toString(file.takeError());
    return failure();
  }
  return readImage(*cast<object::ELF64LEObjectFile>(file->get()), namedObjects, error);
}

} // namespace lz::cpu
