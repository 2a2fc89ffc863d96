//===- Cleanup.cpp - rewrites of a lowered function -----------------------===//
//
// Computes what a tensor.extract reads in the place where it is read.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Cleanup.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace lz::cpu {

/// True if each element of the generic's result is a function of its indices and
/// of operands other than its destination.
static bool isPointwise(linalg::GenericOp generic) {
  if (generic.getNumResults() != 1 ||
      generic.getNumParallelLoops() != generic.getNumLoops())
    return false;
  AffineMap out = generic.getIndexingMapsArray().back();
  return out.isPermutation() && generic.getRegionOutputArgs()[0].use_empty();
}

/// Element `map(loops)` of an operand, loaded.
static Value extractOperand(OpBuilder &b, Location loc, Value operand,
                            AffineMap map, ArrayRef<Value> loops) {
  SmallVector<Value> indices;
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      indices.push_back(loops[dim.getPosition()]);
      continue;
    }
    auto single = AffineMap::get(map.getNumDims(), 0, expr);
    indices.push_back(affine::AffineApplyOp::create(b, loc, single, loops));
  }
  return tensor::ExtractOp::create(b, loc, operand, indices);
}

/// Computes the element that `extract` reads by a copy of the generic's body.
static Value inlineElement(tensor::ExtractOp extract, linalg::GenericOp generic) {
  OpBuilder b(extract);
  Location loc = extract.getLoc();
  SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
  SmallVector<Value> loops(generic.getNumLoops());
  for (auto [i, expr] : llvm::enumerate(maps.back().getResults()))
    loops[cast<AffineDimExpr>(expr).getPosition()] = extract.getIndices()[i];

  IRMapping mapping;
  for (auto [i, argument] : llvm::enumerate(generic.getRegionInputArgs()))
    if (!argument.use_empty())
      mapping.map(argument, extractOperand(b, loc, generic.getInputs()[i], maps[i],
                                           loops));
  for (Operation &op : generic.getBody()->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      mapping.map(index.getResult(), loops[index.getDim()]);
    else
      b.clone(op, mapping);
  }
  Value yielded = generic.getBody()->getTerminator()->getOperand(0);
  return mapping.lookupOrDefault(yielded);
}

/// The element that `extract` reads, computed; null if its tensor is not
/// pointwise.
static Value elementOf(tensor::ExtractOp extract) {
  if (auto fill = extract.getTensor().getDefiningOp<linalg::FillOp>())
    return fill.getInputs()[0];
  auto generic = extract.getTensor().getDefiningOp<linalg::GenericOp>();
  return generic && isPointwise(generic) ? inlineElement(extract, generic)
                                         : Value();
}

static bool isUnused(Operation *op) {
  return op->use_empty() && isa<linalg::LinalgOp, tensor::EmptyOp>(op);
}

void inlinePointwiseReads(func::FuncOp func) {
  bool changed = true;
  while (changed) {
    changed = false;
    SmallVector<tensor::ExtractOp> extracts;
    func.walk([&](tensor::ExtractOp extract) { extracts.push_back(extract); });
    for (tensor::ExtractOp extract : extracts) {
      Value element = elementOf(extract);
      if (!element)
        continue;
      extract.replaceAllUsesWith(element);
      extract.erase();
      changed = true;
    }
    // Backwards, so that what a dead op alone used is dead when it is reached.
    for (Operation &op : llvm::make_early_inc_range(
             llvm::reverse(func.getBody().front().getOperations())))
      if (isUnused(&op))
        op.erase();
  }
}

} // namespace lz::cpu
