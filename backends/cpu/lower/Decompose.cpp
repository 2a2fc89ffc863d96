//===- Decompose.cpp - several kernels instead of one ---------------------===//
//
// See the header. New ops get the location of the op they come from, so that reports
// and profiles keep the user's name.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Decompose.h"

#include "ir/LzOps.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace lz::cpu {

static bool isInFused(Operation *op) { return op->getParentOfType<FusedOp>() != nullptr; }

static TensorType typeOf(Value value) { return cast<TensorType>(value.getType()); }

//===----------------------------------------------------------------------===//
// lz.conv, lz.pool
//===----------------------------------------------------------------------===//

template <typename OpT> static bool isPadded(OpT op) {
  auto isZero = [](int64_t pad) { return pad == 0; };
  return !llvm::all_of(op.getPadsBegin(), isZero) ||
         !llvm::all_of(op.getPadsEnd(), isZero);
}

/// `value` is what the op takes padding for.
template <typename OpT> static void movePaddingOut(OpT op, double value) {
  OpBuilder b(op);
  TensorType type = typeOf(op.getSrc());
  SmallVector<DimExpr> dims(type.getShape());
  int64_t spatial = op.getSpatialRank();
  int64_t lead = op.getSpatialAxis(type.getRank());
  // For the last axes: the spatial ones, and channels that come after them.
  SmallVector<int64_t> begin(op.getPadsBegin()), end(op.getPadsEnd());
  begin.resize(type.getRank() - lead);
  end.resize(type.getRank() - lead);
  for (int64_t i = 0; i < spatial; ++i)
    dims[lead + i] = dims[lead + i] + begin[i] + end[i];
  Value padded =
      PadOp::create(b, op.getLoc(), type.cloneWithShape(dims), op.getSrc(),
                    begin, end, APFloat(value));
  SmallVector<int64_t> none(spatial, 0);
  op.getSrcMutable().assign(padded);
  op.setPadsBegin(none);
  op.setPadsEnd(none);
}

/// A maximum over channels-last images is computed for vectors of channels, unless
/// positions have to be checked.
static bool isBetterPadded(PoolOp op) {
  return op.getKind() == PoolKind::Max && op.getChannelsLast() &&
         !op.getCeilMode() && isPadded(op) && typeOf(op.getSrc()).hasRank() &&
         isa<FloatType>(typeOf(op.getSrc()).getElementType());
}

bool decomposeForCpu(Operation *root, const DenseOracle *oracle) {
  SmallVector<ConvOp> convolutions;
  SmallVector<PoolOp> pools;
  root->walk([&](Operation *op) {
    if (isInFused(op))
      return;
    auto conv = dyn_cast<ConvOp>(op);
    if (conv && isPadded(conv) && typeOf(conv.getSrc()).hasRank() &&
        !(oracle && !oracle->refuses(op)))
      convolutions.push_back(conv);
    auto pool = dyn_cast<PoolOp>(op);
    if (pool && isBetterPadded(pool))
      pools.push_back(pool);
  });
  for (ConvOp op : convolutions)
    movePaddingOut(op, 0);
  for (PoolOp op : pools)
    movePaddingOut(op, -std::numeric_limits<double>::infinity());
  return !convolutions.empty() || !pools.empty();
}

} // namespace lz::cpu
