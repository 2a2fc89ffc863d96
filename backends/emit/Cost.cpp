//===- Cost.cpp - What an instruction computes and moves ------------------===//
//
// See Cost.h.
//
//===----------------------------------------------------------------------===//

#include "backends/emit/Cost.h"

#include "ir/KernelOps.h"
#include "ir/RecurrentSteps.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lz;

static DimExpr count(Value value) {
  lz::TensorType type = tensorType(value);
  return type.hasRank() ? type.getNumElementsExpr() : DimExpr::overflow();
}

static DimExpr product(ArrayRef<DimExpr> dims) {
  DimExpr result = 1;
  for (const DimExpr &dim : dims)
    result *= dim;
  return result;
}

static DimExpr product(ArrayRef<int64_t> sizes) {
  DimExpr result = 1;
  for (int64_t size : sizes)
    result *= DimExpr(size);
  return result;
}

static ArrayRef<DimExpr> shapeOf(Value value) { return tensorType(value).getShape(); }

static DimExpr countBias(Value bias, Value dst) { return bias ? count(dst) : DimExpr(0); }

//===----------------------------------------------------------------------===//
// Products of sums
//===----------------------------------------------------------------------===//

static DimExpr countMatmul(MatmulOp op) {
  return DimExpr(2) * count(op.getDst()) * shapeOf(op.getLhs()).back();
}

static DimExpr countLinear(LinearOp op) {
  return DimExpr(2) * count(op.getDst()) * shapeOf(op.getSrc()).back() +
         countBias(op.getBias(), op.getDst());
}

/// Weights are (out, in / groups, *kernel): each result is a sum over all but `out`.
static DimExpr countConv(ConvOp op) {
  return DimExpr(2) * count(op.getDst()) * product(shapeOf(op.getWeights()).drop_front()) +
         countBias(op.getBias(), op.getDst());
}

/// By the definition of what it computes: 3x3 taps of each channel.
static DimExpr countConvWinograd(ConvWinogradOp op) {
  return DimExpr(2 * 3 * 3) * count(op.getDst()) * shapeOf(op.getSrc()).back();
}

/// Weights are (*kernel, C); then one comparison per bound.
static DimExpr countConvDepthwise(ConvDepthwiseOp op) {
  int64_t bounds = op.getLow().has_value() + op.getHigh().has_value();
  return DimExpr(2) * count(op.getDst()) * product(shapeOf(op.getWeights()).drop_back()) +
         countBias(op.getBias(), op.getDst()) + DimExpr(bounds) * count(op.getDst());
}

/// Weights are (panels, *kernel, C, width).
static DimExpr countConvPanels(ConvPanelsOp op) {
  return DimExpr(2) * count(op.getDst()) *
         product(shapeOf(op.getWeights()).drop_front().drop_back());
}

/// Weights are (in, out / groups, *kernel): each element of src adds to that many.
static DimExpr countConvTranspose(ConvTransposeOp op) {
  return DimExpr(2) * count(op.getSrc()) * product(shapeOf(op.getWeights()).drop_front()) +
         countBias(op.getBias(), op.getDst());
}

static constexpr int64_t kSoftmaxFlops = 5; // max, difference, exp, sum, quotient

static DimExpr countAttention(AttentionOp op) {
  ArrayRef<DimExpr> query = shapeOf(op.getQuery());
  DimExpr keys = shapeOf(op.getKey())[shapeOf(op.getKey()).size() - 2];
  DimExpr scores = product(query.drop_back()) * keys;
  return DimExpr(2) * scores * query.back() + DimExpr(kSoftmaxFlops) * scores +
         (op.getMask() ? scores : DimExpr(0)) + DimExpr(2) * count(op.getDst()) * keys;
}

/// Two products per step, and per gate both sums of biases and its function.
static DimExpr countRecurrent(RecurrentOp op) {
  DimExpr steps = product(shapeOf(op.getSrc()).drop_back());
  return steps * (DimExpr(2) * (count(op.getWIh()) + count(op.getWHh())) +
                  DimExpr(3) * shapeOf(op.getWIh()).front());
}

static DimExpr countRecurrentSteps(RecurrentStepsOp op) {
  DimExpr rows = product(shapeOf(op.getProjected()).take_front(2));
  DimExpr gates = product(shapeOf(op.getProjected()).drop_front(2));
  return rows * (DimExpr(2) * count(op.getWHh()) + DimExpr(3) * gates);
}

//===----------------------------------------------------------------------===//
// All operations
//===----------------------------------------------------------------------===//

static bool hasUnknownRank(Operation *op) {
  auto isUnranked = [](Value value) { return !tensorType(value).hasRank(); };
  return llvm::any_of(op->getOperands(), isUnranked) ||
         llvm::any_of(op->getResults(), isUnranked);
}

DimExpr lz::getFlops(Operation *op) {
  if (hasUnknownRank(op))
    return DimExpr::overflow();
  auto perSource = [](int64_t flops) {
    return [flops](auto op) { return DimExpr(flops) * count(op.getSrc()); };
  };
  return llvm::TypeSwitch<Operation *, DimExpr>(op)
      .Case([](MatmulOp op) { return countMatmul(op); })
      .Case([](LinearOp op) { return countLinear(op); })
      .Case([](ConvOp op) { return countConv(op); })
      .Case([](ConvWinogradOp op) { return countConvWinograd(op); })
      .Case([](ConvDepthwiseOp op) { return countConvDepthwise(op); })
      .Case([](ConvPanelsOp op) { return countConvPanels(op); })
      .Case([](ConvTransposeOp op) { return countConvTranspose(op); })
      .Case([](AttentionOp op) { return countAttention(op); })
      .Case([](RecurrentOp op) { return countRecurrent(op); })
      .Case([](RecurrentStepsOp op) { return countRecurrentSteps(op); })
      .Case([](PoolOp op) { return count(op.getDst()) * product(op.getKernel()); })
      .Case<AdaptiveAvgPoolOp, ReduceOp, CumulativeOp>(perSource(1))
      .Case<SoftmaxOp>(perSource(kSoftmaxFlops))
      .Case<BatchNormOp>(perSource(2)) // a scale and a shift
      .Case<RmsNormOp>(perSource(4))   // square, sum, both factors
      .Case<LayerNormOp, GroupNormOp>(perSource(7)) // mean, variance, then as above
      .Case([](CastOp) { return DimExpr(0); })
      .Default([](Operation *op) {
        return op->hasTrait<LzElementwise>() ? count(op->getResult(0)) : DimExpr(0);
      });
}

DimExpr lz::getFlops(FusedOp op) {
  DimExpr flops = 0;
  for (Operation &inner : op.getBody().front().without_terminator())
    flops += getFlops(&inner);
  return flops;
}

DimExpr lz::getBytes(lz::TensorType type) {
  if (!type.hasRank())
    return DimExpr::overflow();
  int64_t bits = type.getElementType().getIntOrFloatBitWidth();
  return type.getNumElementsExpr() * DimExpr(std::max<int64_t>(1, bits / 8));
}

/// Bytes of what a use of `value` can touch: an embedding reads some rows of
/// its table.
static DimExpr getTouchedBytes(OpOperand &use) {
  Operation *user = use.getOwner();
  bool isPart = isa<GatherOp, GatherPanelsOp, SliceOp, SelectIndexOp>(user) &&
                use.getOperandNumber() == 0;
  return getBytes(tensorType(isPart ? user->getResult(0) : use.get()));
}

/// The largest of what the uses of an operand in the body touch; all of it if
/// that is not known to be less.
static DimExpr getReadBytes(Value operand, BlockArgument argument) {
  DimExpr all = getBytes(tensorType(operand)), most = 0;
  for (OpOperand &use : argument.getUses()) {
    DimExpr touched = getTouchedBytes(use);
    if (touched == all)
      return all;
    most = DimExpr::max(most, touched);
  }
  return argument.use_empty() ? all : DimExpr::min(all, most);
}

DimExpr lz::getBytes(FusedOp op) {
  DimExpr bytes = 0;
  llvm::SmallPtrSet<Value, 8> counted;
  for (auto [operand, argument] : llvm::zip(op.getOperands(), op.getBody().getArguments()))
    if (counted.insert(operand).second)
      bytes += getReadBytes(operand, argument);
  for (Value result : op.getResults())
    bytes += getBytes(tensorType(result));
  return bytes;
}
