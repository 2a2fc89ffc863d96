//===- Factories.cpp - Modules from JSON descriptions ---------------------===//
//
// Linear layers, convolutions, pooling, normalization, dropout.
//
//===----------------------------------------------------------------------===//

#include "tests/conformance/nn/Args.h"

namespace lz::test {

using namespace nn;

template <typename Impl, typename... T> AnyModule make(T &&...arguments) {
  return AnyModule(std::make_shared<Impl>(std::forward<T>(arguments)...));
}

//===----------------------------------------------------------------------===//
// Linear
//===----------------------------------------------------------------------===//

void addLinear(Factories &f) {
  f["Linear"] = [](Args &a) {
    LinearOptions o(a.get<int64_t>("in_features"), a.get<int64_t>("out_features"));
    return make<LinearImpl>(o.bias(a.get("bias", true)));
  };
  f["LazyLinear"] = [](Args &a) {
    LazyLinearOptions o(a.get<int64_t>("out_features"));
    return make<LazyLinearImpl>(o.bias(a.get("bias", true)));
  };
  f["Bilinear"] = [](Args &a) {
    BilinearOptions o(a.get<int64_t>("in1_features"), a.get<int64_t>("in2_features"),
                      a.get<int64_t>("out_features"));
    return make<BilinearImpl>(o.bias(a.get("bias", true)));
  };
  f["LazyBilinear"] = [](Args &a) {
    LazyBilinearOptions o(a.get<int64_t>("out_features"));
    return make<LazyBilinearImpl>(o.bias(a.get("bias", true)));
  };
  f["Identity"] = [](Args &) { return make<IdentityImpl>(); };
  f["Flatten"] = [](Args &a) {
    return make<FlattenImpl>(a.get<int64_t>("start_dim", 1), a.get<int64_t>("end_dim", -1));
  };
  f["Unflatten"] = [](Args &a) {
    Ints sizes = a.get<Ints>("unflattened_size");
    return make<UnflattenImpl>(a.get<int64_t>("dim"), Dims(sizes.begin(), sizes.end()));
  };
  f["Embedding"] = [](Args &a) {
    EmbeddingOptions o(a.get<int64_t>("num_embeddings"), a.get<int64_t>("embedding_dim"));
    return make<EmbeddingImpl>(o.padding_idx(a.find<int64_t>("padding_idx")));
  };
}

//===----------------------------------------------------------------------===//
// Convolution and pooling
//===----------------------------------------------------------------------===//

template <int N> static Padding<N> toPadding(const Json &value) {
  if (value.is_string())
    return Padding<N>(value.get<std::string>());
  return value.is_array() ? Padding<N>(value.get<Ints>()) : Padding<N>(value.get<int64_t>());
}

template <int N, typename Options> static void setConv(Args &a, Options &o) {
  o.stride(toSizes<N>(a.get<Json>("stride", 1))).dilation(toSizes<N>(a.get<Json>("dilation", 1)));
  o.groups(a.get<int64_t>("groups", 1)).bias(a.get("bias", true));
  o.padding_mode(a.get<std::string>("padding_mode", "zeros"));
}

template <int N> static void addConv(Factories &f) {
  std::string suffix = std::to_string(N) + "d";
  auto finish = [](Args &a, ConvOptions<N> &o) {
    setConv<N>(a, o);
    o.padding(toPadding<N>(a.get<Json>("padding", 0)));
  };
  auto finishTranspose = [](Args &a, ConvTransposeOptions<N> &o) {
    setConv<N>(a, o);
    o.padding(toSizes<N>(a.get<Json>("padding", 0)));
    o.output_padding(toSizes<N>(a.get<Json>("output_padding", 0)));
  };
  f["Conv" + suffix] = [=](Args &a) {
    ConvOptions<N> o(a.get<int64_t>("in_channels"), a.get<int64_t>("out_channels"),
                     toSizes<N>(a.get<Json>("kernel_size")));
    finish(a, o);
    return make<ConvImpl<N>>(o);
  };
  f["LazyConv" + suffix] = [=](Args &a) {
    LazyConvOptions<N> o(a.get<int64_t>("out_channels"), toSizes<N>(a.get<Json>("kernel_size")));
    finish(a, o);
    return make<LazyConvImpl<N>>(o);
  };
  f["ConvTranspose" + suffix] = [=](Args &a) {
    ConvTransposeOptions<N> o(a.get<int64_t>("in_channels"), a.get<int64_t>("out_channels"),
                              toSizes<N>(a.get<Json>("kernel_size")));
    finishTranspose(a, o);
    return make<ConvTransposeImpl<N>>(o);
  };
  f["LazyConvTranspose" + suffix] = [=](Args &a) {
    LazyConvTransposeOptions<N> o(a.get<int64_t>("out_channels"),
                                  toSizes<N>(a.get<Json>("kernel_size")));
    finishTranspose(a, o);
    return make<LazyConvTransposeImpl<N>>(o);
  };
}

template <int N> static std::optional<Sizes<N>> findSizes(Args &a, const char *name) {
  std::optional<Json> value = a.find<Json>(name);
  return value ? std::optional<Sizes<N>>(toSizes<N>(*value)) : std::nullopt;
}

/// A list in which null, PyTorch's None, is -1.
template <int N> static Sizes<N> toOutputSizes(Json value) {
  if (!value.is_array())
    return Sizes<N>(value.is_null() ? -1 : value.get<int64_t>());
  Ints sizes;
  for (const Json &size : value)
    sizes.push_back(size.is_null() ? -1 : size.get<int64_t>());
  return Sizes<N>(sizes);
}

template <int N> static void addPool(Factories &f) {
  std::string suffix = std::to_string(N) + "d";
  f["MaxPool" + suffix] = [](Args &a) {
    MaxPoolOptions<N> o(toSizes<N>(a.get<Json>("kernel_size")));
    o.stride(findSizes<N>(a, "stride")).padding(toSizes<N>(a.get<Json>("padding", 0)));
    o.dilation(toSizes<N>(a.get<Json>("dilation", 1))).ceil_mode(a.get("ceil_mode", false));
    return make<MaxPoolImpl<N>>(o);
  };
  f["AvgPool" + suffix] = [](Args &a) {
    AvgPoolOptions<N> o(toSizes<N>(a.get<Json>("kernel_size")));
    o.stride(findSizes<N>(a, "stride")).padding(toSizes<N>(a.get<Json>("padding", 0)));
    o.ceil_mode(a.get("ceil_mode", false)).count_include_pad(a.get("count_include_pad", true));
    o.divisor_override(a.find<int64_t>("divisor_override"));
    return make<AvgPoolImpl<N>>(o);
  };
  f["AdaptiveAvgPool" + suffix] = [](Args &a) {
    return make<AdaptiveAvgPoolImpl<N>>(toOutputSizes<N>(a.get<Json>("output_size")));
  };
  f["ConstantPad" + suffix] = [](Args &a) {
    return make<ConstantPadImpl<N>>(toSizes<2 * N>(a.get<Json>("padding")),
                                    a.get<double>("value"));
  };
  f["ZeroPad" + suffix] = [](Args &a) {
    return make<ZeroPadImpl<N>>(toSizes<2 * N>(a.get<Json>("padding")));
  };
}

void addConvAndPool(Factories &f) {
  addConv<1>(f), addConv<2>(f), addConv<3>(f);
  addPool<1>(f), addPool<2>(f), addPool<3>(f);
}

//===----------------------------------------------------------------------===//
// Normalization and dropout
//===----------------------------------------------------------------------===//

static void setNorm(Args &a, NormOptions &o) {
  a.set<double>("eps", o, static_cast<NormOptions &(NormOptions::*)(double)>(&NormOptions::eps));
  o.momentum(a.get<std::optional<double>>("momentum", 0.1));
  o.affine(a.get("affine", o.affine())).bias(a.get("bias", true));
  o.track_running_stats(a.get("track_running_stats", o.track_running_stats()));
}

template <int N> static void addNormOf(Factories &f) {
  std::string suffix = "Norm" + std::to_string(N) + "d";
  f["Batch" + suffix] = [](Args &a) {
    BatchNormOptions o(a.get<int64_t>("num_features"));
    setNorm(a, o);
    return make<BatchNormImpl<N>>(o);
  };
  f["LazyBatch" + suffix] = [](Args &a) {
    LazyBatchNormOptions o;
    setNorm(a, o);
    return make<LazyBatchNormImpl<N>>(o);
  };
  f["Instance" + suffix] = [](Args &a) {
    InstanceNormOptions o(a.get<int64_t>("num_features"));
    setNorm(a, o);
    return make<InstanceNormImpl<N>>(o);
  };
  f["LazyInstance" + suffix] = [](Args &a) {
    LazyInstanceNormOptions o;
    setNorm(a, o);
    return make<LazyInstanceNormImpl<N>>(o);
  };
  std::string dropout = "Dropout" + std::to_string(N) + "d";
  f[dropout] = [](Args &a) { return make<ChannelDropoutImpl<N>>(a.get("p", 0.5)); };
}

static Ints toShape(const Json &value) {
  return value.is_array() ? value.get<Ints>() : Ints{value.get<int64_t>()};
}

template <typename Options> static void setLayerNorm(Args &a, Options &o) {
  o.elementwise_affine(a.get("elementwise_affine", true));
}

static void addLayerNorms(Factories &f) {
  auto setLayer = [](Args &a, LayerNormOptions &o) {
    setLayerNorm(a, o);
    o.eps(a.get("eps", 1e-5)).bias(a.get("bias", true));
  };
  auto setRms = [](Args &a, RMSNormOptions &o) {
    setLayerNorm(a, o);
    o.eps(a.find<double>("eps"));
  };
  f["LayerNorm"] = [=](Args &a) {
    LayerNormOptions o(toShape(a.get<Json>("normalized_shape")));
    setLayer(a, o);
    return make<LayerNormImpl>(o);
  };
  f["LazyLayerNorm"] = [=](Args &a) {
    LazyLayerNormOptions o(a.get<int64_t>("axes_count", 1));
    setLayer(a, o);
    return make<LazyLayerNormImpl>(o);
  };
  f["RMSNorm"] = [=](Args &a) {
    RMSNormOptions o(toShape(a.get<Json>("normalized_shape")));
    setRms(a, o);
    return make<RMSNormImpl>(o);
  };
  f["LazyRMSNorm"] = [=](Args &a) {
    LazyRMSNormOptions o(a.get<int64_t>("axes_count", 1));
    setRms(a, o);
    return make<LazyRMSNormImpl>(o);
  };
}

void addNorm(Factories &f) {
  addNormOf<1>(f), addNormOf<2>(f), addNormOf<3>(f);
  addLayerNorms(f);
  f["GroupNorm"] = [](Args &a) {
    GroupNormOptions o(a.get<int64_t>("num_groups"), a.get<int64_t>("num_channels"));
    return make<GroupNormImpl>(o.eps(a.get("eps", 1e-5)).affine(a.get("affine", true)));
  };
  f["LazyGroupNorm"] = [](Args &a) {
    LazyGroupNormOptions o(a.get<int64_t>("num_groups"));
    return make<LazyGroupNormImpl>(o.eps(a.get("eps", 1e-5)).affine(a.get("affine", true)));
  };
  f["Dropout"] = [](Args &a) { return make<DropoutImpl>(a.get("p", 0.5)); };
  f["AlphaDropout"] = [](Args &a) { return make<AlphaDropoutImpl>(a.get("p", 0.5)); };
  f["FeatureAlphaDropout"] = [](Args &a) { return make<FeatureAlphaDropoutImpl>(a.get("p", 0.5)); };
}

} // namespace lz::test
