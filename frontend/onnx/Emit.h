//===- Emit.h - The vocabulary in which operators are written ---*- C++ -*-===//
//
// Internal. Builds operations of the dialect at the current node, types
// inferred as it goes, so that an operator's file reads like its definition.
// After an error every function still returns a value of some type: the caller
// need not look, the node fails in the end.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_EMIT_H
#define LAZULI_FRONTEND_ONNX_EMIT_H

#include "frontend/onnx/Shapes.h"
#include "frontend/onnx/data/TensorData.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"

namespace lz::onnximport {

using Dims = llvm::SmallVector<DimExpr>;
using Ints = llvm::SmallVector<int64_t>;
using Values = llvm::SmallVector<mlir::Value>;

/// An integer that was read as a double; the greatest ones, which stand for
/// "to the end", stay what they are.
inline int64_t toInteger(double number) {
  if (number >= 9223372036854775808.0)
    return INT64_MAX;
  return number <= -9223372036854775808.0 ? INT64_MIN
                                          : static_cast<int64_t>(number);
}

class Emit {
public:
  Emit(mlir::OpBuilder &builder, Shapes &shapes)
      : builder(builder), shapes(shapes), loc(builder.getUnknownLoc()) {}

  mlir::OpBuilder &builder;
  Shapes &shapes;
  mlir::Location loc; ///< of the node that is being imported
  std::string subject; ///< who errors are about: "Conv 'conv1'"
  bool failed = false; ///< an error was emitted since this was last reset

  //===--------------------------------------------------------------------===//
  // What is known of a value
  //===--------------------------------------------------------------------===//

  TensorType type(mlir::Value x) { return tensorType(x); }
  mlir::Type elementType(mlir::Value x) { return type(x).getElementType(); }
  bool isFloat(mlir::Value x) { return llvm::isa<mlir::FloatType>(elementType(x)); }
  bool isBool(mlir::Value x) { return elementType(x).isInteger(1); }
  bool isUnsigned(mlir::Value x) { return elementType(x).isUnsignedInteger(); }
  bool isString(mlir::Value x);
  /// Bits of an element; an error for what are no numbers (32 then).
  unsigned width(mlir::Type elementType);
  unsigned width(mlir::Value x) { return width(elementType(x)); }
  bool hasRank(mlir::Value x) { return type(x).hasRank(); }
  /// The rank; an error where it is not known (8 then, of dims 1, which is more
  /// than any caller that goes on asks for).
  int64_t rank(mlir::Value x);
  /// The dimensions; an error where the rank is not known (eight of 1 then).
  llvm::ArrayRef<DimExpr> dims(mlir::Value x);
  /// Dimension `axis`, which may be negative; 1 after an error.
  DimExpr dim(mlir::Value x, int64_t axis);
  /// The dimension as a number where it is one.
  std::optional<int64_t> constantDim(mlir::Value x, int64_t axis);
  /// `axis` counted from the front; an error outside [-rank, rank).
  int64_t axis(int64_t axis, int64_t rank);
  Ints axes(llvm::ArrayRef<int64_t> axes, int64_t rank);
  std::optional<Dims> contents(mlir::Value x) { return shapes.getContents(x); }

  /// An error about the subject: "Conv 'conv1': " comes in front.
  mlir::InFlightDiagnostic error();

  //===--------------------------------------------------------------------===//
  // Types and constants
  //===--------------------------------------------------------------------===//

  mlir::Type f32() { return builder.getF32Type(); }
  mlir::Type i64() { return builder.getI64Type(); }
  mlir::Type i1() { return builder.getI1Type(); }
  /// The type that elements of an ONNX type are kept in.
  mlir::Type storageType(const ElementInfo &element);

  /// A scalar (rank 0).
  mlir::Value scalar(double value, mlir::Type elementType);
  mlir::Value scalarLike(double value, mlir::Value x) {
    return scalar(value, elementType(x));
  }
  mlir::Value intScalar(int64_t value, mlir::Type elementType = {});
  /// A vector of i64.
  mlir::Value vector(llvm::ArrayRef<int64_t> values);
  /// A vector or, with dims, a tensor of `elementType` (a float or an integer).
  mlir::Value floats(llvm::ArrayRef<double> values, mlir::Type elementType,
                     std::optional<Ints> dims = std::nullopt);
  mlir::Value constant(mlir::ElementsAttr value);
  /// A dimension as an i64 scalar.
  mlir::Value dimScalar(const DimExpr &dim, mlir::Type elementType = {});
  /// A tensor of one value.
  mlir::Value full(llvm::ArrayRef<DimExpr> dims, double value,
                   mlir::Type elementType);
  /// Counts along `axis` of `dims`.
  mlir::Value iota(llvm::ArrayRef<DimExpr> dims, int64_t axis,
                   mlir::Type elementType);
  /// [0, n) as a vector.
  mlir::Value range(const DimExpr &n, mlir::Type elementType) {
    return iota({n}, 0, elementType);
  }

  //===--------------------------------------------------------------------===//
  // Elementwise; operands broadcast as in NumPy
  //===--------------------------------------------------------------------===//

  mlir::Value cast(mlir::Value x, mlir::Type elementType);
  mlir::Value castLike(mlir::Value x, mlir::Value like) {
    return cast(x, elementType(like));
  }
  template <typename OpT> mlir::Value unary(mlir::Value x) {
    return result(OpT::create(builder, loc, unrankedLike(x), x));
  }
  template <typename OpT>
  mlir::Value binary(mlir::Value a, mlir::Value b) {
    return result(OpT::create(builder, loc, unrankedLike(a), a, b));
  }
  /// A comparison: the result is i1.
  template <typename OpT>
  mlir::Value compare(mlir::Value a, mlir::Value b) {
    return result(OpT::create(builder, loc, unranked(i1()), a, b));
  }
  template <typename OpT> mlir::Value test(mlir::Value x) {
    return result(OpT::create(builder, loc, unranked(i1()), x));
  }
  mlir::Value add(mlir::Value a, mlir::Value b) { return binary<AddOp>(a, b); }
  mlir::Value sub(mlir::Value a, mlir::Value b) { return binary<SubOp>(a, b); }
  mlir::Value mul(mlir::Value a, mlir::Value b) { return binary<MulOp>(a, b); }
  mlir::Value div(mlir::Value a, mlir::Value b) { return binary<DivOp>(a, b); }
  mlir::Value max(mlir::Value a, mlir::Value b) { return binary<MaxOp>(a, b); }
  mlir::Value min(mlir::Value a, mlir::Value b) { return binary<MinOp>(a, b); }
  mlir::Value add(mlir::Value a, double b) { return add(a, scalarLike(b, a)); }
  mlir::Value sub(mlir::Value a, double b) { return sub(a, scalarLike(b, a)); }
  mlir::Value mul(mlir::Value a, double b) { return mul(a, scalarLike(b, a)); }
  mlir::Value div(mlir::Value a, double b) { return div(a, scalarLike(b, a)); }
  mlir::Value max(mlir::Value a, double b) { return max(a, scalarLike(b, a)); }
  mlir::Value min(mlir::Value a, double b) { return min(a, scalarLike(b, a)); }
  mlir::Value neg(mlir::Value x) { return unary<NegOp>(x); }
  mlir::Value exp(mlir::Value x) { return unary<ExpOp>(x); }
  mlir::Value log(mlir::Value x) { return unary<LogOp>(x); }
  mlir::Value sqrt(mlir::Value x) { return unary<SqrtOp>(x); }
  mlir::Value square(mlir::Value x) { return mul(x, x); }
  mlir::Value logicalNot(mlir::Value x) { return unary<LogicalNotOp>(x); }
  mlir::Value logicalAnd(mlir::Value a, mlir::Value b) { return binary<AndOp>(a, b); }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);

  //===--------------------------------------------------------------------===//
  // Reductions, products
  //===--------------------------------------------------------------------===//

  /// Without axes: all of them.
  mlir::Value reduce(ReduceKind kind, mlir::Value x,
                     llvm::ArrayRef<int64_t> axes, bool keepDims);
  mlir::Value softmax(mlir::Value x, int64_t axis, bool log = false);
  mlir::Value matmul(mlir::Value a, mlir::Value b) {
    return binary<MatmulOp>(a, b);
  }

  //===--------------------------------------------------------------------===//
  // Shapes and positions
  //===--------------------------------------------------------------------===//

  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<DimExpr> dims);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> perm);
  mlir::Value swapAxes(mlir::Value x, int64_t a, int64_t b);
  mlir::Value squeeze(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  mlir::Value unsqueeze(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  mlir::Value expand(mlir::Value x, llvm::ArrayRef<DimExpr> dims);
  mlir::Value concat(mlir::ValueRange xs, int64_t axis);
  mlir::Value slice(mlir::Value x, int64_t axis, DimExpr begin, DimExpr end,
                    int64_t step = 1);
  mlir::Value select(mlir::Value x, int64_t axis, int64_t index);
  mlir::Value gather(mlir::Value x, mlir::Value indices, int64_t axis);
  mlir::Value gatherElements(mlir::Value x, mlir::Value indices, int64_t axis);
  mlir::Value scatterElements(mlir::Value x, mlir::Value indices,
                              mlir::Value updates, int64_t axis,
                              ScatterReduction reduction);
  /// Entries of begin and end belong to the last axes.
  mlir::Value pad(mlir::Value x, llvm::ArrayRef<int64_t> begin,
                  llvm::ArrayRef<int64_t> end, double value);
  mlir::Value repeat(mlir::Value x, llvm::ArrayRef<int64_t> repeats);
  mlir::Value flip(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  mlir::Value shapeOf(mlir::Value x);
  mlir::Value cumulative(CumulativeKind kind, mlir::Value x, int64_t axis,
                         bool exclusive, bool reverse);

  //===--------------------------------------------------------------------===//
  // Everything else
  //===--------------------------------------------------------------------===//

  TensorType unranked(mlir::Type elementType) {
    return TensorType::getUnranked(builder.getContext(), elementType);
  }
  /// Infers the types of an operation just built, and returns its results.
  mlir::Operation *infer(mlir::Operation *op);
  mlir::Value result(mlir::Operation *op) { return infer(op)->getResult(0); }

private:
  void report(mlir::Operation *op, mlir::Diagnostic diagnostic);
};

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_EMIT_H
