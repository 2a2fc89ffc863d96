//===- Importer.cpp - Nodes, scopes, functions ----------------------------===//
//
// See Importer.h. Inputs, initializers and constants stand in Inputs.cpp.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"

#include "frontend/onnx/Registry.h"

#include "ir/Diagnostics.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
namespace proto = ::onnx;

/// Graphs within graphs and functions within functions; no real model comes
/// near it, a hostile one must not exhaust the stack.
static constexpr int kMaxDepth = 48;

Importer::Importer(std::shared_ptr<Model> model, const OnnxOptions &options,
                   MLIRContext *context)
    : model(std::move(model)), options(options), context(context),
      builder(context) {
  shapes.setSymbolTable(
      [this](StringRef name) { return defineSymbol(name); },
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
                    "computed by a node";
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
  for (int i = 0; i < found && !row.takesContainers; ++i)
    if (node.has(i) && !llvm::isa<lz::TensorType>(node.in(i).getType())) {
      node.error() << "input " << i << " is " << typeText(node.in(i).getType())
                   << ", expected a tensor";
      return failure();
    }
  return success();
}

LogicalResult Importer::runHandler(Node &node) {
  StringRef domain = normalizeDomain(node.proto.domain());
  const OpRow *row = findOp(domain, node.op());
  if (!row) {
    auto diagnostic = node.error();
    diagnostic << "the operator is not supported";
    if (!domain.empty())
      diagnostic << " (domain '" << domain << "')";
    return failure();
  }
  if (failed(checkArity(node, *row)))
    return failure();
  row->handler(node);
  return failure(node.failed);
}

LogicalResult Importer::importNode(const proto::NodeProto &proto) {
  const OpsetVersions &opsets =
      scope->opsets ? *scope->opsets : model->getOpsets();
  StringRef domain = normalizeDomain(proto.domain());
  auto version = opsets.find(domain);
  Node node(*this, proto, version == opsets.end() ? 1 : version->second,
            Emit(builder, shapes));
  node.loc = locate(node.name());
  for (const std::string &name : proto.input()) {
    OnnxValue value;
    if (!name.empty()) {
      std::optional<OnnxValue> known = lookUp(name);
      if (!known)
        known = makeLazyParameter(name);
      if (!*known)
        return reportUnknown(node, name);
      value = *known;
    }
    node.inputs.push_back(value);
  }
  const proto::FunctionProto *function =
      model->findFunction(proto.domain(), proto.op_type(), proto.overload());
  if (failed(function ? callFunction(*function, node) : runHandler(node)))
    return failure();
  for (int i = 0; i < proto.output_size(); ++i) {
    if (proto.output(i).empty())
      continue;
    if (!node.outputs[i]) {
      node.error() << "its output " << i << " is not supported";
      return failure();
    }
    if (!scope->values.try_emplace(proto.output(i), node.outputs[i]).second) {
      node.error() << "computes '" << proto.output(i)
                   << "', which exists already";
      return failure();
    }
  }
  return success();
}

LogicalResult Importer::importNodes(
    const google::protobuf::RepeatedPtrField<proto::NodeProto> &nodes) {
  for (const proto::NodeProto &proto : nodes)
    if (failed(importNode(proto)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Subgraphs and functions
//===----------------------------------------------------------------------===//

namespace {
/// Makes a scope the current one while it lives.
class Entered {
public:
  Entered(Scope *&current, Scope *inner) : current(current), outer(current) {
    current = inner;
  }
  ~Entered() { current = outer; }

private:
  Scope *&current;
  Scope *outer;
};
} // namespace

std::optional<SmallVector<OnnxValue>>
Importer::importSubgraph(const proto::GraphProto &graph,
                         ArrayRef<OnnxValue> arguments, Node &node) {
  if (graph.input_size() > int(arguments.size()) || depth >= kMaxDepth) {
    node.error() << (depth >= kMaxDepth
                         ? "graphs are nested too deeply"
                         : "a subgraph takes more inputs than it is given");
    return std::nullopt;
  }
  Scope &inner = scopes.emplace_back();
  inner.parent = scope;
  inner.opsets = scope->opsets;
  for (int i = 0; i < graph.input_size(); ++i)
    inner.values[graph.input(i).name()] = arguments[i];
  Entered entered(scope, &inner);
  ++depth;
  LogicalResult result = addInitializers(graph);
  if (succeeded(result))
    result = importNodes(graph.node());
  --depth;
  if (failed(result))
    return std::nullopt;
  SmallVector<OnnxValue> outputs;
  for (const proto::ValueInfoProto &output : graph.output()) {
    std::optional<OnnxValue> value = lookUp(output.name());
    if (!value) {
      node.error() << "a subgraph gives '" << output.name()
                   << "', which nothing computes";
      return std::nullopt;
    }
    outputs.push_back(*value);
  }
  return outputs;
}

LogicalResult Importer::callFunction(const proto::FunctionProto &function,
                                     Node &node) {
  if (depth >= kMaxDepth || llvm::is_contained(callStack, &function)) {
    node.error() << "the function calls itself";
    return failure();
  }
  OpsetVersions versions;
  rt::Status status = readOpsets(function.opset_import(), versions);
  if (!status.isOk()) {
    node.error() << status.getMessage();
    return failure();
  }
  Scope &inner = scopes.emplace_back();
  inner.isFunction = true;
  inner.opsets = &versions;
  inner.parent = scope; // for attributes; names end here
  for (int i = 0; i < function.input_size(); ++i)
    inner.values[function.input(i)] =
        i < int(node.numInputs()) ? node.inputs[i] : OnnxValue();
  for (const proto::AttributeProto &attribute : function.attribute_proto())
    inner.attributes[attribute.name()] = &attribute;
  for (const proto::AttributeProto &attribute : node.proto.attribute())
    inner.attributes[attribute.name()] = node.find(attribute.name());
  Entered entered(scope, &inner);
  callStack.push_back(&function);
  ++depth;
  LogicalResult result = importNodes(function.node());
  --depth;
  callStack.pop_back();
  if (failed(result)) {
    mlir::emitRemark(node.loc) << "in a call of the function '"
                               << function.name() << "' by '" << node.name()
                               << "'";
    return failure();
  }
  for (int i = 0; i < function.output_size(); ++i) {
    std::optional<OnnxValue> value = lookUp(function.output(i));
    if (value && i < node.proto.output_size())
      node.set(i, value->value, value->logical);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

LogicalResult Importer::finish() {
  const proto::GraphProto &graph = model->getProto().graph();
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attrs;
  if (graph.output().empty())
    return fail("the graph has no outputs, expected at least one");
  for (const proto::ValueInfoProto &output : graph.output()) {
    std::optional<OnnxValue> value = lookUp(output.name());
    if (!value || !*value)
      return fail("the graph's output '" + output.name() +
                  "' is computed by no node");
    results.push_back(value->value);
    SmallVector<NamedAttribute> named{builder.getNamedAttr(
        "lz.name", builder.getStringAttr(output.name()))};
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
  module = ModuleOp::create(
      FileLineColLoc::get(context, model->getName(), 0, 0));
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

OwningOpRef<ModuleOp>
lz::importOnnxFromMemory(const void *data, size_t size, const std::string &name,
                         const OnnxOptions &options, MLIRContext *context) {
  return importModel(Model::parse(data, size, name), options, context);
}
