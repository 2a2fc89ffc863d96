//===- Report.cpp -----------------------------------------------------------===//
//
// See Report.h. Each section is one function; one that has nothing to show
// gives "".
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/report/Report.h"

#include "runtime/base/Text.h"
#include "tools/lazuli/Format.h"
#include "tools/lazuli/io/File.h"
#include "tools/lazuli/model/Describe.h"
#include "tools/lazuli/report/Graph.h"
#include "tools/lazuli/report/Html.h"
#include "tools/lazuli/report/Pictures.h"

#include <algorithm>
#include <filesystem>

using namespace lz;
using namespace lz::cli;

namespace {

class ReportPage {
public:
  ReportPage(const Artifact &artifact, const ReportRun &run)
      : artifact(artifact), run(run), data(getReportData(artifact)),
        description(describeArtifact(artifact, {})) {
    before = readGraph(data.value("before", Json()), maxNodes);
    after = readGraph(data.value("after", Json()), maxNodes);
  }

  std::string make() {
    std::string name = getModelName();
    return rt::concat("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                      "<meta name=\"color-scheme\" content=\"light dark\"><title>",
                      escapeHtml(name), " · Lazuli</title><style>", styleSheet,
                      "</style></head><body><main>", makeHeader(name), makeTiles(), makeSymbols(),
                      makeGraphs(), makeShapes(), makeOperations(),
                      run.classes ? makePredictionSection(*run.classes, run.images) : "",
                      makeFooter(), "</main>", makeData(), "</body></html>\n");
  }

private:
  static constexpr size_t maxNodes = 600;

  std::string getModelName() const {
    std::string name = run.title.empty() ? data.value("model", "") : run.title;
    return name.empty() ? std::filesystem::path(artifact.getPath()).stem().string() : name;
  }

  std::string makeHeader(const std::string &name) const {
    std::string line;
    for (const Json &entry : description["entries"]) {
      for (const Json &port : entry["inputs"])
        line += formatPort(port) + " ";
      line += "→ ";
      for (const Json &port : entry["outputs"])
        line += formatPort(port) + " ";
      break;
    }
    return rt::concat("<header><h1>", escapeHtml(name), "</h1><div class=\"soft\">", line,
                      "</div></header>");
  }

  static std::string formatPort(const Json &port) {
    return rt::concat("<span class=\"mono\">", escapeHtml(port.value("name", "")), ": ",
                      markOpenDims(port.value("type", ""), "span"), "</span>");
  }

  std::string makeTiles() const {
    std::string out;
    auto tile = [&](const std::string &value, const std::string &label) {
      out += rt::concat("<div class=\"tile\"><b>", escapeHtml(value), "</b><span>",
                        escapeHtml(label), "</span></div>");
    };
    if (run.classes && !run.classes->truth.empty())
      tile(formatNumber(100 * run.classes->getAccuracy(), 2) + " %",
           rt::concat("accuracy on ", run.classes->truth.size(), " images"));
    if (run.medianSeconds > 0) {
      std::string rows = run.rowsPerRun > 1 ? rt::concat(", ", run.rowsPerRun, " rows") : "";
      tile(formatSeconds(run.medianSeconds),
           rt::concat("median run", rows, ", ",
                      formatQuantity(static_cast<uint64_t>(run.threads), "thread")));
      auto rowsPerRun = static_cast<double>(std::max<int64_t>(run.rowsPerRun, 1));
      tile(formatCount(static_cast<uint64_t>(rowsPerRun / run.medianSeconds)), "rows per second");
    }
    if (!getSymbols().empty())
      tile(std::to_string(getSymbols().size()), "sizes inferred");
    tile(std::to_string(countInstructions()), "instructions");
    tile(formatBytes(artifact.getFileBytes()), "artifact");
    return "<div class=\"tiles\">" + out + "</div>";
  }

  size_t countInstructions() const {
    size_t count = 0;
    for (const Json &entry : description["entries"])
      count += entry["instructions"].size();
    return count;
  }

  const Json &getSymbols() const { return description["materialized"]; }

  std::string makeSymbols() const {
    if (getSymbols().empty())
      return "";
    std::string rows;
    for (const Json &symbol : getSymbols())
      rows += rt::concat("<tr><td>", escapeHtml(symbol.value("module", "")),
                         "</td><td class=\"mono\">", escapeHtml(symbol.value("field", "")),
                         "</td><td class=\"value\">", escapeHtml(symbol.value("value", "")),
                         "</td><td>", escapeHtml(symbol.value("origin", "")), "</td></tr>");
    return rt::concat("<section id=\"symbols\"><h2>Sizes that were not given</h2><p class=\"note\">"
                      "What each lazy module inferred, and from what.</p><div class=\"scroll\">"
                      "<table><thead><tr><th>Module</th><th>Size</th><th class=\"num\">Value</th>"
                      "<th>Where it comes from</th></tr></thead><tbody>",
                      rows, "</tbody></table></div></section>");
  }

  std::string makeGraphs() const {
    if (before.empty() && after.empty())
      return "";
    auto figure = [](const std::vector<GraphNode> &nodes, const char *id, const char *title,
                     const char *text) {
      if (nodes.empty())
        return std::string();
      return rt::concat("<figure id=\"", id, "\"><figcaption><b>", title, "</b> ", text,
                        "</figcaption>", drawGraph(nodes, title), "</figure>");
    };
    return rt::concat("<section id=\"graph\"><h2>Graph</h2><p class=\"note\">The same model before "
                      "and after materialization. <span class=\"open\">These</span> sizes were "
                      "not known, <span class=\"after\"><span class=\"open\">these</span></span> "
                      "stay free until a run.</p><div class=\"graphs\">",
                      figure(before, "graph-before", "Before", "as it was traced"),
                      figure(after, "graph-after", "After", "as it was compiled"),
                      "</div></section>");
  }

  static std::string makeShape(const GraphNode &before, const GraphNode &after, bool hasSource) {
    return rt::concat("<tr><td>", escapeHtml(after.name), "</td><td>", escapeHtml(after.op),
                      "</td><td class=\"mono shape", before.type == after.type ? " same" : "", "\">",
                      markOpenDims(before.type, "span"), "</td><td class=\"mono shape after\">",
                      markOpenDims(after.type, "span"), "</td>",
                      hasSource ? "<td class=\"soft\">" + escapeHtml(after.location) + "</td>" : "",
                      "</tr>");
  }

  /// Node by node, as long as the two graphs have the same operations.
  std::string makeShapes() const {
    if (before.empty() || before.size() != after.size())
      return "";
    std::string rows;
    bool hasSource = std::any_of(after.begin(), after.end(),
                                 [](const GraphNode &node) { return !node.location.empty(); });
    for (size_t i = 0; i < before.size(); ++i) {
      if (before[i].op != after[i].op)
        return "";
      if (after[i].type.empty())
        continue;
      rows += makeShape(before[i], after[i], hasSource);
    }
    return rt::concat("<section id=\"shapes\"><h2>Shapes</h2><p class=\"note\">The result of each "
                      "operation.</p><div class=\"scroll\"><table><thead><tr><th>Module</th>"
                      "<th>Operation</th><th>Before</th><th>After</th>",
                      hasSource ? "<th>Source</th>" : "", "</tr></thead><tbody>", rows,
                      "</tbody></table></div></section>");
  }

  std::string makeOperations() const {
    if (countInstructions() == 0)
      return "";
    bool isTimed = run.profile && !run.profile->ops.empty();
    std::string rows;
    size_t number = 0;
    for (const Json &entry : description["entries"])
      for (const Json &instruction : entry["instructions"])
        rows += makeOperation(instruction, number++, isTimed);
    std::string head =
        isTimed ? "<th class=\"num\">Time</th><th></th><th class=\"num\">Share</th>" : "";
    if (hasFlops())
      head += "<th class=\"num\">GFLOP/s</th>";
    std::string note =
        isTimed ? rt::concat("Times are means of ", run.profile->numRuns, " runs; together ",
                             formatSeconds(run.profile->getTotalUs() * 1e-6), ".")
                : std::string("What the compiler made of the graph.");
    return rt::concat("<section id=\"operations\"><h2>Operations</h2><p class=\"note\">", note,
                      "</p><div class=\"scroll\"><table><thead><tr><th>Operation</th>"
                      "<th>Runs on</th><th>Result</th>",
                      head, "</tr></thead><tbody>", rows, "</tbody></table></div></section>");
  }

  bool hasFlops() const {
    return run.profile && std::any_of(run.profile->ops.begin(), run.profile->ops.end(),
                                      [](const OpTime &op) { return op.getGflops() > 0; });
  }

  /// The operation of the graph that gave an instruction its name.
  std::string findOp(const std::string &name) const {
    for (const GraphNode &node : after)
      if (!name.empty() && node.name == name)
        return node.op;
    return "";
  }

  /// The time of instruction `number`: the same one of the profile if no branch
  /// changed their count, else the one of its name.
  const OpTime *findTime(const Json &instruction, size_t number) const {
    const std::vector<OpTime> &ops = run.profile->ops;
    if (ops.size() == countInstructions())
      return &ops[number];
    for (const OpTime &op : ops)
      if (op.name == instruction.value("name", ""))
        return &op;
    return nullptr;
  }

  std::string makeOperation(const Json &instruction, size_t number, bool isTimed) const {
    std::string results;
    for (const Json &output : instruction["outputs"])
      results += (results.empty() ? "" : "<br>") + markOpenDims(output.value("type", ""), "span");
    std::string name = instruction.value("name", ""), what = instruction.value("what", "");
    std::string out = rt::concat(
        "<tr><td>", escapeHtml(name.empty() ? what : name), "<small>", escapeHtml(findOp(name)),
        "</small></td><td>",
        escapeHtml(instruction.value("backend", "")), " · ", escapeHtml(what), "<small>",
        escapeHtml(instruction.value("why", "")), "</small></td><td class=\"mono shape after\">",
        results, "</td>");
    if (isTimed)
      out += makeTimeCells(findTime(instruction, number));
    return out + "</tr>";
  }

  std::string makeTimeCells(const OpTime *time) const {
    if (!time)
      return hasFlops() ? "<td></td><td></td><td></td><td></td>" : "<td></td><td></td><td></td>";
    double total = run.profile->getTotalUs(), most = 0;
    for (const OpTime &op : run.profile->ops)
      most = std::max(most, op.getMeanUs());
    double share = total > 0 ? 100 * time->getMeanUs() / total : 0;
    double width = most > 0 ? 100 * time->getMeanUs() / most : 0;
    return rt::concat("<td class=\"num\">", formatSeconds(time->getMeanUs() * 1e-6),
                      "</td><td class=\"bar\"><i style=\"width:", formatNumber(width, 1),
                      "%\"></i></td><td class=\"num\">", formatNumber(share, 1), " %</td>",
                      hasFlops() ? "<td class=\"num\">" + formatGflops(*time) + "</td>" : "");
  }

  static std::string formatGflops(const OpTime &time) {
    return time.getGflops() > 0 ? formatNumber(time.getGflops(), 1) : "";
  }

  std::string makeFooter() const {
    std::string targets;
    for (const Json &target : description["targets"])
      targets += ", code for " + target.value("cpu", "");
    std::string file = std::filesystem::path(artifact.getPath()).filename();
    return rt::concat("<footer>", escapeHtml(file), ", written by ", escapeHtml(description.value("producer", "")),
                      escapeHtml(targets), ".</footer>");
  }

  /// The same facts for programs.
  std::string makeData() const {
    Json facts = {{"model", getModelName()}, {"symbols", getSymbols()}};
    if (run.classes && !run.classes->truth.empty())
      facts["accuracy"] = run.classes->getAccuracy();
    if (run.medianSeconds > 0)
      facts["median_seconds"] = run.medianSeconds;
    if (run.profile)
      facts["operations"] = run.profile->toJson();
    std::string text = dumpJson(facts);
    for (size_t at = 0; (at = text.find("</", at)) != std::string::npos;)
      text.replace(at, 2, "<\\/");
    return "<script type=\"application/json\" id=\"lazuli-report\">" + text + "</script>";
  }

  const Artifact &artifact;
  const ReportRun &run;
  Json data, description;
  std::vector<GraphNode> before, after;
};

} // namespace

std::string cli::makeReport(const Artifact &artifact, const ReportRun &run) {
  return ReportPage(artifact, run).make();
}

void cli::writeReport(const std::string &path, const Artifact &artifact, const ReportRun &run) {
  writeFile(path, makeReport(artifact, run));
}
