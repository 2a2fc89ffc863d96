// What layout and fusion ask of a library of dense primitives: whether it takes an
// op, how it wants its images, and whether a following op can ride along as a
// post-op. Implemented by the library's backend, injected by tools.

#ifndef LAZULI_IR_DENSEORACLE_H
#define LAZULI_IR_DENSEORACLE_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/ArrayRef.h"

#include <optional>
#include <string>

namespace lz {

/// A refusal is nullopt for yes, otherwise why not, in words for users (`lazuli
/// inspect` and `--explain` print them).
class DenseOracle {
public:
  virtual ~DenseOracle() = default;

  /// Name that regions for this library carry: `onednn`.
  virtual llvm::StringRef backend() const = 0;

  /// May `root` (linear, matmul, conv, conv_transpose, pool, recurrent) be a
  /// primitive of its own? Small problems are refused too.
  virtual std::optional<std::string> refuses(mlir::Operation *root) const = 0;

  /// May `next` be appended as a post-op to `root` with the post-ops `chain`?
  /// `next` reads the chain's last result; its other operands are available.
  virtual std::optional<std::string>
  refusesPostOp(mlir::Operation *root, llvm::ArrayRef<mlir::Operation *> chain,
                mlir::Operation *next) const = 0;

  /// Whether the library computes `root` (conv, conv_transpose) on activations
  /// whose channels are the last axis, and would have to rearrange others.
  virtual bool prefersChannelsLast(mlir::Operation *root) const = 0;
};

} // namespace lz

#endif // LAZULI_IR_DENSEORACLE_H
