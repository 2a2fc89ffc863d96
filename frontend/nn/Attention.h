//===- Attention.h - Multi-head attention ---------------------------------===//
//
// Arguments and defaults are those of torch.nn.MultiheadAttention.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_ATTENTION_H
#define LAZULI_FRONTEND_NN_ATTENTION_H

#include "frontend/nn/Linear.h"

namespace lz::nn {

struct MultiheadAttentionOptions {
  using Self = MultiheadAttentionOptions;
  MultiheadAttentionOptions(int64_t embedDim, int64_t numHeads)
      : embed_dimValue(embedDim), num_headsValue(numHeads) {}
  LZ_OPTION(std::optional<int64_t>, embed_dim, std::nullopt);
  LZ_OPTION(int64_t, num_heads, 1);
  LZ_OPTION(double, dropout, 0);
  LZ_OPTION(bool, bias, true);
  LZ_OPTION(bool, add_bias_kv, false);
  LZ_OPTION(bool, add_zero_attn, false);
  /// By default embed_dim.
  LZ_OPTION(std::optional<int64_t>, kdim, std::nullopt);
  LZ_OPTION(std::optional<int64_t>, vdim, std::nullopt);
  LZ_OPTION(bool, batch_first, false);
  LZ_OPTION(DType, dtype, DType::f32);

protected:
  explicit MultiheadAttentionOptions(int64_t numHeads) : num_headsValue(numHeads) {}
};
/// embed_dim is inferred from the last size of the first query.
struct LazyMultiheadAttentionOptions : MultiheadAttentionOptions {
  LazyMultiheadAttentionOptions(int64_t numHeads) : MultiheadAttentionOptions(numHeads) {}
};

/// The optional arguments of a call.
struct AttentionArguments {
  /// (N, S) or (S): true, or a number added to the scores, where a key is ignored.
  Tensor key_padding_mask;
  /// (L, S) or (N * num_heads, L, S): true where a key is ignored, or numbers
  /// added to the scores. Its number of dimensions must be known while tracing.
  Tensor attn_mask;
  bool need_weights = true;
  bool average_attn_weights = true;
  /// A hint that attn_mask, which must be given, is causal.
  bool is_causal = false;
};

class MultiheadAttentionImpl : public Module {
public:
  static std::string plainKind() { return "MultiheadAttention"; }
  explicit MultiheadAttentionImpl(const MultiheadAttentionOptions &options)
      : MultiheadAttentionImpl(plainKind(), options) {}
  MultiheadAttentionImpl(int64_t embedDim, int64_t numHeads)
      : MultiheadAttentionImpl(MultiheadAttentionOptions(embedDim, numHeads)) {}
  /// Returns the output and, if they are needed, the attention weights.
  std::tuple<Tensor, Tensor> forward(const Tensor &query, const Tensor &key, const Tensor &value,
                                     AttentionArguments arguments = {});

  Parameter in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight;
  Parameter in_proj_bias, bias_k, bias_v;
  Linear out_proj{nullptr};

protected:
  MultiheadAttentionImpl(std::string kind, const MultiheadAttentionOptions &options);

private:
  struct Heads {
    Tensor query, key, value; ///< (N, heads, length, size)
  };
  void addProjections(const Dim &embedDim);
  Heads project(const Tensor &query, const Tensor &key, const Tensor &value);
  Tensor mergeMasks(const AttentionArguments &arguments, DType dtype);
  Tensor extendMask(const Tensor &mask) const;
  std::pair<Tensor, Tensor> attend(const Heads &heads, const Tensor &mask, bool needWeights);
  Tensor toBatchFirst(const Tensor &x) const;
  Tensor restoreLayout(const Tensor &y, const Tensor &query) const;

  MultiheadAttentionOptions options;
};
LZ_MODULE(MultiheadAttention);

using LazyMultiheadAttentionImpl =
    LazyForm<MultiheadAttentionImpl, MultiheadAttentionOptions, LazyMultiheadAttentionOptions>;
LZ_MODULE(LazyMultiheadAttention);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_ATTENTION_H
