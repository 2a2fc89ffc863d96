//===- Depthwise.cpp - lz.conv_depthwise ----------------------------------===//
//
// A unit of the grid is rows of results and some channels. A block of results of one row and
// one vector of channels stays in registers while the kernel's rows pass, each of whose
// taps is in a register, and each position of the image is read once for all results of the
// block. Taps that fall into the padding are left out: along rows by the bounds of the
// loop, along columns when the code is made, for the blocks at the borders have their own.
// A source that the same kernel computes is never whole: a unit computes what it reads.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/ComputedSlice.h"
#include "backends/cpu/lower/DepthwiseChoice.h"
#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ParallelLoop.h"
#include "backends/cpu/lower/VectorLoops.h"
#include "ir/KernelOps.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace lz::cpu {

namespace {

class Depthwise : VectorLoops {
public:
  Depthwise(Lowering &l, ConvDepthwiseOp op);
  Value run();

private:
  /// What a unit starts from, and the row of it that is computed.
  struct Row {
    Value image, first;      ///< row of the source that the first row of the kernel meets
    Value number;            ///< of the results, in the unit
    Value src, begin;        ///< what is read, and the image's row that it begins with
    Value channel, ownLane;  ///< of the first lane, in the image and in the unit
  };
  /// `count` columns of results; `start` where that is a constant.
  struct Columns {
    Value at;
    std::optional<int64_t> start;
    int64_t count;
  };

  Written unit(Value image, Value firstRow, Value firstChannel, Value destination);
  Index boundRows(Index count, Row &row);
  Value computeRows(Index count, Row &row);
  Value channelsOf(Row row, Value results);
  Value row(const Row &row, Value results);
  Value block(const Row &row, const Columns &columns, Value results);
  SmallVector<Value> taps(const Row &row, const Columns &columns, Value kernelRow,
                          ValueRange sums);
  Value bound(Value sum);
  bool isInside(int64_t start, int64_t count);
  Place place(Value image, Value row, Value column, Value channel);
  Place sourcePlace(const Row &row, Value number, Value column);

  Lowering &l;
  ConvDepthwiseOp op;
  Value src, weights, bias;
  Dims srcDims, dstDims;
  int64_t kernelRows, kernelColumns, width, columns, channels;
  int64_t ownChannels, ownRows = 1; ///< of a unit
  bool isComputed;                  ///< the source, by this kernel
};

} // namespace

/// A power of two, for vectors.
static int64_t lanesFor(int64_t channels) {
  return int64_t(1) << llvm::Log2_64(std::min(channels, kDepthwiseLanes));
}

/// Channels of a unit: all, unless too few rows would be left to share among threads.
static int64_t chooseChannels(int64_t channels, int64_t rows, int64_t lanes) {
  constexpr int64_t kUnits = 32; // of an image
  for (int64_t parts = llvm::divideCeil(kUnits, std::max<int64_t>(rows, 1)); parts > 1; --parts)
    if (channels % (parts * lanes) == 0)
      return channels / parts;
  return channels;
}

Depthwise::Depthwise(Lowering &l, ConvDepthwiseOp op)
    : VectorLoops(l.b, l.loc, Lowering::elementOf(op.getSrc()),
                  lanesFor(*Lowering::dimsOf(op.getSrc()).back().getConstant())),
      l(l), op(op), srcDims(Lowering::dimsOf(op.getSrc())),
      dstDims(Lowering::dimsOf(op.getDst())) {
  Dims kernel = Lowering::dimsOf(op.getWeights());
  kernelRows = *kernel[0].getConstant();
  kernelColumns = *kernel[1].getConstant();
  channels = *kernel[2].getConstant();
  width = *srcDims[2].getConstant();
  columns = *dstDims[2].getConstant();
  ownChannels = chooseChannels(channels, dstDims[1].getConstant().value_or(1), lanes);
  // Rows that are multiplied must be whole.
  if (llvm::any_of(op.getDst().getUsers(), llvm::IsaPred<MatmulOp>))
    ownChannels = channels;
  isComputed = !l.isInput(l.get(op.getSrc())) &&
               !llvm::is_contained(ArrayRef(srcDims).drop_front(), DimExpr(1));
  if (isComputed) {
    DepthwiseUnit unit = chooseDepthwiseUnit(op);
    ownRows = unit.rows, ownChannels = unit.channels;
  }
}

//===----------------------------------------------------------------------===//
// A block of results
//===----------------------------------------------------------------------===//

/// Does every tap of these results lie within the image's columns?
bool Depthwise::isInside(int64_t start, int64_t count) {
  int64_t stride = op.getStrides()[1], first = start * stride - op.getPadsBegin()[1];
  int64_t reach = (count - 1) * stride + (kernelColumns - 1) * op.getDilations()[1];
  return first >= 0 && first + reach < width;
}

/// The sums with what one row of the kernel adds.
SmallVector<Value> Depthwise::taps(const Row &row, const Columns &columns, Value kernelRow,
                                   ValueRange sums) {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  Value from = value(apply(s0 + s1 * op.getDilations()[0], {row.first, kernelRow}));
  int64_t stride = op.getStrides()[1], dilation = op.getDilations()[1];
  int64_t shift = op.getPadsBegin()[1];
  SmallVector<Place> places;
  for (int64_t tap = 0; tap < kernelColumns; ++tap)
    places.push_back({kernelRow, index(tap), row.channel});
  SmallVector<Value> factors = load(weights, places), next(sums);
  int64_t reach = (columns.count - 1) * stride + (kernelColumns - 1) * dilation;
  for (int64_t offset = 0; offset <= reach; ++offset) {
    if (columns.start) {
      int64_t column = *columns.start * stride - shift + offset;
      if (column < 0 || column >= width)
        continue;
    }
    Value read;
    for (int64_t tap = 0; tap < kernelColumns; ++tap) {
      int64_t distance = offset - tap * dilation, result = distance / stride;
      if (distance < 0 || distance % stride != 0 || result >= columns.count)
        continue;
      if (!read) {
        Value column = value(apply(s0 * stride + (offset - shift), {columns.at}));
        read = load(row.src, {sourcePlace(row, from, column)})[0];
      }
      next[result] = vector::FMAOp::create(b, loc, read, factors[tap], next[result]);
    }
  }
  return next;
}

/// By comparisons of which a NaN fulfils none: it stays, as one instruction has it.
Value Depthwise::bound(Value sum) {
  auto apply = [&](std::optional<APFloat> number, arith::CmpFPredicate isBeyond) {
    if (!number)
      return;
    auto type = cast<VectorType>(sum.getType());
    Attribute limit = b.getFloatAttr(element, number->convertToDouble());
    Value all = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, limit));
    Value beyond = arith::CmpFOp::create(b, loc, isBeyond, sum, all);
    sum = arith::SelectOp::create(b, loc, beyond, all, sum);
  };
  apply(op.getLow(), arith::CmpFPredicate::OLT);
  apply(op.getHigh(), arith::CmpFPredicate::OGT);
  return sum;
}

/// A vector's place in the results, whose axes of dimension 1 are left out.
VectorLoops::Place Depthwise::place(Value image, Value row, Value column, Value channel) {
  Place kept;
  for (auto [dim, at] : llvm::zip_equal(dstDims, Place{image, row, column, channel}))
    if (dim != DimExpr(1))
      kept.push_back(at);
  return kept;
}

/// Of a source that the unit computed only its rows and channels are there.
VectorLoops::Place Depthwise::sourcePlace(const Row &row, Value number, Value column) {
  if (!isComputed)
    return {row.image, number, column, row.channel};
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  Place at = {value(apply(s0 - s1, {number, row.begin})), column, row.ownLane};
  if (cast<RankedTensorType>(row.src.getType()).getRank() > int64_t(at.size()))
    at.insert(at.begin(), index(0));
  return at;
}

Value Depthwise::block(const Row &row, const Columns &columns, Value results) {
  AffineExpr s0 = b.getAffineSymbolExpr(0);
  int64_t dilation = op.getDilations()[0];
  // The first row of the kernel in the image, and the one after the last.
  AffineMap low = AffineMap::get(0, 1, {(-s0).ceilDiv(dilation), b.getAffineConstantExpr(0)},
                                 b.getContext());
  AffineMap high = AffineMap::get(
      0, 2, {(b.getAffineSymbolExpr(1) - s0).ceilDiv(dilation),
             b.getAffineConstantExpr(kernelRows)}, b.getContext());
  Value from = value(affine::makeComposedFoldedAffineMax(b, loc, low, {Index(row.first)}));
  Value to = value(affine::makeComposedFoldedAffineMin(
      b, loc, high, {Index(row.first), l.foldedSize(srcDims[1])}));
  auto type = VectorType::get(lanes, element);
  Value start = bias ? load(bias, {{row.channel}})[0]
                     : vector::BroadcastOp::create(b, loc, type, zero).getResult();
  auto loop = scf::ForOp::create(b, loc, from, to, index(1),
                                 SmallVector<Value>(columns.count, start));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    scf::YieldOp::create(
        b, loc, taps(row, columns, loop.getInductionVar(), loop.getRegionIterArgs()));
  }
  for (int64_t i = 0; i < columns.count; ++i) {
    Value column = value(apply(s0 + i, {columns.at}));
    results = store(bound(loop.getResult(i)), results,
                    {place(index(0), row.number, column, row.ownLane)});
  }
  return results;
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// Blocks of equal size, as large as registers allow; those inside of the image by one loop.
Value Depthwise::row(const Row &row, Value results) {
  int64_t size = llvm::divideCeil(columns, llvm::divideCeil(columns, kDepthwiseColumns));
  int64_t at = 0;
  while (at < columns) {
    int64_t end = at;
    while (end + size <= columns && isInside(end, size))
      end += size;
    if (end - at > size) {
      AffineExpr s0 = b.getAffineSymbolExpr(0);
      results = loop(b.getIndexAttr(end - at), size, results, [&](Value iv, Value carried) {
        return block(row, {value(apply(s0 + at, {iv})), std::nullopt, size}, carried);
      });
      at = end;
      continue;
    }
    int64_t count = std::min(size, columns - at);
    results = block(row, {index(at), at, count}, results);
    at += count;
  }
  return results;
}

/// How many rows of the source `count` rows of results read, as far as they are in the image;
/// `begin` becomes the first. Above and below they may be out of it altogether.
VectorLoops::Index Depthwise::boundRows(Index count, Row &row) {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  AffineExpr none = b.getAffineConstantExpr(0);
  auto map = [&](ArrayRef<AffineExpr> exprs, ArrayRef<Index> symbols) {
    return AffineMap::get(0, symbols.size(), exprs, b.getContext());
  };
  auto min = [&](ArrayRef<AffineExpr> exprs, ArrayRef<Index> symbols) {
    return affine::makeComposedFoldedAffineMin(b, loc, map(exprs, symbols), symbols);
  };
  auto max = [&](ArrayRef<AffineExpr> exprs, ArrayRef<Index> symbols) {
    return affine::makeComposedFoldedAffineMax(b, loc, map(exprs, symbols), symbols);
  };
  int64_t stride = op.getStrides()[0];
  int64_t reach = (kernelRows - 1) * op.getDilations()[0] + 1;
  Index height = l.foldedSize(srcDims[1]), first = row.first;
  Index begin = min({s0, s1}, {max({s0, none}, {first}), height});
  Index last = apply(s0 + (s1 - 1) * stride + reach, {row.first, value(count)});
  Index end = min({s0, s1}, {last, height});
  Index rows = max({s1 - s0, none}, {begin, end});
  row.begin = value(begin);
  AffineExpr most = b.getAffineConstantExpr((ownRows - 1) * stride + reach);
  return min({s0, most}, {rows});
}

/// What `count` rows of results read, which nobody else computes for the unit.
Value Depthwise::computeRows(Index count, Row &row) {
  Index rows = boundRows(count, row);
  SmallVector<Index> offsets = {row.image, row.begin, b.getIndexAttr(0), row.channel};
  SmallVector<Index> sizes = {b.getIndexAttr(1), rows, b.getIndexAttr(width),
                              b.getIndexAttr(ownChannels)};
  Part part = partWithoutUnits(srcDims, offsets, sizes);
  Value read = slice(src, part.offsets, part.sizes);
  return computeSlice(b, read.getDefiningOp<tensor::ExtractSliceOp>());
}

/// One row of results.
Value Depthwise::channelsOf(Row row, Value results) {
  // The last vector may repeat lanes of the one before.
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  AffineMap clamp = AffineMap::get(
      0, 1, {s0, b.getAffineConstantExpr(ownChannels - lanes)}, b.getContext());
  Value firstChannel = row.channel;
  return loop(b.getIndexAttr(ownChannels), lanes, results, [&](Value iv, Value carried) {
    row.ownLane = ownChannels % lanes == 0
                      ? iv
                      : value(affine::makeComposedFoldedAffineMin(b, loc, clamp, {Index(iv)}));
    row.channel = value(apply(s0 + s1, {firstChannel, row.ownLane}));
    return this->row(row, carried);
  });
}

Written Depthwise::unit(Value image, Value firstRow, Value firstChannel, Value destination) {
  Index count = ownRows == 1 ? Index(b.getIndexAttr(1))
                             : clipped(firstRow, ownRows, l.foldedSize(dstDims[1]));
  SmallVector<Index> offsets = {image, firstRow, b.getIndexAttr(0), firstChannel};
  SmallVector<Index> sizes = {b.getIndexAttr(1), count, b.getIndexAttr(columns),
                              b.getIndexAttr(ownChannels)};
  Part part = partWithoutUnits(dstDims, offsets, sizes);
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  int64_t stride = op.getStrides()[0];
  Value first = value(apply(s0 * stride - op.getPadsBegin()[0], {firstRow}));
  Row row{image, first, index(0), src, index(0), firstChannel, index(0)};
  if (isComputed)
    row.src = computeRows(count, row);
  Value results = slice(destination, part.offsets, part.sizes);
  auto oneRow = [&](Value number, Value carried) {
    row.number = number;
    row.first = value(apply(s0 + s1 * stride, {first, number}));
    return channelsOf(row, carried);
  };
  results = ownRows == 1 ? channelsOf(row, results) : loop(count, 1, results, oneRow);
  return {0, results, part};
}

Value Depthwise::run() {
  Dims result = withoutUnits(dstDims);
  src = isComputed ? l.materialize(l.squeezed(l.get(op.getSrc())))
                   : wholeTensor(l, op.getSrc());
  weights = wholeTensor(l, op.getWeights());
  if (op.getBias())
    bias = wholeTensor(l, op.getBias());
  Dims extents = {dstDims[0], DimExpr::ceilDiv(dstDims[1], ownRows), channels / ownChannels};
  auto body = [&](Scalars &s, ValueRange at, ValueRange destinations) {
    Value row = ownRows == 1 ? at[1] : s.mul(at[1], s.index(ownRows));
    Value channel =
        ownChannels == channels ? index(0) : s.mul(at[2], s.index(ownChannels));
    return SmallVector<Written>{unit(at[0], row, channel, destinations[0])};
  };
  return parallelLoop(l, extents, l.empty(result, element), body)[0];
}

static LogicalResult lowerConvDepthwise(Lowering &l, ConvDepthwiseOp op) {
  setUnlessEmpty(l, op.getDst(), [&] { return Depthwise(l, op).run(); });
  return success();
}

void populateDepthwise(OpTable &table) {
  table.add<ConvDepthwiseOp, lowerConvDepthwise>();
}

} // namespace lz::cpu
