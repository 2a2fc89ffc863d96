//===- DynamicCode.h - Entries that no single plan can run ----------------===//
//
// Where dimensions are known only from the data of a run, and where values are
// no tensors, a block is walked at run time. What can be known of it beforehand
// is here, made once when the model is loaded: longest runs of instructions
// that can be planned together, which dimension defines which symbol, and when
// a value is used for the last time.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_DYNAMICCODE_H
#define LAZULI_RUNTIME_EXEC_DYNAMICCODE_H

#include "runtime/host_ops/HostOp.h"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace lz::rt {

/// Says which dimension of which input (of an entry or a block) or result (of
/// an instruction) gives a symbol its value.
struct SymbolBinding {
  uint32_t symbol;
  uint32_t input;
  uint32_t axis;
};

/// Instructions [begin, end) of a block, planned together for given values of
/// the symbols they depend on. Inputs and outputs are no views.
struct Segment {
  const fmt::Block *block = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;
  std::vector<uint32_t> inputs;
  std::vector<uint32_t> outputs;
  std::vector<uint32_t> symbols;
};

struct DynamicBlock;

/// A segment, or a host call, branch or loop that runs between plans.
struct DynamicStep {
  const fmt::Instruction *instruction = nullptr; ///< null: a segment
  Segment segment;
  std::unique_ptr<const HostFunction> function;      ///< of a host call
  std::vector<std::unique_ptr<DynamicBlock>> blocks; ///< then, else; or body
  std::vector<SymbolBinding> results;
  bool givesNumbers = false; ///< of all symbols it defines, by itself
  std::vector<uint32_t> lastUses; ///< values that nobody reads afterwards
};

struct DynamicBlock {
  const fmt::Block *block = nullptr;
  std::vector<SymbolBinding> arguments;
  std::vector<uint32_t> scoped; ///< symbols that are known only in here
  std::vector<DynamicStep> steps;
};

/// What the walk over an entry has found out for each block that defines
/// something by its inputs, and for each block its symbols.
struct BlockSymbols {
  std::vector<SymbolBinding> arguments;
  std::vector<uint32_t> scoped;
};
using SymbolsByBlock = std::map<const fmt::Block *, BlockSymbols>;

/// Makes the code of `block` and the blocks in it, which have been checked.
/// `roots`: see computeRoots.
StatusOr<std::unique_ptr<const DynamicBlock>>
makeDynamicCode(const fmt::Program &program, const std::vector<uint32_t> &roots,
                const fmt::Block &block, const SymbolsByBlock &symbols);

/// The dimensions of the results of `instruction` that are exactly a symbol
/// that it defines.
std::vector<SymbolBinding> findDefinitions(const fmt::Program &program,
                                           const fmt::Instruction &instruction);

/// The results of any kind of call; null: none.
const flatbuffers::Vector<uint32_t> *
getOutputs(const fmt::Instruction &instruction);
/// The values that a call is given.
const flatbuffers::Vector<uint32_t> *getInputs(const fmt::Instruction &instruction);
/// For each root value that instructions of one block read, the last of them; null for one
/// that the block gives away, and for inputs and temporaries that nobody reads.
std::vector<const fmt::Instruction *> findLastUses(const fmt::Program &program,
                                                   const std::vector<uint32_t> &roots);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_DYNAMICCODE_H
