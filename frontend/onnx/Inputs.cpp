//===- Inputs.cpp - What a graph starts from ------------------------------===//
//
// Inputs and their symbols, initializers as parameters and constants, missing
// ones as lazy parameters, and what the elements of either are.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"

#include "ir/Values.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;
namespace proto = ::onnx;

/// Elements that shapes may follow from; as many as inference follows.
static constexpr int64_t kMaxContents = 64;
/// Operations looked at to find the inputs that a shape is computed from.
static constexpr size_t kMaxSlice = 512;

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

const OnnxInput *Importer::findExample(StringRef name) const {
  for (const OnnxInput &input : options.inputs)
    if (input.name == name)
      return &input;
  size_t position = inputNames.size(); // while inputs are declared
  if (position < options.inputs.size() &&
      options.inputs[position].name.empty() &&
      !options.inputs[position].dtype.empty())
    return &options.inputs[position];
  return nullptr;
}

/// A dimension is at least 1 unless an example says otherwise.
DimExpr Importer::makeSymbol(StringRef name, int64_t min) {
  SymbolOp known = symbols.lookup(name);
  if (!known || int64_t(known.getMin()) > min) {
    if (known)
      known.erase();
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module->getBody());
    symbols[name] = SymbolOp::create(builder, locate(name), name,
                                     SymbolKind::Dynamic, min, INT64_MAX,
                                     /*divisor=*/1, StringAttr(), StringAttr());
    shapes.facts().setFacts(name.str(), {min});
  }
  return DimExpr::symbol(name.str());
}

lz::TensorType Importer::tensorInputType(const proto::TypeProto_Tensor &type,
                                     StringRef name,
                                     const ElementInfo *&logical) {
  const ElementInfo *element = findElementInfo(type.elem_type());
  if (!element) {
    (void)fail("input '" + name + "' has the unknown element type " +
               llvm::Twine(type.elem_type()));
    return {};
  }
  logical = element->isLogical ? element : nullptr;
  Type storage = makeEmit(name).storageType(*element);
  // Of an element of a container only numbers are known before a run.
  bool isElement = depth > 1;
  const OnnxInput *example = isElement ? nullptr : findExample(name);
  // Files write a shape without dimensions for elements of unknown rank too.
  bool isUnknown = isElement && type.shape().dim_size() == 0;
  if (!type.has_shape() || isUnknown) {
    if (!example)
      return lz::TensorType::getUnranked(context, storage);
    return lz::TensorType::getStatic(context, example->dims, storage);
  }
  SmallVector<DimExpr> dims;
  for (const auto &dim : type.shape().dim()) {
    std::string axis = (name + "." + llvm::Twine(dims.size())).str();
    if (dim.has_dim_value() && dim.dim_value() < 0) {
      (void)fail("input '" + name + "' has a dimension of " +
                 llvm::Twine(dim.dim_value()));
      return {};
    }
    if (dim.has_dim_value())
      dims.push_back(dim.dim_value());
    else if (isElement)
      dims.push_back(unknownDim());
    else
      dims.push_back(makeSymbol(
          dim.has_dim_param() && !dim.dim_param().empty() ? dim.dim_param()
                                                          : axis,
          example && example->dims.size() > dims.size() &&
                  example->dims[dims.size()] == 0
              ? 0
              : 1));
  }
  return lz::TensorType::get(context, dims, storage);
}

/// A sequence or an optional of `element`; an error where it cannot hold that.
template <typename Container>
Type Importer::containerType(Type element, StringRef name) {
  auto refuse = [&] {
    return emitError(locate(name)) << "input '" << name << "': ";
  };
  return Container::getChecked(refuse, context, element);
}

Type Importer::inputType(const proto::TypeProto &type, StringRef name,
                         const ElementInfo *&logical) {
  if (depth > 4) { // sequences of optionals of ... have no use
    (void)fail("input '" + name + "' has a type that is nested too deeply");
    return {};
  }
  ++depth;
  Type result;
  if (type.has_tensor_type()) {
    result = tensorInputType(type.tensor_type(), name, logical);
  } else if (type.has_sequence_type()) {
    if (Type element =
            inputType(type.sequence_type().elem_type(), name, logical))
      result = containerType<SequenceType>(element, name);
  } else if (type.has_optional_type()) {
    if (Type element =
            inputType(type.optional_type().elem_type(), name, logical))
      result = containerType<OptionalType>(element, name);
  } else {
    (void)fail("input '" + name +
               "' is a map or has no type, expected a tensor, a sequence or an "
               "optional");
  }
  --depth;
  return result;
}

LogicalResult Importer::declareInputs() {
  const proto::GraphProto &graph = model->getProto().graph();
  for (const auto &initializer : graph.initializer())
    initializerNames.insert(initializer.name());
  for (const auto &initializer : graph.sparse_initializer())
    initializerNames.insert(initializer.values().name());
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attrs;
  SmallVector<const OnnxInput *> examples;
  builder.setInsertionPointToEnd(module->getBody());
  for (const proto::ValueInfoProto &info : graph.input()) {
    if (initializerNames.count(info.name()))
      continue;
    const ElementInfo *logical = nullptr;
    Type type = inputType(info.type(), info.name(), logical);
    if (!type)
      return failure();
    types.push_back(type);
    examples.push_back(findExample(info.name()));
    inputNames.push_back(info.name());
    inputLogical.push_back(logical);
    SmallVector<NamedAttribute> named{builder.getNamedAttr(
        "lz.name", builder.getStringAttr(info.name()))};
    if (logical)
      named.push_back(builder.getNamedAttr(
          "lz.logical_type", builder.getStringAttr(logical->name)));
    attrs.push_back(builder.getDictionaryAttr(named));
  }
  builder.setInsertionPointToEnd(module->getBody());
  function = FuncOp::create(builder, locate("forward"), "forward",
                            builder.getFunctionType(types, {}), attrs);
  Block *block = function.getBody().empty() ? &function.getBody().emplaceBlock()
                                            : &function.getBody().front();
  if (block->getNumArguments() == 0)
    for (auto [type, name] : llvm::zip_equal(types, inputNames))
      block->addArgument(type, locate(name));
  builder.setInsertionPointToStart(block);
  for (auto [i, name] : llvm::enumerate(inputNames)) {
    Value argument = block->getArgument(i);
    if (!root.values.try_emplace(name, OnnxValue{argument, inputLogical[i]})
             .second)
      return fail("two inputs are called '" + name + "'");
    if (examples[i])
      examplesOf[argument] = examples[i];
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Initializers and constants
//===----------------------------------------------------------------------===//

static Value makeStrings(const TensorData &tensor, Emit &emit) {
  OpBuilder &builder = emit.builder;
  SmallVector<StringRef> strings(tensor.strings.begin(), tensor.strings.end());
  auto attrs = builder.getDictionaryAttr(
      {builder.getNamedAttr("values", builder.getStrArrayAttr(strings))});
  Type type = lz::TensorType::getStatic(builder.getContext(), tensor.dims,
                                        StringType::get(builder.getContext()));
  return emit.result(HostOp::create(builder, emit.loc, TypeRange(type),
                                    "string_constant", ValueRange(), attrs));
}

OnnxValue Importer::makeConstant(const TensorData &tensor, StringRef name,
                                 Emit &emit) {
  const ElementInfo &element = *tensor.element;
  const ElementInfo *logical = element.isLogical ? &element : nullptr;
  Type storage = emit.storageType(element);
  if (element.storage == fmt::DType_string)
    return {makeStrings(tensor, emit), nullptr};
  auto type = RankedTensorType::get(tensor.dims, storage);
  ElementsAttr value =
      makeValue(type, name, ArrayRef<char>(tensor.data, tensor.size), tensor.owner);
  bool isSmall = type.getNumElements() <= kMaxContents ||
                 !llvm::isa<FloatType>(storage);
  if (isSmall || depth > 0) // what a subgraph holds has no name of its own
    return {emit.constant(value), logical};
  std::string unique = name.str();
  for (int i = 1; !parameterNames.insert(unique).second; ++i)
    unique = (name + "." + llvm::Twine(i)).str();
  auto lzType = lz::TensorType::getStatic(context, tensor.dims, storage);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(function);
    ParameterOp::create(builder, locate(unique), unique, lzType, Attribute(),
                        value);
  }
  shapes.addGlobal(unique, lzType);
  Value read = emit.result(
      GetParameterOp::create(builder, emit.loc, lzType, unique));
  return {read, logical};
}

LogicalResult
Importer::addInitializer(StringRef name,
                         const rt::StatusOr<TensorData> &tensor) {
  if (!tensor.isOk())
    return fail("initializer '" + name +
                "' is no valid tensor: " + tensor.getStatus().getMessage());
  Emit emit = makeEmit(name);
  OnnxValue value = makeConstant(*tensor, name, emit);
  if (emit.failed)
    return failure();
  if (!scope->values.try_emplace(name, value).second)
    return fail("two initializers are called '" + name + "'");
  return success();
}

LogicalResult Importer::addInitializers(const proto::GraphProto &graph) {
  for (const proto::TensorProto &initializer : graph.initializer())
    if (failed(addInitializer(initializer.name(),
                              readTensor(initializer, model->getFiles(),
                                         model->getOwner()))))
      return failure();
  for (const proto::SparseTensorProto &initializer : graph.sparse_initializer())
    if (failed(addInitializer(initializer.values().name(),
                              readSparseTensor(initializer,
                                               model->getFiles()))))
      return failure();
  return success();
}

/// A name that nothing gives but whose type the file declares: weights that
/// were left out. Its unknown dimensions are lazy.
OnnxValue Importer::makeLazyParameter(StringRef name) {
  if (producedNames.count(name) || depth > 0)
    return {};
  for (const auto &info : model->getProto().graph().value_info()) {
    if (info.name() != name || !info.type().has_tensor_type() ||
        !info.type().tensor_type().has_shape())
      continue;
    const auto &tensor = info.type().tensor_type();
    const ElementInfo *element = findElementInfo(tensor.elem_type());
    if (!element || element->isLogical || element->bits == 0)
      return {};
    Emit emit = makeEmit(name);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(function);
    SmallVector<DimExpr> dims;
    for (const auto &dim : tensor.shape().dim()) {
      if (dim.has_dim_value() && dim.dim_value() >= 0) {
        dims.push_back(dim.dim_value());
        continue;
      }
      std::string symbol = (name + "." + llvm::Twine(dims.size())).str();
      SymbolOp::create(builder, emit.loc, symbol, SymbolKind::Lazy, 1,
                       INT64_MAX, 1,
                       builder.getStringAttr("'" + name.str() + "'"),
                       builder.getStringAttr(
                           "axis " + std::to_string(dims.size())));
      dims.push_back(DimExpr::symbol(symbol));
    }
    auto type = lz::TensorType::get(context, dims, emit.storageType(*element));
    Attribute init;
    if (dims.size() >= 2)
      init = KaimingUniformInitAttr::get(context, Real(2.23606797749979));
    else
      init = FillInitAttr::get(context, Real(0.0));
    ParameterOp::create(builder, emit.loc, name, type, init);
    parameterNames.insert(name);
    shapes.addGlobal(name, type);
    builder.setInsertionPointToStart(&function.getBody().front());
    Value read = emit.result(GetParameterOp::create(builder, emit.loc, type,
                                                    name));
    return root.values[name] = {read, nullptr};
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Elements known while compiling
//===----------------------------------------------------------------------===//

static SmallVector<double> readElements(ElementsAttr value) {
  SmallVector<double> numbers;
  Type type = value.getElementType();
  if (llvm::isa<FloatType>(type))
    for (const llvm::APFloat &number : value.getValues<llvm::APFloat>())
      numbers.push_back(llvm::APFloat(number).convertToDouble());
  else
    for (const llvm::APInt &number : value.getValues<llvm::APInt>())
      numbers.push_back(type.isUnsignedInteger() || type.isInteger(1)
                            ? double(number.getZExtValue())
                            : double(number.getSExtValue()));
  return numbers;
}

template <typename T>
static SmallVector<double> readAs(const void *data, int64_t count) {
  const T *numbers = static_cast<const T *>(data);
  return SmallVector<double>(numbers, numbers + count);
}

static std::optional<SmallVector<double>> readElements(const void *data,
                                                       int64_t count,
                                                       Type type) {
  if (type.isF32())
    return readAs<float>(data, count);
  if (type.isF64())
    return readAs<double>(data, count);
  auto integer = llvm::dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return readAs<uint8_t>(data, count);
  case 8:
    return isUnsigned ? readAs<uint8_t>(data, count)
                      : readAs<int8_t>(data, count);
  case 16:
    return isUnsigned ? readAs<uint16_t>(data, count)
                      : readAs<int16_t>(data, count);
  case 32:
    return isUnsigned ? readAs<uint32_t>(data, count)
                      : readAs<int32_t>(data, count);
  default:
    return isUnsigned ? readAs<uint64_t>(data, count)
                      : readAs<int64_t>(data, count);
  }
}

/// The elements of the input's example, if it has few of them; the run checks
/// that they are the same.
static std::optional<SmallVector<double>>
readExample(const OnnxInput &example, lz::TensorType type) {
  rt::StatusOr<int64_t> count = countElements(example.dims);
  if (!example.data || !count.isOk() || *count > kMaxContents)
    return std::nullopt;
  return readElements(example.data, *count, type.getElementType());
}

/// Of integers all 64 bits are compared.
static ArrayAttr checkedValues(OpBuilder &builder, Value input,
                               ArrayRef<double> elements) {
  if (llvm::isa<FloatType>(tensorType(input).getElementType()))
    return builder.getF64ArrayAttr(elements);
  return builder.getI64ArrayAttr(llvm::map_to_vector(elements, toInteger));
}

/// Adds the check that an input has its example's elements, once.
static void addCheck(OpBuilder &builder, Value input, StringRef name,
                     ArrayRef<double> elements) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(input.getParentBlock());
  std::string message =
      ("input '" + name + "' decides shapes: this model is compiled for the "
       "elements of its example, and no others can be given").str();
  auto attrs = builder.getDictionaryAttr(
      {builder.getNamedAttr("values", checkedValues(builder, input, elements)),
       builder.getNamedAttr("message", builder.getStringAttr(message))});
  HostOp::create(builder, input.getLoc(), TypeRange(), "expect_values",
                 ValueRange(input), attrs);
}

std::optional<SmallVector<double>> Importer::getConstant(Value value) {
  for (int steps = 0; steps < 16; ++steps) {
    Operation *op = value.getDefiningOp();
    if (!op || !llvm::isa<ReshapeOp, SqueezeOp, UnsqueezeOp, FlattenOp>(op))
      break;
    value = op->getOperand(0);
  }
  if (Operation *op = value.getDefiningOp()) {
    if (auto constant = llvm::dyn_cast<ConstantOp>(op)) {
      auto elements = llvm::dyn_cast<DenseElementsAttr>(constant.getValueAttr());
      if (elements && elements.getNumElements() <= (1 << 16))
        return readElements(elements);
      auto resource =
          llvm::dyn_cast<DenseResourceElementsAttr>(constant.getValueAttr());
      if (resource && resource.getNumElements() <= (1 << 16))
        if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
          return readElements(blob->getData().data(), resource.getNumElements(),
                              resource.getElementType());
    }
    return std::nullopt;
  }
  auto it = examplesOf.find(value);
  if (it == examplesOf.end())
    return std::nullopt;
  auto elements = readExample(*it->second, tensorType(value));
  if (elements && boundInputs.insert(value).second)
    addCheck(builder, value, it->second->name, *elements);
  return elements;
}

bool Importer::bindByExample(Value value) {
  SmallVector<Value> pending{value};
  llvm::DenseSet<Value> seen;
  SmallVector<Operation *> slice;
  bool isBound = false;
  while (!pending.empty() && seen.size() < kMaxSlice) {
    Value at = pending.pop_back_val();
    if (!seen.insert(at).second)
      continue;
    if (Operation *op = at.getDefiningOp()) {
      if (llvm::isa<ShapeOfOp, DimOfOp, GetParameterOp>(op) ||
          op->getNumRegions() != 0 || shapes.getContents(at))
        continue;
      slice.push_back(op);
      llvm::append_range(pending, op->getOperands());
      continue;
    }
    auto it = examplesOf.find(at);
    if (it == examplesOf.end() || shapes.getContents(at) ||
        llvm::isa<FloatType>(tensorType(at).getElementType()) ||
        tensorType(at).getRank() > 1)
      continue;
    auto elements = readExample(*it->second, tensorType(at));
    if (!elements)
      continue;
    if (boundInputs.insert(at).second)
      addCheck(builder, at, it->second->name, *elements);
    shapes.setContents(at, llvm::map_to_vector(*elements, [](double number) {
                         return DimExpr(toInteger(number));
                       }));
    isBound = true;
  }
  if (!isBound)
    return false;
  // Regions' blocks come after what they capture.
  llvm::sort(slice, [](Operation *a, Operation *b) {
    return a->getBlock() == b->getBlock()
               ? a->isBeforeInBlock(b)
               : a->getBlock()->getParent()->isProperAncestor(
                     b->getBlock()->getParent());
  });
  for (Operation *op : slice)
    if (failed(shapes.infer(op)))
      return false;
  return true;
}
