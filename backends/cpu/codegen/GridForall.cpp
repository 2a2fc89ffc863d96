//===- GridForall.cpp - a hand-written loop as a kernel's grid ------------===//
//
// The loop becomes one over the numbers of its points. A product of rows that it computes, and
// elementwise ops on results, are moved into it first, by upstream's fusion of consumers.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/GridForall.h"

#include "backends/cpu/codegen/GridAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace lz::cpu {
namespace {

/// True if all that a kernel returns is what the loop computes, in place.
bool computesAll(scf::ForallOp forall) {
  Operation *terminator = forall->getBlock()->getTerminator();
  return llvm::all_of(terminator->getOperands(), [&](Value value) {
    OpResult result = findRoot(value).value;
    // Made in place: behind views of its destination is an argument of the kernel.
    return result && result.getOwner() == forall &&
           !findRoot(forall.getTiedOpOperand(result)->get()).value;
  });
}

/// An elementwise op that reads what the loop computes, one element for one.
linalg::GenericOp findEpilog(scf::ForallOp forall) {
  for (Value result : forall.getResults()) {
    if (!result.hasOneUse())
      continue;
    auto user = dyn_cast<linalg::GenericOp>(*result.user_begin());
    if (user && user->getBlock() == forall->getBlock() &&
        user.getNumReductionLoops() == 0 && user.getNumDpsInits() == 1 &&
        user.getMatchingIndexingMap(&*result.use_begin()).isIdentity() &&
        user.getMatchingIndexingMap(user.getDpsInitOperand(0)).isIdentity())
      return user;
  }
  return nullptr;
}

/// Does each iteration write the whole of these axes of the result?
bool writesWhole(scf::ForallOp forall, OpResult result, ArrayRef<unsigned> axes) {
  BlockArgument argument = forall.getTiedBlockArgument(forall.getTiedOpOperand(result));
  auto type = cast<RankedTensorType>(result.getType());
  return llvm::all_of(forall.getCombiningOps(argument), [&](Operation *writer) {
    auto insert = dyn_cast<tensor::ParallelInsertSliceOp>(writer);
    return insert && llvm::all_of(axes, [&](unsigned axis) {
             return isZeroInteger(insert.getMixedOffsets()[axis]) &&
                    getConstantIntValue(insert.getMixedSizes()[axis]) == type.getDimSize(axis);
           });
  });
}

/// Does `user` sum over axes of `use` which each iteration writes whole, and over nothing else?
bool multipliesRows(scf::ForallOp forall, OpOperand &use, linalg::GenericOp user) {
  AffineMap map = user.getMatchingIndexingMap(&use);
  if (!user.isDpsInput(&use) || !map.isProjectedPermutation())
    return false;
  SmallVector<unsigned> axes;
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (user.getIteratorTypesArray()[map.getDimPosition(axis)] ==
        utils::IteratorType::reduction)
      axes.push_back(axis);
  return axes.size() == user.getNumReductionLoops() &&
         writesWhole(forall, cast<OpResult>(use.get()), axes);
}

/// A product of rows of what the loop computes.
linalg::GenericOp findProduct(scf::ForallOp forall) {
  for (OpResult result : forall.getResults()) {
    if (!result.hasOneUse())
      continue;
    OpOperand &use = *result.use_begin();
    auto user = dyn_cast<linalg::GenericOp>(use.getOwner());
    if (user && user->getBlock() == forall->getBlock() && isContraction(user) &&
        multipliesRows(forall, use, user))
      return user;
  }
  return nullptr;
}

/// Slices that fusion leaves behind would be reads of the destinations.
void eraseDead(IRRewriter &rewriter, Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      rewriter.eraseOp(&op);
}

/// What is returned is computed into its destination.
void useDestination(KernelFunc kernel, IRRewriter &rewriter, linalg::GenericOp epilog) {
  Operation *terminator = epilog->getBlock()->getTerminator();
  for (OpOperand &operand : terminator->getOpOperands()) {
    Root root = findRoot(operand.get());
    if (root.value != epilog.getResult(0))
      continue;
    rewriter.setInsertionPoint(epilog);
    Value dest = viewDestination(rewriter, kernel.output(operand.getOperandNumber()), root);
    rewriter.modifyOpInPlace(epilog, [&] { epilog.getDpsInitsMutable()[0].set(dest); });
    return;
  }
}

/// Moves elementwise ops on the results into the loop; the loop that then stands there.
scf::ForallOp fuseEpilogs(KernelFunc kernel, IRRewriter &rewriter, scf::ForallOp forall) {
  while (linalg::GenericOp epilog = findEpilog(forall)) {
    useDestination(kernel, rewriter, epilog);
    LoopLikeOpInterface loop = forall;
    FailureOr<scf::SCFFuseConsumerOfSliceResult> fused =
        scf::tileAndFuseConsumer(rewriter, epilog, loop);
    if (failed(fused))
      break;
    forall = cast<scf::ForallOp>(loop.getOperation());
    if (epilog->use_empty())
      rewriter.eraseOp(epilog);
    eraseDead(rewriter, *forall.getBody());
  }
  return forall;
}

/// Moves a product of rows of the results into the loop, and what its sums start from.
scf::ForallOp fuseProduct(KernelFunc kernel, IRRewriter &rewriter, scf::ForallOp forall) {
  linalg::GenericOp product = findProduct(forall);
  auto fill = product ? product.getDpsInits()[0].getDefiningOp<linalg::FillOp>() : nullptr;
  if (!fill || !fill->hasOneUse())
    return forall;
  auto startFrom = [&](linalg::GenericOp op, Value initial) {
    rewriter.modifyOpInPlace(op, [&] { op.getDpsInitsMutable()[0].set(initial); });
  };
  startFrom(product, fill.getOutputs()[0]);
  useDestination(kernel, rewriter, product);
  LoopLikeOpInterface loop = forall;
  FailureOr<scf::SCFFuseConsumerOfSliceResult> fused =
      scf::tileAndFuseConsumer(rewriter, product, loop);
  if (failed(fused)) {
    startFrom(product, fill.getResult(0));
    return forall;
  }
  forall = cast<scf::ForallOp>(loop.getOperation());
  for (Operation *tiled : fused->tiledOps) {
    auto part = cast<linalg::GenericOp>(tiled);
    rewriter.setInsertionPoint(part);
    startFrom(part, linalg::FillOp::create(rewriter, part.getLoc(), fill.getInputs()[0],
                                           part.getDpsInits()[0])
                        .getResult(0));
  }
  rewriter.eraseOp(fill);
  if (product->use_empty())
    rewriter.eraseOp(product);
  eraseDead(rewriter, *forall.getBody());
  return forall;
}

/// Puts the grid of a hand-written loop into the plan; its extents as values.
FailureOr<SmallVector<Value>> readGrid(KernelFunc kernel, IRRewriter &rewriter,
                                       scf::ForallOp forall, KernelPlan &plan) {
  SmallVector<Value> counts;
  unsigned first = kernel.numInputs() + kernel.numOutputs();
  for (OpFoldResult bound : forall.getMixedUpperBound()) {
    GridDim dim;
    if (std::optional<int64_t> constant = getConstantIntValue(bound)) {
      dim.extent = *constant;
    } else {
      auto arg = dyn_cast<BlockArgument>(cast<Value>(bound));
      if (!arg || arg.getOwner() != &kernel.func().getBody().front() ||
          arg.getArgNumber() < first)
        return forall.emitOpError("has a bound that is neither constant nor a size");
      dim.sizes.push_back(arg.getArgNumber() - first);
    }
    plan.grid.push_back(dim);
    counts.push_back(getValueOrCreateConstantIndexOp(rewriter, forall.getLoc(), bound));
  }
  return counts;
}

/// Parts of a destination that nobody reads as a whole are temporaries of one point.
void shrinkDestination(IRRewriter &rewriter, BlockArgument destination) {
  for (Operation *user : llvm::make_early_inc_range(destination.getUsers())) {
    auto part = dyn_cast<tensor::ExtractSliceOp>(user);
    if (!part)
      continue;
    rewriter.setInsertionPoint(part);
    llvm::SmallBitVector dropped = part.getDroppedDims();
    SmallVector<Value> extents;
    unsigned axis = 0;
    for (auto [i, size] : llvm::enumerate(part.getMixedSizes())) {
      if (dropped.test(i))
        continue;
      if (part.getType().isDynamicDim(axis++))
        extents.push_back(getValueOrCreateConstantIndexOp(rewriter, part.getLoc(), size));
    }
    rewriter.replaceOpWithNewOp<tensor::EmptyOp>(part, part.getType(), extents);
  }
}

/// Moves the body of `forall` into `loop` over the numbers of its points. What nobody
/// reads of its results is not written.
void moveBody(IRRewriter &rewriter, scf::ForallOp forall, scf::ForOp loop,
              ArrayRef<Value> counts) {
  Location loc = forall.getLoc();
  rewriter.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> replacements(counts.size());
  Value rest = loop.getInductionVar();
  for (int i = counts.size() - 1; i > 0; --i) {
    replacements[i] = arith::RemUIOp::create(rewriter, loc, rest, counts[i]);
    rest = arith::DivUIOp::create(rewriter, loc, rest, counts[i]);
  }
  replacements[0] = rest;
  SmallVector<Value> yields(loop.getRegionIterArgs());
  unsigned live = 0;
  llvm::DenseMap<Value, unsigned> numbers;
  for (auto [i, result] : llvm::enumerate(forall.getResults())) {
    if (!result.use_empty())
      numbers[forall.getRegionIterArgs()[i]] = live;
    else if (forall.getOutputs()[i].getDefiningOp<tensor::EmptyOp>())
      shrinkDestination(rewriter, forall.getRegionIterArgs()[i]);
    replacements.push_back(result.use_empty() ? forall.getOutputs()[i]
                                              : loop.getRegionIterArg(live++));
  }
  scf::InParallelOp parallel = forall.getTerminator();
  SmallVector<std::pair<tensor::ParallelInsertSliceOp, unsigned>> inserts;
  for (auto insert : parallel.getBody()->getOps<tensor::ParallelInsertSliceOp>())
    if (auto number = numbers.find(insert.getDest()); number != numbers.end())
      inserts.push_back({insert, number->second});
  rewriter.mergeBlocks(forall.getBody(), loop.getBody(), replacements);
  rewriter.setInsertionPoint(parallel);
  for (auto [insert, number] : inserts)
    yields[number] = tensor::InsertSliceOp::create(
        rewriter, insert.getLoc(), insert.getSource(), yields[number],
        insert.getMixedOffsets(), insert.getMixedSizes(), insert.getMixedStrides());
  rewriter.eraseOp(parallel);
  rewriter.setInsertionPointToEnd(loop.getBody());
  scf::YieldOp::create(rewriter, loc, yields);
}

} // namespace

LogicalResult convertForall(KernelFunc kernel, IRRewriter &rewriter, scf::ForallOp forall,
                            Value begin, Value end, KernelPlan &plan) {
  if (auto grain = forall->getAttrOfType<IntegerAttr>(kGrainAttr))
    plan.grain = grain.getInt();
  forall = fuseProduct(kernel, rewriter, forall);
  forall = fuseEpilogs(kernel, rewriter, forall);
  Location loc = forall.getLoc();
  bool isGrid = computesAll(forall);
  if (!forall.isNormalized())
    return forall.emitOpError("must run from 0 in steps of 1 to be a kernel's grid");
  rewriter.setInsertionPoint(forall);
  FailureOr<SmallVector<Value>> counts = readGrid(kernel, rewriter, forall, plan);
  if (failed(counts))
    return failure();
  Value one = arith::ConstantIndexOp::create(rewriter, loc, 1);
  if (!isGrid) {
    plan.grid.clear();
    begin = arith::ConstantIndexOp::create(rewriter, loc, 0);
    end = one;
    for (Value count : *counts)
      end = arith::MulIOp::create(rewriter, loc, end, count);
  }
  SmallVector<Value> outs;
  for (auto [result, out] : llvm::zip_equal(forall.getResults(), forall.getOutputs()))
    if (!result.use_empty())
      outs.push_back(out);
  auto loop = scf::ForOp::create(rewriter, loc, begin, end, one, outs);
  moveBody(rewriter, forall, loop, *counts);
  unsigned live = 0;
  for (Value result : forall.getResults())
    if (!result.use_empty())
      rewriter.replaceAllUsesWith(result, loop.getResult(live++));
  rewriter.eraseOp(forall);
  return success();
}

} // namespace lz::cpu
