//===- LowerToLoops.cpp - linalg on memrefs to loops ----------------------===//
//
// Contractions and column reductions get register-tiled vector loops (VectorNest.h). All
// else becomes scalar loops, ordered so that the innermost one walks memory contiguously,
// for LLVM's loop vectorizer.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Stages.h"
#include "backends/cpu/codegen/VectorNest.h"
#include "backends/cpu/codegen/math/ExpandMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace lz::cpu {
namespace {

/// Copies become generics, so that no call to memcpy is made of them.
void convertCopies(IRRewriter &rewriter, func::FuncOp func) {
  SmallVector<memref::CopyOp> copies;
  func.walk([&](memref::CopyOp op) { copies.push_back(op); });
  for (memref::CopyOp op : copies) {
    rewriter.setInsertionPoint(op);
    auto type = cast<MemRefType>(op.getSource().getType());
    AffineMap id = rewriter.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> iterators(type.getRank(),
                                               utils::IteratorType::parallel);
    linalg::GenericOp::create(rewriter, op.getLoc(), op.getSource(), op.getTarget(),
                              ArrayRef<AffineMap>{id, id}, iterators,
                              [](OpBuilder &b, Location loc, ValueRange args) {
                                linalg::YieldOp::create(b, loc, args[0]);
                              });
    rewriter.eraseOp(op);
  }
}

/// How well loop `dim` walks memory when it is the innermost one. One operand read in strides
/// outweighs several that are not: each vector of it is gathered.
int contiguity(linalg::LinalgOp op, unsigned dim) {
  constexpr int kStrided = -8;
  int score = 0;
  for (OpOperand &operand : op->getOpOperands()) {
    if (op.isScalar(&operand))
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    int weight = op.isDpsInit(&operand) ? 3 : 2;
    for (auto [j, expr] : llvm::enumerate(map.getResults())) {
      if (!expr.isFunctionOfDim(dim))
        continue;
      bool unit = j + 1 == map.getNumResults() &&
                  isa<AffineDimExpr>(expr) &&
                  cast<MemRefType>(operand.get().getType()).isLastDimUnitStride();
      score += unit ? weight : kStrided * weight;
    }
  }
  return score;
}

/// Parallel loops outside, the most contiguous loop innermost.
FailureOr<linalg::LinalgOp> orderLoops(IRRewriter &rewriter, linalg::LinalgOp op) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic || op.getNumLoops() < 2)
    return op;
  SmallVector<unsigned> order;
  for (auto kind : {utils::IteratorType::parallel, utils::IteratorType::reduction})
    for (auto [i, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
      if (iterator == kind)
        order.push_back(i);
  unsigned best = order.back();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto rank = [&](unsigned dim) {
    return ranges[dim] == 1 ? -100 : contiguity(op, dim);
  };
  for (unsigned dim : llvm::reverse(order))
    if (rank(dim) > rank(best))
      best = dim;
  llvm::erase(order, best);
  order.push_back(best);
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::GenericOp> moved =
      linalg::interchangeGenericOp(rewriter, generic, order);
  if (failed(moved))
    return op;
  return cast<linalg::LinalgOp>(moved->getOperation());
}

LogicalResult lowerOp(IRRewriter &rewriter, linalg::LinalgOp op, const CpuTarget &target) {
  rewriter.setInsertionPoint(op);
  if (isa<linalg::FillOp>(op))
    op = *linalg::generalizeNamedOp(rewriter, op);
  if (succeeded(lowerToVectorNest(rewriter, op, target)))
    return success();
  FailureOr<linalg::LinalgOp> ordered = orderLoops(rewriter, op);
  rewriter.setInsertionPoint(*ordered);
  if (failed(linalg::linalgOpToLoops(rewriter, *ordered)))
    return (*ordered)->emitError("internal error: no loops for this operation");
  rewriter.eraseOp(*ordered);
  return success();
}

/// The first fill, or the first other op: with one of them what follows may be done too.
linalg::LinalgOp findFirst(func::FuncOp func, bool fills) {
  linalg::LinalgOp first;
  func.walk([&](linalg::LinalgOp op) {
    if (isa<linalg::FillOp>(op) != fills)
      return WalkResult::advance();
    first = op;
    return WalkResult::interrupt();
  });
  return first;
}

/// Vectors that a kernel was written with are moved by plain loads and stores.
void lowerTransfers(func::FuncOp func) {
  RewritePatternSet patterns(func.getContext());
  vector::populateVectorTransferLoweringPatterns(patterns, /*maxTransferRank=*/1);
  walkAndApplyPatterns(func, std::move(patterns));
}

/// One byte per boolean: memory of i1 becomes i8, values stay i1. LLVM's vectorizer
/// refuses loads and stores of i1.
void widenBooleans(IRRewriter &rewriter, func::FuncOp func) {
  auto widen = [&](Value value) {
    auto type = dyn_cast<MemRefType>(value.getType());
    if (type && type.getElementType().isInteger(1))
      value.setType(MemRefType::Builder(type).setElementType(rewriter.getI8Type()));
  };
  SmallVector<Operation *> accesses;
  func.walk([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArguments(), widen);
    llvm::for_each(op->getResults(), widen);
    auto load = dyn_cast<memref::LoadOp>(op);
    auto store = dyn_cast<memref::StoreOp>(op);
    if ((load && load.getType().isInteger(1)) ||
        (store && store.getValue().getType().isInteger(1)))
      accesses.push_back(op);
  });
  SmallVector<Type> inputs;
  for (BlockArgument arg : func.getArguments())
    inputs.push_back(arg.getType());
  func.setFunctionType(rewriter.getFunctionType(inputs, {}));
  for (Operation *op : accesses) {
    rewriter.setInsertionPoint(op);
    if (auto store = dyn_cast<memref::StoreOp>(op)) {
      Value wide = arith::ExtUIOp::create(rewriter, op->getLoc(), rewriter.getI8Type(),
                                          store.getValue());
      store.getValueMutable().assign(wide);
      continue;
    }
    auto load = cast<memref::LoadOp>(op);
    load.getResult().setType(rewriter.getI8Type());
    rewriter.setInsertionPointAfter(op);
    Value zero = arith::ConstantIntOp::create(rewriter, op->getLoc(), 0, 8);
    Value narrow = arith::CmpIOp::create(rewriter, op->getLoc(), arith::CmpIPredicate::ne,
                                         load, zero);
    load.getResult().replaceAllUsesExcept(narrow, narrow.getDefiningOp());
  }
}

} // namespace

LogicalResult lowerToLoops(func::FuncOp func, const CpuTarget &target) {
  IRRewriter rewriter(func.getContext());
  convertCopies(rewriter, func);
  if (failed(expandMath(func)))
    return failure();
  // Fills last, for a reduction may start from the value instead.
  for (bool fills : {false, true})
    while (linalg::LinalgOp op = findFirst(func, fills))
      if (failed(lowerOp(rewriter, op, target)))
        return failure();
  lowerTransfers(func);
  widenBooleans(rewriter, func);
  return success();
}

} // namespace lz::cpu
