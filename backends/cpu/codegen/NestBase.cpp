//===- NestBase.cpp - what both kinds of vector nests are built from ------===//
//
// Loops are scf.for; addresses are affine expressions of their variables.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/NestBase.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace lz::cpu {

/// The buffer that a view is of: an argument, a slot on the stack, or, inside of a loop that
/// carries buffers, an unknown one.
static Value bufferOf(Value memref) {
  while (auto view = memref.getDefiningOp<ViewLikeOpInterface>())
    memref = view.getViewSource();
  return memref;
}

static bool isKnownBuffer(Value buffer) {
  if (auto argument = dyn_cast<BlockArgument>(buffer))
    return isa<func::FuncOp>(argument.getOwner()->getParentOp());
  return isa_and_nonnull<memref::AllocaOp>(buffer.getDefiningOp());
}

bool mayShare(Value memref, Value other) {
  Value buffer = bufferOf(memref), otherBuffer = bufferOf(other);
  return buffer == otherBuffer || !isKnownBuffer(buffer) || !isKnownBuffer(otherBuffer);
}

/// May `between` read or write the buffer?
static bool mayTouch(Operation *between, Value buffer) {
  if (isMemoryEffectFree(between))
    return false;
  WalkResult result = between->walk([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      if (!isa<MemRefType>(operand.getType()))
        continue;
      Value other = bufferOf(operand);
      if (other == buffer || !isKnownBuffer(other))
        return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return result.wasInterrupted();
}

NestBase::NestBase(RewriterBase &rewriter, linalg::GenericOp op, const CpuTarget &target)
    : rewriter(rewriter), op(op), target(target), loc(op.getLoc()),
      ranges(op.getStaticLoopRanges()) {}

void NestBase::makeExtents() {
  auto linalgOp = cast<linalg::LinalgOp>(op.getOperation());
  for (Range range : linalgOp.createLoopRanges(rewriter, loc))
    extents.push_back(getValueOrCreateConstantIndexOp(rewriter, loc, range.size));
}

Value NestBase::index(int64_t value) {
  return arith::ConstantIndexOp::create(rewriter, loc, value);
}

Value NestBase::add(Value a, int64_t b) {
  if (b == 0)
    return a;
  AffineExpr sum = rewriter.getAffineDimExpr(0) + b;
  return getValueOrCreateConstantIndexOp(
      rewriter, loc,
      affine::makeComposedFoldedAffineApply(rewriter, loc, sum, {OpFoldResult(a)}));
}

bool NestBase::isReduction(unsigned dim) const {
  linalg::GenericOp generic = op;
  return generic.getIteratorTypesArray()[dim] == utils::IteratorType::reduction;
}

bool NestBase::usesDim(OpOperand &operand, unsigned dim) const {
  linalg::GenericOp generic = op;
  return generic.getMatchingIndexingMap(&operand).isFunctionOfDim(dim);
}

MemRefType NestBase::memref(OpOperand &operand) const {
  return dyn_cast<MemRefType>(operand.get().getType());
}

bool NestBase::isContiguous(OpOperand &operand, unsigned dim) const {
  linalg::GenericOp generic = op;
  AffineMap map = generic.getMatchingIndexingMap(&operand);
  if (map.getNumResults() == 0 || !memref(operand) ||
      !memref(operand).isLastDimUnitStride())
    return false;
  for (AffineExpr expr : map.getResults().drop_back())
    if (expr.isFunctionOfDim(dim))
      return false;
  // d_v, or d_v plus something else.
  AffineExpr last = map.getResults().back();
  AffineExpr rest = simplifyAffineExpr(last - getAffineDimExpr(dim, last.getContext()),
                                       map.getNumDims(), 0);
  return !rest.isFunctionOfDim(dim);
}

NestBase::Values NestBase::indicesOf(OpOperand &operand, ArrayRef<Value> ivs) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  SmallVector<OpFoldResult> operands(ivs.begin(), ivs.end());
  Values indices;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    indices.push_back(getValueOrCreateConstantIndexOp(
        rewriter, loc,
        affine::makeComposedFoldedAffineApply(rewriter, loc, map.getSubMap({i}), operands)));
  return indices;
}

void NestBase::forLoop(Value low, Value high, int64_t step, BodyFn body) {
  auto loop = scf::ForOp::create(rewriter, loc, low, high, index(step));
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(loop.getBody()->getTerminator());
  body(loop.getInductionVar());
}

NestBase::Values NestBase::reduceLoop(Value low, Value high, int64_t step, ValueRange init,
                                      CarryFn body) {
  auto loop = scf::ForOp::create(rewriter, loc, low, high, index(step), init);
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPointToStart(loop.getBody());
  Values results = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(rewriter, loc, results);
  return Values(loop.getResults());
}

Value NestBase::widen(Value value) {
  if (isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(rewriter, loc, vectorOf(value.getType()), value);
}

/// Each lane has an accumulator of its own, so nothing is won by another order; blocks that
/// LLVM reassociates differently would give different sums for equal inputs.
static void keepOrder(Operation *op) {
  auto math = dyn_cast<arith::ArithFastMathInterface>(op);
  if (!math || !math.getFastMathFlagsAttr())
    return;
  auto flags = math.getFastMathFlagsAttr().getValue() & ~arith::FastMathFlags::reassoc;
  op->setAttr(math.getFastMathAttrName(),
              arith::FastMathFlagsAttr::get(op->getContext(), flags));
}

NestBase::Values NestBase::evaluate(ArrayRef<Value> arguments,
                                    function_ref<Value(unsigned)> indexOf) {
  IRMapping map;
  map.map(op.getBody()->getArguments(), arguments);
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
      map.map(constant.getResult(), widen(rewriter.clone(inner)->getResult(0)));
      continue;
    }
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      map.map(index.getResult(), indexOf(index.getDim()));
      continue;
    }
    Values operands;
    for (Value operand : inner.getOperands())
      operands.push_back(widen(map.lookupOrDefault(operand)));
    OperationState state(loc, inner.getName(), operands,
                         vectorOf(inner.getResult(0).getType()), inner.getAttrs());
    Operation *made = rewriter.create(state);
    keepOrder(made);
    map.map(inner.getResult(0), made->getResult(0));
  }
  Values yielded;
  for (Value value : op.getBody()->getTerminator()->getOperands())
    yielded.push_back(widen(map.lookupOrDefault(value)));
  return yielded;
}

Value NestBase::takeFill() {
  OpOperand &out = *op.getDpsInitOperand(0);
  Value buffer = bufferOf(out.get());
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim)
    if (!isReduction(dim) && !usesDim(out, dim))
      return nullptr;
  if (!isKnownBuffer(buffer))
    return nullptr;
  for (Operation *before = op->getPrevNode(); before; before = before->getPrevNode()) {
    auto fill = dyn_cast<linalg::FillOp>(before);
    if (fill && fill.getOutputs()[0] == out.get()) {
      Value value = fill.getInputs()[0];
      rewriter.eraseOp(fill);
      return value;
    }
    if (mayTouch(before, buffer))
      return nullptr;
  }
  return nullptr;
}

Value NestBase::maskOf(unsigned dim, Value start) {
  Value rest = arith::SubIOp::create(rewriter, loc, extents[dim], start);
  return vector::CreateMaskOp::create(rewriter, loc, vectorOf(rewriter.getI1Type()), rest);
}

void NestBase::forBlocks(unsigned dim, int64_t most, BlockFn body) {
  int64_t extent = ranges[dim];
  if (!ShapedType::isDynamic(extent)) {
    if (extent == 0)
      return;
    int64_t count = llvm::divideCeil(extent, most);
    int64_t size = llvm::divideCeil(extent, count), full = extent / size * size;
    if (full == size)
      body(index(0), size);
    else
      forLoop(index(0), index(full), size, [&](Value iv) { body(iv, size); });
    if (full != extent)
      body(index(full), extent - full);
    return;
  }
  // [start, extent) in blocks of `size`, for falling sizes.
  Value start = index(0);
  for (int64_t size = most; size > 0; size = size > 2 ? 2 : size - 1) {
    AffineExpr s = rewriter.getAffineSymbolExpr(0), e = rewriter.getAffineSymbolExpr(1);
    OpFoldResult end = affine::makeComposedFoldedAffineApply(
        rewriter, loc, s + (e - s).floorDiv(size) * size,
        {OpFoldResult(start), OpFoldResult(extents[dim])});
    Value endValue = getValueOrCreateConstantIndexOp(rewriter, loc, end);
    forLoop(start, endValue, size, [&](Value iv) { body(iv, size); });
    start = endValue;
  }
}

} // namespace lz::cpu
