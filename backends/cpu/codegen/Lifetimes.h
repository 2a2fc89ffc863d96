//===- Lifetimes.h - when temporaries of a kernel are in use ----*- C++ -*-===//
//
// Two temporaries whose lifetimes do not meet may have the same memory. Time is the order
// of the operations in the text.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_LIFETIMES_H
#define LAZULI_BACKENDS_CPU_CODEGEN_LIFETIMES_H

#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lz::cpu {

struct Lifetime {
  int64_t first, last; ///< numbers of operations

  bool meets(const Lifetime &other) const {
    return first <= other.last && other.first <= last;
  }
};

/// Of the function as it is when this is made.
class Lifetimes {
public:
  explicit Lifetimes(mlir::func::FuncOp func);

  /// From the allocation to the end of the last operation beside it in which the memory is
  /// used, by whatever name: a loop uses what is used in its body until its own end.
  Lifetime of(mlir::Value allocation) const;

private:
  mlir::BufferViewFlowAnalysis views;
  llvm::DenseMap<mlir::Operation *, Lifetime> numbers; ///< of an operation and its regions
};

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_LIFETIMES_H
