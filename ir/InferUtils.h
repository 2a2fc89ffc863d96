//===- InferUtils.h - what shape inference rules share ----------*- C++ -*-===//
//
// The vocabulary in which the ops' `inferShape` are written: checks with
// messages in the user's terms, broadcasting, axes. Private to ir/.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_INFERUTILS_H
#define LAZULI_IR_INFERUTILS_H

#include "ir/Diagnostics.h"
#include "ir/InferShape.h"

#include "mlir/IR/Operation.h"

namespace lz {

using Dims = llvm::SmallVector<DimExpr>;

/// Sets of element types that ops take.
enum class DTypes {
  Float,   ///< f64, f32, f16, bf16
  Number,  ///< floats and integers
  Integer, ///< integers, without i1
  Bits,    ///< integers and i1
  Bool,    ///< i1
  Any
};

/// True if the element type is in the set.
bool isDType(mlir::Type elementType, DTypes types);

/// One op's inference: the op and the context, with the checks that rules make
/// of them. All checks emit an error at the op when they fail.
class Infer {
public:
  Infer(mlir::Operation *op, ShapeContext &context)
      : op(op), context(context) {}

  TensorType type(mlir::Value value) { return context.getType(value); }
  mlir::Type elementType(mlir::Value value) {
    return type(value).getElementType();
  }
  llvm::ArrayRef<DimExpr> shape(mlir::Value value) {
    return type(value).getShape();
  }
  int64_t rank(mlir::Value value) { return type(value).getRank(); }
  /// True if all operands are ranked.
  bool allRanked();

  /// Starts an error at the op, in the user's name.
  mlir::InFlightDiagnostic error() { return emitUserError(op); }

  //===--------------------------------------------------------------------===//
  // Checks
  //===--------------------------------------------------------------------===//

  mlir::LogicalResult requireDType(mlir::Value value, llvm::StringRef what,
                                   DTypes types);
  /// As generated kernels of one op take it.
  mlir::LogicalResult requireF32(mlir::Value value, llvm::StringRef what);
  /// Both element types are the same. Null values pass.
  mlir::LogicalResult requireSameDType(mlir::Value a, llvm::StringRef whatA,
                                       mlir::Value b, llvm::StringRef whatB);
  /// As above, but `b` may be f32 beside an `a` of f16 or bf16.
  mlir::LogicalResult requireParamDType(mlir::Value a, llvm::StringRef whatA,
                                        mlir::Value b, llvm::StringRef whatB);
  mlir::LogicalResult requireRank(mlir::Value value, llvm::StringRef what,
                                  int64_t rank);
  mlir::LogicalResult requireMinRank(mlir::Value value, llvm::StringRef what,
                                     int64_t rank);
  mlir::LogicalResult requireEqual(const DimExpr &a, const DimExpr &b,
                                   const llvm::Twine &what) {
    return context.requireEqual(op, a, b, what);
  }
  /// `value` (null passes) has rank 1 and this size.
  mlir::LogicalResult requireVector(mlir::Value value, llvm::StringRef what,
                                    const DimExpr &size);

  /// Columns that panels [count, terms, width] hold: `held` of them, which needs all
  /// panels, or the columns of all panels where that is 0.
  mlir::FailureOr<DimExpr> columnsOfPanels(mlir::Value panels, int64_t held);

  /// The axis counted from the front; an error outside [-rank, rank).
  mlir::FailureOr<int64_t> axis(int64_t axis, int64_t rank);
  /// The same for several, which must be distinct.
  mlir::FailureOr<llvm::SmallVector<int64_t>>
  axes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  //===--------------------------------------------------------------------===//
  // Facts
  //===--------------------------------------------------------------------===//

  bool isOne(const DimExpr &dim) { return dim.getConstant() == 1; }
  /// Proven not to be 1.
  bool isNotOne(const DimExpr &dim);
  bool isOptimistic() { return context.isOptimistic(); }
  bool provenLessEqual(const DimExpr &a, const DimExpr &b);
  bool provenGreater(const DimExpr &a, const DimExpr &b);
  DimExpr simplify(const DimExpr &dim) { return context.resolve(dim); }
  Dims resolve(llvm::ArrayRef<DimExpr> dims);

  /// The shapes broadcast together: nullopt if that cannot be told yet.
  mlir::FailureOr<std::optional<Dims>>
  broadcast(llvm::ArrayRef<llvm::ArrayRef<DimExpr>> shapes);

  //===--------------------------------------------------------------------===//
  // Results
  //===--------------------------------------------------------------------===//

  /// An error if a dimension overflows or is negative.
  mlir::LogicalResult set(mlir::Value result, llvm::ArrayRef<DimExpr> shape,
                          mlir::Type elementType);
  /// Of unknown rank; always succeeds.
  mlir::LogicalResult setUnranked(mlir::Value result, mlir::Type elementType);
  /// As `set`, or unranked for nullopt.
  mlir::LogicalResult set(mlir::Value result, const std::optional<Dims> &shape,
                          mlir::Type elementType);

  mlir::Operation *op;
  ShapeContext &context;

private:
  mlir::FailureOr<std::optional<DimExpr>> broadcastDim(const DimExpr &a,
                                                       const DimExpr &b);
  mlir::LogicalResult broadcastError(llvm::ArrayRef<DimExpr> a,
                                     llvm::ArrayRef<DimExpr> b);
};

/// Shape inference of all elementwise ops but cast and select: operands of one
/// element type out of `types`, broadcast; the result has that type too.
mlir::LogicalResult inferElementwise(mlir::Operation *op, ShapeContext &context,
                                     DTypes types);
/// The same with a result of i1.
mlir::LogicalResult inferPredicate(mlir::Operation *op, ShapeContext &context,
                                   DTypes types);

//===----------------------------------------------------------------------===//
// Contents of small integer tensors
//===----------------------------------------------------------------------===//

/// Tensors of more elements carry no contents.
constexpr int64_t kMaxContents = 64;

/// True for ranks 0 and 1 with a known small size: what may carry contents.
bool mayHaveContents(TensorType type);
/// Derives the contents of an elementwise op's only result, if the op is one
/// of those that keep dimension expressions exact.
void inferElementwiseContents(Infer &infer);
/// Passes the contents of the first operand on, for ops that keep the order.
void forwardContents(Infer &infer);

} // namespace lz

#endif // LAZULI_IR_INFERUTILS_H
