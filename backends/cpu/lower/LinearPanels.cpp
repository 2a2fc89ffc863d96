//===- LinearPanels.cpp - lz.linear with weights in panels ----------------===//
//
// A panel holds some columns of the transposed weights, row by row. A unit of the grid
// multiplies a block of rows with one panel, which a cache of the core holds meanwhile;
// units beside each other share the panel. Code generation tiles each product for
// registers and does the elementwise ops behind it before the block leaves the cache.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/LinearPanels.h"

#include "backends/cpu/lower/Matmul.h"
#include "backends/cpu/lower/ParallelLoop.h"
#include "backends/cpu/lower/VectorLoops.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace lz::cpu {

/// Blocks of this many rows are a multiple of those that fill the registers, and take
/// tens of microseconds with common weights.
constexpr int64_t kMostRows = 48, kRegisterRows = 6;

/// More rows than these pass through the caches once for each panel. A library is 3 to 5 %
/// faster then with more terms than these, which it splits, and with few: short sums.
constexpr int64_t kManyRows = 512, kShortSum = 256, kLongSum = 512;

/// Fewer rows are bound by reading the weights, fewer side by side do not fill a block.
constexpr int64_t kFewRows = 3, kFewTogether = 16;

/// Code generation makes no vectors of fewer columns.
constexpr int64_t kFewColumns = kPanelLanes / 4 + 1;

namespace {

class LinearPanels : VectorLoops {
public:
  LinearPanels(Lowering &l, LinearOp op);
  Tensor run();

private:
  Value multiply(Value rows, Value panel, Value block);
  SmallVector<Written> unit(ValueRange at, Value destination);

  Lowering &l;
  LinearOp op;
  Value src, weights;
  Dims result; ///< without axes of 1
  DimExpr numRows;
  int64_t depth, width, numColumns, rowsPerUnit;
};

} // namespace

int64_t chooseRows(const DimExpr &numRows) {
  std::optional<int64_t> known = numRows.getConstant();
  if (!known)
    return kMostRows;
  int64_t blocks = llvm::divideCeil(*known, kMostRows);
  return std::min<int64_t>(
      llvm::alignTo(llvm::divideCeil(*known, blocks), kRegisterRows), *known);
}

LinearPanels::LinearPanels(Lowering &l, LinearOp op)
    : VectorLoops(l.b, l.loc, Lowering::elementOf(op.getSrc()), /*lanes=*/1), l(l), op(op) {
  Dims panels = Lowering::dimsOf(op.getWeights());
  depth = *panels[1].getConstant();
  width = *panels[2].getConstant();
  result = withoutUnits(Lowering::dimsOf(op.getDst()));
  numRows = result[result.size() - 2];
  numColumns = *result.back().getConstant();
  rowsPerUnit = chooseRows(numRows);
}

Value loadPanels(Lowering &l, Scalars &s, const Tensor &panels, Value column, Value term) {
  Value width = l.size(panels.dim(2));
  Value panel = s.make<arith::DivUIOp>(column, width);
  Value within = s.make<arith::RemUIOp>(column, width);
  return l.load(s, panels, {panel, term, within});
}

std::optional<std::string> refusesPanels(Operation *op) {
  Dims leading =
      withoutUnits(Lowering::typeOf(op->getOperand(0)).getShape().drop_back());
  DimExpr rows = 1;
  for (const DimExpr &dim : leading)
    rows = rows * dim;
  int64_t terms = *Lowering::dimsOf(op->getOperand(1))[isa<MatmulOp>(op) ? 0 : 1].getConstant();
  if (std::optional<int64_t> known = rows.getConstant();
      known && (*known < kFewRows ||
                (*known > kManyRows && (terms < kShortSum || terms > kLongSum))))
    return llvm::formatv("with {0} rows of {1} terms others are faster", *known, terms);
  int64_t columns = *Lowering::dimsOf(op->getResult(0)).back().getConstant();
  if (columns < kFewColumns)
    return llvm::formatv("its {0} columns do not fill a vector", columns);
  // A unit has rows of one index of the axes before only.
  std::optional<int64_t> together = leading.empty() ? 1 : leading.back().getConstant();
  if (leading.size() > 1 && together && *together < kFewTogether)
    return llvm::formatv("its rows lie in groups of {0}, which do not fill blocks", *together);
  return std::nullopt;
}

/// Rows and block keep their leading axes, of one element each: what is fused behind
/// finds the block in the result by its rank.
Value LinearPanels::multiply(Value rows, Value panel, Value block) {
  int64_t k = result.size();
  using Exprs = SmallVector<AffineExpr, 4>;
  Exprs left, right = {b.getAffineDimExpr(k), b.getAffineDimExpr(k - 1)}, out;
  for (int64_t i = 0; i < k; ++i)
    out.push_back(b.getAffineDimExpr(i));
  left = out;
  left.back() = b.getAffineDimExpr(k);
  auto maps = AffineMap::inferFromExprList(ArrayRef<Exprs>{left, right, out}, b.getContext());
  Value sums = linalg::FillOp::create(b, loc, zero, block).getResult(0);
  return multiplyAdd(rows, panel, sums, maps);
}

/// `at`: the panel, the leading axes but the rows', the block of rows. What pads the last
/// panel is not read, for vectors and masks of its columns are as many as of the result's.
SmallVector<Written> LinearPanels::unit(ValueRange at, Value destination) {
  AffineExpr s0 = b.getAffineSymbolExpr(0);
  Value row = value(apply(s0 * rowsPerUnit, {at.back()}));
  Value column = value(apply(s0 * width, {at.front()}));
  Index none = b.getIndexAttr(0), one = b.getIndexAttr(1);
  Index count = clipped(row, rowsPerUnit, l.foldedSize(numRows));
  Index columns = clipped(column, width, b.getIndexAttr(numColumns));
  Part part;
  for (Value index : at.drop_front().drop_back()) {
    part.offsets.push_back(index);
    part.sizes.push_back(one);
  }
  part.offsets.append({row, none});
  part.sizes.append({count, b.getIndexAttr(depth)});
  Value rows = slice(src, part.offsets, part.sizes);
  part.offsets.back() = column;
  part.sizes.back() = columns;
  Value panel = slice(weights, {at.front(), none, none},
                      {one, b.getIndexAttr(depth), columns}, {0});
  Value block = slice(destination, part.offsets, part.sizes);
  return {{0, multiply(rows, panel, block), part}};
}

Tensor LinearPanels::run() {
  src = l.materialize(l.squeezed(l.get(op.getSrc())));
  weights = wholeTensor(l, op.getWeights());
  Dims extents = {Lowering::dimsOf(op.getWeights())[0]};
  extents.append(result.begin(), result.end() - 2);
  extents.push_back(DimExpr::ceilDiv(numRows, rowsPerUnit));
  auto body = [&](Scalars &, ValueRange at, ValueRange destinations) {
    return unit(at, destinations[0]);
  };
  double vectors = double(rowsPerUnit) * depth * width / kPanelLanes;
  Value made = parallelLoop(l, extents, l.empty(result, element), body, vectors)[0];
  return l.reshaped(l.wrap(made, result, element), Lowering::dimsOf(op.getDst()));
}

/// For what is not worth blocks: one row or none, a single column or term, dtypes other
/// than f32.
static Tensor multiplyPlain(Lowering &l, LinearOp op) {
  Tensor src = l.get(op.getSrc()), weights = l.get(op.getWeights());
  Dims domain = Lowering::dimsOf(op.getDst());
  int64_t column = domain.size() - 1, term = column + 1;
  domain.push_back(weights.dim(1));
  auto kept = llvm::to_vector(llvm::seq<int64_t>(0, term));
  SmallVector<int64_t> srcLoops = llvm::to_vector(llvm::seq<int64_t>(0, column));
  srcLoops.push_back(term);
  Type wide = productType(src.element);
  auto add = [&](Scalars &s, ValueRange read, Value sum) {
    Value weight = loadPanels(l, s, weights, loopIndex(s, column), loopIndex(s, term));
    return s.add(sum, s.mul(s.cast(read[0], src.element, wide),
                            s.cast(weight, src.element, wide)));
  };
  return l.reduceOne(
      domain, kept, {l.readAt(src, term + 1, srcLoops)}, wide,
      [&](Scalars &s) { return s.zero(computeType(wide)); }, add);
}

Tensor linearPanels(Lowering &l, LinearOp op) {
  Dims src = Lowering::dimsOf(op.getSrc()), dst = Lowering::dimsOf(op.getDst());
  bool hasRows = withoutUnits(ArrayRef<DimExpr>(dst).drop_back()).size() > 0;
  bool isEmpty = llvm::is_contained(src, DimExpr(0)) || llvm::is_contained(dst, DimExpr(0));
  bool isVector = src.back() == DimExpr(1) || dst.back() == DimExpr(1);
  if (isEmpty || !hasRows || isVector || !Lowering::typeOf(op.getWeights()).isStatic() ||
      !Lowering::elementOf(op.getSrc()).isF32())
    return multiplyPlain(l, op);
  return LinearPanels(l, op).run();
}

} // namespace lz::cpu
