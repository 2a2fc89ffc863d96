//===- Dropout.h - Dropout layers -----------------------------------------===//
//
// The identity in eval mode. In train mode every run draws anew from the
// session's counter-based generator (the states "rng.seed", "rng.counter").
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_DROPOUT_H
#define LAZULI_FRONTEND_NN_DROPOUT_H

#include "frontend/nn/Sizes.h"

namespace lz::nn {

class DropoutBase : public Module {
public:
  double p() const { return probability; }

protected:
  DropoutBase(std::string kind, double p);
  double probability;
};

/// Zeroes elements with probability p and scales the others by 1 / (1 - p).
class DropoutImpl : public DropoutBase {
public:
  explicit DropoutImpl(double p = 0.5) : DropoutBase("Dropout", p) {}
  Tensor forward(const Tensor &x);
};
LZ_MODULE(Dropout);

/// Zeroes whole channels.
template <int N> class ChannelDropoutImpl : public DropoutBase {
public:
  explicit ChannelDropoutImpl(double p = 0.5) : DropoutBase(numberedKind("Dropout", N), p) {}
  Tensor forward(const Tensor &x);
};
using Dropout1dImpl = ChannelDropoutImpl<1>;
using Dropout2dImpl = ChannelDropoutImpl<2>;
using Dropout3dImpl = ChannelDropoutImpl<3>;
LZ_MODULE(Dropout1d);
LZ_MODULE(Dropout2d);
LZ_MODULE(Dropout3d);

/// Keeps mean and variance of self-normalizing networks.
class AlphaDropoutImpl : public DropoutBase {
public:
  explicit AlphaDropoutImpl(double p = 0.5) : DropoutBase("AlphaDropout", p) {}
  Tensor forward(const Tensor &x);
};
LZ_MODULE(AlphaDropout);

/// The same for whole channels.
class FeatureAlphaDropoutImpl : public DropoutBase {
public:
  explicit FeatureAlphaDropoutImpl(double p = 0.5) : DropoutBase("FeatureAlphaDropout", p) {}
  Tensor forward(const Tensor &x);
};
LZ_MODULE(FeatureAlphaDropout);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_DROPOUT_H
