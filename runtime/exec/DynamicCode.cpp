//===- DynamicCode.cpp ----------------------------------------------------===//
//
// See DynamicCode.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/DynamicCode.h"

#include "runtime/base/Text.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"
#include "runtime/format/KernelLaunch.h"

#include <algorithm>
#include <set>

using namespace lz;
using namespace lz::rt;

using Indices = flatbuffers::Vector<uint32_t>;

const Indices *rt::getOutputs(const fmt::Instruction &instruction) {
  switch (instruction.call_type()) {
  case fmt::Call_KernelCall:
    return instruction.call_as_KernelCall()->outputs();
  case fmt::Call_PrimitiveCall:
    return instruction.call_as_PrimitiveCall()->outputs();
  case fmt::Call_HostCall:
    return instruction.call_as_HostCall()->outputs();
  case fmt::Call_BranchCall:
    return instruction.call_as_BranchCall()->outputs();
  case fmt::Call_LoopCall:
    return instruction.call_as_LoopCall()->outputs();
  default:
    return nullptr;
  }
}

const Indices *rt::getInputs(const fmt::Instruction &instruction) {
  switch (instruction.call_type()) {
  case fmt::Call_KernelCall:
    return instruction.call_as_KernelCall()->inputs();
  case fmt::Call_PrimitiveCall:
    return instruction.call_as_PrimitiveCall()->inputs();
  case fmt::Call_HostCall:
    return instruction.call_as_HostCall()->inputs();
  case fmt::Call_BranchCall:
    return instruction.call_as_BranchCall()->inputs();
  case fmt::Call_LoopCall:
    return instruction.call_as_LoopCall()->inputs();
  default:
    return nullptr;
  }
}

/// Every value that an instruction reads.
static std::vector<uint32_t> collectUses(const fmt::Instruction &instruction) {
  std::vector<uint32_t> uses;
  for (uint32_t value : items(getInputs(instruction)))
    uses.push_back(value);
  if (const auto *copy = instruction.call_as_CopyCall())
    uses.push_back(copy->src());
  if (const auto *branch = instruction.call_as_BranchCall())
    uses.push_back(branch->condition());
  if (const auto *loop = instruction.call_as_LoopCall())
    for (uint32_t value : {loop->trip_count(), loop->condition()})
      if (value != noIndex)
        uses.push_back(value);
  return uses;
}

std::vector<const fmt::Instruction *>
rt::findLastUses(const fmt::Program &program, const std::vector<uint32_t> &roots) {
  std::vector<const fmt::Instruction *> lastUses(roots.size(), nullptr);
  for (const fmt::Block *block : items(program.blocks())) {
    for (const fmt::Instruction *instruction : items(block->instructions()))
      for (uint32_t value : collectUses(*instruction))
        lastUses[roots[value]] = instruction;
    for (uint32_t value : items(block->outputs()))
      lastUses[roots[value]] = nullptr;
  }
  return lastUses;
}

static std::vector<uint32_t> collectOutputs(const fmt::Instruction &call) {
  std::vector<uint32_t> outputs;
  for (uint32_t value : items(getOutputs(call)))
    outputs.push_back(value);
  if (const auto *copy = call.call_as_CopyCall())
    outputs.push_back(copy->dst());
  return outputs;
}

static std::vector<uint32_t> getBlocks(const fmt::Instruction &instruction) {
  if (const auto *branch = instruction.call_as_BranchCall())
    return {branch->then_block(), branch->else_block()};
  if (const auto *loop = instruction.call_as_LoopCall())
    return {loop->body()};
  return {};
}

std::vector<SymbolBinding>
rt::findDefinitions(const fmt::Program &program,
                    const fmt::Instruction &instruction) {
  std::vector<SymbolBinding> bindings;
  for (uint32_t symbol : items(instruction.defines())) {
    bool isFound = false;
    const Indices *outputs = getOutputs(instruction);
    for (uint32_t i = 0; i < count(outputs) && !isFound; ++i) {
      const fmt::Value &value = *program.values()->Get(outputs->Get(i));
      for (uint32_t axis = 0; axis < count(value.dims()) && !isFound; ++axis) {
        const fmt::Expr &expr = *program.exprs()->Get(value.dims()->Get(axis));
        if ((isFound = getSymbol(expr) == symbol))
          bindings.push_back({symbol, i, axis});
      }
    }
  }
  return bindings;
}

namespace {

class Builder {
public:
  Builder(const fmt::Program &program, const std::vector<uint32_t> &roots,
          const SymbolsByBlock &symbols)
      : program(program), roots(roots), symbols(symbols) {}

  StatusOr<std::unique_ptr<DynamicBlock>> build(const fmt::Block &block) {
    auto code = std::make_unique<DynamicBlock>();
    code->block = &block;
    if (auto found = symbols.find(&block); found != symbols.end()) {
      code->arguments = found->second.arguments;
      code->scoped = found->second.scoped;
    }
    auto size = static_cast<uint32_t>(count(block.instructions()));
    for (uint32_t at = 0; at < size;) {
      DynamicStep step;
      uint32_t end = at;
      while (end < size && mayPlan(*block.instructions()->Get(end)))
        ++end;
      if (end > at) {
        step.segment.block = &block;
        step.segment.begin = at;
        step.segment.end = end;
      } else {
        LZ_RETURN_IF_ERROR(fill(step, *block.instructions()->Get(end++)));
      }
      code->steps.push_back(std::move(step));
      at = end;
    }
    addLastUses(*code);
    return std::move(code);
  }

private:
  bool isTensor(uint32_t value) const {
    return program.values()->Get(value)->kind() == fmt::ValueKind_Tensor;
  }

  /// Whether the instruction can be a step of a plan.
  bool mayPlan(const fmt::Instruction &instruction) const {
    if (count(instruction.defines()) > 0)
      return false;
    for (const auto &values :
         {collectUses(instruction), collectOutputs(instruction)})
      for (uint32_t value : values)
        if (!isTensor(value))
          return false;
    if (const auto *host = instruction.call_as_HostCall())
      return !findHostOp(view(host->op()))->isDynamic();
    if (const auto *loop = instruction.call_as_LoopCall())
      if (loop->num_scans() > 0)
        return false;
    for (uint32_t block : getBlocks(instruction))
      if (!mayPlan(*program.blocks()->Get(block)))
        return false;
    return true;
  }

  bool mayPlan(const fmt::Block &block) const {
    auto found = symbols.find(&block);
    if (found != symbols.end() && !found->second.arguments.empty())
      return false;
    for (const auto *values : {block.inputs(), block.outputs()})
      for (uint32_t value : items(values))
        if (!isTensor(value))
          return false;
    for (const fmt::Instruction *inner : items(block.instructions()))
      if (!mayPlan(*inner))
        return false;
    return true;
  }

  Status fill(DynamicStep &step, const fmt::Instruction &instruction) {
    step.instruction = &instruction;
    step.results = findDefinitions(program, instruction);
    if (const auto *host = instruction.call_as_HostCall()) {
      HostOp *op = findHostOp(view(host->op()));
      if (!op->isDynamic())
        return unimplemented(concat("host operation ", quote(view(host->op())),
                                    " defines no symbols"));
      LZ_ASSIGN_OR_RETURN(step.function, op->load(*host, program));
      step.givesNumbers = op->givesNumbers();
    }
    for (uint32_t index : getBlocks(instruction)) {
      LZ_ASSIGN_OR_RETURN(std::unique_ptr<DynamicBlock> block,
                          build(*program.blocks()->Get(index)));
      step.blocks.push_back(std::move(block));
    }
    return Status::success();
  }

  bool isLocal(uint32_t root) const {
    fmt::Storage storage = program.values()->Get(root)->storage();
    return storage == fmt::Storage_Input || storage == fmt::Storage_Temporary;
  }

  /// What a step reads from before it, and what it writes, without views.
  void collect(const DynamicBlock &code, const DynamicStep &step,
               std::set<uint32_t> &uses, std::set<uint32_t> &outputs) const {
    auto add = [&](const fmt::Instruction &instruction) {
      for (uint32_t value : collectUses(instruction))
        if (isLocal(roots[value]) && outputs.count(roots[value]) == 0)
          uses.insert(roots[value]);
      for (uint32_t value : collectOutputs(instruction))
        if (isLocal(value))
          outputs.insert(value);
    };
    if (step.instruction)
      return add(*step.instruction);
    for (uint32_t at = step.segment.begin; at < step.segment.end; ++at)
      add(*code.block->instructions()->Get(at));
  }

  /// From the end to the beginning: what is used later than a step is an output
  /// of it; what is not, need not be kept.
  void addLastUses(DynamicBlock &code) const {
    std::set<uint32_t> later;
    for (uint32_t value : items(code.block->outputs()))
      if (isLocal(roots[value]))
        later.insert(roots[value]);
    for (size_t i = code.steps.size(); i-- > 0;) {
      DynamicStep &step = code.steps[i];
      std::set<uint32_t> uses, outputs;
      collect(code, step, uses, outputs);
      for (uint32_t value : outputs) {
        if (later.count(value) != 0)
          step.segment.outputs.push_back(value);
        else if (step.instruction)
          step.lastUses.push_back(value);
      }
      for (uint32_t value : uses)
        if (later.insert(value).second)
          step.lastUses.push_back(value);
      if (step.instruction)
        continue;
      step.segment.inputs.assign(uses.begin(), uses.end());
      std::set<uint32_t> found;
      for (uint32_t at = step.segment.begin; at < step.segment.end; ++at)
        addSymbols(*code.block->instructions()->Get(at), found);
      for (uint32_t value : step.segment.outputs)
        addValueSymbols(value, found);
      step.segment.symbols.assign(found.begin(), found.end());
    }
  }

  // The symbols that the plan of a segment depends on.

  void addExprSymbols(uint32_t expr, std::set<uint32_t> &found) const {
    if (expr == noIndex)
      return;
    for (const fmt::Step *step : items(program.exprs()->Get(expr)->steps()))
      if (step->op() == fmt::ExprOp_Symbol)
        found.insert(static_cast<uint32_t>(step->value()));
  }

  void addValueSymbols(uint32_t value, std::set<uint32_t> &found) const {
    for (uint32_t at : {value, roots[value]})
      for (uint32_t dim : items(program.values()->Get(at)->dims()))
        addExprSymbols(dim, found);
  }

  void addSymbols(const fmt::Instruction &instruction,
                  std::set<uint32_t> &found) const {
    for (uint32_t value : collectUses(instruction))
      addValueSymbols(value, found);
    for (uint32_t value : collectOutputs(instruction))
      addValueSymbols(value, found);
    addExprSymbols(instruction.flops(), found);
    addExprSymbols(instruction.bytes(), found);
    if (const auto *kernel = instruction.call_as_KernelCall()) {
      for (uint32_t target = 0; target < getNumLaunches(*kernel); ++target) {
        KernelLaunch launch = getLaunch(*kernel, target);
        addExprSymbols(launch.grid, found);
        addExprSymbols(launch.scratchBytes, found);
        for (uint32_t size : items(launch.sizes))
          addExprSymbols(size, found);
      }
    }
    for (uint32_t index : getBlocks(instruction)) {
      const fmt::Block &block = *program.blocks()->Get(index);
      for (const fmt::Instruction *inner : items(block.instructions()))
        addSymbols(*inner, found);
      for (const auto *values : {block.inputs(), block.outputs()})
        for (uint32_t value : items(values))
          addValueSymbols(value, found);
    }
  }

  const fmt::Program &program;
  const std::vector<uint32_t> &roots;
  const SymbolsByBlock &symbols;
};

} // namespace

StatusOr<std::unique_ptr<const DynamicBlock>>
rt::makeDynamicCode(const fmt::Program &program,
                    const std::vector<uint32_t> &roots, const fmt::Block &block,
                    const SymbolsByBlock &symbols) {
  LZ_ASSIGN_OR_RETURN(std::unique_ptr<DynamicBlock> code,
                      Builder(program, roots, symbols).build(block));
  return std::unique_ptr<const DynamicBlock>(std::move(code));
}
