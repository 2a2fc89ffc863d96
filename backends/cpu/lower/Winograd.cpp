//===- Winograd.cpp - lz.conv_winograd ------------------------------------===//
//
// A unit of the grid reads its block of the image row of tiles by row of tiles, with
// zeros around, and transforms it; then for some channels at a time it transforms the
// weights, multiplies, and transforms back. The weights are transformed in each run: that
// is cheap beside the products, and four times as many would have to be stored and read.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Concat.h"
#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ParallelLoop.h"
#include "backends/cpu/lower/VectorLoops.h"
#include "backends/cpu/lower/WinogradBlocks.h"
#include "backends/cpu/lower/WinogradTransforms.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;

namespace lz::cpu {

using namespace winograd;

namespace {

/// Some channels of the source, which begin at `first`.
struct Channels {
  Value image;
  int64_t first, count;
};

/// What a unit starts from: the number of its image, its first row and column of results,
/// its first vector of output channels.
struct Origin {
  Value image, row, column, outBlock;
};

class Winograd : VectorLoops {
public:
  Winograd(Lowering &l, ConvWinogradOp op);
  Value run();

private:
  Written unit(const Origin &origin);
  Value transformPatches(const Origin &origin);
  Value readRows(const Origin &origin, Value firstRow);
  Value readRow(Value rows, Value number, Value image, Value row, Index left, Index right,
                Value columnShift);
  Value transformRow(Value rows, Value tileRow, Value patches);
  Value transformKernels(Value outBlock, Value channel, Index depth);
  Value multiply(Value outBlock, Value patches);
  Value multiplyDepth(Value patches, Value kernels, Value products, Value channel,
                      Index depth);
  Value transformProducts(Value products, Value panel, Value results);

  Value padded(int64_t rows, int64_t columns);

  Lowering &l;
  ConvWinogradOp op;
  SmallVector<Channels> sources;
  Value weights;
  Dims srcDims, dstDims;
  int64_t channels, channelVectors, outBlocks;
  Blocks blocks;
};

} // namespace

/// The extent, or 0 where it is not known.
static int64_t known(const DimExpr &dim) { return dim.getConstant().value_or(0); }

Winograd::Winograd(Lowering &l, ConvWinogradOp op)
    : VectorLoops(l.b, l.loc, Lowering::elementOf(op.getSrc()),
                  *Lowering::dimsOf(op.getWeights())[4].getConstant()),
      l(l), op(op), srcDims(Lowering::dimsOf(op.getSrc())), dstDims(Lowering::dimsOf(op.getDst())) {
  Dims kernels = Lowering::dimsOf(op.getWeights());
  outBlocks = *kernels[0].getConstant();
  channels = *kernels[1].getConstant();
  channelVectors = llvm::divideCeil(channels, lanes);
  blocks = chooseBlocks({known(dstDims[0]), known(dstDims[1]), known(dstDims[2]), channels,
                         outBlocks},
                        lanes);
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

/// One matrix per point, of at least that shape. The 36 vectors that a transform reads or
/// writes must not meet in few sets of a cache: so the matrices lie a number of vectors
/// apart that is no multiple of 8.
Value Winograd::padded(int64_t rows, int64_t columns) {
  int64_t vectors = llvm::divideCeil(columns, lanes);
  if (vectors % 8 == 0)
    ++vectors;
  return scratch({kPoints, rows | 1, vectors * lanes});
}

//===----------------------------------------------------------------------===//
// Patches
//===----------------------------------------------------------------------===//

/// Copies `rows[number]` from the image: columns [left, right) are there, the others are
/// padding.
Value Winograd::readRow(Value rows, Value number, Value image, Value row, Index left,
                        Index right, Value columnShift) {
  auto type = cast<RankedTensorType>(rows.getType());
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  auto part = [&](Index from, Index to, int64_t first, int64_t width,
                  function_ref<Value(Value, Index)> make) {
    Index count = apply(s1 - s0, {value(from), value(to)});
    SmallVector<Index> offsets = {number, from, b.getIndexAttr(first)};
    SmallVector<Index> sizes = {b.getIndexAttr(1), count, b.getIndexAttr(width)};
    Value made = make(slice(rows, offsets, sizes, {0}), count);
    rows = insert(made, rows, offsets, sizes);
  };
  auto fill = [&](Value to, Index) {
    return linalg::FillOp::create(b, loc, zero, to).getResult(0);
  };
  part(b.getIndexAttr(0), left, 0, type.getDimSize(2), fill);
  Index column = apply(s0 + s1, {value(left), columnShift});
  for (const Channels &source : sources)
    part(left, right, source.first, source.count, [&](Value to, Index count) {
      SmallVector<Index> offsets = {image, row, column, b.getIndexAttr(0)};
      SmallVector<Index> sizes = indices({1, 1, 0, source.count});
      sizes[2] = count;
      Value from = slice(source.image, offsets, sizes, {0, 1});
      return linalg::CopyOp::create(b, loc, from, to).getResult(0);
    });
  part(right, b.getIndexAttr(type.getDimSize(1)), 0, type.getDimSize(2), fill);
  return rows;
}

/// The rows of the source that a row of tiles reads, with zeros for what is padding.
Value Winograd::readRows(const Origin &origin, Value firstRow) {
  int64_t width = blocks.tileColumns * kTile + kPatch - kTile;
  Scalars s(b, loc);
  using Order = Scalars::Order;
  Value shift = s.sub(origin.column, index(op.getPadsBegin()[1]));
  Value whole = index(width), none = index(0);
  auto clamp = [&](Value x) {
    return s.make<arith::MinSIOp>(s.make<arith::MaxSIOp>(x, none), whole);
  };
  Value first = clamp(s.sub(none, shift));
  Value last = s.make<arith::MaxSIOp>(clamp(s.sub(l.size(srcDims[2]), shift)), first);
  Value rows = scratch({kPatch, width, channelVectors * lanes});
  return loop(kPatch, rows, [&](Value i, Value carried) {
    Value row = s.sub(s.add(firstRow, i), index(op.getPadsBegin()[0]));
    Value inside = s.bitAnd(s.compare(Order::Ge, row, none),
                            s.compare(Order::Lt, row, l.size(srcDims[1])));
    Value left = s.select(inside, first, whole), right = s.select(inside, last, whole);
    return readRow(carried, i, origin.image, row, left, right, shift);
  });
}

Value Winograd::transformRow(Value rows, Value tileRow, Value patches) {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  return loop(blocks.tileColumns, patches, [&](Value tile, Value outer) {
    Value number = value(apply(s0 * blocks.tileColumns + s1, {tileRow, tile}));
    Index width = b.getIndexAttr(channelVectors * lanes);
    return loop(width, lanes, outer, [&](Value channel, Value carried) {
      SmallVector<Place> from, to;
      for (int64_t point = 0; point < kPoints; ++point) {
        Value column = value(apply(s0 * kTile + point % kPatch, {tile}));
        from.push_back({index(point / kPatch), column, channel});
        to.push_back({index(point), number, channel});
      }
      return store(Transform(b, loc).patch(load(rows, from)), carried, to);
    });
  });
}

/// [point, tile, channel] of the unit's block of tiles.
Value Winograd::transformPatches(const Origin &origin) {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  Value patches = padded(blocks.tiles(), channels);
  return loop(blocks.tileRows, patches, [&](Value tileRow, Value carried) {
    Value row = value(apply(s0 + s1 * kTile, {origin.row, tileRow}));
    return transformRow(readRows(origin, row), tileRow, carried);
  });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// [point, channel, output channel] of a panel, for `depth` channels. Vectors of output
/// channels beyond the last repeat that one; nobody reads what becomes of them.
Value Winograd::transformKernels(Value outBlock, Value channel, Index depth) {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  Value kernels = padded(blocks.depth, blocks.panel * lanes);
  AffineMap last = AffineMap::get(
      0, 2, {s0 + s1, b.getAffineConstantExpr(outBlocks - 1)}, b.getContext());
  // Channels inside: their kernels lie one after the other, which is how memory is read ahead.
  return loop(blocks.panel, kernels, [&](Value v, Value outer) {
    Value block = value(affine::makeComposedFoldedAffineMin(
        b, loc, last, {Index(outBlock), Index(v)}));
    Value lane = value(apply(s0 * lanes, {v}));
    return loop(depth, 1, outer, [&](Value c, Value carried) {
      Value at = value(apply(s0 + s1, {channel, c}));
      SmallVector<Place> from, to;
      for (int64_t tap = 0; tap < kKernel * kKernel; ++tap)
        from.push_back({block, at, index(tap / kKernel), index(tap % kKernel), index(0)});
      for (int64_t point = 0; point < kPoints; ++point)
        to.push_back({index(point), c, lane});
      return store(Transform(b, loc).kernel(load(weights, from)), carried, to);
    });
  });
}

/// Adds to [point, tile, output channel] what `depth` channels contribute.
Value Winograd::multiplyDepth(Value patches, Value kernels, Value products, Value channel,
                              Index depth) {
  int64_t tiles = blocks.tiles(), width = blocks.panel * lanes;
  Index none = b.getIndexAttr(0), points = b.getIndexAttr(kPoints);
  Value lhs = slice(patches, {none, none, channel}, {points, b.getIndexAttr(tiles), depth});
  Value rhs = slice(kernels, {none, none, none}, {points, depth, b.getIndexAttr(width)});
  SmallVector<Index> offsets = indices({0, 0, 0}), sizes = indices({kPoints, tiles, width});
  Value sums = slice(products, offsets, sizes);
  if (blocks.depth == channels) // the only part, whose sums start from zeros in registers
    sums = linalg::FillOp::create(b, loc, zero, sums).getResult(0);
  AffineExpr p, t, k, c;
  bindDims(b.getContext(), p, t, k, c);
  using Exprs = SmallVector<AffineExpr, 4>;
  auto maps = AffineMap::inferFromExprList(
      ArrayRef<Exprs>{{p, t, c}, {p, c, k}, {p, t, k}}, b.getContext());
  return insert(multiplyAdd(lhs, rhs, sums, maps), products, offsets, sizes);
}

/// [point, tile, output channel] of one panel.
Value Winograd::multiply(Value outBlock, Value patches) {
  Value products = padded(blocks.tiles(), blocks.panel * lanes);
  if (blocks.depth < channels)
    products = linalg::FillOp::create(b, loc, zero, products).getResult(0);
  auto part = [&](Value channel, Value carried) {
    Index depth = clipped(channel, blocks.depth, b.getIndexAttr(channels));
    Value kernels = transformKernels(outBlock, channel, depth);
    return multiplyDepth(patches, kernels, carried, channel, depth);
  };
  return loop(b.getIndexAttr(channels), blocks.depth, products, part);
}

Value Winograd::transformProducts(Value products, Value panel, Value results) {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  auto transformTile = [&](Value tileRow, Value tile, Value into) {
    Value number = value(apply(s0 * blocks.tileColumns + s1, {tileRow, tile}));
    return loop(blocks.panel, into, [&](Value v, Value carried) {
      Value lane = value(apply(s0 * lanes, {v}));
      Value channel = value(apply((s0 + s1) * lanes, {panel, v}));
      SmallVector<Place> from, to;
      for (int64_t point = 0; point < kPoints; ++point)
        from.push_back({index(point), number, lane});
      for (int64_t i = 0; i < kTile * kTile; ++i)
        to.push_back({index(0), value(apply(s0 * kTile + i / kTile, {tileRow})),
                      value(apply(s0 * kTile + i % kTile, {tile})), channel});
      return store(Transform(b, loc).products(load(products, from)), carried, to);
    });
  };
  return loop(blocks.tileRows, results, [&](Value tileRow, Value outer) {
    return loop(blocks.tileColumns, outer, [&](Value tile, Value carried) {
      return transformTile(tileRow, tile, carried);
    });
  });
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

Written Winograd::unit(const Origin &origin) {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  Value patches = transformPatches(origin);
  Value results = scratch({1, blocks.tileRows * kTile, blocks.tileColumns * kTile,
                           blocks.outBlocks * lanes});
  Index end = b.getIndexAttr(blocks.outBlocks);
  results = loop(end, blocks.panel, results, [&](Value panel, Value carried) {
    Value outBlock = value(apply(s0 + s1, {origin.outBlock, panel}));
    return transformProducts(multiply(outBlock, patches), panel, carried);
  });
  Value channel = value(apply(s0 * lanes, {origin.outBlock}));
  SmallVector<Index> sizes = {
      b.getIndexAttr(1), clipped(origin.row, blocks.tileRows * kTile, l.foldedSize(dstDims[1])),
      clipped(origin.column, blocks.tileColumns * kTile, l.foldedSize(dstDims[2])),
      clipped(channel, blocks.outBlocks * lanes, l.foldedSize(dstDims[3]))};
  SmallVector<Index> offsets = {origin.image, origin.row, origin.column, channel};
  SmallVector<int64_t> dropped = unitAxes(dstDims);
  for (int64_t axis : dropped)
    sizes[axis] = b.getIndexAttr(1);
  return {0, slice(results, indices({0, 0, 0, 0}), sizes, dropped),
          partWithoutUnits(dstDims, offsets, sizes)};
}

Value Winograd::run() {
  Dims result = withoutUnits(dstDims);
  int64_t first = 0;
  for (Value part : channelParts(op.getSrc())) {
    int64_t count = *Lowering::dimsOf(part).back().getConstant();
    sources.push_back({wholeTensor(l, part), first, count});
    first += count;
  }
  weights = wholeTensor(l, op.getWeights());
  DimExpr rows = blocks.tileRows * kTile, columns = blocks.tileColumns * kTile;
  Dims extents = {dstDims[0], DimExpr::ceilDiv(dstDims[1], rows),
                  DimExpr::ceilDiv(dstDims[2], columns),
                  DimExpr::ceilDiv(outBlocks, blocks.outBlocks)};
  auto body = [&](Scalars &s, ValueRange at, ValueRange) {
    auto times = [&](Value i, const DimExpr &factor) { return s.mul(i, l.size(factor)); };
    Origin origin{at[0], times(at[1], rows), times(at[2], columns),
                  times(at[3], blocks.outBlocks)};
    return SmallVector<Written>{unit(origin)};
  };
  return parallelLoop(l, extents, l.empty(result, element), body)[0];
}

static LogicalResult lowerConvWinograd(Lowering &l, ConvWinogradOp op) {
  setUnlessEmpty(l, op.getDst(), [&] { return Winograd(l, op).run(); });
  return success();
}

void populateWinograd(OpTable &table) {
  table.add<ConvWinogradOp, lowerConvWinograd>();
}

} // namespace lz::cpu
