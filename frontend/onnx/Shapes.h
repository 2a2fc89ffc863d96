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

#include <functional>
#include <map>

namespace lz::onnximport {

/// Decides what is likely (two unproven dimensions are equal) and leaves the
/// proof, the guards and conflicts about lazy sizes to lz-infer-shapes.
class Shapes final : public ShapeContext {
public:
  /// Sets the result types of `op`. On failure diagnostics were emitted.
  mlir::LogicalResult infer(mlir::Operation *op);

  /// How a name becomes that of a declared symbol of the module, and how one
  /// that nothing mentions any more goes.
  using MakeSymbol = std::function<std::string(llvm::StringRef name)>;
  using DropSymbol = std::function<void(llvm::StringRef symbol)>;
  void setSymbolTable(MakeSymbol make, DropSymbol drop) {
    makeSymbol = std::move(make);
    dropSymbol = std::move(drop);
  }

  /// Erases an operation that nothing uses, with its regions and what is known
  /// of them; symbols that it or its inside define go too, but for its own
  /// `iterates` where `keepIterates`.
  void discard(mlir::Operation *op, bool keepIterates = false);

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

  void setValueType(mlir::Value result, mlir::Type type) override;
  std::optional<DimExpr> define(mlir::Operation *op, llvm::StringRef what,
                                bool perIteration) override;
  std::optional<DimExpr> findDefined(mlir::Operation *op,
                                     llvm::StringRef what) override;
  bool isKnownInsideOnly(mlir::Operation *op, const DimExpr &expr) override;
  bool mustRestart() override { return restart; }

  void addGlobal(llvm::StringRef name, TensorType type) {
    globals[name] = type;
  }

private:
  void noteDefinitions(mlir::Operation *op);
  void forget(mlir::Operation *op, bool keepIterates);

  llvm::DenseMap<mlir::Value, llvm::SmallVector<DimExpr>> contents;
  llvm::StringMap<TensorType> globals;
  DimFacts dimFacts;
  MakeSymbol makeSymbol;
  DropSymbol dropSymbol;
  /// The symbols that define() made, by operation and what they stand for.
  std::map<std::pair<mlir::Operation *, std::string>, std::string> definitions;
  /// Who defines a symbol, and whether for one iteration of it only.
  llvm::StringMap<std::pair<mlir::Operation *, bool>> definers;
  bool restart = false;
};

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_SHAPES_H
