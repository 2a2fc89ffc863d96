//===- TraceShapes.h - Shapes as far as tracing knows them ----------------===//
//
// Internal. Runs each operation's shape inference when it is traced, beside the
// IR: `x.size(1)` is an integer where it can be, and a plain mistake is found at
// its line. What depends on lazy sizes is left to the compiler, which explains
// conflicts by both of their ends.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_TRACESHAPES_H
#define LAZULI_FRONTEND_NN_TRACESHAPES_H

#include "ir/LzOps.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <map>
#include <string>

namespace lz::nn::detail {

class TraceShapes final : public ShapeContext {
public:
  /// Makes a lazy symbol known; the first size it must equal is taken.
  void addLazySymbol(const std::string &name, int64_t divisor);
  void addGlobal(llvm::StringRef name, TensorType type) { globals[name] = type; }

  /// Infers the results of one operation. On failure diagnostics were emitted.
  mlir::LogicalResult infer(mlir::Operation *op);

  TensorType getType(mlir::Value value) override;
  void setType(mlir::Value result, TensorType type) override { types[result] = type; }
  std::optional<llvm::SmallVector<DimExpr>> getContents(mlir::Value value) override;
  void setContents(mlir::Value value, llvm::SmallVector<DimExpr> elements) override {
    contents[value] = std::move(elements);
  }
  mlir::LogicalResult requireEqual(mlir::Operation *op, const DimExpr &a, const DimExpr &b,
                                   const llvm::Twine &what) override;
  DimExpr resolve(const DimExpr &expr) override;
  DimFacts &facts() override { return dimFacts; }
  bool isOptimistic() override { return false; }
  TensorType getGlobalType(mlir::Operation *from, llvm::StringRef name) override {
    return globals.lookup(name);
  }

private:
  bool solve(const DimExpr &symbol, const DimExpr &value);
  bool mentionsLazy(const DimExpr &expr) const;

  llvm::DenseMap<mlir::Value, TensorType> types;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<DimExpr>> contents;
  llvm::StringMap<TensorType> globals;
  std::map<std::string, DimExpr> solutions;
  std::set<std::string> lazySymbols;
  DimFacts dimFacts;
};

} // namespace lz::nn::detail

#endif // LAZULI_FRONTEND_NN_TRACESHAPES_H
