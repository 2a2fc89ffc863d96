//===- Graph.h - A model's graph as a drawing -------------------------------===//
//
// Layered, from the inputs at the top to the outputs at the bottom, as inline SVG.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_REPORT_GRAPH_H
#define LAZULI_TOOLS_LAZULI_REPORT_GRAPH_H

#include "tools/lazuli/io/Json.h"

#include <string>
#include <vector>

namespace lz::cli {

struct GraphNode {
  std::string name, op, type, location;
  std::string parameter;      ///< its first one: "weight [3, in_features]"; or ""
  std::vector<size_t> inputs; ///< positions of earlier nodes
};

/// Reads {"nodes": [{"id", "name", "op", "inputs", "type", "location",
/// "parameters": [{"name", "type"}]}]}; what is not as expected is left out. Nodes beyond `maxNodes` are dropped.
std::vector<GraphNode> readGraph(const Json &graph, size_t maxNodes);

/// An <svg> element; "" for no nodes. Open dimensions are marked.
std::string drawGraph(const std::vector<GraphNode> &nodes, const std::string &title);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_REPORT_GRAPH_H
