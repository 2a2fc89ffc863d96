// The pass lz-bind-weights: compares a weight source with a module and solves
// lazy symbols by its shapes. All complaints come in one message, as whoever
// loads the wrong file wants to see how wrong it is.

#include "ir/LzOps.h"
#include "ir/dim/DimSolver.h"
#include "passes/Examples.h"
#include "passes/Globals.h"
#include "passes/Initialize.h"
#include "passes/Passes.h"
#include "passes/ShapeInference.h"
#include "passes/Symbols.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using llvm::SmallVector;
using llvm::StringRef;

namespace lz {

#define GEN_PASS_DEF_BINDWEIGHTSPASS
#include "passes/Passes.h.inc"

namespace {

class WeightBinder {
public:
  WeightBinder(ModuleOp module, const WeightSource &source,
               const WeightOptions &options)
      : module(module), source(source), options(options) {}

  LogicalResult check();
  void apply();

private:
  void declareSymbols();
  void checkGlobal(Operation *op, const GlobalView &global);
  bool unify(const GlobalView &global, const WeightView &weight);
  void checkType(const GlobalView &global, const WeightView &weight);
  LogicalResult report();

  ModuleOp module;
  const WeightSource &source;
  const WeightOptions &options;
  DimSolver solver;
  llvm::StringSet<> known;
  SmallVector<std::string> missing, unexpected, wrong;
};

} // namespace

void WeightBinder::declareSymbols() {
  for (SymbolOp symbol : module.getOps<SymbolOp>())
    solver.declare(symbol.getName().str(), getFacts(symbol),
                   symbol.getKind() == SymbolKind::Lazy);
}

static std::string shapeText(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (int64_t size : shape)
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

/// Solves the declared dimensions by the weight's. The dimensions that are
/// settled are compared first, so that a mismatch solves nothing.
bool WeightBinder::unify(const GlobalView &global, const WeightView &weight) {
  if (global.type.getRank() != static_cast<int64_t>(weight.shape.size()))
    return false;
  for (auto [dim, size] : llvm::zip_equal(global.type.getShape(), weight.shape)) {
    DimExpr value = solver.apply(dim);
    if (value.isConstant() && value != DimExpr(size))
      return false;
  }
  std::string origin = "'" + global.name.str() + "' in " + source.describe();
  for (auto [dim, size] : llvm::zip_equal(global.type.getShape(), weight.shape))
    if (solver.require(dim, size, {origin}).outcome ==
        DimSolver::Outcome::Conflict)
      return false;
  return true;
}

void WeightBinder::checkType(const GlobalView &global,
                             const WeightView &weight) {
  Type expected = global.type.getElementType();
  Type found = parseElementType(module.getContext(), weight.dtype);
  bool convertible = options.convert && isa_and_nonnull<FloatType>(found) &&
                     isa<FloatType>(expected);
  if (found == expected || convertible)
    return;
  wrong.push_back("'" + global.name.str() + "' is " + weight.dtype +
                  ", expected " + elementTypeName(expected));
}

void WeightBinder::checkGlobal(Operation *op, const GlobalView &global) {
  known.insert(global.name);
  auto weight = source.find(global.name);
  if (!weight) {
    if (!global.value && !isOptionalKey(op))
      missing.push_back("'" + global.name.str() + "'");
    return;
  }
  TensorType expected = mapDims(
      global.type, [&](const DimExpr &dim) { return solver.apply(dim); });
  if (!unify(global, *weight))
    wrong.push_back("'" + global.name.str() + "' has the shape " +
                    shapeText(weight->shape) + ", expected " +
                    shapeText(expected));
  checkType(global, *weight);
}

LogicalResult WeightBinder::check() {
  declareSymbols();
  forEachGlobal(module, [&](Operation *op, const GlobalView &global) {
    if (!isTransient(op))
      checkGlobal(op, global);
  });
  for (const std::string &name : source.names())
    if (!known.contains(name))
      unexpected.push_back("'" + name + "'");
  if (!options.strict) {
    missing.clear();
    unexpected.clear();
  }
  return report();
}

LogicalResult WeightBinder::report() {
  if (missing.empty() && unexpected.empty() && wrong.empty())
    return success();
  auto diagnostic = module.emitError()
                    << source.describe() << " does not fit the model:";
  if (!missing.empty())
    diagnostic << "\n  missing: " << llvm::join(missing, ", ");
  if (!unexpected.empty())
    diagnostic << "\n  unexpected: " << llvm::join(unexpected, ", ");
  for (const std::string &line : wrong)
    diagnostic << "\n  " << line;
  return failure();
}

void WeightBinder::apply() {
  for (SymbolOp symbol : module.getOps<SymbolOp>()) {
    std::string name = symbol.getName().str();
    auto solution = solver.solution(name);
    auto origin = solver.solutionOrigin(name);
    if (symbol.getKind() == SymbolKind::Lazy && solution && origin &&
        solution->isConstant() && !getSolution(symbol))
      setSolution(symbol, *solution->getConstant(), origin->text);
  }
}

LogicalResult checkWeights(ModuleOp module, const WeightSource &source,
                           const WeightOptions &options) {
  return WeightBinder(module, source, options).check();
}

LogicalResult bindWeights(ModuleOp module, const WeightSource &source,
                          const WeightOptions &options) {
  WeightBinder binder(module, source, options);
  if (failed(binder.check()))
    return failure();
  binder.apply();
  return success();
}

namespace {
struct BindWeightsPass : impl::BindWeightsPassBase<BindWeightsPass> {
  BindWeightsPass() = default;
  explicit BindWeightsPass(BindWeightsPassOptions options,
           const PassServices &services = {})
      : BindWeightsPassBase(std::move(options)), weights(services.weights) {}

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto source = chooseWeights(module, zeroWeights, weights);
    if (failed(source) ||
        (*source && failed(bindWeights(module, **source, {strict, convert}))))
      signalPassFailure();
  }

  const WeightSource *weights = nullptr;
};
} // namespace

std::unique_ptr<Pass> createBindWeightsPass(BindWeightsPassOptions options,
                                            const PassServices &services) {
  return std::make_unique<BindWeightsPass>(std::move(options), services);
}

} // namespace lz
