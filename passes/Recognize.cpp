// The pass lz-recognize: formulas that exporters write out become the ops that they
// are, for which there are post-ops and kernels.

#include "passes/Recognize.h"

#include "passes/Concretize.h"
#include "passes/Globals.h"
#include "passes/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace lz {

#define GEN_PASS_DEF_RECOGNIZEPASS
#include "passes/Passes.h.inc"

namespace {
struct RecognizePass : impl::RecognizePassBase<RecognizePass> {
  using RecognizePassBase::RecognizePassBase;

  void runOnOperation() override {
    KnownNumbers numbers(getOperation());
    RewritePatternSet all(&getContext());
    populateActivationPatterns(all, numbers);
    populateNormPatterns(all, numbers);
    if (attention)
      populateAttentionPatterns(all, numbers);
    // What is found leaves transposes and views behind that undo each other.
    populateConcretizePatterns(all);
    FrozenRewritePatternSet patterns(std::move(all));
    for (FuncOp function : definedFunctions(getOperation()))
      if (failed(applyPatternsGreedily(function, patterns)))
        function.emitWarning("the search for known formulas did not end");
    eraseUnusedParameters(getOperation());
  }
};
} // namespace

} // namespace lz
