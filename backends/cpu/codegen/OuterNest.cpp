//===- OuterNest.cpp - vectors along a parallel dimension -----------------===//
//
// For a reduction with a dimension v along which the output and every input is contiguous
// or constant: matmul with a row-major right side, convolutions, pooling, column sums. A
// block of u by v outputs stays in registers while the reduction runs; an input that does not
// depend on u is loaded once for the block. What follows elementwise is done before the block is
// written.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/NestEpilog.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace lz::cpu {
namespace {

class OuterNest : public NestBase {
public:
  using NestBase::NestBase;
  LogicalResult run();

private:
  /// A block of outputs: `rows` along u and `columns` vectors along v, of which the last may
  /// be narrower and masked.
  struct Block {
    int64_t rows, columns, lastLanes;
    Value mask; ///< of the last column, or null

    bool isLast(int64_t column) const { return column + 1 == columns; }
  };

  bool isVectorizable();
  std::optional<unsigned> findVectorDim();
  std::optional<unsigned> findUnrollDim();
  void chooseBlock();
  void loopOver(ArrayRef<unsigned> dims);
  void columns();
  void dynamicColumns();
  void rows(Value column, int64_t count, int64_t lastLanes, Value mask);
  void rows(Value column, int64_t count) { rows(column, count, lanes, nullptr); }
  void rest(Value column, int64_t count, int64_t last);
  void block(const Block &block);
  Values reduce(ArrayRef<unsigned> dims, const Block &block, ValueRange accumulators);
  Values step(const Block &block, ValueRange accumulators);
  int64_t lanesOf(const Block &block, int64_t column) const {
    return block.isLast(column) ? block.lastLanes : lanes;
  }
  Value widenTo(int64_t width, Value value) {
    llvm::SaveAndRestore narrow(lanes, width);
    return widen(value);
  }
  Values positionOf(int64_t row, int64_t column);
  Value load(OpOperand &operand, int64_t row, int64_t column, const Block &block);
  void store(Value value, int64_t row, int64_t column, const Block &block);

  unsigned v = 0;
  std::optional<unsigned> u;
  int64_t registers = 0, maxColumns = 1;
  Values ivs;
  std::unique_ptr<NestEpilog> epilog;
  Value initial; ///< what all outputs start from, or null where that is in memory
};

bool OuterNest::isVectorizable() {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1)
    return false;
  auto isElement = [](Type type) {
    return isa<FloatType>(type) || (isa<IntegerType>(type) && !type.isInteger(1));
  };
  for (OpOperand &operand : op->getOpOperands()) {
    if (op.isScalar(&operand))
      continue;
    if (!memref(operand) || !isElement(memref(operand).getElementType()))
      return false;
  }
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (!isa<arith::ArithDialect, math::MathDialect>(inner.getDialect()) ||
        inner.getNumResults() != 1 || inner.getNumRegions() != 0 ||
        !OpTrait::hasElementwiseMappableTraits(&inner))
      return false;
  }
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return out.isProjectedPermutation();
}

std::optional<unsigned> OuterNest::findVectorDim() {
  OpOperand &out = *op.getDpsInitOperand(0);
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    if (isReduction(dim) || ranges[dim] == 1 || !usesDim(out, dim) || !isContiguous(out, dim))
      continue;
    bool fits = llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
      return op.isScalar(&operand) || !usesDim(operand, dim) || isContiguous(operand, dim);
    });
    if (fits)
      return dim;
  }
  return std::nullopt;
}

/// The parallel dimension along which an input's vectors can be used again.
std::optional<unsigned> OuterNest::findUnrollDim() {
  std::optional<unsigned> best;
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    if (isReduction(dim) || dim == v || ranges[dim] == 1)
      continue;
    bool reuses = llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
      return !op.isScalar(operand) && usesDim(*operand, v) && !usesDim(*operand, dim);
    });
    if (reuses)
      best = dim;
  }
  return best;
}

/// As many accumulators as registers allow, beside the vectors of one step.
void OuterNest::chooseBlock() {
  Type element = memref(*op.getDpsInitOperand(0)).getElementType();
  lanes = target.vectorBytes * 8 / element.getIntOrFloatBitWidth();
  registers = target.vectorBytes == 64 ? 24 : 12;
  maxColumns = target.vectorBytes == 64 ? 4 : 2;
  if (!u)
    maxColumns *= 2;
}

LogicalResult OuterNest::run() {
  if (!isVectorizable())
    return failure();
  std::optional<unsigned> dim = findVectorDim();
  if (!dim)
    return failure();
  v = *dim;
  u = findUnrollDim();
  chooseBlock();
  if (ranges[v] >= 0 && ranges[v] * 4 <= lanes)
    return failure();
  initial = takeFill();
  epilog = NestEpilog::find(rewriter, op, target, v);
  rewriter.setInsertionPoint(epilog ? epilog->getPosition() : op);
  makeExtents();
  ivs.resize(op.getNumLoops());
  SmallVector<unsigned> outer;
  for (unsigned d = 0; d < op.getNumLoops(); ++d)
    if (!isReduction(d) && d != v && (!u || d != *u))
      outer.push_back(d);
  loopOver(outer);
  if (epilog)
    epilog->erase();
  rewriter.eraseOp(op);
  return success();
}

void OuterNest::loopOver(ArrayRef<unsigned> dims) {
  if (dims.empty())
    return columns();
  forLoop(index(0), extents[dims[0]], 1, [&](Value iv) {
    ivs[dims[0]] = iv;
    loopOver(dims.drop_front());
  });
}

/// Blocks along v of as equal numbers of vectors as can be, for a block of one would leave
/// registers idle.
void OuterNest::columns() {
  int64_t extent = ranges[v];
  if (ShapedType::isDynamic(extent))
    return dynamicColumns();
  int64_t vectors = llvm::divideCeil(extent, lanes);
  if (vectors == 0)
    return;
  int64_t count = llvm::divideCeil(vectors, llvm::divideCeil(vectors, maxColumns));
  int64_t whole = extent / (count * lanes), done = whole * count * lanes;
  if (whole == 1)
    rows(index(0), count);
  else if (whole > 1)
    forLoop(index(0), index(done), count * lanes, [&](Value iv) { rows(iv, count); });
  if (int64_t left = vectors - whole * count)
    rest(index(done), left, extent - done - (left - 1) * lanes);
}

/// The last `count` vectors, of whose last only `last` lanes exist. It gets the least width
/// that has them: where vectors of half the width take half the time nothing is lost, and
/// often no mask is needed.
void OuterNest::rest(Value column, int64_t count, int64_t last) {
  constexpr int64_t kLeastBits = 128;
  Type element = memref(*op.getDpsInitOperand(0)).getElementType();
  int64_t least = std::min(lanes, kLeastBits / element.getIntOrFloatBitWidth());
  int64_t width = std::max<int64_t>(llvm::PowerOf2Ceil(last), least);
  Value mask;
  if (width != last) {
    Value start = add(column, (count - 1) * lanes);
    llvm::SaveAndRestore narrow(lanes, width);
    mask = maskOf(v, start);
  }
  rows(column, count, width, mask);
}

void OuterNest::dynamicColumns() {
  AffineExpr s = rewriter.getAffineSymbolExpr(0), e = rewriter.getAffineSymbolExpr(1);
  Value start = index(0);
  for (int64_t count = maxColumns; count > 1; count /= 2) {
    int64_t width = count * lanes;
    Value end = getValueOrCreateConstantIndexOp(
        rewriter, loc,
        affine::makeComposedFoldedAffineApply(
            rewriter, loc, s + (e - s).floorDiv(width) * width,
            {OpFoldResult(start), OpFoldResult(extents[v])}));
    forLoop(start, end, width, [&](Value iv) { rows(iv, count); });
    start = end;
  }
  forLoop(start, extents[v], lanes, [&](Value iv) { rows(iv, 1, lanes, maskOf(v, iv)); });
}

void OuterNest::rows(Value column, int64_t count, int64_t lastLanes, Value mask) {
  ivs[v] = column;
  if (!u)
    return block({1, count, lastLanes, mask});
  forBlocks(*u, std::min<int64_t>(registers / count, 8), [&](Value start, int64_t rows) {
    ivs[*u] = start;
    block({rows, count, lastLanes, mask});
  });
}

/// The loops' values at a vector of the block.
NestBase::Values OuterNest::positionOf(int64_t row, int64_t column) {
  Values at = ivs;
  if (u)
    at[*u] = add(at[*u], row);
  at[v] = add(at[v], column * lanes);
  return at;
}

Value OuterNest::load(OpOperand &operand, int64_t row, int64_t column, const Block &block) {
  if (op.isScalar(&operand))
    return operand.get();
  Values indices = indicesOf(operand, positionOf(row, column));
  if (!usesDim(operand, v))
    return memref::LoadOp::create(rewriter, loc, operand.get(), indices);
  llvm::SaveAndRestore narrow(lanes, lanesOf(block, column));
  VectorType type = vectorOf(memref(operand).getElementType());
  if (!block.mask || !block.isLast(column))
    return vector::LoadOp::create(rewriter, loc, type, operand.get(), indices);
  Value zero = arith::ConstantOp::create(rewriter, loc, rewriter.getZeroAttr(type));
  return vector::MaskedLoadOp::create(rewriter, loc, type, operand.get(), indices,
                                      block.mask, zero);
}

void OuterNest::store(Value value, int64_t row, int64_t column, const Block &block) {
  Values at = positionOf(row, column);
  Value mask = block.isLast(column) ? block.mask : Value();
  if (epilog)
    return epilog->store(value, at, mask);
  OpOperand &out = *op.getDpsInitOperand(0);
  Values indices = indicesOf(out, at);
  if (mask)
    vector::MaskedStoreOp::create(rewriter, loc, out.get(), indices, mask, value);
  else
    vector::StoreOp::create(rewriter, loc, value, out.get(), indices);
}

void OuterNest::block(const Block &block) {
  OpOperand &out = *op.getDpsInitOperand(0);
  Values accumulators;
  for (int64_t i = 0; i < block.rows; ++i) {
    for (int64_t j = 0; j < block.columns; ++j) {
      Value start = initial ? initial : load(out, i, j, block);
      accumulators.push_back(widenTo(lanesOf(block, j), start));
    }
  }
  if (epilog && u)
    for (int64_t i = 0; i < block.rows; ++i)
      epilog->prefetch(positionOf(i, 0), *u);
  SmallVector<unsigned> dims;
  for (unsigned d = 0; d < op.getNumLoops(); ++d)
    if (isReduction(d))
      dims.push_back(d);
  accumulators = reduce(dims, block, accumulators);
  for (int64_t i = 0; i < block.rows; ++i)
    for (int64_t j = 0; j < block.columns; ++j)
      store(accumulators[i * block.columns + j], i, j, block);
}

NestBase::Values OuterNest::reduce(ArrayRef<unsigned> dims, const Block &block,
                                   ValueRange accumulators) {
  if (dims.empty())
    return step(block, accumulators);
  return reduceLoop(index(0), extents[dims[0]], 1, accumulators,
                    [&](Value iv, ValueRange carried) {
                      ivs[dims[0]] = iv;
                      return reduce(dims.drop_front(), block, carried);
                    });
}

/// One iteration of the reduction for the whole block.
NestBase::Values OuterNest::step(const Block &block, ValueRange accumulators) {
  std::map<std::tuple<unsigned, int64_t, int64_t, int64_t>, Value> loaded;
  Values results;
  for (int64_t i = 0; i < block.rows; ++i) {
    for (int64_t j = 0; j < block.columns; ++j) {
      int64_t width = lanesOf(block, j);
      Values arguments;
      for (OpOperand *operand : op.getDpsInputOperands()) {
        bool scalar = op.isScalar(operand);
        int64_t row = !scalar && u && usesDim(*operand, *u) ? i : 0;
        int64_t column = !scalar && usesDim(*operand, v) ? j : 0;
        Value &value = loaded[{operand->getOperandNumber(), row, column, width}];
        if (!value)
          value = widenTo(width, load(*operand, row, column, block));
        arguments.push_back(value);
      }
      arguments.push_back(accumulators[results.size()]);
      llvm::SaveAndRestore narrow(lanes, width);
      results.push_back(evaluate(arguments)[0]);
    }
  }
  return results;
}

} // namespace

LogicalResult lowerOuterNest(RewriterBase &rewriter, linalg::GenericOp op,
                             const CpuTarget &target) {
  return OuterNest(rewriter, op, target).run();
}

} // namespace lz::cpu
