//===- NestBase.h - what both kinds of vector nests are built from --------===//
//
// Loop bounds, addresses and blocking of a reduction on memrefs.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_CODEGEN_NESTBASE_H
#define LAZULI_BACKENDS_CPU_CODEGEN_NESTBASE_H

#include "backends/cpu/codegen/CpuTarget.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace lz::cpu {

/// A reduction that becomes a nest; creates loops and addresses for it.
class NestBase {
public:
  NestBase(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op,
           const CpuTarget &target);

protected:
  using Values = llvm::SmallVector<mlir::Value>;
  using BodyFn = llvm::function_ref<void(mlir::Value)>;
  /// Called with the loop's variable and accumulators; returns the new ones.
  using CarryFn = llvm::function_ref<Values(mlir::Value, mlir::ValueRange)>;
  /// Called for a block of `count` iterations from `start`.
  using BlockFn = llvm::function_ref<void(mlir::Value start, int64_t count)>;

  /// Creates the values of `extents`.
  void makeExtents();
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value a, int64_t b);
  int64_t staticExtent(unsigned dim) const { return ranges[dim]; }
  bool isReduction(unsigned dim) const;
  bool usesDim(mlir::OpOperand &operand, unsigned dim) const;
  /// True if the operand walks along `dim` with stride 1 and only in its last dimension.
  bool isContiguous(mlir::OpOperand &operand, unsigned dim) const;
  mlir::MemRefType memref(mlir::OpOperand &operand) const;
  /// The operand's indices for the current values of the loops.
  Values indicesOf(mlir::OpOperand &operand, llvm::ArrayRef<mlir::Value> ivs);

  void forLoop(mlir::Value low, mlir::Value high, int64_t step, BodyFn body);
  Values reduceLoop(mlir::Value low, mlir::Value high, int64_t step, mlir::ValueRange init,
                    CarryFn body);
  /// A value as a vector of `lanes` elements: itself, or repeated.
  mlir::Value widen(mlir::Value value);
  mlir::VectorType vectorOf(mlir::Type element) const {
    return mlir::VectorType::get({lanes}, element);
  }
  /// What the op's body yields, on vectors; `indexOf` gives the vector of a loop's index,
  /// where the body may ask for one.
  Values evaluate(llvm::ArrayRef<mlir::Value> arguments,
                  llvm::function_ref<mlir::Value(unsigned)> indexOf = nullptr);
  /// The value that a linalg.fill before the op gives all of its output: the fill is erased
  /// and accumulators start from the value. Null where there is none.
  mlir::Value takeFill();
  /// The lanes from `start` on that lie below the extent of `dim`.
  mlir::Value maskOf(unsigned dim, mlir::Value start);

  /// Covers [0, extent) of `dim` by blocks of at most `most` iterations: equal ones and a
  /// rest where the extent is static, else descending counts.
  void forBlocks(unsigned dim, int64_t most, BlockFn body);

  mlir::RewriterBase &rewriter;
  mlir::linalg::GenericOp op;
  const CpuTarget &target;
  mlir::Location loc;
  llvm::SmallVector<int64_t> ranges;
  Values extents;
  int64_t lanes = 0;
};

/// May two views lie in the same memory?
bool mayShare(mlir::Value memref, mlir::Value other);

/// Vectors along a parallel dimension. Null where there is none.
llvm::LogicalResult lowerOuterNest(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op,
                                   const CpuTarget &target);

/// Contractions whose factors are contiguous along the reduction.
llvm::LogicalResult lowerDotNest(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op,
                                 const CpuTarget &target);

/// Parallel loops that LLVM's vectorizer leaves with scalar rests or gathers: an extent known
/// at run time only, or an input that is contiguous along another dimension.
llvm::LogicalResult lowerMapNest(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op,
                                 const CpuTarget &target);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_CODEGEN_NESTBASE_H
