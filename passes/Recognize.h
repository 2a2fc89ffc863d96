// The patterns of lz-recognize, by what they find. Each looks at the formula, not
// at the names or the order in which an exporter wrote it.

#ifndef LAZULI_PASSES_RECOGNIZE_H
#define LAZULI_PASSES_RECOGNIZE_H

#include "passes/KnownNumbers.h"

#include "mlir/IR/PatternMatch.h"

namespace lz {

// `numbers` is borrowed for as long as the patterns live.

/// gelu (both forms), silu, sigmoid, mish, hard_swish, hard_sigmoid.
void populateActivationPatterns(mlir::RewritePatternSet &patterns,
                                const KnownNumbers &numbers);
/// softmax, layer_norm, rms_norm, group_norm, and their weights and biases.
void populateNormPatterns(mlir::RewritePatternSet &patterns,
                          const KnownNumbers &numbers);
/// lz.attention out of two products and a softmax, and what simplifies it.
void populateAttentionPatterns(mlir::RewritePatternSet &patterns,
                               const KnownNumbers &numbers);
/// Keys and values that are repeated for several heads.
void populateAttentionHeadPatterns(mlir::RewritePatternSet &patterns);

/// Whether the last two axes are the same, none repeated by one of the values.
inline bool haveSameMatrices(mlir::Value a, mlir::Value b) {
  auto from = tensorType(a).getShape(), to = tensorType(b).getShape();
  return from.size() >= 2 && to.size() >= 2 && from.take_back(2) == to.take_back(2);
}

/// Calls `match` with the operands of a commutative op in both orders until it
/// succeeds.
inline bool matchEitherOrder(
    mlir::Operation *op,
    llvm::function_ref<bool(mlir::Value, mlir::Value)> match) {
  mlir::Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  return match(lhs, rhs) || match(rhs, lhs);
}

} // namespace lz

#endif // LAZULI_PASSES_RECOGNIZE_H
