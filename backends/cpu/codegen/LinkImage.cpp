//===- LinkImage.cpp - link objects into one import-free image ------------===//
//
// LLD links the kernels' objects as a shared library whose code and constants lie in one
// section. The section's bytes are the image. Anything a dynamic linker
// would have to do (an import, a relocation, writable data) is our defect and is refused.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Codegen.h"

#include "lld/Common/CommonLinkerContext.h"
#include "lld/Common/Driver.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <mutex>

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

/// A directory that is removed with what it holds.
class TempDir {
public:
  static FailureOr<TempDir> create(std::string &error) {
    TempDir dir;
    if (auto ec = sys::fs::createUniqueDirectory("lazuli-link", dir.path)) {
      error = "cannot create a temporary directory: " + ec.message();
      return failure();
    }
    return dir;
  }
  TempDir(TempDir &&other) : path(std::move(other.path)) { other.path.clear(); }
  ~TempDir() {
    if (!path.empty())
      sys::fs::remove_directories(path);
  }
  std::string file(const Twine &name) const {
    SmallString<128> full(path);
    sys::path::append(full, name);
    return std::string(full);
  }

private:
  TempDir() = default;
  SmallString<128> path;
};

LogicalResult writeFile(const std::string &path, StringRef bytes, std::string &error) {
  std::error_code ec;
  raw_fd_ostream os(path, ec);
  os << bytes;
  os.close();
  if (!ec)
    ec = os.error();
  os.clear_error(); // else the stream's end is that of the process
  if (ec)
    error = "cannot write " + path + ": " + ec.message();
  return success(!ec);
}

/// LLD's state is global: one link at a time.
LogicalResult runLld(ArrayRef<const char *> args, std::string &error) {
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::string out, err;
  raw_string_ostream outStream(out), errStream(err);
  bool ok = lld::elf::link(args, outStream, errStream, /*exitEarly=*/false,
                           /*disableOutput=*/false);
  lld::CommonLinkerContext::destroy();
  if (!ok)
    error = "internal error: generated code does not link by itself: " + err;
  return success(ok);
}

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
  FailureOr<TempDir> dir = TempDir::create(error);
  if (failed(dir))
    return failure();
  SmallVector<std::string> paths = {dir->file("image.ld"), dir->file("image.so")};
  if (failed(writeFile(paths[0], kScript, error)))
    return failure();
  for (const auto &[index, object] : llvm::enumerate(namedObjects)) {
    paths.push_back(dir->file(Twine(index) + ".o"));
    if (failed(writeFile(paths.back(), object.second, error)))
      return failure();
  }
  std::string script = "--script=" + paths[0];
  SmallVector<const char *> args = {"ld.lld",       "-shared",     "-z",
                                    "defs",         "-Bsymbolic",  "--build-id=none",
                                    "--threads=1",  script.c_str(), "-o",
                                    paths[1].c_str()};
  for (const std::string &path : ArrayRef(paths).drop_front(2))
    args.push_back(path.c_str());
  if (failed(runLld(args, error)))
    return failure();
  auto buffer = MemoryBuffer::getFile(paths[1]);
  if (!buffer) {
    error = "cannot read " + paths[1] + ": " + buffer.getError().message();
    return failure();
  }
  auto file = object::ObjectFile::createELFObjectFile((*buffer)->getMemBufferRef());
  if (!file) {
    error = toString(file.takeError());
    return failure();
  }
  return readImage(*cast<object::ELF64LEObjectFile>(file->get()), namedObjects, error);
}

} // namespace lz::cpu
