//===- Inputs.cpp - What a graph takes ------------------------------------===//
//
// The inputs of the main graph: their types, and the symbols in their shapes.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using llvm::StringRef;
using lz::DimExpr;
namespace proto = ::onnx;

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
      dims.push_back(makeSymbol(dim.has_dim_param() && !dim.dim_param().empty()
                                    ? dim.dim_param()
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
    (void)fail("input '" + name + "' " +
               (type.has_map_type()             ? "is a map"
                : type.has_sparse_tensor_type() ? "is a sparse tensor"
                                                : "has no type") +
               ", expected a tensor, a sequence or an optional");
  }
  --depth;
  return result;
}

/// Appends an input's type and attributes to what the function begins with.
LogicalResult Importer::declareInput(const proto::ValueInfoProto &info,
                                     SmallVectorImpl<Type> &types,
                                     SmallVectorImpl<DictionaryAttr> &attrs) {
  const ElementInfo *logical = nullptr;
  Type type = inputType(info.type(), info.name(), logical);
  if (!type)
    return failure();
  types.push_back(type);
  inputNames.push_back(info.name());
  inputLogical.push_back(logical);
  SmallVector<NamedAttribute> named{
      builder.getNamedAttr("lz.name", builder.getStringAttr(info.name()))};
  if (logical)
    named.push_back(builder.getNamedAttr("lz.logical_type",
                                         builder.getStringAttr(logical->name)));
  attrs.push_back(builder.getDictionaryAttr(named));
  return success();
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
    // Files of IR version 3 and older list weights among the inputs.
    if (initializerNames.count(info.name()) || findWeight(info.name()))
      continue;
    examples.push_back(findExample(info.name()));
    if (failed(declareInput(info, types, attrs)))
      return failure();
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
  return bindInputs(*block, examples);
}

/// Gives the function's arguments their names in the graph.
LogicalResult Importer::bindInputs(Block &block,
                                   ArrayRef<const OnnxInput *> examples) {
  for (auto [i, name] : llvm::enumerate(inputNames)) {
    Value argument = block.getArgument(i);
    if (name.empty())
      return fail("input " + llvm::Twine(i) + " of the graph has no name");
    if (!root.values.try_emplace(name, OnnxValue{argument, inputLogical[i]})
             .second)
      return fail("two inputs are called '" + name + "'");
    if (examples[i])
      examplesOf[argument] = examples[i];
  }
  return addInputWeights();
}

/// Inputs that a file of weights gives are parameters.
LogicalResult Importer::addInputWeights() {
  for (const proto::ValueInfoProto &info : model->getProto().graph().input()) {
    const OnnxWeight *weight = findWeight(info.name());
    if (!weight || initializerNames.count(info.name()))
      continue;
    OnnxValue value = makeParameter(info.name(), givenType(*weight, &info));
    if (!value || !root.values.try_emplace(info.name(), value).second)
      return fail("two inputs are called '" + info.name() + "'");
  }
  return success();
}
