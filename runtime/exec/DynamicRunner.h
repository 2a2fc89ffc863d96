//===- DynamicRunner.h - Runs what no single plan can run -----------------===//
//
// Walks the code of a dynamic entry (DynamicCode.h). Segments run as plans that
// the session makes and keeps; host functions, branches and loops run here, on
// values. Every value is checked against its declaration when it gets its
// contents, so that plans may rely on dimensions.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_DYNAMICRUNNER_H
#define LAZULI_RUNTIME_EXEC_DYNAMICRUNNER_H

#include "runtime/exec/Plan.h"
#include "runtime/exec/Profile.h"

#include <vector>

namespace lz::rt {

/// What a runner asks of its session.
class DynamicServices : public HostMemory {
public:
  /// The plan of a segment, ready but for its ports; valid until the next call.
  virtual StatusOr<Plan *> getPlan(const Segment &segment,
                                   const std::vector<int64_t> &symbols) = 0;
  virtual Status execute(Plan &plan) = 0;
  /// The memory of a state.
  virtual uint8_t *getState(uint32_t index) = 0;
  virtual uint64_t getStateBytes(uint32_t index) = 0;
  virtual bool isCancelled() = 0;
  /// Null: nobody wants to know.
  virtual Profile *getProfile() = 0;
};

class DynamicRunner {
public:
  DynamicRunner(const Model &model, const EntryInfo &entry,
                DynamicServices &services);

  /// Runs the entry on `inputs`, one per port, of the kinds, dtypes and
  /// dimensions that the ports and `symbols` ask for. What it gives may share
  /// memory with inputs and constants.
  StatusOr<std::vector<HostValue>> run(std::vector<HostValue> inputs,
                                       std::vector<int64_t> symbols);

private:
  using Indices = flatbuffers::Vector<uint32_t>;
  using Values = std::vector<HostValue>;

  // DynamicRunner.cpp
  StatusOr<Values> runBlock(const DynamicBlock &code, Values arguments);
  Status bindArguments(const DynamicBlock &code, Values arguments);
  StatusOr<Values> takeOutputs(const DynamicBlock &code);
  Status runStep(const DynamicStep &step);
  Status runSegment(const Segment &segment);
  Status runHost(const DynamicStep &step);
  Status storeResults(const DynamicStep &step, Values results);
  Status storeState(uint32_t value, const HostValue &contents);

  // DynamicControlFlow.cpp
  Status runBranch(const DynamicStep &step);
  Status runLoop(const DynamicStep &step);
  StatusOr<Values> iterate(const DynamicStep &step, Values carried,
                           const Values &captured);
  StatusOr<HostValue> makeIteration(int64_t number);
  template <typename T> StatusOr<T> readScalar(uint32_t value);

  // DynamicValues.cpp
  StatusOr<std::vector<int64_t>> getDims(uint32_t value);
  StatusOr<HostValue> read(uint32_t value);
  StatusOr<HostValue> readView(uint32_t value, HostValue base);
  /// All of `indices`; those that `step` uses for the last time are taken.
  StatusOr<Values> readAll(const Indices *indices, const DynamicStep &step);
  Status checkType(uint32_t value, const HostValue &contents);
  Status checkDims(uint32_t value, const HostValue &contents);
  Status defineSymbols(const std::vector<SymbolBinding> &bindings,
                       const Values &values);
  Status defineSymbol(uint32_t symbol, int64_t number);
  Status checkLateGuards(uint32_t symbol);
  std::string describe(uint32_t value) const;
  const fmt::Value &getValue(uint32_t value) const {
    return *program.values()->Get(value);
  }

  const Model &model;
  const fmt::Program &program;
  const EntryInfo &entry;
  DynamicServices &services;

  std::vector<int64_t> symbols;
  std::vector<bool> isKnown; ///< symbols
  Values values;             ///< by number; those of blocks in progress
  std::vector<void *> inputPointers;
  std::vector<void *> outputPointers;
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_DYNAMICRUNNER_H
