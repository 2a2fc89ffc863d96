//===- AtomicFile.h - A file that appears only when it is whole ------------===//
//
// How everything here writes files. Until commit() the bytes have no name where the
// file system can do so (else one ending in `suffix` beside the target), so that
// neither a failure nor an interrupt leaves anything, and what stood there stays.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_BASE_ATOMICFILE_H
#define LAZULI_RUNTIME_BASE_ATOMICFILE_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace lz::rt {

/// Whether a file must survive a crash of the machine right after it was written.
enum class Durability { None, Flushed };

/// Errors are IO_ERROR, name the target and say the system's reason.
class AtomicFile {
public:
  /// What temporary names end with.
  static constexpr const char *suffix = ".tmp";

  explicit AtomicFile(std::string target) : target(std::move(target)) {}
  ~AtomicFile();
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;

  /// An empty file; the process's mask takes permissions from `mode`.
  Status open(mode_t mode = 0666);
  Status write(const void *bytes, size_t size);
  /// The next write begins `offset` bytes behind the file's begin.
  Status seek(uint64_t offset);
  /// Replaces the target. A signal that would end the process while the file has its
  /// temporary name takes effect after it; actions set for SIGINT, SIGTERM and SIGHUP
  /// are put aside for that moment.
  Status commit(Durability durability);

private:
  Status openNamed(mode_t mode);
  Status rename();
  Status failed() const;

  std::string target;
  std::string temporary; ///< "": the file has no name
  int descriptor = -1;
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_BASE_ATOMICFILE_H
