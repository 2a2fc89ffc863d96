//===- Tune.h - Dense layers, decided by measuring ------------------------===//
//
// Whether a library or a generated kernel is faster for a thin or small product depends
// on the machine, the sizes and the number of threads, and a rule about the number of
// operations can only guess. This oracle runs both on this machine and takes the faster.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_TUNE_H
#define LAZULI_TOOLS_DRIVER_TUNE_H

#include "backends/cpu/FileCache.h"
#include "ir/DenseOracle.h"

#include "llvm/ADT/StringMap.h"

namespace lz {

class KernelCache;

/// Answers as `rule` does, but for linear layers and matrix products that both could
/// compute, of few rows or little work, whose sizes are all known.
class TuningOracle : public DenseOracle {
public:
  /// What a measurement gives, in microseconds.
  struct Times {
    double generated = 0, library = 0;
  };

  /// `all` takes what `rule` takes and small operations too; both outlive this. Sessions
  /// measure with `threads`. `results` keeps times across compilations; the caches may be
  /// null.
  TuningOracle(const DenseOracle &rule, const DenseOracle &all, int threads, KernelCache *kernels,
               FileCache *results)
      : rule(rule), all(all), threads(threads), kernels(kernels), results(results) {}

  llvm::StringRef backend() const override { return rule.backend(); }
  /// Notes a choice of the library at the operation, as "lz.tuned".
  std::optional<std::string> refuses(mlir::Operation *root) const override;
  std::optional<std::string> refusesPostOp(mlir::Operation *root,
                                           llvm::ArrayRef<mlir::Operation *> chain,
                                           mlir::Operation *next) const override {
    return rule.refusesPostOp(root, chain, next);
  }
  bool prefersChannelsLast(mlir::Operation *root) const override {
    return rule.prefersChannelsLast(root);
  }

  /// Operations whose times were measured in this compilation, and read from the cache.
  size_t getNumMeasured() const { return numMeasured; }
  size_t getNumCached() const { return numCached; }

private:
  std::optional<Times> getTimes(mlir::Operation *root) const;

  const DenseOracle &rule, &all;
  int threads;
  KernelCache *kernels;
  FileCache *results;
  /// By what an operation computes, on which operands; absent values: could not be measured.
  mutable llvm::StringMap<std::optional<Times>> known;
  mutable size_t numMeasured = 0, numCached = 0;
};

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_TUNE_H
