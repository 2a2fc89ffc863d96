//===- Emit.cpp - From an lz module to an artifact ------------------------===//
//
// Walks each function once, in order. A value of the IR becomes a value of the
// program; views share their operand's bytes; every lz.fused region becomes the
// instruction its backend makes of it.
//
//===----------------------------------------------------------------------===//

#include "backends/emit/Emit.h"

#include "backends/emit/Constants.h"
#include "backends/emit/Cost.h"
#include "backends/emit/Expressions.h"
#include "backends/onednn/compile/OneDnnCompiler.h"
#include "ir/Diagnostics.h"
#include "ir/LzOps.h"
#include "runtime/format/Packing.h"

#include "llvm/ADT/TypeSwitch.h"

#include <set>

using namespace mlir;
using namespace lz;

namespace {

class Emitter {
public:
  Emitter(ModuleOp module, const EmitOptions &options)
      : module(module), options(options), artifact(std::make_unique<Artifact>()),
        program(artifact->program), exprs(program), data(*artifact),
        cpu(options.target, options.cpu) {}

  FailureOr<std::unique_ptr<Artifact>> run();

private:
  LogicalResult emitDeclarations();
  LogicalResult emitSymbol(SymbolOp op);
  LogicalResult emitState(StateOp op);
  LogicalResult emitFunction(FuncOp func);
  LogicalResult emitOp(Operation &op);
  LogicalResult emitFused(FusedOp op);
  LogicalResult emitKernel(FusedOp op);
  LogicalResult emitPrimitive(FusedOp op);
  LogicalResult emitConstant(ConstantOp op);
  LogicalResult emitGuard(GuardOp op);
  void emitRead(ReadOp op);
  LogicalResult emitWrite(WriteOp op);
  LogicalResult emitView(Operation &op);
  LogicalResult emitReturn(ReturnOp op);
  LogicalResult emitCode();

  /// A new value of `type` in the program.
  uint32_t addValue(StringRef name, lz::TensorType type, fmt::Storage storage);
  uint32_t addConstant(StringRef name, const DataWriter::Place &place);
  /// Number of the constant with `parameter`'s plain bytes.
  FailureOr<uint32_t> getConstant(StringRef parameter);
  /// The same packed for a library; a value that is no parameter stays plain.
  FailureOr<uint32_t> getPackedValue(Value value, const fmt::PackingT &packing);
  fmt::InstructionT &addInstruction(Operation *op);
  fmt::InstructionT &addInstruction(FusedOp op);
  /// A copy of all bytes from one value to another.
  void addCopy(Operation *op, uint32_t src, uint32_t dst, lz::TensorType type);
  void setCost(uint32_t &field, const DimExpr &cost);
  /// Number of the value; the first plain use of a parameter places its bytes.
  FailureOr<uint32_t> getValue(Value value);
  FailureOr<std::vector<uint32_t>> getValues(ValueRange values);

  ModuleOp module;
  const EmitOptions &options;
  std::unique_ptr<Artifact> artifact;
  fmt::ProgramT &program;
  ExpressionTable exprs;
  DataWriter data;
  CpuCompiler cpu;

  llvm::StringMap<ParameterOp> parameters;
  llvm::StringMap<uint32_t> constants, states;
  DenseMap<Value, uint32_t> values;
  /// Calls whose grid is known once the kernels are compiled.
  struct PendingCall {
    fmt::KernelCallT *call;
    KernelCall kernel;
  };
  std::vector<PendingCall> pendingCalls;
  fmt::BlockT *block = nullptr;
  fmt::EntryT *entry = nullptr;
};

} // namespace

uint32_t Emitter::addValue(StringRef name, lz::TensorType type, fmt::Storage storage) {
  auto value = std::make_unique<fmt::ValueT>();
  value->name = name.str();
  value->kind = fmt::ValueKind_Tensor;
  value->dtype = getDType(type.getElementType());
  value->dims = exprs.add(type.getShape());
  value->storage = storage;
  program.values.push_back(std::move(value));
  return program.values.size() - 1;
}

FailureOr<uint32_t> Emitter::getValue(Value value) {
  auto known = values.find(value);
  if (known != values.end())
    return known->second;
  auto get = cast<GetParameterOp>(value.getDefiningOp());
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
  return constants[name] = addConstant(name, data.add(name, value));
}

LogicalResult Emitter::emitConstant(ConstantOp op) {
  auto value = dyn_cast<ElementsAttr>(op.getValueAttr());
  if (!value)
    return op.emitOpError("has no dense value");
  std::string name = userName(op.getLoc()).str();
  uint32_t number = addValue(name, tensorType(op.getResult()), fmt::Storage_Constant);
  program.values[number]->index = addConstant(name, data.add(name, value));
  values[op.getResult()] = number;
  return success();
}

static std::vector<char> packBytes(ArrayRef<char> plain, const rt::Packing &packing,
                                   size_t elementBytes) {
  std::vector<char> packed(packing.getNumPaddedElements() * elementBytes);
  packing.pack(plain.data(), packed.data(), elementBytes);
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
  auto attr = cast<ElementsAttr>(parameters.lookup(get.getName()).getValueAttr());
  std::vector<char> storage;
  ArrayRef<char> plain = getRawBytes(attr, storage);
  size_t elementBytes = plain.size() / std::max<int64_t>(1, attr.getNumElements());
  uint32_t index = addConstant(name, data.add(name, packBytes(plain, *parsed, elementBytes)));
  program.constants[index]->packing = std::make_unique<fmt::PackingT>(packing);
  program.values[number]->index = constants[name] = index;
  return number;
}

/// True if the value, or a view of it, is used after `op`.
static bool isUsedAfter(Value value, Operation *op) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    return op->isBeforeInBlock(user) ||
           (user->hasTrait<lz::LzView>() && isUsedAfter(user->getResult(0), op));
  });
}

/// True if what was read must outlive a write of the same state.
static bool outlivesWrite(ReadOp read) {
  for (Operation *op = read->getNextNode(); op; op = op->getNextNode())
    if (auto write = dyn_cast<WriteOp>(op); write && write.getName() == read.getName())
      return isUsedAfter(read.getResult(), op);
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
  uint32_t view = addValue(userName(op.getLoc()), tensorType(result), fmt::Storage_View);
  program.values[view]->base = *base;
  values[result] = view;
  return success();
}

LogicalResult Emitter::emitReturn(ReturnOp op) {
  FailureOr<std::vector<uint32_t>> outputs = getValues(op.getOperands());
  if (failed(outputs))
    return failure();
  block->outputs = std::move(*outputs);
  return success();
}

LogicalResult Emitter::emitGuard(GuardOp op) {
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
  onednn::Isa isa = options.target.vectorBytes >= 64 ? onednn::Isa::Avx512 : onednn::Isa::Avx2;
  FailureOr<onednn::PrimitiveCode> code = onednn::compilePrimitive(op, isa);
  if (failed(code))
    return failure();
  for (auto [position, operand] : llvm::enumerate(code->call.inputs)) {
    FailureOr<uint32_t> value = position == 1
                                    ? getPackedValue(op.getOperand(operand), code->weightsPacking)
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
      .Case([&](ReturnOp ret) { return emitReturn(ret); })
      .Default([&](Operation *other) -> LogicalResult {
        if (other->hasTrait<lz::LzView>())
          return emitView(*other);
        return other->emitOpError("was not fused into a kernel and can not be emitted");
      });
}

/// The name a user gave to argument or result `i`, or a numbered one.
static std::string getPortName(Attribute name, StringRef prefix, unsigned i) {
  if (auto text = dyn_cast_or_null<StringAttr>(name))
    return text.str();
  return (prefix + Twine(i)).str();
}

static std::vector<std::unique_ptr<fmt::PortT>> makePorts(ArrayRef<uint32_t> numbers,
                                                          llvm::function_ref<Attribute(unsigned)> name,
                                                          StringRef prefix) {
  std::vector<std::unique_ptr<fmt::PortT>> ports;
  for (auto [i, number] : llvm::enumerate(numbers)) {
    auto port = std::make_unique<fmt::PortT>();
    port->name = getPortName(name(i), prefix, i);
    port->value = number;
    ports.push_back(std::move(port));
  }
  return ports;
}

/// A run binds a symbol by an input dimension that is exactly it; one that only
/// stands in expressions could never be told.
static LogicalResult checkSymbolsAreBound(FuncOp func) {
  std::set<std::string> bound, used;
  for (BlockArgument arg : func.getArguments()) {
    for (const DimExpr &dim : tensorType(arg).getShape()) {
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
    std::string name = getPortName(func.getArgAttr(arg.getArgNumber(), "lz.name"), "input",
                                   arg.getArgNumber());
    values[arg] = addValue(name, tensorType(arg), fmt::Storage_Input);
    block->inputs.push_back(values[arg]);
  }
  for (Operation &op : func.getBody().front())
    if (failed(emitOp(op)))
      return failure();
  entry->inputs = makePorts(
      block->inputs, [&](unsigned i) { return func.getArgAttr(i, "lz.name"); }, "input");
  entry->outputs = makePorts(
      block->outputs, [&](unsigned i) { return func.getResultAttr(i, "lz.name"); }, "output");
  return success();
}

LogicalResult Emitter::emitCode() {
  FailureOr<CodeImage> image = cpu.finish();
  if (failed(image))
    return failure();
  if (image->entries.empty())
    return success();
  for (PendingCall &pending : pendingCalls) {
    KernelGrid grid = cpu.getGrid(pending.kernel);
    pending.call->grid = exprs.add(grid.units);
    pending.call->grain = grid.grain;
    for (uint32_t size : exprs.add(grid.moreSizes))
      pending.call->sizes.push_back(size);
    if (grid.scratchBytes != DimExpr(0))
      pending.call->scratch_bytes = exprs.add(grid.scratchBytes);
  }
  auto target = std::make_unique<fmt::TargetT>();
  target->cpu = options.target.cpu;
  target->features = options.target.requiredFeatures();
  for (auto &[name, offset] : image->entries) {
    auto symbol = std::make_unique<fmt::KernelSymbolT>();
    symbol->name = StringRef(name).drop_front(CpuCompiler::kSymbolPrefix.size()).str();
    symbol->offset = offset;
    target->kernels.push_back(std::move(symbol));
  }
  target->segment = artifact->addSegment(fmt::SegmentKind_Code, "code." + options.target.cpu,
                                         std::move(image->bytes));
  program.targets.push_back(std::move(target));
  return success();
}

FailureOr<std::unique_ptr<Artifact>> Emitter::run() {
  program.producer = "lazuli " LAZULI_VERSION;
  if (failed(emitDeclarations()))
    return failure();
  for (FuncOp func : module.getOps<FuncOp>())
    if (failed(emitFunction(func)))
      return failure();
  if (failed(emitCode()))
    return failure();
  data.finish();
  return std::move(artifact);
}

FailureOr<std::unique_ptr<Artifact>> lz::emitArtifact(ModuleOp module, const EmitOptions &options) {
  return Emitter(module, options).run();
}
