//===- Buffer.h - Aligned memory that reports failure
//----------------------===//
//
// Arenas, states and session-owned outputs. Zero-filled pages straight from
// the system where large, so that untouched parts cost nothing and freed ones
// go back at once.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_BASE_BUFFER_H
#define LAZULI_RUNTIME_BASE_BUFFER_H

#include "runtime/base/Status.h"

#include <cstdint>

namespace lz::rt {

/// What every buffer, arena offset, constant and state is aligned to.
constexpr uint64_t bufferAlignment = 64;

/// What processors and systems map at once where they can: fewer page faults when
/// memory is first touched, fewer misses of the TLB ever after.
constexpr uint64_t hugePageBytes = uint64_t(2) << 20;

/// Asks the system for huge pages in [pages, pages + sizeBytes); it need not grant them.
void requestHugePages(void *pages, uint64_t sizeBytes);

/// `value` rounded up to a multiple of `alignment` (a power of two); the caller
/// has made sure that it does not overflow.
constexpr uint64_t alignUp(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

/// Owns zero-initialized memory aligned to bufferAlignment. Movable.
class Buffer {
public:
  Buffer() = default;
  Buffer(Buffer &&other) noexcept { swap(other); }
  Buffer &operator=(Buffer &&other) noexcept {
    swap(other);
    return *this;
  }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  ~Buffer();

  /// Fails with ResourceExhausted. Zero bytes are fine: the pointer is not
  /// null.
  static StatusOr<Buffer> allocate(uint64_t sizeBytes);

  uint8_t *getData() const { return data; }
  uint64_t getSize() const { return size; }

private:
  void swap(Buffer &other) noexcept {
    std::swap(data, other.data);
    std::swap(size, other.size);
    std::swap(mappedBytes, other.mappedBytes);
  }

  uint8_t *data = nullptr;
  uint64_t size = 0;
  uint64_t mappedBytes = 0; ///< 0: from the heap
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_BASE_BUFFER_H
