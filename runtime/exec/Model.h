//===- Model.h - A loaded artifact
//------------------------------------------===//
//
// Immutable and shared: mapped data and code, the chosen target's kernels, and
// what is known of each entry point before shapes are. Any number of sessions
// in any threads use one model at once.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_MODEL_H
#define LAZULI_RUNTIME_EXEC_MODEL_H

#include "runtime/base/MappedFile.h"
#include "runtime/base/Status.h"
#include "runtime/exec/DynamicCode.h"
#include "runtime/format/KernelAbi.h"
#include "runtime/format/Reader.h"

#include <memory>
#include <string>
#include <vector>

namespace lz::rt {

/// An input or output of an entry point, or a state.
struct PortInfo {
  std::string name;
  uint32_t value = 0; ///< number in Program.values; a state's own number
  fmt::ValueKind kind = fmt::ValueKind_Tensor;
  fmt::ValueKind elementKind = fmt::ValueKind_Tensor;
  std::string logicalType; ///< "": the dtype
  fmt::DType dtype = fmt::DType_f32;
  std::vector<int64_t> dims;         ///< -1 where not known before a run
  std::vector<std::string> dimsText; ///< "batch", "2*n + 1", "64"
  std::vector<const char *> dimsTextPointers; ///< the same, for the C API
};

struct EntryInfo {
  std::string name;
  const fmt::Entry *entry = nullptr;
  std::vector<PortInfo> inputs;
  std::vector<PortInfo> outputs;
  std::vector<SymbolBinding> bindings;
  /// Guards that can be checked before the run; the others wait for symbols
  /// that the run defines.
  std::vector<const fmt::Guard *> guards;
  std::vector<const fmt::Guard *> lateGuards;
  /// How the entry runs if no single plan can run it; else null.
  std::shared_ptr<const DynamicBlock> code;
};

struct ModelOptions {
  VerifyLevel verify = VerifyLevel::Code;
};

class Model {
public:
  /// Maps the artifact at `path`.
  static StatusOr<std::shared_ptr<const Model>>
  load(const std::string &path, const ModelOptions &options);
  /// Copies the artifact in `data`.
  static StatusOr<std::shared_ptr<const Model>>
  loadCopy(const void *data, size_t sizeBytes, const ModelOptions &options);

  const fmt::Program &getProgram() const { return *artifact.program; }
  const ArtifactView &getArtifact() const { return artifact; }
  const std::vector<EntryInfo> &getEntries() const { return entries; }
  const std::vector<PortInfo> &getStates() const { return states; }

  /// For each value of the program the one at the end of its chain of bases.
  const std::vector<uint32_t> &getRoots() const { return roots; }
  /// See findLastUses().
  const fmt::Instruction *getLastUse(uint32_t root) const { return lastUses[root]; }

  /// The contents of value number `index`, a constant of strings.
  const std::shared_ptr<std::vector<std::string>> &
  getConstantStrings(uint32_t index) const {
    return strings.at(index);
  }

  /// The bytes of constant number `index`; 64-byte aligned.
  const void *getConstantData(uint32_t index) const;

  /// The chosen target's code for kernel number `index`.
  lz_kernel_fn getKernel(uint32_t index) const { return kernels[index]; }

  /// The chosen target, or null if the program has no kernels.
  const fmt::Target *getTarget() const { return target; }
  /// Its number; 0 if there is none.
  uint32_t getTargetIndex() const { return targetIndex; }

private:
  static StatusOr<std::shared_ptr<const Model>>
  create(MappedFile file, const ModelOptions &options);
  Status chooseTarget();
  Status mapKernels();
  Status readStrings();
  void describeStates();

  MappedFile file;
  Mapping code;
  ArtifactView artifact;
  const fmt::Target *target = nullptr;
  uint32_t targetIndex = 0;
  std::vector<lz_kernel_fn> kernels;
  std::vector<EntryInfo> entries;
  std::vector<PortInfo> states;
  std::vector<uint32_t> roots;
  std::vector<const fmt::Instruction *> lastUses;
  std::map<uint32_t, std::shared_ptr<std::vector<std::string>>> strings;
};

/// Describes `entry` and finds what binds its symbols. `roots`: see
/// computeRoots. Fails with Unimplemented if the entry needs what this runtime
/// does not have (ModelChecks.cpp).
StatusOr<EntryInfo> describeEntry(const fmt::Program &program,
                                  const std::vector<uint32_t> &roots,
                                  const fmt::Entry &entry);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_MODEL_H
