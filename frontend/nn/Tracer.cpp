//===- Tracer.cpp - The trace under way: names, scopes, declarations ------===//
//
// Before `forward` runs, every module, parameter and lazy size gets its name;
// afterwards the declarations are made, in the order of the state dict.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Tracer.h"

#include "frontend/nn/LazySolutions.h"

#include "mlir/IR/Verifier.h"

#include <atomic>
#include <cmath>

using namespace mlir;

namespace lz::nn::detail {

namespace {

thread_local Tracer *currentTracer = nullptr;

uint64_t nextTraceId() {
  static std::atomic<uint64_t> next{1};
  return next++;
}

DictionaryAttr makePortName(Builder &builder, const std::string &name) {
  return builder.getDictionaryAttr(
      builder.getNamedAttr("lz.name", builder.getStringAttr(name)));
}

} // namespace

Tracer::Tracer(Module &root, const TraceOptions &options, SourceLoc loc)
    : root(root), options(options), traceLoc(loc), id(nextTraceId()),
      program(std::make_unique<Program::Impl>()), builder(&program->context) {
  if (currentTracer)
    throw Error("a model is traced inside the forward of another, expected one trace at a time");
  currentTracer = this;
}

Tracer::~Tracer() { currentTracer = nullptr; }

Tracer *Tracer::getIfAny() { return currentTracer; }

Tracer &Tracer::get() {
  if (!currentTracer)
    throw Error("tensors can be computed with only while a model is traced: inside the forward of "
                "the module given to trace()");
  return *currentTracer;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

void Tracer::nameModules() {
  for (auto &[path, module] : root.named_modules()) {
    modulePaths.emplace(module, path);
    for (const LazyField &field : module->lazy_fields()) {
      if (field.symbol.resolved().isKnown())
        continue;
      std::string name = path.empty() ? field.field : path + "." + field.field;
      lazyNames.emplace(*field.symbol.expr().getSymbol(), DimExpr::symbol(name));
      shapes.addLazySymbol(name, field.divisor);
    }
  }
}

void Tracer::nameParameters() {
  for (auto &[name, parameter] : root.named_state()) {
    llvm::SmallVector<DimExpr> shape;
    for (const Dim &dim : parameter.data().shape)
      shape.push_back(toFinal(dim));
    Type elementType = toType(&program->context, parameter.dtype());
    TensorType type = TensorType::get(&program->context, shape, elementType);
    globalIndex.emplace(&parameter.data(), globals.size());
    globals.push_back({name, parameter, type, false, {}});
    shapes.addGlobal(name, type);
  }
}

Tracer::GlobalInfo &Tracer::findGlobal(const Parameter &parameter) {
  auto it = globalIndex.find(&parameter.data());
  if (it == globalIndex.end())
    fail("a parameter is used that no registered module has; add it by register_parameter or "
         "register_buffer, and its module by register_module");
  return globals[it->second];
}

DimExpr Tracer::toFinal(const Dim &dim) const {
  DimExpr expr = dim.resolved().expr().substitute(lazyNames);
  std::set<std::string> symbols;
  expr.collectSymbols(symbols);
  for (const std::string &symbol : symbols)
    if (symbol.compare(0, 5, "%lazy") == 0)
      fail("a size is used that is still to be inferred by a module that is not registered");
  return expr;
}

//===----------------------------------------------------------------------===//
// Scopes
//===----------------------------------------------------------------------===//

void Tracer::enterModule(Module &module, SourceLoc loc) {
  auto it = modulePaths.find(&module);
  if (it == modulePaths.end())
    fail("a " + module.kind() + " is called that is not registered; add it by register_module");
  // Inside the library's modules the user's line is where the outermost was called.
  if (!frames.empty() && frames.back().module->isBuiltin())
    loc = frames.back().loc;
  frames.push_back({&module, it->second, loc, 0, SourceLoc(), ""});
}

void Tracer::leaveModule() { frames.pop_back(); }

void Tracer::enterOp(SourceLoc loc, const char *function) {
  if (frames.empty() || frames.back().opDepth++ > 0)
    return;
  frames.back().opLoc = loc;
  frames.back().function = function;
}

void Tracer::leaveOp() {
  if (!frames.empty())
    --frames.back().opDepth;
}

std::string Tracer::describeModule() const {
  if (frames.empty())
    return root.kind();
  const ModuleFrame &frame = frames.back();
  return frame.module->kind() + (frame.path.empty() ? "" : " '" + frame.path + "'");
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

TensorType Tracer::makeInputType(const Input &input) {
  Type elementType = toType(&program->context, input.dtype);
  if (!input.dims)
    return TensorType::getUnranked(&program->context, elementType);
  llvm::SmallVector<DimExpr> shape;
  for (const Dim &dim : *input.dims) {
    std::set<std::string> symbols;
    dim.expr().collectSymbols(symbols);
    if (dim.tryValue().value_or(0) < 0 || dim.expr().isOverflow())
      throw Error("the input '" + input.name + "' has the dimension " + dim.str() +
                  ", expected a size or Dim::symbol()");
    dynamicSymbols.insert(symbols.begin(), symbols.end());
    shape.push_back(dim.expr());
  }
  return TensorType::get(&program->context, shape, elementType);
}

static void checkInputNames(const std::vector<Input> &inputs) {
  std::set<std::string> names;
  for (const Input &input : inputs)
    if (input.name.empty() || !names.insert(input.name).second)
      throw Error("the input name '" + input.name + "' is empty or given twice");
}

Program Tracer::run(const Forward &forward, const std::vector<Input> &inputs) {
  checkInputNames(inputs);
  nameModules();
  nameParameters();
  Location unknown = builder.getUnknownLoc();
  program->module = ModuleOp::create(unknown);
  llvm::SmallVector<Type> types;
  llvm::SmallVector<Attribute> names;
  for (const Input &input : inputs) {
    types.push_back(makeInputType(input));
    names.push_back(makePortName(builder, input.name));
  }
  for (const std::string &symbol : dynamicSymbols)
    if (lazyNames.count(symbol))
      throw Error("the dimension '" + symbol + "' has the name of a lazy one");
  builder.setInsertionPointToEnd(program->module->getBody());
  function = FuncOp::create(builder, locate(options.entry), options.entry,
                            builder.getFunctionType(types, {}));
  function.setArgAttrsAttr(builder.getArrayAttr(names));
  if (function.getBody().empty())
    function.getBody().emplaceBlock();
  Block &block = function.getBody().front();
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (block.getNumArguments() == i)
      block.addArgument(types[i], locate(inputs[i].name));
    tensors.push_back(TensorAccess::make(block.getArgument(i), id, inputs[i].dtype));
  }
  builder.setInsertionPointToEnd(&block);
  finish(forward(tensors));
  return Program(std::move(program));
}

void Tracer::finish(const std::vector<Tensor> &outputs) {
  llvm::SmallVector<Value> values;
  for (const Tensor &output : outputs)
    if (output.defined())
      values.push_back(unwrap(output));
  if (values.empty())
    throw Error("the forward of " + root.kind() + " returns no tensor, expected at least one");
  if (!options.outputs.empty() && options.outputs.size() != values.size())
    throw Error("the forward of " + root.kind() + " returns " + std::to_string(values.size()) +
                " tensors, but " + std::to_string(options.outputs.size()) + " names are given");
  countRandomRun();
  recordMode();
  ReturnOp::create(builder, function.getLoc(), values);
  llvm::SmallVector<Attribute> names;
  for (size_t i = 0; i < values.size(); ++i) {
    std::string fallback = values.size() == 1 ? "output" : "output_" + std::to_string(i);
    names.push_back(makePortName(builder, options.outputs.empty() ? fallback : options.outputs[i]));
  }
  function.setResAttrsAttr(builder.getArrayAttr(names));
  function.updateFunctionType();
  demoteUnwrittenBuffers();
  builder.setInsertionPointToStart(program->module->getBody());
  declareSymbols();
  declareGlobals();
  std::string text;
  ScopedDiagnosticHandler handler(&program->context, [&](Diagnostic &diagnostic) {
    text += (text.empty() ? "" : "\n") + diagnostic.str();
  });
  if (failed(verify(*program->module)))
    throwDiagnostics(text);
}

/// A buffer that this trace only reads is a constant of the program.
void Tracer::demoteUnwrittenBuffers() {
  std::set<std::string> written(randomStates);
  for (const GlobalInfo &info : globals)
    if (info.written)
      written.insert(info.name);
  llvm::SmallVector<ReadOp> reads(function.getBody().getOps<ReadOp>());
  for (ReadOp read : reads) {
    if (written.count(read.getName().str()))
      continue;
    OpBuilder at(read);
    auto get = GetParameterOp::create(at, read.getLoc(), read.getType(), read.getNameAttr());
    read.replaceAllUsesWith(get.getOperation());
    read.erase();
  }
}

/// One run draws from one counter; the next run from another.
void Tracer::countRandomRun() {
  if (!randomStates.count("rng.counter"))
    return;
  Tensor next = readRandomState("rng.counter") + 1;
  OperationState state(locate("rng.counter"), "lz.write");
  state.addOperands(unwrap(next));
  state.addAttribute("name", builder.getStringAttr("rng.counter"));
  create(state);
}

/// Whoever forgot eval() gets other results than expected without any error, so
/// the program remembers its mode and `lazuli compile` speaks of it.
void Tracer::recordMode() {
  bool isTraining = false;
  for (auto &[path, module] : root.named_modules())
    isTraining |= module->is_training();
  if (!isTraining)
    return;
  program->mode = "train";
  size_t numStates = randomStates.size();
  bool usesBatch = false;
  for (const GlobalInfo &info : globals) {
    numStates += info.written;
    usesBatch |= info.written && llvm::StringRef(info.name).ends_with("running_mean");
  }
  if (numStates == 0)
    return;
  std::string &effects = program->trainEffects;
  effects = usesBatch ? "batch statistics are used, " : "";
  effects += randomStates.empty() ? "" : "random numbers are drawn, ";
  effects += numStates == 1 ? "1 state moves" : std::to_string(numStates) + " states move";
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

void Tracer::declareSymbols() {
  for (const std::string &name : dynamicSymbols) {
    OperationState state(builder.getUnknownLoc(), "lz.symbol");
    state.addAttribute("name", builder.getStringAttr(name));
    state.addAttribute("kind", SymbolKindAttr::get(&program->context, SymbolKind::Dynamic));
    create(state);
  }
  for (auto &[path, module] : root.named_modules()) {
    for (const LazyField &field : module->lazy_fields()) {
      auto it = lazyNames.find(field.symbol.expr().getSymbol().value_or(""));
      if (it == lazyNames.end())
        continue;
      std::string owner = module->kind() + (path.empty() ? "" : " '" + path + "'");
      OperationState state(locate(path.empty() ? module->kind() : path), "lz.symbol");
      state.addAttribute("name", builder.getStringAttr(*it->second.getSymbol()));
      state.addAttribute("kind", SymbolKindAttr::get(&program->context, SymbolKind::Lazy));
      state.addAttribute("divisor", builder.getI64IntegerAttr(field.divisor));
      state.addAttribute("module", builder.getStringAttr(owner));
      state.addAttribute("field", builder.getStringAttr(field.field));
      create(state);
    }
  }
}

/// The bound depends on sizes, which may still be lazy.
Attribute Tracer::makeScaledInit(const Init &init) {
  DimExpr size = toFinal(init.size);
  if (std::optional<int64_t> known = size.getConstant()) {
    double bound = *known > 0 ? std::sqrt(init.a / static_cast<double>(*known)) : 0;
    return UniformInitAttr::get(&program->context, -bound, bound);
  }
  return ScaledUniformInitAttr::get(&program->context, init.a, size);
}

Attribute Tracer::makeInit(const Init &init) {
  MLIRContext *context = &program->context;
  switch (init.kind) {
  case Init::Kind::Fill:
    return FillInitAttr::get(context, init.a);
  case Init::Kind::Uniform:
    return UniformInitAttr::get(context, init.a, init.b);
  case Init::Kind::Normal:
    return NormalInitAttr::get(context, init.a, init.b, init.zeroRow);
  case Init::Kind::KaimingUniform:
    return KaimingUniformInitAttr::get(context, init.a);
  case Init::Kind::UniformScaled:
    return makeScaledInit(init);
  case Init::Kind::UniformFanIn:
    return UniformFanInInitAttr::get(context,
                                     builder.getStringAttr(findGlobal(*init.other).name));
  }
  return {};
}

void Tracer::declareGlobal(const GlobalInfo &info) {
  OperationState state(locate(info.name),
                       info.written ? "lz.state" : "lz.parameter");
  state.addAttribute("name", builder.getStringAttr(info.name));
  state.addAttribute("type", TypeAttr::get(info.type));
  state.addAttribute("init", makeInit(info.parameter.data().init));
  if (info.parameter.value().defined())
    state.addAttribute("value",
                       toElements(&program->context, info.name, info.parameter.value()));
  create(state);
}

void Tracer::declareGlobals() {
  for (const GlobalInfo &info : globals)
    declareGlobal(info);
  for (const std::string &name : randomStates) {
    Parameter zero({}, Init::zeros(), DType::i64, /*isBuffer=*/true);
    TensorType type = TensorType::getStatic(&program->context, {}, builder.getI64Type());
    declareGlobal({name, zero, type, /*written=*/true, {}});
  }
}

} // namespace lz::nn::detail
