//===- Lowering.h - what the lowerings of ops are written with --*- C++ -*-===//
//
// A `Tensor` is a value of the kernel with its symbolic shape; `Lowering` makes
// loops over tensors. The families (Elementwise.cpp, Reduce.cpp, ...) say what
// one op computes in these terms and know nothing of the function around them.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_LOWERING_H
#define LAZULI_BACKENDS_CPU_LOWER_LOWERING_H

#include "backends/cpu/lower/Scalars.h"
#include "ir/Axis.h"
#include "ir/LzOps.h"
#include "ir/dim/DimFacts.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "llvm/ADT/DenseMap.h"

namespace lz::cpu {

using Dims = llvm::SmallVector<DimExpr, 4>;

/// A tensor of the region. `value` is stored with storageType(element), and
/// element i of the tensor is element view(i) of it: a permutation of axes,
/// axes of dimension 1 left out and broadcast ones cost nothing this way.
struct Tensor {
  mlir::Value value;
  Dims dims;
  mlir::Type element;
  mlir::AffineMap view;

  int64_t rank() const { return dims.size(); }
  const DimExpr &dim(int64_t axis) const { return dims[axis]; }
};

/// A tensor read inside a loop nest, at map(loop indices).
struct Read {
  Tensor tensor;
  mlir::AffineMap map;
};

using Body = llvm::function_ref<mlir::Value(Scalars &, mlir::ValueRange)>;

/// A loop nest over `domain` that combines into accumulators which have the loops
/// `kept` as axes. Bodies see and return compute values.
struct Reduction {
  Dims domain;
  llvm::SmallVector<int64_t> kept;
  llvm::SmallVector<Read> reads;
  llvm::SmallVector<mlir::Type> elements; ///< of the accumulators
  std::function<llvm::SmallVector<mlir::Value>(Scalars &)> init;
  std::function<llvm::SmallVector<mlir::Value>(Scalars &, mlir::ValueRange reads,
                                               mlir::ValueRange accumulators)>
      combine;
};

/// Loop `i` of the body of a loop nest; not inside a nested region.
mlir::Value loopIndex(Scalars &s, int64_t i);
llvm::SmallVector<mlir::Value> loopIndices(Scalars &s, int64_t count);

/// Groups of axes of which each has exactly one that is not a constant 1.
llvm::SmallVector<mlir::ReassociationIndices>
unitGroups(llvm::ArrayRef<DimExpr> dims);

/// What f16 and bf16 accumulate in: f32; other types stay.
mlir::Type accumulatorType(mlir::Type element);

class Lowering {
public:
  Lowering(mlir::OpBuilder &b, mlir::func::FuncOp func, mlir::Location loc,
           const DimFacts &facts)
      : b(b), loc(loc), facts(facts), func(func) {}

  mlir::OpBuilder &b;
  mlir::Location loc;    ///< of the op being lowered
  const DimFacts &facts; ///< about the module's symbols

  // Values of the region.
  Tensor get(mlir::Value value) const { return tensors.at(value); }
  /// Binds a result; its shape and element type are those of its lz type.
  void set(mlir::Value result, const Tensor &tensor);
  static TensorType typeOf(mlir::Value value) {
    return mlir::cast<TensorType>(value.getType());
  }
  static Dims dimsOf(mlir::Value value) {
    auto shape = typeOf(value).getShape();
    return Dims(shape.begin(), shape.end());
  }
  static mlir::Type elementOf(mlir::Value value) {
    return typeOf(value).getElementType();
  }

  // Sizes.
  /// The expression's value: a constant or an argument of the kernel.
  mlir::Value size(const DimExpr &expr);
  mlir::OpFoldResult foldedSize(const DimExpr &expr);
  llvm::SmallVector<mlir::OpFoldResult> foldedSizes(llvm::ArrayRef<DimExpr> dims);
  mlir::RankedTensorType tensorType(llvm::ArrayRef<DimExpr> dims,
                                    mlir::Type element);
  llvm::ArrayRef<DimExpr> sizes() const { return sizeExprs; }

  // Making tensors.
  Tensor wrap(mlir::Value value, const Dims &dims, mlir::Type element);
  mlir::Value empty(llvm::ArrayRef<DimExpr> dims, mlir::Type element);
  Tensor filled(const Dims &dims, mlir::Type element,
                llvm::function_ref<mlir::Value(Scalars &)> value);
  /// One element per point of `dims`.
  Tensor map(const Dims &dims, mlir::Type element, llvm::ArrayRef<Read> reads,
             Body body);
  /// As map; the tensors broadcast to `dims` as in NumPy.
  Tensor pointwise(const Dims &dims, mlir::Type element,
                   llvm::ArrayRef<Tensor> tensors, Body body);
  /// One element per point, computed from its indices.
  Tensor generate(const Dims &dims, mlir::Type element,
                  llvm::function_ref<mlir::Value(Scalars &, mlir::ValueRange)>
                      body);
  llvm::SmallVector<Tensor> reduce(const Reduction &reduction);
  /// A reduction with one accumulator.
  Tensor reduceOne(Dims domain, llvm::SmallVector<int64_t> kept,
                   llvm::SmallVector<Read> reads, mlir::Type element,
                   std::function<mlir::Value(Scalars &)> init,
                   std::function<mlir::Value(Scalars &, mlir::ValueRange,
                                             mlir::Value)>
                       combine);
  /// The sum over the loops not kept of a product of the reads (or of one read),
  /// accumulated in `element`.
  Tensor contract(Dims domain, llvm::SmallVector<int64_t> kept,
                  llvm::SmallVector<Read> reads, mlir::Type element);
  /// The tensor converted to another element type.
  Tensor cast(const Tensor &tensor, mlir::Type element);

  /// Rows computed one after another along `axis`, in parallel over all others:
  /// `body` gets the indices of the others and the row of the result, a tensor of
  /// the axis alone, and returns that row written. For sequential algorithms.
  Tensor rowwise(const Dims &dims, mlir::Type element, int64_t axis,
                 llvm::function_ref<mlir::Value(Scalars &, mlir::ValueRange,
                                                mlir::Value)>
                     body);

  // Reading.
  Read read(const Tensor &tensor, mlir::AffineMap map) { return {tensor, map}; }
  /// Reads with loop `loops[i]` as index of axis i.
  Read readAt(const Tensor &tensor, int64_t numLoops,
              llvm::ArrayRef<int64_t> loops);
  /// Reads a tensor that broadcasts to the first `dims.size()` of the loops.
  Read broadcast(const Tensor &tensor, llvm::ArrayRef<DimExpr> dims,
                 int64_t numLoops);
  /// Loads one element at computed indices, as a compute value. Indices must be
  /// in bounds.
  mlir::Value load(Scalars &s, const Tensor &tensor, mlir::ValueRange indices);

  // Views.
  /// The tensor whose element i is element map(i) of this one; the results of
  /// `map` are dims or, for axes of dimension 1, zeros.
  Tensor viewed(const Tensor &tensor, const Dims &dims, mlir::AffineMap map);
  /// The same elements in row-major order; free where it only moves axes of 1.
  Tensor reshaped(const Tensor &tensor, const Dims &dims);
  Tensor transposed(const Tensor &tensor, llvm::ArrayRef<int64_t> perm);
  /// Drops or inserts axes of dimension 1; positions in the longer shape.
  Tensor withoutAxes(const Tensor &tensor, llvm::ArrayRef<int64_t> axes);
  Tensor withUnitAxes(const Tensor &tensor, llvm::ArrayRef<int64_t> axes);
  /// A value whose elements are the tensor's in order: a copy where the view is
  /// not the identity.
  mlir::Value materialize(const Tensor &tensor);
  /// The tensor without its axes of dimension 1.
  Tensor squeezed(const Tensor &tensor);
  /// The tensor with its value's axes of dimension 1 collapsed away.
  Tensor squeezedValue(const Tensor &tensor);
  /// The tensor's elements in order in `destination` (an argument): what
  /// computes it does so in place where possible, else they are copied.
  mlir::Value into(const Tensor &tensor, mlir::Value destination);
  /// True if the tensor is an argument of the kernel, perhaps reshaped.
  bool isInput(const Tensor &tensor) const;

  // Checked indices.
  /// Reports `index` (i64) unless it lies in [-bound, bound).
  void checkIndex(Scalars &s, mlir::Value source, mlir::Value index,
                  mlir::Value bound);
  /// Negative indices counted from the end, out-of-range ones reported and
  /// clamped; i64 in and i64 out, in the shape of `indices`. `source` is the lz value
  /// that holds the indices.
  Tensor checkedIndices(mlir::Value source, const Tensor &indices,
                        const DimExpr &bound);

private:
  Tensor reshapedByIndex(const Tensor &tensor, const Dims &dims);
  Tensor collapsedUnits(const Tensor &tensor);
  mlir::Value regroup(mlir::Value value, llvm::ArrayRef<DimExpr> from,
                      llvm::ArrayRef<DimExpr> to, mlir::Type element);
  mlir::func::FuncOp indexErrorFunc();

  mlir::func::FuncOp func;
  llvm::DenseMap<mlir::Value, Tensor> tensors;
  llvm::SmallVector<DimExpr> sizeExprs;
};

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_LOWERING_H
