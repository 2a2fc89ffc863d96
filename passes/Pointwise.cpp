// The pass lz-pointwise: 1x1 convolutions of channels-last images become products with
// matrices of [inputs, outputs], where the backend that generates kernels says that it is
// faster than a library. Their weights are transposed by ordinary ops, which
// lz-const-eval computes.

#include "passes/FoldBatchNorm.h"
#include "passes/Globals.h"
#include "passes/Passes.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_POINTWISEPASS
#include "passes/Passes.h.inc"

static bool areAll(ArrayRef<int64_t> values, int64_t value) {
  return llvm::all_of(values, [&](int64_t v) { return v == value; });
}

/// Does a product compute what `op` does?
static bool fits(ConvOp op) {
  TensorType src = tensorType(op.getSrc()), weights = tensorType(op.getWeights());
  if (!src.hasRank() || !weights.hasRank() || !weights.isStatic())
    return false;
  bool isPoint = llvm::all_of(weights.getShape().drop_front(2),
                              [](const DimExpr &dim) { return dim == DimExpr(1); });
  return isPoint && op.getGroups() == 1 && op.getChannelsLast() &&
         areAll(op.getStrides(), 1) && areAll(op.getPadsBegin(), 0) &&
         areAll(op.getPadsEnd(), 0) && src.getElementType().isF32() &&
         isConstantValue(op.getWeights());
}

static void rewrite(ConvOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  TensorType type = tensorType(op.getWeights());
  SmallVector<DimExpr> dims(type.getShape().take_front(2));
  Value matrix = ReshapeOp::create(b, loc, type.cloneWithShape(dims), op.getWeights(),
                                   DimArrayAttr::get(b.getContext(), dims));
  std::swap(dims[0], dims[1]);
  Value turned = TransposeOp::create(b, loc, type.cloneWithShape(dims), matrix,
                                     ArrayRef<int64_t>{1, 0});
  Value sum = MatmulOp::create(b, loc, op.getDst().getType(), op.getSrc(), turned);
  sum.getDefiningOp()->setAttr(
      "lz.why", b.getStringAttr("weights with outputs side by side: a generated kernel is "
                                "faster than a convolution"));
  if (op.getBias())
    sum = AddOp::create(b, loc, op.getDst().getType(), sum, op.getBias());
  op.getDst().replaceAllUsesWith(sum);
  op.erase();
}

namespace {
struct PointwisePass : impl::PointwisePassBase<PointwisePass> {
  PointwisePass() = default;
  explicit PointwisePass(PointwisePassOptions options, const PassServices &services = {})
      : PointwisePassBase(std::move(options)), refuses(services.refusesPointwise) {}

  void runOnOperation() override {
    SmallVector<ConvOp> convolutions;
    getOperation().walk([&](ConvOp op) { convolutions.push_back(op); });
    for (ConvOp op : convolutions)
      if (fits(op) && (always || (refuses && !refuses(op))))
        rewrite(op);
  }

  decltype(PassServices::refusesPointwise) refuses;
};
} // namespace

std::unique_ptr<Pass> createPointwisePass(PointwisePassOptions options,
                                          const PassServices &services) {
  return std::make_unique<PointwisePass>(std::move(options), services);
}

} // namespace lz
