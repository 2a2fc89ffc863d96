// The pass lz-canonicalize: folds and patterns of all ops, the plainest form of
// each, batch norms folded into their neighbours, and nothing left that nothing
// reads.

#include "ir/LzOps.h"
#include "passes/Concretize.h"
#include "passes/ExpandPowers.h"
#include "passes/FoldBatchNorm.h"
#include "passes/Globals.h"
#include "passes/MergeBiases.h"
#include "passes/SequenceOrder.h"
#include "passes/Passes.h"
#include "passes/Symbols.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace lz {

#define GEN_PASS_DEF_CANONICALIZEPASS
#include "passes/Passes.h.inc"

/// A state that no function writes is a parameter: its value is known, and what
/// depends on it can be computed now.
static void promoteConstantStates(ModuleOp module) {
  llvm::StringSet<> written;
  module.walk([&](WriteOp op) { written.insert(op.getName()); });
  llvm::StringSet<> promoted;
  OpBuilder builder(module.getContext());
  for (StateOp state : llvm::make_early_inc_range(module.getOps<StateOp>())) {
    if (written.contains(state.getName()) || isTransient(state) ||
        !state.getValue())
      continue;
    promoted.insert(state.getName());
    builder.setInsertionPoint(state);
    ParameterOp::create(builder, state.getLoc(), state.getName(),
                        state.getTensorType(), state.getInitAttr(),
                        state.getValueAttr());
    state.erase();
  }
  module.walk([&](ReadOp read) {
    if (!promoted.contains(read.getName()))
      return;
    builder.setInsertionPoint(read);
    auto get = GetParameterOp::create(builder, read.getLoc(), read.getType(),
                                      read.getName());
    read.replaceAllUsesWith(get.getOperation());
    read.erase();
  });
}

/// Each parameter is read once per function, so that equal computations on it
/// are found to be equal.
static void mergeParameterReads(FuncOp function) {
  llvm::StringMap<GetParameterOp> first;
  Operation *last = nullptr;
  // Those of regions too: they are read where the function begins.
  llvm::SmallVector<GetParameterOp> reads;
  function.walk([&](GetParameterOp get) { reads.push_back(get); });
  for (GetParameterOp get : reads) {
    auto [it, isNew] = first.try_emplace(get.getName(), get);
    if (isNew) {
      if (last)
        get->moveAfter(last);
      else
        get->moveBefore(&function.getBody().front().front());
      last = get;
      continue;
    }
    get.replaceAllUsesWith(it->second.getResult());
    get.erase();
  }
}

/// Whether `op`, in a region, hangs on parameters and constants alone, and would
/// cost nothing but memory where the function begins.
static bool hangsOnParameters(Operation *op,
                              const llvm::SmallPtrSetImpl<Operation *> &known,
                              const llvm::StringSet<> &defined) {
  // An integer division could fail where its branch would not have run.
  bool mayFail = isa<DivOp, FloorDivOp, ModOp, FmodOp>(op);
  if (!isPure(op) || mayFail || op->getNumRegions() || !op->getNumOperands() ||
      op->hasTrait<OpTrait::IsTerminator>() || isa<RandomOp, RandomLikeOp>(op))
    return false;
  bool isKnown = llvm::all_of(op->getOperands(), [&](Value operand) {
    return known.contains(operand.getDefiningOp());
  });
  return isKnown && llvm::none_of(findSymbols(op), [&](const std::string &name) {
    return defined.contains(name);
  });
}

/// Moves out of branches and loops what is the same in every run, so that it is
/// computed once, at best by lz-const-eval.
static void hoistFromRegions(FuncOp function) {
  Block &body = function.getBody().front();
  llvm::SmallVector<Operation *> nested;
  llvm::SmallPtrSet<Operation *, 32> known;
  llvm::StringSet<> defined; // symbols that only a run tells
  for (Operation &op : body)
    if (isa<GetParameterOp, ConstantOp>(op))
      known.insert(&op);
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<FusedOp>(op))
      return WalkResult::skip();
    for (llvm::StringRef symbol : getDefinedSymbols(op))
      defined.insert(symbol);
    for (llvm::StringRef symbol : getIterationSymbols(op))
      defined.insert(symbol);
    if (op != function && op->getBlock() != &body)
      nested.push_back(op);
    return WalkResult::advance();
  });
  for (Operation *op : nested) {
    if (!hangsOnParameters(op, known, defined))
      continue;
    op->moveBefore(body.findAncestorOpInBlock(*op));
    known.insert(op);
  }
}

namespace {
struct CanonicalizePass : impl::CanonicalizePassBase<CanonicalizePass> {
  using CanonicalizePassBase::CanonicalizePassBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet all(context);
    populateConcretizePatterns(all);
    populateExpandPowersPatterns(all);
    populateFoldBatchNormPatterns(all);
    populateMergeBiasesPatterns(all);
    populateSequenceOrderPatterns(all);
    for (RegisteredOperationName name :
         context->getRegisteredOperationsByDialect("lz"))
      name.getCanonicalizationPatterns(all, context);
    patterns = std::move(all);
    return success();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (foldStates)
      promoteConstantStates(module);
    for (FuncOp function : definedFunctions(module)) {
      mergeParameterReads(function);
      if (failed(applyPatternsGreedily(function, patterns)))
        function.emitWarning("simplification did not come to an end");
      hoistFromRegions(function);
    }
    eraseUnusedParameters(module);
  }

  FrozenRewritePatternSet patterns;
};
} // namespace

} // namespace lz
