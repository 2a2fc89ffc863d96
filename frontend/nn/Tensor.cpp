//===- Tensor.cpp - A value of the model being traced ---------------------===//
//
// What a handle can tell about its shape.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Tensor.h"

#include "frontend/nn/Emit.h"

namespace lz::nn {

using namespace detail;

Dim Tensor::size(int64_t axis) const { return sizeOf(*this, axis); }

std::optional<int64_t> Tensor::rank() const { return rankOf(*this); }

int64_t Tensor::dim() const {
  if (std::optional<int64_t> known = rank())
    return *known;
  fail("the number of dimensions is not known while tracing; give the dimensions of the inputs to "
       "trace()");
}

Dims Tensor::sizes() const {
  if (std::optional<Dims> known = sizesOf(*this))
    return *known;
  fail("the sizes are not known while tracing, not even how many; use size(axis), or give the "
       "dimensions of the inputs to trace()");
}

int64_t Dim::value() const {
  Dim known = resolved();
  if (std::optional<int64_t> number = known.tryValue())
    return *number;
  fail("the size " + known.str() +
       " is not known while tracing, so it is no plain integer; use it as a Dim (in view, slice and "
       "arithmetic), or give the dimensions of the inputs to trace()");
}

/// Names that no user gave are shown as what they stand for.
std::string Dim::str() const {
  std::set<std::string> symbols;
  expression.collectSymbols(symbols);
  std::map<std::string, DimExpr> readable;
  for (const std::string &symbol : symbols) {
    if (std::optional<SizeSource> source = findSizeSource(symbol))
      readable.emplace(symbol, DimExpr::symbol("size_" + std::to_string(source->axis)));
    else if (symbol.compare(0, 5, "%lazy") == 0)
      readable.emplace(symbol, DimExpr::symbol("unknown"));
  }
  return resolved().expr().substitute(readable).str();
}

std::string toString(const Dims &dims) {
  std::string text = "[";
  for (const Dim &dim : dims)
    text += (text.size() > 1 ? ", " : "") + dim.str();
  return text + "]";
}

} // namespace lz::nn
