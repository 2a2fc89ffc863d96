//===- Shaping.cpp - Views, indexing, joining, creation -------------------===//
//
// Sizes that attributes can express stand in attributes; sizes of tensors whose
// rank is not known yet become small integer tensors, whose elements shape
// inference tells later.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

#include <limits>

namespace lz::nn {

using namespace detail;

namespace {

constexpr int64_t kToTheEnd = std::numeric_limits<int64_t>::max();

Tensor unary(const char *op, const Tensor &x, const Attrs &attributes) {
  return emit(op, {x}, x.dtype(), attributes);
}

/// An i64 operation on scalars of sizes.
Tensor sizeOp(DimExpr::Op op, const Tensor &a, const Tensor &b) {
  switch (op) {
  case DimExpr::Op::Add:
    return emit("add", {a, b}, DType::i64);
  case DimExpr::Op::Mul:
    return emit("mul", {a, b}, DType::i64);
  case DimExpr::Op::FloorDiv:
    return emit("floor_div", {a, b}, DType::i64);
  case DimExpr::Op::CeilDiv: // -floor(-a / b)
    return emit("neg", {emit("floor_div", {emit("neg", {a}, DType::i64), b}, DType::i64)},
                DType::i64);
  case DimExpr::Op::Mod:
    return emit("mod", {a, b}, DType::i64);
  case DimExpr::Op::Min:
    return emit("min", {a, b}, DType::i64);
  case DimExpr::Op::Max:
    return emit("max", {a, b}, DType::i64);
  default:
    break;
  }
  fail("a size has an operation that cannot be traced");
}

/// A size that attributes can express, as a scalar: the shape of a tensor of it.
Tensor expressibleScalar(const Dim &dim) {
  if (std::optional<int64_t> known = dim.tryValue())
    return constantScalar(*known, DType::i64);
  Tensor probe = emit("full", {}, DType::boolean, {{"shape", Dims{dim}}, {"value", int64_t(0)}});
  return emit("dim_of", {probe}, DType::i64, {{"axis", 0}});
}

Tensor leafScalar(const std::string &symbol) {
  if (std::optional<SizeSource> source = findSizeSource(symbol))
    return emit("dim_of", {source->tensor}, DType::i64, {{"axis", source->axis}});
  return expressibleScalar(Dim::symbol(symbol));
}

} // namespace

namespace detail {

bool isExpressible(const Dim &dim) {
  std::set<std::string> symbols;
  dim.expr().collectSymbols(symbols);
  for (const std::string &symbol : symbols)
    if (findSizeSource(symbol))
      return false;
  return true;
}

bool areExpressible(const Dims &dims) {
  for (const Dim &dim : dims)
    if (!isExpressible(dim))
      return false;
  return true;
}

Tensor toScalar(const Dim &dim) {
  if (isExpressible(dim))
    return expressibleScalar(dim);
  std::vector<Tensor> stack;
  for (const DimExpr::Step &step : dim.expr().postfix()) {
    if (step.op == DimExpr::Op::Const) {
      stack.push_back(constantScalar(step.value, DType::i64));
    } else if (step.op == DimExpr::Op::Symbol) {
      stack.push_back(leafScalar(step.symbol));
    } else {
      Tensor b = stack.back();
      stack.pop_back();
      stack.back() = sizeOp(step.op, stack.back(), b);
    }
  }
  return stack.back();
}

Tensor toTensor(const Dims &dims) {
  std::vector<Tensor> pieces;
  Ints constants;
  auto flush = [&] {
    if (!constants.empty())
      pieces.push_back(constantInts(constants));
    constants.clear();
  };
  for (const Dim &dim : dims) {
    if (std::optional<int64_t> known = dim.tryValue()) {
      constants.push_back(*known);
      continue;
    }
    flush();
    pieces.push_back(unary("unsqueeze", toScalar(dim), {{"axes", Ints{0}}}));
  }
  flush();
  if (pieces.empty())
    return constantInts({});
  return pieces.size() == 1 ? pieces[0] : emit("concat", pieces, DType::i64, {{"axis", 0}});
}

} // namespace detail

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

Tensor Tensor::reshape(const Dims &sizes, SourceLoc loc) const {
  OpScope scope(loc, "reshape");
  if (areExpressible(sizes))
    return unary("reshape", *this, {{"shape", sizes}});
  return reshape_like(*this, toTensor(sizes));
}

Tensor Tensor::view(const Dims &sizes, SourceLoc loc) const {
  OpScope scope(loc, "view");
  return reshape(sizes);
}

Tensor reshape_like(const Tensor &x, const Tensor &shape, SourceLoc loc) {
  OpScope scope(loc, "reshape_like");
  return emit("reshape_like", {x, shape}, x.dtype());
}

Tensor Tensor::flatten(int64_t startDim, int64_t endDim, SourceLoc loc) const {
  OpScope scope(loc, "flatten");
  return unary("flatten", *this, {{"start_axis", startDim}, {"end_axis", endDim}});
}

Tensor Tensor::unflatten(int64_t dim, const Dims &sizes, SourceLoc loc) const {
  OpScope scope(loc, "unflatten");
  if (!areExpressible(sizes))
    fail("unflatten has a size that depends on a tensor of unknown rank; use view, or give the "
         "dimensions of the inputs to trace()");
  return unary("unflatten", *this, {{"axis", dim}, {"sizes", sizes}});
}

Tensor Tensor::squeeze(const Axes &dims, SourceLoc loc) const {
  OpScope scope(loc, "squeeze");
  return unary("squeeze", *this, {{"axes", dims}});
}

Tensor Tensor::unsqueeze(int64_t dim, SourceLoc loc) const {
  OpScope scope(loc, "unsqueeze");
  return unary("unsqueeze", *this, {{"axes", Ints{dim}}});
}

Tensor Tensor::transpose(int64_t dim0, int64_t dim1, SourceLoc loc) const {
  OpScope scope(loc, "transpose");
  return unary("swap_axes", *this, {{"axis0", dim0}, {"axis1", dim1}});
}

Tensor Tensor::t(SourceLoc loc) const {
  OpScope scope(loc, "t");
  expectRanks(*this, {0, 1, 2});
  std::optional<int64_t> known = rank();
  if (known && *known < 2)
    return *this;
  return transpose(-2, -1);
}

Tensor Tensor::permute(const Ints &dims, SourceLoc loc) const {
  OpScope scope(loc, "permute");
  Ints axes = dims;
  for (int64_t &axis : axes)
    axis += axis < 0 ? static_cast<int64_t>(dims.size()) : 0;
  return unary("transpose", *this, {{"perm", axes}});
}

Tensor Tensor::expand(const Dims &sizes, SourceLoc loc) const {
  OpScope scope(loc, "expand");
  if (areExpressible(sizes))
    return unary("expand", *this, {{"shape", sizes}});
  return emit("expand_like", {*this, toTensor(sizes)}, elementType);
}

Tensor Tensor::repeat(const Ints &repeats, SourceLoc loc) const {
  OpScope scope(loc, "repeat");
  return unary("repeat", *this, {{"repeats", repeats}});
}

Tensor Tensor::flip(const Axes &dims, SourceLoc loc) const {
  OpScope scope(loc, "flip");
  return unary("flip", *this, {{"axes", dims}});
}

Tensor shape_of(const Tensor &x, SourceLoc loc) {
  OpScope scope(loc, "shape_of");
  return emit("shape_of", {x}, DType::i64);
}

//===----------------------------------------------------------------------===//
// Indexing
//===----------------------------------------------------------------------===//

Tensor Tensor::select(int64_t dim, int64_t index, SourceLoc loc) const {
  OpScope scope(loc, "select");
  return unary("select_index", *this, {{"axis", dim}, {"index", index}});
}

Tensor Tensor::slice(int64_t dim, Dim begin, std::optional<Dim> end, int64_t step,
                     SourceLoc loc) const {
  OpScope scope(loc, "slice");
  if (step < 1)
    fail("slice has step " + std::to_string(step) + ", expected a positive one");
  if (isExpressible(begin) && (!end || isExpressible(*end)))
    return unary("slice", *this,
                 {{"axis", dim}, {"begin", begin}, {"end", end.value_or(kToTheEnd)}, {"step", step}});
  // Bounds that only a tensor can hold: pick by index.
  Dim last = end ? *end : size(dim);
  Tensor index = arange((last - begin + (step - 1)) / step) * step + scalar(begin);
  return index_select(dim, index);
}

Tensor Tensor::narrow(int64_t dim, Dim start, Dim length, SourceLoc loc) const {
  OpScope scope(loc, "narrow");
  return slice(dim, start, start + length);
}

std::vector<Tensor> Tensor::chunk(int64_t chunks, int64_t dim, SourceLoc loc) const {
  OpScope scope(loc, "chunk");
  if (chunks < 1)
    fail("chunk has " + std::to_string(chunks) + " chunks, expected at least one");
  // (..., chunks * size, ...) as (..., chunks, size, ...), whatever the rank is.
  Tensor parts = unflatten(dim, {chunks, -1});
  std::vector<Tensor> result;
  for (int64_t i = 0; i < chunks; ++i)
    result.push_back(parts.select(dim < 0 ? dim - 1 : dim, i));
  return result;
}

std::vector<Tensor> Tensor::split(const Dims &sizes, int64_t dim, SourceLoc loc) const {
  OpScope scope(loc, "split");
  std::vector<Tensor> result;
  Dim begin = 0;
  for (const Dim &size : sizes) {
    result.push_back(slice(dim, begin, begin + size));
    begin = begin + size;
  }
  return result;
}

Tensor Tensor::index_select(int64_t dim, const Tensor &index, SourceLoc loc) const {
  OpScope scope(loc, "index_select");
  return emit("gather", {*this, index}, elementType, {{"axis", dim}});
}

Tensor Tensor::gather(int64_t dim, const Tensor &index, SourceLoc loc) const {
  OpScope scope(loc, "gather");
  return emit("gather_elements", {*this, index}, elementType, {{"axis", dim}});
}

Tensor Tensor::tril(int64_t diagonal, SourceLoc loc) const {
  OpScope scope(loc, "tril");
  return unary("triangular", *this, {{"upper", false}, {"diagonal", diagonal}});
}

Tensor Tensor::triu(int64_t diagonal, SourceLoc loc) const {
  OpScope scope(loc, "triu");
  return unary("triangular", *this, {{"upper", true}, {"diagonal", diagonal}});
}

//===----------------------------------------------------------------------===//
// Joining and creation
//===----------------------------------------------------------------------===//

Tensor cat(const std::vector<Tensor> &tensors, int64_t dim, SourceLoc loc) {
  OpScope scope(loc, "cat");
  if (tensors.empty())
    fail("cat has no tensors, expected at least one");
  DType dtype = tensors[0].dtype();
  for (const Tensor &tensor : tensors)
    dtype = promote(dtype, tensor.dtype());
  std::vector<Tensor> operands;
  for (const Tensor &tensor : tensors)
    operands.push_back(tensor.to(dtype));
  return emit("concat", operands, dtype, {{"axis", dim}});
}

Tensor stack(const std::vector<Tensor> &tensors, int64_t dim, SourceLoc loc) {
  OpScope scope(loc, "stack");
  std::vector<Tensor> rows;
  for (const Tensor &tensor : tensors)
    rows.push_back(tensor.unsqueeze(dim));
  return cat(rows, dim);
}

Tensor pad(const Tensor &x, const Ints &pad, double value, SourceLoc loc) {
  OpScope scope(loc, "pad");
  if (pad.size() % 2 != 0)
    fail("pad has " + std::to_string(pad.size()) + " numbers, expected two per axis");
  // PyTorch counts from the last axis, the dialect from the first padded one.
  Ints begin, end;
  for (size_t i = pad.size(); i > 0; i -= 2) {
    begin.push_back(pad[i - 2]);
    end.push_back(pad[i - 1]);
  }
  return unary("pad", x, {{"begin", begin}, {"end", end}, {"value", value}});
}

Tensor full(const Dims &sizes, double value, DType dtype, SourceLoc loc) {
  OpScope scope(loc, "full");
  if (!areExpressible(sizes))
    return emit("expand_like", {scalar(value, dtype), toTensor(sizes)}, dtype);
  if (weights::isFloat(dtype))
    return emit("full", {}, dtype, {{"shape", sizes}, {"value", value}});
  return emit("full", {}, dtype, {{"shape", sizes}, {"value", static_cast<int64_t>(value)}});
}

Tensor zeros(const Dims &sizes, DType dtype, SourceLoc loc) { return full(sizes, 0, dtype, loc); }
Tensor ones(const Dims &sizes, DType dtype, SourceLoc loc) { return full(sizes, 1, dtype, loc); }

Tensor full_like(const Tensor &x, double value, SourceLoc loc) {
  OpScope scope(loc, "full_like");
  if (std::optional<Dims> sizes = sizesOf(x))
    return full(*sizes, value, x.dtype());
  return emit("expand_like", {scalar(value, x.dtype()), shape_of(x)}, x.dtype());
}

Tensor zeros_like(const Tensor &x, SourceLoc loc) { return full_like(x, 0, loc); }
Tensor ones_like(const Tensor &x, SourceLoc loc) { return full_like(x, 1, loc); }

Tensor arange(Dim end, DType dtype, SourceLoc loc) {
  OpScope scope(loc, "arange");
  if (isExpressible(end))
    return emit("iota", {}, dtype, {{"axis", 0}, {"shape", Dims{end}}});
  return emit("cumulative", {ones({end}, dtype)}, dtype,
              {{"kind", "sum"}, {"axis", 0}, {"exclusive", true}});
}

Tensor scalar(double value, DType dtype, SourceLoc loc) {
  OpScope scope(loc, "scalar");
  if (weights::isFloat(dtype))
    return constantScalar(value, dtype);
  return constantScalar(static_cast<int64_t>(value), dtype);
}

Tensor scalar(const Dim &size, SourceLoc loc) {
  OpScope scope(loc, "scalar");
  return toScalar(size);
}

} // namespace lz::nn
