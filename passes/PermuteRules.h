// What ops do to the order of their axes: by it a transpose before an op becomes
// one after it. One rule per kind of op; an op without a rule stops transposes.

#ifndef LAZULI_PASSES_PERMUTERULES_H
#define LAZULI_PASSES_PERMUTERULES_H

#include "ir/LzOps.h"

namespace lz {

/// As lz.transpose has it: axis i of the result is axis perm[i] of the source.
using Permutation = llvm::SmallVector<int64_t, 6>;

Permutation invert(llvm::ArrayRef<int64_t> perm);
/// The type of `transpose(x, perm)` for x of type `src`.
TensorType permute(TensorType src, llvm::ArrayRef<int64_t> perm);
/// The type of x for a `transpose(x, perm)` of type `dst`.
TensorType unpermute(TensorType dst, llvm::ArrayRef<int64_t> perm);

/// From (N, *spatial, C) to (N, C, *spatial), or unbatched.
Permutation toChannelsFirst(int64_t rank, int64_t spatial);
/// Whether `perm` moves the last axis to place 0 or 1 and no other.
bool isToChannelsFirst(llvm::ArrayRef<int64_t> perm);

/// How an op computes what it computed from transpose(x, perm) from x itself.
struct PermutedOp {
  /// Its result is now to be transposed by this.
  Permutation result;
  /// Attributes that change.
  llvm::SmallVector<mlir::NamedAttribute, 2> attributes;
};

/// Nullopt where the op has no rule, or cannot for its attributes. What is
/// transposed is operand 0, or every operand where permutesAllOperands().
std::optional<PermutedOp> permuteOp(mlir::Operation *op,
                                    llvm::ArrayRef<int64_t> perm);

/// Elementwise ops and concatenations; the former broadcast.
bool permutesAllOperands(mlir::Operation *op);

} // namespace lz

#endif // LAZULI_PASSES_PERMUTERULES_H
