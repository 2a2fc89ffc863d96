//===- InferShape.h - the context of shape inference ------------*- C++ -*-===//
//
// InferShapeOpInterface, implemented by every op, and the abstract context it
// talks to, implemented by the inference pass.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_INFERSHAPE_H
#define LAZULI_IR_INFERSHAPE_H

#include "ir/LzDialect.h"
#include "ir/dim/DimFacts.h"

#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/Twine.h"

#include <optional>

namespace lz {

/// What an op's `inferShape` may ask and tell. One thread; the pass calls ops in
/// program order until nothing changes.
class ShapeContext {
public:
  virtual ~ShapeContext() = default;

  /// The value's type as far as known now, lazy symbols that are solved replaced.
  virtual TensorType getType(mlir::Value value) = 0;
  /// Tells the type of a result; the context merges it with what it knows.
  virtual void setType(mlir::Value result, TensorType type) = 0;

  /// The same for every kind of value: sequences and optionals too.
  virtual mlir::Type getValueType(mlir::Value value);
  virtual void setValueType(mlir::Value result, mlir::Type type);

  /// The elements of a small integer tensor (rank 0 or 1) as expressions.
  virtual std::optional<llvm::SmallVector<DimExpr>>
  getContents(mlir::Value value) = 0;
  virtual void setContents(mlir::Value value,
                           llvm::SmallVector<DimExpr> contents) = 0;

  /// Demands a == b: solves lazy symbols, records a run-time guard for dynamic
  /// ones; on a contradiction emits an error at `op` that says `what` (such as
  /// "the last axis of the input and in_features") and fails.
  virtual mlir::LogicalResult requireEqual(mlir::Operation *op,
                                           const DimExpr &a, const DimExpr &b,
                                           const llvm::Twine &what) = 0;

  /// The expression with solved symbols replaced, simplified by the facts.
  virtual DimExpr resolve(const DimExpr &expr) = 0;
  virtual DimFacts &facts() = 0;

  /// While false, ops decide nothing that later knowledge could decide
  /// otherwise (is this unsolved dimension a broadcast 1?) and leave their
  /// results unranked. When nothing changes any more the pass makes it true,
  /// and ops take two unproven dimensions to be equal.
  virtual bool isOptimistic() = 0;

  /// The type of the parameter or state of that name, null if there is none.
  /// The default looks it up in the module around `from`.
  virtual TensorType getGlobalType(mlir::Operation *from, llvm::StringRef name);

  /// The symbol that stands for `what` of `op` (such as "result0.axis1"), known
  /// when it has run or, `perIteration`, within an iteration of it. Always the
  /// same for the same `what`; nullopt where the context makes no symbols, as
  /// the default.
  virtual std::optional<DimExpr> define(mlir::Operation *op,
                                        llvm::StringRef what,
                                        bool perIteration = false);
  /// The symbol that an earlier call of define() made, nullopt without one.
  virtual std::optional<DimExpr> findDefined(mlir::Operation *op,
                                             llvm::StringRef what);
  /// True if only ops inside `op`, or its iterations, know the expression.
  virtual bool isKnownInsideOnly(mlir::Operation *op, const DimExpr &expr);
  /// True once define() has invalidated what was inferred, and everything will
  /// be inferred anew.
  virtual bool mustRestart() { return false; }
};

/// Infers one op; refuses strings, sequences and optionals where only the
/// runtime's own operations take them. Ops without the interface succeed.
mlir::LogicalResult inferOp(mlir::Operation *op, ShapeContext &context);
/// Infers the ops of a block in order, until one fails or asks for a restart.
mlir::LogicalResult inferBlock(mlir::Block &block, ShapeContext &context);

} // namespace lz

#include "ir/InferShape.h.inc"

#endif // LAZULI_IR_INFERSHAPE_H
