//===- Oracle.h - Which dense operations oneDNN takes ---------------------===//
//
// Answers lz-fuse from our own table per target: oneDNN cannot be asked about a
// CPU other than the one it runs on. Every refusal says why.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_COMPILE_ORACLE_H
#define LAZULI_BACKENDS_ONEDNN_COMPILE_ORACLE_H

#include "ir/DenseOracle.h"

namespace lz::onednn {

class Oracle : public DenseOracle {
public:
  /// With `takesSmall` operations are taken that a generated kernel may compute faster too.
  explicit Oracle(bool takesSmall = false) : takesSmall(takesSmall) {}

  llvm::StringRef backend() const override { return "onednn"; }
  std::optional<std::string> refuses(mlir::Operation *root) const override;
  std::optional<std::string> refusesPostOp(mlir::Operation *root,
                                           llvm::ArrayRef<mlir::Operation *> chain,
                                           mlir::Operation *next) const override;
  bool prefersChannelsLast(mlir::Operation *root) const override;

private:
  bool takesSmall;
};

/// Below this many multiply-adds a call of a primitive (0.7-0.9 us and six
/// allocations inside oneDNN) costs more than it wins over a generated kernel.
inline constexpr int64_t kSmallestMultiplyAdds = 1 << 18;
/// The same of convolutions, of which a generated kernel computes fewer per second.
inline constexpr int64_t kSmallestConvolution = 1 << 15;

/// Up to so many rows a linear layer only reads its weights.
inline constexpr int64_t kThinRows = 2;
/// Weights of a model that no last cache holds (32 MB of f32).
inline constexpr int64_t kCachedElements = 8 << 20;

/// oneDNN refuses longer chains.
inline constexpr size_t kMaxPostOps = 8;

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_COMPILE_ORACLE_H
