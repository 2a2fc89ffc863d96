// Patterns that take batch norms with constant statistics out of the graph.

#ifndef LAZULI_PASSES_FOLDBATCHNORM_H
#define LAZULI_PASSES_FOLDBATCHNORM_H

#include "mlir/IR/PatternMatch.h"

namespace lz {

/// Into the conv, conv_transpose or linear before it; where there is none, into
/// the linear or unpadded conv after it; else into a multiplication and an
/// addition. All results are ops on parameters, for constant evaluation.
void populateFoldBatchNormPatterns(mlir::RewritePatternSet &patterns);

} // namespace lz

#endif // LAZULI_PASSES_FOLDBATCHNORM_H
