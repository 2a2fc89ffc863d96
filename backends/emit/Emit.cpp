//===- Emit.cpp - From an lz module to an artifact ------------------------===//
//
// Walks each function once, in order. A value of the IR becomes a value of the
// program; views share their operand's bytes; every lz.fused region becomes the
// instruction its backend makes of it.
//
//===----------------------------------------------------------------------===//

#include "backends/emit/Emitter.h"

#include "backends/emit/Cost.h"
#include "backends/onednn/compile/OneDnnCompiler.h"
#include "ir/Diagnostics.h"
#include "ir/Guards.h"
#include "runtime/format/Packing.h"

#include "llvm/ADT/TypeSwitch.h"

#include <set>

using namespace mlir;
using namespace lz;

/// The kind of a value, and what is in a container.
static fmt::ValueKind getKind(Type type) {
  if (isa<SequenceType>(type))
    return fmt::ValueKind_Sequence;
  if (isa<OptionalType>(type))
    return fmt::ValueKind_Optional;
  return isStrings(type) ? fmt::ValueKind_Strings : fmt::ValueKind_Tensor;
}

static Type getContained(Type type) {
  if (auto sequence = dyn_cast<SequenceType>(type))
    return sequence.getElementType();
  return cast<OptionalType>(type).getElementType();
}

uint32_t Emitter::addValue(StringRef name, Type type, fmt::Storage storage) {
  auto value = std::make_unique<fmt::ValueT>();
  value->name = name.str();
  value->kind = getKind(type);
  value->storage = storage;
  if (auto tensor = dyn_cast<lz::TensorType>(type))
    value->dims = exprs.add(tensor.getShape());
  else
    value->element_kind = getKind(getContained(type));
  while (!isa<lz::TensorType>(type))
    type = getContained(type);
  value->dtype = getDType(cast<lz::TensorType>(type).getElementType());
  program.values.push_back(std::move(value));
  return program.values.size() - 1;
}

FailureOr<uint32_t> Emitter::getValue(Value value) {
  auto known = values.find(value);
  if (known != values.end())
    return known->second;
  auto get = value.getDefiningOp<GetParameterOp>();
  if (!get)
    return emitError(value.getLoc(), "this value is read where it is not known"), failure();
  FailureOr<uint32_t> constant = getConstant(get.getName());
  if (failed(constant))
    return failure();
  uint32_t number = addValue(get.getName(), tensorType(value), fmt::Storage_Constant);
  program.values[number]->index = *constant;
  return values[value] = number;
}

FailureOr<std::vector<uint32_t>> Emitter::getValues(ValueRange range) {
  std::vector<uint32_t> numbers;
  for (Value value : range) {
    FailureOr<uint32_t> number = getValue(value);
    if (failed(number))
      return failure();
    numbers.push_back(*number);
  }
  return numbers;
}

fmt::InstructionT &Emitter::addInstruction(Operation *op) {
  block->instructions.push_back(std::make_unique<fmt::InstructionT>());
  fmt::InstructionT &instruction = *block->instructions.back();
  instruction.name = userName(op->getLoc()).str();
  instruction.location = fileText(op->getLoc());
  return instruction;
}

/// A cost that no number can hold stays unknown.
void Emitter::setCost(uint32_t &field, const DimExpr &cost) {
  if (!cost.isOverflow())
    field = exprs.add(cost);
}

fmt::InstructionT &Emitter::addInstruction(FusedOp op) {
  fmt::InstructionT &instruction = addInstruction(op.getOperation());
  setCost(instruction.flops, getFlops(op));
  setCost(instruction.bytes, getBytes(op));
  return instruction;
}

void Emitter::addCopy(Operation *op, uint32_t src, uint32_t dst, lz::TensorType type) {
  fmt::CopyCallT copy;
  copy.src = src;
  copy.dst = dst;
  fmt::InstructionT &instruction = addInstruction(op);
  setCost(instruction.bytes, DimExpr(2) * getBytes(type));
  instruction.call.Set(std::move(copy));
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

LogicalResult Emitter::emitSymbol(SymbolOp op) {
  if (op.getKind() == SymbolKind::Lazy)
    return op.emitOpError("is still lazy: materialize the module before it is emitted");
  fmt::SymbolT symbol;
  symbol.name = op.getName().str();
  symbol.kind = op.getKind() == SymbolKind::Defined ? fmt::SymbolKind_Defined
                                                    : fmt::SymbolKind_Dynamic;
  symbol.min = op.getMin();
  symbol.max = op.getMax();
  symbol.divisor = op.getDivisor();
  exprs.addSymbol(symbol);
  return success();
}

LogicalResult Emitter::emitState(StateOp op) {
  auto value = dyn_cast_or_null<ElementsAttr>(op.getValueAttr());
  if (!value)
    return op.emitOpError("has no initial value: materialize the module before it is emitted");
  if (failed(checkElements(op, value)))
    return failure();
  lz::TensorType type = op.getTensorType();
  DataWriter::Place place = data.add(op.getName(), value);
  auto state = std::make_unique<fmt::StateT>();
  state->name = op.getName().str();
  state->dtype = getDType(type.getElementType());
  for (const DimExpr &dim : type.getShape()) {
    if (!dim.isConstant())
      return op.emitOpError("has no constant capacity");
    state->dims.push_back(*dim.getConstant());
  }
  state->segment = place.segment;
  state->offset = place.offset;
  state->size = place.size;
  states[op.getName()] = program.states.size();
  program.states.push_back(std::move(state));
  return success();
}

uint32_t Emitter::addDefinedSymbol(StringRef name) {
  fmt::SymbolT symbol;
  symbol.name = name.str();
  symbol.kind = fmt::SymbolKind_Defined;
  symbol.max = std::numeric_limits<int64_t>::max();
  return exprs.addSymbol(symbol);
}

LogicalResult Emitter::emitDeclarations() {
  for (Operation &op : module.getBody()->getOperations()) {
    LogicalResult result = llvm::TypeSwitch<Operation *, LogicalResult>(&op)
                               .Case([&](SymbolOp symbol) { return emitSymbol(symbol); })
                               .Case([&](StateOp state) { return emitState(state); })
                               .Case([&](ParameterOp parameter) {
                                 parameters[parameter.getName()] = parameter;
                                 return success();
                               })
                               .Default([](Operation *) { return success(); });
    if (failed(result))
      return failure();
  }
  // Symbols that an op defines need no declaration.
  module.walk([&](Operation *op) {
    for (StringRef symbol : getDefinedSymbols(op))
      addDefinedSymbol(symbol);
    for (StringRef symbol : getIterationSymbols(op))
      addDefinedSymbol(symbol);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Constants, states, views
//===----------------------------------------------------------------------===//

uint32_t Emitter::addConstant(StringRef name, const DataWriter::Place &place) {
  auto constant = std::make_unique<fmt::ConstantT>();
  constant->name = name.str();
  constant->segment = place.segment;
  constant->offset = place.offset;
  constant->size = place.size;
  program.constants.push_back(std::move(constant));
  return program.constants.size() - 1;
}

FailureOr<uint32_t> Emitter::getConstant(StringRef name) {
  auto it = constants.find(name);
  if (it != constants.end())
    return it->second;
  ParameterOp parameter = parameters.lookup(name);
  auto value = dyn_cast_or_null<ElementsAttr>(parameter.getValueAttr());
  if (!value) {
    parameter.emitOpError("has no value: materialize the module before it is emitted");
    return failure();
  }
  if (failed(checkElements(parameter, value)))
    return failure();
  return constants[name] = addConstant(name, data.add(name, value));
}

LogicalResult Emitter::emitConstant(ConstantOp op) {
  auto value = dyn_cast<ElementsAttr>(op.getValueAttr());
  if (!value)
    return op.emitOpError("has no dense value");
  if (failed(checkElements(op, value)))
    return failure();
  std::string name = userName(op.getLoc()).str();
  uint32_t number = addValue(name, tensorType(op.getResult()), fmt::Storage_Constant);
  program.values[number]->index = addConstant(name, data.add(name, value));
  values[op.getResult()] = number;
  return success();
}

static size_t getElementBytes(ElementsAttr attr) {
  return llvm::divideCeil(attr.getElementType().getIntOrFloatBitWidth(), 8);
}

static std::vector<char> packBytes(ElementsAttr attr, const rt::Packing &packing) {
  std::vector<char> storage, packed(packing.getNumPaddedElements() * getElementBytes(attr));
  packing.pack(getRawBytes(attr, storage).data(), packed.data(), getElementBytes(attr));
  return packed;
}

FailureOr<uint32_t> Emitter::getPackedValue(Value value, const fmt::PackingT &packing) {
  auto get = value.getDefiningOp<GetParameterOp>();
  if (!get || packing.tag.empty())
    return getValue(value);
  std::string name = (get.getName() + "@" + packing.tag).str();
  uint32_t number = addValue(name, tensorType(value), fmt::Storage_Constant);
  auto known = constants.find(name);
  if (known != constants.end()) {
    program.values[number]->index = known->second;
    return number;
  }
  rt::StatusOr<rt::Packing> parsed =
      rt::Packing::parse(packing.tag, {packing.dims.begin(), packing.dims.end()});
  if (!parsed.isOk())
    return get.emitOpError(parsed.getStatus().getMessage()), failure();
  ParameterOp parameter = parameters.lookup(get.getName());
  auto attr = dyn_cast_or_null<ElementsAttr>(parameter.getValueAttr());
  if (!attr || failed(checkElements(parameter, attr)))
    return failure();
  // Packed as it is written: all weights twice at once is what a compilation cannot afford.
  size_t size = parsed->getNumPaddedElements() * getElementBytes(attr);
  auto pack = [attr, packing = *parsed] { return packBytes(attr, packing); };
  uint32_t index = addConstant(name, data.add(name, size, pack));
  program.constants[index]->packing = std::make_unique<fmt::PackingT>(packing);
  program.values[number]->index = constants[name] = index;
  return number;
}

/// True if the value, or a view of it, is used after `op`.
static bool isUsedAfter(Value value, Operation *op) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    Operation *here = op->getBlock()->findAncestorOpInBlock(*user);
    return (here && op->isBeforeInBlock(here)) ||
           (user->hasTrait<lz::LzView>() && isUsedAfter(user->getResult(0), op));
  });
}

/// True if `op` or an op in its regions writes the state.
static bool writesState(Operation *op, StringRef state) {
  return op->walk([&](WriteOp write) {
             return write.getName() == state ? WalkResult::interrupt()
                                             : WalkResult::advance();
           })
      .wasInterrupted();
}

/// True if what was read must outlive a write of the same state.
static bool outlivesWrite(ReadOp read) {
  for (Operation *op = read->getNextNode(); op; op = op->getNextNode())
    if (writesState(op, read.getName()) &&
        (op->getNumRegions() || isUsedAfter(read.getResult(), op)))
      return true;
  return false;
}

void Emitter::emitRead(ReadOp op) {
  lz::TensorType type = tensorType(op.getResult());
  uint32_t value = addValue(op.getName(), type, fmt::Storage_State);
  program.values[value]->index = states.lookup(op.getName());
  values[op.getResult()] = value;
  if (!outlivesWrite(op))
    return;
  uint32_t kept = addValue(op.getName(), type, fmt::Storage_Temporary);
  values[op.getResult()] = kept;
  addCopy(op, value, kept, type);
}

LogicalResult Emitter::emitWrite(WriteOp op) {
  FailureOr<uint32_t> source = getValue(op.getValue());
  if (failed(source))
    return failure();
  uint32_t target = addValue(op.getName(), tensorType(op.getValue()), fmt::Storage_State);
  program.values[target]->index = states.lookup(op.getName());
  addCopy(op, *source, target, tensorType(op.getValue()));
  return success();
}

LogicalResult Emitter::emitView(Operation &op) {
  FailureOr<uint32_t> base = getValue(op.getOperand(0));
  if (failed(base))
    return failure();
  Value result = op.getResult(0);
  uint32_t view = addValue(userName(op.getLoc()), result.getType(), fmt::Storage_View);
  program.values[view]->base = *base;
  values[result] = view;
  return success();
}

LogicalResult Emitter::emitReturn(Operation *op) {
  FailureOr<std::vector<uint32_t>> outputs = getValues(op->getOperands());
  if (failed(outputs))
    return failure();
  block->outputs = std::move(*outputs);
  return success();
}

/// The runtime checks a guard when it knows the symbols.
LogicalResult Emitter::emitGuard(GuardOp op) {
  if (!isCheckedByItself(op))
    return op.emitOpError("stands in a region and names no symbol that the region defines: "
                          "lz-fuse makes a computation of it");
  auto guard = std::make_unique<fmt::GuardT>();
  guard->lhs = exprs.add(op.getLhs().getValue());
  guard->rhs = exprs.add(op.getRhs().getValue());
  guard->message = op.getMessage().str();
  entry->guards.push_back(std::move(guard));
  return success();
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

LogicalResult Emitter::emitKernel(FusedOp op) {
  FailureOr<KernelCall> kernel = cpu.add(op);
  FailureOr<std::vector<uint32_t>> inputs = getValues(op.getOperands());
  if (failed(kernel) || failed(inputs))
    return failure();
  fmt::KernelCallT call;
  call.kernel = kernel->kernel;
  call.inputs = std::move(*inputs);
  for (Value result : op.getResults()) {
    values[result] = addValue(userName(op.getLoc()), tensorType(result), fmt::Storage_Temporary);
    call.outputs.push_back(values[result]);
  }
  call.sizes = exprs.add(kernel->sizes);
  fmt::InstructionT &instruction = addInstruction(op);
  // What lz-fuse noted: why no library takes it.
  if (auto why = op->getAttrOfType<StringAttr>("lz.why"))
    instruction.why = why.str();
  instruction.call.Set(std::move(call));
  pendingCalls.push_back({instruction.call.AsKernelCall(), std::move(*kernel)});
  return success();
}

LogicalResult Emitter::emitPrimitive(FusedOp op) {
  onednn::Isa isa = options.targets.front().vectorBytes >= 64 ? onednn::Isa::Avx512 : onednn::Isa::Avx2;
  FailureOr<onednn::PrimitiveCode> code = onednn::compilePrimitive(op, isa);
  if (failed(code))
    return failure();
  for (auto [position, operand] : llvm::enumerate(code->call.inputs)) {
    FailureOr<uint32_t> value =
        position < code->packings.size()
            ? getPackedValue(op.getOperand(operand), code->packings[position])
            : getValue(op.getOperand(operand));
    if (failed(value))
      return failure();
    operand = *value;
  }
  for (Value result : op.getResults()) {
    values[result] = addValue(userName(op.getLoc()), tensorType(result),
                              fmt::Storage_Temporary);
    code->call.outputs.push_back(values[result]);
  }
  fmt::InstructionT &instruction = addInstruction(op);
  instruction.why = code->why;
  instruction.call.Set(std::move(code->call));
  return success();
}

LogicalResult Emitter::emitFused(FusedOp op) {
  if (op.getBackend() == "onednn")
    return emitPrimitive(op);
  if (op.getBackend() == "cpu")
    return emitKernel(op);
  return op.emitOpError("names the backend '") << op.getBackend() << "', expected cpu or onednn";
}

LogicalResult Emitter::emitOp(Operation &op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](FusedOp fused) { return emitFused(fused); })
      .Case([&](GetParameterOp) { return success(); }) // placed by its users
      .Case([&](ConstantOp constant) { return emitConstant(constant); })
      .Case([&](GuardOp guard) { return emitGuard(guard); })
      .Case([&](ReadOp read) { return emitRead(read), success(); })
      .Case([&](WriteOp write) { return emitWrite(write); })
      .Case([&](HostOp host) { return emitHost(host); })
      .Case([&](IfOp branch) { return emitIf(branch); })
      .Case([&](LoopOp loop) { return emitLoop(loop); })
      .Case<ReturnOp, YieldOp>([&](Operation *end) { return emitReturn(end); })
      .Default([&](Operation *other) -> LogicalResult {
        if (other->hasTrait<lz::LzView>())
          return emitView(*other);
        return other->emitOpError("was not fused into a kernel and can not be emitted");
      });
}

static std::vector<std::unique_ptr<fmt::PortT>>
makePorts(ArrayRef<uint32_t> numbers, llvm::function_ref<std::string(unsigned)> name,
          llvm::function_ref<Attribute(unsigned)> logicalType) {
  std::vector<std::unique_ptr<fmt::PortT>> ports;
  for (auto [i, number] : llvm::enumerate(numbers)) {
    auto port = std::make_unique<fmt::PortT>();
    port->name = name(i);
    port->value = number;
    if (auto logical = dyn_cast_or_null<StringAttr>(logicalType(i)))
      port->logical_type = logical.str();
    ports.push_back(std::move(port));
  }
  return ports;
}

/// A run binds a symbol by an input dimension that is exactly it; one that only
/// stands in expressions could never be told.
static LogicalResult checkSymbolsAreBound(FuncOp func) {
  std::set<std::string> bound, used;
  for (BlockArgument arg : func.getArguments()) {
    auto type = dyn_cast<lz::TensorType>(arg.getType());
    if (!type)
      continue;
    for (const DimExpr &dim : type.getShape()) {
      dim.collectSymbols(used);
      if (std::optional<std::string> symbol = dim.getSymbol())
        bound.insert(*symbol);
    }
  }
  for (const std::string &symbol : used)
    if (!bound.count(symbol))
      return func.emitOpError("can not tell '")
             << symbol << "' from its inputs' shapes: expected an input dimension that is '"
             << symbol << "' itself, found it in expressions only";
  return success();
}

LogicalResult Emitter::emitFunction(FuncOp func) {
  if (failed(checkSymbolsAreBound(func)))
    return failure();
  auto newEntry = std::make_unique<fmt::EntryT>();
  entry = newEntry.get();
  entry->name = func.getName().str();
  entry->block = program.blocks.size();
  program.blocks.push_back(std::make_unique<fmt::BlockT>());
  block = program.blocks.back().get();
  program.entries.push_back(std::move(newEntry));
  for (BlockArgument arg : func.getArguments()) {
    std::string name = func.getArgumentName(arg.getArgNumber());
    values[arg] = addValue(name, arg.getType(), fmt::Storage_Input);
    block->inputs.push_back(values[arg]);
  }
  for (Operation &op : func.getBody().front())
    if (failed(emitOp(op)))
      return failure();
  // What the numbers stand for where their dtype only stores them ("float8e4m3fn").
  constexpr StringRef logical = "lz.logical_type";
  entry->inputs = makePorts(
      block->inputs, [&](unsigned i) { return func.getArgumentName(i); },
      [&](unsigned i) { return func.getArgAttr(i, logical); });
  entry->outputs = makePorts(
      block->outputs, [&](unsigned i) { return func.getResultName(i); },
      [&](unsigned i) { return func.getResultAttr(i, logical); });
  return success();
}

static bool isSame(const fmt::TargetCallT &a, const fmt::TargetCallT &b) {
  return a.sizes == b.sizes && a.grid == b.grid && a.grain == b.grain &&
         a.scratch_bytes == b.scratch_bytes;
}

LogicalResult Emitter::emitCode() {
  FailureOr<std::vector<CodeImage>> images = cpu.finish();
  if (failed(images))
    return failure();
  if (images->empty())
    return success();
  for (PendingCall &pending : pendingCalls)
    fillCall(*pending.call, pending.kernel);
  for (auto [target, image] : llvm::zip_equal(options.targets, *images))
    emitTarget(target, image);
  return success();
}

/// How each target runs a call, where its tiles make a difference.
void Emitter::fillCall(fmt::KernelCallT &call, const KernelCall &kernel) {
  std::vector<fmt::TargetCallT> launches(options.targets.size());
  for (auto [target, launch] : llvm::enumerate(launches)) {
    KernelGrid grid = cpu.getGrid(kernel, target);
    launch.sizes = call.sizes;
    for (uint32_t size : exprs.add(grid.moreSizes))
      launch.sizes.push_back(size);
    launch.grid = exprs.add(grid.units);
    launch.grain = grid.grain;
    if (grid.scratchBytes != DimExpr(0))
      launch.scratch_bytes = exprs.add(grid.scratchBytes);
  }
  const fmt::TargetCallT &first = launches.front();
  call.sizes = first.sizes;
  call.grid = first.grid;
  call.grain = first.grain;
  call.scratch_bytes = first.scratch_bytes;
  auto isFirst = [&](const fmt::TargetCallT &launch) { return isSame(launch, first); };
  if (llvm::all_of(launches, isFirst))
    return;
  for (const fmt::TargetCallT &launch : llvm::drop_begin(launches))
    call.more_targets.push_back(std::make_unique<fmt::TargetCallT>(launch));
}

void Emitter::emitTarget(const CpuTarget &cpuTarget, CodeImage &image) {
  auto target = std::make_unique<fmt::TargetT>();
  target->cpu = cpuTarget.cpu;
  target->features = cpuTarget.requiredFeatures();
  for (auto &[name, offset] : image.entries) {
    auto symbol = std::make_unique<fmt::KernelSymbolT>();
    symbol->name = StringRef(name).drop_front(CpuCompiler::kSymbolPrefix.size()).str();
    symbol->offset = offset;
    target->kernels.push_back(std::move(symbol));
  }
  target->segment = artifact->addSegment(fmt::SegmentKind_Code, "code." + target->cpu,
                                         std::move(image.bytes));
  program.targets.push_back(std::move(target));
}

FailureOr<std::unique_ptr<Artifact>> Emitter::run() {
  program.producer = "lazuli " LAZULI_VERSION;
  if (failed(emitDeclarations()))
    return failure();
  for (FuncOp func : module.getOps<FuncOp>())
    if (!func.isExternal() && failed(emitFunction(func)))
      return failure();
  if (failed(emitCode()))
    return failure();
  data.finish();
  return std::move(artifact);
}

FailureOr<std::unique_ptr<Artifact>> lz::emitArtifact(ModuleOp module, const EmitOptions &options) {
  return Emitter(module, options).run();
}
