// The way from a product of queries and keys to their softmax, followed backwards.

#ifndef LAZULI_PASSES_ATTENTIONCHAIN_H
#define LAZULI_PASSES_ATTENTIONCHAIN_H

#include "passes/KnownNumbers.h"

namespace lz {

/// Something that takes scores out of the softmax.
struct ScoreMask {
  /// Added to the scores, or the condition of a choice.
  mlir::Value value;
  /// For a condition: the score in place of those that are dropped.
  std::optional<double> replacement;
  /// For a condition: it is true where scores are dropped.
  bool isInverted = false;
  /// What the scores are multiplied by behind the mask, and the mask with them.
  double factor = 1;
  /// The leading axes of the scores that it was made for.
  llvm::SmallVector<DimExpr> batch;
};

/// softmax(query x key^T * scale + masks), the key still transposed.
struct ScoreChain {
  mlir::Value query, transposedKey;
  /// Instead of `transposedKey`: as the weights of lz.linear.
  mlir::Value key;
  double scale = 1;
  llvm::SmallVector<ScoreMask> masks;
  /// The leading axes of the product.
  llvm::SmallVector<DimExpr> productBatch;
};

/// The leading axes of `value`: all but two.
llvm::ArrayRef<DimExpr> batchOf(mlir::Value value);

/// Follows `scores`, what goes into the softmax, through scaling, masks,
/// casts between floats and reshapes of leading axes to a product; nullopt if there is
/// something else, or if one of them has another user.
std::optional<ScoreChain> followScores(mlir::Value scores,
                                       const KnownNumbers &numbers);

/// The softmax over the last axis that `weights` is, through casts, reshapes of
/// leading axes, and a choice that makes rows without any key 0 instead of NaN.
SoftmaxOp findSoftmax(mlir::Value weights, const KnownNumbers &numbers);

/// Whether all that is made of `scores`, by what findSoftmax() passes, is for `root`.
bool servesOnly(mlir::Value scores, mlir::Operation *root, int depth = 0);

} // namespace lz

#endif // LAZULI_PASSES_ATTENTIONCHAIN_H
