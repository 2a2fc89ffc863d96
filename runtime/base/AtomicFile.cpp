//===- AtomicFile.cpp - A file that appears only when it is whole ----------===//
//
// See AtomicFile.h. A file without a name cannot replace another one: it gets a
// temporary one first.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/AtomicFile.h"

#include "runtime/base/SignalHold.h"
#include "runtime/base/Text.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lz::rt;

static std::string getFolder(const std::string &path) {
  size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0)
    close(descriptor);
  if (!temporary.empty())
    unlink(temporary.c_str());
}

static constexpr const char *ownDescriptors = "/proc/self/fd/";

Status AtomicFile::open(mode_t mode) {
  if (access(ownDescriptors, X_OK) == 0) // without it the file could get no name
    descriptor = ::open(getFolder(target).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
  return descriptor >= 0 ? Status::success() : openNamed(mode);
}

Status AtomicFile::openNamed(mode_t mode) {
  temporary = concat(target, ".XXXXXX", suffix);
  descriptor = mkostemps(temporary.data(), static_cast<int>(std::strlen(suffix)), O_CLOEXEC);
  if (descriptor < 0) {
    temporary.clear();
    return failed();
  }
  // It is private so far.
  mode_t mask = umask(0);
  umask(mask);
  return fchmod(descriptor, mode & ~mask) == 0 ? Status::success() : failed();
}

Status AtomicFile::write(const void *bytes, size_t size) {
  const char *at = static_cast<const char *>(bytes);
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

Status AtomicFile::seek(uint64_t offset) {
  return lseek(descriptor, static_cast<off_t>(offset), SEEK_SET) < 0 ? failed()
                                                                     : Status::success();
}

/// Makes names in the folder durable; some file systems cannot, which is fine.
static void flushFolder(const std::string &folder) {
  int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return;
  (void)fsync(descriptor);
  close(descriptor);
}

/// Some file systems say only when a file is closed that they are full; the file itself
/// must be open to get a name. False with errno set.
static bool isTaken(int descriptor) {
  int copy = dup(descriptor);
  return copy >= 0 && close(copy) == 0;
}

Status AtomicFile::commit(Durability durability) {
  bool isFlushed = durability == Durability::Flushed;
  if (isFlushed ? fsync(descriptor) != 0 : !isTaken(descriptor))
    return failed();
  LZ_RETURN_IF_ERROR(rename());
  if (isFlushed)
    flushFolder(getFolder(target));
  return Status::success();
}

Status AtomicFile::rename() {
  SignalHold hold;
  std::string source = concat(ownDescriptors, descriptor);
  for (int attempt = 0; temporary.empty(); ++attempt) {
    std::string name = concat(target, '.', getpid(), '.', attempt, suffix);
    if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0)
      temporary = std::move(name);
    else if (errno != EEXIST || attempt == 100)
      return failed();
  }
  if (::rename(temporary.c_str(), target.c_str()) != 0) {
    Status error = failed();
    unlink(std::exchange(temporary, "").c_str());
    return error;
  }
  temporary.clear();
  return Status::success();
}

Status AtomicFile::failed() const {
  return ioError(concat("cannot write ", quote(target), ": ", std::strerror(errno)));
}
