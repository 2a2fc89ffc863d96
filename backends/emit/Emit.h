//===- Emit.h - From an lz module to an artifact --------------------------===//
//
// The end of the compiler: a module in which every computing operation stands
// in an lz.fused region becomes instructions, kernels and data. Nothing is
// optimized here.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_EMIT_EMIT_H
#define LAZULI_BACKENDS_EMIT_EMIT_H

#include "backends/cpu/CpuCompiler.h"
#include "runtime/format/Writer.h"

#include "mlir/IR/BuiltinOps.h"

#include <deque>
#include <functional>

namespace lz {

/// An artifact before it is written. Segments borrow from `owned` and from the
/// module that was emitted, which must therefore outlive it.
struct Artifact {
  fmt::ProgramT program;
  std::vector<rt::SegmentData> segments;
  std::deque<std::vector<char>> owned;

  void addMetadata(std::string key, std::string value);
  /// Adds a segment that owns its bytes and gives its number.
  uint32_t addSegment(fmt::SegmentKind kind, std::string name, std::vector<char> bytes);
  /// Adds a segment of borrowed bytes and gives its number.
  uint32_t addSegment(fmt::SegmentKind kind, std::string name, llvm::ArrayRef<char> bytes);
  /// Adds a segment whose bytes are made when it is written, and gives its number.
  uint32_t addSegment(fmt::SegmentKind kind, std::string name, size_t size,
                      std::function<std::vector<char>()> make);

  size_t getNumInstructions() const;
  size_t getNumKernels() const;
  uint64_t getCodeBytes() const;
};

struct EmitOptions {
  /// At least one, each with code for all kernels; a machine runs the best that it can.
  /// Weights are packed for the first.
  std::vector<CpuTarget> targets = {CpuTarget::host()};
  CpuCompiler::Options cpu;
};

/// Emits every function of `module` as an entry point. The module is as
/// lz-fuse leaves it: no lazy symbol, and only views, parameters, states and
/// guards outside of lz.fused. Anything else is an error at the operation.
mlir::FailureOr<std::unique_ptr<Artifact>> emitArtifact(mlir::ModuleOp module,
                                                        const EmitOptions &options);

} // namespace lz

#endif // LAZULI_BACKENDS_EMIT_EMIT_H
