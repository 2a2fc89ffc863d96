//===- Dropout.cpp - Dropout layers ---------------------------------------===//
//
// Channel dropout looks at its input as (N, C, M), whatever its rank is.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Dropout.h"

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

#include <cmath>

namespace lz::nn {

using namespace detail;

namespace {

/// 1 where an element of a (sizes) tensor stays, else 0.
Tensor keepMask(const Tensor &like, double p) {
  return (rand_like(like) >= p).to(like.dtype());
}

/// One draw for each channel of a (N, C, M) tensor, as (N, C, 1).
Tensor keepChannels(const Tensor &flat, double p) {
  return keepMask(zeros({flat.size(0), flat.size(1)}, flat.dtype()), p).unsqueeze(-1);
}

Tensor restoreShape(const Tensor &x, const Tensor &like) { return reshape_like(x, shape_of(like)); }

Tensor applyAlpha(const Tensor &x, const Tensor &keep, double p) {
  constexpr double kAlpha = -1.7580993408473766;
  if (p == 1)
    return x * 0;
  double a = 1 / std::sqrt((1 - p) * (1 + p * kAlpha * kAlpha));
  return (x * keep + (1 - keep) * kAlpha) * a + -a * p * kAlpha;
}

} // namespace

DropoutBase::DropoutBase(std::string kind, double p) : Module(kind), probability(p) {
  if (!(p >= 0 && p <= 1))
    throw Error(kind + ": p is " + std::to_string(p) + ", expected a probability from 0 to 1");
}

Tensor DropoutImpl::forward(const Tensor &x) {
  return is_training() ? dropout(x, probability) : x;
}

template <int N> Tensor ChannelDropoutImpl<N>::forward(const Tensor &x) {
  if (!is_training() || probability == 0)
    return x;
  if (probability == 1)
    return x * 0;
  Tensor flat;
  if (N == 2) {
    // PyTorch takes the first two axes for batch and channels, whatever follows.
    expectRanks(x, {2, 3, 4});
    flat = x.unsqueeze(-1).flatten(2, -1);
  } else {
    expectRanks(x, {N + 1, N + 2});
    flat = x.flatten(-N, -1);
    flat = flat.reshape({-1, flat.size(-2), flat.size(-1)});
  }
  return restoreShape(flat * (keepChannels(flat, probability) * (1 / (1 - probability))), x);
}

Tensor AlphaDropoutImpl::forward(const Tensor &x) {
  if (!is_training() || probability == 0)
    return x;
  return applyAlpha(x, keepMask(x, probability), probability);
}

Tensor FeatureAlphaDropoutImpl::forward(const Tensor &x) {
  if (!is_training() || probability == 0)
    return x;
  Tensor flat = x.unsqueeze(-1).flatten(2, -1);
  return restoreShape(applyAlpha(flat, keepChannels(flat, probability), probability), x);
}

template class ChannelDropoutImpl<1>;
template class ChannelDropoutImpl<2>;
template class ChannelDropoutImpl<3>;

} // namespace lz::nn
