//===- Driver.h - The compiler as a function --------------------------------===//
//
// Reads a model, runs the pipeline, emits the artifact. What `lazuli compile`
// does, for programs that want it without a shell.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_DRIVER_H
#define LAZULI_TOOLS_DRIVER_DRIVER_H

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lz {

/// Whether `path` is called as ONNX files are, in letters of either case. Text and
/// artifacts show what they are by their first bytes; a protobuf message does not.
inline bool hasOnnxExtension(const std::string &path) {
  const std::string extension = ".onnx";
  return path.size() >= extension.size() &&
         std::equal(extension.rbegin(), extension.rend(), path.rbegin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

/// An example of one input with its elements: dense, row-major, borrowed.
struct ExampleTensor {
  std::string name;  ///< empty: the input in this position
  std::string dtype; ///< "f32", "i64", "u8", "i1", ...
  std::vector<int64_t> dims;
  const void *data = nullptr; ///< null: only the shape is known
};

struct CompileOptions {
  /// A model: an unresolved artifact (.lzm), text of the lz dialect (.mlir) or an
  /// ONNX file (.onnx).
  std::string input;
  /// Where the artifact goes.
  std::string output;
  /// What the user typed, for the report of a defect.
  std::string command;
  /// `x=f32[1,3,224,224]`, one per input; several for the same input are
  /// several examples.
  std::vector<std::string> examples;
  /// The same with elements, from which shapes may follow (ONNX models).
  std::vector<ExampleTensor> exampleTensors;
  /// `x:0=batch[1..64]`.
  std::vector<std::string> dynamics;
  /// A safetensors file, empty for none.
  std::string weights;
  /// Accept missing and unexpected keys in the weight file.
  bool allowPartialWeights = false;
  /// Initialize parameters that have no value by their initializers.
  bool randomWeights = false;
  uint64_t seed = 0;
  /// The processors to generate code for: the best that a machine has is run there, and
  /// weights are packed for the first.
  std::string targetCpu = "native";
  /// Convolutions may be computed by Winograd's algorithm, which is faster and rounds
  /// otherwise than their definition does.
  bool winograd = true;
  /// Write the module after every pass into this folder.
  std::string dumpIr;
  bool timePasses = false;
  bool explain = false;
  /// Compiled kernels are kept across compilations in this folder; empty: in the user's,
  /// as $LAZULI_CACHE_DIR, $XDG_CACHE_HOME and $LAZULI_NO_CACHE say.
  std::string cacheDir;
  /// Neither use nor fill a cache.
  bool noCache = false;
  /// Let measurements on this machine decide between a library and a generated kernel.
  bool autotune = false;
  /// Threads that compile; 0: one per CPU.
  int threads = 0;
  /// Only materialize: the artifact stays portable and carries no native code.
  bool noNativeCode = false;
  /// Where diagnostics go, a line at a time; standard error if empty.
  std::function<void(const std::string &line)> diagnostics;
  /// Called when a stage begins, for a progress display.
  std::function<void(const std::string &stage)> progress;
};

/// What came of it, for people and machines.
struct CompileSummary {
  size_t numParameters = 0, numInstructions = 0, numKernels = 0;
  /// Of these, how many the cache had, each target's counted.
  size_t numCachedKernels = 0;
  /// Operations that were measured, and that the cache had the times of.
  size_t numMeasured = 0, numCachedTimes = 0;
  uint64_t parameterBytes = 0, codeBytes = 0, artifactBytes = 0;
  double seconds = 0;
  struct Symbol {
    std::string name, module, field, value, origin;
  };
  /// Every lazy symbol and what it became.
  std::vector<Symbol> symbols;
  struct Port {
    std::string name, type;
  };
  std::vector<Port> inputs, outputs;
};

/// How a compilation ended; the numbers are exit codes.
enum class CompileStatus { Ok = 0, BadInput = 1, Defect = 3 };

/// Compiles `options.input` into `options.output`. Diagnostics go to standard
/// error as they occur, in the user's terms. Nothing is written on failure, but for
/// a defect of ours the file that its report needs; the diagnostic names it.
CompileStatus compileModel(const CompileOptions &options, CompileSummary &summary);

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_DRIVER_H
