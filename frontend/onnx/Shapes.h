//===- Shapes.h - Shapes while a model is imported --------------*- C++ -*-===//
//
// Internal. Each operation's types are inferred as it is built, since what an
// ONNX operator becomes often hangs on its operands' ranks and on the elements
// of small integer tensors.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_SHAPES_H
#define LAZULI_FRONTEND_ONNX_SHAPES_H

#include "ir/LzOps.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <map>

namespace lz::onnximport {

/// Decides what is likely (two unproven dimensions are equal) and leaves the
/// proof, the guards and conflicts about lazy sizes to lz-infer-shapes.
class Shapes final : public ShapeContext {
public:
  /// Sets the result types of `op`. On failure diagnostics were emitted.
  mlir::LogicalResult infer(mlir::Operation *op);

  TensorType getType(mlir::Value value) override;
  void setType(mlir::Value result, TensorType type) override;
  std::optional<llvm::SmallVector<DimExpr>>
  getContents(mlir::Value value) override;
  void setContents(mlir::Value value,
                   llvm::SmallVector<DimExpr> elements) override {
    contents[value] = std::move(elements);
  }
  mlir::LogicalResult requireEqual(mlir::Operation *op, const DimExpr &a,
                                   const DimExpr &b,
                                   const llvm::Twine &what) override;
  DimExpr resolve(const DimExpr &expr) override {
    return dimFacts.simplify(expr);
  }
  DimFacts &facts() override { return dimFacts; }
  bool isOptimistic() override { return true; }
  TensorType getGlobalType(mlir::Operation *from,
                           llvm::StringRef name) override {
    return globals.lookup(name);
  }

  void addGlobal(llvm::StringRef name, TensorType type) {
    globals[name] = type;
  }

private:
  llvm::DenseMap<mlir::Value, llvm::SmallVector<DimExpr>> contents;
  llvm::StringMap<TensorType> globals;
  DimFacts dimFacts;
};

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_SHAPES_H
