//===- MemoryPlanner.cpp --------------------------------------------------===//
//
// See MemoryPlanner.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/MemoryPlanner.h"

#include "runtime/base/Buffer.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <numeric>

using namespace lz::rt;

static constexpr uint64_t maxArenaBytes = uint64_t(1) << 46;

namespace {
struct Placed {
  uint64_t begin;
  uint64_t end;
  uint32_t first;
  uint32_t last;
};
} // namespace

/// The start of the tightest gap of at least `size` bytes between the values in
/// `placed` (ordered by begin) that meet `life` in time; behind them all if
/// none.
static uint64_t findGap(const std::vector<Placed> &placed, const Lifetime &life,
                        uint64_t size) {
  uint64_t cursor = 0;
  uint64_t bestOffset = 0, bestGap = UINT64_MAX;
  for (const Placed &other : placed) {
    if (other.first > life.last || other.last < life.first)
      continue;
    if (other.begin > cursor) {
      uint64_t gap = other.begin - cursor;
      if (gap >= size && gap < bestGap) {
        bestGap = gap;
        bestOffset = cursor;
      }
    }
    cursor = std::max(cursor, other.end);
  }
  return bestGap == UINT64_MAX ? cursor : bestOffset;
}

StatusOr<MemoryPlan>
lz::rt::planMemory(const std::vector<Lifetime> &lifetimes) {
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return lifetimes[a].sizeBytes > lifetimes[b].sizeBytes;
  });
  MemoryPlan plan;
  plan.offsets.resize(lifetimes.size(), 0);
  std::vector<Placed> placed;
  placed.reserve(lifetimes.size());
  for (size_t i : order) {
    const Lifetime &life = lifetimes[i];
    if (life.sizeBytes == 0)
      continue;
    if (life.sizeBytes > maxArenaBytes)
      return resourceExhausted(
          concat("a value of ", life.sizeBytes, " bytes is too large"));
    uint64_t size = alignUp(life.sizeBytes, bufferAlignment);
    uint64_t offset = findGap(placed, life, size);
    if (offset + size > maxArenaBytes)
      return resourceExhausted(concat("the values of a run need more than ",
                                      maxArenaBytes, " bytes"));
    plan.offsets[i] = offset;
    plan.arenaBytes = std::max(plan.arenaBytes, offset + size);
    Placed entry{offset, offset + size, life.first, life.last};
    auto at = std::upper_bound(
        placed.begin(), placed.end(), entry,
        [](const Placed &a, const Placed &b) { return a.begin < b.begin; });
    placed.insert(at, entry);
  }
  return plan;
}

uint64_t lz::rt::getPeakLiveBytes(const std::vector<Lifetime> &lifetimes) {
  // The peak is reached where some value begins.
  uint64_t peak = 0;
  for (const Lifetime &at : lifetimes) {
    uint64_t live = 0;
    for (const Lifetime &other : lifetimes)
      if (other.first <= at.first && at.first <= other.last)
        live += alignUp(other.sizeBytes, bufferAlignment);
    peak = std::max(peak, live);
  }
  return peak;
}
