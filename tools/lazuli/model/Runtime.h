//===- Runtime.h - The public C API with failures thrown --------------------===//
//
// Models and sessions as the commands use them. Everything that runs goes
// through <lazuli/lazuli.h>, as an embedder's would.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_RUNTIME_H
#define LAZULI_TOOLS_LAZULI_MODEL_RUNTIME_H

#include "tools/lazuli/io/Value.h"

#include <lazuli/lazuli.h>

#include <memory>
#include <string>
#include <vector>

namespace lz::cli {

/// Throws what the last call that returned `status` says.
void requireOk(lz_status status);

struct Port {
  std::string name;
  DType dtype = fmt::DType_f32;
  std::vector<int64_t> dims; ///< -1 where a run decides
  std::vector<std::string> dimsText;
  ValueKind kind = fmt::ValueKind_Tensor, elementKind = fmt::ValueKind_Tensor;
  std::string logicalType;
  bool isTensor() const { return kind == fmt::ValueKind_Tensor; }
  NamedType getType() const;
  /// "f32[batch, 1, 8, 8]", "sequence of f32 tensors".
  std::string describe() const;
};

std::vector<NamedType> getTypes(const std::vector<Port> &ports);

/// "x: f32[batch, 4], mask: bool[batch]".
std::string describePorts(const std::vector<Port> &ports);

class Model {
public:
  explicit Model(const std::string &path, lz_verify verify = LZ_VERIFY_CODE);

  lz_model *get() const { return handle.get(); }
  const std::vector<Port> &getInputs(size_t entry) const { return entries[entry].inputs; }
  const std::vector<Port> &getOutputs(size_t entry) const { return entries[entry].outputs; }
  const std::vector<Port> &getStates() const { return states; }
  std::string getTargetCpu() const { return lz_model_target_cpu(handle.get()); }

private:
  struct Entry {
    std::vector<Port> inputs, outputs;
  };
  std::shared_ptr<lz_model> handle;
  std::vector<Entry> entries;
  std::vector<Port> states;
};

class Session {
public:
  /// `threads` as in lz_session_options.
  Session(const Model &model, size_t entry, int threads);

  /// The array is kept until the input is set anew.
  void setInput(size_t index, const Array &array);
  /// The same for a value of any kind.
  void setInput(size_t index, const Value &value);
  void prepare() { requireOk(lz_session_prepare(handle.get())); }
  void run() { requireOk(lz_session_run(handle.get())); }
  /// A copy of an output that is a tensor.
  Array getOutput(size_t index) const;
  /// A copy of an output of any kind.
  Value getOutputValue(size_t index) const;

  Array readState(size_t index) const;
  void writeState(size_t index, const Array &array);

  int getThreads() const { return lz_session_threads(handle.get()); }
  uint64_t getMemoryBytes() const { return lz_session_memory_bytes(handle.get()); }
  void setProfiling(size_t maxEvents) {
    requireOk(lz_session_set_profiling(handle.get(), maxEvents));
  }
  std::string getProfile();

private:
  Model model;
  size_t entry;
  std::shared_ptr<lz_session> handle;
  std::vector<Array> inputs;
};

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_RUNTIME_H
