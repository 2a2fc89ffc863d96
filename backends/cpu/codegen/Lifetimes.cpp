//===- Lifetimes.cpp - when temporaries of a kernel are in use ------------===//
//
// See Lifetimes.h.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Lifetimes.h"

using namespace mlir;

namespace lz::cpu {

Lifetimes::Lifetimes(func::FuncOp func) : views(func) {
  int64_t next = 0;
  func.walk([&](Operation *op, const WalkStage &stage) {
    if (stage.isBeforeAllRegions())
      numbers[op].first = next++;
    if (stage.isAfterAllRegions())
      numbers[op].last = next - 1;
  });
}

Lifetime Lifetimes::of(Value allocation) const {
  Operation *home = allocation.getDefiningOp();
  Lifetime result = numbers.lookup(home);
  for (Value view : views.resolve(allocation))
    for (Operation *user : view.getUsers()) {
      // What a block gives away lives as long as the operation that has the block.
      if (user->hasTrait<OpTrait::IsTerminator>())
        user = user->getParentOp();
      while (!home->getBlock()->findAncestorOpInBlock(*user))
        home = home->getParentOp();
      Operation *beside = home->getBlock()->findAncestorOpInBlock(*user);
      result.first = std::min(result.first, numbers.lookup(home).first);
      result.last = std::max(result.last, numbers.lookup(beside).last);
    }
  return result;
}

} // namespace lz::cpu
