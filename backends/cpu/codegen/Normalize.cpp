//===- Normalize.cpp - one form for every kernel body ---------------------===//
//
// Named linalg ops become generics, elementwise chains become one generic, and
// fast-math flags are set where they let reductions vectorize without touching the
// meaning of infinities and NaNs.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Stages.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace lz::cpu {
namespace {

bool yieldsBlockArgument(linalg::GenericOp op) {
  return llvm::hasSingleElement(*op.getBody());
}

bool isCheap(linalg::GenericOp op) {
  unsigned count = 0;
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (isa_and_nonnull<math::MathDialect>(inner.getDialect()) ||
        isa<arith::DivFOp, arith::RemFOp, tensor::ExtractOp>(inner) ||
        inner.getNumRegions() != 0)
      return false;
    ++count;
  }
  return count <= 3;
}

/// Fuse where nothing is computed twice, or where that costs next to nothing.
bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!producer || !consumer)
    return false;
  // What updates a tensor in place is to do so once.
  if (llvm::any_of(producer.getRegionOutputArgs(),
                   [](BlockArgument arg) { return !arg.use_empty(); }))
    return false;
  if (yieldsBlockArgument(producer))
    return true;
  if (isContraction(consumer))
    return false;
  bool reduces = consumer.getNumReductionLoops() != 0;
  // An element read again and again by a loop it does not depend on.
  bool repeated = consumer.getMatchingIndexingMap(operand).getNumResults() <
                  consumer.getNumLoops() - (reduces ? consumer.getNumReductionLoops() : 0);
  if (repeated && !isCheap(producer))
    return false;
  auto result = cast<OpResult>(operand->get());
  return result.hasOneUse() || isCheap(producer);
}

void addFlags(Operation *op, arith::FastMathFlags flags) {
  auto iface = dyn_cast<arith::ArithFastMathInterface>(op);
  if (!iface)
    return;
  arith::FastMathFlags old = iface.getFastMathFlagsAttr()
                                 ? iface.getFastMathFlagsAttr().getValue()
                                 : arith::FastMathFlags::none;
  op->setAttr(iface.getFastMathAttrName(),
              arith::FastMathFlagsAttr::get(op->getContext(), old | flags));
}

void setFastMath(func::FuncOp func) {
  using Flags = arith::FastMathFlags;
  func.walk([](Operation *op) {
    if (isa<arith::ArithDialect>(op->getDialect()))
      addFlags(op, Flags::contract);
    // No framework says which of two zeros is the greater, and to order them takes instructions.
    if (isa<arith::MaximumFOp, arith::MinimumFOp>(op))
      addFlags(op, Flags::nsz);
  });
  func.walk([](linalg::GenericOp op) {
    if (op.getNumReductionLoops() == 0)
      return;
    for (BlockArgument acc : op.getRegionOutputArgs())
      for (Operation *user : acc.getUsers())
        if (isa<arith::AddFOp, arith::MulFOp>(user))
          addFlags(user, Flags::contract | Flags::reassoc | Flags::nsz);
  });
}

/// Dimensions of arguments are the kernel's sizes: one value for each, everywhere.
struct DimOfArgument : OpRewritePattern<tensor::DimOp> {
  DimOfArgument(KernelFunc kernel)
      : OpRewritePattern(kernel.func().getContext()), kernel(kernel) {}
  LogicalResult matchAndRewrite(tensor::DimOp op, PatternRewriter &rewriter) const override {
    auto arg = dyn_cast<BlockArgument>(op.getSource());
    std::optional<int64_t> dim = op.getConstantIndex();
    if (!arg || !dim || arg.getOwner() != &kernel.func().getBody().front())
      return failure();
    int64_t size = kernel.sizeOfDim(arg.getArgNumber(), *dim);
    if (size < 0)
      return failure();
    rewriter.replaceOp(op, kernel.size(size));
    return success();
  }
  KernelFunc kernel;
};

/// Named ops become generics; fills stay, for what they say about their contents.
struct GeneralizeNamed : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::LinalgOp op, PatternRewriter &rewriter) const override {
    if (isa<linalg::GenericOp, linalg::FillOp>(op.getOperation()))
      return failure();
    return linalg::generalizeNamedOp(rewriter, op);
  }
};

/// A loop nest over nothing leaves its destinations as they are.
struct DropEmptyLoops : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::LinalgOp op, PatternRewriter &rewriter) const override {
    if (!llvm::is_contained(op.getStaticLoopRanges(), 0))
      return failure();
    rewriter.replaceOp(op, op.getDpsInits());
    return success();
  }
};

} // namespace

bool isContraction(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumReductionLoops() == 0 ||
      generic.getNumDpsInputs() != 2 || generic.getNumDpsInits() != 1)
    return false;
  Value yielded = generic.getBody()->getTerminator()->getOperand(0);
  Operation *add = yielded.getDefiningOp();
  if (!add || !isa<arith::AddFOp, arith::AddIOp>(add))
    return false;
  BlockArgument acc = generic.getBody()->getArgument(2);
  Value product = add->getOperand(0) == acc   ? add->getOperand(1)
                  : add->getOperand(1) == acc ? add->getOperand(0)
                                              : Value();
  Operation *mul = product ? product.getDefiningOp() : nullptr;
  if (!mul || !isa<arith::MulFOp, arith::MulIOp>(mul))
    return false;
  llvm::SmallPtrSet<Value, 2> factors;
  for (Value factor : mul->getOperands()) {
    Operation *ext = factor.getDefiningOp();
    while (ext && isa<arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp>(ext)) {
      factor = ext->getOperand(0);
      ext = factor.getDefiningOp();
    }
    if (!isa<BlockArgument>(factor))
      return false;
    factors.insert(factor);
  }
  return factors.size() == 2 && !factors.contains(acc);
}

LogicalResult normalizeKernel(KernelFunc kernel) {
  MLIRContext *context = kernel.func().getContext();
  RewritePatternSet patterns(context);
  patterns.add<DimOfArgument>(kernel);
  patterns.add<DropEmptyLoops, GeneralizeNamed>(context);
  linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
  if (kernel.func().getBody().front().getOps<scf::ForallOp>().empty())
    linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, [](OpOperand *operand) {
      return !isContraction(operand->getOwner());
    });
  else // Behind a hand-written loop reshapes go to the end, where they are views of results.
    linalg::populateFoldReshapeOpsByCollapsingPatterns(patterns, [&](OpOperand *operand) {
      return operand->getOwner()->getParentOp() == kernel.func();
    });
  linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
  linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
  linalg::FillOp::getCanonicalizationPatterns(patterns, context);
  tensor::populateDecomposeTensorConcatPatterns(patterns);
  tensor::populateFoldTensorEmptyPatterns(patterns);
  tensor::DimOp::getCanonicalizationPatterns(patterns, context);
  tensor::CastOp::getCanonicalizationPatterns(patterns, context);
  tensor::EmptyOp::getCanonicalizationPatterns(patterns, context);
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
  tensor::ExtractSliceOp::getCanonicalizationPatterns(patterns, context);
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
  // Every rewrite keeps the meaning, so that there is nothing to fail on where two
  // of upstream's undo each other: sizes that only a guard knows to be equal, one of
  // them a number, are made static by one and free again by the other, with the
  // kernel in the wanted form all along.
  (void)applyPatternsGreedily(kernel.func(), std::move(patterns));
  setFastMath(kernel.func());
  return success();
}

} // namespace lz::cpu
