//===- BufferPool.h - Memory of values that live between plans ------------===//
//
// Dynamic entries give and drop values all the time. The pool keeps a hold of
// every buffer it made; one that nobody else holds is given out again.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_BUFFERPOOL_H
#define LAZULI_RUNTIME_EXEC_BUFFERPOOL_H

#include "runtime/base/Buffer.h"

#include <memory>
#include <vector>

namespace lz::rt {

/// Of one session, hence of one thread at a time; but others may hold buffers
/// and let them go on any thread.
class BufferPool {
public:
  /// A buffer of at least `sizeBytes` and not much more that nobody holds, or
  /// null.
  std::shared_ptr<Buffer> find(uint64_t sizeBytes);

  /// A new one. Those that nobody holds are freed first when they have become
  /// more than what is in use.
  StatusOr<std::shared_ptr<Buffer>> add(uint64_t sizeBytes);

  /// Frees what nobody holds; returns the number of bytes.
  uint64_t trim();

  /// All bytes, in use or not.
  uint64_t getBytes() const { return numBytes; }

private:
  std::vector<std::shared_ptr<Buffer>> buffers;
  uint64_t numBytes = 0;
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_BUFFERPOOL_H
