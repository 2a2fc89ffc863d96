// What a mask means: which scores of attention it keeps.

#ifndef LAZULI_PASSES_ATTENTIONMASKS_H
#define LAZULI_PASSES_ATTENTIONMASKS_H

#include "passes/KnownNumbers.h"

namespace lz {

/// Whether a score has the weight 0 beside any other, and adding it to a score is the
/// same as putting it in the score's place, where scores are of type `element`: minus
/// infinity, and what is beyond all that f32 and bf16 compute with.
bool isMaskedScore(double score, mlir::Type element);

/// Whether the booleans are true exactly where the position along the last axis is
/// not greater than that along the last but one, and the same for all other axes.
bool isCausalCondition(mlir::Value condition, const KnownNumbers &numbers);

/// Whether they are false exactly there.
bool isAboveCausalCondition(mlir::Value condition, const KnownNumbers &numbers);

/// Whether what is added to scores of type `element`, times `factor`, is 0 there and
/// masks elsewhere.
bool isCausalSummand(mlir::Value mask, double factor, mlir::Type element,
                     const KnownNumbers &numbers);

/// Whether all that a causal summand masks is minus infinity.
bool isInfiniteSummand(mlir::Value mask, const KnownNumbers &numbers);

} // namespace lz

#endif // LAZULI_PASSES_ATTENTIONMASKS_H
