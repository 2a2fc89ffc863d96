//===- TracerEmit.cpp - The trace under way: operations -------------------===//
//
// Builds operations by name, verifies them and infers their shapes at once. A
// diagnostic of the dialect becomes an Error at the user's call.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Tracer.h"

#include "ir/Axis.h"

using namespace mlir;

namespace lz::nn::detail {

Type toType(MLIRContext *context, DType dtype) {
  Builder builder(context);
  switch (dtype) {
  case DType::f64:
    return builder.getF64Type();
  case DType::f32:
    return builder.getF32Type();
  case DType::f16:
    return builder.getF16Type();
  case DType::bf16:
    return builder.getBF16Type();
  case DType::boolean:
    return builder.getI1Type();
  default:
    break;
  }
  bool isUnsigned = dtype >= DType::u8 && dtype <= DType::u64;
  return IntegerType::get(context, 8 * static_cast<unsigned>(weights::getSizeBytes(dtype)),
                          isUnsigned ? IntegerType::Unsigned : IntegerType::Signless);
}

//===----------------------------------------------------------------------===//
// Locations and errors
//===----------------------------------------------------------------------===//

Location Tracer::locate(const std::string &name, SourceLoc loc) const {
  MLIRContext *context = &program->context;
  StringAttr nameAttr = StringAttr::get(context, name);
  if (!loc.file)
    loc = traceLoc;
  if (!loc.file)
    return NameLoc::get(nameAttr);
  return NameLoc::get(nameAttr, FileLineColLoc::get(context, loc.file,
                                                    static_cast<unsigned>(loc.line), 0));
}

/// The library's modules are located by their name and call; what users write
/// in their own `forward` by the function they call there.
Location Tracer::getLocation() const {
  if (frames.empty())
    return locate(options.entry);
  const ModuleFrame &frame = frames.back();
  if (frame.module->isBuiltin())
    return locate(frame.path.empty() ? frame.module->kind() : frame.path, frame.loc);
  std::string function = frame.opDepth > 0 ? frame.function : "forward";
  return locate(frame.path.empty() ? function : frame.path + "." + function, frame.opLoc);
}

void Tracer::throwDiagnostics(const std::string &text) { fail(text); }

[[noreturn]] void fail(const std::string &message) {
  Tracer *tracer = Tracer::getIfAny();
  if (!tracer)
    throw Error(message);
  throw Error(tracer->describePlace() + tracer->describeModule() + ": " + message);
}

std::string Tracer::describePlace() const {
  if (frames.empty())
    return "";
  const ModuleFrame &frame = frames.back();
  SourceLoc loc = frame.module->isBuiltin() ? frame.loc : frame.opLoc;
  return loc.file ? std::string(loc.file) + ":" + std::to_string(loc.line) + ": " : "";
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// Enumerations are keywords here and 32-bit integers in the IR.
static Attribute makeEnum(MLIRContext *context, llvm::StringRef op, llvm::StringRef name,
                          llvm::StringRef keyword) {
  auto toAttribute = [&](auto symbolized) -> Attribute {
    if (!symbolized)
      return {};
    return IntegerAttr::get(IntegerType::get(context, 32), static_cast<int64_t>(*symbolized));
  };
  if (op == "reduce" && name == "kind")
    return toAttribute(symbolizeReduceKind(keyword));
  if (op == "cumulative" && name == "kind")
    return toAttribute(symbolizeCumulativeKind(keyword));
  if (op == "pool" && name == "kind")
    return toAttribute(symbolizePoolKind(keyword));
  if (op == "scatter_elements" && name == "reduction")
    return toAttribute(symbolizeScatterReduction(keyword));
  if (op == "recurrent" && name == "mode")
    return toAttribute(symbolizeRecurrentMode(keyword));
  if (name == "distribution")
    return toAttribute(symbolizeDistribution(keyword));
  return StringAttr::get(context, keyword);
}

Attribute Tracer::makeAttribute(const char *op, const Attr &attribute) {
  MLIRContext *context = &program->context;
  struct Visitor {
    Tracer &tracer;
    MLIRContext *context;
    const char *op;
    const char *name;
    Attribute operator()(bool value) { return BoolAttr::get(context, value); }
    Attribute operator()(int64_t value) { return tracer.builder.getI64IntegerAttr(value); }
    Attribute operator()(double value) { return tracer.builder.getF64FloatAttr(value); }
    Attribute operator()(const std::string &value) { return makeEnum(context, op, name, value); }
    Attribute operator()(const Ints &value) { return DenseI64ArrayAttr::get(context, value); }
    Attribute operator()(const Dims &value) {
      llvm::SmallVector<DimExpr> dims;
      for (const Dim &dim : value)
        dims.push_back(tracer.toFinal(dim));
      return DimArrayAttr::get(context, llvm::ArrayRef<DimExpr>(dims));
    }
    Attribute operator()(const Dim &value) {
      return DimAttr::get(context, tracer.toFinal(value));
    }
  };
  Attribute result = std::visit(Visitor{*this, context, op, attribute.name}, attribute.value);
  if (!result)
    fail(std::string("the operation ") + op + " has no such " + attribute.name);
  return result;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

Value Tracer::unwrap(const Tensor &tensor) const {
  if (!tensor.defined())
    fail("an undefined tensor is used");
  if (TensorAccess::getTrace(tensor) != id)
    fail("a tensor of another trace is used; tensors cannot be kept from one trace to the next");
  return TensorAccess::getValue(tensor);
}

Operation *Tracer::create(OperationState &state) {
  std::string text;
  ScopedDiagnosticHandler handler(&program->context, [&](Diagnostic &diagnostic) {
    text += (text.empty() ? "" : "\n") + diagnostic.str();
  });
  Operation *op = builder.create(state);
  for (NamedAttribute attribute : op->getDiscardableAttrs())
    fail("the operation " + op->getName().getStringRef().str() + " has no attribute '" +
         attribute.getName().str() + "'");
  if (failed(op->getName().verifyInvariants(op)) || failed(shapes.infer(op)))
    throwDiagnostics(text);
  return op;
}

std::vector<Tensor> Tracer::emit(const char *name, const std::vector<Tensor> &operands,
                                 const std::vector<DType> &results, const Attrs &attributes) {
  OperationState state(getLocation(), std::string("lz.") + name);
  std::vector<int32_t> segments;
  for (const Tensor &operand : operands) {
    segments.push_back(operand.defined());
    if (operand.defined())
      state.addOperands(unwrap(operand));
  }
  if (state.name.hasTrait<OpTrait::AttrSizedOperandSegments>())
    state.addAttribute("operandSegmentSizes", builder.getDenseI32ArrayAttr(segments));
  // The only operation with optional results has them at the end.
  if (state.name.hasTrait<OpTrait::AttrSizedResultSegments>())
    state.addAttribute("resultSegmentSizes",
                       builder.getDenseI32ArrayAttr({1, 1, int32_t(results.size()) - 2}));
  for (DType dtype : results)
    state.addTypes(TensorType::getUnranked(&program->context, toType(&program->context, dtype)));
  for (const Attr &attribute : attributes)
    state.addAttribute(attribute.name, makeAttribute(name, attribute));
  Operation *op = create(state);
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < results.size(); ++i)
    tensors.push_back(TensorAccess::make(op->getResult(i), id, results[i]));
  return tensors;
}

Tensor Tracer::constant(DenseElementsAttr value, DType dtype) {
  OperationState state(getLocation(), "lz.constant");
  auto shaped = llvm::cast<RankedTensorType>(value.getType());
  state.addTypes(TensorType::getStatic(&program->context, shaped.getShape(),
                                       shaped.getElementType()));
  state.addAttribute("value", value);
  return TensorAccess::make(create(state)->getResult(0), id, dtype);
}

TensorType Tracer::getType(const Tensor &tensor) { return shapes.getType(unwrap(tensor)); }

Dim Tracer::sizeOf(const Tensor &tensor, int64_t axis) {
  TensorType type = getType(tensor);
  if (type.hasRank()) {
    int64_t rank = type.getRank();
    if (axis < -rank || axis >= rank)
      fail("size(" + std::to_string(axis) + ") of a tensor with " + std::to_string(rank) +
           " dimensions, expected an axis from " + std::to_string(-rank) + " to " +
           std::to_string(rank - 1));
    return Dim(type.getDim(normalizeAxis(axis, rank)));
  }
  std::string name = "%size" + std::to_string(sizeSources.size());
  sizeSources.emplace(name, SizeSource{tensor, axis});
  return Dim::symbol(name);
}

std::optional<SizeSource> Tracer::findSizeSource(const std::string &symbol) const {
  auto it = sizeSources.find(symbol);
  if (it == sizeSources.end())
    return std::nullopt;
  return it->second;
}

Tensor Tracer::readParameter(const Parameter &parameter) {
  GlobalInfo &info = findGlobal(parameter);
  DType dtype = parameter.dtype();
  if (info.value)
    return TensorAccess::make(info.value, id, dtype);
  bool isBuffer = parameter.isBuffer();
  OperationState state(getLocation(), isBuffer ? "lz.read" : "lz.get_parameter");
  state.addTypes(info.type);
  state.addAttribute("name", builder.getStringAttr(info.name));
  Value value = create(state)->getResult(0);
  if (!isBuffer)
    info.value = value;
  return TensorAccess::make(value, id, dtype);
}

void Tracer::writeBuffer(const Parameter &buffer, const Tensor &value) {
  GlobalInfo &info = findGlobal(buffer);
  if (!buffer.isBuffer())
    fail("the parameter '" + info.name + "' is assigned to; only buffers can be");
  if (value.dtype() != buffer.dtype())
    fail("the buffer '" + info.name + "' of " + weights::getName(buffer.dtype()) +
         " is assigned a value of " + weights::getName(value.dtype()));
  info.written = true;
  OperationState state(getLocation(), "lz.write");
  state.addOperands(unwrap(value));
  state.addAttribute("name", builder.getStringAttr(info.name));
  create(state);
}

Tensor Tracer::readRandomState(const char *name) {
  randomStates.insert(name);
  TensorType type = TensorType::getStatic(&program->context, {}, builder.getI64Type());
  shapes.addGlobal(name, type);
  OperationState state(getLocation(), "lz.read");
  state.addTypes(type);
  state.addAttribute("name", builder.getStringAttr(name));
  return TensorAccess::make(create(state)->getResult(0), id, DType::i64);
}

} // namespace lz::nn::detail
