// The pass lz-pointwise: convolutions of channels-last images each of whose products has one
// position of the image become products of matrices, where the backend that generates
// kernels says that it is no slower than a library: those with 1x1 kernels, and transposed
// ones whose windows lie side by side. Their weights are rearranged by ordinary ops,
// which lz-const-eval computes.

#include "ir/Values.h"

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

/// One group of channels-last images without padding, constant weights of known shape.
template <typename ConvOpT> static bool isPlain(ConvOpT op) {
  TensorType src = tensorType(op.getSrc()), weights = tensorType(op.getWeights());
  return src.hasRank() && weights.hasRank() && weights.isStatic() && op.getGroups() == 1 &&
         op.getChannelsLast() && areAll(op.getPadsBegin(), 0) && areAll(op.getPadsEnd(), 0) &&
         src.getElementType().isF32() && isConstantValue(op.getWeights());
}

/// Does a product compute what `op` does?
static bool fits(ConvOp op) {
  if (!isPlain(op) || !areAll(op.getStrides(), 1))
    return false;
  return llvm::all_of(tensorType(op.getWeights()).getShape().drop_front(2),
                      [](const DimExpr &dim) { return dim == DimExpr(1); });
}

/// The same where each position of the image makes a window of its own.
static bool fits(ConvTransposeOp op) {
  if (!isPlain(op) || !areAll(op.getDilations(), 1) || !areAll(op.getOutputPadding(), 0) ||
      llvm::is_contained(tensorType(op.getWeights()).getShape(), DimExpr(0)))
    return false;
  auto kernel = tensorType(op.getWeights()).getShape().drop_front(2);
  return llvm::all_of(llvm::zip_equal(kernel, op.getStrides()), [](auto pair) {
    return std::get<0>(pair) == DimExpr(std::get<1>(pair));
  });
}

/// Fewer outputs do not fill a vector: their products are summed along the inputs.
constexpr int64_t kFewOutputs = 16;

static void rewrite(ConvOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  TensorType type = tensorType(op.getWeights());
  SmallVector<DimExpr> dims(type.getShape().take_front(2));
  Value matrix = ReshapeOp::create(b, loc, type.cloneWithShape(dims), op.getWeights(),
                                   DimArrayAttr::get(b.getContext(), dims));
  if (*dims[0].getConstant() < kFewOutputs) {
    auto linear = LinearOp::create(b, loc, op.getDst().getType(), op.getSrc(), matrix,
                                   op.getBias());
    linear->setAttr("lz.why", b.getStringAttr("few outputs, summed along many inputs: a "
                                              "generated kernel is faster than a convolution"));
    op.getDst().replaceAllUsesWith(linear.getDst());
    op.erase();
    return;
  }
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

/// Rewrites one transposed convolution. Of the windows along the last axis of an image, each
/// row of taps lies in the result side by side: that is a product of a row of the image.
/// Along the axes before, rows of taps become axes of the result, by broadcasting.
class SideBySide {
public:
  explicit SideBySide(ConvTransposeOp op)
      : op(op), b(op), spatial(op.getSpatialRank()),
        kernel(tensorType(op.getWeights()).getShape()) {
    channels = kernel[0], outputs = kernel[1];
    kernel.erase(kernel.begin(), kernel.begin() + 2);
  }
  void run();

private:
  Value reshape(Value value, ArrayRef<DimExpr> dims) {
    return ReshapeOp::create(b, op.getLoc(), tensorType(value).cloneWithShape(dims), value,
                             DimArrayAttr::get(b.getContext(), dims));
  }
  Value matrices();
  Value image();
  Value repeatedBias();

  ConvTransposeOp op;
  OpBuilder b;
  int64_t spatial;
  SmallVector<DimExpr> kernel; ///< its positions along each axis
  DimExpr channels, outputs;
};

} // namespace

/// (C, out, *kernel) as (k1, 1, k2, ..., C, kn * out): the axes of an image between taps are
/// broadcast.
Value SideBySide::matrices() {
  SmallVector<int64_t> perm = llvm::to_vector(llvm::seq<int64_t>(2, spatial + 1));
  perm.append({0, spatial + 1, 1});
  TensorType type = tensorType(op.getWeights());
  SmallVector<DimExpr> dims;
  for (int64_t from : perm)
    dims.push_back(type.getDim(from));
  Value turned = TransposeOp::create(b, op.getLoc(), type.cloneWithShape(dims),
                                     op.getWeights(), perm);
  dims.clear();
  for (const DimExpr &taps : ArrayRef(kernel).drop_back())
    dims.append({taps, 1});
  if (!dims.empty())
    dims.pop_back();
  dims.append({channels, kernel.back() * outputs});
  return reshape(turned, dims);
}

/// (..., s1, s2, ..., C) as (..., s1, 1, s2, ..., C).
Value SideBySide::image() {
  SmallVector<DimExpr> dims(tensorType(op.getSrc()).getShape());
  for (int64_t i = 1; i < spatial; ++i)
    dims.insert(dims.end() - 2 * i, 1);
  return reshape(op.getSrc(), dims);
}

/// One for each output of the taps side by side.
Value SideBySide::repeatedBias() {
  SmallVector<DimExpr> dims = {kernel.back(), outputs};
  Value row = reshape(op.getBias(), {1, outputs});
  Value rows = ExpandOp::create(b, op.getLoc(), tensorType(row).cloneWithShape(dims), row,
                                DimArrayAttr::get(b.getContext(), dims));
  return reshape(rows, {kernel.back() * outputs});
}

void SideBySide::run() {
  Value src = image();
  SmallVector<DimExpr> dims(tensorType(src).getShape());
  for (int64_t i = 1; i < spatial; ++i)
    dims[dims.size() - 1 - 2 * i] = kernel[spatial - 1 - i];
  dims.back() = kernel.back() * outputs;
  TensorType type = tensorType(src).cloneWithShape(dims);
  Value sum = MatmulOp::create(b, op.getLoc(), type, src, matrices());
  sum.getDefiningOp()->setAttr(
      "lz.why", b.getStringAttr("its windows lie side by side: a product, which a generated "
                                "kernel computes as fast as a library"));
  if (op.getBias())
    sum = AddOp::create(b, op.getLoc(), type, sum, repeatedBias());
  op.getDst().replaceAllUsesWith(reshape(sum, tensorType(op.getDst()).getShape()));
  op.erase();
}

namespace {
struct PointwisePass : impl::PointwisePassBase<PointwisePass> {
  PointwisePass() = default;
  explicit PointwisePass(PointwisePassOptions options, const PassServices &services = {})
      : PointwisePassBase(std::move(options)), refuses(services.refusesPointwise) {}

  void runOnOperation() override {
    SmallVector<ConvOp> convolutions;
    SmallVector<ConvTransposeOp> transposed;
    getOperation().walk([&](ConvOp op) { convolutions.push_back(op); });
    getOperation().walk([&](ConvTransposeOp op) { transposed.push_back(op); });
    for (ConvOp op : convolutions)
      if (fits(op) && isWanted(op))
        rewrite(op);
    for (ConvTransposeOp op : transposed)
      if (fits(op) && isWanted(op))
        SideBySide(op).run();
  }

  bool isWanted(Operation *op) const { return always || (refuses && !refuses(op)); }

  decltype(PassServices::refusesPointwise) refuses;
};
} // namespace

std::unique_ptr<Pass> createPointwisePass(PointwisePassOptions options,
                                          const PassServices &services) {
  return std::make_unique<PointwisePass>(std::move(options), services);
}

} // namespace lz
