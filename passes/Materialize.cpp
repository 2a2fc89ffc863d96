// The pass lz-materialize: lazy symbols give way to their solutions, parameters
// and states get their values. All that can be wrong is found before the first
// change, so that a failure leaves the module as it was.

#include "passes/Examples.h"
#include "passes/Globals.h"
#include "passes/Initialize.h"
#include "passes/Passes.h"
#include "passes/Symbols.h"
#include "ir/Values.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

#include <cstdlib>
#include <memory>

using namespace mlir;
using llvm::SmallVector;
using llvm::StringRef;

namespace lz {

#define GEN_PASS_DEF_MATERIALIZEPASS
#include "passes/Passes.h.inc"

namespace {

class Materializer {
public:
  Materializer(ModuleOp module, const MaterializeOptions &options,
               const WeightSource *source)
      : module(module), options(options), source(source) {}

  LogicalResult check();
  void apply();

private:
  void collectSolutions();
  void collectReferences();
  LogicalResult checkGlobal(Operation *op, const GlobalView &global);
  LogicalResult reportUnresolved(Operation *op, const GlobalView &global);
  LogicalResult checkValues();
  LogicalResult checkMemory();
  bool lacksValue(Operation *op, const GlobalView &global) const;
  TensorType resolve(TensorType type) const;
  RankedTensorType builtinType(TensorType type) const;
  ElementsAttr valueOf(Operation *op, const GlobalView &global);
  ElementsAttr loadValue(const GlobalView &global, const WeightView &weight);
  ElementsAttr initialValue(const GlobalView &global);
  ElementsAttr normalValue(const GlobalView &global, NormalInitAttr init);
  int64_t fanInOf(StringRef parameter) const;
  void eraseDead();

  ModuleOp module;
  const MaterializeOptions &options;
  const WeightSource *source;
  std::map<std::string, DimExpr> solutions;
  llvm::StringSet<> referenced;
  llvm::StringMap<SmallVector<int64_t>> shapes;
  llvm::StringSet<> reported;
  SmallVector<Operation *> dead;
  /// Those that must draw random numbers to have a value.
  SmallVector<std::string> unfilled;
};

} // namespace

void Materializer::collectSolutions() {
  for (SymbolOp symbol : module.getOps<SymbolOp>())
    if (auto value = getSolution(symbol))
      solutions[symbol.getName().str()] = *value;
}

void Materializer::collectReferences() {
  module.walk([&](Operation *op) {
    if (auto get = dyn_cast<GetParameterOp>(op); get && !op->use_empty())
      referenced.insert(get.getName());
    else if (auto read = dyn_cast<ReadOp>(op); read && !op->use_empty())
      referenced.insert(read.getName());
    else if (auto write = dyn_cast<WriteOp>(op))
      referenced.insert(write.getName());
  });
}

TensorType Materializer::resolve(TensorType type) const {
  return mapDims(type, [&](const DimExpr &dim) {
    return dim.substitute(solutions);
  });
}

RankedTensorType Materializer::builtinType(TensorType type) const {
  return RankedTensorType::get(*resolve(type).getStaticShape(),
                               type.getElementType());
}

LogicalResult Materializer::check() {
  if (source && failed(checkWeights(module, *source, options.weights)))
    return failure();
  collectSolutions();
  collectReferences();
  bool allResolved = true;
  forEachGlobal(module, [&](Operation *op, const GlobalView &global) {
    allResolved &= succeeded(checkGlobal(op, global));
  });
  return success(allResolved && succeeded(checkValues()) &&
                 succeeded(checkMemory()));
}

LogicalResult Materializer::checkGlobal(Operation *op,
                                        const GlobalView &global) {
  auto shape = resolve(global.type).getStaticShape();
  if (shape) {
    shapes[global.name] = *shape;
    if (!lacksValue(op, global) || options.randomWeights)
      return success();
    unfilled.push_back("'" + global.name.str() + "'");
    return success();
  }
  if (referenced.contains(global.name))
    return reportUnresolved(op, global);
  dead.push_back(op);
  return success();
}

/// Names each lazy symbol once, however many parameters have it.
LogicalResult Materializer::reportUnresolved(Operation *op,
                                             const GlobalView &global) {
  std::set<std::string> names;
  for (const DimExpr &dim : resolve(global.type).getShape())
    dim.collectSymbols(names);
  for (SymbolOp symbol : module.getOps<SymbolOp>()) {
    if (!names.erase(symbol.getName().str()) ||
        !reported.insert(symbol.getName()).second)
      continue;
    auto diagnostic = symbol.emitError();
    if (symbol.getKind() != SymbolKind::Lazy) {
      diagnostic << "'" << global.name << "' has the dynamic dimension '"
                 << symbol.getName() << "', expected constants";
      continue;
    }
    diagnostic << moduleText(symbol) << " cannot be materialized: its "
               << fieldText(symbol) << " is unknown";
    diagnostic.attachNote(op->getLoc())
        << "'" << global.name
        << "' depends on it; give an example input or a weight file";
  }
  for (const std::string &name : names)
    op->emitError() << "'" << global.name << "' has the dimension '" << name
                    << "', which is not declared";
  return failure();
}

/// Whether only random numbers could give it a value.
bool Materializer::lacksValue(Operation *op, const GlobalView &global) const {
  if (global.value || global.isState || !global.init ||
      isa<FillInitAttr>(global.init))
    return false;
  return !source || !source->find(global.name);
}

LogicalResult Materializer::checkValues() {
  bool allFilled = true;
  forEachGlobal(module, [&](Operation *op, const GlobalView &global) {
    bool hasWeight = source && !isTransient(op) && source->find(global.name);
    auto scaled = dyn_cast_or_null<ScaledUniformInitAttr>(global.init);
    if (scaled && !llvm::is_contained(dead, op) &&
        !scaled.getSize().substitute(solutions).isConstant()) {
      op->emitError() << "'" << global.name << "' is initialized by the size "
                      << scaled.getSize().str()
                      << ", which is unknown; give an example input or a "
                         "weight file";
      allFilled = false;
    }
    if (global.value || global.init || hasWeight || llvm::is_contained(dead, op))
      return;
    op->emitError() << "'" << global.name
                    << "' has neither a value nor an initializer";
    allFilled = false;
  });
  if (allFilled && !unfilled.empty()) {
    module.emitError() << unfilled.size()
                       << (unfilled.size() == 1 ? " parameter has no value: "
                                                : " parameters have no values: ")
                       << llvm::join(llvm::ArrayRef(unfilled).take_front(8), ", ")
                       << (unfilled.size() > 8 ? ", ..." : "")
                       << "; give --weights FILE or --random-weights";
    return failure();
  }
  return success(allFilled);
}

/// MLIR aborts when it cannot allocate, so what an example of a gigantic size asks
/// for is tried first; values in a weight file are mapped and cost nothing.
LogicalResult Materializer::checkMemory() {
  size_t total = 0;
  bool allFit = true;
  forEachGlobal(module, [&](Operation *op, const GlobalView &global) {
    auto shape = shapes.find(global.name);
    if (!allFit || global.value || shape == shapes.end() ||
        (source && !isTransient(op) && source->find(global.name)))
      return;
    bool fits = true;
    size_t bytes = (global.type.getElementType().getIntOrFloatBitWidth() + 7) / 8;
    for (int64_t size : shape->second)
      fits &= !__builtin_mul_overflow(bytes, size, &bytes);
    fits &= !__builtin_add_overflow(total, bytes, &total);
    std::unique_ptr<char, decltype(&std::free)> probe(
        fits ? static_cast<char *>(std::malloc(total)) : nullptr, std::free);
    if (probe || (fits && total == 0))
      return;
    op->emitError() << "'" << global.name << "' has the shape ["
                    << llvm::join(llvm::map_range(shape->second, [](int64_t size) {
                         return std::to_string(size);
                       }), ", ")
                    << "], expected sizes that memory can hold";
    allFit = false;
  });
  return success(allFit);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

ElementsAttr Materializer::valueOf(Operation *op, const GlobalView &global) {
  if (source && !isTransient(op))
    if (auto weight = source->find(global.name))
      return loadValue(global, *weight);
  return global.value ? global.value : initialValue(global);
}

ElementsAttr Materializer::loadValue(const GlobalView &global,
                                     const WeightView &weight) {
  RankedTensorType type = builtinType(global.type);
  Type found = parseElementType(module.getContext(), weight.dtype);
  if (found == type.getElementType())
    return makeValue(type, global.name, weight.data, source->owner());
  return makeFilledValue(type, global.name, [&](auto out) {
    convertFloats(found, weight.data, type.getElementType(), out);
  });
}

int64_t Materializer::fanInOf(StringRef parameter) const {
  auto it = shapes.find(parameter);
  return it == shapes.end() ? 0 : fanIn(it->second);
}

ElementsAttr Materializer::initialValue(const GlobalView &global) {
  RankedTensorType type = builtinType(global.type);
  if (auto init = dyn_cast<FillInitAttr>(global.init))
    return makeSplatValue(type, init.getValue());
  RandomStream stream{options.seed, global.name};
  auto uniform = [&](double low, double high) {
    return makeFilledValue(type, global.name, [&](auto out) {
      fillUniform(module.getContext(), type.getElementType(), stream, low, high,
                  out);
    });
  };
  if (auto init = dyn_cast<UniformInitAttr>(global.init))
    return uniform(init.getLow(), init.getHigh());
  if (auto init = dyn_cast<KaimingUniformInitAttr>(global.init)) {
    double bound = kaimingUniformBound(init.getA(), fanIn(type.getShape()));
    return uniform(-bound, bound);
  }
  if (auto init = dyn_cast<UniformFanInInitAttr>(global.init)) {
    // The bound of a bias is that of its weight at a = sqrt(5).
    double bound = kaimingUniformBound(std::sqrt(5.0),
                                       fanInOf(init.getParameter().getValue()));
    return uniform(-bound, bound);
  }
  if (auto init = dyn_cast<ScaledUniformInitAttr>(global.init)) {
    int64_t size = init.getSize().substitute(solutions).getConstant().value_or(0);
    double bound = size > 0 ? std::sqrt(init.getNumerator() / double(size)) : 0;
    return uniform(-bound, bound);
  }
  auto init = cast<NormalInitAttr>(global.init);
  return makeFilledValue(type, global.name, [&](auto out) {
    fillNormal(module.getContext(), type.getElementType(), stream,
               init.getMean(), init.getStddev(), out);
    int64_t row = init.getZeroRow();
    size_t rowBytes = type.getRank() && type.getDimSize(0) ? out.size() / type.getDimSize(0) : 0;
    if (row >= 0 && (row + 1) * rowBytes <= out.size())
      llvm::fill(out.slice(row * rowBytes, rowBytes), 0);
  });
}

//===----------------------------------------------------------------------===//
// Changes
//===----------------------------------------------------------------------===//

/// Erases what only lazy modules that nothing uses needed.
void Materializer::eraseDead() {
  llvm::StringSet<> names;
  for (Operation *op : dead) {
    StringRef name = cast<StringAttr>(op->getAttr("name")).getValue();
    op->emitRemark() << "'" << name << "' is not used, it was dropped";
    names.insert(name);
  }
  SmallVector<Operation *> obsolete(dead);
  module.walk([&](Operation *op) {
    bool readsDead = isa<GetParameterOp, ReadOp>(op) &&
                     names.contains(op->getAttrOfType<StringAttr>("name"));
    if (readsDead || isa<ExpectOp, ExpectSeveralOp>(op))
      obsolete.push_back(op);
  });
  for (SymbolOp symbol : module.getOps<SymbolOp>())
    if (symbol.getKind() == SymbolKind::Lazy)
      obsolete.push_back(symbol);
  for (Operation *op : obsolete)
    op->erase();
}

void Materializer::apply() {
  recordSolvedSymbols(module);
  llvm::MapVector<Operation *, ElementsAttr> values;
  forEachGlobal(module, [&](Operation *op, const GlobalView &global) {
    if (!llvm::is_contained(dead, op))
      values[op] = valueOf(op, global);
  });
  for (auto &[op, value] : values)
    setValue(op, value);
  eraseDead();
  substituteSymbols(module, solutions);
  module->removeAttr("lz.examples");
}

LogicalResult materialize(ModuleOp module, const MaterializeOptions &options,
                          const WeightSource *weights) {
  Materializer materializer(module, options, weights);
  if (failed(materializer.check()))
    return failure();
  materializer.apply();
  return success();
}

namespace {
struct MaterializePass : impl::MaterializePassBase<MaterializePass> {
  MaterializePass() = default;
  explicit MaterializePass(MaterializePassOptions options,
           const PassServices &services = {})
      : MaterializePassBase(std::move(options)), weights(services.weights) {}

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto source = chooseWeights(module, zeroWeights, weights);
    if (failed(source) ||
        failed(materialize(module, {seed, randomWeights, {strict, convert}},
                           source->get())))
      signalPassFailure();
  }

  const WeightSource *weights = nullptr;
};
} // namespace

std::unique_ptr<Pass> createMaterializePass(MaterializePassOptions options,
                                            const PassServices &services) {
  return std::make_unique<MaterializePass>(std::move(options), services);
}

} // namespace lz
