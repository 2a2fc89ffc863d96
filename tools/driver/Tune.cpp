//===- Tune.cpp - Dense layers, decided by measuring ----------------------===//
//
// See Tune.h. An operation is measured alone: operands that are weights in the model are
// weights here, the others are inputs.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Tune.h"

#include "backends/cpu/KernelCache.h"
#include "ir/LzOps.h"
#include "ir/Values.h"
#include "tools/driver/RunHere.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

#include <chrono>

using namespace mlir;
using namespace lz;

using Times = TuningOracle::Times;

/// Products of more rows keep a library busy, whatever a call costs.
static constexpr int64_t kMostRows = 16;
/// Nor is there a question where one call takes tens of microseconds.
static constexpr int64_t kMostMultiplyAdds = 1 << 22;

//===----------------------------------------------------------------------===//
// What is worth a measurement
//===----------------------------------------------------------------------===//

static bool isStatic(Value value) { return lz::tensorType(value).isStatic(); }

static bool isThinOrSmall(Operation *root) {
  lz::TensorType src = lz::tensorType(root->getOperand(0));
  int64_t terms = *src.getDim(src.getRank() - 1).getConstant();
  lz::TensorType dst = lz::tensorType(root->getResult(0));
  int64_t outputs = *dst.getNumElements();
  int64_t columns = *dst.getDim(dst.getRank() - 1).getConstant();
  return columns > 0 && (outputs / columns <= kMostRows || outputs * terms <= kMostMultiplyAdds);
}

/// Weights in panels are a generated kernel's already.
static bool hasPanels(Operation *root) {
  return isa<LinearOp>(root) && lz::tensorType(root->getOperand(1)).getRank() == 3;
}

static bool isCandidate(Operation *root) {
  return isa<LinearOp, MatmulOp>(root) && llvm::all_of(root->getOperands(), isStatic) &&
         !hasPanels(root) &&
         isStatic(root->getResult(0)) && isThinOrSmall(root);
}

static bool isWeight(Value operand) { return operand.getDefiningOp<GetParameterOp>() != nullptr; }

/// What decides the times, but for the machine.
static std::string describe(Operation *root, int threads) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << root->getName() << " " << root->getAttrDictionary() << " threads " << threads;
  for (Value operand : root->getOperands())
    os << (isWeight(operand) ? " weight " : " input ") << operand.getType();
  os << " -> " << root->getResult(0).getType();
  return text;
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// Numbers of ordinary size, none of them special to arithmetic.
static void fillNumbers(MutableArrayRef<char> bytes) {
  uint32_t state = 1;
  auto *numbers = reinterpret_cast<float *>(bytes.data());
  for (size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
    state = state * 1664525 + 1013904223;
    numbers[i] = static_cast<float>(state >> 8) / (1 << 24) - 0.5f;
  }
}

/// The operation in a module of its own.
static OwningOpRef<ModuleOp> isolate(Operation *root) {
  Location loc = UnknownLoc::get(root->getContext());
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  SmallVector<Type> inputs;
  for (auto [i, operand] : llvm::enumerate(root->getOperands())) {
    lz::TensorType type = lz::tensorType(operand);
    if (!isWeight(operand)) {
      inputs.push_back(type);
      continue;
    }
    std::string name = "w" + std::to_string(i);
    auto value = makeFilledValue(
        RankedTensorType::get(*type.getStaticShape(), type.getElementType()), name, fillNumbers);
    ParameterOp::create(builder, loc, name, type, Attribute(), value);
  }
  auto func = FuncOp::create(builder, loc, "measured",
                             builder.getFunctionType(inputs, root->getResultTypes()));
  Block *body = func.getBody().empty() ? &func.getBody().emplaceBlock() : &func.getBody().front();
  if (body->getNumArguments() == 0)
    body->addArguments(inputs, SmallVector<Location>(inputs.size(), loc));
  builder.setInsertionPointToEnd(body);
  IRMapping mapping;
  unsigned next = 0;
  for (auto [i, operand] : llvm::enumerate(root->getOperands()))
    mapping.map(operand, isWeight(operand)
                             ? Value(GetParameterOp::create(builder, loc, operand.getType(),
                                                            "w" + std::to_string(i)))
                             : Value(body->getArgument(next++)));
  Operation *copy = builder.clone(*root, mapping);
  ReturnOp::create(builder, loc, copy->getResults());
  return module;
}

namespace {
/// One way to compute the operation, ready to be run again and again.
class Contender {
public:
  LogicalResult open(Operation *root, const DenseOracle *oracle, int threads,
                     KernelCache *kernels);
  /// Microseconds of a run, the mean of some.
  FailureOr<double> time();

private:
  LogicalResult bindInputs(Operation *root);

  OwningOpRef<ModuleOp> program;
  ModelPtr model;
  SessionPtr session;
  std::vector<std::vector<char>> inputs;
};
} // namespace

LogicalResult Contender::bindInputs(Operation *root) {
  for (Value operand : root->getOperands()) {
    if (isWeight(operand))
      continue;
    SmallVector<int64_t> dims = *lz::tensorType(operand).getStaticShape();
    int64_t size = *lz::tensorType(operand).getNumElements();
    fillNumbers(inputs.emplace_back(size * sizeof(float)));
    lz_tensor tensor{inputs.back().data(), LZ_F32, static_cast<int32_t>(dims.size()), dims.data(),
                     nullptr};
    if (failed(checkStatus(lz_session_set_input(session.get(), inputs.size() - 1, &tensor),
                           *program)))
      return failure();
  }
  return success();
}

LogicalResult Contender::open(Operation *root, const DenseOracle *oracle, int threads,
                              KernelCache *kernels) {
  program = isolate(root);
  FailureOr<ModelPtr> loaded = compileAndLoad(*program, oracle, kernels);
  if (failed(loaded))
    return failure();
  model = std::move(*loaded);
  FailureOr<SessionPtr> started = startSession(model.get(), *program, threads);
  if (failed(started))
    return failure();
  session = std::move(*started);
  // The first run plans and packs.
  if (failed(bindInputs(root)))
    return failure();
  return checkStatus(lz_session_run(session.get()), *program);
}

FailureOr<double> Contender::time() {
  constexpr int leastRuns = 3;
  constexpr double leastUs = 1500;
  auto begin = std::chrono::steady_clock::now();
  double us = 0;
  int numRuns = 0;
  while (numRuns < leastRuns || us < leastUs) {
    if (lz_session_run(session.get()) != LZ_OK)
      return failure();
    ++numRuns;
    us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
             .count();
  }
  return us / numRuns;
}

/// In turns, so that what disturbs one disturbs the other; the best of each.
static std::optional<Times> measure(Operation *root, const DenseOracle &all, int threads,
                                    KernelCache *kernels) {
  // A measurement that fails is none: the rule decides, and the model compiles as ever.
  ScopedDiagnosticHandler quiet(root->getContext(), [](Diagnostic &) { return success(); });
  Contender generated, library;
  if (failed(generated.open(root, nullptr, threads, kernels)) ||
      failed(library.open(root, &all, threads, kernels)))
    return std::nullopt;
  constexpr int numRounds = 7;
  Times best{1e30, 1e30};
  for (int round = 0; round < numRounds; ++round) {
    FailureOr<double> ours = generated.time(), theirs = library.time();
    if (failed(ours) || failed(theirs))
      return std::nullopt;
    best = {std::min(best.generated, *ours), std::min(best.library, *theirs)};
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

static std::string print(const Times &times) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format("%.2f %.2f", times.generated, times.library);
  return text;
}

static std::optional<Times> parse(StringRef text) {
  auto [generated, library] = text.split(' ');
  Times times;
  if (generated.getAsDouble(times.generated) || library.getAsDouble(times.library))
    return std::nullopt;
  return times;
}

std::optional<Times> TuningOracle::getTimes(Operation *root) const {
  std::string text = describe(root, threads);
  auto [it, isNew] = known.try_emplace(text);
  if (!isNew)
    return it->second;
  FileCache::Key key = FileCache::makeKey(
      {"tuned 1", text, llvm::sys::getHostCPUName(), CpuTarget::host().features});
  if (std::optional<std::string> kept = results ? results->find(key) : std::nullopt)
    if ((it->second = parse(*kept)))
      return ++numCached, it->second;
  std::optional<Times> measured = measure(root, all, threads, kernels);
  if (!measured)
    return std::nullopt;
  ++numMeasured;
  std::string kept = print(*measured);
  if (results)
    results->store(key, kept);
  return it->second = parse(kept); // rounded, as the next compilation reads it
}

std::optional<std::string> TuningOracle::refuses(Operation *root) const {
  if (!isCandidate(root) || all.refuses(root))
    return rule.refuses(root);
  std::optional<Times> times = getTimes(root);
  if (!times)
    return rule.refuses(root);
  std::string note;
  llvm::raw_string_ostream os(note);
  os << llvm::format("autotuned: generated %.1f us, oneDNN %.1f us", times->generated,
                     times->library);
  if (times->generated < times->library)
    return note;
  root->setAttr("lz.tuned", StringAttr::get(root->getContext(), note));
  return std::nullopt;
}
