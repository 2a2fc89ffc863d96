//===- GridTiling.cpp - make a kernel's body a loop over grid units -------===//
//
// Every output becomes an extract_slice of itself inside the loop; upstream's tiling
// interface replaces slices of results by tiled producers, from the outputs back to
// the inputs. Equal slices are merged, so a shared producer is computed once per tile.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/GridAnalysis.h"
#include "backends/cpu/codegen/GridForall.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"

using namespace mlir;

namespace lz::cpu {
namespace {

/// Linalg ops behind the returned values; empty if some output is made otherwise.
SmallVector<Root> findRoots(KernelFunc kernel, IRRewriter &rewriter) {
  SmallVector<Root> roots;
  Operation *terminator = kernel.func().getBody().front().getTerminator();
  for (OpOperand &operand : terminator->getOpOperands()) {
    Root root = findRoot(operand.get());
    if (!root.value || !isa<linalg::LinalgOp>(root.value.getOwner()) ||
        !llvm::all_of(root.views, [](Operation *view) { return view->hasOneUse(); }) ||
        llvm::any_of(roots, [&](const Root &r) { return r.value == root.value; }))
      return {};
    roots.push_back(std::move(root));
  }
  return roots;
}

} // namespace

Root findRoot(Value returned) {
  Root root;
  while (isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
      returned.getDefiningOp())) {
    root.views.push_back(returned.getDefiningOp());
    returned = root.views.back()->getOperand(0);
  }
  root.value = dyn_cast<OpResult>(returned);
  return root;
}

Value viewDestination(OpBuilder &b, Value dest, const Root &root) {
  for (Operation *view : root.views) {
    auto sourceType = cast<RankedTensorType>(view->getOperand(0).getType());
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(view)) {
      SmallVector<OpFoldResult> shape =
          tensor::getMixedSizes(b, view->getLoc(), collapse.getSrc());
      dest = tensor::ExpandShapeOp::create(b, view->getLoc(), sourceType, dest,
                                           collapse.getReassociationIndices(), shape);
    } else {
      auto expand = cast<tensor::ExpandShapeOp>(view);
      // The one that a body already writes to, so that there are not two of it.
      auto isSame = [&](Operation *user) {
        auto collapse = dyn_cast<tensor::CollapseShapeOp>(user);
        return collapse && collapse.getType() == sourceType &&
               collapse.getReassociation() == expand.getReassociation();
      };
      auto same = llvm::find_if(dest.getUsers(), isSame);
      if (same != dest.getUsers().end())
        dest = same->getResult(0);
      else
        dest = tensor::CollapseShapeOp::create(b, view->getLoc(), sourceType, dest,
                                               expand.getReassociationIndices());
    }
  }
  return dest;
}

namespace {

/// True for a dimension that every tile spans.
bool isWhole(const GridChoice &choice) {
  return choice.grid.sizes.empty() && choice.grid.tile >= choice.grid.extent;
}

class GridLoop {
public:
  GridLoop(KernelFunc kernel, IRRewriter &rewriter, ArrayRef<Root> roots,
           ArrayRef<GridChoice> choices)
      : kernel(kernel), rewriter(rewriter), roots(roots), choices(choices) {}

  /// Builds the loop, replaces the returned values; true if the units are independent,
  /// false if something is computed before the loop, so that one call must do all.
  FailureOr<bool> build(Value begin, Value end);

private:
  Value extent(const GridDim &dim);
  SmallVector<OpFoldResult> mixedSizes(Value tensor);
  void makeTileBounds(Value unit);
  void makeSlices(Block *body);
  void fuse();
  void resolveDims();
  bool fuseOne();
  bool isSelfContained();
  void finish();

  KernelFunc kernel;
  IRRewriter &rewriter;
  ArrayRef<Root> roots;
  ArrayRef<GridChoice> choices;
  scf::ForOp loop;
  SmallVector<Value> extents, counts, dests;
  SmallVector<OpFoldResult> offsets, sizes; // per choice
  SmallVector<tensor::InsertSliceOp> inserts;
};

Value GridLoop::extent(const GridDim &dim) {
  Location loc = kernel.func().getLoc();
  Value value = arith::ConstantIndexOp::create(rewriter, loc, dim.extent);
  for (unsigned size : dim.sizes)
    value = rewriter.createOrFold<arith::MulIOp>(loc, value, kernel.size(size));
  return value;
}

/// The sizes of a tensor, as kernel sizes where they are such.
SmallVector<OpFoldResult> GridLoop::mixedSizes(Value tensor) {
  SmallVector<OpFoldResult> result =
      tensor::getMixedSizes(rewriter, kernel.func().getLoc(), tensor);
  for (auto [dim, size] : llvm::enumerate(result)) {
    if (!isa<Value>(size))
      continue;
    std::optional<GridDim> known = extentOf(kernel, tensor, dim);
    if (known)
      size = extent(*known);
  }
  return result;
}

void GridLoop::makeTileBounds(Value unit) {
  Location loc = kernel.func().getLoc();
  AffineExpr d0 = rewriter.getAffineDimExpr(0), s0 = rewriter.getAffineSymbolExpr(0);
  SmallVector<Value> index(choices.size());
  Value rest = unit;
  // The first dimension that is split takes what is left of the unit's number.
  int first = 0;
  while (first + 1 < int(choices.size()) && isWhole(choices[first]))
    ++first;
  for (int i = choices.size() - 1; i > first; --i) {
    if (isWhole(choices[i]))
      continue;
    index[i] = arith::RemUIOp::create(rewriter, loc, rest, counts[i]);
    rest = arith::DivUIOp::create(rewriter, loc, rest, counts[i]);
  }
  index[first] = rest;
  for (auto [i, choice] : llvm::enumerate(choices)) {
    const GridDim &dim = choice.grid;
    bool isStatic = dim.sizes.empty();
    if (isWhole(choice)) {
      offsets.push_back(rewriter.getIndexAttr(0));
      sizes.push_back(rewriter.getIndexAttr(dim.extent));
      continue;
    }
    OpFoldResult offset = affine::makeComposedFoldedAffineApply(
        rewriter, loc, d0 * dim.tile, ArrayRef<OpFoldResult>{index[i]});
    offsets.push_back(offset);
    if (dim.tile == 1 || (isStatic && dim.extent % dim.tile == 0)) {
      sizes.push_back(rewriter.getIndexAttr(dim.tile));
      continue;
    }
    AffineMap map = AffineMap::get(
        1, 1, {rewriter.getAffineConstantExpr(dim.tile), s0 - d0}, rewriter.getContext());
    sizes.push_back(affine::makeComposedFoldedAffineMin(
        rewriter, loc, map, ArrayRef<OpFoldResult>{offset, OpFoldResult(extents[i])}));
  }
}

void GridLoop::makeSlices(Block *body) {
  Location loc = kernel.func().getLoc();
  SmallVector<Value> yields;
  OpFoldResult one = rewriter.getIndexAttr(1), zero = rewriter.getIndexAttr(0);
  for (auto [i, root] : llvm::enumerate(roots)) {
    auto type = cast<RankedTensorType>(root.value.getType());
    SmallVector<OpFoldResult> offset(type.getRank(), zero), stride(type.getRank(), one);
    SmallVector<OpFoldResult> size = mixedSizes(dests[i]);
    for (auto [c, choice] : llvm::enumerate(choices)) {
      offset[choice.dim] = offsets[c];
      size[choice.dim] = sizes[c];
    }
    Value iterArg = loop.getRegionIterArg(i);
    Value slice =
        tensor::ExtractSliceOp::create(rewriter, loc, root.value, offset, size, stride);
    auto insert = tensor::InsertSliceOp::create(rewriter, loc, slice, iterArg, offset,
                                                size, stride);
    inserts.push_back(insert);
    yields.push_back(insert);
  }
  scf::YieldOp::create(rewriter, loc, yields);
}

/// Replaces the last slice of something computed outside by a tiled computation.
bool GridLoop::fuseOne() {
  SmallVector<tensor::ExtractSliceOp> slices(
      loop.getBody()->getOps<tensor::ExtractSliceOp>());
  for (tensor::ExtractSliceOp slice : llvm::reverse(slices)) {
    auto producer = dyn_cast<OpResult>(slice.getSource());
    if (!producer || producer.getOwner()->getBlock() == loop.getBody())
      continue;
    rewriter.setInsertionPoint(slice);
    if (auto empty = dyn_cast<tensor::EmptyOp>(producer.getOwner())) {
      rewriter.replaceOpWithNewOp<tensor::EmptyOp>(
          slice, slice.getMixedSizes(), empty.getType().getElementType());
      return true;
    }
    if (!isa<TilingInterface>(producer.getOwner()))
      continue;
    FailureOr<TilingResult> tiled =
        tensor::replaceExtractSliceWithTiledProducer(rewriter, slice, producer);
    if (failed(tiled))
      continue;
    Value value = tiled->tiledValues[0];
    if (value.getType() != slice.getType())
      value = tensor::CastOp::create(rewriter, slice.getLoc(), slice.getType(), value);
    rewriter.replaceOp(slice, value);
    return true;
  }
  return false;
}

/// Tiling asks tensors for their dimensions. As sizes of the kernel they are the same
/// values everywhere, so that equal slices become equal.
void GridLoop::resolveDims() {
  SmallVector<tensor::DimOp> dims;
  kernel.func().walk([&](tensor::DimOp op) { dims.push_back(op); });
  for (tensor::DimOp op : dims) {
    std::optional<int64_t> index = op.getConstantIndex();
    std::optional<GridDim> known =
        index ? extentOf(kernel, op.getSource(), *index) : std::nullopt;
    if (!known)
      continue;
    rewriter.setInsertionPoint(op);
    rewriter.replaceOp(op, extent(*known));
  }
}

void GridLoop::fuse() {
  do {
    resolveDims();
    DominanceInfo dominance;
    eliminateCommonSubExpressions(rewriter, dominance, loop);
  } while (fuseOne());
  resolveDims();
  for (auto [i, dest] : llvm::enumerate(dests))
    rewriter.replaceUsesWithIf(dest, loop.getRegionIterArg(i), [&](OpOperand &use) {
      return loop.getBody()->findAncestorOpInBlock(*use.getOwner()) != nullptr;
    });
  DominanceInfo dominance;
  eliminateCommonSubExpressions(rewriter, dominance, loop);
}

bool GridLoop::isSelfContained() {
  WalkResult result = loop.getBody()->walk([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      Operation *def = operand.getDefiningOp();
      while (def && isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp,
                        tensor::ExtractSliceOp>(def))
        def = def->getOperand(0).getDefiningOp();
      if (def && isa<TensorType>(operand.getType()) && !loop->isAncestor(def) &&
          !isa<tensor::EmptyOp>(def))
        return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return !result.wasInterrupted();
}

void GridLoop::finish() {
  Operation *terminator = kernel.func().getBody().front().getTerminator();
  for (auto [i, root] : llvm::enumerate(roots)) {
    Value result = loop.getResult(i);
    rewriter.setInsertionPoint(terminator);
    for (Operation *view : llvm::reverse(root.views)) {
      IRMapping map;
      map.map(view->getOperand(0), result);
      result = rewriter.clone(*view, map)->getResult(0);
    }
    rewriter.modifyOpInPlace(terminator, [&] { terminator->setOperand(i, result); });
  }
  // What was fused is dead now.
  SmallVector<Operation *> ops;
  for (Operation &op : kernel.func().getBody().front())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    if (isOpTriviallyDead(op) || (op->use_empty() && isa<linalg::LinalgOp>(op)))
      rewriter.eraseOp(op);
}

FailureOr<bool> GridLoop::build(Value begin, Value end) {
  Location loc = kernel.func().getLoc();
  rewriter.setInsertionPoint(kernel.func().getBody().front().getTerminator());
  for (const GridChoice &choice : choices) {
    extents.push_back(extent(choice.grid));
    Value tile = arith::ConstantIndexOp::create(rewriter, loc, choice.grid.tile);
    counts.push_back(rewriter.createOrFold<arith::CeilDivUIOp>(loc, extents.back(), tile));
  }
  for (auto [i, root] : llvm::enumerate(roots))
    dests.push_back(viewDestination(rewriter, kernel.output(i), root));
  Value one = arith::ConstantIndexOp::create(rewriter, loc, 1);
  loop = scf::ForOp::create(rewriter, loc, begin, end, one, dests);
  rewriter.setInsertionPointToStart(loop.getBody());
  makeTileBounds(loop.getInductionVar());
  makeSlices(loop.getBody());
  fuse();
  finish();
  if (isSelfContained())
    return true;
  rewriter.setInsertionPoint(loop);
  Value total = counts[0];
  for (Value count : ArrayRef(counts).drop_front())
    total = arith::MulIOp::create(rewriter, loc, total, count);
  rewriter.modifyOpInPlace(loop, [&] {
    loop.setLowerBound(arith::ConstantIndexOp::create(rewriter, loc, 0));
    loop.setUpperBound(total);
  });
  return false;
}

} // namespace

LogicalResult tileToGrid(KernelFunc kernel, const CpuTarget &target, KernelPlan &plan) {
  func::FuncOp func = kernel.func();
  IRRewriter rewriter(func.getContext());
  Type index = rewriter.getIndexType();
  Block &body = func.getBody().front();
  auto type = func.getFunctionType();
  SmallVector<Type> inputs(type.getInputs());
  inputs.append({index, index});
  Value begin = body.addArgument(index, func.getLoc());
  Value end = body.addArgument(index, func.getLoc());
  if (ArrayAttr attrs = func.getArgAttrsAttr()) {
    SmallVector<Attribute> list(attrs.getValue());
    list.append(2, rewriter.getDictionaryAttr({}));
    func.setArgAttrsAttr(rewriter.getArrayAttr(list));
  }
  func.setFunctionType(rewriter.getFunctionType(inputs, type.getResults()));

  for (auto forall : body.getOps<scf::ForallOp>())
    return convertForall(kernel, rewriter, forall, begin, end, plan);
  SmallVector<Root> roots = findRoots(kernel, rewriter);
  if (roots.empty())
    return success();
  int64_t grain = 1;
  SmallVector<GridChoice> choices = chooseGrid(kernel, roots, target, grain);
  if (choices.empty())
    return success();
  FailureOr<bool> independent = GridLoop(kernel, rewriter, roots, choices).build(begin, end);
  if (failed(independent))
    return failure();
  if (!*independent)
    return success();
  for (const GridChoice &choice : choices)
    plan.grid.push_back(choice.grid);
  plan.grain = grain;
  return success();
}

} // namespace lz::cpu
