//===- Plan.h - How one entry runs for one set of shapes
//--------------------===//
//
// Everything that depends on shapes alone, computed once: dimensions, offsets
// in the arena, primitives, and a flat list of steps whose pointers are
// resolved in advance. Running a plan again allocates nothing and takes no
// lock. A plan belongs to one session.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_PLAN_H
#define LAZULI_RUNTIME_EXEC_PLAN_H

#include "runtime/exec/Model.h"
#include "runtime/exec/Primitive.h"
#include "runtime/host_ops/HostOp.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace lz::rt {

/// Where the memory of a value is.
enum class Region : uint8_t {
  Arena,    ///< `offset` in the session's arena
  State,    ///< `offset` in the session's states
  Constant, ///< at `data` in the model
  Input,    ///< that of input port `offset`
  Output,   ///< that of output port `offset`
};

struct Location {
  Region region = Region::Arena;
  uint64_t offset = 0;
  const void *data = nullptr;
};

enum class StepKind : uint8_t { Kernel, Primitive, Host, Copy, Branch, Loop };

/// One thing to do. Its buffers are `numBuffers` entries of Plan::pointers from
/// `firstBuffer` on: of a call its inputs, then its outputs; of a copy source
/// and target; of a branch the condition; of a loop see LoopBuffer.
struct Step {
  StepKind kind = StepKind::Copy;
  uint32_t firstBuffer = 0;
  uint32_t numBuffers = 0;

  lz_kernel_fn kernel = nullptr;
  lz_kernel_args args =
      {}; ///< complete but for what the arena's address decides
  int64_t grid = 0;
  int64_t chunk = 0; ///< grid units per task; 0: the whole grid inline
  uint32_t firstSize = 0;

  PrimitiveExecutor *primitive = nullptr;
  HostExecutor *host = nullptr;
  uint32_t scratch = UINT32_MAX; ///< entry of Plan::pointers, if it has scratch

  uint64_t copyBytes = 0;

  /// Branch: steps [this + 1, elseBegin) or [elseBegin, end). Loop: [this + 1,
  /// end).
  uint32_t elseBegin = 0;
  uint32_t end = 0;

  const fmt::Instruction *instruction =
      nullptr;        ///< null: a copy that the planner added
  int64_t flops = -1; ///< -1: not known
  int64_t bytes = -1;
};

/// The buffers of a Loop step; a null pointer where the loop has none.
enum LoopBuffer : uint32_t {
  LoopTripCount,
  LoopCondition,
  LoopIteration,
  LoopBodyCondition
};
constexpr uint32_t numLoopBuffers = 4;

/// An entry of Plan::pointers that is the memory of a port.
struct PortPointer {
  uint32_t pointer;
  uint32_t port;
};

struct Segment;

class Plan {
public:
  // What the plan is for: an entry and the dimensions of its inputs, or a
  // segment of a dynamic entry and the values of the symbols it depends on.
  size_t entry = SIZE_MAX;
  std::vector<std::vector<int64_t>> inputDims;
  const Segment *segment = nullptr;
  std::vector<int64_t> symbols;

  // What it does.
  std::vector<Step> steps;
  std::vector<void *> pointers;
  std::vector<Location> locations; ///< of `pointers`
  std::vector<PortPointer> inputPointers;
  std::vector<PortPointer> outputPointers;
  std::vector<int64_t> sizes;
  std::vector<std::unique_ptr<PrimitiveExecutor>> primitives;
  std::vector<std::unique_ptr<HostExecutor>> hosts;

  // What it needs and gives.
  uint64_t arenaBytes = 0;
  bool needsThreads = false; ///< some step wants the session's task arena
  std::vector<uint64_t> inputBytes;
  std::vector<std::vector<int64_t>> outputDims;
  std::vector<uint64_t> outputBytes;

  // Bookkeeping of the session.
  uint64_t lastUse = 0;
  uint64_t arenaGeneration =
      0; ///< 0: pointers into arena and states are not set yet
  lz_kernel_error error = {};

  /// Sets every pointer that does not belong to a port.
  void resolve(uint8_t *arena, uint8_t *states);

  /// Sets the pointers of ports.
  void bindPorts(void *const *inputs, void *const *outputs);

  /// Memory this object holds, primitives included.
  uint64_t getMemoryBytes() const;
};

/// Where each state of a model lies in the memory of a session.
struct StateLayout {
  std::vector<uint64_t> offsets;
  std::vector<uint64_t> sizes;
  uint64_t totalBytes = 0;
};
/// Fails with ResourceExhausted if no memory is that large.
StatusOr<StateLayout> layOutStates(const Model &model);

/// Makes the plan of entry number `entry` for inputs of the given dimensions
/// (each with its port's rank). Runs in the task arena, of `threads` threads,
/// that will run the plan.
StatusOr<std::unique_ptr<Plan>>
buildPlan(const Model &model, const StateLayout &states, size_t entry,
          const std::vector<std::vector<int64_t>> &inputDims, int threads);

/// The same for a segment. `symbols`: the values of all symbols of the program,
/// of which those that the segment depends on are known.
StatusOr<std::unique_ptr<Plan>>
buildSegmentPlan(const Model &model, const StateLayout &states,
                 const Segment &segment, const std::vector<int64_t> &symbols,
                 int threads);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_PLAN_H
