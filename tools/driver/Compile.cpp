//===- Compile.cpp - The compiler as a function ---------------------------===//
//
// See Driver.h. Each stage is one function of Compilation, in the order in
// which a model goes through them.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/KernelCache.h"
#include "backends/cpu/lower/Decompose.h"
#include "backends/emit/Emit.h"
#include "backends/onednn/compile/Oracle.h"
#include "frontend/onnx/Onnx.h"
#include "ir/Diagnostics.h"
#include "ir/LzOps.h"
#include "ir/serialize/Serialize.h"
#include "passes/Examples.h"
#include "passes/Globals.h"
#include "passes/Passes.h"
#include "passes/Symbols.h"
#include "tools/driver/CacheFolder.h"
#include "tools/driver/DiagnosticPrinter.h"
#include "tools/driver/Driver.h"
#include "tools/driver/Evaluate.h"
#include "tools/driver/GraphReport.h"
#include "tools/driver/KernelChoices.h"
#include "tools/driver/Reproducer.h"
#include "tools/driver/Tune.h"
#include "tools/driver/WeightFile.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace mlir;
using namespace lz;

namespace {

class Compilation {
public:
  Compilation(const CompileOptions &options, CompileSummary &summary)
      : options(options), summary(summary), context(MLIRContext::Threading::DISABLED),
        printer(&context, options.diagnostics), evaluator(options.threads),
        reproducer(options.command, [this] { return printer.hasError(); }) {
    startThreads();
    context.loadDialect<LzDialect>();
    context.printOpOnDiagnostic(false); // users know their modules, not our IR
  }

  CompileStatus run();

private:
  void startThreads();
  void openCaches();
  std::unique_ptr<FileCache> openCache(StringRef name);
  void startTuning();
  LogicalResult openWeights();
  FailureOr<OnnxOptions> getOnnxOptions();
  LogicalResult load();
  LogicalResult checkExampleTensors();
  LogicalResult read();
  LogicalResult materialize();
  LogicalResult optimize();
  LogicalResult emit();
  LogicalResult runPasses(function_ref<void(OpPassManager &)> build, bool mayBeInvalid);
  CompileStatus giveUp();
  LogicalResult fail(const Twine &message);
  PipelineOptions getPipelineOptions();
  void summarizeSymbols();
  void summarizePorts();
  void enterStage(const char *name);

  const CompileOptions &options;
  CompileSummary &summary;
  std::optional<llvm::DefaultThreadPool> threads; // outlives the context
  MLIRContext context;
  DiagnosticPrinter printer;
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<WeightFile> weights;
  std::unique_ptr<KernelCache> cache;
  std::unique_ptr<FileCache> times;
  std::vector<CpuTarget> targets;
  RuntimeEvaluator evaluator;
  onednn::Oracle oracle, takesSmall{/*takesSmall=*/true};
  std::optional<TuningOracle> tuning;
  PassServices services;
  Reproducer reproducer;
  llvm::json::Value before = nullptr, after = nullptr;
};

} // namespace

/// Passes and code generation take their threads from the context.
void Compilation::startThreads() {
  if (options.threads == 1)
    return;
  threads.emplace(llvm::hardware_concurrency(options.threads));
  context.setThreadPool(*threads);
}

LogicalResult Compilation::fail(const Twine &message) {
  return emitError(UnknownLoc::get(&context)) << message;
}

void Compilation::enterStage(const char *name) {
  if (options.progress)
    options.progress(name);
}

/// A cache that can not be used is nobody's concern, unless it was asked for or could hold
/// somebody else's code.
std::unique_ptr<FileCache> Compilation::openCache(StringRef name) {
  CacheFolder folder = findCacheFolder(options.cacheDir);
  if (options.noCache || folder.path.empty())
    return nullptr;
  std::string path = folder.path + "/" + name.str(), why;
  bool isKnown = llvm::sys::fs::exists(path);
  std::unique_ptr<FileCache> files = FileCache::open(path, why);
  if (!files && (isKnown || folder.isExplicit))
    emitWarning(UnknownLoc::get(&context))
        << "the cache '" << path << "' is not used: " << why;
  return files;
}

void Compilation::openCaches() {
  if (auto files = openCache("kernels"))
    cache = std::make_unique<KernelCache>(std::move(files));
  evaluator.setCache(cache.get());
  if (options.autotune)
    times = openCache("times");
}

/// What is measured here tells nothing of code for another processor.
void Compilation::startTuning() {
  CpuTarget host = CpuTarget::host();
  if (targets.size() != 1 || targets.front().cpu != host.cpu ||
      targets.front().features != host.features) {
    emitWarning(UnknownLoc::get(&context))
        << "nothing is tuned: measurements are made on this machine, found the target cpu '"
        << options.targetCpu << "', expected native";
    return;
  }
  tuning.emplace(oracle, takesSmall, options.threads, cache.get(), times.get());
  services.denseOracle = &*tuning;
}

LogicalResult Compilation::openWeights() {
  if (options.weights.empty())
    return success();
  auto file = weights::SafetensorsFile::open(options.weights);
  if (!file.isOk())
    return fail(file.getStatus().getMessage());
  weights = std::make_unique<WeightFile>(*file);
  return success();
}

/// What the importer is told of the inputs, the first example of each, and of the
/// weights, of which a file may lack the types too.
FailureOr<OnnxOptions> Compilation::getOnnxOptions() {
  OnnxOptions onnx;
  for (const ExampleTensor &tensor : options.exampleTensors)
    onnx.inputs.push_back({tensor.name, tensor.dtype, tensor.dims, tensor.data});
  auto emitParseError = [&] { return emitError(UnknownLoc::get(&context)); };
  FailureOr<SmallVector<Example>> examples =
      parseExamples(&context, llvm::join(options.examples, ";"), emitParseError);
  if (failed(examples))
    return failure();
  if (!examples->empty())
    for (const ExampleInput &input : examples->front().inputs)
      onnx.inputs.push_back(
          {input.name, "", {input.shape.begin(), input.shape.end()}, nullptr});
  for (const std::string &name : weights ? weights->names() : std::vector<std::string>())
    if (auto weight = weights->find(name))
      if (Type type = parseElementType(&context, weight->dtype))
        onnx.weights.push_back({name, type, weight->shape.vec()});
  return onnx;
}

LogicalResult Compilation::load() {
  if (!hasOnnxExtension(options.input)) {
    FailureOr<OwningOpRef<ModuleOp>> loaded = loadModule(options.input, &context);
    if (failed(loaded))
      return failure();
    module = std::move(*loaded);
    return success();
  }
  FailureOr<OnnxOptions> onnx = getOnnxOptions();
  if (failed(onnx))
    return failure();
  module = importOnnx(options.input, *onnx, &context);
  return success(static_cast<bool>(module));
}

/// Examples without a name go by their places, of which there may be too few.
LogicalResult Compilation::checkExampleTensors() {
  FuncOp func = definedFunctions(*module).front();
  size_t found = llvm::count_if(options.exampleTensors, [](const ExampleTensor &tensor) {
    return tensor.name.empty();
  });
  if (found <= func.getNumArguments())
    return success();
  std::vector<std::string> names;
  for (unsigned i = 0; i < func.getNumArguments(); ++i)
    names.push_back(func.getArgumentName(i));
  return fail("found " + Twine(found) + " example inputs, the model takes " +
              Twine(names.size()) + (names.empty() ? "" : ": ") + llvm::join(names, ", "));
}

LogicalResult Compilation::read() {
  enterStage("reading");
  if (failed(openWeights()) || failed(load()))
    return failure();
  if (definedFunctions(*module).empty())
    return fail(Twine("'") + options.input + "' holds no lz.func: there is nothing to compile");
  if (failed(checkExampleTensors()))
    return failure();
  std::string error;
  FailureOr<std::vector<CpuTarget>> parsed = CpuTarget::parseList(options.targetCpu, error);
  if (failed(parsed))
    return fail(error);
  targets = std::move(*parsed);
  openCaches();
  before = makeGraph(*module);
  services.weights = weights.get();
  services.evaluator = &evaluator;
  services.denseOracle = &oracle;
  if (options.autotune)
    startTuning();
  services.decompose = cpu::decomposeForCpu;
  setKernelChoices(services, targets, oracle);
  return success();
}

PipelineOptions Compilation::getPipelineOptions() {
  PipelineOptions pipeline;
  pipeline.examples = llvm::join(options.examples, ";");
  FuncOp func = definedFunctions(*module).front();
  for (auto [i, tensor] : llvm::enumerate(options.exampleTensors)) {
    if (tensor.dtype.empty())
      continue; // no tensor, or nothing known of it
    std::string name = tensor.name;
    if (name.empty() && i < func.getNumArguments())
      name = func.getArgumentName(i);
    if (!pipeline.examples.empty())
      pipeline.examples += ";";
    pipeline.examples += name + "=" + tensor.dtype + "[" +
                         llvm::join(llvm::map_range(tensor.dims, [](int64_t dim) {
                                      return std::to_string(dim);
                                    }), ",") + "]";
  }
  pipeline.dynamicDims = llvm::join(options.dynamics, ";");
  pipeline.strictWeights = !options.allowPartialWeights;
  pipeline.randomWeights = options.randomWeights;
  pipeline.seed = options.seed;
  pipeline.winograd = options.winograd;
  return pipeline;
}

LogicalResult Compilation::runPasses(function_ref<void(OpPassManager &)> build,
                                     bool mayBeInvalid) {
  PassManager manager(&context);
  manager.enableVerifier();
  reproducer.watch(manager, mayBeInvalid);
  build(manager);
  if (!options.dumpIr.empty()) {
    context.disableMultithreading(); // printing wants one pass after the other
    manager.enableIRPrintingToFileTree([](Pass *, Operation *) { return false; },
                                       [](Pass *, Operation *) { return true; },
                                       /*printModuleScope=*/true,
                                       /*printAfterOnlyOnChange=*/false,
                                       /*printAfterOnlyOnFailure=*/false, options.dumpIr);
  }
  if (options.timePasses)
    manager.enableTiming();
  return manager.run(*module);
}

void Compilation::summarizeSymbols() {
  for (const SolvedSymbol &symbol : getSolvedSymbols(*module))
    summary.symbols.push_back({symbol.name, symbol.module, symbol.field,
                               std::to_string(symbol.value), symbol.origin});
}

void Compilation::summarizePorts() {
  FuncOp func = definedFunctions(*module).front();
  for (BlockArgument arg : func.getArguments())
    summary.inputs.push_back(
        {func.getArgumentName(arg.getArgNumber()), typeText(arg.getType())});
  Operation *ret = func.getBody().front().getTerminator();
  for (auto [i, value] : llvm::enumerate(ret->getOperands()))
    summary.outputs.push_back({func.getResultName(i), typeText(value.getType())});
  for (ParameterOp parameter : module->getOps<ParameterOp>()) {
    ++summary.numParameters;
    if (auto value = dyn_cast_or_null<ElementsAttr>(parameter.getValueAttr())) {
      unsigned bits = value.getElementType().getIntOrFloatBitWidth();
      summary.parameterBytes += value.getNumElements() * std::max(1u, bits / 8);
    }
  }
}

LogicalResult Compilation::materialize() {
  enterStage("materializing");
  if (failed(runPasses([&](OpPassManager &manager) {
        buildMaterializePipeline(manager, getPipelineOptions(), services);
      }, /*mayBeInvalid=*/true)))
    return failure();
  after = makeGraph(*module);
  summarizeSymbols();
  summarizePorts();
  return success();
}

LogicalResult Compilation::optimize() {
  enterStage("optimizing");
  return runPasses([&](OpPassManager &manager) {
    buildOptimizePipeline(manager, getPipelineOptions(), services);
  }, /*mayBeInvalid=*/false);
}

LogicalResult Compilation::emit() {
  enterStage("generating code");
  reproducer.enter("generating code", *module);
  EmitOptions emitOptions;
  emitOptions.targets = targets;
  emitOptions.cpu.dumpDir = options.dumpIr;
  emitOptions.cpu.cache = cache.get();
  size_t numHitsBefore = cache ? cache->getNumHits() : 0; // kernels of constants
  FailureOr<std::unique_ptr<Artifact>> artifact = emitArtifact(*module, emitOptions);
  if (failed(artifact))
    return failure();
  std::string model = llvm::sys::path::stem(options.input).str();
  (*artifact)->addMetadata("report", makeReport(model, std::move(before), std::move(after),
                                                summary.symbols));
  summary.numInstructions = (*artifact)->getNumInstructions();
  summary.numKernels = (*artifact)->getNumKernels();
  summary.codeBytes = (*artifact)->getCodeBytes();
  if (tuning) {
    summary.numMeasured = tuning->getNumMeasured();
    summary.numCachedTimes = tuning->getNumCached();
  }
  summary.numCachedKernels = cache ? cache->getNumHits() - numHitsBefore : 0;
  enterStage("writing");
  rt::Status status =
      rt::writeArtifact(options.output, (*artifact)->program, (*artifact)->segments);
  return status.isOk() ? success() : fail(status.getMessage());
}

/// What a failure is: the input's, or ours, with what we need to find it.
CompileStatus Compilation::giveUp() {
  if (!reproducer.hasDefect() && !printer.hasInternalError())
    return CompileStatus::BadInput;
  std::string path = reproducer.write();
  std::string what = path.empty() ? "the model and the command"
                                  : "'" + path + "': the command, and the module " +
                                        reproducer.getPlace();
  (void)fail("this is a defect of lazuli, please report " + what);
  return CompileStatus::Defect;
}

CompileStatus Compilation::run() {
  auto begin = std::chrono::steady_clock::now();
  if (failed(read()) || failed(materialize()))
    return giveUp();
  if (options.noNativeCode) {
    if (failed(saveModule(*module, options.output)))
      return giveUp();
  } else if (failed(optimize()) || failed(emit())) {
    return giveUp();
  }
  (void)llvm::sys::fs::file_size(options.output, summary.artifactBytes);
  summary.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return CompileStatus::Ok;
}

CompileStatus lz::compileModel(const CompileOptions &options, CompileSummary &summary) {
  summary = CompileSummary();
  return Compilation(options, summary).run();
}
