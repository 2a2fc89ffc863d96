//===- Evaluate.h - Constant subgraphs, evaluated by running them ---------===//
//
// Compiles the subgraph as any other model, loads the artifact from memory and
// runs it: what is folded is what would have been computed.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_EVALUATE_H
#define LAZULI_TOOLS_DRIVER_EVALUATE_H

#include "ir/Evaluator.h"

namespace lz {

class KernelCache;

class RuntimeEvaluator : public Evaluator {
public:
  /// Evaluates with that many threads; 0: one per CPU.
  explicit RuntimeEvaluator(int threads = 0) : threads(threads) {}
  /// Kernels come from there, if it has them; null: from nowhere.
  void setCache(KernelCache *kernels) { cache = kernels; }
  void getDependentDialects(mlir::DialectRegistry &registry) const override;
  mlir::FailureOr<llvm::SmallVector<mlir::ElementsAttr>> evaluate(mlir::ModuleOp program) override;

private:
  int threads;
  KernelCache *cache = nullptr;
};

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_EVALUATE_H
