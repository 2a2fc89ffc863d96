// Symbols that ops define while a run goes on, in shape inference: made where an
// op asks for one, checked where they are known, and written into the module.

#include "passes/ShapeInference.h"

#include "passes/Globals.h"
#include "passes/Symbols.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using llvm::SmallVector;
using llvm::StringRef;

namespace lz {

void ShapeInference::collectDefinitions() {
  module.walk([&](Operation *op) {
    for (StringRef symbol : getDefinedSymbols(op))
      definers[symbol.str()] = {op, false};
    for (StringRef symbol : getIterationSymbols(op))
      definers[symbol.str()] = {op, true};
  });
}

const ShapeInference::Definition *
ShapeInference::findDefinition(Operation *op, StringRef what) {
  for (const Definition &definition : definitions)
    if (definition.op == op && definition.what == what)
      return &definition;
  return nullptr;
}

/// `encoder.topk.n`, with a number behind where that is taken.
std::string ShapeInference::freshSymbol(Operation *op, StringRef what) {
  std::string base = userName(op) + "." + what.str();
  std::string name = base;
  for (int i = 1; definers.count(name) || findSymbol(name); ++i)
    name = base + "." + std::to_string(i);
  return name;
}

std::optional<DimExpr> ShapeInference::define(Operation *op, StringRef what,
                                              bool perIteration) {
  if (const Definition *known = findDefinition(op, what))
    return DimExpr::symbol(known->symbol);
  std::string name = freshSymbol(op, what);
  definitions.push_back({op, what.str(), name, perIteration});
  definers[name] = {op, perIteration};
  solver.declare(name, SymbolFacts(), /*lazy=*/false);
  restart |= perIteration;
  changed = true;
  return DimExpr::symbol(name);
}

std::optional<DimExpr> ShapeInference::findDefined(Operation *op,
                                                   StringRef what) {
  const Definition *known = findDefinition(op, what);
  return known ? std::optional(DimExpr::symbol(known->symbol)) : std::nullopt;
}

static std::set<std::string> symbolsOf(const DimExpr &expr) {
  std::set<std::string> names;
  expr.collectSymbols(names);
  return names;
}

bool ShapeInference::isKnownInsideOnly(Operation *op, const DimExpr &expr) {
  return llvm::any_of(symbolsOf(expr), [&](const std::string &name) {
    auto it = definers.find(name);
    if (it == definers.end())
      return false;
    auto [definer, perIteration] = it->second;
    return definer == op ? perIteration : op->isProperAncestor(definer);
  });
}

bool ShapeInference::mentionsDefined(const DimExpr &expr) const {
  return llvm::any_of(symbolsOf(expr), [&](const std::string &name) {
    return definers.count(name) != 0;
  });
}

bool ShapeInference::mentionsLazy(const DimExpr &expr) const {
  return llvm::any_of(symbolsOf(expr), [&](const std::string &name) {
    return solver.isLazy(name);
  });
}

//===----------------------------------------------------------------------===//
// Types of all kinds of values
//===----------------------------------------------------------------------===//

Type ShapeInference::resolveType(Type type) {
  if (auto sequence = dyn_cast<SequenceType>(type))
    return SequenceType::get(type.getContext(),
                             resolveType(sequence.getElementType()));
  if (auto optional = dyn_cast<OptionalType>(type))
    return OptionalType::get(type.getContext(),
                             resolveType(optional.getElementType()));
  return mapDims(cast<TensorType>(type),
                 [&](const DimExpr &dim) { return solver.apply(dim); });
}

Type ShapeInference::getValueType(Value value) {
  auto it = containerTypes.find(value);
  return resolveType(it != containerTypes.end() ? it->second
                     : types.count(value)       ? Type(types.lookup(value))
                                                : value.getType());
}

void ShapeInference::setValueType(Value result, Type type) {
  if (auto tensor = dyn_cast<TensorType>(type))
    return setType(result, tensor);
  if (getValueType(result) == resolveType(type))
    return;
  containerTypes[result] = type;
  changed = true;
}

//===----------------------------------------------------------------------===//
// What is known here and not there
//===----------------------------------------------------------------------===//

/// Which region of an lz.if runs, where that is known.
std::optional<bool> ShapeInference::getTakenBranch(Operation *op) {
  auto branch = dyn_cast<IfOp>(op);
  if (!branch)
    return std::nullopt;
  auto elements = getContents(branch.getCondition());
  if (!elements || elements->size() != 1 || !elements->front().isConstant())
    return std::nullopt;
  return elements->front() != DimExpr(0);
}

/// Decides an equality by the facts alone, or leaves a check beside the op: in
/// the other branch of an lz.if the contrary may hold.
LogicalResult ShapeInference::requireLocally(const Equality &equality) {
  DimFacts::Truth truth = solver.facts().equal(equality.lhs, equality.rhs);
  if (truth == DimFacts::Truth::True)
    return success();
  if (truth == DimFacts::Truth::False)
    return reportConflict(equality, {DimSolver::Outcome::Conflict, equality.lhs,
                                     equality.rhs, std::nullopt});
  for (const Equality &known : localEqualities)
    if (known.op->getBlock() == equality.op->getBlock() &&
        known.lhs == equality.lhs && known.rhs == equality.rhs)
      return success();
  localEqualities.push_back(equality);
  return success();
}

/// `define` of elements that inference can tell needs no symbols.
bool ShapeInference::mergeKnownDefinitions() {
  bool any = false;
  module.walk([&](HostOp op) {
    auto elements = op.getName() == "define" ? getContents(op.getInputs()[0])
                                             : std::nullopt;
    SmallVector<StringRef> symbols = getDefinedSymbols(op);
    if (!elements || elements->size() != symbols.size())
      return;
    for (auto [symbol, element] : llvm::zip(symbols, *elements)) {
      std::string name = symbol.str();
      if (merged.count(name) || symbolsOf(element).count(name))
        continue;
      Equality cause{op, DimExpr::symbol(name), element,
                     "'" + name + "' and what defines it"};
      merged[name] = element;
      mergeCauses.emplace(name, cause);
      any = true;
    }
  });
  return any;
}

//===----------------------------------------------------------------------===//
// Writing back
//===----------------------------------------------------------------------===//

static bool guardsAlready(Operation *op, const DimExpr &lhs,
                          const DimExpr &rhs) {
  for (Operation *other = op->getPrevNode(); other; other = other->getPrevNode())
    if (auto guard = dyn_cast<GuardOp>(other);
        guard && guard.getLhs().getValue() == lhs &&
        guard.getRhs().getValue() == rhs)
      return true;
  return false;
}

void ShapeInference::writeLocalGuards() {
  MLIRContext *context = module.getContext();
  for (const Equality &equality : localEqualities) {
    DimExpr lhs = solver.apply(equality.lhs), rhs = solver.apply(equality.rhs);
    if (lhs == rhs || isa<GuardOp>(equality.op) ||
        guardsAlready(equality.op, lhs, rhs))
      continue;
    OpBuilder builder(equality.op);
    std::string message = isa<ExpectSeveralOp>(equality.op)
                              ? equality.what
                              : "'" + userName(equality.op) +
                                    "': " + equality.what + " must agree";
    GuardOp::create(builder, equality.op->getLoc(), DimAttr::get(context, lhs),
                    DimAttr::get(context, rhs), builder.getStringAttr(message));
  }
}

/// Adds the symbols that inference made to their ops, and declares them.
void ShapeInference::writeDefinitions() {
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  for (const Definition &definition : definitions) {
    if (definition.perIteration)
      addIterationSymbol(definition.op, definition.symbol);
    else
      addDefinedSymbol(definition.op, definition.symbol);
    SymbolFacts facts;
    SymbolOp::create(builder, definition.op->getLoc(), definition.symbol,
                     SymbolKind::Defined, facts.min, facts.max, facts.divisor,
                     /*module=*/StringAttr(), /*field=*/StringAttr());
  }
}

/// A symbol that an op names for a dimension of a result which turned out to be
/// another expression: who mentions it means that.
void ShapeInference::findSupersededSymbols(FuncOp function) {
  function.walk([&](Operation *op) {
    SmallVector<StringRef> symbols = getDefinedSymbols(op);
    for (OpResult result : op->getResults()) {
      auto given = dyn_cast<TensorType>(result.getType());
      if (symbols.empty() || !given || !given.hasRank())
        continue;
      TensorType found = getType(result);
      if (!found.hasRank() || found.getRank() != given.getRank())
        continue;
      for (auto [was, is] : llvm::zip(given.getShape(), found.getShape()))
        if (auto name = was.getSymbol();
            name && was != is && llvm::is_contained(symbols, *name))
          superseded[*name] = is;
    }
  });
}

static ArrayAttr without(ArrayAttr list,
                         llvm::function_ref<bool(StringRef)> isGone) {
  SmallVector<Attribute> rest;
  for (auto entry : list.getAsRange<StringAttr>())
    if (!isGone(entry.getValue()))
      rest.push_back(entry);
  return ArrayAttr::get(list.getContext(), rest);
}

/// Removes symbols that gave way to expressions from the ops that defined them.
void ShapeInference::writeSupersededSymbols() {
  auto isGone = [&](StringRef name) {
    return superseded.count(name.str()) || merged.count(name.str());
  };
  for (SymbolOp symbol : llvm::make_early_inc_range(module.getOps<SymbolOp>()))
    if (superseded.count(symbol.getName().str()))
      symbol.erase();
  module.walk([&](Operation *op) {
    if (auto host = dyn_cast<HostOp>(op)) {
      host.setDefinesAttr(without(host.getDefines(), isGone));
      if (host.getName() == "define" && host.getDefines().empty())
        host.erase();
    } else if (auto branch = dyn_cast<IfOp>(op)) {
      branch.setDefinesAttr(without(branch.getDefines(), isGone));
    } else if (auto loop = dyn_cast<LoopOp>(op)) {
      loop.setDefinesAttr(without(loop.getDefines(), isGone));
    }
  });
  substituteSymbols(module, superseded);
}

/// Puts the region that is known to run in the place of its lz.if.
void ShapeInference::inlineKnownBranches() {
  SmallVector<std::pair<IfOp, bool>> known;
  module.walk([&](IfOp op) {
    if (auto taken = getTakenBranch(op))
      known.emplace_back(op, *taken);
  });
  // Inner ones come first.
  for (auto [op, taken] : known) {
    YieldOp end = taken ? op.getThenYield() : op.getElseYield();
    op.replaceAllUsesWith(end.getOperands());
    Block &block = taken ? op.getThenBlock() : op.getElseBlock();
    op->getBlock()->getOperations().splice(Block::iterator(op),
                                           block.getOperations(), block.begin(),
                                           Block::iterator(end));
    op.erase();
  }
}

} // namespace lz
