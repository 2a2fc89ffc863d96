// See DenseKernels.h.

#include "passes/DenseKernels.h"

#include "ir/Values.h"
#include "passes/Views.h"

using namespace mlir;

namespace lz {

bool hasKernelForm(Value src, Value weights) {
  return tensorType(src).hasRank() && tensorType(src).getElementType().isF32() &&
         tensorType(weights).isStatic() && isConstantValue(weights);
}

bool areAll(llvm::ArrayRef<int64_t> values, int64_t value) {
  return llvm::all_of(values, [&](int64_t v) { return v == value; });
}

void replaceByKernel(OpBuilder &builder, Operation *op, Value kernel, const llvm::Twine &why,
                     Value bias) {
  kernel.getDefiningOp()->setAttr("lz.why", builder.getStringAttr(why));
  if (bias)
    kernel = AddOp::create(builder, op->getLoc(), kernel.getType(), kernel, bias);
  Value dst = op->getResult(0);
  dst.replaceAllUsesWith(reshaped(builder, kernel, tensorType(dst).getShape()));
  op->erase();
}

} // namespace lz
