//===- Session.h - One stream of inference
//----------------------------------===//
//
// Holds what one run at a time needs: bound inputs and outputs, states, plans
// by shape, and one arena that all plans share. Not to be used by two threads
// at once; any number of sessions run one model.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_SESSION_H
#define LAZULI_RUNTIME_EXEC_SESSION_H

#include "runtime/base/Buffer.h"
#include "runtime/exec/BufferPool.h"
#include "runtime/exec/DynamicRunner.h"
#include "runtime/exec/Executor.h"
#include "runtime/exec/Model.h"
#include "runtime/exec/Plan.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace lz::rt {

struct SessionOptions {
  int threads = 0;               ///< 0: all CPUs that the process may use
  uint64_t memoryLimitBytes = 0; ///< of everything the session holds; 0: none
  uint64_t planCacheBytes = 0;   ///< of plans not in use; 0: 256 MiB
};

/// Borrowed tensor. `strides` in elements; null: dense row-major.
struct TensorRef {
  void *data = nullptr;
  fmt::DType dtype = fmt::DType_f32;
  size_t rank = 0;
  const int64_t *dims = nullptr;
  const int64_t *strides = nullptr;
};

class Session {
public:
  static StatusOr<std::unique_ptr<Session>>
  create(std::shared_ptr<const Model> model, const SessionOptions &options);

  const Model &getModel() const { return *model; }
  int getThreads() const { return taskArena.getThreads(); }

  /// The entry that the functions below are about; 0 at first. Each entry keeps
  /// its own bound inputs and outputs.
  Status selectEntry(size_t index);
  const EntryInfo &getEntry() const { return model->getEntries()[entry]; }

  /// Binds memory to an input until it is bound anew; read during run() only.
  Status setInput(size_t index, const TensorRef &tensor);

  /// Binds a value of any kind to an input until it is bound anew. The session
  /// keeps it; an optional input takes what it may hold as well.
  Status setInputValue(size_t index, HostValue value);

  /// Binds memory to an output until it is bound anew. Its dimensions must be
  /// those that the inputs lead to. A null data pointer: the session's own
  /// memory.
  Status setOutput(size_t index, const TensorRef &tensor);

  /// Makes the plan for the bound inputs, so that the next run() does not have
  /// to.
  Status prepare();

  Status run();

  /// The output of the last run, dense unless the user bound strided memory.
  /// Memory of the session's own is overwritten by the next run unless it is
  /// shared.
  StatusOr<TensorRef> getOutput(size_t index) const;

  /// The output of the last run as a value of its own, which later runs leave
  /// alone.
  StatusOr<HostValue> getOutputValue(size_t index);

  /// Owns the memory of an output that is the session's own; the next run will
  /// not write to it while others hold it.
  StatusOr<std::shared_ptr<Buffer>> shareOutput(size_t index);

  /// States by number in Model::getStates.
  Status readState(size_t index, const TensorRef &dst) const;
  Status writeState(size_t index, const TensorRef &src);
  /// Back to the artifact's contents.
  void resetStates() { loadStates(/*areZero=*/false); }

  /// Null: cannot be cancelled. The flag is looked at before every instruction.
  void setCancelFlag(std::shared_ptr<std::atomic<bool>> flag) {
    cancelFlag = std::move(flag);
  }

  /// Records up to `maxEvents` events from now on; 0 ends it and forgets them.
  void setProfiling(size_t maxEvents);
  /// Null if profiling is off.
  const Profile *getProfile() const { return profile.get(); }

  /// Memory held now, without the model's mapped file.
  uint64_t getMemoryBytes() const;
  size_t getNumPlans() const { return plans.size(); }

private:
  /// A bound tensor: strides are always filled in.
  struct Binding {
    void *data = nullptr;
    std::vector<int64_t> dims;
    std::vector<int64_t> strides;
    bool isSet = false;
    bool isNew = true;     ///< bound since the last run
    bool isDirect = false; ///< dense and aligned: used in place
    std::shared_ptr<Buffer>
        owned; ///< staging of an input; an output's own memory
  };
  struct EntryBindings {
    std::vector<Binding> inputs;
    std::vector<Binding> outputs;
    std::vector<std::vector<int64_t>> inputDims;
    std::vector<void *> inputPointers;
    std::vector<void *> outputPointers;
    std::vector<HostValue> inputValues; ///< that are no tensors, or are owned
    /// Of the last run of a dynamic entry; none before.
    std::vector<HostValue> outputValues;
    std::unique_ptr<DynamicRunner> runner; ///< of a dynamic entry
  };

  /// What runners ask of this session (SessionDynamic.cpp).
  class Services;

  Session(std::shared_ptr<const Model> model, const SessionOptions &options,
          int threads);
  Status initialize();
  void loadStates(bool areZero);

  // SessionBinding.cpp
  Status checkTensor(const char *what, const PortInfo &port,
                     const TensorRef &tensor) const;
  void bind(Binding &binding, const PortInfo &port, const TensorRef &tensor);
  Status requireInputs() const;
  Status bindPorts();
  Status bindInput(size_t index);
  Status bindOutput(size_t index);
  Status ensureOwned(Binding &binding, uint64_t sizeBytes);
  Status checkOverlaps() const;
  void copyInputs();
  void copyOutputs();

  // SessionPlans.cpp
  Status selectPlan();
  Status selectPlan(const Segment &segment,
                    const std::vector<int64_t> &symbols);
  Plan *findPlan();
  Plan *findPlan(const Segment &segment, const std::vector<int64_t> &symbols);
  template <typename Build> Status addPlan(const Build &build);
  Status readyPlan();
  Status makeRoom(const Plan *keep, uint64_t moreBytes);
  bool evictOldest(const Plan *keep);
  Status ensureArena(const Plan &forPlan);
  uint64_t getPlanBytes() const;

  // SessionDynamic.cpp
  Status runDynamic();
  StatusOr<std::vector<HostValue>> makeInputs();
  StatusOr<HostValue> copyTensor(const TensorRef &tensor);
  Status keepOutputs(std::vector<HostValue> outputs);
  StatusOr<TensorRef> getDynamicOutput(size_t index) const;

  std::shared_ptr<const Model> model;
  SessionOptions options;
  TaskArena taskArena;
  StateLayout stateLayout;
  Buffer states;

  size_t entry = 0;
  std::vector<EntryBindings> bindings; ///< one per entry

  std::vector<std::unique_ptr<Plan>> plans;
  Plan *plan = nullptr; ///< the one of the last run; null after another entry
                        ///< was selected
  bool planIsStale = true;   ///< the inputs' dimensions may have changed since
  bool portsAreStale = true; ///< some pointer may have changed since
  bool needsCopies = false;  ///< some input or output is not used in place
  uint64_t numUses = 0;

  Buffer arena;
  uint64_t arenaGeneration = 1;
  BufferPool pool; ///< of values of dynamic entries
  std::unique_ptr<DynamicServices> services;

  std::shared_ptr<std::atomic<bool>> cancelFlag;
  std::unique_ptr<Profile> profile;
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_SESSION_H
