//===- FileCache.cpp - Results kept on disk -------------------------------===//
//
// See FileCache.h. A file is a header (magic, key, size and checksum of the rest) and the
// bytes.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/FileCache.h"

#include "backends/cpu/BuildId.h"

#include "runtime/base/AtomicFile.h"
#include "runtime/base/Checksum.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lz;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

FileCache::Key FileCache::makeKey(llvm::ArrayRef<StringRef> parts) {
  llvm::BLAKE3 hasher;
  // With its length each part ends where it ends.
  auto add = [&](StringRef part) {
    hasher.update(llvm::utostr(part.size()) + ":");
    hasher.update(part);
  };
  add(getGeneratorId());
  for (StringRef part : parts)
    add(part);
  return hasher.final<sizeof(Key)>();
}

std::string FileCache::toHex(const Key &key) { return llvm::toHex(key, /*LowerCase=*/true); }

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

namespace {
struct Header {
  char magic[8];
  FileCache::Key key;
  uint64_t bytes; ///< behind the header
  uint64_t checksum;
};
} // namespace

static constexpr char kMagic[8] = {'L', 'Z', 'C', 'A', 'C', 'H', 'E', '1'};
static constexpr StringRef kExtension = ".lzc";

/// True if nobody but this user may change it. Root could change everything anyway.
static bool isPrivate(const struct stat &status) {
  return status.st_uid == ::geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH));
}

/// What a file says behind its header; none if it is not what was stored for the key.
static std::optional<std::string> readPayload(int file, const FileCache::Key &key) {
  struct stat status;
  if (::fstat(file, &status) || !S_ISREG(status.st_mode) || !isPrivate(status))
    return std::nullopt;
  // Read, not mapped: another process may cut it meanwhile.
  auto buffer = llvm::MemoryBuffer::getOpenFile(
      llvm::sys::fs::convertFDToNativeFile(file), "", status.st_size,
      /*RequiresNullTerminator=*/false, /*IsVolatile=*/true);
  Header header;
  if (!buffer || (*buffer)->getBufferSize() < sizeof(header))
    return std::nullopt;
  std::memcpy(&header, (*buffer)->getBufferStart(), sizeof(header));
  StringRef payload = (*buffer)->getBuffer().drop_front(sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) || header.key != key ||
      header.bytes != payload.size() ||
      rt::checksum(payload.data(), payload.size()) != header.checksum)
    return std::nullopt;
  return payload.str();
}

//===----------------------------------------------------------------------===//
// The folder
//===----------------------------------------------------------------------===//

static constexpr mode_t kFolderMode = S_IRWXU;

std::unique_ptr<FileCache> FileCache::open(const std::string &folder, std::string &why,
                                           uint64_t maxBytes) {
  if (getGeneratorId().empty()) {
    why = "nothing tells this build of the compiler from others";
    return nullptr;
  }
  std::error_code error = llvm::sys::fs::create_directories(
      folder, /*IgnoreExisting=*/true, static_cast<llvm::sys::fs::perms>(kFolderMode));
  struct stat status;
  if (error || ::stat(folder.c_str(), &status)) {
    why = "it can not be made: " + (error ? error.message() : std::string(std::strerror(errno)));
    return nullptr;
  }
  if (!S_ISDIR(status.st_mode)) {
    why = "found a file, expected a folder";
    return nullptr;
  }
  if (status.st_uid != ::geteuid()) {
    why = "it belongs to user " + llvm::utostr(status.st_uid) + ", expected " +
          llvm::utostr(::geteuid());
    return nullptr;
  }
  if (!isPrivate(status)) {
    char mode[8];
    std::snprintf(mode, sizeof(mode), "%03o", status.st_mode & 0777);
    why = std::string("others may write it (mode ") + mode + "), expected none that may";
    return nullptr;
  }
  return std::unique_ptr<FileCache>(new FileCache(folder, maxBytes));
}

FileCache::~FileCache() {
  if (numStored)
    trim();
}

std::string FileCache::getPath(const Key &key) const {
  return folder + "/" + toHex(key) + kExtension.str();
}

std::optional<std::string> FileCache::find(const Key &key) const {
  int file = ::open(getPath(key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0)
    return std::nullopt;
  std::optional<std::string> payload = readPayload(file, key);
  if (payload)
    ::futimens(file, nullptr); // its last use, by which trim() chooses
  ::close(file);
  return payload;
}

void FileCache::store(const Key &key, StringRef bytes) {
  Header header;
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.key = key;
  header.bytes = bytes.size();
  header.checksum = rt::checksum(bytes.data(), bytes.size());
  rt::AtomicFile file(getPath(key));
  if (file.open(S_IRUSR | S_IWUSR).isOk() && file.write(&header, sizeof(header)).isOk() &&
      file.write(bytes.data(), bytes.size()).isOk() &&
      file.commit(rt::Durability::None).isOk())
    ++numStored;
}

namespace {
struct CachedFile {
  std::string path;
  uint64_t bytes;
  llvm::sys::TimePoint<> used;
};
} // namespace

/// Only what this class has written; of temporary files those that a process left that
/// broke off.
static std::vector<CachedFile> listFiles(const std::string &folder) {
  std::vector<CachedFile> files;
  std::error_code error;
  auto now = std::chrono::system_clock::now();
  for (llvm::sys::fs::directory_iterator it(folder, error), end; it != end && !error;
       it.increment(error)) {
    bool isTemporary = StringRef(it->path()).ends_with(rt::AtomicFile::suffix);
    struct stat status;
    if ((!isTemporary && !StringRef(it->path()).ends_with(kExtension)) ||
        ::lstat(it->path().c_str(), &status) || !S_ISREG(status.st_mode))
      continue;
    auto used = llvm::sys::toTimePoint(status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    if (isTemporary && now - used > std::chrono::hours(1))
      ::unlink(it->path().c_str());
    else if (!isTemporary)
      files.push_back({it->path(), static_cast<uint64_t>(status.st_size), used});
  }
  return files;
}

/// To nine tenths of the bound, so that not each compilation has to. Processes that trim
/// at once drop the same files.
void FileCache::trim() const {
  std::vector<CachedFile> files = listFiles(folder);
  uint64_t bytes = 0;
  for (const CachedFile &file : files)
    bytes += file.bytes;
  if (bytes <= maxBytes)
    return;
  llvm::sort(files, [](const CachedFile &a, const CachedFile &b) { return a.used < b.used; });
  for (const CachedFile &file : files) {
    if (bytes <= maxBytes / 10 * 9)
      return;
    ::unlink(file.path.c_str());
    bytes -= file.bytes;
  }
}
