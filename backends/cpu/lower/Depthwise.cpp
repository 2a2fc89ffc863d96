//===- Depthwise.cpp - lz.conv_depthwise ----------------------------------===//
//
// A unit of the grid is rows of results and some channels. A block of results of one row and
// one vector of channels stays in registers while the kernel's rows pass, each of whose
// taps is in a register, and each position of the image is read once for all results of the
// block. Taps that fall into the padding are left out: along rows by the bounds of the
// loop, along columns when the code is made, for the blocks at the borders have their own.
//
//===----------------------------------------------------------------------===//

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
    Value channel, ownLane;  ///< of the first lane, in the image and in the unit
  };
  /// `count` columns of results; `start` where that is a constant.
  struct Columns {
    Value at;
    std::optional<int64_t> start;
    int64_t count;
  };

  Written unit(Value image, Value firstRow, Value firstChannel, Value destination);
  Value row(const Row &row, Value results);
  Value block(const Row &row, const Columns &columns, Value results);
  SmallVector<Value> taps(const Row &row, const Columns &columns, Value kernelRow,
                          ValueRange sums);
  Value bound(Value sum);
  bool isInside(int64_t start, int64_t count);
  Place place(Value image, Value row, Value column, Value channel);

  Lowering &l;
  ConvDepthwiseOp op;
  Value src, weights, bias;
  Dims srcDims, dstDims;
  int64_t kernelRows, kernelColumns, width, columns, channels;
  int64_t ownChannels; ///< of a unit
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
        read = load(src, {{row.image, from, column, row.channel}})[0];
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

Written Depthwise::unit(Value image, Value firstRow, Value firstChannel, Value destination) {
  SmallVector<Index> offsets = {image, firstRow, b.getIndexAttr(0), firstChannel};
  SmallVector<Index> sizes = indices({1, 1, columns, ownChannels});
  Part part = partWithoutUnits(dstDims, offsets, sizes);
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  Value first = value(apply(s0 * op.getStrides()[0] - op.getPadsBegin()[0], {firstRow}));
  // The last vector may repeat lanes of the one before.
  AffineMap clamp = AffineMap::get(
      0, 1, {s0, b.getAffineConstantExpr(ownChannels - lanes)}, b.getContext());
  Value results = slice(destination, part.offsets, part.sizes);
  results = loop(b.getIndexAttr(ownChannels), lanes, results, [&](Value iv, Value carried) {
    Value own = ownChannels % lanes == 0
                    ? iv
                    : value(affine::makeComposedFoldedAffineMin(b, loc, clamp, {Index(iv)}));
    Value channel = value(apply(s0 + s1, {firstChannel, own}));
    return row({image, first, index(0), channel, own}, carried);
  });
  return {0, results, part};
}

Value Depthwise::run() {
  Dims result = withoutUnits(dstDims);
  src = wholeTensor(l, op.getSrc());
  weights = wholeTensor(l, op.getWeights());
  if (op.getBias())
    bias = wholeTensor(l, op.getBias());
  Dims extents = {dstDims[0], dstDims[1], channels / ownChannels};
  auto body = [&](Scalars &s, ValueRange at, ValueRange destinations) {
    Value channel = s.mul(at[2], s.index(ownChannels));
    return SmallVector<Written>{unit(at[0], at[1], channel, destinations[0])};
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
