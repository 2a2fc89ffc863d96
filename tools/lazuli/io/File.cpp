//===- File.cpp ---------------------------------------------------------------===//
//
// See File.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/File.h"

#include "tools/lazuli/Failure.h"

#include "runtime/base/AtomicFile.h"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace lz;
using namespace lz::cli;

namespace {
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int get() const { return number; }
  /// False with errno set if the system reports a late error.
  bool close() {
    int closing = std::exchange(number, -1);
    return closing < 0 || ::close(closing) == 0;
  }

private:
  int number;
};
} // namespace

[[noreturn]] static void failWith(const char *action, const std::string &path, int error) {
  failIo("cannot ", action, ' ', rt::quote(path), ": ", std::strerror(error));
}

std::vector<uint8_t> cli::readFile(const std::string &path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0)
    failWith("read", path, errno);
  if (S_ISDIR(info.st_mode))
    failWith("read", path, EISDIR);
  std::vector<uint8_t> bytes(static_cast<size_t>(info.st_size));
  size_t done = 0;
  while (true) {
    if (done == bytes.size())
      bytes.resize(done + (S_ISREG(info.st_mode) ? 1 : 65536)); // notices what grew meanwhile
    ssize_t got = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      failWith("read", path, errno);
    if (got == 0)
      break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

std::string cli::readTextFile(const std::string &path) {
  std::vector<uint8_t> bytes = readFile(path);
  return std::string(bytes.begin(), bytes.end());
}

/// False with errno set.
static bool writeAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t wrote = ::write(file, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

/// True if something other than a regular file is there.
static bool isSpecial(const std::string &path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
}

static void writeInPlace(const std::string &path, std::string_view bytes) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0 || !writeAll(file.get(), bytes) || !file.close())
    failWith("write", path, errno);
}

void cli::writeFile(const std::string &path, std::string_view bytes) {
  if (isSpecial(path))
    return writeInPlace(path, bytes);
  rt::AtomicFile file(path);
  rt::Status status = file.open();
  if (status.isOk())
    status = file.write(bytes.data(), bytes.size());
  if (status.isOk())
    status = file.commit(rt::Durability::None);
  if (!status.isOk())
    failIo(status.getMessage());
}

void cli::requireWritable(const std::string &path) {
  if (isSpecial(path))
    failIo("cannot write ", rt::quote(path), ": it is no regular file");
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty())
    folder = ".";
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0)
    failIo("cannot write ", rt::quote(path), ": the folder ", rt::quote(folder), ": ",
           std::strerror(errno));
  if (!S_ISDIR(info.st_mode))
    failIo("cannot write ", rt::quote(path), ": ", rt::quote(folder), " is no folder");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    failWith("write", path, errno);
}

void cli::makeFolder(const std::string &path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    failIo("cannot make the folder ", rt::quote(path), ": ", error.message());
}

/// What an interrupt removes: the latest temporary file; "" if there is none.
static char interruptedPath[PATH_MAX];

/// Only functions that are safe in a signal handler; then the signal does its work.
static void removeOnInterrupt(int signal) {
  if (*interruptedPath)
    ::unlink(interruptedPath);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

static void guardFromInterrupts(const std::string &path) {
  if (path.size() >= sizeof(interruptedPath))
    return;
  std::memcpy(interruptedPath, path.c_str(), path.size() + 1);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_DFL)
      continue; // ignored, as under nohup
    action.sa_handler = removeOnInterrupt;
    ::sigaction(signal, &action, nullptr);
  }
}

TemporaryFile::TemporaryFile(const std::string &suffix) {
  const char *folder = std::getenv("TMPDIR");
  path = rt::concat(folder && *folder ? folder : "/tmp", "/lazuli-XXXXXX", suffix);
  Descriptor file(::mkostemps(path.data(), static_cast<int>(suffix.size()), O_CLOEXEC));
  if (file.get() < 0)
    failWith("make the temporary file", path, errno);
  guardFromInterrupts(path);
}

TemporaryFile::~TemporaryFile() {
  ::unlink(path.c_str());
  if (path == interruptedPath)
    *interruptedPath = 0;
}

std::string cli::getExtension(const std::string &path) {
  std::string extension = std::filesystem::path(path).extension();
  for (char &c : extension)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}
