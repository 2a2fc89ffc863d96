//===- Norm.cpp - Normalization layers ------------------------------------===//
//
// Batch statistics are composed of reductions; normalization itself is one
// operation. Written so that it holds for every rank the module accepts, since
// the rank may not be known while tracing.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Norm.h"

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

#include <limits>

namespace lz::nn {

using namespace detail;

namespace {

/// Mean and biased variance over `dims`, without those dims.
std::pair<Tensor, Tensor> momentsOf(const Tensor &x, const Ints &dims) {
  Tensor mean = x.mean(dims, /*keepdim=*/true);
  Tensor var = (x - mean).square().mean(dims);
  return {mean.squeeze(dims), var};
}

/// `x` in the shape of `like`.
Tensor restoreShape(const Tensor &x, const Tensor &like) {
  if (std::optional<Dims> sizes = sizesOf(like))
    return x.reshape(*sizes);
  return reshape_like(x, shape_of(like));
}

/// A (N, C, *) or unbatched (C, *) input with `spatialDims` axes in * as (N, C, M).
Tensor flattenSpatial(const Tensor &x, int spatialDims) {
  Tensor flat = x.flatten(-spatialDims, -1);
  std::optional<int64_t> rank = x.rank();
  if (rank && *rank == spatialDims + 2)
    return flat;
  if (rank)
    return flat.unsqueeze(0);
  return flat.reshape({-1, flat.size(-2), flat.size(-1)});
}

bool isLazyKind(const std::string &kind) { return kind.compare(0, 4, "Lazy") == 0; }

/// Half types are too coarse to accumulate in, and to count in.
DType statisticsType(DType dtype) { return promote(dtype, DType::f32); }

double machineEpsilon(DType dtype) {
  switch (dtype) {
  case DType::f64:
    return std::numeric_limits<double>::epsilon();
  case DType::f16:
    return 0x1p-10;
  case DType::bf16:
    return 0x1p-7;
  default:
    return std::numeric_limits<float>::epsilon();
  }
}

} // namespace

//===----------------------------------------------------------------------===//
// Batch and instance norm
//===----------------------------------------------------------------------===//

NormBase::NormBase(std::string kind, const NormOptions &options)
    : Module(kind), options(options) {
  if (!options.num_features() && !isLazyKind(kind))
    throw Error(kind + ": num_features is missing");
  bool hasShape = options.affine() || options.track_running_stats();
  if (options.num_features())
    numFeatures = *options.num_features();
  else if (hasShape)
    numFeatures = lazy_field("num_features");
  DType dtype = options.dtype();
  if (options.affine()) {
    weight = register_parameter("weight", {numFeatures}, Init::ones(), dtype);
    if (options.bias())
      bias = register_parameter("bias", {numFeatures}, Init::zeros(), dtype);
  }
  if (options.track_running_stats()) {
    running_mean = register_buffer("running_mean", {numFeatures}, Init::zeros(), dtype);
    running_var = register_buffer("running_var", {numFeatures}, Init::ones(), dtype);
    num_batches_tracked = register_buffer("num_batches_tracked", {}, Init::zeros(), DType::i64);
  }
}

bool NormBase::usesInputStatistics() const {
  return is_training() || !options.track_running_stats();
}

void NormBase::updateStatistics(const Tensor &mean, const Tensor &var, const Tensor &factor,
                                const Tensor &count) {
  auto move = [&](const Parameter &statistic, const Tensor &value) {
    Tensor old = statistic.tensor().to(value.dtype());
    // The reshape tells shape inference that the channels are num_features.
    Tensor target = value.reshape(statistic.shape());
    Tensor moved = old * (1 - factor) + target * factor;
    // An empty batch moves nothing.
    statistic.assign(where(count == 0, old, moved).to(statistic.dtype()));
  };
  move(running_mean, mean);
  move(running_var, var);
}

/// Counts the batch; how far it moves the statistics.
Tensor BatchNormBase::nextFactor(DType dtype) {
  Tensor batches = num_batches_tracked + 1;
  num_batches_tracked.assign(batches);
  if (options.momentum())
    return scalar(*options.momentum(), dtype);
  return 1 / batches.to(dtype);
}

Tensor BatchNormBase::normalizeByBatch(const Tensor &x) {
  // (N, C, M), whether there are spatial axes or not.
  Tensor flat = x.unsqueeze(-1).flatten(2, -1);
  Dim count = flat.size(0) * flat.size(2);
  expectSeveral(count, "expected more than 1 value per channel when training");
  auto [mean, var] = momentsOf(flat.to(statisticsType(x.dtype())), {0, 2});
  // First, so that messages about num_features speak of the input itself.
  Tensor y = batch_norm(x, mean, var, weight, bias, options.eps());
  if (is_training() && options.track_running_stats()) {
    Tensor values = scalar(count).to(mean.dtype());
    updateStatistics(mean, var * (values / (values - 1)), nextFactor(mean.dtype()), values);
  }
  return y;
}

Tensor BatchNormBase::forward(const Tensor &x) {
  expectRanks(x, ranks);
  if (usesInputStatistics())
    return normalizeByBatch(x);
  return batch_norm(x, running_mean, running_var, weight, bias, options.eps());
}

Tensor InstanceNormBase::forward(const Tensor &x) {
  expectRanks(x, {spatialDims + 1, spatialDims + 2});
  Tensor flat = flattenSpatial(x, spatialDims);
  if (!usesInputStatistics())
    return restoreShape(
        batch_norm(flat, running_mean, running_var, weight, bias, options.eps()), x);
  Dim count = flat.size(2);
  expectSeveral(count, "expected more than 1 spatial element when training");
  Tensor y = restoreShape(group_norm(flat, /*groups=*/0, weight, bias, options.eps()), x);
  if (options.track_running_stats()) {
    auto [mean, var] = momentsOf(flat.to(statisticsType(x.dtype())), {2});
    Tensor values = scalar(count).to(mean.dtype());
    // Without momentum the statistics never move, unlike those of batch norm.
    Tensor factor = scalar(options.momentum().value_or(0), mean.dtype());
    updateStatistics(mean.mean({0}), (var * (values / (values - 1))).mean({0}), factor,
                     scalar(flat.size(0)).to(mean.dtype()));
  }
  return y;
}

//===----------------------------------------------------------------------===//
// Layer, RMS and group norm
//===----------------------------------------------------------------------===//

namespace {

/// The sizes of the last axes: given, or one lazy field for each. Empty if no
/// parameter needs them.
template <typename Options, typename MakeField>
Dims makeNormalizedShape(const std::string &kind, const Options &options, MakeField makeField) {
  Dims shape;
  int64_t count = options.axes_count();
  if (options.normalized_shape())
    shape.assign(options.normalized_shape()->begin(), options.normalized_shape()->end());
  else if (options.elementwise_affine())
    for (int64_t i = 0; i < count; ++i)
      shape.push_back(makeField("normalized_shape" +
                                (count == 1 ? "" : "[" + std::to_string(i) + "]")));
  if (options.normalized_shape() ? shape.empty() : count < 1)
    throw Error(kind + ": normalized_shape is empty, expected at least one size");
  return shape;
}

/// Without parameters, ones in their place check the sizes of the input.
Tensor weightOrOnes(const Parameter &weight, const Dims &shape, DType dtype) {
  if (weight.defined() || shape.empty())
    return weight;
  return ones(shape, dtype);
}

} // namespace

LayerNormImpl::LayerNormImpl(std::string kind, const LayerNormOptions &options)
    : Module(kind), eps(options.eps()) {
  shape = makeNormalizedShape(kind, options,
                              [&](const std::string &field) { return lazy_field(field); });
  axesCount = shape.empty() ? options.axes_count() : static_cast<int64_t>(shape.size());
  if (!options.elementwise_affine())
    return;
  weight = register_parameter("weight", shape, Init::ones(), options.dtype());
  if (options.bias())
    bias = register_parameter("bias", shape, Init::zeros(), options.dtype());
}

Tensor LayerNormImpl::forward(const Tensor &x) {
  return layer_norm(x, axesCount, weightOrOnes(weight, shape, x.dtype()), bias, eps);
}

RMSNormImpl::RMSNormImpl(std::string kind, const RMSNormOptions &options)
    : Module(kind), eps(options.eps()) {
  shape = makeNormalizedShape(kind, options,
                              [&](const std::string &field) { return lazy_field(field); });
  axesCount = shape.empty() ? options.axes_count() : static_cast<int64_t>(shape.size());
  if (options.elementwise_affine())
    weight = register_parameter("weight", shape, Init::ones(), options.dtype());
}

Tensor RMSNormImpl::forward(const Tensor &x) {
  return rms_norm(x, axesCount, weightOrOnes(weight, shape, x.dtype()),
                  eps.value_or(machineEpsilon(x.dtype())));
}

GroupNormImpl::GroupNormImpl(std::string kind, const GroupNormOptions &options)
    : Module(kind), groups(options.num_groups()), eps(options.eps()) {
  if (groups < 1)
    throw Error(kind + ": num_groups is " + std::to_string(groups) + ", expected at least 1");
  if (options.num_channels() && *options.num_channels() % groups != 0)
    throw Error(kind + ": num_channels is " + std::to_string(*options.num_channels()) +
                ", expected a multiple of num_groups, which is " + std::to_string(groups));
  if (!options.affine())
    return;
  Dim channels =
      options.num_channels() ? Dim(*options.num_channels()) : lazy_field("num_channels", groups);
  weight = register_parameter("weight", {channels}, Init::ones(), options.dtype());
  bias = register_parameter("bias", {channels}, Init::zeros(), options.dtype());
}

Tensor GroupNormImpl::forward(const Tensor &x) {
  return group_norm(x, groups, weight, bias, eps);
}

} // namespace lz::nn
