//===- Loops.cpp ----------------------------------------------------------===//
//
// See Loops.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Loops.h"

#include "frontend/onnx/Importer.h"
#include "frontend/onnx/Sequences.h"

#include "ir/Diagnostics.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;

namespace {

using Diagnostics = std::vector<Diagnostic>;
using Types = SmallVector<Type>;

class LoopMaker {
public:
  LoopMaker(Node &n, const LoopPlan &plan) : n(n), plan(plan) {}

  OnnxValues run();

private:
  Types initTypes();
  Types argumentTypes();
  bool tryOnce();
  LoopOp makeDraft();
  bool buildBody(LoopOp draft);
  bool checkCarried(LoopPlan::Step &step);
  void settle();
  bool widen(llvm::function_ref<bool(size_t i, size_t axis)> changes);
  bool mayTryWidened();
  void remember();
  void discard();
  OnnxValues finish();

  Node &n;
  const LoopPlan &plan;
  LoopOp loop;
  /// The assumption: what an iteration gets, the dimensions of it that differ
  /// between iterations.
  Types assumed;
  SmallVector<std::string> iterates;
  bool isWidened = false;
  SmallVector<const ElementInfo *> logical; ///< of the results
  SmallVector<bool> isWrapped; ///< by result: an optional that is read out
};

/// Keeps diagnostics back while it lives.
class Held {
public:
  Held(MLIRContext *context, Diagnostics &into)
      : handler(context, [&into](Diagnostic &diagnostic) {
          into.push_back(std::move(diagnostic));
          return success();
        }) {}

private:
  ScopedDiagnosticHandler handler;
};

} // namespace

static void emitAll(MLIRContext *context, Diagnostics &diagnostics) {
  for (Diagnostic &diagnostic : diagnostics)
    context->getDiagEngine().emit(std::move(diagnostic));
}

Types LoopMaker::initTypes() {
  return llvm::map_to_vector(
      plan.inits, [](const OnnxValue &init) { return init.value.getType(); });
}

Types LoopMaker::argumentTypes() {
  return Types(llvm::drop_begin(loop.getBodyBlock().getArgumentTypes()));
}

//===----------------------------------------------------------------------===//
// One attempt
//===----------------------------------------------------------------------===//

LoopOp LoopMaker::makeDraft() {
  SmallVector<Value> inits;
  for (const OnnxValue &init : plan.inits)
    inits.push_back(init.value);
  LoopOp draft = LoopOp::create(n.builder, n.loc, TypeRange(), plan.tripCount,
                                plan.condition, inits);
  for (auto [i, type] : llvm::enumerate(assumed))
    draft.getCarried(i).setType(type);
  return draft;
}

/// What is carried stays of its kind and element type. One exception: a body
/// that gives what an optional holds.
bool LoopMaker::checkCarried(LoopPlan::Step &step) {
  isWrapped.assign(step.carried.size(), false);
  for (auto [i, next] : llvm::enumerate(step.carried)) {
    Type was = plan.inits[i].value.getType(), is = next.value.getType();
    auto optional = llvm::dyn_cast<OptionalType>(was);
    if (optional && haveSameKind(optional.getElementType(), is)) {
      next.value = wrapOptional(n, next.value);
      isWrapped[i] = true;
      is = next.value.getType();
    }
    if (haveSameKind(was, is) && plan.inits[i].logical == next.logical)
      continue;
    n.error() << "carried value " << i << " is " << typeText(was)
              << " before an iteration and " << typeText(is) << " after it";
    return false;
  }
  return true;
}

/// Fills the block of a loop without results.
bool LoopMaker::buildBody(LoopOp draft) {
  OpBuilder::InsertionGuard guard(n.builder);
  n.builder.setInsertionPointToStart(&draft.getBodyBlock());
  OnnxValues carried;
  for (auto [i, init] : llvm::enumerate(plan.inits))
    carried.push_back({draft.getCarried(i), init.logical});
  std::optional<LoopPlan::Step> step =
      plan.build(draft.getIteration(), carried);
  if (!step || n.failed || !checkCarried(*step))
    return false;
  if (!step->condition)
    step->condition = n.scalar(1, n.i1());
  SmallVector<Value> values = {step->condition};
  logical.clear();
  for (const OnnxValues *list : {&step->carried, &step->scans})
    for (const OnnxValue &value : *list) {
      values.push_back(value.value);
      logical.push_back(value.logical);
    }
  YieldOp::create(n.builder, n.loc, values);
  return !n.failed;
}

/// Infers until what an iteration gets is what iterations give.
void LoopMaker::settle() {
  constexpr int kMaxRounds = 8;
  Types before;
  for (int i = 0; i < kMaxRounds && before != argumentTypes(); ++i) {
    before = argumentTypes();
    n.infer(loop);
    if (n.failed)
      return;
  }
}

/// Builds the loop under the assumption; false if the body cannot be imported.
bool LoopMaker::tryOnce() {
  LoopOp draft = makeDraft();
  if (!buildBody(draft)) {
    n.shapes.discard(draft);
    return false;
  }
  Types results;
  for (Value value : llvm::drop_begin(draft.getYield().getOperands()))
    results.push_back(cloneUnranked(value.getType()));
  SmallVector<StringRef> symbols(iterates.begin(), iterates.end());
  loop = LoopOp::create(n.builder, n.loc, results, plan.tripCount,
                        plan.condition, draft.getInits(), {}, symbols);
  loop.getBody().takeBody(draft.getBody());
  draft.erase();
  settle();
  return true;
}

//===----------------------------------------------------------------------===//
// Until the assumption holds
//===----------------------------------------------------------------------===//

/// Where a body cannot even be imported for the shapes it begins with, all
/// dimensions are taken to change.
bool LoopMaker::mayTryWidened() {
  if (isWidened || !n.importer.mayImportAgain())
    return false;
  isWidened = true;
  return widen([](size_t, size_t) { return true; });
}

/// Takes the dimensions of carried values that `changes` tells to differ between
/// iterations; whether there is one that was not yet.
bool LoopMaker::widen(
    llvm::function_ref<bool(size_t i, size_t axis)> changes) {
  bool any = false;
  for (auto [i, type] : llvm::enumerate(assumed)) {
    auto tensor = llvm::dyn_cast<lz::TensorType>(type);
    if (!tensor || !tensor.hasRank())
      continue;
    Dims dims(tensor.getShape());
    for (auto [axis, dim] : llvm::enumerate(dims)) {
      auto name = dim.getSymbol();
      if ((name && llvm::is_contained(iterates, *name)) || !changes(i, axis))
        continue;
      iterates.push_back(n.defineSymbol(
          ("carried" + llvm::Twine(i) + ".axis" + llvm::Twine(axis)).str()));
      dim = DimExpr::symbol(iterates.back());
      any = true;
    }
    type = tensor.cloneWithShape(dims);
  }
  return any;
}

/// Notes which dimensions were found to change.
void LoopMaker::remember() {
  auto &changing = n.importer.getLoopMemory().changing[&n.proto];
  for (auto [i, type] : llvm::enumerate(assumed)) {
    auto tensor = llvm::dyn_cast<lz::TensorType>(type);
    if (!tensor || !tensor.hasRank())
      continue;
    for (auto [axis, dim] : llvm::enumerate(tensor.getShape())) {
      auto name = dim.getSymbol();
      if (name && llvm::is_contained(iterates, *name))
        changing.insert({i, axis});
    }
  }
}

/// Takes what was learned from the loop, and the loop away.
void LoopMaker::discard() {
  assumed = argumentTypes();
  iterates.clear();
  for (StringRef symbol : getIterationSymbols(loop))
    iterates.push_back(symbol.str());
  remember();
  n.shapes.discard(loop, /*keepIterates=*/true);
  loop = {};
}

OnnxValues LoopMaker::finish() {
  OnnxValues results;
  for (auto [i, result] : llvm::enumerate(loop.getResults())) {
    bool unwraps = i < isWrapped.size() && isWrapped[i];
    results.push_back(
        {unwraps ? unwrapOptional(n, result) : Value(result), logical[i]});
  }
  return results;
}

OnnxValues LoopMaker::run() {
  MLIRContext *context = n.builder.getContext();
  Diagnostics first; // why the body could not be imported at first
  assumed = initTypes();
  const auto &changing = n.importer.getLoopMemory().changing[&n.proto];
  widen([&](size_t i, size_t axis) { return changing.count({i, axis}) != 0; });
  for (;;) {
    Diagnostics held;
    bool isBuilt = false;
    {
      Held hold(context, held);
      isBuilt = tryOnce();
    }
    if (isBuilt && argumentTypes() != assumed && n.importer.mayImportAgain()) {
      discard();
    } else if (!isBuilt && mayTryWidened()) {
      first = std::move(held);
    } else {
      emitAll(context, n.failed && !first.empty() ? first : held);
      if (isBuilt && argumentTypes() != assumed)
        n.error() << "carried values change their shapes in too many ways";
      return n.failed ? OnnxValues() : finish();
    }
    n.failed = false;
  }
}

OnnxValues onnximport::buildLoop(Node &n, const LoopPlan &plan) {
  if (n.failed)
    return {};
  LoopMemory &memory = n.importer.getLoopMemory();
  ++memory.depth;
  OnnxValues results = LoopMaker(n, plan).run();
  if (--memory.depth == 0)
    memory.changing.clear();
  return results;
}

std::optional<StepTypes> onnximport::findStepTypes(Node &n,
                                                   const LoopPlan &plan) {
  if (n.failed)
    return std::nullopt;
  LoopOp draft = LoopOp::create(n.builder, n.loc, TypeRange(), plan.tripCount,
                                plan.condition, ValueRange());
  std::optional<StepTypes> found;
  {
    OpBuilder::InsertionGuard guard(n.builder);
    n.builder.setInsertionPointToStart(&draft.getBodyBlock());
    auto step = plan.build(draft.getIteration(), {});
    if (step && !n.failed) {
      found.emplace();
      for (const OnnxValue &value : step->scans) {
        found->types.push_back(value.value.getType());
        found->logical.push_back(value.logical);
      }
    }
  }
  n.shapes.discard(draft);
  return found;
}
