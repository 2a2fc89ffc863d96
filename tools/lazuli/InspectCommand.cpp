//===- InspectCommand.cpp - lazuli inspect ------------------------------------===//
//
// Shows what an artifact holds, as text or JSON. Works on unresolved artifacts
// and on ones for another CPU: nothing is loaded or run.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"

#include "runtime/format/Check.h"
#include "tools/lazuli/Failure.h"
#include "tools/lazuli/model/Artifact.h"
#include "tools/lazuli/model/Describe.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

using namespace lz;
using namespace lz::cli;

namespace {
struct InspectCommand {
  std::string path;
  std::vector<std::string> dims;
  bool isJson = false, showGraph = false, showMemory = false;

  void run() const;
  void printAll(const Json &all) const;
  void printInstructions(const Json &entry) const;
  void printMemory(const Json &memory) const;
};
} // namespace

static void addPorts(Table &table, const Json &ports, const char *what) {
  for (const Json &port : ports)
    table.add({what, port["name"], port["type"]});
}

/// "1 to 64, multiple of 8".
static std::string formatRange(const Json &symbol) {
  std::string text = rt::concat(symbol["min"].get<int64_t>(), " to ");
  text += symbol["max"].is_null() ? "any" : symbol["max"].dump();
  if (symbol["divisor"] != 1)
    text += ", multiple of " + symbol["divisor"].dump();
  return text;
}

static void printSymbols(const Json &symbols, const Json &solved) {
  if (!symbols.empty()) {
    print("symbols\n");
    Table table("lll");
    for (const Json &symbol : symbols)
      table.add({symbol["name"], symbol["kind"],
                 symbol["kind"] == "lazy" ? "" : formatRange(symbol)});
    print(table.format("  "));
  }
  if (!solved.empty()) {
    print("materialized\n");
    Table table("llrl");
    for (const Json &symbol : solved)
      table.add({symbol.value("module", ""), symbol.value("field", ""),
                 "= " + symbol.value("value", ""),
                 symbol.value("origin", "").empty() ? "" : "from " + symbol.value("origin", "")});
    print(table.format("  "));
  }
}

/// Of one execution; empty if it is none or not known.
static std::string formatCost(const Json &instruction, const char *key,
                              std::string (*format)(uint64_t)) {
  auto cost = instruction.value(key, uint64_t(0));
  return cost ? format(cost) : "";
}

void InspectCommand::printInstructions(const Json &entry) const {
  Table table("rlllrrl");
  size_t number = 0;
  for (const Json &instruction : entry["instructions"]) {
    table.add({std::to_string(number++), instruction["name"], instruction["backend"],
               instruction["what"], formatCost(instruction, "flops", formatFlops),
               formatCost(instruction, "bytes", formatBytes), instruction["why"]});
    if (!showGraph)
      continue;
    for (const char *side : {"inputs", "outputs"})
      for (const Json &operand : instruction[side])
        table.add({"", rt::concat(side[0] == 'i' ? "  <- " : "  -> ",
                                  operand["name"].get<std::string>()),
                   operand["storage"], operand["type"], "", "", ""});
  }
  if (entry["instructions"].empty())
    return;
  print("  " + formatQuantity(entry["instructions"].size(), "instruction") + "\n");
  print(table.format("    "));
}

void InspectCommand::printMemory(const Json &memory) const {
  constexpr size_t width = 48;
  size_t count = std::max<size_t>(memory["instructions"].get<size_t>(), 1);
  print(rt::concat("memory of temporaries: ", formatBytes(memory["arena_bytes"]), " (",
                   formatBytes(memory["peak_bytes"]), " alive at once)\n"));
  Table table("lrrl");
  table.add({"value", "bytes", "offset", "alive while instructions run"});
  for (const Json &item : memory["temporaries"]) {
    size_t first = item["first"].get<size_t>() * width / (count + 1);
    size_t last = (item["last"].get<size_t>() + 1) * width / (count + 1);
    std::string bar(first, '.');
    bar.append(std::max<size_t>(last - first, 1), '#');
    bar.append(width > bar.size() ? width - bar.size() : 0, '.');
    table.add({item["name"], formatCount(item["bytes"]), formatCount(item["offset"]), bar});
  }
  print(table.format("  "));
}

/// A number as people write it: "0" of "0.000000e+00", "2.236" of "2.2360679774997898".
static std::string shortenNumber(const std::string &text) {
  char *end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end)
    return text;
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), "%.4g", value);
  return buffer;
}

/// "kaiming_uniform(2.236)" of "#lz.kaiming_uniform<2.2360679774997898>".
static std::string shortenInit(const std::string &init) {
  size_t begin = init.rfind("#lz.", 0) == 0 ? 4 : 0, open = init.find('<');
  if (open == std::string::npos || init.back() != '>')
    return init.substr(begin);
  std::string text = init.substr(begin, open - begin) + "(", word;
  for (char c : init.substr(open + 1, init.size() - open - 2)) {
    if (c != ',' && c != ' ' && c != '=') {
      word += c;
      continue;
    }
    text += shortenNumber(word) + c;
    word.clear();
  }
  return text + shortenNumber(word) + ")";
}

/// How a module was traced, if that is known.
static void printMode(const Json &metadata) {
  std::string mode = metadata.value("mode", ""), effects = metadata.value("train_effects", "");
  if (!mode.empty())
    print(rt::concat("traced in ", mode, " mode", effects.empty() ? "" : ": ", effects, "\n"));
}

void InspectCommand::printAll(const Json &all) const {
  print(rt::concat(path, ": ",
                   all["compiled"].get<bool>() ? "compiled artifact" : "unresolved artifact", ", ",
                   formatBytes(all["bytes"]), ", by ", all["producer"].get<std::string>(), "\n"));
  printMode(all["metadata"]);
  printSymbols(all["symbols"], all["materialized"]);
  for (const Json &entry : all["entries"]) {
    print(rt::concat("entry ", entry["name"].get<std::string>(), "\n"));
    Table ports("lll");
    addPorts(ports, entry["inputs"], "input");
    addPorts(ports, entry["outputs"], "output");
    print(ports.format("  "));
    printInstructions(entry);
  }
  if (!all["parameters"].empty()) {
    print("parameters\n");
    Table table("lll");
    for (const Json &parameter : all["parameters"])
      table.add({parameter.value("name", ""), parameter.value("type", ""),
                 shortenInit(parameter.value("init", ""))});
    print(table.format("  "));
  }
  print(rt::concat("constants: ", all["constants"]["count"].get<size_t>(), ", ",
                   formatBytes(all["constants"]["bytes"]), "; states: ", all["states"].size(),
                   "\n"));
  Table states("lll");
  addPorts(states, all["states"], "state");
  print(states.format("  "));
  for (const Json &target : all["targets"])
    print(rt::concat("target ", target["cpu"].get<std::string>(), ": ",
                     formatQuantity(target["kernels"].get<size_t>(), "kernel"), ", needs ",
                     target["features"].get<std::string>(), "\n"));
  Table table("lllr");
  for (const Json &segment : all["segments"])
    table.add({"segment", segment["name"], segment["kind"], formatBytes(segment["bytes"])});
  for (auto &[key, value] : all["metadata"].items())
    table.add({"metadata", key, "", formatBytes(value.get<std::string>().size())});
  print(table.format());
  if (!all["memory"].is_null())
    printMemory(all["memory"]);
}

void InspectCommand::run() const {
  Artifact artifact(path);
  DescribeOptions options;
  options.bindings = parseDimBindings(dims);
  options.withMemory = showMemory && !artifact.isUnresolved();
  Json all = describeArtifact(artifact, options);
  if (isJson)
    printJson(all);
  else
    printAll(all);
}

void cli::addInspectCommand(CLI::App &app) {
  auto command = std::make_shared<InspectCommand>();
  CLI::App *sub = app.add_subcommand("inspect", "show what an artifact holds");
  sub->add_option("MODEL", command->path, "an artifact (.lzm), compiled or not")->required();
  sub->add_flag("--graph", command->showGraph, "show what each instruction reads and writes");
  sub->add_flag("--memory", command->showMemory, "show the lifetimes of temporaries");
  sub->add_option("--dim", command->dims, "a free dimension for sizes and costs, as in batch=32")
      ->type_name("NAME=SIZE")
      ->allow_extra_args(false);
  addJsonFlag(*sub, command->isJson);
  sub->footer("examples:\n"
              "  lazuli inspect net.x.lzm --graph\n"
              "  lazuli inspect net.x.lzm --memory --dim batch=32\n"
              "  lazuli inspect net.lzm --json | jq .symbols");
  sub->callback([command] { command->run(); });
}
