// The pass lz-bind-examples. Everything is checked before the first change, so
// that a wrong example leaves the module as it was.

#include "ir/Axis.h"
#include "ir/Diagnostics.h"
#include "ir/LzOps.h"
#include "passes/Examples.h"
#include "passes/Globals.h"
#include "passes/Passes.h"
#include "passes/ShapeInference.h"
#include "passes/Symbols.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;

namespace lz {

#define GEN_PASS_DEF_BINDEXAMPLESPASS
#include "passes/Passes.h.inc"

static constexpr StringRef kExamples = "lz.examples";

/// Null where the attribute says no shape of an input.
static TensorType exampleType(Attribute attr) {
  auto type = dyn_cast<TypeAttr>(attr);
  auto tensor = type ? dyn_cast<TensorType>(type.getValue()) : TensorType();
  return tensor && tensor.getStaticShape() ? tensor : TensorType();
}

LogicalResult verifyExamples(ModuleOp module) {
  Attribute attr = module->getAttr(kExamples);
  auto list = dyn_cast_or_null<ArrayAttr>(attr);
  auto isExample = [](Attribute entry) {
    auto inputs = dyn_cast<DictionaryAttr>(entry);
    return inputs && llvm::all_of(inputs, [](NamedAttribute input) {
             return bool(exampleType(input.getValue()));
           });
  };
  if (!attr || (list && llvm::all_of(list, isExample)))
    return success();
  return module.emitError() << "attribute '" << kExamples << "' is " << attr
                            << ", expected a list of dictionaries of static "
                               "tensor types";
}

SmallVector<Example> getExamples(ModuleOp module) {
  SmallVector<Example> examples;
  auto list = module->getAttrOfType<ArrayAttr>(kExamples);
  if (!list)
    return examples;
  for (Attribute entry : list) {
    Example &example = examples.emplace_back();
    auto inputs = dyn_cast<DictionaryAttr>(entry);
    for (NamedAttribute input : inputs ? inputs.getValue() : ArrayRef<NamedAttribute>())
      if (TensorType type = exampleType(input.getValue()))
        example.inputs.push_back({input.getName().str(), type.getElementType(),
                                  *type.getStaticShape()});
  }
  return examples;
}

namespace {

/// Checks examples and dynamic dimensions against one function and works out
/// the arguments' new types.
class ExampleBinder {
public:
  ExampleBinder(FuncOp function, ArrayRef<Example> examples,
                ArrayRef<DynamicDim> dynamicDims)
      : function(function), dynamicDims(dynamicDims),
        examples(examples.begin(), examples.end()) {}

  LogicalResult check();
  void apply(ModuleOp module);

private:
  /// What becomes of one dynamic symbol.
  struct Symbol {
    SymbolFacts facts;
    /// Its size in each example that binds it, in order of examples.
    SmallVector<std::optional<int64_t>> sizes;
    bool isNew = false;
    /// Whether the user said how small it may be.
    bool hasMin = false;
  };

  LogicalResult checkNames();
  LogicalResult checkExampleTypes(unsigned index);
  LogicalResult checkNoTensor(unsigned index);
  LogicalResult bindArgument(unsigned index);
  LogicalResult bindAxis(unsigned index, size_t axis, const DimExpr *declared,
                         const DynamicDim *dynamic, DimExpr &result);
  LogicalResult useSymbol(unsigned index, size_t axis, const std::string &name,
                          const DynamicDim *dynamic);
  LogicalResult checkSizes(unsigned index, size_t axis,
                           const std::string &name, Symbol &symbol);
  const DynamicDim *findDynamic(StringRef input, size_t axis,
                                size_t rank) const;
  InFlightDiagnostic errorAt(unsigned index) {
    return emitError(function.getArgument(index).getLoc());
  }
  std::string inputNames();
  void rename(ModuleOp module);

  FuncOp function;
  ArrayRef<DynamicDim> dynamicDims;
  SmallVector<Example> examples;
  SmallVector<Type> types;
  llvm::MapVector<std::string, Symbol, std::map<std::string, unsigned>> symbols;
  /// What the axes that the model declares by one symbol are called now.
  std::map<std::string, std::set<std::string>> namesOf;
};

} // namespace

std::string ExampleBinder::inputNames() {
  std::string names;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    names += (i ? ", '" : "'") + function.getArgumentName(i) + "'";
  return names.empty() ? "none" : names;
}

LogicalResult ExampleBinder::checkNames() {
  auto isInput = [&](StringRef name) {
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (function.getArgumentName(i) == name)
        return true;
    return false;
  };
  auto unknown = [&](StringRef name) {
    return function.emitError()
           << "'" << function.getName() << "' has no input '" << name
           << "', expected one of " << inputNames();
  };
  for (const Example &example : examples)
    for (const ExampleInput &input : example.inputs)
      if (!isInput(input.name))
        return unknown(input.name);
  for (const DynamicDim &dim : dynamicDims)
    if (!isInput(dim.input))
      return unknown(dim.input);
  return success();
}

/// Whether an argument without a declared shape may take the element type of an
/// example: floats for floats, integers for integers. What the modules think of
/// it, inference says in their words.
static bool mayRebind(TensorType declared, Type type) {
  return !declared.hasRank() && !type.isInteger(1) &&
         !declared.getElementType().isInteger(1) &&
         isa<FloatType>(declared.getElementType()) == isa<FloatType>(type);
}

/// Whether an example may be of what an optional holds.
static bool mayHoldTensor(Type type) {
  auto optional = dyn_cast<OptionalType>(type);
  return optional && isa<TensorType>(optional.getElementType());
}

/// A sequence or an optional is as it is declared: an example of what an
/// optional holds says nothing.
LogicalResult ExampleBinder::checkNoTensor(unsigned index) {
  std::string name = function.getArgumentName(index);
  if (mayHoldTensor(function.getArgument(index).getType()))
    for (Example &example : examples)
      llvm::erase_if(example.inputs, [&](const ExampleInput &input) {
        return input.name == name;
      });
  for (const Example &example : examples)
    if (example.find(name))
      return errorAt(index) << "input '" << name << "' is "
                            << typeText(function.getArgument(index).getType())
                            << ", expected no example of it";
  for (const DynamicDim &dim : dynamicDims)
    if (dim.input == name)
      return errorAt(index) << "input '" << name << "' is "
                            << typeText(function.getArgument(index).getType())
                            << ", expected no dynamic dimension of it";
  return success();
}

LogicalResult ExampleBinder::checkExampleTypes(unsigned index) {
  std::string name = function.getArgumentName(index);
  auto declared = dyn_cast<TensorType>(function.getArgument(index).getType());
  if (!declared)
    return checkNoTensor(index);
  const ExampleInput *first = nullptr;
  for (auto [number, example] : llvm::enumerate(examples)) {
    auto *input = const_cast<ExampleInput *>(example.find(name));
    if (!input && !declared.hasRank())
      return errorAt(index) << "input '" << name << "' has no example"
                            << ", expected one for each of " << inputNames();
    if (!input)
      continue;
    if (!input->elementType)
      input->elementType = declared.getElementType();
    if (input->elementType != declared.getElementType() &&
        !mayRebind(declared, input->elementType))
      return errorAt(index)
             << "input '" << name << "' is "
             << elementTypeName(input->elementType) << " in example #"
             << number + 1 << ", expected "
             << elementTypeName(declared.getElementType());
    if (!first)
      first = input;
    if (input->elementType != first->elementType)
      return errorAt(index)
             << "input '" << name << "' is "
             << elementTypeName(input->elementType) << " in example #"
             << number + 1 << " and " << elementTypeName(first->elementType)
             << " in example #1, expected one element type";
    size_t rank = first->shape.size();
    if (input->shape.size() != rank)
      return errorAt(index) << "input '" << name << "' has rank "
                            << input->shape.size() << " in example #"
                            << number + 1 << " and rank " << rank
                            << " in example #1, expected one rank";
    if (declared.hasRank() && declared.getRank() != static_cast<int64_t>(rank))
      return errorAt(index)
             << "input '" << name << "' has rank " << rank << " in example #"
             << number + 1 << ", expected rank " << declared.getRank()
             << " of its declared shape " << shapeText(declared);
  }
  return success();
}

const DynamicDim *ExampleBinder::findDynamic(StringRef input, size_t axis,
                                             size_t rank) const {
  for (const DynamicDim &dim : dynamicDims)
    if (dim.input == input &&
        normalizeAxis(dim.axis, rank) == static_cast<int64_t>(axis))
      return &dim;
  return nullptr;
}

LogicalResult ExampleBinder::bindArgument(unsigned index) {
  std::string name = function.getArgumentName(index);
  auto type = dyn_cast<TensorType>(function.getArgument(index).getType());
  if (!type) {
    types.push_back(function.getArgument(index).getType());
    return success();
  }
  const ExampleInput *input =
      examples.empty() ? nullptr : examples.front().find(name);
  size_t rank = input ? input->shape.size()
                      : type.hasRank() ? type.getShape().size() : 0;
  for (const DynamicDim &dim : dynamicDims) {
    if (dim.input != name)
      continue;
    if (!input && !type.hasRank())
      return errorAt(index) << "axis " << dim.axis << " of input '" << name
                            << "' cannot be dynamic while its rank is unknown"
                               ", expected an example of it";
    int64_t signedRank = rank;
    if (dim.axis >= signedRank || dim.axis < -signedRank)
      return errorAt(index) << "input '" << name << "' has no axis " << dim.axis
                            << ", expected one of its " << rank << " axes";
    int64_t axis = normalizeAxis(dim.axis, signedRank);
    const DynamicDim *first = findDynamic(name, axis, rank);
    if (first != &dim)
      return errorAt(index) << "axis " << axis << " of input '" << name
                            << "' is declared dynamic twice, as '" << first->symbol
                            << "' and '" << dim.symbol << "', expected once";
  }
  if (!input && !type.hasRank()) {
    types.push_back(type);
    return success();
  }
  SmallVector<DimExpr> dims(rank);
  for (size_t axis = 0; axis < rank; ++axis)
    if (failed(bindAxis(index, axis, type.hasRank() ? &type.getDim(axis) : nullptr,
                        findDynamic(name, axis, rank), dims[axis])))
      return failure();
  types.push_back(TensorType::get(
      type.getContext(), dims,
      input ? input->elementType : type.getElementType()));
  return success();
}

LogicalResult ExampleBinder::bindAxis(unsigned index, size_t axis,
                                      const DimExpr *declared,
                                      const DynamicDim *dynamic,
                                      DimExpr &result) {
  std::string input = function.getArgumentName(index);
  std::optional<int64_t> size;
  bool differs = false;
  for (auto [number, example] : llvm::enumerate(examples)) {
    const ExampleInput *bound = example.find(input);
    if (!bound)
      continue;
    differs |= size && *size != bound->shape[axis];
    size = bound->shape[axis];
    if (declared && declared->isConstant() && *declared != DimExpr(*size))
      return errorAt(index)
             << "axis " << axis << " of input '" << input << "' is " << *size
             << " in example #" << number + 1 << ", expected "
             << declared->str() << " as declared";
  }
  std::string name = input + "." + std::to_string(axis);
  if (dynamic) {
    if (declared && declared->isConstant())
      return errorAt(index) << "axis " << axis << " of input '" << input
                            << "' cannot be dynamic, it is declared as "
                            << declared->str();
    if (!dynamic->symbol.empty())
      name = dynamic->symbol;
  } else if (declared && !declared->isSymbol()) {
    result = *declared;
    return success();
  } else if (declared) {
    name = *declared->getSymbol();
  } else if (!differs) {
    result = *size;
    return success();
  }
  if (declared && declared->isSymbol())
    namesOf[*declared->getSymbol()].insert(name);
  result = DimExpr::symbol(name);
  return useSymbol(index, axis, name, dynamic);
}

/// The facts of a new dynamic dimension: empty tensors only where an example
/// shows one or the range says so.
static SymbolFacts factsOf(const DynamicDim *dynamic) {
  SymbolFacts facts;
  facts.min = 1;
  if (!dynamic)
    return facts;
  facts.min = dynamic->min.value_or(1);
  facts.max = dynamic->max.value_or(facts.max);
  facts.divisor = dynamic->divisor;
  return facts;
}

LogicalResult ExampleBinder::useSymbol(unsigned index, size_t axis,
                                       const std::string &name,
                                       const DynamicDim *dynamic) {
  auto [it, isFirst] = symbols.insert({name, {}});
  Symbol &symbol = it->second;
  if (isFirst) {
    symbol.sizes.resize(examples.size());
    symbol.facts = factsOf(dynamic);
    symbol.isNew = true;
    for (SymbolOp op :
         function->getParentOfType<ModuleOp>().getOps<SymbolOp>())
      if (op.getName() == name) {
        symbol.facts = dynamic ? intersect(getFacts(op), factsOf(dynamic))
                               : getFacts(op);
        symbol.isNew = false;
        symbol.hasMin = true;
      }
  } else if (dynamic) {
    symbol.facts = intersect(symbol.facts, factsOf(dynamic));
  }
  symbol.hasMin |= dynamic && dynamic->min;
  return checkSizes(index, axis, name, symbol);
}

LogicalResult ExampleBinder::checkSizes(unsigned index, size_t axis,
                                        const std::string &name,
                                        Symbol &symbol) {
  std::string input = function.getArgumentName(index);
  for (auto [number, example] : llvm::enumerate(examples)) {
    const ExampleInput *bound = example.find(input);
    if (!bound)
      continue;
    int64_t size = bound->shape[axis];
    if (size == 0 && !symbol.hasMin)
      symbol.facts.min = 0;
    auto wrong = [&]() {
      return errorAt(index) << "axis " << axis << " of input '" << input
                            << "' is " << size << " in example #" << number + 1
                            << ", expected ";
    };
    if (size < symbol.facts.min)
      return wrong() << "at least " << symbol.facts.min << " for '" << name
                     << "'";
    if (size > symbol.facts.max)
      return wrong() << "at most " << symbol.facts.max << " for '" << name
                     << "'";
    if (size % symbol.facts.divisor != 0)
      return wrong() << "a multiple of " << symbol.facts.divisor << " for '"
                     << name << "'";
    std::optional<int64_t> &earlier = symbol.sizes[number];
    if (earlier && *earlier != size)
      return wrong() << *earlier << ", which '" << name
                     << "' is elsewhere in that example";
    earlier = size;
  }
  return success();
}

LogicalResult ExampleBinder::check() {
  if (failed(checkNames()))
    return failure();
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (failed(checkExampleTypes(i)) || failed(bindArgument(i)))
      return failure();
  for (auto &[name, symbol] : symbols)
    if (symbol.facts.min > symbol.facts.max)
      return function.emitError()
             << "dimension '" << name << "' has no size left: at least "
             << symbol.facts.min << " and at most " << symbol.facts.max;
  return success();
}

/// A dimension with a new name has it wherever the model mentions it.
void ExampleBinder::rename(ModuleOp module) {
  std::map<std::string, DimExpr> renamed;
  for (auto &[declared, names] : namesOf)
    if (names.size() == 1 && *names.begin() != declared)
      renamed.emplace(declared, DimExpr::symbol(*names.begin()));
  substituteSymbols(module, renamed);
}

void ExampleBinder::apply(ModuleOp module) {
  MLIRContext *context = module.getContext();
  rename(module);
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  for (auto &[name, symbol] : symbols) {
    if (symbol.isNew)
      SymbolOp::create(builder, function.getLoc(), name, SymbolKind::Dynamic,
                       symbol.facts.min, symbol.facts.max, symbol.facts.divisor,
                       /*module=*/StringAttr(), /*field=*/StringAttr());
    for (SymbolOp op : module.getOps<SymbolOp>())
      if (op.getName() == name)
        setFacts(op, symbol.facts);
  }
  for (auto [argument, type] : llvm::zip_equal(function.getArguments(), types))
    argument.setType(type);
  function.updateFunctionType();
  SmallVector<Attribute> list;
  for (const Example &example : examples) {
    SmallVector<NamedAttribute> inputs;
    for (const ExampleInput &input : example.inputs)
      inputs.emplace_back(StringAttr::get(context, input.name),
                          TypeAttr::get(TensorType::getStatic(
                              context, input.shape, input.elementType)));
    list.push_back(DictionaryAttr::get(context, inputs));
  }
  if (!list.empty())
    module->setAttr(kExamples, ArrayAttr::get(context, list));
}

/// The function called `name`, the only one, or `forward`.
static FailureOr<FuncOp> findFunction(ModuleOp module, StringRef name) {
  SmallVector<FuncOp> functions = definedFunctions(module);
  if (functions.size() == 1 && name.empty())
    return functions.front();
  StringRef wanted = name.empty() ? "forward" : name;
  for (FuncOp function : functions)
    if (function.getName() == wanted)
      return function;
  auto diagnostic = module.emitError() << "the module has no function '"
                                       << wanted << "', expected one of ";
  llvm::interleaveComma(functions, diagnostic, [&](FuncOp function) {
    diagnostic << "'" << function.getName() << "'";
  });
  if (functions.empty())
    diagnostic << "none";
  return failure();
}

LogicalResult bindExamples(ModuleOp module, ArrayRef<Example> examples,
                           ArrayRef<DynamicDim> dynamicDims,
                           StringRef functionName) {
  if (examples.empty() && dynamicDims.empty())
    return success();
  FailureOr<FuncOp> function = findFunction(module, functionName);
  if (failed(function))
    return failure();
  ExampleBinder binder(*function, examples, dynamicDims);
  if (failed(binder.check()))
    return failure();
  binder.apply(module);
  return success();
}

namespace {
struct BindExamplesPass : impl::BindExamplesPassBase<BindExamplesPass> {
  using BindExamplesPassBase::BindExamplesPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto emitError = [&] { return module.emitError(); };
    auto parsedExamples = parseExamples(&getContext(), examples, emitError);
    auto parsedDims = parseDynamicDims(dynamic, emitError);
    if (failed(parsedExamples) || failed(parsedDims) ||
        failed(bindExamples(module, *parsedExamples, *parsedDims, function)))
      signalPassFailure();
  }
};
} // namespace

} // namespace lz
