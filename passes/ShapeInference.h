// Shape inference over a whole module: runs the ops' own inferShape to a fixed
// point against one solver, beside the IR, and writes back only what holds. It
// remembers which op settled what, so that a contradiction can be explained by
// both of its ends.

#ifndef LAZULI_PASSES_SHAPEINFERENCE_H
#define LAZULI_PASSES_SHAPEINFERENCE_H

#include "ir/InferShape.h"
#include "ir/LzOps.h"
#include "ir/dim/DimSolver.h"
#include "passes/Examples.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

#include <map>

namespace lz {

class ShapeInference final : public ShapeContext {
public:
  /// Infers `module` with its arguments as they are typed or, to explain what
  /// happens to one example, with the arguments of that `example`.
  explicit ShapeInference(mlir::ModuleOp module,
                          const Example *example = nullptr);

  /// Infers everything. On failure diagnostics were emitted.
  mlir::LogicalResult run();

  /// Writes types, guards and solutions into the module; only after run().
  void writeBack();

  /// How a lazy symbol came by its value.
  struct Use {
    /// Null when the value was known before (from a weight file).
    mlir::Operation *op = nullptr;
    DimExpr value;
    /// In words: `input [32, 20] of 'fc1'`, `'fc1.weight' in w.safetensors`.
    std::string origin;
  };
  /// The use that solved the lazy symbol `name`, or null.
  const Use *findUse(llvm::StringRef name) const;

  // The ops' side of it, see ShapeContext.
  TensorType getType(mlir::Value value) override;
  void setType(mlir::Value result, TensorType type) override;
  std::optional<llvm::SmallVector<DimExpr>>
  getContents(mlir::Value value) override;
  void setContents(mlir::Value value,
                   llvm::SmallVector<DimExpr> elements) override;
  mlir::LogicalResult requireEqual(mlir::Operation *op, const DimExpr &lhs,
                                   const DimExpr &rhs,
                                   const llvm::Twine &what) override;
  DimExpr resolve(const DimExpr &expr) override { return solver.apply(expr); }
  DimFacts &facts() override { return solver.facts(); }
  bool isOptimistic() override { return optimistic; }
  TensorType getGlobalType(mlir::Operation *from,
                           llvm::StringRef name) override;
  mlir::Type getValueType(mlir::Value value) override;
  void setValueType(mlir::Value result, mlir::Type type) override;
  std::optional<DimExpr> define(mlir::Operation *op, llvm::StringRef what,
                                bool perIteration) override;
  std::optional<DimExpr> findDefined(mlir::Operation *op,
                                     llvm::StringRef what) override;
  bool isKnownInsideOnly(mlir::Operation *op, const DimExpr &expr) override;
  bool mustRestart() override { return restart; }

private:
  /// One equality that an op required, or a merge of two dynamic dimensions.
  struct Equality {
    mlir::Operation *op;
    DimExpr lhs, rhs;
    std::string what;
  };

  /// A use, and the example that it was seen in if that is known.
  struct Witness {
    Use use;
    std::optional<size_t> example;
  };

  /// A symbol that inference made, and the op that defines it.
  struct Definition {
    mlir::Operation *op;
    std::string what, symbol;
    bool perIteration;
  };

  // ShapeDefinitions.cpp
  void collectDefinitions();
  const Definition *findDefinition(mlir::Operation *op, llvm::StringRef what);
  std::string freshSymbol(mlir::Operation *op, llvm::StringRef what);
  bool mentionsDefined(const DimExpr &expr) const;
  bool mentionsLazy(const DimExpr &expr) const;
  mlir::Type resolveType(mlir::Type type);
  std::optional<bool> getTakenBranch(mlir::Operation *op);
  bool mergeKnownDefinitions();
  mlir::LogicalResult requireLocally(const Equality &equality);
  void writeLocalGuards();
  void writeDefinitions();
  void findSupersededSymbols(FuncOp function);
  void writeSupersededSymbols();
  void inlineKnownBranches();

  // ShapeInference.cpp
  void reset();
  void declareSymbols();
  mlir::LogicalResult applyKnownSolutions();
  mlir::LogicalResult iterate();
  mlir::LogicalResult visitFunctions();
  bool mergeDynamicDims();
  DimExpr resolveMerges(DimExpr value) const;
  bool mergeByGuard(const DimSolver::Guard &guard);
  std::optional<std::pair<std::string, DimExpr>>
  findMerge(const DimSolver::Guard &guard);
  mlir::LogicalResult checkRanks();
  mlir::LogicalResult checkRank(mlir::Operation *op);
  mlir::LogicalResult checkRanks(mlir::Block &block);
  mlir::LogicalResult checkLazySolutions();
  mlir::LogicalResult checkAgainstExamples();
  mlir::LogicalResult checkAgainstExample(size_t number, const Equality &claim);
  void writeTypes(FuncOp function);
  void writeGuards();
  void writeSymbols();
  void warnOfMerges();
  const Equality &equalityOf(const DimSolver::Origin &origin) const;
  std::vector<Equality> claims() const;

  // ShapeConflicts.cpp
  mlir::LogicalResult reportConflict(const Equality &equality,
                                     const DimSolver::Result &result);
  std::optional<std::string>
  findLazyBehind(const Equality &equality, const DimSolver::Result &result);
  void reportLazyConflict(SymbolOp symbol, const Equality &equality,
                          const DimSolver::Result &result);
  bool reportBrokenDeclaration(const Equality &equality,
                               const DimSolver::Result &result);
  void reportDynamicSolution(SymbolOp symbol, const Use &use);
  std::optional<std::pair<Witness, Witness>>
  findDifferenceAmongExamples(SymbolOp symbol);
  mlir::InFlightDiagnostic reportTwoUses(SymbolOp symbol, const Witness &first,
                                         const Witness &second);
  void reportBrokenClaim(size_t number, const Equality &claim, int64_t lhs,
                         int64_t rhs);
  void noteUse(mlir::InFlightDiagnostic &diagnostic, SymbolOp symbol,
               const Witness &witness);
  void hintAtAxes(mlir::InFlightDiagnostic &diagnostic, SymbolOp symbol,
                  const DimExpr &value);
  std::string describeInput(mlir::Operation *op);
  SymbolOp findSymbol(llvm::StringRef name) const;

  mlir::ModuleOp module;
  const Example *example;
  llvm::SmallVector<Example> examples;
  llvm::StringMap<TensorType> globalTypes;
  /// Dynamic symbols that the model forces to a value; grows over restarts.
  std::map<std::string, DimExpr> merged;
  std::map<std::string, Equality> mergeCauses;
  /// Symbols that ops define: those that the module names, then our own; both
  /// with the op, and whether only an iteration of it knows them.
  std::vector<Definition> definitions;
  std::map<std::string, std::pair<mlir::Operation *, bool>> definers;
  /// Named as a dimension of a result that has another dimension.
  std::map<std::string, DimExpr> superseded;

  // What follows starts anew with each restart.
  DimSolver solver;
  llvm::MapVector<mlir::Value, TensorType> types;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<DimExpr>> contents;
  llvm::DenseMap<mlir::Value, mlir::Type> containerTypes;
  std::vector<Equality> equalities;
  /// What holds only where an op runs, or for what an op defines: checked there.
  std::vector<Equality> localEqualities;
  llvm::StringMap<Use> uses;
  llvm::StringMap<SymbolOp> declared;
  bool restart = false;
  bool changed = false;
  bool optimistic = false;
};

/// Checks what stands where lz-bind-examples leaves examples.
mlir::LogicalResult verifyExamples(mlir::ModuleOp module);

/// The examples that lz-bind-examples left in `module`, which verifyExamples()
/// accepts.
llvm::SmallVector<Example> getExamples(mlir::ModuleOp module);

/// `[batch, 64]`, as users write shapes; `of unknown rank` for the rest.
std::string shapeText(TensorType type);

/// The user's name for an op: `encoder.fc1`, or its mnemonic without one.
std::string userName(mlir::Operation *op);

} // namespace lz

#endif // LAZULI_PASSES_SHAPEINFERENCE_H
