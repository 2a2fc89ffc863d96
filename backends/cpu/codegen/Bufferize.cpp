//===- Bufferize.cpp - tensors to memory, temporaries to stack or scratch -===//
//
// One-Shot Bufferize does the analysis. A kernel can not allocate: every allocation it
// leaves gets a bound, a constant or one in terms of the kernel's sizes, and becomes a stack
// slot, or, where it is large, an argument that points into the worker's scratch. Separate
// arguments carry `noalias`: those that are not in use at once share one.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Lifetimes.h"
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
/// Temporaries whose constant bound is beyond this are as large as each run needs.
constexpr int64_t kConstantLimit = 1 << 20;
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

/// Views of a whole memory have its elements in order: what is copied from one to another of
/// the same memory is there already.
struct FoldSelfCopy : OpRewritePattern<memref::CopyOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(memref::CopyOp op, PatternRewriter &rewriter) const override {
    if (stripViews(op.getSource()) != stripViews(op.getTarget()))
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

/// Says what sizes are at most, in terms of the kernel's sizes.
class Bounds {
public:
  explicit Bounds(KernelFunc kernel) {
    for (unsigned i = 0; i < kernel.numSizes(); ++i) {
      sizes.emplace_back(kernel.size(i), std::nullopt);
      numbers[kernel.size(i)] = i;
    }
  }

  /// Bytes of an allocation at most; nullopt where no bound is known.
  std::optional<DimExpr> bytes(memref::AllocOp alloc) const {
    MemRefType type = alloc.getType();
    DimExpr bytes = std::max<int64_t>(1, type.getElementTypeBitWidth() / 8);
    DimExpr constant = bytes;
    unsigned dynamic = 0;
    for (int64_t extent : type.getShape()) {
      if (!ShapedType::isDynamic(extent)) {
        bytes *= extent;
        constant *= extent;
        continue;
      }
      Value size = alloc.getDynamicSizes()[dynamic++];
      constant *= constantBound(size).value_or(DimExpr::overflow());
      bytes *= bound(size).value_or(DimExpr::overflow());
    }
    std::optional<int64_t> most = constant.getConstant();
    if (most && (*most <= kConstantLimit || (bytes.isOverflow() && *most <= kScratchLimit)))
      return constant;
    return bytes.isOverflow() ? std::nullopt : std::optional(bytes);
  }

private:
  using Set = ValueBoundsConstraintSet;

  static std::optional<DimExpr> constantBound(Value value) {
    FailureOr<int64_t> most = Set::computeConstantBound(
        presburger::BoundType::UB, Set::Variable(value), /*stopCondition=*/nullptr,
        /*closedUB=*/true);
    return failed(most) ? std::nullopt
                        : std::optional(DimExpr(std::max<int64_t>(*most, 0)));
  }

  std::optional<DimExpr> bound(Value value) const {
    std::optional<DimExpr> constant = constantBound(value);
    if (constant && *constant < DimExpr(kConstantLimit / 64))
      return constant;
    if (auto product = value.getDefiningOp<arith::MulIOp>()) {
      std::optional<DimExpr> lhs = bound(product.getLhs()), rhs = bound(product.getRhs());
      return lhs && rhs ? std::optional(*lhs * *rhs) : constant;
    }
    AffineMap map;
    ValueDimList operands;
    if (failed(Set::computeDependentBound(map, operands, presburger::BoundType::UB,
                                          Set::Variable(value), sizes,
                                          /*closedUB=*/true)))
      return constant;
    DimExpr expr = convert(map.getResult(0), map.getNumDims(), operands);
    return expr.isOverflow() ? constant : DimExpr::max(expr, 0);
  }

  DimExpr convert(AffineExpr expr, unsigned numDims, const ValueDimList &operands) const {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      return constant.getValue();
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      return sizeOf(operands[dim.getPosition()].first);
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
      return sizeOf(operands[numDims + symbol.getPosition()].first);
    auto binary = cast<AffineBinaryOpExpr>(expr);
    DimExpr lhs = convert(binary.getLHS(), numDims, operands);
    DimExpr rhs = convert(binary.getRHS(), numDims, operands);
    switch (expr.getKind()) {
    case AffineExprKind::Add:
      return lhs + rhs;
    case AffineExprKind::Mul:
      return lhs * rhs;
    case AffineExprKind::FloorDiv:
      return DimExpr::floorDiv(lhs, rhs);
    case AffineExprKind::CeilDiv:
      return DimExpr::ceilDiv(lhs, rhs);
    default:
      return DimExpr::mod(lhs, rhs);
    }
  }

  DimExpr sizeOf(Value value) const {
    auto known = numbers.find(value);
    return known == numbers.end() ? DimExpr::overflow()
                                  : DimExpr::symbol(sizeSymbol(known->second));
  }

  ValueDimList sizes;
  DenseMap<Value, unsigned> numbers;
};

class Allocator {
public:
  Allocator(func::FuncOp func, SmallVectorImpl<ScratchSlot> &slots)
      : func(func), slots(slots), rewriter(func.getContext()) {}

  LogicalResult run(const Bounds &bounds, KernelPlan &plan) {
    SmallVector<std::pair<memref::AllocOp, DimExpr>> allocs;
    bool failedAny = false;
    func.walk([&](memref::AllocOp alloc) {
      std::optional<DimExpr> bytes = bounds.bytes(alloc);
      if (!bytes) {
        InFlightDiagnostic diag = alloc.emitError()
            << "kernel needs a temporary of type " << alloc.getType()
            << " whose size has no known bound of at most 2 GiB";
        diag.attachNote() << "give the dynamic dimension a maximum";
        failedAny = true;
        return;
      }
      DimExpr lines = DimExpr::ceilDiv(DimExpr::max(*bytes, 1), 64);
      allocs.emplace_back(alloc, lines * 64);
    });
    if (failedAny)
      return failure();
    func.walk([&](memref::DeallocOp op) { rewriter.eraseOp(op); });
    Lifetimes analysis(func);
    auto lifetimes =
        llvm::map_to_vector(allocs, [&](auto &entry) { return analysis.of(entry.first); });
    for (auto [entry, lifetime] : llvm::zip_equal(allocs, lifetimes))
      place(entry.first, entry.second, lifetime, plan);
    makeShared(plan);
    return success();
  }

private:
  /// Memory of the worker for allocations of which no two are in use at once.
  struct Shared {
    int64_t bytes;
    SmallVector<memref::AllocOp> allocs;
    SmallVector<Lifetime> lifetimes;
  };

  MemRefType bytesType(int64_t bytes) {
    return MemRefType::get({bytes}, rewriter.getI8Type());
  }

  Value stackSlot(int64_t bytes) {
    rewriter.setInsertionPointToStart(&func.getBody().front());
    return memref::AllocaOp::create(rewriter, func.getLoc(), bytesType(bytes),
                                    rewriter.getI64IntegerAttr(64));
  }

  Value scratchSlot(int64_t bytes, ScratchSlot slot) {
    slots.push_back(slot);
    (void)func.insertArgument(func.getNumArguments(), bytesType(bytes),
                              rewriter.getDictionaryAttr({}), func.getLoc());
    return func.getArguments().back();
  }

  void place(memref::AllocOp alloc, const DimExpr &bytes, Lifetime lifetime,
             KernelPlan &plan) {
    std::optional<int64_t> constant = bytes.getConstant();
    if (!constant) {
      plan.dynamicScratch.push_back(bytes);
      int number = static_cast<int>(plan.dynamicScratch.size()) - 1;
      return replace(alloc, scratchSlot(ShapedType::kDynamic, {0, number}));
    }
    if (stack + *constant <= kStackLimit) {
      stack += *constant;
      return replace(alloc, stackSlot(*constant));
    }
    Shared *memory = findFree(*constant, lifetime);
    if (!memory)
      memory = &shared.emplace_back(Shared{0, {}, {}});
    memory->bytes = std::max(memory->bytes, *constant);
    memory->allocs.push_back(alloc);
    memory->lifetimes.push_back(lifetime);
  }

  /// The one whose size is nearest.
  Shared *findFree(int64_t bytes, Lifetime lifetime) {
    Shared *best = nullptr;
    auto distance = [&](const Shared &s) { return std::abs(s.bytes - bytes); };
    for (Shared &memory : shared) {
      bool isFree = llvm::none_of(memory.lifetimes,
                                  [&](const Lifetime &l) { return l.meets(lifetime); });
      if (isFree && (!best || distance(memory) < distance(*best)))
        best = &memory;
    }
    return best;
  }

  void makeShared(KernelPlan &plan) {
    for (const Shared &memory : shared) {
      Value bytes = scratchSlot(memory.bytes, {plan.scratchBytes});
      plan.scratchBytes += memory.bytes;
      for (memref::AllocOp alloc : memory.allocs)
        replace(alloc, bytes);
    }
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
  int64_t stack = 0; ///< bytes of the slots there
  SmallVector<Shared> shared;
};

} // namespace

std::string sizeSymbol(unsigned size) { return "s" + std::to_string(size); }

LogicalResult bufferizeKernel(KernelFunc kernel, KernelPlan &plan,
                              SmallVectorImpl<ScratchSlot> &slots) {
  func::FuncOp func = kernel.func();
  boundSizes(kernel);
  materializeResults(kernel);
  if (failed(runOneShot(func->getParentOfType<ModuleOp>(), func, kernel.numInputs())))
    return failure();
  dropResults(kernel);
  cleanUp(func);
  return Allocator(func, slots).run(Bounds(kernel), plan);
}

} // namespace lz::cpu
