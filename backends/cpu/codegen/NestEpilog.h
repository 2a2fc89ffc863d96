//===- NestEpilog.h - what follows a contraction, in registers --*- C++ -*-===//
//
// An elementwise op on the results of a nest, done before they are written.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_NESTEPILOG_H
#define LAZULI_BACKENDS_CPU_CODEGEN_NESTEPILOG_H

#include "backends/cpu/codegen/NestBase.h"

namespace lz::cpu {

class NestEpilog : public NestBase {
public:
  /// The op that follows `nest` and alone reads what it writes, one element for one, if
  /// vectors along the nest's loop `v` can compute it and it may write while the nest still
  /// reads. Null where there is none.
  static std::unique_ptr<NestEpilog> find(mlir::RewriterBase &rewriter,
                                          mlir::linalg::GenericOp nest,
                                          const CpuTarget &target, unsigned v);

  /// Where the nest must be made, since the op's operands are known there.
  mlir::Operation *getPosition() { return op; }
  /// Asks for the first line of memory that the op reads and writes, from those values of the
  /// nest's loops on, in a row of the nest's loop `row`. It takes as long as a sum of many
  /// terms until it is there; the lines behind it the processor fetches by itself.
  void prefetch(llvm::ArrayRef<mlir::Value> nestLoops, unsigned row);
  /// Writes what the op makes of a vector of results at those values of the nest's loops;
  /// of the lanes in `mask` alone where that is not null.
  void store(mlir::Value sums, llvm::ArrayRef<mlir::Value> nestLoops, mlir::Value mask);
  void erase() { rewriter.eraseOp(op); }

private:
  using NestBase::NestBase;
  bool isElementwise();
  bool isSeparate(mlir::linalg::GenericOp nest);
  mlir::Value load(mlir::OpOperand &operand, llvm::ArrayRef<mlir::Value> ivs,
                   mlir::Value mask);

  llvm::SmallVector<unsigned> loops; ///< the nest's loop for each of the op's
  unsigned along = 0;                ///< the op's loop along which vectors lie
  mlir::Value sums;                  ///< the memory that the nest would write
};

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_NESTEPILOG_H
