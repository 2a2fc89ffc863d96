// The pass lz-pointwise: convolutions of channels-last images each of whose products has one
// position of the image become products of matrices, where the backend that generates
// kernels says that it is no slower than a library: those with 1x1 kernels, and transposed
// ones whose windows lie side by side. Their weights are rearranged by ordinary ops,
// which lz-const-eval computes.

#include "passes/DenseKernels.h"
#include "passes/Passes.h"
#include "passes/Views.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_POINTWISEPASS
#include "passes/Passes.h.inc"

/// One group of channels-last images without padding, constant weights of known shape.
template <typename ConvOpT> static bool isPlain(ConvOpT op) {
  return hasKernelForm(op.getSrc(), op.getWeights()) && op.getGroups() == 1 &&
         op.getChannelsLast() && areAll(op.getPadsBegin(), 0) && areAll(op.getPadsEnd(), 0);
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
  Type type = op.getDst().getType();
  auto dims = tensorType(op.getWeights()).getShape().take_front(2);
  Value matrix = reshaped(b, op.getWeights(), dims);
  if (*dims[0].getConstant() < kFewOutputs) {
    Value linear = LinearOp::create(b, op.getLoc(), type, op.getSrc(), matrix, op.getBias());
    replaceByKernel(b, op, linear, "few outputs, summed along many inputs: a generated kernel "
                                   "is faster than a convolution");
    return;
  }
  Value product = MatmulOp::create(b, op.getLoc(), type, op.getSrc(),
                                   transposed(b, matrix, {1, 0}));
  replaceByKernel(b, op, product, "weights with outputs side by side: a generated kernel is "
                                  "faster than a convolution", op.getBias());
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
  SmallVector<DimExpr> dims;
  for (const DimExpr &taps : ArrayRef(kernel).drop_back())
    dims.append({taps, 1});
  if (!dims.empty())
    dims.pop_back();
  dims.append({channels, kernel.back() * outputs});
  return reshaped(b, transposed(b, op.getWeights(), perm), dims);
}

/// (..., s1, s2, ..., C) as (..., s1, 1, s2, ..., C).
Value SideBySide::image() {
  SmallVector<DimExpr> dims(tensorType(op.getSrc()).getShape());
  for (int64_t i = 1; i < spatial; ++i)
    dims.insert(dims.end() - 2 * i, 1);
  return reshaped(b, op.getSrc(), dims);
}

/// One for each output of the taps side by side.
Value SideBySide::repeatedBias() {
  SmallVector<DimExpr> dims = {kernel.back(), outputs};
  Value row = reshaped(b, op.getBias(), {1, outputs});
  Value rows = ExpandOp::create(b, op.getLoc(), tensorType(row).cloneWithShape(dims), row,
                                DimArrayAttr::get(b.getContext(), dims));
  return reshaped(b, rows, {kernel.back() * outputs});
}

void SideBySide::run() {
  Value src = image();
  SmallVector<DimExpr> dims(tensorType(src).getShape());
  for (int64_t i = 1; i < spatial; ++i)
    dims[dims.size() - 1 - 2 * i] = kernel[spatial - 1 - i];
  dims.back() = kernel.back() * outputs;
  TensorType type = tensorType(src).cloneWithShape(dims);
  Value product = MatmulOp::create(b, op.getLoc(), type, src, matrices());
  replaceByKernel(b, op, product, "its windows lie side by side: a product, which a generated "
                                  "kernel computes as fast as a library",
                  op.getBias() ? repeatedBias() : Value());
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
