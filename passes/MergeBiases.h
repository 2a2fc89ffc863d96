// Pattern of lz-canonicalize: one bias for a recurrent layer that adds two.

#ifndef LAZULI_PASSES_MERGEBIASES_H
#define LAZULI_PASSES_MERGEBIASES_H

#include "mlir/IR/PatternMatch.h"

namespace lz {

/// LSTM and Elman cells add b_ih and b_hh before anything else happens to either:
/// their sum becomes b_ih. A GRU's last gate takes them apart and keeps both, and so
/// do element types whose sum would be rounded once more than the cell rounds.
void populateMergeBiasesPatterns(mlir::RewritePatternSet &patterns);

} // namespace lz

#endif // LAZULI_PASSES_MERGEBIASES_H
