//===- BuildId.cpp - Which build of the compiler this is ------------------===//
//
// Linkers write a build id, a hash of what they made, into a note of each library; it is
// found through the segments that are mapped, so no file is opened.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/BuildId.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Path.h"

#include <cstring>
#include <link.h>
#include <sys/stat.h>

using namespace lz;
using llvm::StringRef;

namespace {
/// Looks for the loaded library or program that an address lies in.
struct ModuleSearch {
  uintptr_t address;
  std::string id; ///< its build id; empty: it has none
};
} // namespace

/// The bytes of the GNU build id in a segment of notes.
static std::string readBuildId(const char *notes, size_t bytes) {
  constexpr uint32_t kBuildId = 3;
  auto pad = [](size_t size) { return (size + 3) / 4 * 4; };
  while (bytes >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof(note));
    size_t begin = sizeof(note) + pad(note.n_namesz), size = begin + pad(note.n_descsz);
    if (size > bytes)
      break;
    if (note.n_type == kBuildId && StringRef(notes + sizeof(note), note.n_namesz) ==
                                       StringRef("GNU", 4)) // the zero at its end counts
      return {notes + begin, note.n_descsz};
    notes += size;
    bytes -= size;
  }
  return "";
}

static int visitModule(dl_phdr_info *info, size_t, void *data) {
  auto *search = static_cast<ModuleSearch *>(data);
  auto segments = llvm::ArrayRef(info->dlpi_phdr, info->dlpi_phnum);
  bool isHere = llvm::any_of(segments, [&](const ElfW(Phdr) &segment) {
    uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    return segment.p_type == PT_LOAD && search->address >= begin &&
           search->address < begin + segment.p_memsz;
  });
  if (!isHere)
    return 0;
  for (const ElfW(Phdr) &segment : segments)
    if (segment.p_type == PT_NOTE && search->id.empty())
      search->id = readBuildId(reinterpret_cast<const char *>(info->dlpi_addr + segment.p_vaddr),
                               segment.p_memsz);
  // Without one, the file's time and size stand for its build.
  struct stat file;
  const char *path = *info->dlpi_name ? info->dlpi_name : "/proc/self/exe";
  if (search->id.empty() && ::stat(path, &file) == 0)
    search->id = llvm::utostr(file.st_mtim.tv_sec) + "." + llvm::utostr(file.st_mtim.tv_nsec) +
                 "." + llvm::utostr(file.st_size);
  return 1;
}

/// Of the module that holds what lies at `address`.
static std::string getBuildId(const void *address) {
  ModuleSearch search{reinterpret_cast<uintptr_t>(address), ""};
  ::dl_iterate_phdr(visitModule, &search);
  return search.id;
}

const std::string &lz::getGeneratorId() {
  static const std::string generator = [] {
    auto address = [](auto *function) { return reinterpret_cast<const void *>(function); };
    std::string text = "lazuli 1;";
    for (const void *where : {address(&readBuildId), address(&mlir::isOpaqueTypeWithName),
                              address(&llvm::sys::path::is_separator)}) {
      std::string id = getBuildId(where);
      if (id.empty())
        return std::string();
      text += llvm::toHex(id) + ";";
    }
    return text + LLVM_VERSION_STRING;
  }();
  return generator;
}
