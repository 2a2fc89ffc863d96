//===- Oracle.cpp - Which dense operations oneDNN takes -------------------===//
//
// See Oracle.h. f32 alone for now: lower precisions are asked for explicitly.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/compile/Oracle.h"

#include "backends/onednn/compile/PostOps.h"
#include "ir/LzOps.h"
#include "ir/Values.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lz;

using Refusal = std::optional<std::string>;

/// What a spatial dimension is taken as that is not known: images of free size
/// are rarely tiny, batches are.
constexpr int64_t kAssumedSpatialSize = 16;

/// Which axes of a convolution's input and output are an image's: none elsewhere.
struct SpatialAxes {
  int64_t first = 0, count = 0;
  bool contain(int64_t axis) const { return axis >= first && axis < first + count; }
};

template <typename ConvOpT> static SpatialAxes getSpatialAxes(ConvOpT op) {
  return {op.getSpatialAxis(tensorType(op.getSrc()).getRank()), op.getSpatialRank()};
}

/// The length of a sequence that is not known.
constexpr int64_t kAssumedSteps = 16;

/// The product of the dimensions that are known, the others taken as 1 or, on
/// spatial axes, as an image's; `limit` if it is greater.
static int64_t getKnownElements(lz::TensorType type, int64_t limit, SpatialAxes spatial = {}) {
  int64_t product = 1;
  for (auto [axis, dim] : llvm::enumerate(type.getShape())) {
    int64_t assumed = spatial.contain(axis) ? kAssumedSpatialSize : 1;
    int64_t size = dim.getConstant().value_or(assumed);
    if (llvm::MulOverflow(product, size, product) || product > limit)
      return limit;
  }
  return product;
}

/// Multiply-adds of `op`, a dynamic batch taken as 1.
static int64_t getMultiplyAdds(Operation *op) {
  constexpr int64_t limit = int64_t(1) << 40;
  SpatialAxes spatial;
  if (auto conv = dyn_cast<ConvOp>(op))
    spatial = getSpatialAxes(conv);
  if (auto conv = dyn_cast<ConvTransposeOp>(op))
    spatial = getSpatialAxes(conv);
  int64_t outputs = getKnownElements(tensorType(op->getResult(0)), limit, spatial);
  auto weights = tensorType(op->getOperand(1));
  if (isa<LinearOp, MatmulOp>(op)) {
    auto lhs = tensorType(op->getOperand(0));
    return outputs * lhs.getShape().back().getConstant().value_or(1);
  }
  if (auto recurrent = dyn_cast<RecurrentOp>(op)) {
    // Each step multiplies each sequence with both matrices.
    auto src = tensorType(recurrent.getSrc());
    int64_t steps = src.getDim(recurrent.getBatchFirst() ? 1 : 0).getConstant().value_or(
        kAssumedSteps);
    int64_t batch = src.getDim(recurrent.getBatchFirst() ? 0 : 1).getConstant().value_or(1);
    return steps * batch *
           (getKnownElements(weights, limit >> 20) +
            getKnownElements(tensorType(recurrent.getWHh()), limit >> 20));
  }
  if (isa<ConvOp>(op)) // [out, in / groups, *kernel]: each output reads one row
    return outputs * (getKnownElements(weights, limit >> 8) /
                      std::max<int64_t>(1, weights.getDim(0).getConstant().value_or(1)));
  auto src = tensorType(op->getOperand(0)); // each input is spread by its row
  return getKnownElements(src, limit, spatial) *
         (getKnownElements(weights, limit >> 8) /
          std::max<int64_t>(1, weights.getDim(0).getConstant().value_or(1)));
}

static Refusal refusesShape(Operation *op) {
  for (Value operand : op->getOperands()) {
    lz::TensorType type = tensorType(operand);
    if (!type.hasRank())
      return "its rank is not known";
    if (llvm::is_contained(type.getShape(), DimExpr(0)))
      return "it has an empty operand";
    if (type.getRank() > 6)
      return "oneDNN takes at most 6 dimensions";
  }
  if (auto matmul = dyn_cast<MatmulOp>(op))
    if (tensorType(matmul.getLhs()).getRank() < 2 || tensorType(matmul.getRhs()).getRank() < 2)
      return "a vector is multiplied by a generated kernel";
  if (auto conv = dyn_cast<ConvOp>(op))
    if (conv.getSpatialRank() > 3)
      return "oneDNN convolves at most 3 spatial dimensions";
  if (auto conv = dyn_cast<ConvTransposeOp>(op)) {
    if (conv.getSpatialRank() > 3)
      return "oneDNN convolves at most 3 spatial dimensions";
    if (llvm::any_of(conv.getPadsBegin(), [](int64_t pad) { return pad < 0; }) ||
        llvm::any_of(conv.getPadsEnd(), [](int64_t pad) { return pad < 0; }))
      return "a negative padding is left to a generated kernel";
  }
  return std::nullopt;
}

/// Generated kernels divide sequences among threads, oneDNN also the work of one sequence.
constexpr int64_t kFewSequences = 4;

static Refusal refusesRecurrent(RecurrentOp op) {
  if (op.getMode() != RecurrentMode::Lstm)
    return "oneDNN is used for LSTM cells only";
  std::optional<int64_t> batch =
      tensorType(op.getSrc()).getDim(op.getBatchFirst() ? 0 : 1).getConstant();
  bool makesSteps = isConstantValue(op.getWIh()) && isConstantValue(op.getWHh()) &&
                    tensorType(op.getSrc()).getElementType().isF32();
  if (makesSteps && (!batch || *batch >= kFewSequences))
    return "a generated kernel is as fast for " + std::to_string(kFewSequences) +
           " sequences and more";
  if (op.getBHh())
    return "oneDNN adds one bias, it has two";
  if (static_cast<bool>(op.getH0()) != static_cast<bool>(op.getC0()))
    return "oneDNN takes both a first state and a first cell, or neither";
  if (!tensorType(op.getWIh()).isStatic() || !tensorType(op.getWHh()).isStatic())
    return "its weights have a dynamic shape";
  return std::nullopt;
}

/// Rows that a linear layer is applied to, if they are few; unknown ones are not.
static int64_t getRows(LinearOp op) {
  lz::TensorType src = tensorType(op.getSrc());
  constexpr int64_t many = onednn::kThinRows + 1;
  int64_t rows = 1;
  for (const DimExpr &dim : src.getShape().drop_back())
    rows *= std::min(dim.getConstant().value_or(many), many);
  return rows;
}

/// Whether the weights of the whole model pass through the caches in a run, so that each
/// layer's come from memory.
static bool outgrowsCaches(Operation *op) {
  int64_t elements = 0;
  for (ParameterOp parameter : op->getParentOfType<ModuleOp>().getOps<ParameterOp>())
    elements += getKnownElements(parameter.getType(), onednn::kCachedElements);
  return elements >= onednn::kCachedElements;
}

static constexpr int64_t kPageBytes = 4096;

/// A product of one or two rows reads the weights once and is bound by that. Rows of weights
/// that lie a multiple of a page apart share few sets of the first cache: then a library's
/// packed weights are faster, but from a cache only.
static Refusal refusesThin(LinearOp op) {
  int64_t rows = getRows(op);
  if (rows > onednn::kThinRows || !op.getWeights().getDefiningOp<GetParameterOp>())
    return std::nullopt;
  int64_t terms = tensorType(op.getSrc()).getShape().back().getConstant().value_or(0);
  bool collides = terms % (kPageBytes / int64_t(sizeof(float))) == 0;
  if (collides && !outgrowsCaches(op))
    return std::nullopt;
  return "with " + std::to_string(rows) + (rows == 1 ? " row" : " rows") +
         " it is bound by reading its weights, which a generated kernel does faster";
}

Refusal onednn::Oracle::refuses(Operation *root) const {
  if (!isa<LinearOp, MatmulOp, ConvOp, ConvTransposeOp, RecurrentOp>(root))
    return "a generated kernel is as fast";
  if (auto recurrent = dyn_cast<RecurrentOp>(root))
    if (Refusal why = refusesRecurrent(recurrent))
      return why;
  if (auto linear = dyn_cast<LinearOp>(root))
    if (tensorType(linear.getWeights()).hasRank() &&
        tensorType(linear.getWeights()).getRank() == 3)
      return "its weights are in panels";
  for (Value operand : root->getOperands())
    if (!tensorType(operand).getElementType().isF32())
      return "oneDNN is used for f32 only";
  if (Refusal why = refusesShape(root))
    return why;
  if (takesSmall)
    return std::nullopt;
  if (auto linear = dyn_cast<LinearOp>(root))
    if (Refusal why = refusesThin(linear))
      return why;
  int64_t work = getMultiplyAdds(root);
  int64_t least =
      isa<ConvOp, ConvTransposeOp>(root) ? kSmallestConvolution : kSmallestMultiplyAdds;
  if (work < least)
    return "its " + std::to_string(work) + " multiply-adds are fewer than " +
           std::to_string(least) + ", below which a generated kernel is faster";
  return std::nullopt;
}

/// All of oneDNN's kernels work on channels-last images; its blocked layouts are as
/// fast, but nothing else could read them.
bool onednn::Oracle::prefersChannelsLast(Operation *root) const {
  return isa<ConvOp, ConvTransposeOp>(root) && !refuses(root);
}

/// The axis along which oneDNN takes one value per channel.
static int64_t getChannelAxis(Operation *root) {
  int64_t rank = tensorType(root->getResult(0)).getRank();
  return llvm::TypeSwitch<Operation *, int64_t>(root)
      .Case<ConvOp, ConvTransposeOp>([&](auto op) { return op.getChannelAxis(rank); })
      .Default(rank - 1);
}

/// Whether `type`, aligned at the last axis of `dst`, has one element for each
/// position along `axis` and is broadcast along all others.
static bool isPerChannel(lz::TensorType type, lz::TensorType dst, int64_t axis) {
  int64_t lead = dst.getRank() - type.getRank();
  if (lead < 0 || axis < lead)
    return false;
  for (auto [i, dim] : llvm::enumerate(type.getShape()))
    if (dim != (int64_t(i) + lead == axis ? dst.getDim(axis) : DimExpr(1)))
      return false;
  return true;
}

/// oneDNN broadcasts a binary operand along dimensions of size 1 only, and only
/// as one value, one per channel or one per element.
static Refusal refusesOperand(Value operand, Operation *root) {
  auto dst = tensorType(root->getResult(0));
  lz::TensorType type = tensorType(operand);
  if (!type.getElementType().isF32())
    return "its other operand is not f32";
  if (!type.hasRank())
    return "the rank of its other operand is not known";
  if (type.getShape() == dst.getShape())
    return std::nullopt;
  if (type.isStatic() && *type.getNumElements() == 1)
    return std::nullopt;
  if (isPerChannel(type, dst, getChannelAxis(root)))
    return std::nullopt;
  return "its other operand is broadcast in a way that oneDNN does not know";
}

Refusal onednn::Oracle::refusesPostOp(Operation *root, ArrayRef<Operation *> chain,
                                      Operation *next) const {
  if (chain.size() >= kMaxPostOps)
    return "there are already " + std::to_string(chain.size()) + " post-ops";
  Value previous = (chain.empty() ? root : chain.back())->getResult(0);
  lz::TensorType type = tensorType(previous);
  if (next->getNumResults() != 1 || tensorType(next->getResult(0)) != type)
    return "its result has another shape or element type";
  Value operand;
  if (!translatePostOp(next, previous, operand))
    return "oneDNN has no such post-op";
  return operand ? refusesOperand(operand, root) : std::nullopt;
}
