//===- Reductions.cpp - Reductions, softmax, scans ------------------------===//
//
// Result types as PyTorch's: sums of integers are i64, means need floats.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

namespace lz::nn {

using namespace detail;

namespace {

Tensor reduce(const char *kind, const Tensor &x, const Ints &dims, bool keepdim, DType result) {
  return emit("reduce", {x}, result, {{"kind", kind}, {"axes", dims}, {"keep_dims", keepdim}});
}

Tensor accumulate(const char *kind, const Tensor &x, const Ints &dims, bool keepdim) {
  DType dtype = weights::isFloat(x.dtype()) ? x.dtype() : DType::i64;
  return reduce(kind, x.to(dtype), dims, keepdim, dtype);
}

Tensor reduceIndex(const char *kind, const Tensor &x, std::optional<int64_t> dim, bool keepdim) {
  return reduce(kind, x, dim ? Ints{*dim} : Ints{}, keepdim, DType::i64);
}

/// How many elements one reduction takes, as a scalar of `dtype`.
Tensor countElements(const Tensor &x, const Ints &dims, DType dtype) {
  if (dims.empty())
    return reduce("prod", shape_of(x), {}, false, DType::i64).to(dtype);
  Dim count = 1;
  for (int64_t dim : dims)
    count = count * x.size(dim);
  return scalar(count).to(dtype);
}

Tensor scan(const char *kind, const Tensor &x, int64_t dim) {
  DType dtype = weights::isFloat(x.dtype()) ? x.dtype() : DType::i64;
  return emit("cumulative", {x.to(dtype)}, dtype, {{"kind", kind}, {"axis", dim}});
}

} // namespace

Tensor Tensor::sum(const Axes &dims, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "sum");
  return accumulate("sum", *this, dims, keepdim);
}

Tensor Tensor::prod(const Axes &dims, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "prod");
  return accumulate("prod", *this, dims, keepdim);
}

Tensor Tensor::mean(const Axes &dims, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "mean");
  if (!weights::isFloat(elementType))
    fail(std::string("mean takes floating-point tensors, found ") + weights::getName(elementType));
  return reduce("mean", *this, dims, keepdim, elementType);
}

Tensor Tensor::amax(const Axes &dims, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "amax");
  return reduce("max", *this, dims, keepdim, elementType);
}

Tensor Tensor::amin(const Axes &dims, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "amin");
  return reduce("min", *this, dims, keepdim, elementType);
}

Tensor Tensor::all(const Axes &dims, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "all");
  return reduce("all", to(DType::boolean), dims, keepdim, DType::boolean);
}

Tensor Tensor::any(const Axes &dims, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "any");
  return reduce("any", to(DType::boolean), dims, keepdim, DType::boolean);
}

Tensor Tensor::argmax(std::optional<int64_t> dim, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "argmax");
  return reduceIndex("argmax", *this, dim, keepdim);
}

Tensor Tensor::argmin(std::optional<int64_t> dim, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "argmin");
  return reduceIndex("argmin", *this, dim, keepdim);
}

Tensor Tensor::var(const Axes &dims, int64_t correction, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "var");
  Tensor centered = *this - mean(dims, /*keepdim=*/true);
  Tensor squares = centered.square();
  if (correction == 0)
    return squares.mean(dims, keepdim);
  Tensor count = countElements(*this, dims, elementType) - correction;
  return squares.sum(dims, keepdim) / maximum(count, 0);
}

Tensor Tensor::std(const Axes &dims, int64_t correction, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "std");
  return var(dims, correction, keepdim).sqrt();
}

Tensor Tensor::logsumexp(const Axes &dims, bool keepdim, SourceLoc loc) const {
  OpScope scope(loc, "logsumexp");
  Tensor largest = amax(dims, /*keepdim=*/true);
  // An infinite maximum would leave inf - inf.
  Tensor shift = where(largest.isinf(), zeros_like(largest), largest);
  Tensor sum = (*this - shift).exp().sum(dims, /*keepdim=*/true).log() + shift;
  return keepdim ? sum : sum.squeeze(dims);
}

Tensor Tensor::cumsum(int64_t dim, SourceLoc loc) const {
  OpScope scope(loc, "cumsum");
  return scan("sum", *this, dim);
}

Tensor Tensor::cumprod(int64_t dim, SourceLoc loc) const {
  OpScope scope(loc, "cumprod");
  return scan("prod", *this, dim);
}

Tensor softmax(const Tensor &x, int64_t dim, SourceLoc loc) {
  OpScope scope(loc, "softmax");
  return emit("softmax", {x}, x.dtype(), {{"axis", dim}, {"log", false}});
}

Tensor log_softmax(const Tensor &x, int64_t dim, SourceLoc loc) {
  OpScope scope(loc, "log_softmax");
  return emit("softmax", {x}, x.dtype(), {{"axis", dim}, {"log", true}});
}

Tensor softmin(const Tensor &x, int64_t dim, SourceLoc loc) {
  OpScope scope(loc, "softmin");
  return softmax(-x, dim);
}

Tensor Tensor::softmax(int64_t dim, SourceLoc loc) const { return nn::softmax(*this, dim, loc); }
Tensor Tensor::log_softmax(int64_t dim, SourceLoc loc) const {
  return nn::log_softmax(*this, dim, loc);
}

} // namespace lz::nn
