// The fixed point of shape inference and what is written back from it. How
// contradictions are explained stands in ShapeConflicts.cpp.

#include "passes/ShapeInference.h"

#include "passes/Globals.h"
#include "passes/Symbols.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using llvm::SmallVector;
using llvm::StringRef;

namespace lz {

/// Rounds settle after two or three; more only where each round solves another
/// symbol, so this bound is a safeguard and no limit that models meet.
static constexpr int kMaxRounds = 1000;

ShapeInference::ShapeInference(ModuleOp module, const Example *example)
    : module(module), example(example), examples(getExamples(module)) {
  forEachGlobal(module, [&](Operation *, const GlobalView &global) {
    globalTypes[global.name] = global.type;
  });
  collectDefinitions();
}

LogicalResult ShapeInference::run() {
  if (failed(verifyExamples(module)))
    return failure();
  do {
    reset();
    declareSymbols();
    if (failed(applyKnownSolutions()) || failed(iterate()))
      return failure();
  } while (restart || mergeKnownDefinitions() || mergeDynamicDims());
  if (failed(checkLazySolutions()) || failed(checkAgainstExamples()))
    return failure();
  return checkRanks();
}

void ShapeInference::reset() {
  solver = DimSolver();
  types.clear();
  containerTypes.clear();
  contents.clear();
  equalities.clear();
  localEqualities.clear();
  uses.clear();
  restart = false;
}

void ShapeInference::declareSymbols() {
  declared.clear();
  for (SymbolOp symbol : module.getOps<SymbolOp>()) {
    std::string name = symbol.getName().str();
    declared[name] = symbol;
    bool lazy = symbol.getKind() == SymbolKind::Lazy;
    solver.declare(name, getFacts(symbol), lazy || merged.count(name));
  }
  for (const Definition &definition : definitions)
    solver.declare(definition.symbol, SymbolFacts(), /*lazy=*/false);
  for (const auto &[name, value] : merged)
    if (auto heir = resolveMerges(value).getSymbol())
      solver.facts().setFacts(*heir,
                              intersect(solver.facts().getFacts(*heir),
                                        solver.facts().getFacts(name)));
  if (!example)
    return;
  for (FuncOp function : definedFunctions(module))
    for (auto [i, argument] : llvm::enumerate(function.getArguments()))
      if (const ExampleInput *input = example->find(function.getArgumentName(i)))
        types[argument] =
            TensorType::getStatic(module.getContext(), input->shape,
                                  input->elementType);
}

/// The last link of a chain of merges.
DimExpr ShapeInference::resolveMerges(DimExpr value) const {
  while (auto name = value.getSymbol()) {
    auto it = merged.find(*name);
    if (it == merged.end())
      break;
    value = it->second;
  }
  return value;
}

/// Starts from what a weight file solved and from merges of earlier starts.
LogicalResult ShapeInference::applyKnownSolutions() {
  for (SymbolOp symbol : module.getOps<SymbolOp>()) {
    std::optional<int64_t> known = getSolution(symbol);
    if (!known || symbol.getKind() != SymbolKind::Lazy)
      continue;
    uses[symbol.getName()] = {nullptr, *known, getSolutionOrigin(symbol)};
    equalities.push_back(
        {symbol, DimExpr::symbol(symbol.getName().str()), *known, ""});
    auto result = solver.require(equalities.back().lhs, *known,
                                 {std::to_string(equalities.size() - 1)});
    if (result.outcome != DimSolver::Outcome::Conflict)
      continue;
    // Nothing but the declaration is known yet.
    (void)reportBrokenDeclaration(equalities.back(),
                                  {result.outcome, equalities.back().lhs,
                                   *known, std::nullopt});
    return failure();
  }
  for (const auto &[name, value] : merged) {
    equalities.push_back(mergeCauses.at(name));
    auto result = solver.require(DimExpr::symbol(name), value,
                                 {std::to_string(equalities.size() - 1)});
    if (result.outcome == DimSolver::Outcome::Conflict)
      return reportConflict(mergeCauses.at(name), result);
  }
  return success();
}

LogicalResult ShapeInference::iterate() {
  for (bool stage : {false, true}) {
    optimistic = stage;
    int round = 0;
    do {
      changed = false;
      if (failed(visitFunctions()))
        return failure();
    } while (changed && !restart && ++round < kMaxRounds);
    if (restart)
      break;
  }
  return success();
}

LogicalResult ShapeInference::visitFunctions() {
  for (FuncOp function : definedFunctions(module))
    if (failed(inferBlock(function.getBody().front(), *this)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// What ops ask and say
//===----------------------------------------------------------------------===//

TensorType ShapeInference::getType(Value value) {
  auto it = types.find(value);
  TensorType type =
      it == types.end() ? cast<TensorType>(value.getType()) : it->second;
  return mapDims(type, [&](const DimExpr &dim) { return solver.apply(dim); });
}

TensorType ShapeInference::getGlobalType(Operation *, StringRef name) {
  TensorType type = globalTypes.lookup(name);
  if (!type)
    return type;
  return mapDims(type, [&](const DimExpr &dim) { return solver.apply(dim); });
}

void ShapeInference::setType(Value result, TensorType type) {
  auto it = types.find(result);
  if (it != types.end()) {
    TensorType known = getType(result);
    // A rank once known stays known.
    bool forgets = known.hasRank() && !type.hasRank() &&
                   known.getElementType() == type.getElementType();
    if (known == type || forgets)
      return;
  }
  types[result] = type;
  changed = true;
}

std::optional<SmallVector<DimExpr>> ShapeInference::getContents(Value value) {
  auto it = contents.find(value);
  if (it == contents.end())
    return std::nullopt;
  return llvm::map_to_vector(
      it->second, [&](const DimExpr &element) { return solver.apply(element); });
}

void ShapeInference::setContents(Value value, SmallVector<DimExpr> elements) {
  auto known = getContents(value);
  if (known && *known == elements)
    return;
  contents[value] = std::move(elements);
  changed = true;
}

LogicalResult ShapeInference::requireEqual(Operation *op, const DimExpr &lhs,
                                           const DimExpr &rhs,
                                           const Twine &what) {
  Equality claim{op, solver.apply(lhs), solver.apply(rhs), what.str()};
  bool isLocal = !isa<FuncOp>(op->getParentOp()) ||
                 mentionsDefined(claim.lhs) || mentionsDefined(claim.rhs);
  if (isLocal && !mentionsLazy(claim.lhs) && !mentionsLazy(claim.rhs))
    return requireLocally(claim);
  equalities.push_back({op, lhs, rhs, what.str()});
  const Equality &equality = equalities.back();
  auto result =
      solver.require(lhs, rhs, {std::to_string(equalities.size() - 1)});
  switch (result.outcome) {
  case DimSolver::Outcome::Solved: {
    changed = true;
    std::string symbol = *result.lhs.getSymbol();
    uses[symbol] = {op, result.rhs, describeInput(op)};
    return success();
  }
  case DimSolver::Outcome::Conflict:
    return reportConflict(equality, result);
  case DimSolver::Outcome::Holds:
    equalities.pop_back();
    return success();
  case DimSolver::Outcome::Guard:
    return success();
  }
  llvm_unreachable("all outcomes are handled");
}

const ShapeInference::Use *ShapeInference::findUse(StringRef name) const {
  auto it = uses.find(name);
  return it == uses.end() ? nullptr : &it->second;
}

const ShapeInference::Equality &
ShapeInference::equalityOf(const DimSolver::Origin &origin) const {
  size_t index = 0;
  bool invalid = StringRef(origin.text).getAsInteger(10, index);
  assert(!invalid && index < equalities.size() && "origins are indices");
  (void)invalid;
  return equalities[index];
}

//===----------------------------------------------------------------------===//
// Merging dynamic dimensions
//===----------------------------------------------------------------------===//

/// Turns guards that force a dynamic symbol to be a constant or another symbol
/// into substitutions, and says whether there were any: what is equal by
/// construction later proves more, fuses better and needs no check. The run
/// time then checks it where inputs are bound.
bool ShapeInference::mergeDynamicDims() {
  if (example)
    return false;
  bool any = false;
  for (const DimSolver::Guard &guard : solver.guards())
    any |= mergeByGuard(guard);
  return any;
}

/// Symbols that users named are kept rather than those named after an axis.
static bool isPreferred(const std::string &a, const std::string &b) {
  auto rank = [](const std::string &name) {
    return std::pair(name.find('.') != std::string::npos, name);
  };
  return rank(a) < rank(b);
}

/// What `guard` forces a dynamic symbol to be: a constant or another dynamic
/// symbol. `128 * batch == 128` forces batch to be 1.
std::optional<std::pair<std::string, DimExpr>>
ShapeInference::findMerge(const DimSolver::Guard &guard) {
  auto isDynamic = [&](const std::string &name) {
    SymbolOp symbol = findSymbol(name);
    return symbol && symbol.getKind() == SymbolKind::Dynamic &&
           !merged.count(name);
  };
  std::set<std::string> names;
  guard.lhs.collectSymbols(names);
  guard.rhs.collectSymbols(names);
  for (const std::string &name : names) {
    auto value = isDynamic(name) ? solver.onlyValue(name, guard.lhs, guard.rhs)
                                 : std::nullopt;
    if (!value)
      continue;
    if (value->isConstant())
      return std::pair(name, *value);
    auto other = value->getSymbol();
    if (!other || !isDynamic(*other))
      continue;
    return isPreferred(name, *other) ? std::pair(*other, DimExpr::symbol(name))
                                     : std::pair(name, *value);
  }
  return std::nullopt;
}

bool ShapeInference::mergeByGuard(const DimSolver::Guard &guard) {
  if (!isa<FuncOp>(equalityOf(guard.origin).op->getParentOp()))
    return false;
  auto merge = findMerge(guard);
  if (!merge)
    return false;
  const auto &[name, value] = *merge;
  merged[name] = value;
  mergeCauses.emplace(name, equalityOf(guard.origin));
  mergeCauses.at(name).lhs = DimExpr::symbol(name);
  mergeCauses.at(name).rhs = value;
  return true;
}

//===----------------------------------------------------------------------===//
// Checks at the end
//===----------------------------------------------------------------------===//

LogicalResult ShapeInference::checkLazySolutions() {
  if (example)
    return success();
  bool allConstant = true;
  for (SymbolOp symbol : module.getOps<SymbolOp>()) {
    std::string name = symbol.getName().str();
    auto solution = solver.solution(name);
    const Use *use = findUse(name);
    if (symbol.getKind() != SymbolKind::Lazy || !solution || !use)
      continue;
    std::set<std::string> names;
    solution->collectSymbols(names);
    // What hangs on another lazy symbol is missing, not wrong.
    if (llvm::any_of(names, [&](auto &n) { return !solver.isLazy(n); })) {
      Use resolved = *use;
      resolved.value = *solution;
      reportDynamicSolution(symbol, resolved);
      allConstant = false;
    }
  }
  return success(allConstant);
}

/// Everything a run would have to check: guards, and merges, whose symbols may
/// have been given apart by the examples.
std::vector<ShapeInference::Equality> ShapeInference::claims() const {
  std::vector<Equality> claims;
  for (const DimSolver::Guard &guard : solver.guards()) {
    claims.push_back(equalityOf(guard.origin));
    claims.back().lhs = guard.lhs;
    claims.back().rhs = guard.rhs;
  }
  for (const auto &[name, cause] : mergeCauses)
    claims.push_back(cause);
  return claims;
}

LogicalResult ShapeInference::checkAgainstExamples() {
  for (size_t number = 0; !example && number < examples.size(); ++number)
    for (const Equality &claim : claims())
      if (failed(checkAgainstExample(number, claim)))
        return failure();
  return success();
}

LogicalResult ShapeInference::checkAgainstExample(size_t number,
                                                  const Equality &claim) {
  std::map<std::string, int64_t> values;
  for (FuncOp function : definedFunctions(module))
    for (auto [i, argument] : llvm::enumerate(function.getArguments())) {
      const ExampleInput *input =
          examples[number].find(function.getArgumentName(i));
      auto type = dyn_cast<TensorType>(argument.getType());
      if (!input || !type || !type.hasRank() ||
          type.getRank() != static_cast<int64_t>(input->shape.size()))
        continue;
      for (auto [dim, size] : llvm::zip_equal(type.getShape(), input->shape))
        if (auto name = dim.getSymbol())
          values.try_emplace(*name, size);
    }
  auto lhs = claim.lhs.evaluate(values), rhs = claim.rhs.evaluate(values);
  if (!lhs || !rhs || *lhs == *rhs)
    return success();
  reportBrokenClaim(number, claim, *lhs, *rhs);
  return failure();
}

LogicalResult ShapeInference::checkRanks() {
  for (FuncOp function : definedFunctions(module)) {
    bool argumentsRanked = true;
    for (auto [i, argument] : llvm::enumerate(function.getArguments())) {
      if (!isa<TensorType>(argument.getType()) || getType(argument).hasRank())
        continue;
      argumentsRanked = false;
      std::string name = function.getArgumentName(i), element;
      llvm::raw_string_ostream(element) << getType(argument).getElementType();
      auto diagnostic = emitError(argument.getLoc())
                        << "input '" << name
                        << "' has no shape, expected an example input or a "
                           "declared rank; give --example '"
                        << name << "=" << element << "[...]'";
    }
    if (!argumentsRanked)
      return failure();
    if (failed(checkRanks(function.getBody().front())))
      return failure();
  }
  return success();
}

/// Of an lz.if whose condition is known, only what will run counts.
LogicalResult ShapeInference::checkRanks(Block &block) {
  for (Operation &op : block) {
    auto taken = getTakenBranch(&op);
    for (Region &region : op.getRegions())
      if (!taken || region.getRegionNumber() == (*taken ? 0u : 1u))
        if (failed(checkRanks(region.front())))
          return failure();
    if (failed(checkRank(&op)))
      return failure();
  }
  return success();
}

LogicalResult ShapeInference::checkRank(Operation *op) {
  for (Value result : op->getResults()) {
    auto type = dyn_cast<TensorType>(result.getType());
    if (!type)
      continue;
    type = getType(result);
    if (!type.hasRank())
      return op->emitError() << "the shape of '" << userName(op)
                             << "' depends on data, expected one that follows "
                                "from the shapes of the inputs";
    if (llvm::any_of(type.getShape(),
                     [](const DimExpr &dim) { return dim.isOverflow(); }))
      return op->emitError() << "the shape of '" << userName(op)
                             << "' is too large to be counted in 64 bits";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Writing back
//===----------------------------------------------------------------------===//

void ShapeInference::writeBack() {
  warnOfMerges();
  for (FuncOp function : definedFunctions(module)) {
    findSupersededSymbols(function);
    writeTypes(function);
  }
  writeGuards();
  writeLocalGuards();
  writeDefinitions();
  writeSymbols();
  writeSupersededSymbols();
  inlineKnownBranches();
}

void ShapeInference::warnOfMerges() {
  for (const auto &[name, value] : merged)
    if (value.isConstant() && !definers.count(name)) {
      const Equality &cause = mergeCauses.at(name);
      auto diagnostic = emitWarning(cause.op->getLoc());
      diagnostic << "dimension '" << name << "' is not dynamic, it can only be "
                 << value.str() << " here, as " << cause.what
                 << " must agree";
    }
}

void ShapeInference::writeTypes(FuncOp function) {
  auto refine = [&](Value value) { value.setType(getValueType(value)); };
  function.walk([&](Operation *op) { llvm::for_each(op->getResults(), refine); });
  function.walk([&](Block *block) {
    llvm::for_each(block->getArguments(), refine);
  });
  function.updateFunctionType();
}

void ShapeInference::writeGuards() {
  MLIRContext *context = module.getContext();
  for (const DimSolver::Guard &guard : solver.guards()) {
    const Equality &cause = equalityOf(guard.origin);
    // What the user's own guard asked for stands there already.
    if (isa<GuardOp>(cause.op))
      continue;
    auto function = cause.op->getParentOfType<FuncOp>();
    OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
    GuardOp::create(
        builder, cause.op->getLoc(), DimAttr::get(context, guard.lhs),
        DimAttr::get(context, guard.rhs),
        builder.getStringAttr(
            isa<ExpectSeveralOp>(cause.op)
                ? cause.what
                : "'" + userName(cause.op) + "': " + cause.what + " must agree"));
  }
}

void ShapeInference::writeSymbols() {
  for (SymbolOp symbol :
       llvm::make_early_inc_range(module.getOps<SymbolOp>())) {
    std::string name = symbol.getName().str();
    auto solution = solver.solution(name);
    if (merged.count(name)) {
      declared.erase(name);
      symbol.erase();
      continue;
    }
    if (symbol.getKind() != SymbolKind::Lazy || !solution ||
        !solution->isConstant())
      continue;
    const Use *use = findUse(name);
    setSolution(symbol, *solution->getConstant(), use ? use->origin : "");
  }
  std::map<std::string, DimExpr> replacements;
  for (const auto &[name, value] : merged) {
    replacements[name] = solver.apply(resolveMerges(value));
    if (auto heir = replacements[name].getSymbol())
      if (SymbolOp symbol = findSymbol(*heir))
        setFacts(symbol, solver.facts().getFacts(*heir));
  }
  substituteSymbols(module, replacements);
}

} // namespace lz
