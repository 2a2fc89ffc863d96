//===- Convolution.cpp - convolution and its transpose --------------------===//
//
// Without padding a convolution is a contraction with accesses like
// src[n, c, h * stride + kh * dilation]. With padding, and transposed, the source
// is read at computed positions, as zero where there is none; lz-decompose-for-cpu
// (Decompose.h) moves the padding into an op of its own before fusion. Channels
// that are the last axis are a matter of the loops' numbers alone.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Matmul.h"
#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ScalarMath.h"

using namespace mlir;

namespace lz::cpu {

using Order = Scalars::Order;

namespace {

/// A convolution with its operands brought to a batch, and the numbers of its
/// loops: the axes of the result, the input's channel, the kernel's positions.
struct Problem {
  Tensor src, weights;
  std::optional<Tensor> bias;
  Dims result; ///< (N, out, *spatial) or, with channels last, (N, *spatial, out)
  bool unbatched = false, channelsLast = false;
  int64_t spatial = 0, groups = 1;
  ArrayRef<int64_t> strides, dilations, padsBegin, padsEnd;

  DimExpr channelsPerGroup; ///< of src
  DimExpr outPerGroup;

  /// Axes of src and result, and loops over the latter.
  int64_t out() const { return channelsLast ? 1 + spatial : 1; }
  int64_t position(int64_t i) const { return (channelsLast ? 1 : 2) + i; }
  int64_t channel() const { return 2 + spatial; }
  int64_t tap(int64_t i) const { return 3 + spatial + i; }
  int64_t numLoops() const { return 3 + 2 * spatial; }

  Dims domain() const {
    Dims dims(result);
    dims.push_back(channelsPerGroup);
    auto kernel = ArrayRef<DimExpr>(weights.dims).drop_front(2);
    dims.append(kernel.begin(), kernel.end());
    return dims;
  }
  SmallVector<int64_t> kept() const {
    return llvm::to_vector(llvm::seq<int64_t>(0, 2 + spatial));
  }
};

template <typename OpT> Problem makeProblem(Lowering &l, OpT op) {
  Problem p;
  p.spatial = op.getSpatialRank();
  p.groups = op.getGroups();
  p.channelsLast = op.getChannelsLast();
  p.strides = op.getStrides();
  p.dilations = op.getDilations();
  p.padsBegin = op.getPadsBegin();
  p.padsEnd = op.getPadsEnd();
  p.src = l.get(op.getSrc());
  p.weights = l.get(op.getWeights());
  p.result = Lowering::dimsOf(op.getDst());
  if (op.getBias())
    p.bias = l.get(op.getBias());
  p.unbatched = p.src.rank() == p.spatial + 1;
  if (p.unbatched) {
    p.src = l.withUnitAxes(p.src, {0});
    p.result.insert(p.result.begin(), 1);
  }
  p.channelsPerGroup = DimExpr::floorDiv(p.src.dim(p.out()), p.groups);
  p.outPerGroup = DimExpr::floorDiv(p.result[p.out()], p.groups);
  return p;
}

/// Rounds, adds the bias, and drops the axis that unbatched operands gained. The
/// product may have its channels split into groups.
void finish(Lowering &l, const Problem &p, const Tensor &product, Value dst) {
  std::optional<Tensor> bias = p.bias;
  bool isSplit = product.rank() != static_cast<int64_t>(p.result.size());
  if (bias) {
    if (isSplit)
      bias = l.reshaped(*bias, {p.groups, p.outPerGroup});
    int64_t lead = bias->rank(), after = p.channelsLast ? 0 : p.spatial;
    bias = l.withUnitAxes(*bias, llvm::to_vector(llvm::seq<int64_t>(
                                     lead, lead + after)));
  }
  Tensor finished = finishProduct(l, product, bias, p.src.element);
  if (isSplit)
    finished = l.reshaped(finished, p.result);
  l.set(dst, p.unbatched ? l.withoutAxes(finished, {0}) : finished);
}

//===----------------------------------------------------------------------===//
// lz.conv without padding
//===----------------------------------------------------------------------===//

/// d(output position) * stride + d(kernel position) * dilation per spatial axis.
SmallVector<AffineExpr> windowExprs(Builder &b, const Problem &p, int64_t position,
                                    int64_t tap) {
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < p.spatial; ++i)
    exprs.push_back(b.getAffineDimExpr(position + i) * p.strides[i] +
                    b.getAffineDimExpr(tap + i) * p.dilations[i]);
  return exprs;
}

/// Reads the source in loop 0 of the batch, at `channels` and in the window.
AffineMap sourceMap(Builder &b, const Problem &p, int64_t numLoops,
                    ArrayRef<int64_t> channels, ArrayRef<AffineExpr> window) {
  SmallVector<AffineExpr> all = {b.getAffineDimExpr(0)};
  if (p.channelsLast)
    llvm::append_range(all, window);
  for (int64_t loop : channels)
    all.push_back(b.getAffineDimExpr(loop));
  if (!p.channelsLast)
    llvm::append_range(all, window);
  return AffineMap::get(numLoops, 0, all, b.getContext());
}

SmallVector<int64_t> tapLoops(int64_t first, int64_t count) {
  return llvm::to_vector(llvm::seq<int64_t>(first, first + count));
}

Tensor convolvePlain(Lowering &l, const Problem &p, Type wide) {
  auto window = windowExprs(l.b, p, p.position(0), p.tap(0));
  SmallVector<int64_t> weightLoops = {p.out(), p.channel()};
  llvm::append_range(weightLoops, tapLoops(p.tap(0), p.spatial));
  return l.contract(
      p.domain(), p.kept(),
      {l.read(p.src, sourceMap(l.b, p, p.numLoops(), p.channel(), window)),
       l.readAt(p.weights, p.numLoops(), weightLoops)},
      wide);
}

/// Every channel by itself: no loop over channels of a group.
Tensor convolveDepthwise(Lowering &l, const Problem &p, Type wide) {
  int64_t numLoops = 2 + 2 * p.spatial, tap = 2 + p.spatial;
  Dims domain(p.result);
  auto kernel = ArrayRef<DimExpr>(p.weights.dims).drop_front(2);
  domain.append(kernel.begin(), kernel.end());
  SmallVector<int64_t> weightLoops = {p.out()};
  llvm::append_range(weightLoops, tapLoops(tap, p.spatial));
  auto window = windowExprs(l.b, p, p.position(0), tap);
  return l.contract(
      domain, p.kept(),
      {l.read(p.src, sourceMap(l.b, p, numLoops, p.out(), window)),
       l.readAt(l.withoutAxes(p.weights, {1}), numLoops, weightLoops)},
      wide);
}

/// The axis of the channels becomes two, groups and channels of a group, of the
/// loops as well; the result keeps the groups apart.
Tensor convolveGrouped(Lowering &l, const Problem &p, Type wide) {
  int64_t group = p.out(), out = group + 1;
  int64_t position = p.channelsLast ? 1 : 3;
  int64_t channel = 3 + p.spatial, tap = 4 + p.spatial;
  int64_t numLoops = 4 + 2 * p.spatial;
  auto splitDims = [&](Dims dims, int64_t axis, const DimExpr &part) {
    dims[axis] = part;
    dims.insert(dims.begin() + axis, p.groups);
    return dims;
  };
  auto split = [&](const Tensor &tensor, int64_t axis, const DimExpr &part) {
    return l.reshaped(tensor, splitDims(tensor.dims, axis, part));
  };
  Tensor src = split(p.src, p.out(), p.channelsPerGroup);
  Tensor weights = split(p.weights, 0, p.outPerGroup);
  Dims domain = splitDims(p.result, p.out(), p.outPerGroup);
  domain.push_back(p.channelsPerGroup);
  domain.append(weights.dims.begin() + 3, weights.dims.end());
  SmallVector<int64_t> weightLoops = {group, out, channel};
  llvm::append_range(weightLoops, tapLoops(tap, p.spatial));
  auto window = windowExprs(l.b, p, position, tap);
  return l.contract(
      domain, llvm::to_vector(llvm::seq<int64_t>(0, channel)),
      {l.read(src, sourceMap(l.b, p, numLoops, {group, channel}, window)),
       l.readAt(weights, numLoops, weightLoops)},
      wide);
}

//===----------------------------------------------------------------------===//
// Reading at computed positions
//===----------------------------------------------------------------------===//

/// A source position and whether there is one.
struct Position {
  Value index, valid;
};

/// The product of `src` at a channel and positions, zero where one is not valid,
/// and the weights, summed.
Tensor convolveChecked(
    Lowering &l, const Problem &p, Type wide,
    function_ref<Position(Scalars &, int64_t axis, ValueRange loops)> position,
    function_ref<SmallVector<Value>(Scalars &, Value group, ValueRange loops)>
        weightIndices) {
  Type element = p.src.element;
  auto combine = [&](Scalars &s, ValueRange, Value sum) {
    SmallVector<Value> loops = loopIndices(s, p.numLoops());
    Value group = s.make<arith::DivUIOp>(loops[p.out()], l.size(p.outPerGroup));
    Value valid = s.boolean(true);
    SmallVector<Value> indices(p.src.rank(), loops[0]);
    indices[p.out()] = s.add(s.mul(group, l.size(p.channelsPerGroup)),
                             loops[p.channel()]);
    for (int64_t i = 0; i < p.spatial; ++i) {
      Position at = position(s, i, loops);
      valid = s.bitAnd(valid, at.valid);
      indices[p.position(i)] = at.index;
    }
    auto load = [&](Scalars &t) {
      return t.cast(l.load(t, p.src, indices), element, wide);
    };
    auto none = [&](Scalars &t) { return t.zero(computeType(wide)); };
    Value x = s.ifElse(valid, load, none);
    Value w = l.load(s, p.weights, weightIndices(s, group, loops));
    return s.add(sum, s.mul(x, s.cast(w, p.weights.element, wide)));
  };
  auto init = [&](Scalars &s) { return s.zero(computeType(wide)); };
  return l.reduceOne(p.domain(), p.kept(), {}, wide, init, combine);
}

/// Whether 0 <= index < extent.
Value inRange(Scalars &s, Value index, Value extent) {
  return s.bitAnd(s.compare(Order::Ge, index, s.index(0)),
                  s.compare(Order::Lt, index, extent));
}

Tensor convolvePadded(Lowering &l, const Problem &p, Type wide) {
  auto position = [&](Scalars &s, int64_t i, ValueRange loops) -> Position {
    Value at = s.mul(loops[p.position(i)], s.index(p.strides[i]));
    Value tap = s.mul(loops[p.tap(i)], s.index(p.dilations[i]));
    at = s.sub(s.add(at, tap), s.index(p.padsBegin[i]));
    return {at, inRange(s, at, l.size(p.src.dim(p.position(i))))};
  };
  auto weightIndices = [&](Scalars &s, Value, ValueRange loops) {
    SmallVector<Value> indices = {loops[p.out()], loops[p.channel()]};
    for (int64_t i = 0; i < p.spatial; ++i)
      indices.push_back(loops[p.tap(i)]);
    return indices;
  };
  return convolveChecked(l, p, wide, position, weightIndices);
}

/// Whether an axis has one output position that leaves a rest of the source. A
/// loop of one iteration is folded away, and the loop over the taps would then
/// seem to run over the rest as well.
bool leavesRest(const Problem &p) {
  for (int64_t i = 0; i < p.spatial; ++i) {
    DimExpr window = (p.weights.dims[2 + i] - 1) * p.dilations[i] + 1;
    if (p.result[p.position(i)] == DimExpr(1) &&
        p.src.dims[p.position(i)] != window)
      return true;
  }
  return false;
}

LogicalResult lowerConv(Lowering &l, ConvOp op) {
  Problem p = makeProblem(l, op);
  Type wide = productType(p.src.element);
  auto isZero = [](int64_t pad) { return pad == 0; };
  bool padded = !llvm::all_of(p.padsBegin, isZero) ||
                !llvm::all_of(p.padsEnd, isZero);
  Tensor product;
  if (padded || leavesRest(p))
    product = convolvePadded(l, p, wide);
  else if (p.groups == 1)
    product = convolvePlain(l, p, wide);
  else if (p.channelsPerGroup == DimExpr(1) && p.outPerGroup == DimExpr(1))
    product = convolveDepthwise(l, p, wide);
  else
    product = convolveGrouped(l, p, wide);
  finish(l, p, product, op.getDst());
  return success();
}

//===----------------------------------------------------------------------===//
// lz.conv_transpose
//===----------------------------------------------------------------------===//

/// Gathers what reaches an output position: source i through tap k lies at
/// i * stride + k * dilation - pad.
LogicalResult lowerConvTranspose(Lowering &l, ConvTransposeOp op) {
  Problem p = makeProblem(l, op);
  auto position = [&](Scalars &s, int64_t i, ValueRange loops) -> Position {
    Value tap = s.mul(loops[p.tap(i)], s.index(p.dilations[i]));
    Value reach =
        s.sub(s.add(loops[p.position(i)], s.index(p.padsBegin[i])), tap);
    Value stride = s.index(p.strides[i]);
    Value at = floorDivIndex(s, reach, stride);
    Value rest = s.sub(reach, s.mul(at, stride));
    Value whole = s.compare(Order::Eq, rest, s.index(0));
    return {at, s.bitAnd(whole, inRange(s, at, l.size(p.src.dim(p.position(i)))))};
  };
  // Weights are (C, out / groups, *kernel).
  auto weightIndices = [&](Scalars &s, Value group, ValueRange loops) {
    Value channel = s.add(s.mul(group, l.size(p.channelsPerGroup)),
                          loops[p.channel()]);
    Value out = s.sub(loops[p.out()], s.mul(group, l.size(p.outPerGroup)));
    SmallVector<Value> indices = {channel, out};
    for (int64_t i = 0; i < p.spatial; ++i)
      indices.push_back(loops[p.tap(i)]);
    return indices;
  };
  Tensor product = convolveChecked(l, p, productType(p.src.element), position,
                                   weightIndices);
  finish(l, p, product, op.getDst());
  return success();
}

} // namespace

void populateConvolution(OpTable &table) {
  table.add<ConvOp, lowerConv>();
  table.add<ConvTransposeOp, lowerConvTranspose>();
}

} // namespace lz::cpu
