//===- Graph.cpp ------------------------------------------------------------===//
//
// See Graph.h. Layers by longest path, invisible items where an edge passes a
// layer, order within a layer by the mean of the predecessors (Sugiyama's method).
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/report/Graph.h"

#include "runtime/base/Text.h"
#include "tools/lazuli/report/Html.h"

#include <algorithm>
#include <map>

using namespace lz;
using namespace lz::cli;

std::vector<GraphNode> cli::readGraph(const Json &graph, size_t maxNodes) {
  std::vector<GraphNode> nodes;
  if (!graph.is_object() || !graph.contains("nodes") || !graph["nodes"].is_array())
    return nodes;
  std::map<std::string, size_t> positions; // ids may be numbers or text
  for (const Json &item : graph["nodes"]) {
    if (!item.is_object() || nodes.size() == maxNodes)
      continue;
    auto text = [&](const char *key) {
      return item.contains(key) && item[key].is_string() ? item[key].get<std::string>() : "";
    };
    GraphNode node{text("name"), text("op"), text("type"), text("location"), {}};
    if (item.contains("inputs") && item["inputs"].is_array())
      for (const Json &id : item["inputs"])
        if (auto found = positions.find(id.dump()); found != positions.end())
          node.inputs.push_back(found->second);
    if (item.contains("id"))
      positions[item["id"].dump()] = nodes.size();
    nodes.push_back(std::move(node));
  }
  return nodes;
}

namespace {

constexpr double boxWidth = 236, boxHeight = 42, gapX = 18, gapY = 20, passWidth = 10, margin = 4;

/// A box, or a place where an edge passes a layer.
struct Item {
  int64_t node = -1;
  double x = 0, order = 0; ///< x of the middle
  std::vector<size_t> above; ///< items of the layer above that lead here
  double getWidth() const { return node >= 0 ? boxWidth : passWidth; }
};

class Drawing {
public:
  explicit Drawing(const std::vector<GraphNode> &nodes) : nodes(nodes) {}

  std::string draw(const std::string &title) {
    assignLayers();
    order();
    place();
    std::string edges, boxes;
    for (size_t layer = 0; layer < layers.size(); ++layer)
      for (const Item &item : layers[layer]) {
        for (size_t above : item.above)
          edges += drawEdge(layers[layer - 1][above], item, layer);
        if (item.node >= 0)
          boxes += drawBox(nodes[static_cast<size_t>(item.node)], item.x, getTop(layer));
      }
    double height = getTop(layers.size()) - gapY + margin;
    return rt::concat("<svg role=\"img\" aria-label=\"", escapeHtml(title), "\" viewBox=\"0 0 ",
                      number(width), " ", number(height), "\" style=\"width:100%;max-width:",
                      number(width), "px\">", edges, boxes, "</svg>");
  }

private:
  static std::string number(double value) {
    std::string text = std::to_string(value);
    return text.substr(0, text.find('.') + 2);
  }
  static double getTop(size_t layer) {
    return margin + static_cast<double>(layer) * (boxHeight + gapY);
  }

  void assignLayers() {
    std::vector<size_t> layerOf(nodes.size(), 0);
    for (size_t i = 0; i < nodes.size(); ++i)
      for (size_t input : nodes[i].inputs)
        layerOf[i] = std::max(layerOf[i], layerOf[input] + 1);
    layers.resize(nodes.empty() ? 0 : *std::max_element(layerOf.begin(), layerOf.end()) + 1);
    // chains[i]: where node i, or the edge from it, stands in each layer so far.
    std::vector<std::vector<size_t>> chains(nodes.size());
    std::vector<size_t> lastUse = layerOf;
    for (size_t i = 0; i < nodes.size(); ++i)
      for (size_t input : nodes[i].inputs)
        lastUse[input] = std::max(lastUse[input], layerOf[i]);
    for (size_t i = 0; i < nodes.size(); ++i)
      addNode(i, layerOf[i], lastUse[i], layerOf, chains);
  }

  /// Adds node `i` and the places through which its edges pass on the way down.
  void addNode(size_t i, size_t layer, size_t last, const std::vector<size_t> &layerOf,
               std::vector<std::vector<size_t>> &chains) {
    Item box;
    box.node = static_cast<int64_t>(i);
    for (size_t input : nodes[i].inputs) {
      size_t above = chains[input][layer - 1 - layerOf[input]];
      if (!std::count(box.above.begin(), box.above.end(), above))
        box.above.push_back(above);
    }
    layers[layer].push_back(box);
    chains[i].push_back(layers[layer].size() - 1);
    for (size_t below = layer + 1; below < last; ++below) {
      Item pass;
      pass.above = {chains[i].back()};
      layers[below].push_back(pass);
      chains[i].push_back(layers[below].size() - 1);
    }
  }

  void order() {
    for (size_t layer = 1; layer < layers.size(); ++layer) {
      for (Item &item : layers[layer]) {
        item.order = 0;
        for (size_t above : item.above)
          item.order += layers[layer - 1][above].order / static_cast<double>(item.above.size());
      }
      sortLayer(layer);
    }
  }

  /// Sorts by order, keeps `above` of the next layer right, spreads the orders.
  void sortLayer(size_t layer) {
    std::vector<size_t> from(layers[layer].size());
    for (size_t i = 0; i < from.size(); ++i)
      from[i] = i;
    std::stable_sort(from.begin(), from.end(), [&](size_t a, size_t b) {
      return layers[layer][a].order < layers[layer][b].order;
    });
    std::vector<size_t> to(from.size());
    std::vector<Item> sorted;
    double middle = static_cast<double>(from.size() - 1) / 2;
    for (size_t i = 0; i < from.size(); ++i) {
      to[from[i]] = i;
      sorted.push_back(layers[layer][from[i]]);
      sorted.back().order = static_cast<double>(i) - middle;
    }
    layers[layer] = std::move(sorted);
    if (layer + 1 < layers.size())
      for (Item &item : layers[layer + 1])
        for (size_t &above : item.above)
          above = to[above];
  }

  void place() {
    for (const std::vector<Item> &layer : layers) {
      double total = 2 * margin - gapX;
      for (const Item &item : layer)
        total += item.getWidth() + gapX;
      width = std::max(width, total);
    }
    for (std::vector<Item> &layer : layers) {
      double total = -gapX;
      for (const Item &item : layer)
        total += item.getWidth() + gapX;
      double x = (width - total) / 2;
      for (Item &item : layer) {
        item.x = x + item.getWidth() / 2;
        x += item.getWidth() + gapX;
      }
    }
  }

  static std::string drawEdge(const Item &from, const Item &to, size_t layer) {
    double y0 = getTop(layer - 1) + boxHeight, y1 = getTop(layer), half = gapY / 2;
    std::string path = rt::concat("M", number(from.x), " ", number(y0), "C", number(from.x), " ",
                                  number(y0 + half), " ", number(to.x), " ", number(y1 - half), " ",
                                  number(to.x), " ", number(y1));
    if (to.node < 0)
      path += rt::concat("V", number(y1 + boxHeight));
    return rt::concat("<path class=\"edge\" d=\"", path, "\"/>");
  }

  static std::string drawBox(const GraphNode &node, double x, double y) {
    bool isPort = node.op == "input" || node.op == "output";
    std::string name = node.name == node.op ? "" : shorten(node.name, 18);
    std::string out = rt::concat("<g class=\"node", isPort ? " port" : "", "\">");
    if (!node.location.empty() || !node.type.empty())
      out += rt::concat("<title>", escapeHtml(node.op + " " + node.name + "\n" + node.type + "\n" +
                                              node.location),
                        "</title>");
    out += rt::concat("<rect x=\"", number(x - boxWidth / 2), "\" y=\"", number(y), "\" width=\"",
                      number(boxWidth), "\" height=\"", number(boxHeight), "\" rx=\"6\"/>");
    std::string left = number(x - boxWidth / 2 + 11), right = number(x + boxWidth / 2 - 11);
    out += rt::concat("<text class=\"op\" x=\"", left, "\" y=\"", number(y + 17), "\">",
                      escapeHtml(shorten(node.op, 22)), "</text>");
    if (!name.empty())
      out += rt::concat("<text class=\"name\" text-anchor=\"end\" x=\"", right, "\" y=\"",
                        number(y + 17), "\">", escapeHtml(name), "</text>");
    if (!node.type.empty())
      out += rt::concat("<text class=\"type\" x=\"", left, "\" y=\"", number(y + 33), "\">",
                        markOpenDims(shortenType(node.type), "tspan"), "</text>");
    return out + "</g>";
  }

  /// A type that fits into a box; the bracket is kept, for the marks.
  static std::string shortenType(const std::string &type) {
    constexpr size_t maxWidth = 33;
    if (type.size() <= maxWidth)
      return type;
    return shorten(type, maxWidth - 1) + "]";
  }

  const std::vector<GraphNode> &nodes;
  std::vector<std::vector<Item>> layers;
  double width = 0;
};

} // namespace

std::string cli::drawGraph(const std::vector<GraphNode> &nodes, const std::string &title) {
  return nodes.empty() ? "" : Drawing(nodes).draw(title);
}
