//===- Attention.cpp - Multi-head attention -------------------------------===//
//
// Projections and masks around the dialect's attention; where the weights are
// wanted, or dropped out, the product is spelled out.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Attention.h"

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

#include <cmath>
#include <limits>

namespace lz::nn {

using namespace detail;

MultiheadAttentionImpl::MultiheadAttentionImpl(std::string kind,
                                               const MultiheadAttentionOptions &options)
    : Module(kind), options(options) {
  int64_t heads = options.num_heads();
  if (heads < 1)
    throw Error(kind + ": num_heads is " + std::to_string(heads) + ", expected at least 1");
  if (options.embed_dim() && *options.embed_dim() % heads != 0)
    throw Error(kind + ": embed_dim is " + std::to_string(*options.embed_dim()) +
                ", expected a multiple of num_heads, which is " + std::to_string(heads));
  addProjections(options.embed_dim() ? Dim(*options.embed_dim()) : lazy_field("embed_dim", heads));
}

void MultiheadAttentionImpl::addProjections(const Dim &embedDim) {
  DType dtype = options.dtype();
  auto addMatrix = [&](const char *name, const Dim &rows, const Dim &columns) {
    return register_parameter(name, {rows, columns}, Init::xavierUniform(rows, columns), dtype);
  };
  if (options.kdim() || options.vdim()) {
    q_proj_weight = addMatrix("q_proj_weight", embedDim, embedDim);
    k_proj_weight =
        addMatrix("k_proj_weight", embedDim, options.kdim() ? Dim(*options.kdim()) : embedDim);
    v_proj_weight =
        addMatrix("v_proj_weight", embedDim, options.vdim() ? Dim(*options.vdim()) : embedDim);
  } else {
    in_proj_weight = addMatrix("in_proj_weight", embedDim * 3, embedDim);
  }
  if (options.bias())
    in_proj_bias = register_parameter("in_proj_bias", {embedDim * 3}, Init::zeros(), dtype);
  if (options.add_bias_kv()) {
    // Glorot's normal distribution for (1, 1, embed_dim); while the size is not
    // known, the uniform one of the same variance.
    std::optional<int64_t> known = embedDim.tryValue();
    Init init = known ? Init::normal(0, 1 / std::sqrt(static_cast<double>(*known)))
                      : Init::uniformScaled(3, embedDim);
    bias_k = register_parameter("bias_k", {1, 1, embedDim}, init, dtype);
    bias_v = register_parameter("bias_v", {1, 1, embedDim}, init, dtype);
  }
  Init outInit = Init::zeros();
  out_proj = register_module("out_proj", Linear(std::make_shared<LinearImpl>(
                                             embedDim, embedDim, options.bias(), dtype, &outInit)));
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

/// (N, L, E) from (L, N, E), (N, L, E) or (L, E).
Tensor MultiheadAttentionImpl::toBatchFirst(const Tensor &x) const {
  std::optional<int64_t> rank = x.rank();
  if (rank == 3)
    return options.batch_first() ? x : x.transpose(0, 1);
  if (rank)
    return x.unsqueeze(0);
  if (options.batch_first())
    return x.reshape({-1, x.size(-2), x.size(-1)});
  return x.reshape({x.size(0), -1, x.size(-1)}).transpose(0, 1);
}

/// The layout of `query` from (N, L, E).
Tensor MultiheadAttentionImpl::restoreLayout(const Tensor &y, const Tensor &query) const {
  std::optional<int64_t> rank = query.rank();
  if (rank == 2)
    return y.squeeze({0});
  Tensor ordered = options.batch_first() ? y : y.transpose(0, 1);
  return rank ? ordered : reshape_like(ordered, shape_of(query));
}

//===----------------------------------------------------------------------===//
// Projections and masks
//===----------------------------------------------------------------------===//

MultiheadAttentionImpl::Heads MultiheadAttentionImpl::project(const Tensor &query,
                                                              const Tensor &key,
                                                              const Tensor &value) {
  Tensor q, k, v;
  if (in_proj_weight.defined() && query.is(key) && key.is(value)) {
    // One product for all three.
    std::vector<Tensor> parts =
        linear(toBatchFirst(query), in_proj_weight, in_proj_bias).chunk(3, -1);
    q = parts[0], k = parts[1], v = parts[2];
  } else {
    std::vector<Tensor> weights = {q_proj_weight, k_proj_weight, v_proj_weight}, biases(3);
    if (in_proj_weight.defined())
      weights = in_proj_weight.tensor().chunk(3, 0);
    if (in_proj_bias.defined())
      biases = in_proj_bias.tensor().chunk(3, 0);
    q = linear(toBatchFirst(query), weights[0], biases[0]);
    k = linear(toBatchFirst(key), weights[1], biases[1]);
    v = linear(toBatchFirst(value), weights[2], biases[2]);
  }
  if (options.add_bias_kv()) {
    k = cat({k, bias_k.tensor().expand({k.size(0), 1, -1})}, 1);
    v = cat({v, bias_v.tensor().expand({v.size(0), 1, -1})}, 1);
  }
  auto split = [&](const Tensor &x) {
    return x.unflatten(-1, {options.num_heads(), -1}).transpose(1, 2);
  };
  Heads heads = {split(q), split(k), split(v)};
  if (options.add_zero_attn()) {
    heads.key = pad(heads.key, {0, 0, 0, 1});
    heads.value = pad(heads.value, {0, 0, 0, 1});
  }
  return heads;
}

/// Columns that no mask covers are those of bias_k and of the zero key.
Tensor MultiheadAttentionImpl::extendMask(const Tensor &mask) const {
  int64_t added = options.add_bias_kv() + options.add_zero_attn();
  return added ? pad(mask, {0, added}) : mask;
}

/// Both masks as one that is added to the scores; undefined if there is none.
Tensor MultiheadAttentionImpl::mergeMasks(const AttentionArguments &arguments, DType dtype) {
  auto toScores = [&](const Tensor &mask) {
    if (mask.dtype() != DType::boolean)
      return mask.to(dtype);
    return where(mask, scalar(-std::numeric_limits<double>::infinity(), dtype), scalar(0, dtype));
  };
  Tensor merged;
  if (arguments.attn_mask.defined()) {
    expectRanks(arguments.attn_mask, {2, 3});
    std::optional<int64_t> rank = arguments.attn_mask.rank();
    if (!rank)
      fail("the number of dimensions of attn_mask is not known while tracing; give the dimensions "
           "of that input to trace()");
    merged = extendMask(toScores(arguments.attn_mask));
    if (*rank == 3)
      merged = merged.unflatten(0, {-1, options.num_heads()});
  }
  if (arguments.key_padding_mask.defined()) {
    const Tensor &mask = arguments.key_padding_mask;
    expectRanks(mask, {1, 2});
    Tensor rows = extendMask(toScores(mask)).unsqueeze(-2).unsqueeze(-2);
    merged = merged.defined() ? merged + rows : rows;
  }
  return merged;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// The heads' outputs and, if needed, the weights.
std::pair<Tensor, Tensor> MultiheadAttentionImpl::attend(const Heads &heads, const Tensor &mask,
                                                         bool needWeights) {
  bool drops = is_training() && options.dropout() > 0;
  if (!needWeights && !drops)
    return {scaled_dot_product_attention(heads.query, heads.key, heads.value, mask), Tensor()};
  Dim size = heads.query.size(-1);
  std::optional<int64_t> known = size.tryValue();
  Tensor scaled = known ? heads.query * (1 / std::sqrt(static_cast<double>(*known)))
                        : heads.query * scalar(size).to(heads.query.dtype()).rsqrt();
  Tensor scores = scaled.matmul(heads.key.transpose(-2, -1));
  Tensor weights = (mask.defined() ? scores + mask : scores).softmax(-1);
  if (drops)
    weights = dropout(weights, options.dropout());
  return {weights.matmul(heads.value), weights};
}

std::tuple<Tensor, Tensor> MultiheadAttentionImpl::forward(const Tensor &query, const Tensor &key,
                                                           const Tensor &value,
                                                           AttentionArguments arguments) {
  for (const Tensor &input : {query, key, value})
    expectRanks(input, {2, 3});
  if (arguments.is_causal && !arguments.attn_mask.defined())
    fail("is_causal is given without attn_mask, expected the mask as well");
  Heads heads = project(query, key, value);
  Tensor mask = mergeMasks(arguments, query.dtype());
  auto [attended, weights] = attend(heads, mask, arguments.need_weights);
  Tensor y = restoreLayout(out_proj(attended.transpose(1, 2).flatten(-2, -1)), query);
  if (!arguments.need_weights)
    return {y, Tensor()};
  if (arguments.average_attn_weights)
    weights = weights.mean({1});
  std::optional<int64_t> rank = query.rank();
  if (rank)
    return {y, *rank == 3 ? weights : weights.squeeze({0})};
  // The axes of the batch, if there are any, then the weights' own.
  Tensor shape = shape_of(query);
  Tensor batch = options.batch_first() ? shape.slice(0, 0, -2) : shape.slice(0, 1, -1);
  Tensor own = shape_of(weights).slice(0, 1);
  return {y, reshape_like(weights, cat({batch, own}))};
}

} // namespace lz::nn
