//===- BufferPool.cpp -----------------------------------------------------===//
//
// See BufferPool.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/BufferPool.h"

#include <algorithm>
#include <atomic>

using namespace lz::rt;

/// A buffer may be so much larger than what it is given out for.
static constexpr uint64_t maxWaste = 4;
static constexpr uint64_t smallBytes = 4096;

/// So much unused memory is never worth a search.
static constexpr uint64_t keptBytes = uint64_t(64) << 20;

/// Holders may be on other threads: what they wrote happened before.
static bool isFree(const std::shared_ptr<Buffer> &buffer) {
  if (buffer.use_count() != 1)
    return false;
  std::atomic_thread_fence(std::memory_order_acquire);
  return true;
}

std::shared_ptr<Buffer> BufferPool::find(uint64_t sizeBytes) {
  const std::shared_ptr<Buffer> *best = nullptr;
  for (const std::shared_ptr<Buffer> &buffer : buffers) {
    uint64_t size = buffer->getSize();
    if (size < sizeBytes || size / maxWaste > std::max(sizeBytes, smallBytes) ||
        (best && (*best)->getSize() <= size) || !isFree(buffer))
      continue;
    best = &buffer;
    if (size == sizeBytes)
      break;
  }
  return best ? *best : nullptr;
}

uint64_t BufferPool::trim() {
  uint64_t freed = 0;
  auto isUnused = [&](const std::shared_ptr<Buffer> &buffer) {
    bool free = isFree(buffer);
    freed += free ? buffer->getSize() : 0;
    return free;
  };
  buffers.erase(std::remove_if(buffers.begin(), buffers.end(), isUnused),
                buffers.end());
  numBytes -= freed;
  return freed;
}

StatusOr<std::shared_ptr<Buffer>> BufferPool::add(uint64_t sizeBytes) {
  uint64_t unused = 0;
  for (const std::shared_ptr<Buffer> &buffer : buffers)
    unused += isFree(buffer) ? buffer->getSize() : 0;
  if (unused > keptBytes && unused > numBytes - unused)
    trim();
  LZ_ASSIGN_OR_RETURN(Buffer buffer, Buffer::allocate(sizeBytes));
  buffers.push_back(std::make_shared<Buffer>(std::move(buffer)));
  numBytes += sizeBytes;
  return buffers.back();
}
