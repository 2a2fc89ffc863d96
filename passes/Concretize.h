// Patterns that bring inferred ops into their plainest form.

#ifndef LAZULI_PASSES_CONCRETIZE_H
#define LAZULI_PASSES_CONCRETIZE_H

#include "mlir/IR/PatternMatch.h"

namespace lz {

/// Views become lz.reshape, `_like` ops and lz.swap_axes their explicit forms,
/// shapes of static tensors constants; chains of reshapes and of transposes
/// become one.
void populateConcretizePatterns(mlir::RewritePatternSet &patterns);

} // namespace lz

#endif // LAZULI_PASSES_CONCRETIZE_H
