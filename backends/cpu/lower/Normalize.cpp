//===- Normalize.cpp - batch, layer, RMS and group normalization ----------===//
//
// Statistics take two passes: the mean, then the mean of the squared distance to
// it, both in the accumulator type.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/Reduce.h"

using namespace mlir;

namespace lz::cpu {

static std::optional<Tensor> optional(Lowering &l, Value value) {
  if (!value)
    return std::nullopt;
  return l.get(value);
}

/// A per-channel tensor [C] as [1, C, 1, ...] of the given rank.
static Tensor alongAxis1(Lowering &l, const Tensor &channels, int64_t rank) {
  SmallVector<int64_t> axes;
  for (int64_t i = 0; i < rank; ++i)
    if (i != 1)
      axes.push_back(i);
  return l.withUnitAxes(channels, axes);
}

/// 1 / sqrt(variance + eps).
static Value inverseDeviation(Scalars &s, Value variance, double eps) {
  Type type = variance.getType();
  Value root = s.sqrt(s.add(variance, s.constant(type, eps)));
  return s.div(s.constant(type, 1), root, type);
}

/// Mean and 1 / sqrt(variance + eps) over the axes, which are 1 in both.
static std::pair<Tensor, Tensor> statistics(Lowering &l, const Tensor &x,
                                            ArrayRef<int64_t> axes, double eps) {
  Type wide = accumulatorType(x.element);
  Tensor mean = l.withUnitAxes(meanOver(l, x, axes, wide), axes);
  Tensor squares = l.pointwise(
      x.dims, wide, {x, mean}, [&](Scalars &s, ValueRange values) {
        Value distance = s.sub(s.cast(values[0], x.element, wide), values[1]);
        return s.mul(distance, distance);
      });
  Tensor sum = reduceAxes(l, squares, axes, wide, ReduceKind::Sum);
  Tensor scale =
      l.pointwise(sum.dims, wide, sum, [&](Scalars &s, ValueRange values) {
        Value count = elementCount(l, s, x, axes, values[0].getType());
        return inverseDeviation(s, s.div(values[0], count, wide), eps);
      });
  return {mean, l.withUnitAxes(scale, axes)};
}

/// x (- mean) * scale (* weights) (+ bias), all broadcast to x.
static Tensor applyAffine(Lowering &l, const Tensor &x,
                          const std::optional<Tensor> &mean, const Tensor &scale,
                          const std::optional<Tensor> &weights,
                          const std::optional<Tensor> &bias) {
  SmallVector<Tensor> operands = {x, scale};
  for (const auto *operand : {&mean, &weights, &bias})
    if (*operand)
      operands.push_back(**operand);
  return l.pointwise(x.dims, x.element, operands, [&](Scalars &s, ValueRange values) {
    unsigned next = 2;
    Value y = values[0];
    if (mean)
      y = s.sub(y, values[next++]);
    y = s.mul(y, values[1]);
    if (weights)
      y = s.mul(y, values[next++]);
    if (bias)
      y = s.add(y, values[next++]);
    return y;
  });
}

//===----------------------------------------------------------------------===//
// lz.batch_norm
//===----------------------------------------------------------------------===//

/// Per channel: weights / sqrt(variance + eps).
static Tensor channelScale(Lowering &l, const Tensor &variance,
                           const std::optional<Tensor> &weights, double eps,
                           Type wide) {
  SmallVector<Tensor> operands = {variance};
  if (weights)
    operands.push_back(*weights);
  return l.pointwise(variance.dims, wide, operands,
                     [&](Scalars &s, ValueRange values) {
                       Value scale = inverseDeviation(s, values[0], eps);
                       return weights ? s.mul(scale, values[1]) : scale;
                     });
}

/// Per channel: bias - mean * scale.
static Tensor channelShift(Lowering &l, const Tensor &mean, const Tensor &scale,
                           const std::optional<Tensor> &bias, Type wide) {
  SmallVector<Tensor> operands = {mean, scale};
  if (bias)
    operands.push_back(*bias);
  return l.pointwise(mean.dims, wide, operands, [&](Scalars &s, ValueRange values) {
    Value shift = s.neg(s.mul(values[0], values[1]));
    return bias ? s.add(values[2], shift) : shift;
  });
}

static LogicalResult lowerBatchNorm(Lowering &l, BatchNormOp op) {
  Tensor x = l.get(op.getSrc());
  Type wide = accumulatorType(x.element);
  Tensor scale = channelScale(l, l.get(op.getVariance()),
                              optional(l, op.getWeights()),
                              op.getEps().convertToDouble(), wide);
  Tensor shift = channelShift(l, l.get(op.getMean()), scale,
                              optional(l, op.getBias()), wide);
  Tensor result = l.pointwise(
      x.dims, x.element,
      {x, alongAxis1(l, scale, x.rank()), alongAxis1(l, shift, x.rank())},
      [&](Scalars &s, ValueRange values) {
        return s.add(s.mul(values[0], values[1]), values[2]);
      });
  l.set(op.getDst(), result);
  return success();
}

//===----------------------------------------------------------------------===//
// lz.layer_norm, lz.rms_norm
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> lastAxes(int64_t rank, int64_t count) {
  return llvm::to_vector(llvm::seq<int64_t>(rank - count, rank));
}

static LogicalResult lowerLayerNorm(Lowering &l, LayerNormOp op) {
  Tensor x = l.get(op.getSrc());
  auto [mean, scale] = statistics(l, x, lastAxes(x.rank(), op.getAxesCount()),
                                  op.getEps().convertToDouble());
  l.set(op.getDst(), applyAffine(l, x, mean, scale, optional(l, op.getWeights()),
                                 optional(l, op.getBias())));
  return success();
}

static LogicalResult lowerRmsNorm(Lowering &l, RmsNormOp op) {
  Tensor x = l.get(op.getSrc());
  Type wide = accumulatorType(x.element);
  SmallVector<int64_t> axes = lastAxes(x.rank(), op.getAxesCount());
  Tensor squares =
      l.pointwise(x.dims, wide, x, [&](Scalars &s, ValueRange values) {
        return s.mul(values[0], values[0]);
      });
  Tensor sum = reduceAxes(l, squares, axes, wide, ReduceKind::Sum);
  double eps = op.getEps().convertToDouble();
  Tensor scale =
      l.pointwise(sum.dims, wide, sum, [&](Scalars &s, ValueRange values) {
        Value count = elementCount(l, s, x, axes, values[0].getType());
        return inverseDeviation(s, s.div(values[0], count, wide), eps);
      });
  l.set(op.getDst(), applyAffine(l, x, std::nullopt, l.withUnitAxes(scale, axes),
                                 optional(l, op.getWeights()), std::nullopt));
  return success();
}

//===----------------------------------------------------------------------===//
// lz.group_norm
//===----------------------------------------------------------------------===//

/// [.., C, ..] as [.., groups, C / groups, ..] at `axis`.
static Tensor splitAxis(Lowering &l, const Tensor &tensor, int64_t axis,
                        int64_t groups) {
  Dims dims(tensor.dims);
  dims[axis] = DimExpr::floorDiv(tensor.dim(axis), groups);
  dims.insert(dims.begin() + axis, groups);
  return l.reshaped(tensor, dims);
}

static LogicalResult lowerGroupNorm(Lowering &l, GroupNormOp op) {
  Tensor x = l.get(op.getSrc());
  int64_t groups = op.getGroups();
  double eps = op.getEps().convertToDouble();
  // One group per channel and one group in all need no axis of their own.
  bool perChannel = groups == 0 || x.dim(1) == DimExpr(groups);
  bool split = !perChannel && groups > 1;
  Tensor grouped = split ? splitAxis(l, x, 1, groups) : x;
  int64_t first = perChannel || split ? 2 : 1;
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(first, grouped.rank()));

  auto channels = [&](Value value) -> std::optional<Tensor> {
    if (!value)
      return std::nullopt;
    Tensor tensor = alongAxis1(l, l.get(value), x.rank());
    return split ? splitAxis(l, tensor, 1, groups) : tensor;
  };
  auto [mean, scale] = statistics(l, grouped, axes, eps);
  Tensor result = applyAffine(l, grouped, mean, scale, channels(op.getWeights()),
                              channels(op.getBias()));
  l.set(op.getDst(), split ? l.reshaped(result, x.dims) : result);
  return success();
}

void populateNormalize(OpTable &table) {
  table.add<BatchNormOp, lowerBatchNorm>();
  table.add<LayerNormOp, lowerLayerNorm>();
  table.add<RmsNormOp, lowerRmsNorm>();
  table.add<GroupNormOp, lowerGroupNorm>();
}

} // namespace lz::cpu
