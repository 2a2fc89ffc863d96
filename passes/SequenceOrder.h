// Pattern of lz-canonicalize: recurrent layers take sequences in the order that they come in.

#ifndef LAZULI_PASSES_SEQUENCEORDER_H
#define LAZULI_PASSES_SEQUENCEORDER_H

#include "mlir/IR/PatternMatch.h"

namespace lz {

/// A transpose that brings a layer's steps and sequences into its order moves behind the
/// layer where another one, or a layer and then another one, undoes it.
void populateSequenceOrderPatterns(mlir::RewritePatternSet &patterns);

} // namespace lz

#endif // LAZULI_PASSES_SEQUENCEORDER_H
