//===- SequenceFactories.cpp - Modules from JSON descriptions -------------===//
//
// Recurrent layers, attention and activations.
//
//===----------------------------------------------------------------------===//

#include "tests/conformance/nn/Args.h"

namespace lz::test {

using namespace nn;

template <typename Impl, typename... T> static AnyModule make(T &&...arguments) {
  return AnyModule(std::make_shared<Impl>(std::forward<T>(arguments)...));
}

static void setRecurrent(Args &a, RecurrentOptions &o) {
  o.num_layers(a.get<int64_t>("num_layers", 1)).bias(a.get("bias", true));
  o.batch_first(a.get("batch_first", false)).dropout(a.get("dropout", 0.0));
  o.bidirectional(a.get("bidirectional", false)).proj_size(a.get<int64_t>("proj_size", 0));
  o.nonlinearity(a.get<std::string>("nonlinearity", "tanh"));
}

template <typename Impl, typename LazyImpl>
static void addRecurrent(Factories &f, const std::string &name) {
  f[name] = [](Args &a) {
    RecurrentOptions o(a.get<int64_t>("input_size"), a.get<int64_t>("hidden_size"));
    setRecurrent(a, o);
    return make<Impl>(o);
  };
  f["Lazy" + name] = [](Args &a) {
    LazyRecurrentOptions o(a.get<int64_t>("hidden_size"));
    setRecurrent(a, o);
    return make<LazyImpl>(o);
  };
}

/// Calls attention with the masks and flags of the description. Inputs after
/// query, key and value are the masks that `masks` names, in its order; with
/// "self" the only input is all three.
template <typename Base> class AttentionCall : public Base {
public:
  AttentionCall(const MultiheadAttentionOptions &options, Args &a)
      : Base(options), masks(a.get("masks", std::vector<std::string>())),
        self(a.get("self", false)) {
    arguments.need_weights = a.get("need_weights", true);
    arguments.average_attn_weights = a.get("average_attn_weights", true);
    arguments.is_causal = a.get("is_causal", false);
  }

  std::tuple<Tensor, Tensor> forward(std::vector<Tensor> inputs) {
    if (self)
      inputs.insert(inputs.begin(), 2, inputs.at(0));
    for (size_t i = 0; i < masks.size(); ++i)
      (masks[i] == "attn_mask" ? arguments.attn_mask : arguments.key_padding_mask) =
          inputs.at(3 + i);
    return Base::forward(inputs.at(0), inputs.at(1), inputs.at(2), arguments);
  }

private:
  std::vector<std::string> masks;
  bool self;
  AttentionArguments arguments;
};

static void setAttention(Args &a, MultiheadAttentionOptions &o) {
  o.dropout(a.get("dropout", 0.0)).bias(a.get("bias", true));
  o.add_bias_kv(a.get("add_bias_kv", false)).add_zero_attn(a.get("add_zero_attn", false));
  o.kdim(a.find<int64_t>("kdim")).vdim(a.find<int64_t>("vdim"));
  o.batch_first(a.get("batch_first", false));
}

void addRecurrentAndAttention(Factories &f) {
  addRecurrent<RNNImpl, LazyRNNImpl>(f, "RNN");
  addRecurrent<GRUImpl, LazyGRUImpl>(f, "GRU");
  addRecurrent<LSTMImpl, LazyLSTMImpl>(f, "LSTM");
  f["MultiheadAttention"] = [](Args &a) {
    MultiheadAttentionOptions o(a.get<int64_t>("embed_dim"), a.get<int64_t>("num_heads"));
    setAttention(a, o);
    return make<AttentionCall<MultiheadAttentionImpl>>(o, a);
  };
  f["LazyMultiheadAttention"] = [](Args &a) {
    LazyMultiheadAttentionOptions o(a.get<int64_t>("num_heads"));
    setAttention(a, o);
    return make<AttentionCall<LazyMultiheadAttentionImpl>>(o, a);
  };
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

#define LZ_TEST_PLAIN(Name) f[#Name] = [](Args &) { return make<Name##Impl>(); }
#define LZ_TEST_ONE(Name, argument, fallback)                                                      \
  f[#Name] = [](Args &a) { return make<Name##Impl>(a.get(#argument, fallback)); }
#define LZ_TEST_DIM(Name)                                                                          \
  f[#Name] = [](Args &a) { return make<Name##Impl>(a.find<int64_t>("dim")); }

void addActivations(Factories &f) {
  LZ_TEST_PLAIN(Hardsigmoid);
  LZ_TEST_PLAIN(Hardswish);
  LZ_TEST_PLAIN(LogSigmoid);
  LZ_TEST_PLAIN(Mish);
  LZ_TEST_PLAIN(ReLU);
  LZ_TEST_PLAIN(ReLU6);
  LZ_TEST_PLAIN(SELU);
  LZ_TEST_PLAIN(Sigmoid);
  LZ_TEST_PLAIN(SiLU);
  LZ_TEST_PLAIN(Softmax2d);
  LZ_TEST_PLAIN(Softsign);
  LZ_TEST_PLAIN(Tanh);
  LZ_TEST_PLAIN(Tanhshrink);
  LZ_TEST_ONE(CELU, alpha, 1.0);
  LZ_TEST_ONE(ELU, alpha, 1.0);
  LZ_TEST_ONE(GELU, approximate, std::string("none"));
  LZ_TEST_ONE(GLU, dim, int64_t(-1));
  LZ_TEST_ONE(Hardshrink, lambd, 0.5);
  LZ_TEST_ONE(LeakyReLU, negative_slope, 0.01);
  LZ_TEST_ONE(Softshrink, lambd, 0.5);
  LZ_TEST_DIM(LogSoftmax);
  LZ_TEST_DIM(Softmax);
  LZ_TEST_DIM(Softmin);
  f["Hardtanh"] = [](Args &a) {
    return make<HardtanhImpl>(a.get("min_val", -1.0), a.get("max_val", 1.0));
  };
  f["Softplus"] = [](Args &a) {
    return make<SoftplusImpl>(a.get("beta", 1.0), a.get("threshold", 20.0));
  };
  f["Threshold"] = [](Args &a) {
    return make<ThresholdImpl>(a.get<double>("threshold"), a.get<double>("value"));
  };
  f["PReLU"] = [](Args &a) {
    return make<PReLUImpl>(a.get<int64_t>("num_parameters", 1), a.get("init", 0.25));
  };
  f["RReLU"] = [](Args &a) {
    return make<RReLUImpl>(a.get("lower", 1.0 / 8), a.get("upper", 1.0 / 3));
  };
}

} // namespace lz::test
