//===- VectorLoops.h - loops with vectors, written by hand ------*- C++ -*-===//
//
// For kernels whose order of work and of memory no loop nest of linalg says: sequential
// loops that change one tensor, by vectors along its last axis.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_VECTORLOOPS_H
#define LAZULI_BACKENDS_CPU_LOWER_VECTORLOOPS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace lz::cpu {

class VectorLoops {
public:
  VectorLoops(mlir::OpBuilder &b, mlir::Location loc, mlir::Type element, int64_t lanes);

protected:
  using Index = mlir::OpFoldResult;
  using Place = llvm::SmallVector<mlir::Value>; ///< indices of a vector's first element
  /// Gives the tensor that the next iteration gets.
  using Step = llvm::function_ref<mlir::Value(mlir::Value iv, mlir::Value carried)>;

  mlir::Value index(int64_t value);
  mlir::Value value(Index i);
  llvm::SmallVector<Index> indices(llvm::ArrayRef<int64_t> values);
  Index apply(mlir::AffineExpr expr, llvm::ArrayRef<mlir::Value> symbols);

  /// How much of a block from `offset` on lies within the extent.
  Index clipped(mlir::Value offset, int64_t block, Index extent);

  mlir::Value scratch(llvm::ArrayRef<int64_t> shape);
  mlir::Value loop(int64_t count, mlir::Value carried, Step step);
  mlir::Value loop(Index end, int64_t stride, mlir::Value carried, Step step);

  llvm::SmallVector<mlir::Value> load(mlir::Value tensor, llvm::ArrayRef<Place> places);
  /// The tensor with the vectors at those places.
  mlir::Value store(llvm::ArrayRef<mlir::Value> vectors, mlir::Value tensor,
                    llvm::ArrayRef<Place> places);
  /// A part of the tensor, without the axes `dropped`, of which it has one element.
  mlir::Value slice(mlir::Value tensor, llvm::ArrayRef<Index> offsets,
                    llvm::ArrayRef<Index> sizes, llvm::ArrayRef<int64_t> dropped = {});
  mlir::Value insert(mlir::Value part, mlir::Value tensor, llvm::ArrayRef<Index> offsets,
                     llvm::ArrayRef<Index> sizes);

  /// Adds the products of the elements that `maps` give of the operands and the sums; the
  /// last loops are those over terms.
  mlir::Value multiplyAdd(mlir::Value lhs, mlir::Value rhs, mlir::Value sums,
                          llvm::ArrayRef<mlir::AffineMap> maps, int64_t numTerms = 1);

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Type element;
  int64_t lanes; ///< elements of a vector
  mlir::Value zero;
};

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_VECTORLOOPS_H
