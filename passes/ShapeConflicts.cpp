// Explains contradictions between shapes in the words of the model: which
// module, which of its fields, both uses with their shapes and the examples
// they came from, and a hint where one is certain.

#include "ir/Diagnostics.h"
#include "passes/Globals.h"
#include "passes/ShapeInference.h"
#include "passes/Symbols.h"

using namespace mlir;
using llvm::SmallVector;
using llvm::StringRef;

namespace lz {

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

std::string shapeText(TensorType type) {
  return type.hasRank() ? shapeText(type.getShape()) : "of unknown rank";
}

std::string userName(Operation *op) {
  StringRef name = userName(op->getLoc());
  if (!name.empty())
    return name.str();
  auto host = dyn_cast<HostOp>(op);
  return (host ? host.getName() : op->getName().stripDialect()).str();
}

static std::string shapeText(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (int64_t size : shape)
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

/// `example #2 (x: [32, 40], mask: [32])`.
static std::string exampleText(const Example &example, size_t number) {
  std::string text = "example #" + std::to_string(number + 1) + " (";
  for (const ExampleInput &input : example.inputs)
    text += (&input == example.inputs.begin() ? "" : ", ") + input.name + ": " +
            shapeText(input.shape);
  return text + ")";
}

/// What the sizes of a field are called: an input has 64 features.
static StringRef nounOf(StringRef field) {
  if (field == "in_features" || field == "num_features")
    return "features";
  if (field == "in_channels" || field == "num_channels")
    return "channels";
  return {};
}

std::string ShapeInference::describeInput(Operation *op) {
  std::string text;
  if (op->getNumOperands() && isa<TensorType>(op->getOperand(0).getType()))
    text = "input " + shapeText(getType(op->getOperand(0))) + " of ";
  return text + "'" + userName(op) + "'";
}

SymbolOp ShapeInference::findSymbol(StringRef name) const {
  if (SymbolOp symbol = declared.lookup(name))
    return symbol;
  // One that was made since.
  ModuleOp here = module;
  for (SymbolOp symbol : here.getOps<SymbolOp>())
    if (symbol.getName() == name)
      return symbol;
  return {};
}

//===----------------------------------------------------------------------===//
// Conflicts
//===----------------------------------------------------------------------===//

LogicalResult ShapeInference::reportConflict(const Equality &equality,
                                             const DimSolver::Result &result) {
  if (auto name = findLazyBehind(equality, result)) {
    reportLazyConflict(findSymbol(*name), equality, result);
    return failure();
  }
  if (reportBrokenDeclaration(equality, result))
    return failure();
  auto diagnostic = emitUserError(equality.op)
                    << equality.what << " must agree, found " << result.lhs.str() << " and "
                    << result.rhs.str();
  if (!result.earlier)
    return failure();
  const Equality &earlier = equalityOf(*result.earlier);
  diagnostic.attachNote(earlier.op->getLoc())
      << "settled by '" << userName(earlier.op) << "': " << earlier.what
      << " must agree";
  return failure();
}

/// Names of the lazy symbols in the declared types of parameters and states
/// that `op` reads, through the views between them.
static void
collectParameterSymbols(Operation *op, const DimSolver &solver,
                        const llvm::StringMap<TensorType> &globalTypes,
                        std::set<std::string> &names, int depth) {
  for (Value operand : op->getOperands()) {
    Operation *source = operand.getDefiningOp();
    if (!source || depth == 0)
      continue;
    if (!isa<GetParameterOp, ReadOp>(source)) {
      collectParameterSymbols(source, solver, globalTypes, names, depth - 1);
      continue;
    }
    auto type = globalTypes.lookup(
        source->getAttrOfType<StringAttr>("name").getValue());
    std::set<std::string> mentioned;
    for (const DimExpr &dim : type ? type.getShape() : ArrayRef<DimExpr>())
      dim.collectSymbols(mentioned);
    for (const std::string &name : mentioned)
      if (solver.isLazy(name))
        names.insert(name);
  }
}

/// The solved lazy symbol that the conflict is about: the one that the earlier
/// equality solved, else the one that explains the number on either side.
std::optional<std::string>
ShapeInference::findLazyBehind(const Equality &equality,
                               const DimSolver::Result &result) {
  auto isSolvedLazy = [&](const std::string &name) {
    return uses.count(name) && !merged.count(name) && findSymbol(name);
  };
  std::set<std::string> names;
  equality.lhs.collectSymbols(names);
  equality.rhs.collectSymbols(names);
  // The operands of the op itself come before what lies behind views of them.
  for (int depth = 1; depth <= 4; ++depth) {
    for (const std::string &name : names) {
      auto value = solver.solution(name);
      if (value && isSolvedLazy(name) &&
          (*value == result.lhs || *value == result.rhs))
        return name;
    }
    collectParameterSymbols(equality.op, solver, globalTypes, names, depth);
  }
  for (const std::string &name : names)
    if (isSolvedLazy(name))
      return name;
  return std::nullopt;
}

void ShapeInference::reportLazyConflict(SymbolOp symbol,
                                        const Equality &equality,
                                        const DimSolver::Result &result) {
  Use first = *findUse(symbol.getName());
  first.value = *solver.solution(symbol.getName().str());
  bool comparable = first.value == result.lhs || first.value == result.rhs;
  Use second{equality.op, first.value == result.lhs ? result.rhs : result.lhs,
             describeInput(equality.op)};
  std::optional<size_t> only;
  if (examples.size() == 1)
    only = 0;
  if (comparable) {
    reportTwoUses(symbol, {first, only}, {second, only});
    return;
  }
  auto diagnostic = equality.op->emitError();
  diagnostic << moduleText(symbol) << " cannot be materialized: with "
             << fieldText(symbol) << " = " << first.value.str() << ", "
             << equality.what << " must agree, found " << result.lhs.str()
             << " and " << result.rhs.str();
  noteUse(diagnostic, symbol, {first, only});
}

/// The sentence and both uses under it. Returns the diagnostic for hints.
InFlightDiagnostic ShapeInference::reportTwoUses(SymbolOp symbol,
                                                 const Witness &first,
                                                 const Witness &second) {
  std::string field = fieldText(symbol);
  StringRef noun = nounOf(field);
  std::string a = first.use.value.str(), b = second.use.value.str();
  InFlightDiagnostic diagnostic = second.use.op->emitError();
  diagnostic << moduleText(symbol) << " cannot be materialized: its ";
  if (!first.use.op)
    diagnostic << field << " is " << a << " by " << first.use.origin << " and "
               << b << " here";
  else if (noun.empty())
    diagnostic << field << " is " << a << " here and " << b << " there";
  else
    diagnostic << "input has " << a << " " << noun << " here and " << b
               << " there";
  noteUse(diagnostic, symbol, first);
  noteUse(diagnostic, symbol, second);
  return diagnostic;
}

void ShapeInference::noteUse(InFlightDiagnostic &diagnostic, SymbolOp symbol,
                             const Witness &witness) {
  const Use &use = witness.use;
  Diagnostic &note =
      diagnostic.attachNote(use.op ? use.op->getLoc() : symbol.getLoc());
  note << fieldText(symbol) << " = " << use.value.str() << " by " << use.origin;
  if (witness.example && use.op)
    note << ", from " << exampleText(examples[*witness.example],
                                     *witness.example);
}

/// A conflict with the declared range or divisor of a symbol. False if it is
/// none.
bool ShapeInference::reportBrokenDeclaration(const Equality &equality,
                                             const DimSolver::Result &result) {
  DimExpr side = result.lhs, value = result.rhs;
  if (!side.isSymbol())
    std::swap(side, value);
  auto name = side.getSymbol();
  auto number = value.getConstant();
  SymbolOp symbol = name ? findSymbol(*name) : SymbolOp();
  if (!symbol || !number)
    return false;
  SymbolFacts facts = solver.facts().getFacts(*name);
  auto diagnostic = equality.op->emitError();
  bool lazy = symbol.getKind() == SymbolKind::Lazy;
  if (lazy)
    diagnostic << moduleText(symbol) << " cannot be materialized: "
               << fieldText(symbol);
  else
    diagnostic << "dimension '" << *name << "'";
  if (*number % facts.divisor != 0)
    diagnostic << " must be divisible by " << facts.divisor;
  else if (*number < facts.min)
    diagnostic << " must be at least " << facts.min;
  else
    diagnostic << " must be at most " << facts.max;
  diagnostic << ", found " << *number;
  const Use *known = isa<SymbolOp>(equality.op) ? findUse(*name) : nullptr;
  if (lazy)
    noteUse(diagnostic, symbol,
            {known ? *known
                   : Use{equality.op, value, describeInput(equality.op)},
             std::nullopt});
  else
    diagnostic.attachNote(equality.op->getLoc())
        << "'" << userName(equality.op) << "': " << equality.what
        << " must agree";
  return true;
}

//===----------------------------------------------------------------------===//
// Several examples
//===----------------------------------------------------------------------===//

void ShapeInference::reportDynamicSolution(SymbolOp symbol, const Use &use) {
  auto witnesses = findDifferenceAmongExamples(symbol);
  if (witnesses) {
    auto diagnostic =
        reportTwoUses(symbol, witnesses->first, witnesses->second);
    hintAtAxes(diagnostic, symbol, use.value);
    return;
  }
  auto diagnostic = use.op->emitError();
  diagnostic << moduleText(symbol) << " cannot be materialized: its "
             << fieldText(symbol) << " would be " << use.value.str()
             << ", which is dynamic, expected a constant";
  noteUse(diagnostic, symbol, {use, std::nullopt});
  hintAtAxes(diagnostic, symbol, use.value);
}

/// Infers each example by itself and returns the first two uses that solve the
/// symbol differently.
std::optional<std::pair<ShapeInference::Witness, ShapeInference::Witness>>
ShapeInference::findDifferenceAmongExamples(SymbolOp symbol) {
  ScopedDiagnosticHandler silence(module.getContext(),
                                  [](Diagnostic &) { return success(); });
  std::optional<Witness> first;
  for (size_t number = 0; number < examples.size(); ++number) {
    ShapeInference single(module, &examples[number]);
    // A conflict within this example ends its inference, not what it found.
    (void)single.run();
    const Use *use = single.findUse(symbol.getName());
    if (!use || !use->op)
      continue;
    if (!first)
      first = Witness{*use, number};
    else if (first->use.value != use->value)
      return std::pair(*first, Witness{*use, number});
  }
  return std::nullopt;
}

/// Says which axes of which inputs the dynamic `value` hangs on: giving those
/// one size is certain to help.
void ShapeInference::hintAtAxes(InFlightDiagnostic &diagnostic,
                                SymbolOp symbol, const DimExpr &value) {
  std::set<std::string> names;
  value.collectSymbols(names);
  for (FuncOp function : definedFunctions(module))
    for (auto [i, argument] : llvm::enumerate(function.getArguments())) {
      auto type = dyn_cast<TensorType>(argument.getType());
      for (size_t axis = 0; type && type.hasRank() && axis < type.getShape().size();
           ++axis) {
        auto name = type.getDim(axis).getSymbol();
        if (name && names.count(*name))
          diagnostic.attachNote(argument.getLoc())
              << "hint: " << fieldText(symbol) << " comes from axis " << axis
              << " of input '" << function.getArgumentName(i)
              << "', give it one size";
      }
    }
}

void ShapeInference::reportBrokenClaim(size_t number, const Equality &claim,
                                       int64_t lhs, int64_t rhs) {
  auto diagnostic = emitUserError(claim.op)
                    << claim.what
                    << " must agree, found " << lhs << " and " << rhs << " in "
                    << exampleText(examples[number], number);
  diagnostic.attachNote(claim.op->getLoc())
      << "the examples make " << claim.lhs.str() << " and " << claim.rhs.str()
      << " dynamic, and here they must be equal";
}

} // namespace lz
