//===- CompileCommand.cpp - lazuli compile ------------------------------------===//
//
// Options in, one call of the compiler, a summary out.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/model/Compiler.h"
#include "tools/lazuli/report/Report.h"

#include <filesystem>
#include <memory>

using namespace lz;
using namespace lz::cli;

namespace {
struct CompileCommand {
  CompileFlags flags;
  std::string report;
  bool isJson = false;

  void run();
  void printSummary(const CompileSummary &summary) const;
};
} // namespace

static Json toJson(const CompileOptions &options, const CompileSummary &summary) {
  auto ports = [](const std::vector<CompileSummary::Port> &list) {
    Json out = Json::array();
    for (const CompileSummary::Port &port : list)
      out.push_back({{"name", port.name}, {"type", port.type}});
    return out;
  };
  Json symbols = Json::array();
  for (const CompileSummary::Symbol &symbol : summary.symbols)
    symbols.push_back({{"name", symbol.name},
                       {"module", symbol.module},
                       {"field", symbol.field},
                       {"value", symbol.value},
                       {"origin", symbol.origin}});
  return {{"output", options.output},
          {"inputs", ports(summary.inputs)},
          {"outputs", ports(summary.outputs)},
          {"symbols", symbols},
          {"parameters", summary.numParameters},
          {"parameter_bytes", summary.parameterBytes},
          {"instructions", summary.numInstructions},
          {"kernels", summary.numKernels},
          {"cached_kernels", summary.numCachedKernels},
          {"measured", summary.numMeasured},
          {"cached_times", summary.numCachedTimes},
          {"code_bytes", summary.codeBytes},
          {"artifact_bytes", summary.artifactBytes},
          {"seconds", summary.seconds}};
}

/// Dimensions that are free because the examples differ are called "x.0".
static void printUnnamed(const std::vector<CompileSummary::Port> &inputs) {
  for (const CompileSummary::Port &port : inputs)
    for (size_t at = port.type.find(port.name + "."); at != std::string::npos;
         at = port.type.find(port.name + ".", at + 1)) {
      size_t digits = at + port.name.size() + 1;
      size_t end = port.type.find_first_not_of("0123456789", digits);
      if (end > digits && end != std::string::npos)
        print(rt::concat("the examples differ in ", port.type.substr(at, end - at),
                         ", which stays free; --dynamic ", port.name, ':',
                         port.type.substr(digits, end - digits), "=NAME names it\n"));
    }
}

void CompileCommand::printSummary(const CompileSummary &summary) const {
  if (!summary.symbols.empty()) {
    print("materialized\n");
    Table table("llrl");
    for (const CompileSummary::Symbol &symbol : summary.symbols)
      table.add({symbol.module.empty() ? symbol.name : symbol.module, symbol.field,
                 "= " + symbol.value, symbol.origin.empty() ? "" : "from " + symbol.origin});
    print(table.format("  "));
  }
  Table ports("ll");
  for (const CompileSummary::Port &port : summary.inputs)
    ports.add({"input " + port.name, port.type});
  for (const CompileSummary::Port &port : summary.outputs)
    ports.add({"output " + port.name, port.type});
  print(ports.format());
  printUnnamed(summary.inputs);
  const CompileOptions &options = flags.options;
  print(rt::concat(formatQuantity(summary.numParameters, "parameter"), " (",
                   formatBytes(summary.parameterBytes), "), "));
  if (options.noNativeCode)
    print("no native code");
  else
    print(rt::concat(formatQuantity(summary.numInstructions, "instruction"), ", ",
                     formatQuantity(summary.numKernels, "generated kernel"), " (",
                     formatBytes(summary.codeBytes), " of code",
                     summary.numCachedKernels
                         ? rt::concat("; ", summary.numCachedKernels, " from the cache")
                         : "",
                     ")"));
  if (options.autotune)
    print(rt::concat(", ", formatQuantity(summary.numMeasured, "operation"), " measured",
                     summary.numCachedTimes
                         ? rt::concat(", the times of ", summary.numCachedTimes, " from the cache")
                         : ""));
  print(rt::concat("\nwrote ", options.output, " (", formatBytes(summary.artifactBytes), ") in ",
                   formatSeconds(summary.seconds), "\n"));
}

namespace {
/// Where an operation runs and why.
struct Explained {
  std::string operation, backend, what, why;
};
} // namespace

static std::vector<Explained> explain(const Artifact &artifact) {
  std::vector<Explained> found;
  for (uint32_t entry = 0; entry < rt::count(artifact.getProgram().entries()); ++entry)
    for (const InstructionView &view : listInstructions(artifact, entry))
      found.push_back({std::string(rt::view(view.instruction->name())), view.backend, view.what,
                       std::string(rt::view(view.instruction->why()))});
  return found;
}

static void printExplanation(const Artifact &artifact) {
  print("operations\n");
  Table table("llll");
  for (const Explained &one : explain(artifact))
    table.add({one.operation, one.backend, one.what, one.why});
  print(table.format("  "));
}

static Json explanationToJson(const Artifact &artifact) {
  Json out = Json::array();
  for (const Explained &one : explain(artifact))
    out.push_back({{"operation", one.operation},
                   {"backend", one.backend},
                   {"what", one.what},
                   {"why", one.why}});
  return out;
}

/// "x=@photo.png" becomes the type of what the file holds.
static void resolveExamples(std::vector<std::string> &examples) {
  for (std::string &example : examples)
    if (example.find("=@") != std::string::npos)
      example = toExample(parseInputSpec(example));
}

/// In the folder where the user is; never the name of the model itself.
static std::string getDefaultOutput(const std::string &input) {
  return std::filesystem::path(input).stem().string() + ".compiled.lzm";
}

/// What is read is never written over, however the paths spell it.
static void refuseToOverwrite(const std::string &output, const std::string &input) {
  std::error_code error;
  if (!input.empty() && std::filesystem::equivalent(output, input, error))
    failUsage(rt::quote(output), " is what is compiled, expected another file to write");
}

void CompileCommand::run() {
  CompileOptions &options = flags.options;
  if (options.output.empty())
    options.output = getDefaultOutput(options.input);
  refuseToOverwrite(options.output, options.input);
  refuseToOverwrite(options.output, options.weights);
  requireWritable(options.output);
  if (!report.empty())
    requireWritable(report);
  if (!options.dumpIr.empty())
    makeFolder(options.dumpIr);
  if (detectModelKind(options.input) == ModelKind::Compiled)
    fail(rt::quote(options.input), " is compiled already, expected an unresolved artifact or text "
                                   "of the lz dialect; 'lazuli inspect' shows what it holds");
  resolveExamples(options.examples);
  if (!isJson)
    options.progress = showProgress;
  CompileSummary summary = compile(options, isJson);
  if (!report.empty()) {
    ReportRun nothing;
    nothing.title = std::filesystem::path(options.output).stem();
    writeReport(report, Artifact(options.output), nothing);
  }
  bool isExplained = options.explain && !options.noNativeCode;
  if (isJson) {
    Json out = toJson(options, summary);
    if (isExplained)
      out["operations"] = explanationToJson(Artifact(options.output));
    return printJson(out);
  }
  printSummary(summary);
  if (isExplained)
    printExplanation(Artifact(options.output));
  if (!report.empty())
    print(rt::concat("wrote ", report, "\n"));
}

void cli::addCompileCommand(CLI::App &app) {
  auto command = std::make_shared<CompileCommand>();
  CompileOptions &options = command->flags.options;
  CLI::App *sub = app.add_subcommand("compile", "materialize a model and compile it ahead of time");
  sub->add_option("MODEL", options.input, "an ONNX file (.onnx), an unresolved artifact (.lzm) or lz text (.mlir)")
      ->required();
  sub->add_option("-o,--output", options.output,
                  "the artifact to write; by default MODEL.compiled.lzm in the current folder")
      ->type_name("FILE.lzm");
  command->flags.addTo(*sub);
  addSeedOption(*sub, options.seed, "of random weights");
  sub->add_option("-j,--threads", options.threads, "threads to compile with; 0: all CPUs")
      ->type_name("N")
      ->check(CLI::Range(0, 4096));
  sub->add_flag("--no-native-code", options.noNativeCode,
                "only materialize: the artifact stays portable");
  sub->add_flag("--explain", options.explain, "say for each operation where it runs and why");
  sub->add_flag("--time-passes", options.timePasses, "print the time of each pass");
  sub->add_option("--dump-ir", options.dumpIr, "write the module after every pass into a folder")
      ->type_name("DIR");
  sub->add_option("--report", command->report, "write a report with the graph and the shapes")
      ->type_name("FILE.html");
  addJsonFlag(*sub, command->isJson);
  sub->footer("examples:\n"
              "  lazuli compile model.onnx -o model.lzm\n"
              "  lazuli compile net.lzm -o net.x.lzm --example x=f32[1,3,224,224] --weights "
              "net.safetensors\n"
              "  lazuli compile net.lzm -o net.x.lzm --example x=@photo.png --dynamic "
              "x:0=batch[1..64]\n"
              "  lazuli compile net.mlir -o net.x.lzm --random-weights --seed 7 --report "
              "report.html");
  sub->callback([command] { command->run(); });
}
