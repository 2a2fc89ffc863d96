//===- CheckBlocks.cpp ----------------------------------------------------===//
//
// The part of the second check (Check.h) about code: instructions, blocks and
// entries. Each block and each input or temporary belongs to one entry, so one
// walk over all entries sees everything once and in the order of execution.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/KernelLaunch.h"

#include <set>
#include <string_view>
#include <vector>

using namespace lz;
using namespace lz::rt;

/// Blocks are run recursively.
static constexpr unsigned maxBlockDepth = 32;

using Indices = flatbuffers::Vector<uint32_t>;

namespace {

class BlockChecker {
public:
  explicit BlockChecker(const fmt::Program &program)
      : program(program), roots(computeRoots(program)),
        definedIn(count(program.values()), noIndex),
        isVisited(count(program.blocks()), false) {}

  Status run() {
    std::set<std::string_view> names;
    for (const fmt::Entry *entry : items(program.entries())) {
      Status status = names.insert(view(entry->name())).second
                          ? checkEntry(*entry)
                          : dataLoss("there is another entry of that name");
      if (!status.isOk())
        return status.withContext(concat("entry ", quote(view(entry->name()))));
    }
    return Status::success();
  }

private:
  Status checkEntry(const fmt::Entry &entry) {
    if (entry.block() >= count(program.blocks()))
      return dataLoss(
          concat("block ", entry.block(), " of ", count(program.blocks())));
    const fmt::Block &block = *program.blocks()->Get(entry.block());
    LZ_RETURN_IF_ERROR(checkPorts("input", entry.inputs(), block.inputs()));
    LZ_RETURN_IF_ERROR(checkBlock(entry.block(), /*depth=*/0));
    LZ_RETURN_IF_ERROR(checkPorts("output", entry.outputs(), block.outputs()));
    for (const fmt::Port *port : items(entry.outputs()))
      if (isPacked(port->value()))
        return dataLoss(concat("output ", quote(view(port->name())),
                               " is a packed constant"));
    for (const fmt::Guard *guard : items(entry.guards()))
      if (!isExpr(guard->lhs()) || !isExpr(guard->rhs()))
        return dataLoss("a guard names no expression");
    return Status::success();
  }

  bool isPacked(uint32_t value) {
    const fmt::Value &of = *program.values()->Get(value);
    return of.storage() == fmt::Storage_Constant &&
           program.constants()->Get(of.index())->packing();
  }

  Status
  checkPorts(const char *what,
             const flatbuffers::Vector<flatbuffers::Offset<fmt::Port>> *ports,
             const Indices *values) {
    if (count(ports) != count(values))
      return dataLoss(concat("has ", count(ports), " ", what, "s, its block ",
                             count(values)));
    std::set<std::string_view> names;
    for (uint32_t i = 0; i < count(ports); ++i) {
      if (ports->Get(i)->value() != values->Get(i))
        return dataLoss(concat(what, ' ', i, " is not the value of its block"));
      if (!names.insert(view(ports->Get(i)->name())).second)
        return dataLoss(concat("two ", what, "s are named ",
                               quote(view(ports->Get(i)->name()))));
    }
    return Status::success();
  }

  bool isExpr(uint32_t index) { return index < count(program.exprs()); }

  Status checkBlock(uint32_t index, unsigned depth) {
    if (depth > maxBlockDepth)
      return dataLoss(concat("blocks are nested deeper than ", maxBlockDepth));
    if (index >= count(program.blocks()))
      return dataLoss(concat("block ", index, " of ", count(program.blocks())));
    if (isVisited[index])
      return dataLoss(
          concat("block ", index, " is run from more than one place"));
    isVisited[index] = true;
    const fmt::Block &block = *program.blocks()->Get(index);
    for (uint32_t value : items(block.inputs()))
      LZ_RETURN_IF_ERROR(define(value, index, /*isArgument=*/true));
    for (uint32_t i = 0; i < count(block.instructions()); ++i) {
      const fmt::Instruction &instruction = *block.instructions()->Get(i);
      Status status = checkInstruction(instruction, index, depth);
      if (!status.isOk())
        return status.withContext(concat("block ", index, ", instruction ", i,
                                         " (", quote(view(instruction.name())),
                                         ")"));
    }
    return use(block.outputs(), index);
  }

  /// `value` gets its contents here.
  Status define(uint32_t value, uint32_t block, bool isArgument) {
    if (value >= count(program.values()))
      return dataLoss(concat("value ", value, " of ", count(program.values())));
    fmt::Storage storage = program.values()->Get(value)->storage();
    if (!isArgument && storage == fmt::Storage_State)
      return Status::success();
    if (storage != (isArgument ? fmt::Storage_Input : fmt::Storage_Temporary))
      return dataLoss(concat("value ", value, " cannot be ",
                             isArgument ? "a block's input" : "written here"));
    if (definedIn[value] != noIndex)
      return dataLoss(concat("value ", value, " is defined twice"));
    definedIn[value] = block;
    return Status::success();
  }

  Status define(const Indices *values, uint32_t block) {
    for (uint32_t value : items(values))
      LZ_RETURN_IF_ERROR(define(value, block, /*isArgument=*/false));
    return Status::success();
  }

  Status use(uint32_t value, uint32_t block) {
    if (value >= count(program.values()))
      return dataLoss(concat("value ", value, " of ", count(program.values())));
    uint32_t root = roots[value];
    fmt::Storage storage = program.values()->Get(root)->storage();
    bool isGlobal =
        storage == fmt::Storage_Constant || storage == fmt::Storage_State;
    if (!isGlobal && definedIn[root] != block)
      return dataLoss(concat("value ", value,
                             " is used before it is defined in its block"));
    return Status::success();
  }

  Status use(const Indices *values, uint32_t block) {
    for (uint32_t value : items(values))
      LZ_RETURN_IF_ERROR(use(value, block));
    return Status::success();
  }

  Status requireTensors(const Indices *values) {
    for (uint32_t value : items(values))
      if (program.values()->Get(value)->kind() != fmt::ValueKind_Tensor)
        return dataLoss(concat("value ", value, " is not a tensor"));
    return Status::success();
  }

  Status checkOperands(const Indices *inputs, const Indices *outputs,
                       uint32_t block, bool tensorsOnly) {
    LZ_RETURN_IF_ERROR(use(inputs, block));
    LZ_RETURN_IF_ERROR(define(outputs, block));
    if (!tensorsOnly)
      return Status::success();
    LZ_RETURN_IF_ERROR(requireTensors(inputs));
    return requireTensors(outputs);
  }

  Status checkInstruction(const fmt::Instruction &instruction, uint32_t block,
                          unsigned depth) {
    if ((instruction.flops() != noIndex && !isExpr(instruction.flops())) ||
        (instruction.bytes() != noIndex && !isExpr(instruction.bytes())))
      return dataLoss("its costs name no expression");
    for (uint32_t symbol : items(instruction.defines()))
      if (symbol >= count(program.symbols()) ||
          program.symbols()->Get(symbol)->kind() != fmt::SymbolKind_Defined)
        return dataLoss(concat("symbol ", symbol, " cannot be defined"));
    if (!instruction.call())
      return dataLoss("has no call");
    bool mayDefine = instruction.call_type() == fmt::Call_HostCall ||
                     instruction.call_type() == fmt::Call_BranchCall ||
                     instruction.call_type() == fmt::Call_LoopCall;
    if (count(instruction.defines()) > 0 && !mayDefine)
      return dataLoss("defines symbols, which such a call cannot");
    switch (instruction.call_type()) {
    case fmt::Call_KernelCall:
      return checkKernel(*instruction.call_as_KernelCall(), block);
    case fmt::Call_PrimitiveCall:
      return checkPrimitive(*instruction.call_as_PrimitiveCall(), block);
    case fmt::Call_CopyCall:
      return checkCopy(*instruction.call_as_CopyCall(), block);
    case fmt::Call_HostCall: {
      const fmt::HostCall &call = *instruction.call_as_HostCall();
      LZ_RETURN_IF_ERROR(use(call.inputs(), block));
      for (uint32_t value : items(call.inputs()))
        if (isPacked(value))
          return dataLoss(concat("value ", value, " is a packed constant"));
      return checkOperands(call.inputs(), call.outputs(), block,
                           /*tensorsOnly=*/false);
    }
    case fmt::Call_BranchCall:
      return checkBranch(*instruction.call_as_BranchCall(), block, depth);
    case fmt::Call_LoopCall:
      return checkLoop(*instruction.call_as_LoopCall(), block, depth);
    default:
      return dataLoss(concat("unknown call ", int(instruction.call_type())));
    }
  }

  Status checkLaunch(const KernelLaunch &launch) {
    if (!isExpr(launch.grid))
      return dataLoss("its grid names no expression");
    for (uint32_t size : items(launch.sizes))
      if (!isExpr(size))
        return dataLoss("its sizes name no expression");
    if (launch.scratchBytes != noIndex && !isExpr(launch.scratchBytes))
      return dataLoss("its scratch names no expression");
    return Status::success();
  }

  Status checkKernel(const fmt::KernelCall &call, uint32_t block) {
    size_t numKernels = count(program.targets()) > 0
                            ? count(program.targets()->Get(0)->kernels())
                            : 0;
    if (call.kernel() >= numKernels)
      return dataLoss(concat("kernel ", call.kernel(), " of ", numKernels));
    uint32_t numTargets = count(program.targets()), numLaunches = getNumLaunches(call);
    if (numLaunches != 1 && numLaunches != numTargets)
      return dataLoss(concat("it has calls of ", numLaunches, " targets, expected 1 or ",
                             numTargets));
    for (uint32_t target = 0; target < numLaunches; ++target)
      LZ_RETURN_IF_ERROR(checkLaunch(getLaunch(call, target)));
    return checkOperands(call.inputs(), call.outputs(), block,
                         /*tensorsOnly=*/true);
  }

  Status checkPrimitive(const fmt::PrimitiveCall &call, uint32_t block) {
    if (call.kind() > fmt::PrimitiveKind_MAX ||
        call.pool_kind() > fmt::PoolKind_MAX)
      return dataLoss("unknown kind of primitive");
    size_t needed =
        call.kind() == fmt::PrimitiveKind_Pooling ? 1 : 2 + call.has_bias();
    if (count(call.inputs()) < needed || count(call.outputs()) < 1)
      return dataLoss(concat("has ", count(call.inputs()), " inputs and ",
                             count(call.outputs()),
                             " outputs, expected at least ", needed, " and 1"));
    for (const auto *sizes :
         {call.strides(), call.dilations(), call.pads_begin(), call.pads_end(),
          call.kernel()})
      if (count(sizes) > maxRank)
        return dataLoss("has too many spatial dimensions");
    for (const fmt::PostOp *op : items(call.post_ops())) {
      if (op->kind() > fmt::PostOpKind_MAX)
        return dataLoss(concat("unknown post-op ", int(op->kind())));
      if (op->kind() != fmt::PostOpKind_Eltwise &&
          op->operand() >= count(call.inputs()))
        return dataLoss(concat("post-op operand ", op->operand(), " of ",
                               count(call.inputs())));
    }
    return checkOperands(call.inputs(), call.outputs(), block,
                         /*tensorsOnly=*/true);
  }

  Status checkCopy(const fmt::CopyCall &call, uint32_t block) {
    LZ_RETURN_IF_ERROR(use(call.src(), block));
    LZ_RETURN_IF_ERROR(define(call.dst(), block, /*isArgument=*/false));
    const fmt::Value &src = *program.values()->Get(call.src());
    const fmt::Value &dst = *program.values()->Get(call.dst());
    if (src.kind() != fmt::ValueKind_Tensor ||
        dst.kind() != fmt::ValueKind_Tensor ||
        getDTypeBytes(src.dtype()) != getDTypeBytes(dst.dtype()) ||
        isPacked(call.src()))
      return dataLoss("copies between values that differ");
    return Status::success();
  }

  /// A scalar tensor of the given dtype that may be used in `block`.
  Status checkScalar(uint32_t value, fmt::DType dtype, uint32_t block) {
    LZ_RETURN_IF_ERROR(use(value, block));
    const fmt::Value &of = *program.values()->Get(value);
    if (of.kind() != fmt::ValueKind_Tensor || of.dtype() != dtype ||
        count(of.dims()) != 0)
      return dataLoss(concat("value ", value, ", expected a scalar of ",
                             getDTypeName(dtype)));
    return Status::success();
  }

  /// `from[i + fromOffset]` is passed to `to[i]` for all of `to` from
  /// `toOffset` on.
  Status checkPassed(const Indices *from, uint32_t fromOffset,
                     const Indices *to, uint32_t toOffset, const char *what) {
    if (count(from) - fromOffset != count(to) - toOffset)
      return dataLoss(concat("passes ", count(from) - fromOffset, ' ', what,
                             ", expected ", count(to) - toOffset));
    for (uint32_t i = toOffset; i < count(to); ++i) {
      const fmt::Value &source =
          *program.values()->Get(from->Get(i - toOffset + fromOffset));
      const fmt::Value &target = *program.values()->Get(to->Get(i));
      if (source.dtype() != target.dtype() || source.kind() != target.kind() ||
          source.element_kind() != target.element_kind() ||
          count(source.dims()) != count(target.dims()) ||
          isPacked(from->Get(i - toOffset + fromOffset)))
        return dataLoss(concat("passes a value of another type as number ", i,
                               " of the ", what));
    }
    return Status::success();
  }

  Status checkBranch(const fmt::BranchCall &call, uint32_t block,
                     unsigned depth) {
    LZ_RETURN_IF_ERROR(
        checkScalar(call.condition(), fmt::DType_boolean, block));
    LZ_RETURN_IF_ERROR(use(call.inputs(), block));
    for (uint32_t inner : {call.then_block(), call.else_block()}) {
      LZ_RETURN_IF_ERROR(checkBlock(inner, depth + 1));
      const fmt::Block &body = *program.blocks()->Get(inner);
      LZ_RETURN_IF_ERROR(
          checkPassed(call.inputs(), 0, body.inputs(), 0, "inputs"));
      LZ_RETURN_IF_ERROR(requireTemporaries(call.outputs()));
      LZ_RETURN_IF_ERROR(
          checkPassed(body.outputs(), 0, call.outputs(), 0, "outputs"));
    }
    return define(call.outputs(), block);
  }

  /// What a block gives is never a state: which of two writes counts would be
  /// unclear.
  Status requireTemporaries(const Indices *values) {
    for (uint32_t value : items(values))
      if (value >= count(program.values()) ||
          program.values()->Get(value)->storage() != fmt::Storage_Temporary)
        return dataLoss(concat("value ", value, " is not a temporary"));
    return Status::success();
  }

  Status checkLoop(const fmt::LoopCall &call, uint32_t block, unsigned depth) {
    if (call.trip_count() != noIndex)
      LZ_RETURN_IF_ERROR(checkScalar(call.trip_count(), fmt::DType_i64, block));
    if (call.condition() != noIndex)
      LZ_RETURN_IF_ERROR(
          checkScalar(call.condition(), fmt::DType_boolean, block));
    LZ_RETURN_IF_ERROR(use(call.inputs(), block));
    LZ_RETURN_IF_ERROR(checkBlock(call.body(), depth + 1));
    LZ_RETURN_IF_ERROR(requireTemporaries(call.outputs()));
    const fmt::Block &body = *program.blocks()->Get(call.body());
    size_t numOutputs = count(call.outputs()), numScans = call.num_scans();
    if (count(body.inputs()) < 1 || count(body.outputs()) < 1 ||
        numScans > numOutputs || count(call.inputs()) < numOutputs - numScans)
      return dataLoss("a loop's body takes a number and gives a condition");
    LZ_RETURN_IF_ERROR(
        checkScalar(body.inputs()->Get(0), fmt::DType_i64, call.body()));
    LZ_RETURN_IF_ERROR(
        checkScalar(body.outputs()->Get(0), fmt::DType_boolean, call.body()));
    LZ_RETURN_IF_ERROR(
        checkPassed(call.inputs(), 0, body.inputs(), 1, "inputs"));
    if (count(body.outputs()) - 1 != numOutputs)
      return dataLoss(concat("a loop's body gives ", count(body.outputs()),
                             " values, expected ", numOutputs + 1));
    for (uint32_t i = 0; i < numOutputs; ++i)
      LZ_RETURN_IF_ERROR(checkLoopResult(body.outputs()->Get(i + 1),
                                         call.outputs()->Get(i),
                                         i >= numOutputs - numScans));
    return define(call.outputs(), block);
  }

  /// What the body gives becomes a carried variable, or is stacked.
  Status checkLoopResult(uint32_t from, uint32_t to, bool isScan) {
    const fmt::Value &source = *program.values()->Get(from);
    const fmt::Value &target = *program.values()->Get(to);
    bool mayStack = source.kind() == fmt::ValueKind_Tensor ||
                    source.kind() == fmt::ValueKind_Strings;
    if (source.dtype() != target.dtype() || source.kind() != target.kind() ||
        source.element_kind() != target.element_kind() || isPacked(from) ||
        (isScan && !mayStack) ||
        count(source.dims()) + isScan != count(target.dims()))
      return dataLoss(concat("a loop's body gives a value of another type than "
                             "value ",
                             to));
    return Status::success();
  }

  const fmt::Program &program;
  std::vector<uint32_t> roots;
  std::vector<uint32_t>
      definedIn; ///< the block that defines the value, or noIndex
  std::vector<bool> isVisited;
};

} // namespace

Status rt::checkBlocks(const fmt::Program &program) {
  return BlockChecker(program).run();
}
