//===- Artifact.h - An artifact as the tools look at it ----------------------===//
//
// The program inside a .lzm file with what inspection, benchmarks and reports
// ask of it: ports, symbols with values, sizes, lifetimes. Opening it loads no
// code and needs no CPU of the right kind.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_ARTIFACT_H
#define LAZULI_TOOLS_LAZULI_MODEL_ARTIFACT_H

#include "runtime/base/MappedFile.h"
#include "runtime/format/DType.h"
#include "runtime/format/Reader.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lz::cli {

/// What a path names, told by its first bytes.
enum class ModelKind { Compiled, Unresolved, Text, Onnx };

/// Symbols by name with the value to take for them.
using DimBindings = std::map<std::string, int64_t>;

/// Parses `batch=32` options; failUsage otherwise.
DimBindings parseDimBindings(const std::vector<std::string> &options);

class Artifact {
public:
  /// Throws Failure if the file is no intact artifact. `path` is kept for messages.
  explicit Artifact(const std::string &path,
                    rt::VerifyLevel verify = rt::VerifyLevel::Program);

  const fmt::Program &getProgram() const { return *view.program; }
  const rt::ArtifactView &getView() const { return view; }
  const std::string &getPath() const { return path; }
  uint64_t getFileBytes() const { return view.size; }
  /// True if it carries a module to compile and no entry to run.
  bool isUnresolved() const;
  /// "" if there is no such key.
  std::string getMetadata(std::string_view key) const;

  const fmt::Value &getValue(uint32_t index) const { return *getProgram().values()->Get(index); }
  /// "f32[batch, 16, 8, 8]".
  std::string describeValue(uint32_t index) const;
  std::string formatExpr(uint32_t index) const;

  /// A value for each symbol: the given one, else its least that is at least 1.
  /// Throws Failure for unknown names and values outside of the symbol's range.
  std::vector<int64_t> getSymbolValues(const DimBindings &bindings) const;
  /// Dimensions and number of bytes of a value; -1 where an expression fails.
  std::vector<int64_t> getDims(uint32_t value, const std::vector<int64_t> &symbols) const;
  int64_t getNumBytes(uint32_t value, const std::vector<int64_t> &symbols) const;
  /// The value of an expression, or -1 (not known, or it fails).
  int64_t evaluate(uint32_t expr, const std::vector<int64_t> &symbols) const;

  /// Entry number by name; "" is the first. Throws Failure that lists the names.
  uint32_t findEntry(const std::string &name) const;

private:
  std::string path;
  rt::MappedFile file;
  rt::ArtifactView view;
};

/// Reads the first bytes of the file. Throws Failure if it cannot be read or is
/// neither an artifact nor text.
ModelKind detectModelKind(const std::string &path);

/// The inputs, outputs and kind of an instruction.
struct InstructionView {
  const fmt::Instruction *instruction = nullptr;
  std::string backend; ///< "cpu", "onednn", "host", "copy", "branch", "loop"
  std::string what;    ///< kernel name, primitive kind or host op
  std::vector<uint32_t> inputs, outputs;
};
InstructionView describeInstruction(const Artifact &artifact, const fmt::Instruction &instruction);

/// Instructions of an entry in order, those of nested blocks after the one that
/// holds them.
std::vector<InstructionView> listInstructions(const Artifact &artifact, uint32_t entry);

/// A temporary of an entry's main block: when it lives and where it lies.
struct MemoryItem {
  uint32_t value = 0;
  uint64_t sizeBytes = 0, offset = 0;
  uint32_t first = 0, last = 0; ///< instruction numbers
};
struct MemoryTimeline {
  std::vector<MemoryItem> items;
  uint64_t arenaBytes = 0, peakBytes = 0;
  uint32_t numInstructions = 0;
};
MemoryTimeline computeMemory(const Artifact &artifact, uint32_t entry,
                             const std::vector<int64_t> &symbols);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_ARTIFACT_H
