//===- Replay.cpp - Runs a fuzz target over files -------------------------===//
//
// The regression half of a fuzzer, for every compiler: gives each file that is
// named, or lies below a folder that is named, to the target once.
//
//===----------------------------------------------------------------------===//

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// Files below `path`, or `path` itself, in the order of their names.
static std::vector<std::string> listFiles(const std::string &path) {
  if (!llvm::sys::fs::is_directory(path))
    return {path};
  std::vector<std::string> files;
  std::error_code error;
  for (llvm::sys::fs::recursive_directory_iterator it(path, error), end;
       it != end && !error; it.increment(error))
    if (!llvm::sys::fs::is_directory(it->path()))
      files.push_back(it->path());
  std::sort(files.begin(), files.end());
  return files;
}

/// The longest that a file may take, in seconds: hostile ones must be refused
/// soon, and a sanitized build is some ten times slower than a release.
static constexpr double kLimit = 20;

int main(int argc, char **argv) {
  int count = 0, slow = 0;
  for (int i = 1; i < argc; ++i)
    for (const std::string &path : listFiles(argv[i])) {
      auto buffer = llvm::MemoryBuffer::getFile(path);
      if (!buffer) {
        llvm::errs() << path << ": " << buffer.getError().message() << "\n";
        return 1;
      }
      // Said before, so that a crash has the name above it.
      llvm::outs() << path << "\n";
      llvm::outs().flush();
      auto begin = std::chrono::steady_clock::now();
      LLVMFuzzerTestOneInput(
          reinterpret_cast<const uint8_t *>((*buffer)->getBufferStart()),
          (*buffer)->getBufferSize());
      std::chrono::duration<double> seconds =
          std::chrono::steady_clock::now() - begin;
      if (seconds.count() > kLimit) {
        llvm::errs() << path << ": took " << seconds.count()
                     << " s, expected at most " << kLimit << "\n";
        ++slow;
      }
      ++count;
    }
  llvm::outs() << count << " files\n";
  if (count == 0)
    llvm::errs() << "there are no files to run, expected at least one\n";
  return count == 0 || slow != 0;
}
