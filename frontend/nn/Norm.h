//===- Norm.h - Normalization layers --------------------------------------===//
//
// Arguments and defaults are those of torch.nn. In train mode, running
// statistics become states of the compiled model and move with every run.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_NORM_H
#define LAZULI_FRONTEND_NN_NORM_H

#include "frontend/nn/LazyForm.h"
#include "frontend/nn/Sizes.h"

namespace lz::nn {

/// Common to batch and instance norm.
struct NormOptions {
  using Self = NormOptions;
  LZ_OPTION(std::optional<int64_t>, num_features, std::nullopt);
  LZ_OPTION(double, eps, 1e-5);
  /// No value: the cumulative average (batch norm only).
  LZ_OPTION(std::optional<double>, momentum, 0.1);
  LZ_OPTION(bool, affine, true);
  LZ_OPTION(bool, track_running_stats, true);
  LZ_OPTION(bool, bias, true);
  LZ_OPTION(DType, dtype, DType::f32);
};
struct BatchNormOptions : NormOptions {
  BatchNormOptions(int64_t numFeatures) { num_features(numFeatures); }
};
/// num_features is inferred from axis 1 of the first input.
struct LazyBatchNormOptions : NormOptions {};
/// By default without parameters and running statistics.
struct InstanceNormOptions : NormOptions {
  InstanceNormOptions(int64_t numFeatures) {
    num_features(numFeatures).affine(false).track_running_stats(false);
  }
};
/// num_features is inferred from the channel axis of the first input; as in
/// PyTorch, with parameters and running statistics by default.
struct LazyInstanceNormOptions : NormOptions {};

/// What batch and instance norm share: parameters and running statistics.
class NormBase : public Module {
public:
  Parameter weight, bias, running_mean, running_var, num_batches_tracked;
  Dim num_features() const { return numFeatures.resolved(); }

protected:
  NormBase(std::string kind, const NormOptions &options);
  /// Statistics of the input are used, not those of earlier runs.
  bool usesInputStatistics() const;
  /// Moves the running statistics by `factor` towards the given ones.
  void updateStatistics(const Tensor &mean, const Tensor &var, const Tensor &factor,
                        const Tensor &count);

  NormOptions options;
  Dim numFeatures;
};

class BatchNormBase : public NormBase {
public:
  Tensor forward(const Tensor &x);

protected:
  BatchNormBase(std::string kind, const NormOptions &options, Ints ranks)
      : NormBase(std::move(kind), options), ranks(std::move(ranks)) {}

private:
  Tensor normalizeByBatch(const Tensor &x);
  Tensor nextFactor(DType dtype);
  Ints ranks;
};

class InstanceNormBase : public NormBase {
public:
  Tensor forward(const Tensor &x);

protected:
  InstanceNormBase(std::string kind, const NormOptions &options, int spatialDims)
      : NormBase(std::move(kind), options), spatialDims(spatialDims) {}

private:
  int spatialDims;
};

template <int N> class BatchNormImpl : public BatchNormBase {
public:
  static std::string plainKind() { return numberedKind("BatchNorm", N); }
  explicit BatchNormImpl(const BatchNormOptions &options) : BatchNormImpl(plainKind(), options) {}
  explicit BatchNormImpl(const NormOptions &options) : BatchNormImpl(plainKind(), options) {}
  explicit BatchNormImpl(int64_t numFeatures) : BatchNormImpl(BatchNormOptions(numFeatures)) {}

protected:
  BatchNormImpl(std::string kind, const NormOptions &options)
      : BatchNormBase(std::move(kind), options, N == 1 ? Ints{2, 3} : Ints{N + 2}) {}
};
template <int N>
using LazyBatchNormImpl = LazyForm<BatchNormImpl<N>, NormOptions, LazyBatchNormOptions>;

template <int N> class InstanceNormImpl : public InstanceNormBase {
public:
  static std::string plainKind() { return numberedKind("InstanceNorm", N); }
  explicit InstanceNormImpl(const InstanceNormOptions &options)
      : InstanceNormImpl(plainKind(), options) {}
  explicit InstanceNormImpl(const NormOptions &options) : InstanceNormImpl(plainKind(), options) {}
  explicit InstanceNormImpl(int64_t numFeatures)
      : InstanceNormImpl(InstanceNormOptions(numFeatures)) {}

protected:
  InstanceNormImpl(std::string kind, const NormOptions &options)
      : InstanceNormBase(std::move(kind), options, N) {}
};
template <int N>
using LazyInstanceNormImpl = LazyForm<InstanceNormImpl<N>, NormOptions, LazyInstanceNormOptions>;

#define LZ_NN_NORM(N)                                                                              \
  using BatchNorm##N##dOptions = BatchNormOptions;                                                 \
  using BatchNorm##N##dImpl = BatchNormImpl<N>;                                                    \
  LZ_MODULE(BatchNorm##N##d);                                                                      \
  using LazyBatchNorm##N##dOptions = LazyBatchNormOptions;                                         \
  using LazyBatchNorm##N##dImpl = LazyBatchNormImpl<N>;                                            \
  LZ_MODULE(LazyBatchNorm##N##d);                                                                  \
  using InstanceNorm##N##dOptions = InstanceNormOptions;                                           \
  using InstanceNorm##N##dImpl = InstanceNormImpl<N>;                                              \
  LZ_MODULE(InstanceNorm##N##d);                                                                   \
  using LazyInstanceNorm##N##dOptions = LazyInstanceNormOptions;                                   \
  using LazyInstanceNorm##N##dImpl = LazyInstanceNormImpl<N>;                                      \
  LZ_MODULE(LazyInstanceNorm##N##d)

LZ_NN_NORM(1);
LZ_NN_NORM(2);
LZ_NN_NORM(3);
#undef LZ_NN_NORM

/// Over the last axes, whose sizes are normalized_shape.
struct LayerNormOptions {
  using Self = LayerNormOptions;
  LayerNormOptions(Ints normalizedShape) : normalized_shapeValue(std::move(normalizedShape)) {}
  LZ_OPTION(std::optional<Ints>, normalized_shape, std::nullopt);
  LZ_OPTION(int64_t, axes_count, 1);
  LZ_OPTION(double, eps, 1e-5);
  LZ_OPTION(bool, elementwise_affine, true);
  LZ_OPTION(bool, bias, true);
  LZ_OPTION(DType, dtype, DType::f32);

protected:
  LayerNormOptions() = default;
};
/// normalized_shape is inferred from the last axes of the first input.
struct LazyLayerNormOptions : LayerNormOptions {
  LazyLayerNormOptions(int64_t axesCount = 1) { axes_count(axesCount); }
};

class LayerNormImpl : public Module {
public:
  static std::string plainKind() { return "LayerNorm"; }
  explicit LayerNormImpl(const LayerNormOptions &options) : LayerNormImpl(plainKind(), options) {}
  explicit LayerNormImpl(Ints normalizedShape)
      : LayerNormImpl(LayerNormOptions(std::move(normalizedShape))) {}
  explicit LayerNormImpl(int64_t normalizedShape) : LayerNormImpl(Ints{normalizedShape}) {}
  Tensor forward(const Tensor &x);

  Parameter weight, bias;

protected:
  LayerNormImpl(std::string kind, const LayerNormOptions &options);

private:
  Dims shape; ///< empty if nothing depends on it
  int64_t axesCount;
  double eps;
};
LZ_MODULE(LayerNorm);

using LazyLayerNormImpl = LazyForm<LayerNormImpl, LayerNormOptions, LazyLayerNormOptions>;
LZ_MODULE(LazyLayerNorm);

/// Over the last axes, whose sizes are normalized_shape. No eps means the
/// smallest difference from 1 of the element type.
struct RMSNormOptions {
  using Self = RMSNormOptions;
  RMSNormOptions(Ints normalizedShape) : normalized_shapeValue(std::move(normalizedShape)) {}
  LZ_OPTION(std::optional<Ints>, normalized_shape, std::nullopt);
  LZ_OPTION(int64_t, axes_count, 1);
  LZ_OPTION(std::optional<double>, eps, std::nullopt);
  LZ_OPTION(bool, elementwise_affine, true);
  LZ_OPTION(DType, dtype, DType::f32);

protected:
  RMSNormOptions() = default;
};
struct LazyRMSNormOptions : RMSNormOptions {
  LazyRMSNormOptions(int64_t axesCount = 1) { axes_count(axesCount); }
};

class RMSNormImpl : public Module {
public:
  static std::string plainKind() { return "RMSNorm"; }
  explicit RMSNormImpl(const RMSNormOptions &options) : RMSNormImpl(plainKind(), options) {}
  explicit RMSNormImpl(Ints normalizedShape)
      : RMSNormImpl(RMSNormOptions(std::move(normalizedShape))) {}
  explicit RMSNormImpl(int64_t normalizedShape) : RMSNormImpl(Ints{normalizedShape}) {}
  Tensor forward(const Tensor &x);

  Parameter weight;

protected:
  RMSNormImpl(std::string kind, const RMSNormOptions &options);

private:
  Dims shape; ///< empty if nothing depends on it
  int64_t axesCount;
  std::optional<double> eps;
};
LZ_MODULE(RMSNorm);

using LazyRMSNormImpl = LazyForm<RMSNormImpl, RMSNormOptions, LazyRMSNormOptions>;
LZ_MODULE(LazyRMSNorm);

/// Channels on axis 1 in groups of equal size.
struct GroupNormOptions {
  using Self = GroupNormOptions;
  GroupNormOptions(int64_t numGroups, int64_t numChannels)
      : num_groupsValue(numGroups), num_channelsValue(numChannels) {}
  LZ_OPTION(int64_t, num_groups, 1);
  LZ_OPTION(std::optional<int64_t>, num_channels, std::nullopt);
  LZ_OPTION(double, eps, 1e-5);
  LZ_OPTION(bool, affine, true);
  LZ_OPTION(DType, dtype, DType::f32);

protected:
  explicit GroupNormOptions(int64_t numGroups) : num_groupsValue(numGroups) {}
};
/// num_channels is inferred from axis 1 of the first input.
struct LazyGroupNormOptions : GroupNormOptions {
  LazyGroupNormOptions(int64_t numGroups) : GroupNormOptions(numGroups) {}
};

class GroupNormImpl : public Module {
public:
  static std::string plainKind() { return "GroupNorm"; }
  explicit GroupNormImpl(const GroupNormOptions &options) : GroupNormImpl(plainKind(), options) {}
  GroupNormImpl(int64_t numGroups, int64_t numChannels)
      : GroupNormImpl(GroupNormOptions(numGroups, numChannels)) {}
  Tensor forward(const Tensor &x);

  Parameter weight, bias;

protected:
  GroupNormImpl(std::string kind, const GroupNormOptions &options);

private:
  int64_t groups;
  double eps;
};
LZ_MODULE(GroupNorm);

using LazyGroupNormImpl = LazyForm<GroupNormImpl, GroupNormOptions, LazyGroupNormOptions>;
LZ_MODULE(LazyGroupNorm);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_NORM_H
