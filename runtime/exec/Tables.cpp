//===- Tables.cpp ---------------------------------------------------------===//
//
// See Tables.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Tables.h"

#include "runtime/base/Buffer.h"
#include "runtime/exec/DynamicCode.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"

#include <algorithm>

using namespace lz;
using namespace lz::rt;

namespace {
enum class Use : uint8_t { None, Part, Whole };
} // namespace

/// What a call reads of a constant of `sizeBytes` at most, judged by the bytes that the
/// compiler says it moves; of what it says nothing about, everything.
static Use getUse(const fmt::Program &program, const fmt::Instruction &instruction,
                  uint64_t sizeBytes) {
  if (!instruction.call_as_KernelCall() || instruction.bytes() == noIndex)
    return Use::Whole;
  std::optional<int64_t> bytes = getConstant(*program.exprs()->Get(instruction.bytes()));
  return bytes && static_cast<uint64_t>(*bytes) < sizeBytes ? Use::Part : Use::Whole;
}

std::vector<uint32_t> rt::findTables(const fmt::Program &program,
                                     const std::vector<uint32_t> &roots) {
  std::vector<Use> uses(count(program.segments()), Use::None);
  auto add = [&](uint32_t value, const fmt::Instruction &instruction) {
    const fmt::Value &root = *program.values()->Get(roots[value]);
    if (root.storage() != fmt::Storage_Constant)
      return;
    const fmt::Constant &constant = *program.constants()->Get(root.index());
    Use &known = uses[constant.segment()];
    known = std::max(known, getUse(program, instruction, constant.size()));
  };
  for (const fmt::Block *block : items(program.blocks()))
    for (const fmt::Instruction *instruction : items(block->instructions()))
      for (uint32_t value : items(getInputs(*instruction)))
        add(value, *instruction);
  std::vector<uint32_t> tables;
  for (uint32_t i = 0; i < uses.size(); ++i)
    if (uses[i] == Use::Part && program.segments()->Get(i)->size() >= hugePageBytes)
      tables.push_back(i);
  return tables;
}
