//===- LinearPanels.cpp - lz.linear with weights in panels ----------------===//
//
// A panel holds some columns of the transposed weights, row by row. A unit of the grid
// multiplies a block of rows with one panel, which a cache of the core holds meanwhile;
// units beside each other share the panel, and a group of blocks meets all panels before
// the next group does. Code generation tiles each product for registers and does the
// elementwise ops behind it before the block leaves the cache.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/LinearPanels.h"

#include "backends/cpu/lower/Matmul.h"
#include "backends/cpu/lower/ParallelLoop.h"
#include "backends/cpu/lower/VectorLoops.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace lz::cpu {

/// Blocks of this many rows are a multiple of those that fill the registers, and take
/// tens of microseconds with common weights.
constexpr int64_t kMostRows = 48, kRegisterRows = 6;

/// The rows of a group, which the second cache holds beside a panel: more of them would come
/// from further away for each panel. At least so many blocks use a panel that was read.
constexpr int64_t kGroupBytes = 1 << 20, kFewestBlocks = 8;

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
  /// Where a unit is: its panel, the leading axes that are not joined, its block of rows.
  struct Origin {
    Value panel;
    ValueRange leading;
    Value block;
  };

  void joinRows();
  int64_t chooseGroup(const DimExpr &blocks);
  Origin originOf(Value unit, const DimExpr &blocks, int64_t group);
  Value multiply(Value rows, Value panel, Value block);
  SmallVector<Written> unit(const Origin &origin, Value destination);

  Lowering &l;
  LinearOp op;
  Value src, weights;
  Dims result; ///< without axes of 1
  DimExpr numRows;
  int64_t depth, width, numPanels, numColumns, rowsPerUnit;
};

/// All axes but the last as one.
SmallVector<ReassociationIndices> rowGroups(int64_t rank) {
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t axis = 0; axis + 1 < rank; ++axis)
    groups[0].push_back(axis);
  groups[1].push_back(rank - 1);
  return groups;
}

/// Do the elementwise ops behind a product see whole rows of it, whichever of the leading axes
/// these lie in? Every other operand has the same rows, or one for all.
bool mayJoinRows(Operation *op) {
  bool isFused = op->getParentOfType<FusedOp>() != nullptr;
  TensorType whole = Lowering::typeOf(op->getResult(0));
  auto hasRows = [&](Value value) {
    TensorType type = Lowering::typeOf(value);
    return type.hasRank() && type.getRank() == whole.getRank() &&
           type.getShape().drop_back() == whole.getShape().drop_back();
  };
  auto isOneRow = [](Value value) {
    TensorType type = Lowering::typeOf(value);
    return type.hasRank() &&
           (type.getRank() == 0 || withoutUnits(type.getShape().drop_back()).empty());
  };
  llvm::SmallSetVector<Value, 8> made;
  made.insert(op->getResult(0));
  for (size_t i = 0; i < made.size(); ++i) {
    for (Operation *user : made[i].getUsers()) {
      if (!user->hasTrait<LzElementwise>()) {
        if (isFused && !isa<YieldOp>(user))
          return false;
        continue;
      }
      auto fits = [&](Value operand) { return hasRows(operand) || isOneRow(operand); };
      if (!hasRows(user->getResult(0)) || !llvm::all_of(user->getOperands(), fits))
        return false;
      made.insert(user->getResult(0));
    }
  }
  return true;
}

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
  numPanels = *panels[0].getConstant();
  src = l.materialize(l.squeezed(l.get(op.getSrc())));
  weights = wholeTensor(l, op.getWeights());
  result = withoutUnits(Lowering::dimsOf(op.getDst()));
  if (result.size() > 2 && mayJoinRows(op))
    joinRows();
  numRows = result[result.size() - 2];
  numColumns = *result.back().getConstant();
  rowsPerUnit = chooseRows(numRows);
}

void LinearPanels::joinRows() {
  DimExpr rows = 1;
  for (const DimExpr &dim : ArrayRef<DimExpr>(result).drop_back())
    rows = rows * dim;
  src = tensor::CollapseShapeOp::create(b, loc, l.tensorType({rows, depth}, element), src,
                                        rowGroups(result.size()));
  result = {rows, result.back()};
}

/// Blocks of a group: groups as equal as can be.
int64_t LinearPanels::chooseGroup(const DimExpr &blocks) {
  int64_t blockBytes = rowsPerUnit * depth * sizeof(float);
  int64_t most = std::max(kFewestBlocks, kGroupBytes / blockBytes);
  std::optional<int64_t> known = blocks.getConstant();
  return known ? llvm::divideCeil(*known, llvm::divideCeil(*known, most)) : most;
}

/// Units run over the blocks of a group, then over panels, then over groups; the last group
/// may have fewer blocks.
LinearPanels::Origin LinearPanels::originOf(Value unit, const DimExpr &blocks, int64_t group) {
  Scalars s(b, loc);
  Value unitsOfGroup = index(group * numPanels), size = index(group);
  Value first = s.mul(s.make<arith::DivUIOp>(unit, unitsOfGroup), size);
  Value within = s.make<arith::RemUIOp>(unit, unitsOfGroup);
  size = s.make<arith::MinUIOp>(size, s.sub(l.size(blocks), first));
  Value block = s.add(first, s.make<arith::RemUIOp>(within, size));
  return {s.make<arith::DivUIOp>(within, size), {}, block};
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
  if (std::optional<int64_t> known = rows.getConstant(); known && *known < kFewRows)
    return llvm::formatv("with {0} rows others are faster", *known);
  int64_t columns = *Lowering::dimsOf(op->getResult(0)).back().getConstant();
  if (columns < kFewColumns)
    return llvm::formatv("its {0} columns do not fill a vector", columns);
  std::optional<int64_t> together = leading.empty() ? 1 : leading.back().getConstant();
  if (leading.size() > 1 && together && *together < kFewTogether && !mayJoinRows(op))
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

/// What pads the last panel is not read, for vectors and masks of its columns are as many as
/// of the result's.
SmallVector<Written> LinearPanels::unit(const Origin &origin, Value destination) {
  AffineExpr s0 = b.getAffineSymbolExpr(0);
  Value row = value(apply(s0 * rowsPerUnit, {origin.block}));
  Value column = value(apply(s0 * width, {origin.panel}));
  Index none = b.getIndexAttr(0), one = b.getIndexAttr(1);
  Index count = clipped(row, rowsPerUnit, l.foldedSize(numRows));
  Index columns = clipped(column, width, b.getIndexAttr(numColumns));
  Part part;
  for (Value index : origin.leading) {
    part.offsets.push_back(index);
    part.sizes.push_back(one);
  }
  part.offsets.append({row, none});
  part.sizes.append({count, b.getIndexAttr(depth)});
  Value rows = slice(src, part.offsets, part.sizes);
  part.offsets.back() = column;
  part.sizes.back() = columns;
  Value panel = slice(weights, {origin.panel, none, none},
                      {one, b.getIndexAttr(depth), columns}, {0});
  Value block = slice(destination, part.offsets, part.sizes);
  return {{0, multiply(rows, panel, block), part}};
}

Tensor LinearPanels::run() {
  DimExpr blocks = DimExpr::ceilDiv(numRows, rowsPerUnit);
  int64_t group = chooseGroup(blocks);
  bool isGrouped = result.size() == 2 && blocks != DimExpr(group);
  Dims extents = {numPanels * blocks};
  if (!isGrouped) {
    extents = {numPanels};
    extents.append(result.begin(), result.end() - 2);
    extents.push_back(blocks);
  }
  auto body = [&](Scalars &, ValueRange at, ValueRange destinations) {
    if (isGrouped)
      return unit(originOf(at[0], blocks, group), destinations[0]);
    return unit({at.front(), at.drop_front().drop_back(), at.back()}, destinations[0]);
  };
  double vectors = double(rowsPerUnit) * depth * width / kPanelLanes;
  Value made = parallelLoop(l, extents, l.empty(result, element), body, vectors)[0];
  Dims plain = withoutUnits(Lowering::dimsOf(op.getDst()));
  if (plain.size() != result.size())
    made = tensor::ExpandShapeOp::create(b, loc, l.tensorType(plain, element), made,
                                         rowGroups(plain.size()), l.foldedSizes(plain));
  return l.reshaped(l.wrap(made, plain, element), Lowering::dimsOf(op.getDst()));
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
