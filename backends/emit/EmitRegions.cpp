//===- EmitRegions.cpp - Host calls, branches and loops -------------------===//
//
// A region becomes a block of its own. What it reads from around it becomes an
// input of the block, but for constants and states, which all blocks share.
//
//===----------------------------------------------------------------------===//

#include "backends/emit/Emitter.h"

#include "backends/emit/HostAttributes.h"
#include "ir/Diagnostics.h"

#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace lz;

//===----------------------------------------------------------------------===//
// What all three share
//===----------------------------------------------------------------------===//

std::vector<uint32_t> Emitter::addResults(Operation *op) {
  std::vector<uint32_t> numbers;
  for (Value result : op->getResults()) {
    values[result] =
        addValue(userName(op->getLoc()), result.getType(), fmt::Storage_Temporary);
    numbers.push_back(values[result]);
  }
  return numbers;
}

/// `define` gives its symbols numbers; of the others, those that no result has as
/// a dimension could not be told.
std::vector<uint32_t> Emitter::getDefines(Operation *op) {
  auto isDim = [&](const DimExpr &symbol) {
    return llvm::any_of(op->getResultTypes(), [&](Type type) {
      auto tensor = dyn_cast<lz::TensorType>(type);
      return tensor && llvm::is_contained(tensor.getShape(), symbol);
    });
  };
  auto host = dyn_cast<HostOp>(op);
  bool givesNumbers = host && host.getName() == "define";
  std::vector<uint32_t> numbers;
  for (StringRef name : getDefinedSymbols(op))
    if (givesNumbers || isDim(DimExpr::symbol(name.str())))
      numbers.push_back(addDefinedSymbol(name));
  return numbers;
}

SmallVector<Value> Emitter::findCaptures(Operation *op) {
  llvm::SetVector<Value> used;
  for (Region &region : op->getRegions())
    getUsedValuesDefinedAbove(region, used);
  auto isShared = [](Value value) {
    return isa_and_nonnull<GetParameterOp, ConstantOp>(value.getDefiningOp());
  };
  SmallVector<Value> captures;
  for (Value value : used)
    if (!isShared(value))
      captures.push_back(value);
  return captures;
}

FailureOr<uint32_t> Emitter::emitBlock(Block &body, ArrayRef<Value> captures) {
  uint32_t number = program.blocks.size();
  program.blocks.push_back(std::make_unique<fmt::BlockT>());
  fmt::BlockT *outerBlock = block;
  // What is known around the block has other numbers in it.
  DenseMap<Value, uint32_t> outerValues = values;
  block = program.blocks[number].get();
  auto addInput = [&](Value value) {
    values[value] =
        addValue(userName(value.getLoc()), value.getType(), fmt::Storage_Input);
    block->inputs.push_back(values[value]);
  };
  llvm::for_each(body.getArguments(), addInput);
  llvm::for_each(captures, addInput);
  LogicalResult result = success();
  for (Operation &op : body)
    if (succeeded(result))
      result = emitOp(op);
  block = outerBlock;
  values = std::move(outerValues);
  return failed(result) ? FailureOr<uint32_t>(failure()) : FailureOr<uint32_t>(number);
}

//===----------------------------------------------------------------------===//
// The ops
//===----------------------------------------------------------------------===//

LogicalResult Emitter::emitHost(HostOp op) {
  FailureOr<std::vector<uint32_t>> inputs = getValues(op.getInputs());
  if (failed(inputs))
    return failure();
  fmt::HostCallT call;
  call.op = op.getName().str();
  call.inputs = std::move(*inputs);
  call.outputs = addResults(op);
  call.attributes = encodeHostAttributes(op.getAttrs().value_or(DictionaryAttr()));
  fmt::InstructionT &instruction = addInstruction(op.getOperation());
  instruction.defines = getDefines(op);
  instruction.why = "computed by the runtime";
  instruction.call.Set(std::move(call));
  return success();
}

LogicalResult Emitter::emitIf(IfOp op) {
  SmallVector<Value> captures = findCaptures(op);
  FailureOr<uint32_t> condition = getValue(op.getCondition());
  FailureOr<std::vector<uint32_t>> inputs = getValues(captures);
  if (failed(condition) || failed(inputs))
    return failure();
  FailureOr<uint32_t> thenBlock = emitBlock(op.getThenBlock(), captures);
  if (failed(thenBlock))
    return failure();
  FailureOr<uint32_t> elseBlock = emitBlock(op.getElseBlock(), captures);
  if (failed(elseBlock))
    return failure();
  fmt::BranchCallT call;
  call.condition = *condition;
  call.then_block = *thenBlock;
  call.else_block = *elseBlock;
  call.inputs = std::move(*inputs);
  call.outputs = addResults(op);
  fmt::InstructionT &instruction = addInstruction(op.getOperation());
  instruction.defines = getDefines(op);
  instruction.call.Set(std::move(call));
  return success();
}

LogicalResult Emitter::emitLoop(LoopOp op) {
  SmallVector<Value> captures = findCaptures(op);
  SmallVector<Value> from(op.getInits());
  from.append(captures);
  FailureOr<std::vector<uint32_t>> inputs = getValues(from);
  if (failed(inputs))
    return failure();
  fmt::LoopCallT call;
  auto setOptional = [&](uint32_t &field, Value value) -> LogicalResult {
    if (!value)
      return success();
    FailureOr<uint32_t> number = getValue(value);
    if (succeeded(number))
      field = *number;
    return success(succeeded(number));
  };
  if (failed(setOptional(call.trip_count, op.getTripCount())) ||
      failed(setOptional(call.condition, op.getCondition())))
    return failure();
  FailureOr<uint32_t> body = emitBlock(op.getBodyBlock(), captures);
  if (failed(body))
    return failure();
  call.body = *body;
  call.inputs = std::move(*inputs);
  call.outputs = addResults(op);
  call.num_scans = op.getNumScans();
  fmt::InstructionT &instruction = addInstruction(op.getOperation());
  instruction.defines = getDefines(op);
  instruction.call.Set(std::move(call));
  return success();
}
