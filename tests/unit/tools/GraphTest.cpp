//===- GraphTest.cpp - The drawing of a graph -------------------------------===//
//
// Every node and edge is there once; foreign data is left out; text is escaped.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/report/Graph.h"
#include "tools/lazuli/report/Html.h"

#include <gtest/gtest.h>

using namespace lz;
using namespace lz::cli;

static size_t countText(const std::string &text, const std::string &part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++count;
  return count;
}

TEST(GraphTest, DrawsSkipConnections) {
  Json graph = Json::parse(R"({"nodes": [
    {"id": 0, "name": "x", "op": "input", "inputs": [], "type": "f32[...]"},
    {"id": 1, "name": "fc1", "op": "linear", "inputs": [0], "type": "f32[n, 8]"},
    {"id": 2, "name": "fc2", "op": "linear", "inputs": [1], "type": "f32[n, 8]"},
    {"id": 3, "name": "", "op": "add", "inputs": [2, 0, 99], "type": "f32[n, 8]"}]})");
  std::vector<GraphNode> nodes = readGraph(graph, 100);
  ASSERT_EQ(nodes.size(), 4u);
  EXPECT_EQ(nodes[3].inputs, (std::vector<size_t>{2, 0}));
  std::string svg = drawGraph(nodes, "a & b");
  EXPECT_EQ(countText(svg, "<rect"), 4u);
  // Three edges, of which the one around two layers has two more pieces.
  EXPECT_EQ(countText(svg, "class=\"edge\""), 6u);
  EXPECT_NE(svg.find("a &amp; b"), std::string::npos);
  EXPECT_NE(svg.find("<tspan class=\"open\">n</tspan>"), std::string::npos);
}

TEST(GraphTest, ToleratesAnything) {
  EXPECT_TRUE(readGraph(Json(), 10).empty());
  EXPECT_TRUE(readGraph(Json::parse(R"({"nodes": 3})"), 10).empty());
  EXPECT_EQ(readGraph(Json::parse(R"({"nodes": [1, {"id": "a", "inputs": ["a", 7]}]})"), 10).size(),
            1u);
  EXPECT_EQ(drawGraph({}, ""), "");
}

TEST(HtmlTest, Base64) {
  EXPECT_EQ(encodeBase64(""), "");
  EXPECT_EQ(encodeBase64("f"), "Zg==");
  EXPECT_EQ(encodeBase64("fo"), "Zm8=");
  EXPECT_EQ(encodeBase64("foo"), "Zm9v");
  EXPECT_EQ(encodeBase64("foobar"), "Zm9vYmFy");
}

TEST(HtmlTest, MarksOpenDimensions) {
  EXPECT_EQ(markOpenDims("f32[2, a<b, ...]", "span"),
            "f32[2, <span class=\"open\">a&lt;b</span>, <span class=\"open\">…</span>]");
  EXPECT_EQ(markOpenDims("f32[]", "span"), "f32[]");
  EXPECT_EQ(markOpenDims("f32", "span"), "f32");
}

TEST(HtmlTest, ShortensByCharacters) {
  EXPECT_EQ(shorten("µµµ", 3), "µµµ");
  EXPECT_EQ(shorten("µµµµ", 3), "µµ…");
}
