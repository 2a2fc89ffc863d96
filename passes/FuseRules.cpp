// Classifies ops for fusion. Conservative: an op that is not named here gets a
// kernel of its own.

#include "passes/FuseRules.h"

#include "ir/Axis.h"
#include "ir/KernelOps.h"
#include "ir/RecurrentSteps.h"

using namespace mlir;

namespace lz {

bool isComputing(Operation *op) {
  if (isa<GetParameterOp, ConstantOp, ReadOp, WriteOp, GuardOp, ExpectOp,
          ExpectSeveralOp, ReturnOp, YieldOp, FusedOp, HostOp, IfOp, LoopOp>(op))
    return false;
  return !op->hasTrait<LzView>();
}

bool isElementwise(Operation *op) { return op->hasTrait<LzElementwise>(); }

bool isDense(Operation *op) {
  return isa<MatmulOp, LinearOp, ConvOp, ConvTransposeOp, PoolOp,
             AdaptiveAvgPoolOp, RecurrentOp>(op);
}

bool acceptsEpilog(Operation *op) {
  return op->getNumResults() == 1 &&
         isa<MatmulOp, LinearOp, ConvOp, ConvTransposeOp, ConvWinogradOp,
             ConvDepthwiseOp, ConvPanelsOp, PoolOp, AdaptiveAvgPoolOp, ReduceOp, SoftmaxOp, LayerNormOp, RmsNormOp,
             GroupNormOp, BatchNormOp, GatherOp, GatherPanelsOp, TransposeOp, SliceOp,
             SelectIndexOp, ExpandOp, TriangularOp, FlipOp, RandomOp>(op);
}

bool acceptsProlog(Operation *op) {
  return isa<ReduceOp, SoftmaxOp, LayerNormOp, RmsNormOp, GroupNormOp,
             BatchNormOp>(op);
}

bool readsRowsAnywhere(Operation *op) { return isa<AttentionOp>(op); }

bool keepsRows(Operation *op) {
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    int64_t rank = transpose.getPerm().size();
    return rank > 0 && transpose.getPerm().back() == rank - 1;
  }
  auto isBeforeRows = [](int64_t axis, Value src) {
    return axis != -1 && axis != tensorType(src).getRank() - 1;
  };
  if (auto select = dyn_cast<SelectIndexOp>(op))
    return isBeforeRows(select.getAxis(), select.getSrc());
  auto slice = dyn_cast<SliceOp>(op);
  return slice && slice.getStep() == 1 &&
         isBeforeRows(slice.getAxis(), slice.getSrc());
}

bool readsChannelsApart(Operation *op, Operation *producer) {
  auto concat = dyn_cast_or_null<ConcatOp>(producer);
  if (!concat || !isa<ConvWinogradOp>(op))
    return false;
  int64_t last = tensorType(concat.getDst()).getRank() - 1;
  return normalizeAxis(concat.getAxis(), last + 1) == last &&
         llvm::all_of(concat.getSrcs(), [&](Value src) {
           return tensorType(src).getDim(last).getConstant().has_value();
         });
}

bool isProductOfRows(Operation *op) {
  auto product = dyn_cast_or_null<MatmulOp>(op);
  return product && tensorType(product.getRhs()).getRank() == 2 &&
         tensorType(product.getLhs()).getRank() ==
             tensorType(product.getDst()).getRank();
}

int rankAsRoot(Operation *op) {
  if (isDense(op) || isa<ConvWinogradOp, ConvDepthwiseOp, ConvPanelsOp, RecurrentStepsOp>(op))
    return 3;
  return acceptsProlog(op) ? 2 : 1;
}

bool haveSameShape(TensorType a, TensorType b) {
  return a.hasRank() && b.hasRank() && a.getShape() == b.getShape();
}

bool isOneElement(TensorType type) { return type.getNumElements() == 1; }

bool isCheapToRepeat(Operation *op) {
  if (isa<FullOp, IotaOp>(op))
    return true;
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
    return dense && dense.isSplat();
  }
  if (!isa<CastOp>(op) || !isOneElement(tensorType(op->getResult(0))))
    return false;
  Operation *source = op->getOperand(0).getDefiningOp();
  return source && isCheapToRepeat(source);
}

bool crossesWrite(Operation *op, Operation *to) {
  for (Value operand : op->getOperands()) {
    Operation *source = operand.getDefiningOp();
    while (source && source->hasTrait<LzView>())
      source = source->getOperand(0).getDefiningOp();
    auto read = dyn_cast_or_null<ReadOp>(source);
    if (!read)
      continue;
    for (Operation *next = op; next && next != to; next = next->getNextNode())
      if (auto write = dyn_cast<WriteOp>(next); write && write.getName() == read.getName())
        return true;
  }
  return false;
}

bool hasOneUser(Value value) {
  return !value.use_empty() &&
         llvm::all_equal(llvm::map_range(
             value.getUsers(), [](Operation *user) { return user; }));
}

} // namespace lz
