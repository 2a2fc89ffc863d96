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

/// The string under `key`, or "".
static std::string getText(const Json &item, const char *key) {
  bool isText = item.is_object() && item.contains(key) && item[key].is_string();
  return isText ? item[key].get<std::string>() : "";
}

static void removeAll(std::string &text, const std::string &part) {
  for (size_t at = 0; !part.empty() && (at = text.find(part, at)) != std::string::npos;)
    text.erase(at, part.size());
}

/// "weight [3, in_features]" of "fc.weight: f32[3, fc.in_features]" in module "fc".
static std::string describeParameter(const Json &item, const std::string &module) {
  if (!item.contains("parameters") || !item["parameters"].is_array() || item["parameters"].empty())
    return "";
  const Json &first = item["parameters"].front();
  std::string name = getText(first, "name"), type = getText(first, "type");
  size_t bracket = type.find('[');
  std::string text = name + " " + (bracket == std::string::npos ? type : type.substr(bracket));
  removeAll(text, module.empty() ? "" : module + ".");
  return text;
}

std::vector<GraphNode> cli::readGraph(const Json &graph, size_t maxNodes) {
  std::vector<GraphNode> nodes;
  if (!graph.is_object() || !graph.contains("nodes") || !graph["nodes"].is_array())
    return nodes;
  std::map<std::string, size_t> positions; // ids may be numbers or text
  for (const Json &item : graph["nodes"]) {
    if (!item.is_object() || nodes.size() == maxNodes)
      continue;
    GraphNode node{getText(item, "name"), getText(item, "op"), getText(item, "type"),
                   getText(item, "location"), describeParameter(item, getText(item, "name")), {}};
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

constexpr double boxWidth = 250, lineHeight = 15, gapX = 18, gapY = 20, passWidth = 10, margin = 4;

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
          boxes += drawBox(nodes[static_cast<size_t>(item.node)], item.x, tops[layer]);
      }
    double height = tops.back() - gapY + margin;
    return rt::concat("<svg role=\"img\" aria-label=\"", escapeHtml(title), "\" viewBox=\"0 0 ",
                      number(width), " ", number(height), "\" style=\"width:100%;max-width:",
                      number(width), "px\">", edges, boxes, "</svg>");
  }

private:
  static std::string number(double value) {
    std::string text = std::to_string(value);
    return text.substr(0, text.find('.') + 2);
  }
  static double getHeight(const GraphNode &node) {
    return 27 + lineHeight * (node.parameter.empty() ? 1 : 2);
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
    tops = {margin};
    for (const std::vector<Item> &layer : layers) {
      double height = 0;
      for (const Item &item : layer)
        if (item.node >= 0)
          height = std::max(height, getHeight(nodes[static_cast<size_t>(item.node)]));
      tops.push_back(tops.back() + height + gapY);
    }
  }

  std::string drawEdge(const Item &from, const Item &to, size_t layer) const {
    double y0 = tops[layer] - gapY, y1 = tops[layer], half = gapY / 2;
    if (from.node >= 0)
      y0 = tops[layer - 1] + getHeight(nodes[static_cast<size_t>(from.node)]);
    std::string path = rt::concat("M", number(from.x), " ", number(y0), "C", number(from.x), " ",
                                  number(y0 + half), " ", number(to.x), " ", number(y1 - half), " ",
                                  number(to.x), " ", number(y1));
    if (to.node < 0)
      path += rt::concat("V", number(tops[layer + 1] - gapY));
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
                      number(boxWidth), "\" height=\"", number(getHeight(node)),
                      "\" rx=\"6\"/>");
    std::string left = number(x - boxWidth / 2 + 11), right = number(x + boxWidth / 2 - 11);
    out += rt::concat("<text class=\"op\" x=\"", left, "\" y=\"", number(y + 17), "\">",
                      escapeHtml(shorten(node.op, 22)), "</text>");
    if (!name.empty())
      out += rt::concat("<text class=\"name\" text-anchor=\"end\" x=\"", right, "\" y=\"",
                        number(y + 17), "\">", escapeHtml(name), "</text>");
    double line = y + 18;
    for (const std::string *type : {&node.parameter, &node.type})
      if (!type->empty())
        out += rt::concat("<text class=\"type\" x=\"", left, "\" y=\"",
                          number(line += lineHeight), "\">",
                          markOpenDims(shortenType(*type), "tspan"), "</text>");
    return out + "</g>";
  }

  /// A type that fits into a box; the bracket is kept, for the marks.
  static std::string shortenType(const std::string &type) {
    constexpr size_t maxWidth = 34;
    if (type.size() <= maxWidth)
      return type;
    return shorten(type, maxWidth - 1) + "]";
  }

  const std::vector<GraphNode> &nodes;
  std::vector<std::vector<Item>> layers;
  std::vector<double> tops; ///< of the layers, and one more for the end
  double width = 0;
};

} // namespace

std::string cli::drawGraph(const std::vector<GraphNode> &nodes, const std::string &title) {
  return nodes.empty() ? "" : Drawing(nodes).draw(title);
}
