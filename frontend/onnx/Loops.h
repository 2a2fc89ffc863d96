//===- Loops.h - How loops are built ----------------------------*- C++ -*-===//
//
// Internal. Operators become what their operands' shapes ask for, but what a
// loop carries may change its shape: a body is imported under an assumption,
// and again where the assumption turns out to be wrong.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_LOOPS_H
#define LAZULI_FRONTEND_ONNX_LOOPS_H

#include "frontend/onnx/Node.h"

#include <functional>

namespace lz::onnximport {

using OnnxValues = llvm::SmallVector<OnnxValue>;

/// A loop to be: what it starts from, and how one iteration is built.
struct LoopPlan {
  mlir::Value tripCount; ///< an i64 scalar, null: without bound
  mlir::Value condition; ///< of one i1, null: true
  OnnxValues inits;

  /// What an iteration ends with.
  struct Step {
    mlir::Value condition; ///< null: true
    OnnxValues carried, scans;
  };
  /// Builds an iteration at the builder's place; nullopt after an error. May be
  /// called several times.
  std::function<std::optional<Step>(mlir::Value iteration,
                                    const OnnxValues &carried)>
      build;
};

/// Builds the loop: its results are the last carried values, then all scan
/// outputs, each along a new axis 0. Empty after an error.
OnnxValues buildLoop(Node &n, const LoopPlan &plan);

/// What one iteration of `plan`, which carries nothing, gives as scan outputs:
/// their types, as values that are gone.
struct StepTypes {
  llvm::SmallVector<mlir::Type> types;
  llvm::SmallVector<const ElementInfo *> logical;
};
std::optional<StepTypes> findStepTypes(Node &n, const LoopPlan &plan);

// In Scans.cpp.
void importScan(Node &n);
void importSequenceMap(Node &n);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_LOOPS_H
