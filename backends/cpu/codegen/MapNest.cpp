//===- MapNest.cpp - vectors along a dimension of parallel loops ----------===//
//
// LLVM vectorizes parallel loops well where the innermost extent is a large constant and
// all memory is contiguous along it. Else its scalar rest costs up to four vectors' time,
// its gathers as much as scalars, and short loops it unrolls before it vectorizes the one
// around them, with scattered stores. Here a rest is masked, and inputs that are contiguous
// along another dimension are turned in registers, a square of lanes at a time.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/NestBase.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace lz::cpu {

/// LLVM may unroll a loop of so few iterations.
constexpr int64_t kShortLoop = 64;

namespace {

class MapNest : public NestBase {
public:
  using NestBase::NestBase;
  LogicalResult run();

private:
  bool isVectorizable();
  bool chooseDims();
  bool fits(unsigned dim);
  void loopOver(ArrayRef<unsigned> dims);
  void columns();
  void squares();
  void vectors(int64_t count, Value mask);
  void square(Value rowsLeft, Value mask);
  Value loadInSquare(OpOperand &operand, Value rowsLeft, Value mask);
  Values turned(OpOperand &operand, Value rowsLeft);
  Values transpose(Values rows);
  Value load(OpOperand &operand, int64_t column, Value mask);
  void store(ArrayRef<Value> arguments, int64_t column, Value mask);
  Value indexOf(unsigned dim, int64_t column);

  unsigned v = 0;
  std::optional<unsigned> w; ///< along which some inputs are contiguous, but not along v
  llvm::SmallPtrSet<OpOperand *, 4> isTurned;
  Values ivs;
};

bool MapNest::isVectorizable() {
  unsigned widest = 8;
  for (OpOperand &operand : op->getOpOperands()) {
    if (op.isScalar(&operand))
      continue;
    if (!memref(operand))
      return false;
    Type element = memref(operand).getElementType();
    if (!element.isIntOrFloat() || element.isInteger(1))
      return false;
    widest = std::max(widest, element.getIntOrFloatBitWidth());
  }
  bool hasWork = false;
  for (Operation &inner : op.getBody()->without_terminator()) {
    hasWork = true;
    if (isa<linalg::IndexOp, arith::ConstantOp>(inner))
      continue;
    if (!isa<arith::ArithDialect, math::MathDialect>(inner.getDialect()) ||
        inner.getNumResults() != 1 || inner.getNumRegions() != 0 ||
        !OpTrait::hasElementwiseMappableTraits(&inner))
      return false;
    Type type = inner.getResult(0).getType();
    if (type.isIntOrFloat())
      widest = std::max(widest, type.getIntOrFloatBitWidth());
  }
  lanes = target.vectorBytes * 8 / widest;
  return op.getNumDpsInits() > 0 && (hasWork || op.getNumDpsInits() == 1);
}

/// Is every operand contiguous or constant along the dimension, or else an input that
/// is contiguous along one other? `w` and `isTurned` are set.
bool MapNest::fits(unsigned dim) {
  w.reset();
  isTurned.clear();
  for (OpOperand &init : op.getDpsInitsMutable())
    if (!isContiguous(init, dim))
      return false;
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (op.isScalar(input) || !usesDim(*input, dim) || isContiguous(*input, dim))
      continue;
    AffineMap map = op.getMatchingIndexingMap(input);
    if (!map.isProjectedPermutation())
      return false;
    auto other = dyn_cast<AffineDimExpr>(map.getResults().back());
    if (!other || !isContiguous(*input, other.getPosition()) ||
        (w && *w != other.getPosition()))
      return false;
    w = other.getPosition();
    isTurned.insert(input);
  }
  return true;
}

bool MapNest::chooseDims() {
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    if (ranges[dim] == 1 || !fits(dim))
      continue;
    v = dim;
    bool isShort = ranges[v] >= 0 && ranges[v] < lanes;
    // Squares that are mostly padding cost more than scalars.
    bool isThin = w && ranges[*w] >= 0 && ranges[*w] * 2 < lanes;
    // An extent that is not known is negative.
    return !isShort && !isThin && (w || ranges[v] <= kShortLoop);
  }
  return false;
}

LogicalResult MapNest::run() {
  if (!isVectorizable() || !chooseDims())
    return failure();
  rewriter.setInsertionPoint(op);
  makeExtents();
  ivs.resize(op.getNumLoops());
  SmallVector<unsigned> outer;
  for (unsigned d = 0; d < op.getNumLoops(); ++d)
    if (d != v && (!w || d != *w))
      outer.push_back(d);
  loopOver(outer);
  rewriter.eraseOp(op);
  return success();
}

void MapNest::loopOver(ArrayRef<unsigned> dims) {
  if (dims.empty())
    return w ? squares() : columns();
  forLoop(index(0), extents[dims[0]], 1, [&](Value iv) {
    ivs[dims[0]] = iv;
    loopOver(dims.drop_front());
  });
}

/// Several vectors at a time, single ones, and a masked one at last.
void MapNest::columns() {
  AffineExpr s = rewriter.getAffineSymbolExpr(0);
  auto wholeUpTo = [&](int64_t width) {
    return getValueOrCreateConstantIndexOp(
        rewriter, loc,
        affine::makeComposedFoldedAffineApply(rewriter, loc, s.floorDiv(width) * width,
                                              {OpFoldResult(extents[v])}));
  };
  auto run = [&](Value low, Value high, int64_t count, bool isMasked) {
    forLoop(low, high, count * lanes, [&](Value iv) {
      ivs[v] = iv;
      vectors(count, isMasked ? maskOf(v, iv) : Value());
    });
  };
  Value many = wholeUpTo(2 * lanes), whole = wholeUpTo(lanes);
  run(index(0), many, 2, /*isMasked=*/false);
  run(many, whole, 1, /*isMasked=*/false);
  run(whole, extents[v], 1, /*isMasked=*/true);
}

void MapNest::vectors(int64_t count, Value mask) {
  for (int64_t column = 0; column < count; ++column) {
    Values arguments;
    for (OpOperand &operand : op->getOpOperands())
      arguments.push_back(load(operand, column, mask));
    store(arguments, column, mask);
  }
}

Value MapNest::load(OpOperand &operand, int64_t column, Value mask) {
  // What is only written need not be read.
  if (op.isDpsInit(&operand) && !op.payloadUsesValueFromOperand(&operand))
    return nullptr;
  if (op.isScalar(&operand))
    return widen(operand.get());
  Values at = ivs;
  at[v] = add(at[v], column * lanes);
  Values indices = indicesOf(operand, at);
  if (!usesDim(operand, v))
    return widen(memref::LoadOp::create(rewriter, loc, operand.get(), indices));
  VectorType type = vectorOf(memref(operand).getElementType());
  if (!mask)
    return vector::LoadOp::create(rewriter, loc, type, operand.get(), indices);
  Value zero = arith::ConstantOp::create(rewriter, loc, rewriter.getZeroAttr(type));
  return vector::MaskedLoadOp::create(rewriter, loc, type, operand.get(), indices, mask,
                                      zero);
}

Value MapNest::indexOf(unsigned dim, int64_t column) {
  Value start = dim == v ? add(ivs[v], column * lanes) : ivs[dim];
  Value all = widen(start);
  if (dim != v)
    return all;
  Value step = vector::StepOp::create(rewriter, loc, vectorOf(rewriter.getIndexType()));
  return arith::AddIOp::create(rewriter, loc, all, step);
}

void MapNest::store(ArrayRef<Value> arguments, int64_t column, Value mask) {
  Values results =
      evaluate(arguments, [&](unsigned dim) { return indexOf(dim, column); });
  Values at = ivs;
  at[v] = add(at[v], column * lanes);
  for (auto [init, value] : llvm::zip(op.getDpsInitsMutable(), results)) {
    Values indices = indicesOf(init, at);
    if (mask)
      vector::MaskedStoreOp::create(rewriter, loc, init.get(), indices, mask, value);
    else
      vector::StoreOp::create(rewriter, loc, value, init.get(), indices);
  }
}

//===----------------------------------------------------------------------===//
// Inputs that are contiguous along w
//===----------------------------------------------------------------------===//

/// Squares of lanes along w and v; beyond the extents they are masked.
void MapNest::squares() {
  AffineExpr s = rewriter.getAffineSymbolExpr(0);
  auto cover = [&](unsigned dim, function_ref<void(bool isWhole)> body) {
    Value whole = getValueOrCreateConstantIndexOp(
        rewriter, loc,
        affine::makeComposedFoldedAffineApply(rewriter, loc, s.floorDiv(lanes) * lanes,
                                              {OpFoldResult(extents[dim])}));
    for (bool isWhole : {true, false})
      if (isWhole || ranges[dim] < 0 || ranges[dim] % lanes != 0)
        forLoop(isWhole ? index(0) : whole, isWhole ? whole : extents[dim], lanes,
                [&](Value iv) {
                  ivs[dim] = iv;
                  body(isWhole);
                });
  };
  cover(*w, [&](bool isWholeW) {
    Value rowsLeft;
    if (!isWholeW)
      rowsLeft = arith::SubIOp::create(rewriter, loc, extents[*w], ivs[*w]);
    cover(v, [&](bool isWholeV) {
      square(rowsLeft, isWholeV ? Value() : maskOf(v, ivs[v]));
    });
  });
}

/// Rows along v, of which `rowsLeft` exist (null: all).
void MapNest::square(Value rowsLeft, Value mask) {
  llvm::DenseMap<OpOperand *, Values> inputs;
  for (OpOperand *operand : op.getDpsInputOperands())
    if (isTurned.contains(operand))
      inputs[operand] = turned(*operand, rowsLeft);
  Value start = ivs[*w];
  VectorType maskType = vectorOf(rewriter.getI1Type());
  for (int64_t row = 0; row < lanes; ++row) {
    Value rowMask = mask;
    if (rowsLeft) {
      // All lanes of a row, or none.
      Value exists = arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::slt,
                                           index(row), rowsLeft);
      rowMask = vector::BroadcastOp::create(rewriter, loc, maskType, exists);
      if (mask)
        rowMask = arith::AndIOp::create(rewriter, loc, rowMask, mask);
    }
    ivs[*w] = add(start, row);
    Values arguments;
    for (OpOperand &operand : op->getOpOperands()) {
      auto found = inputs.find(&operand);
      arguments.push_back(found == inputs.end() ? loadInSquare(operand, rowsLeft, rowMask)
                                                : found->second[row]);
    }
    store(arguments, 0, rowMask);
  }
  ivs[*w] = start;
}

/// A scalar beyond the extent is not there to be read: the last one is, in its place.
Value MapNest::loadInSquare(OpOperand &operand, Value rowsLeft, Value mask) {
  bool isScalar = !op.isScalar(&operand) && usesDim(operand, *w) && !usesDim(operand, v);
  if (!rowsLeft || !isScalar)
    return load(operand, 0, mask);
  AffineExpr at = rewriter.getAffineDimExpr(0), end = rewriter.getAffineSymbolExpr(0);
  AffineMap map = AffineMap::get(1, 1, {at, end - 1}, rewriter.getContext());
  Value kept = ivs[*w];
  ivs[*w] =
      affine::AffineMinOp::create(rewriter, loc, map, ValueRange{kept, extents[*w]});
  Value loaded = load(operand, 0, mask);
  ivs[*w] = kept;
  return loaded;
}

/// The square of an input that is contiguous along w, as vectors along v. Positions along
/// v beyond the extent are read at the last one.
NestBase::Values MapNest::turned(OpOperand &operand, Value rowsLeft) {
  VectorType type = vectorOf(memref(operand).getElementType());
  Value mask, zero;
  if (rowsLeft) {
    mask = vector::CreateMaskOp::create(rewriter, loc, vectorOf(rewriter.getI1Type()),
                                        rowsLeft);
    zero = arith::ConstantOp::create(rewriter, loc, rewriter.getZeroAttr(type));
  }
  AffineExpr d = rewriter.getAffineDimExpr(0), e = rewriter.getAffineSymbolExpr(0);
  Values rows, at = ivs;
  for (int64_t i = 0; i < lanes; ++i) {
    AffineMap map = AffineMap::get(1, 1, {d + i, e - 1}, rewriter.getContext());
    at[v] = affine::AffineMinOp::create(rewriter, loc, map,
                                        ValueRange{ivs[v], extents[v]});
    Values indices = indicesOf(operand, at);
    rows.push_back(mask ? vector::MaskedLoadOp::create(rewriter, loc, type, operand.get(),
                                                       indices, mask, zero)
                              .getResult()
                        : vector::LoadOp::create(rewriter, loc, type, operand.get(),
                                                 indices)
                              .getResult());
  }
  return transpose(std::move(rows));
}

/// A square of vectors transposed by exchanging off-diagonal blocks, halved each time.
NestBase::Values MapNest::transpose(Values rows) {
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      bool isUpper = lane & half;
      low.push_back(isUpper ? lanes + lane - half : lane);
      high.push_back(isUpper ? lanes + lane : lane + half);
    }
    for (int64_t i = 0; i < lanes; ++i) {
      if (i & half)
        continue;
      Value a = rows[i], b = rows[i + half];
      rows[i] = vector::ShuffleOp::create(rewriter, loc, a, b, low);
      rows[i + half] = vector::ShuffleOp::create(rewriter, loc, a, b, high);
    }
  }
  return rows;
}

} // namespace

LogicalResult lowerMapNest(RewriterBase &rewriter, linalg::GenericOp op,
                           const CpuTarget &target) {
  return MapNest(rewriter, op, target).run();
}

} // namespace lz::cpu
