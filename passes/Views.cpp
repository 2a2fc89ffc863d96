// See Views.h.

#include "passes/Views.h"

#include "passes/PermuteRules.h"

using namespace mlir;

namespace lz {

Value reshaped(OpBuilder &builder, Value value, llvm::ArrayRef<DimExpr> shape) {
  TensorType type = tensorType(value).cloneWithShape(shape);
  if (type == value.getType())
    return value;
  return ReshapeOp::create(builder, value.getLoc(), type, value,
                           DimArrayAttr::get(value.getContext(), shape));
}

Value transposed(OpBuilder &builder, Value value, llvm::ArrayRef<int64_t> perm) {
  if (llvm::is_sorted(perm))
    return value;
  return TransposeOp::create(builder, value.getLoc(), permute(tensorType(value), perm), value,
                             perm);
}

} // namespace lz
