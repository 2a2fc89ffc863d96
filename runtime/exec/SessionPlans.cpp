//===- SessionPlans.cpp ---------------------------------------------------===//
//
// The plan cache of a session (Session.h). Plans are kept by shapes, least
// recently used ones go first when a limit is met. The arena is as large as the
// largest plan in the cache needs.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/Session.h"

#include <algorithm>

using namespace lz;
using namespace lz::rt;

/// Finding a plan is a walk over all of them.
static constexpr size_t maxPlans = 256;

Plan *Session::findPlan() {
  for (const std::unique_ptr<Plan> &candidate : plans)
    if (candidate->entry == entry &&
        candidate->inputDims == bindings[entry].inputDims)
      return candidate.get();
  return nullptr;
}

Plan *Session::findPlan(const Segment &segment,
                        const std::vector<int64_t> &symbols) {
  for (const std::unique_ptr<Plan> &candidate : plans) {
    if (candidate->segment != &segment)
      continue;
    bool isEqual = true;
    for (size_t i = 0; i < segment.symbols.size() && isEqual; ++i)
      isEqual = candidate->symbols[i] == symbols[segment.symbols[i]];
    if (isEqual)
      return candidate.get();
  }
  return nullptr;
}

Status Session::selectPlan() {
  plan = findPlan();
  if (!plan)
    LZ_RETURN_IF_ERROR(addPlan([&] {
      return buildPlan(*model, stateLayout, entry, bindings[entry].inputDims,
                       taskArena.getThreads());
    }));
  LZ_RETURN_IF_ERROR(readyPlan());
  planIsStale = false;
  portsAreStale = true;
  return Status::success();
}

Status Session::selectPlan(const Segment &segment,
                           const std::vector<int64_t> &symbols) {
  plan = findPlan(segment, symbols);
  if (!plan)
    LZ_RETURN_IF_ERROR(addPlan([&] {
      return buildSegmentPlan(*model, stateLayout, segment, symbols,
                              taskArena.getThreads());
    }));
  return readyPlan();
}

/// Makes `plan` ready to run but for its ports; none is selected if it cannot.
Status Session::readyPlan() {
  plan->lastUse = ++numUses;
  Status ready = ensureArena(*plan);
  if (!ready.isOk()) {
    plan = nullptr;
    return ready;
  }
  if (plan->arenaGeneration != arenaGeneration) {
    plan->resolve(arena.getData(), states.getData());
    plan->arenaGeneration = arenaGeneration;
  }
  return Status::success();
}

/// `build` makes the plan, which becomes the selected one.
template <typename Build> Status Session::addPlan(const Build &build) {
  StatusOr<std::unique_ptr<Plan>> built =
      Status(StatusCode::Internal, "no plan was made");
  // Inside the arena: a primitive is made for the threads that will run it.
  taskArena.execute([&] { built = build(); });
  if (!built.isOk())
    return built.getStatus();
  plan = built->get();
  plans.push_back(std::move(*built));
  while (plans.size() > maxPlans || getPlanBytes() > options.planCacheBytes)
    if (!evictOldest(plan))
      break;
  return Status::success();
}

uint64_t Session::getPlanBytes() const {
  uint64_t total = 0;
  for (const std::unique_ptr<Plan> &each : plans)
    total += each->getMemoryBytes();
  return total;
}

bool Session::evictOldest(const Plan *keep) {
  auto oldest = plans.end();
  for (auto at = plans.begin(); at != plans.end(); ++at)
    if (at->get() != keep &&
        (oldest == plans.end() || (*at)->lastUse < (*oldest)->lastUse))
      oldest = at;
  if (oldest == plans.end())
    return false;
  plans.erase(oldest);
  return true;
}

/// Evicts plans until `moreBytes` more bytes are within the memory limit.
Status Session::makeRoom(const Plan *keep, uint64_t moreBytes) {
  uint64_t limit = options.memoryLimitBytes;
  if (limit == 0)
    return Status::success();
  while (moreBytes > limit || getMemoryBytes() > limit - moreBytes) {
    if (pool.trim() > 0 || evictOldest(keep))
      continue;
    uint64_t needed = getMemoryBytes() + moreBytes;
    return resourceExhausted(concat("a run with these dimensions needs ",
                                    needed, " bytes, the memory limit is ",
                                    limit));
  }
  return Status::success();
}

Status Session::ensureArena(const Plan &forPlan) {
  uint64_t limit = options.memoryLimitBytes;
  bool isTooLarge = limit != 0 && getMemoryBytes() > limit;
  if (arena.getData() && arena.getSize() >= forPlan.arenaBytes && !isTooLarge)
    return Status::success();
  arena = Buffer();
  // Every plan's pointers into the old arena are void, whatever happens now.
  ++arenaGeneration;
  LZ_RETURN_IF_ERROR(makeRoom(&forPlan, forPlan.arenaBytes));
  LZ_ASSIGN_OR_RETURN(arena, Buffer::allocate(forPlan.arenaBytes));
  return Status::success();
}
