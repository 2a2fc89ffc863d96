// Before lz-fuse forms kernels inside of lz.if and lz.loop: see FuseRules.h.

#include "ir/Diagnostics.h"
#include "ir/Guards.h"
#include "passes/FuseRules.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using llvm::SmallVector;
using llvm::StringRef;

namespace lz {

/// An i64 scalar: the size of a counter that nothing reads.
static Value makeDim(OpBuilder &builder, Location loc, const DimExpr &expr) {
  Type i64 = builder.getI64Type();
  DimExpr size = DimExpr::max(expr, 0);
  auto type = TensorType::get(builder.getContext(), {size}, i64);
  auto counter = IotaOp::create(
      builder, loc, type, /*axis=*/0,
      DimArrayAttr::get(builder.getContext(), llvm::ArrayRef<DimExpr>{size}));
  return DimOfOp::create(
      builder, loc, TensorType::getStatic(builder.getContext(), {}, i64),
      counter.getResult(), /*axis=*/0);
}

/// `lhs == rhs` as a tensor, and the runtime's check of it.
static void lowerGuard(GuardOp guard) {
  OpBuilder builder(guard);
  Location loc = guard.getLoc();
  Value lhs = makeDim(builder, loc, guard.getLhs().getValue());
  Value rhs = makeDim(builder, loc, guard.getRhs().getValue());
  Type flag = TensorType::getStatic(builder.getContext(), {}, builder.getI1Type());
  Value equal = EqOp::create(builder, loc, flag, lhs, rhs);
  // A run puts the name of what failed in front.
  StringRef message = guard.getMessage();
  message.consume_front("'" + userName(loc).str() + "': ");
  auto attrs = builder.getDictionaryAttr(
      {builder.getNamedAttr("message", builder.getStringAttr(message)),
       builder.getNamedAttr("values",
                            builder.getArrayAttr({builder.getI64IntegerAttr(1)}))});
  HostOp::create(builder, loc, TypeRange(), "expect_values", equal, attrs);
  guard.erase();
}

/// Copies to the beginning of `block` what its ops use from around it and what is
/// cheap to repeat, with all that this is made of.
static Value copyInto(Block &block, Value value,
                      llvm::DenseMap<Operation *, Operation *> &copies) {
  Operation *source = value.getDefiningOp();
  if (!source || source->getBlock() == &block || !isCheapToRepeat(source))
    return value;
  Operation *&copy = copies[source];
  if (!copy) {
    copy = source->clone();
    for (OpOperand &operand : copy->getOpOperands())
      operand.set(copyInto(block, operand.get(), copies));
    // Behind the copies of its operands, before everything else.
    Operation *last = nullptr;
    for (Value operand : copy->getOperands())
      if (Operation *made = operand.getDefiningOp(); made && made->getBlock() == &block)
        last = made;
    if (last)
      block.getOperations().insertAfter(Block::iterator(last), copy);
    else
      block.push_front(copy);
  }
  return copies[source]->getResult(cast<OpResult>(value).getResultNumber());
}

void prepareRegions(FuncOp function) {
  SmallVector<GuardOp> guards;
  function.walk([&](GuardOp guard) {
    if (!isCheckedByItself(guard))
      guards.push_back(guard);
  });
  llvm::for_each(guards, lowerGuard);
  SmallVector<Block *> blocks;
  function.walk([&](Operation *op) {
    if (isa<IfOp, LoopOp>(op))
      for (Region &region : op->getRegions())
        blocks.push_back(&region.front());
  });
  for (Block *block : blocks) {
    llvm::DenseMap<Operation *, Operation *> copies;
    SmallVector<Operation *> users;
    for (Operation &op : *block)
      if (isComputing(&op))
        users.push_back(&op);
    for (Operation *user : users)
      for (OpOperand &operand : user->getOpOperands())
        operand.set(copyInto(*block, operand.get(), copies));
  }
}

} // namespace lz
