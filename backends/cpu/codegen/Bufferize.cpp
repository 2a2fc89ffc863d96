//===- Bufferize.cpp - tensors to memory, temporaries to stack or scratch -===//
//
// One-Shot Bufferize does the analysis. A kernel can not allocate: every allocation it
// leaves gets a constant bound and becomes a stack slot, or, where it is large, an argument
// that points into the worker's scratch. Separate arguments carry `noalias`.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Stages.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace lz::cpu {
namespace {

constexpr int64_t kStackLimit = 16 << 10;
constexpr int64_t kScratchLimit = int64_t(1) << 31;

/// Makes the upper bounds of sizes visible to the bounds analysis.
void boundSizes(KernelFunc kernel) {
  func::FuncOp func = kernel.func();
  OpBuilder b(func.getContext());
  b.setInsertionPointToStart(&func.getBody().front());
  for (unsigned i = 0; i < kernel.numSizes(); ++i) {
    std::optional<int64_t> max = kernel.maxOfSize(i);
    if (!max || kernel.size(i).use_empty())
      continue;
    AffineMap map = AffineMap::get(
        0, 1, {b.getAffineSymbolExpr(0), b.getAffineConstantExpr(*max)}, b.getContext());
    auto min = affine::AffineMinOp::create(b, func.getLoc(), map, kernel.size(i));
    kernel.size(i).replaceAllUsesExcept(min.getResult(), min);
  }
}

/// Results that no loop over the grid computes in place are asked into their destinations,
/// so that the empty tensors they start from become those.
void materializeResults(KernelFunc kernel) {
  auto ret = cast<func::ReturnOp>(kernel.func().getBody().front().getTerminator());
  OpBuilder b(ret);
  for (OpOperand &operand : ret->getOpOperands()) {
    Value value = operand.get();
    while (isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
        value.getDefiningOp()))
      value = value.getDefiningOp()->getOperand(0);
    if (isa_and_nonnull<scf::ForOp>(value.getDefiningOp()) ||
        value == kernel.output(operand.getOperandNumber()))
      continue;
    auto materialized = bufferization::MaterializeInDestinationOp::create(
        b, ret.getLoc(), operand.get().getType(), operand.get(),
        kernel.output(operand.getOperandNumber()));
    operand.set(materialized.getResult());
  }
}

LogicalResult runOneShot(ModuleOp module, func::FuncOp func, unsigned numInputs) {
  OpBuilder b(func.getContext());
  for (unsigned i = 0; i < numInputs; ++i)
    func.setArgAttr(i, bufferization::BufferizationDialect::kWritableAttrName,
                    b.getBoolAttr(false));
  IRRewriter rewriter(func.getContext());
  if (failed(bufferization::eliminateEmptyTensors(rewriter, module)))
    return failure();
  bufferization::OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.allowReturnAllocsFromLoops = true;
  options.setFunctionBoundaryTypeConversion(
      bufferization::LayoutMapOption::IdentityLayoutMap);
  options.unknownTypeConverterFn = [](TensorType type, Attribute space,
                                      const bufferization::BufferizationOptions &) {
    return bufferization::getMemRefTypeWithStaticIdentityLayout(type, space);
  };
  bufferization::BufferizationState state;
  return bufferization::runOneShotModuleBufferize(module, options, state);
}

Value stripViews(Value value) {
  while (Operation *def = value.getDefiningOp()) {
    if (!isa<memref::ExpandShapeOp, memref::CollapseShapeOp, memref::CastOp>(def))
      break;
    value = def->getOperand(0);
  }
  return value;
}

/// Results that are not their destinations already are copied there; then none is left.
void dropResults(KernelFunc kernel) {
  func::FuncOp func = kernel.func();
  auto ret = cast<func::ReturnOp>(func.getBody().front().getTerminator());
  OpBuilder b(ret);
  for (unsigned i = 0; i < kernel.numOutputs(); ++i)
    if (stripViews(ret.getOperand(i)) != kernel.output(i))
      memref::CopyOp::create(b, ret.getLoc(), ret.getOperand(i), kernel.output(i));
  ret->setOperands({});
  func.setFunctionType(
      b.getFunctionType(func.getFunctionType().getInputs(), TypeRange{}));
  if (func.getResAttrsAttr())
    func.setResAttrsAttr(b.getArrayAttr({}));
}

struct FoldSelfCopy : OpRewritePattern<memref::CopyOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(memref::CopyOp op, PatternRewriter &rewriter) const override {
    if (op.getSource() != op.getTarget())
      return failure();
    rewriter.eraseOp(op);
    return success();
  }
};

void cleanUp(func::FuncOp func) {
  MLIRContext *context = func.getContext();
  IRRewriter rewriter(context);
  DominanceInfo dominance;
  eliminateCommonSubExpressions(rewriter, dominance, func);
  RewritePatternSet patterns(context);
  patterns.add<FoldSelfCopy>(context);
  memref::SubViewOp::getCanonicalizationPatterns(patterns, context);
  memref::CastOp::getCanonicalizationPatterns(patterns, context);
  memref::DimOp::getCanonicalizationPatterns(patterns, context);
  memref::CopyOp::getCanonicalizationPatterns(patterns, context);
  memref::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
  memref::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
  memref::AllocOp::getCanonicalizationPatterns(patterns, context);
  affine::AffineMinOp::getCanonicalizationPatterns(patterns, context);
  affine::AffineApplyOp::getCanonicalizationPatterns(patterns, context);
  scf::ForOp::getCanonicalizationPatterns(patterns, context);
  linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
  (void)applyPatternsGreedily(func, std::move(patterns));
}

/// Bytes of an allocation at most; nullopt where no bound is known.
std::optional<int64_t> boundBytes(memref::AllocOp alloc) {
  MemRefType type = alloc.getType();
  int64_t bytes = std::max<int64_t>(1, type.getElementTypeBitWidth() / 8);
  unsigned dynamic = 0;
  for (int64_t extent : type.getShape()) {
    if (ShapedType::isDynamic(extent)) {
      FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
          presburger::BoundType::UB,
          ValueBoundsConstraintSet::Variable(alloc.getDynamicSizes()[dynamic++]),
          /*stopCondition=*/nullptr, /*closedUB=*/true);
      if (failed(bound))
        return std::nullopt;
      extent = std::max<int64_t>(*bound, 0);
    }
    if (extent != 0 && bytes > kScratchLimit / extent)
      return std::nullopt;
    bytes *= extent;
  }
  return bytes;
}

class Allocator {
public:
  Allocator(func::FuncOp func, SmallVectorImpl<ScratchSlot> &slots)
      : func(func), slots(slots), rewriter(func.getContext()) {}

  LogicalResult run(int64_t &scratchBytes) {
    SmallVector<std::pair<memref::AllocOp, int64_t>> allocs;
    bool failedAny = false;
    func.walk([&](memref::AllocOp alloc) {
      std::optional<int64_t> bytes = boundBytes(alloc);
      if (!bytes) {
        InFlightDiagnostic diag = alloc.emitError()
            << "kernel needs a temporary of type " << alloc.getType()
            << " whose size has no known bound of at most 2 GiB";
        diag.attachNote() << "give the dynamic dimension a maximum";
        failedAny = true;
        return;
      }
      allocs.emplace_back(alloc, llvm::alignTo(std::max<int64_t>(*bytes, 1), 64));
    });
    if (failedAny)
      return failure();
    func.walk([&](memref::DeallocOp op) { rewriter.eraseOp(op); });
    int64_t stack = 0, offset = 0;
    for (auto [alloc, bytes] : allocs) {
      bool onStack = stack + bytes <= kStackLimit;
      replace(alloc, onStack ? stackSlot(bytes) : scratchSlot(bytes, offset));
      (onStack ? stack : offset) += bytes;
    }
    scratchBytes = offset;
    return success();
  }

private:
  MemRefType bytesType(int64_t bytes) {
    return MemRefType::get({bytes}, rewriter.getI8Type());
  }

  Value stackSlot(int64_t bytes) {
    rewriter.setInsertionPointToStart(&func.getBody().front());
    return memref::AllocaOp::create(rewriter, func.getLoc(), bytesType(bytes),
                                    rewriter.getI64IntegerAttr(64));
  }

  Value scratchSlot(int64_t bytes, int64_t offset) {
    slots.push_back({offset});
    (void)func.insertArgument(func.getNumArguments(), bytesType(bytes),
                              rewriter.getDictionaryAttr({}), func.getLoc());
    return func.getArguments().back();
  }

  void replace(memref::AllocOp alloc, Value bytes) {
    rewriter.setInsertionPoint(alloc);
    Value zero = arith::ConstantIndexOp::create(rewriter, alloc.getLoc(), 0);
    rewriter.replaceOpWithNewOp<memref::ViewOp>(alloc, alloc.getType(), bytes, zero,
                                                alloc.getDynamicSizes());
  }

  func::FuncOp func;
  SmallVectorImpl<ScratchSlot> &slots;
  IRRewriter rewriter;
};

} // namespace

LogicalResult bufferizeKernel(KernelFunc kernel, KernelPlan &plan,
                              SmallVectorImpl<ScratchSlot> &slots) {
  func::FuncOp func = kernel.func();
  boundSizes(kernel);
  materializeResults(kernel);
  if (failed(runOneShot(func->getParentOfType<ModuleOp>(), func, kernel.numInputs())))
    return failure();
  dropResults(kernel);
  cleanUp(func);
  return Allocator(func, slots).run(plan.scratchBytes);
}

} // namespace lz::cpu
