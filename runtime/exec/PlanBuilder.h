//===- PlanBuilder.h - Makes plans
//------------------------------------------===//
//
// Walks an entry's block and the blocks nested in it in the order of execution.
// Time is counted in steps: a temporary lives from the step that writes it to
// the last that reads it; what a loop's body reads from outside lives to the
// loop's end. Memory is planned when all lifetimes are known.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_PLANBUILDER_H
#define LAZULI_RUNTIME_EXEC_PLANBUILDER_H

#include "runtime/exec/Plan.h"
#include "runtime/format/MemoryPlanner.h"

#include <optional>

namespace lz::rt {

/// Instructions [begin, end) of a block, the values they are given and those
/// that are wanted of them.
struct PlanScope {
  const fmt::Block *block = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;
  std::vector<uint32_t> inputs;
  std::vector<uint32_t> outputs;
};

/// Units of each piece that a thread takes of its share of `grid` units; at least `grain`, where
/// the share has as many.
int64_t chooseChunk(int64_t grid, int64_t grain, int64_t threads);

class PlanBuilder {
public:
  PlanBuilder(const Model &model, const StateLayout &states, PlanScope scope,
              std::vector<int64_t> symbols, int threads);

  StatusOr<std::unique_ptr<Plan>> build();

private:
  /// Memory of one or more values; Location::offset of an arena slot is the
  /// number of its lifetime until memory is planned.
  using Slot = uint32_t;
  static constexpr Slot noSlot = UINT32_MAX;
  using Indices = flatbuffers::Vector<uint32_t>;

  // Values (PlanBuilder.cpp).
  Status layOutPorts();
  StatusOr<int64_t> evaluate(uint32_t expr);
  StatusOr<std::vector<int64_t>> getDims(uint32_t value);
  StatusOr<uint64_t> getBytes(uint32_t value);
  Status checkView(uint32_t value);
  Slot addSlot(Location location);
  Slot addArenaSlot(uint64_t sizeBytes);
  /// The memory of a value that is read now.
  StatusOr<Slot> use(uint32_t value);
  /// The memory of a value that is written now.
  StatusOr<Slot> define(uint32_t value);
  void extend(Slot slot);

  // Steps (PlanBuilder.cpp).
  Status addBlock(const fmt::Block &block);
  Status addInstructions(const fmt::Block &block, uint32_t begin, uint32_t end);
  Status addInstruction(const fmt::Instruction &instruction);
  Status addKernel(const fmt::Instruction &instruction);
  Status addCopyCall(const fmt::Instruction &instruction);
  Status addOutputCopies();
  void splitGrid(Step &step, uint64_t leastUnits);
  void addScratch(Step &step, uint64_t sizeBytes);
  Status addCosts(Step &step, const fmt::Instruction &instruction);
  Status addOperands(Step &step, const Indices *inputs, const Indices *outputs);
  uint32_t addPointer(Slot slot);
  void addCopy(Slot src, Slot dst, uint64_t sizeBytes,
               const fmt::Instruction *instruction);
  Status planArena();

  // Steps with executors (PlanPrimitives.cpp).
  StatusOr<std::vector<PrimitiveOperand>>
  describeOperands(const Indices *values);
  /// What requests of both kinds say of a call.
  template <typename Request, typename Call>
  Status describeCall(Request &request, const Call &call, const fmt::Instruction &instruction);
  std::optional<uint32_t> placeInOperand(const fmt::Instruction &instruction,
                                         const PrimitiveRequest &request);
  Status addPrimitive(const fmt::Instruction &instruction);
  Status createPrimitives();
  Status addHost(const fmt::Instruction &instruction);

  // Branches and loops (PlanControlFlow.cpp).
  Status addBranch(const fmt::Instruction &instruction);
  Status addBranchBlock(const fmt::BranchCall &call, uint32_t block,
                        const std::vector<Slot> &inputs,
                        const std::vector<Slot> &results);
  Status addLoop(const fmt::Instruction &instruction);
  Status addLoopBody(const fmt::LoopCall &call, Step &step,
                     const std::vector<Slot> &inputs,
                     const std::vector<Slot> &carried);
  StatusOr<Slot> addCarriedCopies(const fmt::Block &body,
                                  const std::vector<Slot> &carried);
  StatusOr<std::vector<Slot>> useAll(const Indices *values);
  StatusOr<std::vector<Slot>> defineAll(const Indices *values);
  Status requireSameDims(uint32_t from, uint32_t to);

  const fmt::Value &getValue(uint32_t value) const {
    return *program.values()->Get(value);
  }

  const Model &model;
  const fmt::Program &program;
  const StateLayout &states;
  PlanScope scope;
  std::vector<int64_t> symbols;
  int threads;

  std::unique_ptr<Plan> plan;
  std::vector<uint32_t> roots;
  std::vector<Slot> slotOf; ///< of root values
  std::vector<Location> slots;
  std::vector<Slot> pointerSlots; ///< of Plan::pointers
  std::vector<Lifetime> lifetimes;
  /// Made together at the end: in parallel, and equal ones once.
  struct PendingPrimitive {
    size_t step;
    uint32_t at; ///< `now` of the step
  };
  std::vector<PendingPrimitive> pending;
  std::vector<PrimitiveRequest> requests; ///< of `pending`
  uint32_t now = 0;
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_PLANBUILDER_H
