//===- AttentionBlock.h - attention of a block of queries -------*- C++ -*-===//
//
// The loop over blocks of keys that every iteration of lz.attention's parallel loop
// runs. A block of scores stays in cache: it is computed, masked, exponentiated and
// multiplied by the values, and what was accumulated before is scaled when
// the largest score of a query grows (online softmax).
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_ATTENTIONBLOCK_H
#define LAZULI_BACKENDS_CPU_LOWER_ATTENTIONBLOCK_H

#include "backends/cpu/lower/Lowering.h"

namespace lz::cpu {

/// Which axis of a block of scores is contiguous. With queries inside, both products run
/// over vectors without a sum across lanes, and neither keys nor values need be
/// rearranged; a few queries fill no vector, though, and have keys inside.
enum class ScoreOrder { QueriesInside, KeysInside };

/// Attention of all queries and keys of one batch index and head.
struct AttentionOperands {
  Tensor query, key, value;   ///< [L, E], [S, E], [S, Ev]
  std::optional<Tensor> mask; ///< [L or 1, S or 1], boolean or added
  DimExpr numQueries, numKeys, depth, valueDepth;
  mlir::Type element, wide; ///< of the operands; of what is accumulated
  double scale = 0;         ///< 0: 1 / sqrt(depth)
  bool isCausal = false;

  bool hasAddedMask() const { return mask && !isBool(mask->element); }
};

/// Most queries and keys of one block.
struct BlockSizes {
  int64_t queries, keys;
};

/// Queries [start, start + count) into `destination`, a tensor [count, Ev] of the
/// operands' element type; returns it written.
mlir::Value attendBlock(Lowering &l, const AttentionOperands &operands,
                        const BlockSizes &sizes, ScoreOrder order, mlir::Value start,
                        mlir::OpFoldResult count, mlir::Value destination);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_ATTENTIONBLOCK_H
