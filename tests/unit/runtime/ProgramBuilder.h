//===- ProgramBuilder.h - Artifacts built by hand
//---------------------------===//
//
// Spares the runtime's tests the bookkeeping of the object API: each function
// adds one thing to the program and returns its number.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TESTS_UNIT_RUNTIME_PROGRAMBUILDER_H
#define LAZULI_TESTS_UNIT_RUNTIME_PROGRAMBUILDER_H

#include "runtime/format/Writer.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lz::rt::test {

using Indices = std::vector<uint32_t>;

class ProgramBuilder {
public:
  ProgramBuilder();

  // Expressions.
  uint32_t symbol(const std::string &name, int64_t min = 0,
                  int64_t max = INT64_MAX, int64_t divisor = 1,
                  fmt::SymbolKind kind = fmt::SymbolKind_Dynamic);
  uint32_t constant(int64_t value);
  uint32_t symbolExpr(uint32_t symbol);
  uint32_t expr(std::vector<fmt::Step> steps);

  // Values; `dims` are expressions.
  uint32_t input(const std::string &name, fmt::DType dtype, Indices dims);
  uint32_t temporary(fmt::DType dtype, Indices dims);
  uint32_t view(uint32_t base, fmt::DType dtype, Indices dims);
  uint32_t constantValue(fmt::DType dtype, std::vector<int64_t> dims,
                         const void *data);
  /// A constant of strings.
  uint32_t constantStrings(std::vector<int64_t> dims,
                           const std::vector<std::string> &strings);
  /// Makes a value no tensor any more; `elementKind` of sequences, optionals.
  uint32_t setKind(uint32_t value, fmt::ValueKind kind,
                   fmt::ValueKind elementKind = fmt::ValueKind_Tensor);
  /// Adds a state and a value for it.
  uint32_t state(const std::string &name, fmt::DType dtype,
                 std::vector<uint64_t> dims, const void *data);

  // Code, appended to the block begun last.
  uint32_t beginBlock(Indices inputs);
  void endBlock(Indices outputs);
  void kernel(const std::string &name, Indices inputs, Indices outputs,
              Indices sizes, uint32_t grid, uint64_t grain = 1,
              uint64_t scratchBytes = 0);
  void copy(uint32_t src, uint32_t dst);
  void branch(uint32_t condition, uint32_t thenBlock, uint32_t elseBlock,
              Indices inputs, Indices outputs);
  void loop(uint32_t tripCount, uint32_t condition, uint32_t body,
            Indices inputs, Indices outputs);
  /// A host call; `attributes` is a FlexBuffer, `defines` are symbols.
  void host(const std::string &op, Indices inputs, Indices outputs,
            Indices defines = {}, std::vector<uint8_t> attributes = {});
  fmt::InstructionT &add(const std::string &name);

  void entry(const std::string &name, uint32_t block);
  void guard(uint32_t lhs, uint32_t rhs, const std::string &message);

  /// Adds a target for any x86-64 CPU with all test kernels. Call it before
  /// kernel().
  void useKernels(std::vector<std::string> features = {"sse2"});
  /// Another target with the same code.
  void addTarget(const std::string &cpu, std::vector<std::string> features);

  /// The bytes of the artifact.
  StatusOr<std::vector<char>> build(bool check = true);
  std::vector<SegmentData> getSegments() const;

  fmt::ProgramT program;

private:
  fmt::ValueT &addValue(fmt::Storage storage, fmt::DType dtype, Indices dims);
  uint64_t addData(const void *data, size_t sizeBytes);

  std::vector<char> data; ///< segment 0
  std::vector<char> code; ///< segment 1, if any
  std::map<std::string, uint32_t> kernelNumbers;
  std::vector<uint32_t> openBlocks;
};

/// Reads the file that the build has made of TestKernels.c.
std::vector<char> readTestFile(const std::string &path);

/// Puts the right checksums into a damaged artifact, so that only its contents
/// are wrong.
void fixChecksums(std::vector<char> &artifact);

/// An artifact without native code that has one of everything: copies, views, a
/// state, a branch, a loop, guards, symbols. Input "x" f32[batch, 4], "flag"
/// bool[], output "y".
ProgramBuilder makeControlFlowProgram();

/// An artifact without native code that only a walk at run time can run: host
/// calls that define symbols, a sequence carried by a loop with a scan,
/// strings, an optional. Inputs "x" f32[n], "words" strings[m]; outputs
/// nonzero's indices, the sequence, the scan, the words.
ProgramBuilder makeDynamicProgram();

/// y0 = (x + x) + x for x f32[batch, 4], batch an even number of 2 to 64.
ProgramBuilder makeAddProgram(uint64_t grain = 1);

} // namespace lz::rt::test

#endif // LAZULI_TESTS_UNIT_RUNTIME_PROGRAMBUILDER_H
