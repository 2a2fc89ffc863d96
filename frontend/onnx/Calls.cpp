//===- Calls.cpp - Subgraphs and functions --------------------------------===//
//
// A graph within a graph sees the names around it, a function's body only its
// own.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
namespace proto = ::onnx;

/// Graphs within graphs and functions within functions; no real model comes
/// near it, a hostile one must not exhaust the stack.
static constexpr int kMaxDepth = 48;
/// Functions that call others twice double at each level.
static constexpr int64_t kMaxFunctionNodes = 1 << 16;

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
    if (!value || !*value) {
      node.error() << "a subgraph gives '" << output.name()
                   << "', which nothing computes";
      return std::nullopt;
    }
    outputs.push_back(*value);
  }
  return outputs;
}

/// What a call may be refused for before the body is read.
static LogicalResult checkCall(const proto::FunctionProto &function, Node &node,
                               bool isRecursive) {
  if (isRecursive)
    node.error() << "the function calls itself";
  else if (int(node.numInputs()) > function.input_size())
    node.error() << "has " << int64_t(node.numInputs())
                 << " inputs, expected at most " << function.input_size();
  else if (node.proto.output_size() > function.output_size())
    node.error() << "has " << node.proto.output_size()
                 << " outputs, expected at most " << function.output_size();
  return failure(node.failed);
}

LogicalResult Importer::callFunction(const proto::FunctionProto &function,
                                     Node &node) {
  bool isRecursive =
      depth >= kMaxDepth || llvm::is_contained(callStack, &function);
  if (failed(checkCall(function, node, isRecursive)))
    return failure();
  OpsetVersions versions;
  rt::Status status = readOpsets(function.opset_import(), versions);
  if (!status.isOk()) {
    node.error() << status.getMessage();
    return failure();
  }
  numFunctionNodes += function.node_size();
  if (numFunctionNodes > kMaxFunctionNodes) {
    node.error() << "functions expand to more than " << kMaxFunctionNodes
                 << " nodes";
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
    if (const proto::AttributeProto *given = node.find(attribute.name()))
      inner.attributes[attribute.name()] = given;
  Entered entered(scope, &inner);
  callStack.push_back(&function);
  ++depth;
  LogicalResult result = importNodes(function.node());
  --depth;
  callStack.pop_back();
  if (succeeded(result))
    return passOutputs(function, node);
  mlir::emitRemark(node.loc) << "in a call of the function '" << function.name()
                             << "' by '" << node.name() << "'";
  return failure();
}

/// What the body computed becomes what the call gives.
LogicalResult Importer::passOutputs(const proto::FunctionProto &function,
                                    Node &node) {
  for (int i = 0; i < node.proto.output_size(); ++i) {
    if (!node.wants(i))
      continue;
    std::optional<OnnxValue> value = lookUp(function.output(i));
    if (!value || !*value) {
      node.error() << "the function gives '" << function.output(i)
                   << "', which nothing computes";
      return failure();
    }
    node.set(i, value->value, value->logical);
  }
  return success();
}
