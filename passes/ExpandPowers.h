// Patterns that make powers of small constant exponents multiplications and roots.

#ifndef LAZULI_PASSES_EXPANDPOWERS_H
#define LAZULI_PASSES_EXPANDPOWERS_H

#include "mlir/IR/PatternMatch.h"

namespace lz {

/// x^1 to x^4, x^-1; and x^(1/2), x^(-1/2) where x is not negative: of -0 and
/// minus infinity, pow and sqrt disagree.
void populateExpandPowersPatterns(mlir::RewritePatternSet &patterns);

} // namespace lz

#endif // LAZULI_PASSES_EXPANDPOWERS_H
