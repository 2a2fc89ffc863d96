// What constant evaluation asks of the world: run a closed program and hand
// back its results. Implemented over a backend and the runtime, injected by
// tools, so that passes depend on neither.

#ifndef LAZULI_IR_EVALUATOR_H
#define LAZULI_IR_EVALUATOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"

namespace lz {

class Evaluator {
public:
  virtual ~Evaluator() = default;

  /// The dialects that evaluate() makes ops of. Whoever calls it within a pass names
  /// them as dependent: a context must not load dialects while passes run.
  virtual void getDependentDialects(mlir::DialectRegistry &registry) const {}

  /// Runs the only lz.func of `program`: it has no arguments, every type in it
  /// is static, and all parameters that it reads have values in `program`.
  /// Returns its results in order, large ones as resources of their own. The
  /// program belongs to the caller and may be changed. Fails, with a
  /// diagnostic, where an op cannot be lowered or its execution fails.
  virtual mlir::FailureOr<llvm::SmallVector<mlir::ElementsAttr>>
  evaluate(mlir::ModuleOp program) = 0;
};

} // namespace lz

#endif // LAZULI_IR_EVALUATOR_H
