// Parameters and states seen alike: both are named, typed, initialized.

#ifndef LAZULI_PASSES_GLOBALS_H
#define LAZULI_PASSES_GLOBALS_H

#include "ir/LzOps.h"

#include "mlir/IR/BuiltinOps.h"

namespace lz {

/// What lz.parameter and lz.state have in common, read off one of them.
struct GlobalView {
  llvm::StringRef name;
  TensorType type;
  mlir::Attribute init;
  mlir::ElementsAttr value;
  bool isState = false;
};

GlobalView viewGlobal(ParameterOp op);
GlobalView viewGlobal(StateOp op);

/// Calls `body` for every parameter and state, in order.
void forEachGlobal(
    mlir::ModuleOp module,
    llvm::function_ref<void(mlir::Operation *, const GlobalView &)> body);

void setValue(mlir::Operation *global, mlir::ElementsAttr value);

/// The functions that have a body, in order.
llvm::SmallVector<FuncOp> definedFunctions(mlir::ModuleOp module);

/// Erases the parameters that no lz.get_parameter reads.
void eraseUnusedParameters(mlir::ModuleOp module);

/// States that no weight file holds: those of the random generator, and those
/// marked `lz.transient`.
bool isTransient(mlir::Operation *global);

/// Whether a weight file may lack it: `num_batches_tracked`, which checkpoints
/// of old versions of PyTorch do not have.
bool isOptionalKey(mlir::Operation *global);

} // namespace lz

#endif // LAZULI_PASSES_GLOBALS_H
