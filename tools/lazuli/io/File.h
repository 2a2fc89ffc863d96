//===- File.h - Whole files ---------------------------------------------------===//
//
// Reads files at once and writes them so that no reader ever sees a part: to a
// temporary beside, then renamed. Every failure names the file and says why.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_FILE_H
#define LAZULI_TOOLS_LAZULI_IO_FILE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lz::cli {

std::vector<uint8_t> readFile(const std::string &path);
std::string readTextFile(const std::string &path);

/// Replaces `path` by `bytes`. What exists and is no regular file (a device, a
/// pipe) is written in place.
void writeFile(const std::string &path, std::string_view bytes);

/// Fails if nothing could be written at `path` later: its folder is missing or
/// read-only, or a folder or device is there.
void requireWritable(const std::string &path);

/// Makes the folder `path` and those above it.
void makeFolder(const std::string &path);

/// A name for a temporary file ending in `suffix`, which exists and is empty.
/// Removed when the object goes.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &suffix);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;
  const std::string &getPath() const { return path; }

private:
  std::string path;
};

/// ".npy" of "a/b.NPY"; "" without one.
std::string getExtension(const std::string &path);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_FILE_H
