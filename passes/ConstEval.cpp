// The pass lz-const-eval: values that depend on parameters and constants alone
// are computed once, by running them, and become parameters. One program is
// evaluated per module, so that kernels are compiled together.

#include "ir/Diagnostics.h"
#include "ir/LzOps.h"
#include "passes/Globals.h"
#include "passes/Passes.h"
#include "ir/Values.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/CSE.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using llvm::SmallVector;

namespace lz {

#define GEN_PASS_DEF_CONSTEVALPASS
#include "passes/Passes.h.inc"

namespace {

/// Where constant values come from: they are inputs of the program, not results.
bool isSource(Operation *op) { return isa<GetParameterOp, ConstantOp>(op); }

int64_t bytesOf(Value value) {
  TensorType type = tensorType(value);
  int64_t bits = type.getElementType().getIntOrFloatBitWidth();
  return *type.getNumElements() * ((bits + 7) / 8);
}

/// Finds what is to be evaluated in one function.
class ConstantFinder {
public:
  explicit ConstantFinder(int64_t maxGrowth) : maxGrowth(maxGrowth) {}

  void find(FuncOp function);
  /// Results that ops of other kinds use, in program order.
  ArrayRef<Value> results() const { return frontier; }

private:
  bool isConstant(Operation *op) const;
  bool isWorthwhile(Operation *op) const;

  int64_t maxGrowth;
  llvm::DenseSet<Operation *> constants;
  SmallVector<Value> frontier;
};

} // namespace

bool ConstantFinder::isConstant(Operation *op) const {
  if (isSource(op))
    return true;
  // Random numbers are to differ from run to run even where their seed does
  // not say so, and a fused region was decided on already.
  if (op->getNumRegions() || isa<RandomOp, RandomLikeOp, HostOp>(op) ||
      !isMemoryEffectFree(op) || op->getNumResults() == 0)
    return false;
  auto isStatic = [](Value value) {
    auto type = dyn_cast<TensorType>(value.getType());
    return type && type.isStatic() && type.getNumElements();
  };
  return llvm::all_of(op->getResults(), isStatic) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return constants.contains(operand.getDefiningOp());
         });
}

/// Whether the results are worth memory: views cost nothing where they are, and
/// what is larger by more than half than all it is made of is cheaper to make again.
bool ConstantFinder::isWorthwhile(Operation *op) const {
  if (op->hasTrait<LzView>())
    return false;
  SmallVector<Operation *> worklist{op};
  llvm::SmallPtrSet<Operation *, 16> seen;
  int64_t available = maxGrowth, needed = 0;
  for (Value result : op->getResults())
    needed += bytesOf(result);
  while (needed > available && !worklist.empty()) {
    Operation *next = worklist.pop_back_val();
    if (!seen.insert(next).second)
      continue;
    if (isSource(next))
      available += bytesOf(next->getResult(0)) * 3 / 2;
    for (Value operand : next->getOperands())
      worklist.push_back(operand.getDefiningOp());
  }
  return needed <= available;
}

void ConstantFinder::find(FuncOp function) {
  Block &body = function.getBody().front();
  for (Operation &op : body)
    if (isConstant(&op))
      constants.insert(&op);
  for (Operation &op : llvm::reverse(body)) {
    if (!constants.contains(&op) || isSource(&op))
      continue;
    bool isUsedOutside = llvm::any_of(op.getUsers(), [&](Operation *user) {
      return !constants.contains(user);
    });
    if (!isUsedOutside)
      continue;
    if (!isWorthwhile(&op)) {
      // Its operands are then used by an op that stays.
      constants.erase(&op);
      continue;
    }
    for (Value result : llvm::reverse(op.getResults()))
      if (!result.use_empty())
        frontier.push_back(result);
  }
  std::reverse(frontier.begin(), frontier.end());
}

/// Clones what `results` are computed from into a program of its own.
static OwningOpRef<ModuleOp> buildProgram(ModuleOp module,
                                          ArrayRef<Value> results) {
  OwningOpRef<ModuleOp> program = ModuleOp::create(module.getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(program->getBody());
  llvm::SetVector<Operation *> slice;
  SmallVector<Operation *> worklist;
  for (Value result : results)
    worklist.push_back(result.getDefiningOp());
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    if (slice.insert(op))
      for (Value operand : op->getOperands())
        worklist.push_back(operand.getDefiningOp());
  }
  llvm::StringSet<> parameters;
  for (Operation *op : slice)
    if (auto get = dyn_cast<GetParameterOp>(op))
      parameters.insert(get.getName());
  for (ParameterOp parameter : module.getOps<ParameterOp>())
    if (parameters.contains(parameter.getName()))
      builder.clone(*parameter);
  auto function = FuncOp::create(
      builder, module.getLoc(), "evaluate",
      builder.getFunctionType({}, ValueRange(results).getTypes()));
  Block *body = function.getBody().empty() ? &function.getBody().emplaceBlock()
                                           : &function.getBody().front();
  builder.setInsertionPointToEnd(body);
  IRMapping mapping;
  // Ops of several functions: the order within each is all that counts.
  for (FuncOp origin : definedFunctions(module))
    for (Operation &op : origin.getBody().front())
      if (slice.contains(&op))
        builder.clone(op, mapping);
  SmallVector<Value> mapped = llvm::map_to_vector(
      results, [&](Value result) { return mapping.lookup(result); });
  ReturnOp::create(builder, module.getLoc(), mapped);
  return program;
}

/// Computes once what several functions compute alike: weights that entries share stay
/// shared. Gives the number, among the values that the program then returns, of each that
/// it returned.
static SmallVector<size_t> mergeEqual(ModuleOp program) {
  FuncOp function = *program.getOps<FuncOp>().begin();
  IRRewriter rewriter(program.getContext());
  DominanceInfo dominance(function);
  eliminateCommonSubExpressions(rewriter, dominance, function);
  Operation *end = function.getBody().front().getTerminator();
  llvm::SetVector<Value> different;
  SmallVector<size_t> numbers;
  for (Value value : end->getOperands()) {
    different.insert(value);
    numbers.push_back(llvm::find(different, value) - different.begin());
  }
  end->setOperands(different.getArrayRef());
  function.setFunctionType(
      rewriter.getFunctionType({}, ValueRange(different.getArrayRef()).getTypes()));
  return numbers;
}

/// A name that no parameter or state has, after the user's op or parameter.
static std::string freshName(Value result, llvm::StringSet<> &taken) {
  std::string base = userName(result.getLoc()).str();
  base += base.empty() ? "const" : ".const";
  std::string name = base;
  for (int i = 1; !taken.insert(name).second; ++i)
    name = base + std::to_string(i);
  return name;
}

/// Result `i` has value `numbers[i]`.
static void replaceByParameters(ModuleOp module, ArrayRef<Value> results,
                                ArrayRef<size_t> numbers, ArrayRef<ElementsAttr> values) {
  llvm::StringSet<> taken;
  forEachGlobal(module, [&](Operation *, const GlobalView &global) {
    taken.insert(global.name);
  });
  OpBuilder builder(module.getContext());
  SmallVector<std::string> names(values.size());
  for (auto [constantResult, number] : llvm::zip_equal(results, numbers)) {
    Value result = constantResult;
    std::string &name = names[number];
    if (name.empty()) {
      name = freshName(result, taken);
      builder.setInsertionPoint(
          result.getDefiningOp()->getParentOfType<FuncOp>());
      ParameterOp::create(builder, result.getLoc(), name, tensorType(result),
                          Attribute(), values[number]);
    }
    builder.setInsertionPoint(result.getDefiningOp());
    auto get = GetParameterOp::create(builder, result.getLoc(),
                                      result.getType(), name);
    result.replaceAllUsesWith(get.getResult());
  }
}

/// Erases pure ops without uses, from the end.
static void eraseDeadOps(FuncOp function) {
  for (Operation &op : llvm::make_early_inc_range(
           llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

namespace {
struct ConstEvalPass : impl::ConstEvalPassBase<ConstEvalPass> {
  ConstEvalPass() = default;
  explicit ConstEvalPass(ConstEvalPassOptions options,
           const PassServices &services = {})
      : ConstEvalPassBase(std::move(options)), evaluator(services.evaluator) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    ConstEvalPassBase::getDependentDialects(registry);
    if (evaluator)
      evaluator->getDependentDialects(registry);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!evaluator)
      return markAllAnalysesPreserved();
    SmallVector<Value> results;
    for (FuncOp function : definedFunctions(module)) {
      ConstantFinder finder(maxGrowth);
      finder.find(function);
      llvm::append_range(results, finder.results());
    }
    if (results.empty())
      return markAllAnalysesPreserved();
    OwningOpRef<ModuleOp> program = buildProgram(module, results);
    SmallVector<size_t> numbers = mergeEqual(*program);
    auto values = evaluator->evaluate(*program);
    if (failed(values))
      return signalPassFailure();
    replaceByParameters(module, results, numbers, *values);
    for (FuncOp function : definedFunctions(module))
      eraseDeadOps(function);
    eraseUnusedParameters(module);
  }

  Evaluator *evaluator = nullptr;
};
} // namespace

std::unique_ptr<Pass> createConstEvalPass(ConstEvalPassOptions options,
                                          const PassServices &services) {
  return std::make_unique<ConstEvalPass>(std::move(options), services);
}

} // namespace lz
