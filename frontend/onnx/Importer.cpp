//===- Importer.cpp - Names, nodes, the whole -----------------------------===//
//
// See Importer.h. Subgraphs and functions stand in Calls.cpp; what a graph
// starts from in Inputs.cpp, Initializers.cpp and MissingWeights.cpp.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"

#include "frontend/onnx/Registry.h"

#include "ir/Diagnostics.h"

#include "mlir/IR/Verifier.h"

#include <set>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
namespace proto = ::onnx;

Importer::Importer(std::shared_ptr<Model> model, const OnnxOptions &options,
                   MLIRContext *context)
    : model(std::move(model)), options(options), context(context),
      builder(context) {
  shapes.setSymbolTable([this](StringRef name) { return defineSymbol(name); },
                        [this](StringRef symbol) { dropSymbol(symbol); });
}

LogicalResult Importer::fail(const llvm::Twine &message) {
  return emitError(FileLineColLoc::get(context, model->getName(), 0, 0))
         << message;
}

Location Importer::locate(StringRef name) {
  auto file = FileLineColLoc::get(context, model->getName(), 0, 0);
  return NameLoc::get(builder.getStringAttr(name), file);
}

Emit Importer::makeEmit(StringRef name) {
  Emit emit(builder, shapes);
  emit.loc = locate(name);
  emit.subject = ("'" + name + "'").str();
  return emit;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

std::optional<OnnxValue> Importer::lookUp(StringRef name) {
  for (Scope *at = scope; at; at = at->isFunction ? nullptr : at->parent) {
    auto it = at->values.find(name);
    if (it != at->values.end())
      return it->second;
  }
  return std::nullopt;
}

LogicalResult Importer::reportUnknown(Node &node, StringRef name) {
  if (producedNames.count(name))
    node.error() << "reads '" << name
                 << "' before the node that computes it: the nodes are in no "
                    "order in which they could run";
  else
    node.error() << "reads '" << name
                 << "', which is neither an input nor an initializer nor "
                    "computed by a node, and no weight whose type is known";
  return failure();
}

std::string Importer::defineSymbol(StringRef name) {
  std::string unique = name.str();
  for (int i = 1; symbols.count(unique); ++i)
    unique = (name + "." + llvm::Twine(i)).str();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(module->getBody());
  symbols[unique] =
      SymbolOp::create(builder, locate(name), unique, SymbolKind::Defined, 0,
                       INT64_MAX, 1, StringAttr(), StringAttr());
  return unique;
}

void Importer::dropSymbol(StringRef symbol) {
  auto it = symbols.find(symbol);
  if (it == symbols.end())
    return;
  it->second.erase();
  symbols.erase(it);
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// Of an operator that takes any number of operands, all must be there, but for
/// the first of some.
static LogicalResult checkVariadic(Node &node) {
  int numOptional = node.op() == "Loop"                       ? 2
                    : node.op() == "Scan" && node.version < 9 ? 1
                                                              : 0;
  for (int i = numOptional; i < node.proto.input_size(); ++i)
    if (!node.has(i)) {
      node.error() << "leaves out input " << i << " of "
                   << node.proto.input_size() << ", expected all";
      return failure();
    }
  return success();
}

static LogicalResult checkArity(Node &node, const OpRow &row) {
  int found = node.proto.input_size();
  if (found > row.maxInputs) {
    node.error() << "has " << found << " inputs, expected "
                 << (row.minInputs == row.maxInputs ? "" : "at most ")
                 << row.maxInputs;
    return failure();
  }
  for (int i = 0; i < row.minInputs; ++i)
    if (!node.has(i)) {
      node.error() << "has no input " << i << ", expected "
                   << (row.minInputs == row.maxInputs ? "" : "at least ")
                   << row.minInputs;
      return failure();
    }
  if (row.maxInputs == kAnyNumber && failed(checkVariadic(node)))
    return failure();
  for (int i = 0; i < found && !row.takesContainers; ++i)
    if (node.has(i) && !llvm::isa<lz::TensorType>(node.in(i).getType())) {
      node.error() << "input " << i << " is " << typeText(node.in(i).getType())
                   << ", expected a tensor";
      return failure();
    }
  return success();
}

/// "Name" or "domain.Name".
static std::string operatorName(const proto::NodeProto &node) {
  StringRef domain = normalizeDomain(node.domain());
  return (domain + (domain.empty() ? "" : ".") + node.op_type()).str();
}

/// Adds the operators of these nodes that there is no handler for, each once; those of
/// subgraphs too.
static void
collectUnsupported(const google::protobuf::RepeatedPtrField<proto::NodeProto> &nodes,
                   const Model &model, std::set<std::string> &names) {
  for (const proto::NodeProto &node : nodes) {
    if (!findOp(normalizeDomain(node.domain()), node.op_type()) &&
        !model.findFunction(node.domain(), node.op_type(), node.overload()))
      names.insert(operatorName(node));
    for (const proto::AttributeProto &attribute : node.attribute()) {
      collectUnsupported(attribute.g().node(), model, names);
      for (const proto::GraphProto &graph : attribute.graphs())
        collectUnsupported(graph.node(), model, names);
    }
  }
}

/// Names the node's operator, and the model's others that are not supported either, so
/// that nobody mends a model one operator at a time.
void Importer::reportUnsupported(Node &node) {
  auto diagnostic = node.error();
  diagnostic << "the operator is not supported";
  StringRef domain = normalizeDomain(node.proto.domain());
  if (!domain.empty())
    diagnostic << " (domain '" << domain << "')";
  std::set<std::string> names;
  collectUnsupported(model->getProto().graph().node(), *model, names);
  names.erase(operatorName(node.proto));
  constexpr size_t most = 20;
  for (auto [i, name] : llvm::enumerate(names)) {
    if (i == most)
      break;
    diagnostic << (i == 0 ? "; of this model neither are " : ", ") << name;
  }
  if (names.size() > most)
    diagnostic << " and " << names.size() - most << " more";
}

LogicalResult Importer::runHandler(Node &node) {
  StringRef domain = normalizeDomain(node.proto.domain());
  const OpRow *row = findOp(domain, node.op());
  if (node.op().empty()) {
    node.error() << "has no operator, expected the name of one";
    return failure();
  }
  if (!row) {
    reportUnsupported(node);
    return failure();
  }
  if (failed(checkArity(node, *row)))
    return failure();
  row->handler(node);
  return failure(node.failed);
}

/// What is wrong with a node whatever its operator is.
static LogicalResult checkNode(Node &node, bool isImported) {
  if (!isImported) {
    StringRef domain = normalizeDomain(node.proto.domain());
    node.error() << "is of the operator set '"
                 << (domain.empty() ? "ai.onnx" : domain)
                 << "', of which no version is imported (opset_import)";
    return failure();
  }
  llvm::StringSet<> names;
  for (const proto::AttributeProto &attribute : node.proto.attribute()) {
    if (attribute.name().empty())
      node.error() << "has an attribute without a name";
    else if (!names.insert(attribute.name()).second)
      node.error() << "has two attributes '" << attribute.name() << "'";
  }
  return failure(node.failed);
}

LogicalResult Importer::readInputs(Node &node) {
  for (auto [i, name] : llvm::enumerate(node.proto.input())) {
    OnnxValue value;
    if (!name.empty()) {
      std::optional<OnnxValue> known = lookUp(name);
      // A name without a value: an input that the function's caller left out.
      value = known ? *known : makeMissingWeight(node, i);
      if (node.failed)
        return failure();
      if (!known && !value)
        return reportUnknown(node, name);
    }
    node.inputs.push_back(value);
  }
  return success();
}

LogicalResult Importer::bindOutputs(Node &node) {
  for (auto [i, name] : llvm::enumerate(node.proto.output())) {
    if (name.empty())
      continue;
    if (!node.outputs[i]) {
      node.error() << "its output " << int64_t(i) << " is not supported";
      return failure();
    }
    if (!scope->values.try_emplace(name, node.outputs[i]).second) {
      node.error() << "computes '" << name << "', which exists already";
      return failure();
    }
  }
  return success();
}

LogicalResult Importer::importNode(const proto::NodeProto &proto) {
  const OpsetVersions &opsets =
      scope->opsets ? *scope->opsets : model->getOpsets();
  auto version = opsets.find(normalizeDomain(proto.domain()));
  bool isImported = version != opsets.end();
  const proto::FunctionProto *function =
      model->findFunction(proto.domain(), proto.op_type(), proto.overload());
  Node node(*this, proto, isImported ? version->second : 1,
            Emit(builder, shapes));
  node.loc = locate(node.name());
  // The model's own functions have no versions.
  if (failed(checkNode(node, isImported || function)) ||
      failed(readInputs(node)) ||
      failed(function ? callFunction(*function, node) : runHandler(node)))
    return failure();
  return bindOutputs(node);
}

LogicalResult Importer::importNodes(
    const google::protobuf::RepeatedPtrField<proto::NodeProto> &nodes) {
  for (const proto::NodeProto &proto : nodes)
    if (failed(importNode(proto)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// The value must be there, and of the type that the file declares.
LogicalResult Importer::checkOutput(const proto::ValueInfoProto &output,
                                    const std::optional<OnnxValue> &value) {
  if (!value || !*value)
    return fail("the graph's output '" + output.name() +
                "' is computed by no node");
  auto tensor = llvm::dyn_cast<lz::TensorType>(value->value.getType());
  if (!tensor || !output.type().has_tensor_type())
    return success();
  int32_t declared = output.type().tensor_type().elem_type();
  const ElementInfo *expected = findElementInfo(declared);
  if (declared == 0) // not said
    return success();
  if (!expected)
    return fail("the graph's output '" + output.name() +
                "' has the unknown element type " + llvm::Twine(declared));
  if (tensor.getElementType() == makeEmit(output.name()).storageType(*expected))
    return success();
  return fail("the graph's output '" + output.name() + "' is declared as " +
              expected->name + ", but the model computes " + typeText(tensor));
}

LogicalResult Importer::finish() {
  const proto::GraphProto &graph = model->getProto().graph();
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attrs;
  if (graph.output().empty())
    return fail("the graph has no outputs, expected at least one");
  for (const proto::ValueInfoProto &output : graph.output()) {
    std::optional<OnnxValue> value = lookUp(output.name());
    if (failed(checkOutput(output, value)))
      return failure();
    results.push_back(value->value);
    SmallVector<NamedAttribute> named{
        builder.getNamedAttr("lz.name", builder.getStringAttr(output.name()))};
    if (value->logical)
      named.push_back(builder.getNamedAttr(
          "lz.logical_type", builder.getStringAttr(value->logical->name)));
    attrs.push_back(builder.getDictionaryAttr(named));
  }
  ReturnOp::create(builder, locate("return"), results);
  SmallVector<Type> types;
  for (Value value : results)
    types.push_back(value.getType());
  function.setFunctionType(builder.getFunctionType(
      function.getBody().front().getArgumentTypes(), types));
  function.setAllResultAttrs(attrs);
  return mlir::verify(*module);
}

OwningOpRef<ModuleOp> Importer::run() {
  const proto::GraphProto &graph = model->getProto().graph();
  module =
      ModuleOp::create(FileLineColLoc::get(context, model->getName(), 0, 0));
  for (const proto::NodeProto &node : graph.node())
    for (const std::string &output : node.output())
      producedNames.insert(output);
  if (failed(declareInputs()) || failed(addInitializers(graph)) ||
      failed(importNodes(graph.node())) || failed(finish()))
    return nullptr;
  return std::move(module);
}

static OwningOpRef<ModuleOp>
importModel(rt::StatusOr<std::shared_ptr<Model>> model,
            const OnnxOptions &options, MLIRContext *context) {
  if (!model.isOk()) {
    emitError(UnknownLoc::get(context)) << model.getStatus().getMessage();
    return nullptr;
  }
  context->loadDialect<LzDialect>();
  return Importer(*model, options, context).run();
}

OwningOpRef<ModuleOp> lz::importOnnx(const std::string &path,
                                     const OnnxOptions &options,
                                     MLIRContext *context) {
  return importModel(Model::open(path), options, context);
}

OwningOpRef<ModuleOp> lz::importOnnxFromMemory(const void *data, size_t size,
                                               const std::string &name,
                                               const OnnxOptions &options,
                                               MLIRContext *context) {
  return importModel(Model::parse(data, size, name), options, context);
}
