// Makes an lz.fused region of a group.

#include "passes/FuseGroup.h"

#include "passes/FuseRules.h"

using namespace mlir;
using llvm::SmallVector;

namespace lz::fuse {

/// Gives every member copies of its own of constants and counters, so that
/// they are computed in registers instead of being read.
static void cloneCheapOperands(Block &body, Group &group) {
  SmallVector<Operation *> worklist(group.members.begin(), group.members.end());
  llvm::DenseMap<Operation *, Operation *> copies;
  while (!worklist.empty()) {
    Operation *member = worklist.pop_back_val();
    for (OpOperand &operand : member->getOpOperands()) {
      Operation *producer = operand.get().getDefiningOp();
      if (!producer || group.members.contains(producer) ||
          !isCheapToRepeat(producer))
        continue;
      Operation *&copy = copies[producer];
      if (!copy) {
        copy = producer->clone();
        body.getOperations().insert(Block::iterator(producer), copy);
        group.members.insert(copy);
        worklist.push_back(copy);
      }
      operand.set(copy->getResult(
          cast<OpResult>(operand.get()).getResultNumber()));
    }
  }
}

void makeRegion(Block &body, Group &group) {
  if (group.backend == "cpu")
    cloneCheapOperands(body, group);
  SmallVector<Operation *> members(group.members.begin(), group.members.end());
  llvm::stable_sort(members, [&](Operation *a, Operation *b) {
    return a->isBeforeInBlock(b);
  });
  llvm::SetVector<Value> inputs;
  for (Operation *member : members)
    for (Value operand : member->getOperands())
      if (!group.members.contains(operand.getDefiningOp()))
        inputs.insert(operand);
  Location loc = (group.root ? group.root : group.output)->getLoc();
  OpBuilder builder(group.output);
  auto fused =
      FusedOp::create(builder, loc, group.output->getResultTypes(),
                      group.backend, inputs.getArrayRef());
  if (!group.refusal.empty())
    fused->setAttr("lz.why", builder.getStringAttr(group.refusal));
  group.output->replaceAllUsesWith(fused.getResults());
  Block &block = fused.getBody().front();
  for (Operation *member : members)
    member->moveBefore(&block, block.end());
  for (Operation &member : block)
    for (OpOperand &operand : member.getOpOperands()) {
      auto it = llvm::find(inputs, operand.get());
      if (it != inputs.end())
        operand.set(block.getArgument(it - inputs.begin()));
    }
  builder.setInsertionPointToEnd(&block);
  YieldOp::create(builder, loc, group.output->getResults());
}

} // namespace lz::fuse
