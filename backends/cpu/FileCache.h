//===- FileCache.h - Results kept on disk ---------------------------------===//
//
// A folder of small files, each named by a hash of all that decides its contents. What is
// read is checked, and nothing that goes wrong here is an error of the compilation: what
// is not found is made again.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_FILECACHE_H
#define LAZULI_BACKENDS_CPU_FILECACHE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace lz {

/// Several threads may use one, several processes the same folder.
class FileCache {
public:
  using Key = std::array<uint8_t, 32>;
  static constexpr uint64_t kMaxBytes = 256 << 20;

  /// Uses the folder, which is made with its parents where it is missing, for the user
  /// alone. Null, and in `why` what was found and what was expected, if it can not be made,
  /// is somebody else's, or others may write it: code that is read from it is run.
  static std::unique_ptr<FileCache> open(const std::string &folder, std::string &why,
                                         uint64_t maxBytes = kMaxBytes);
  /// Drops what was not used for longest where the folder has grown beyond its bound.
  ~FileCache();

  /// Of these texts, and the builds of this compiler, MLIR and LLVM.
  static Key makeKey(llvm::ArrayRef<llvm::StringRef> parts);
  static std::string toHex(const Key &key);

  /// What was stored for that key; none if there is no intact file for it.
  std::optional<std::string> find(const Key &key) const;
  /// Keeps bytes, if they can be written.
  void store(const Key &key, llvm::StringRef bytes);

private:
  FileCache(std::string folder, uint64_t maxBytes)
      : folder(std::move(folder)), maxBytes(maxBytes) {}
  std::string getPath(const Key &key) const;
  void trim() const;

  std::string folder;
  uint64_t maxBytes;
  std::atomic<size_t> numStored{0};
};

} // namespace lz

#endif // LAZULI_BACKENDS_CPU_FILECACHE_H
