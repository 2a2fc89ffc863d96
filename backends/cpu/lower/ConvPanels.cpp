//===- ConvPanels.cpp - lz.conv_panels ------------------------------------===//
//
// In a channels-last image the window of a result is, row by row of the kernel, one piece of
// memory, and those of results side by side overlap: a row of results is a product of such
// pieces with a panel of weights. A unit of the grid computes a block of one row of results
// for one panel; where there is padding it copies the rows it reads first, with zeros around
// them, which costs a hundredth of the product. Units beside each other share the panel. One
// that the second cache does not hold is read by the kernel's rows, each for several rows
// of results.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/ConvPanels.h"

#include "backends/cpu/lower/LinearPanels.h"
#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ParallelLoop.h"
#include "backends/cpu/lower/VectorLoops.h"
#include "ir/KernelOps.h"

using namespace mlir;

namespace lz::cpu {

/// What of a panel the second cache holds beside all else, and how many rows of results
/// use a part of a larger one while it is there.
constexpr int64_t kCachedPanelBytes = 384 << 10, kMostRowsOfResults = 8;

/// What is used by one row of results only may be as large as this: measured up to 512 KB.
constexpr int64_t kMostRowBytes = 640 << 10;

/// Fewer results in a row do not fill the registers.
constexpr int64_t kFewestColumns = 6;

namespace {

class ConvPanels : VectorLoops {
public:
  ConvPanels(Lowering &l, ConvPanelsOp op);
  Value run();

private:
  /// Where a unit is; of an image with one axis the row is 0.
  struct Origin {
    Value panel, image, row, column;
  };

  Value joinChannels(Value tensor, int64_t axis);
  Value readWindows(const Origin &origin, Index columns);
  Value copyWindows(const Origin &origin);
  Value copyRow(Value rows, Value number, const Origin &origin, Value row);
  SmallVector<AffineMap> productMaps(bool byRows);
  Value multiply(Value windows, Value panel, Value block);
  Value multiplyByRows(Value windows, Value panel, Value block, Index rows);
  SmallVector<Written> unit(const Origin &origin, Value destination);
  bool hasRows() const { return spatial == 2; }
  bool isPadded();
  int64_t windowColumns() const { return (columnsPerUnit - 1) * columnStride + kernelColumns; }
  int64_t windowRows() const { return (rowsPerUnit - 1) * rowStride + kernelRows(); }
  int64_t kernelRows() const { return hasRows() ? *kernels[1].getConstant() : 1; }

  Lowering &l;
  ConvPanelsOp op;
  Value src, weights; ///< columns and channels joined
  Dims srcDims, dstDims, kernels;
  int64_t spatial, channels, width, kernelColumns, columnsPerUnit, rowsPerUnit = 1;
  int64_t rowStride, columnStride, rowPad, columnPad;
};

} // namespace

/// Of weights (panels, *kernel, C, width).
static int64_t panelBytes(ArrayRef<DimExpr> weights) {
  int64_t bytes = sizeof(float);
  for (const DimExpr &dim : weights.drop_front())
    bytes *= *dim.getConstant();
  return bytes;
}

ConvPanels::ConvPanels(Lowering &l, ConvPanelsOp op)
    : VectorLoops(l.b, l.loc, Lowering::elementOf(op.getSrc()), /*lanes=*/1), l(l), op(op),
      srcDims(Lowering::dimsOf(op.getSrc())), dstDims(Lowering::dimsOf(op.getDst())),
      kernels(Lowering::dimsOf(op.getWeights())), spatial(op.getSpatialRank()) {
  width = *kernels.back().getConstant();
  channels = *kernels[spatial + 1].getConstant();
  kernelColumns = *kernels[spatial].getConstant();
  columnsPerUnit = chooseRows(dstDims[spatial]);
  rowStride = hasRows() ? op.getStrides()[0] : 1;
  columnStride = op.getStrides().back();
  rowPad = hasRows() ? op.getPadsBegin()[0] : 0;
  columnPad = op.getPadsBegin().back();
  int64_t rows = hasRows() ? dstDims[1].getConstant().value_or(kMostRowsOfResults) : 1;
  if (panelBytes(kernels) > kCachedPanelBytes && kernelRows() > 1 && rows > 1)
    rowsPerUnit = llvm::divideCeil(rows, llvm::divideCeil(rows, kMostRowsOfResults));
}

/// Also where there is none, units of several rows copy: the last one may have fewer.
bool ConvPanels::isPadded() {
  if (rowsPerUnit > 1)
    return true;
  auto isPositive = [](int64_t pad) { return pad > 0; };
  return llvm::any_of(op.getPadsBegin(), isPositive) || llvm::any_of(op.getPadsEnd(), isPositive);
}

/// The tensor with axis `axis` and the one behind it as one.
Value ConvPanels::joinChannels(Value tensor, int64_t axis) {
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < rank; ++i)
    if (i == axis + 1)
      groups.back().push_back(i);
    else
      groups.push_back({i});
  return tensor::CollapseShapeOp::create(b, loc, tensor, groups);
}

//===----------------------------------------------------------------------===//
// The windows of a unit
//===----------------------------------------------------------------------===//

/// Copies the row of the image to `rows[number]`, from the window's first column on.
Value ConvPanels::copyRow(Value rows, Value number, const Origin &origin, Value row) {
  Scalars s(b, loc);
  using Order = Scalars::Order;
  Value none = index(0), whole = index(windowColumns());
  auto clamp = [&](Value x) {
    return s.make<arith::MinSIOp>(s.make<arith::MaxSIOp>(x, none), whole);
  };
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  Value first = value(apply(s0 * columnStride - columnPad, {origin.column}));
  Value inside = s.bitAnd(s.compare(Order::Ge, row, none),
                          s.compare(Order::Lt, row, hasRows() ? l.size(srcDims[1]) : index(1)));
  Value left = clamp(s.sub(none, first));
  Value right = s.make<arith::MaxSIOp>(clamp(s.sub(l.size(srcDims[spatial]), first)), left);
  left = s.select(inside, left, whole), right = s.select(inside, right, whole);
  auto part = [&](Value from, Value to, function_ref<Value(Value, Index)> make) {
    SmallVector<Index> offsets = {number, apply(s0 * channels, {from})};
    SmallVector<Index> sizes = {b.getIndexAttr(1), apply((s1 - s0) * channels, {from, to})};
    Value made = make(slice(rows, offsets, sizes, {0}), sizes.back());
    rows = insert(made, rows, offsets, sizes);
  };
  auto fill = [&](Value to, Index) {
    return linalg::FillOp::create(b, loc, zero, to).getResult(0);
  };
  auto copy = [&](Value to, Index count) {
    SmallVector<Index> offsets = {origin.image}, sizes = {b.getIndexAttr(1)};
    if (hasRows()) {
      offsets.push_back(row);
      sizes.push_back(b.getIndexAttr(1));
    }
    offsets.push_back(apply((s0 + s1) * channels, {first, left}));
    sizes.push_back(count);
    auto dropped = llvm::to_vector(llvm::seq<int64_t>(0, spatial));
    return linalg::CopyOp::create(b, loc, slice(src, offsets, sizes, dropped), to).getResult(0);
  };
  part(none, left, fill);
  part(left, right, copy);
  part(right, whole, fill);
  return rows;
}

Value ConvPanels::copyWindows(const Origin &origin) {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  Value rows = scratch({windowRows(), windowColumns() * channels});
  return loop(windowRows(), rows, [&](Value i, Value carried) {
    Value row = value(apply(s0 * rowStride - rowPad + s1, {origin.row, i}));
    return copyRow(carried, i, origin, row);
  });
}

/// [row of the kernel, position and channel] of what `columns` results read.
Value ConvPanels::readWindows(const Origin &origin, Index columns) {
  if (isPadded())
    return copyWindows(origin);
  AffineExpr s0 = b.getAffineSymbolExpr(0);
  SmallVector<Index> offsets = {origin.image}, sizes = {b.getIndexAttr(1)};
  if (hasRows()) {
    offsets.push_back(apply(s0 * rowStride, {origin.row}));
    sizes.push_back(b.getIndexAttr(kernelRows()));
  }
  offsets.push_back(apply(s0 * (columnStride * channels), {origin.column}));
  sizes.push_back(
      apply(((s0 - 1) * columnStride + kernelColumns) * channels, {value(columns)}));
  return slice(src, offsets, sizes, hasRows() ? ArrayRef<int64_t>{0} : ArrayRef<int64_t>{});
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// Of windows, panel and block. The block keeps the axes that the result has, also those
/// of which a unit has one element: what is fused behind finds the block in the result by its
/// rank. The last loops are over rows of the kernel, unless these pass one `byRows` outside,
/// and over what a row of a window has.
SmallVector<AffineMap> ConvPanels::productMaps(bool byRows) {
  int64_t k = withoutUnits(dstDims).size();
  bool hasColumns = dstDims[spatial] != DimExpr(1);
  auto dim = [&](int64_t i) { return b.getAffineDimExpr(i); };
  AffineExpr column = hasColumns ? dim(k - 2) : b.getAffineConstantExpr(0);
  AffineExpr term = dim(byRows ? k : k + 1), channel = dim(k - 1);
  AffineExpr row = byRows ? dim(hasColumns ? k - 3 : k - 2) * rowStride : dim(k);
  using Exprs = SmallVector<AffineExpr, 4>;
  Exprs left = {row, column * (columnStride * channels) + term}, right = {term, channel}, out;
  if (!byRows)
    right.insert(right.begin(), row);
  for (int64_t i = 0; i < k; ++i)
    out.push_back(dim(i));
  return AffineMap::inferFromExprList(ArrayRef<Exprs>{left, right, out}, b.getContext());
}

Value ConvPanels::multiply(Value windows, Value panel, Value block) {
  Value sums = linalg::FillOp::create(b, loc, zero, block).getResult(0);
  return multiplyAdd(windows, panel, sums, productMaps(/*byRows=*/false), /*numTerms=*/2);
}

/// One row of the kernel after the other, for all `rows` of the block.
Value ConvPanels::multiplyByRows(Value windows, Value panel, Value block, Index rows) {
  Value sums = linalg::FillOp::create(b, loc, zero, block).getResult(0);
  Index none = b.getIndexAttr(0), terms = b.getIndexAttr(kernelColumns * channels);
  Index count = apply((b.getAffineSymbolExpr(0) - 1) * rowStride + 1, {value(rows)});
  return loop(kernelRows(), sums, [&](Value tap, Value carried) {
    Value read = slice(windows, {tap, none},
                       {count, b.getIndexAttr(windowColumns() * channels)});
    Value part = slice(panel, {tap, none, none}, {b.getIndexAttr(1), terms, b.getIndexAttr(width)},
                       {0});
    return multiplyAdd(read, part, carried, productMaps(/*byRows=*/true));
  });
}

SmallVector<Written> ConvPanels::unit(const Origin &origin, Value destination) {
  AffineExpr s0 = b.getAffineSymbolExpr(0);
  Index none = b.getIndexAttr(0), one = b.getIndexAttr(1);
  Index columns = clipped(origin.column, columnsPerUnit, l.foldedSize(dstDims[spatial]));
  Value windows = readWindows(origin, columns);
  SmallVector<Index> offsets = {origin.panel}, sizes = {one};
  for (int64_t size : {kernelRows(), kernelColumns * channels, width}) {
    offsets.push_back(none);
    sizes.push_back(b.getIndexAttr(size));
  }
  Value panel = slice(weights, offsets, sizes, {0});
  offsets = {origin.image}, sizes = {one};
  Index rows = hasRows() ? clipped(origin.row, rowsPerUnit, l.foldedSize(dstDims[1])) : one;
  if (hasRows()) {
    offsets.push_back(origin.row);
    sizes.push_back(rows);
  }
  offsets.append({origin.column, apply(s0 * width, {origin.panel})});
  sizes.append({columns, b.getIndexAttr(width)});
  Part part = partWithoutUnits(dstDims, offsets, sizes);
  Value block = slice(destination, part.offsets, part.sizes);
  if (rowsPerUnit > 1)
    return {{0, multiplyByRows(windows, panel, block, rows), part}};
  return {{0, multiply(windows, panel, block), part}};
}

Value ConvPanels::run() {
  Dims result = withoutUnits(dstDims);
  src = joinChannels(wholeTensor(l, op.getSrc()), spatial);
  weights = joinChannels(wholeTensor(l, op.getWeights()), spatial);
  if (!hasRows()) {
    auto type = cast<RankedTensorType>(weights.getType());
    SmallVector<ReassociationIndices> groups = {{0, 1}, {2}, {3}};
    weights = tensor::ExpandShapeOp::create(
        b, loc,
        RankedTensorType::get({type.getDimSize(0), 1, type.getDimSize(1), width}, element),
        weights, groups);
  }
  Dims extents = {kernels[0], dstDims[0]};
  if (hasRows())
    extents.push_back(DimExpr::ceilDiv(dstDims[1], rowsPerUnit));
  extents.push_back(DimExpr::ceilDiv(dstDims[spatial], columnsPerUnit));
  auto body = [&](Scalars &s, ValueRange at, ValueRange destinations) {
    Value row = hasRows() ? s.mul(at[2], index(rowsPerUnit)) : index(0);
    Value column = s.mul(at.back(), index(columnsPerUnit));
    return unit({at[0], at[1], row, column}, destinations[0]);
  };
  double terms = double(kernelRows()) * kernelColumns * channels;
  double vectors = double(rowsPerUnit) * columnsPerUnit * width / kPanelLanes;
  return parallelLoop(l, extents, l.empty(result, element), body, terms * vectors)[0];
}

static LogicalResult lowerConvPanels(Lowering &l, ConvPanelsOp op) {
  setUnlessEmpty(l, op.getDst(), [&] { return ConvPanels(l, op).run(); });
  return success();
}

void populateConvPanels(OpTable &table) { table.add<ConvPanelsOp, lowerConvPanels>(); }

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

/// Output channels of a panel, at most.
constexpr int64_t kPanelWidth = 64;

/// A panel, or its part for a row of the kernel, is read once per block of results, which must
/// come from the second cache: from the third one it takes twice as long.
std::optional<std::string> refusesConvPanels(ConvOp op) {
  auto weights = tensorType(op.getWeights()).getShape();
  int64_t bytes = sizeof(float) * std::min<int64_t>(*weights[0].getConstant(), kPanelWidth);
  for (const DimExpr &dim : weights.drop_front())
    bytes *= *dim.getConstant();
  if (weights.size() == 4)
    bytes /= *weights[2].getConstant();
  if (bytes > kMostRowBytes)
    return "a row of a panel of its weights has " + std::to_string(bytes) +
           " bytes, more than " + std::to_string(kMostRowBytes);
  auto dst = tensorType(op.getDst()).getShape();
  if (std::optional<int64_t> columns = dst[dst.size() - 2].getConstant();
      columns && *columns < kFewestColumns)
    return "its rows of " + std::to_string(*columns) + " results do not fill the registers";
  return std::nullopt;
}

} // namespace lz::cpu
