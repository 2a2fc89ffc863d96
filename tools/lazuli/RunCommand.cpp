//===- RunCommand.cpp - lazuli run --------------------------------------------===//
//
// Inputs from files or chance, one run or many, outputs as text, files or classes.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/File.h"
#include "tools/lazuli/io/Npy.h"
#include "tools/lazuli/io/Print.h"
#include "tools/lazuli/io/TestData.h"
#include "tools/lazuli/model/Batches.h"
#include "tools/lazuli/model/Classify.h"
#include "tools/lazuli/model/Compiler.h"
#include "tools/lazuli/model/States.h"
#include "tools/lazuli/model/Timing.h"
#include "tools/lazuli/report/Report.h"

#include <algorithm>
#include <filesystem>
#include <memory>

using namespace lz;
using namespace lz::cli;

namespace {

struct RunCommand {
  CompileFlags compile;
  InputFlags flags;
  std::string outputDir, profile, stateIn, stateOut, report;
  std::string outputsTo;
  std::vector<std::string> outputs;
  std::string labels, truth, images, scores;
  BatchOptions batch;
  int64_t topK = 0;
  int repeat = 1;
  bool isJson = false;

  void run();

private:
  void checkOptions();
  std::vector<Array> loadAll(const Artifact &artifact, const std::vector<Port> &ports);
  BatchPlan makePlan(const Artifact &artifact) const;
  std::vector<Value> takeFirstBatch(const Artifact &artifact) const;
  void execute(Session &session, const Artifact &artifact);
  void classifyOutput();
  void writeOutputs() const;
  void printOutputs() const;
  std::vector<size_t> getShownRows() const;
  void printClasses() const;
  void printJsonResult() const;
  void makeReport(const Artifact &artifact, const Model &model) const;
  size_t findOutput(const std::string &name) const;
  const Array &getTensor(size_t output) const;

  uint32_t entry = 0;
  std::vector<InputSpec> specs;
  std::vector<Port> inputPorts, outputPorts;
  std::vector<Array> arrays; // of --input
  std::vector<Value> inputs, results;
  std::optional<Classification> classes;
};

} // namespace

/// What can be wrong before anything is loaded.
void RunCommand::checkOptions() {
  if (repeat < 1)
    failUsage("--repeat is ", repeat, ", expected at least 1");
  if ((!truth.empty() || !labels.empty()) && topK == 0)
    topK = 1;
  if (topK == 0 && !report.empty() && !images.empty())
    topK = 1;
  if (!flags.inputsFrom.empty() && !batch.input.empty())
    failUsage("--inputs-from gives all inputs, expected no --batch-over beside it");
  for (const std::string *path : {&profile, &stateOut, &report})
    if (!path->empty())
      requireWritable(*path);
  for (const std::string *folder : {&outputDir, &outputsTo})
    if (!folder->empty())
      makeFolder(*folder);
}

std::vector<Array> RunCommand::loadAll(const Artifact &artifact, const std::vector<Port> &ports) {
  InputOptions options;
  options.seed = flags.seed;
  std::vector<int64_t> symbols = artifact.getSymbolValues(parseDimBindings(flags.dims));
  const fmt::Entry *program = artifact.getProgram().entries()->Get(entry);
  bool hasDims = !flags.dims.empty();
  for (uint32_t i = 0; i < ports.size(); ++i) {
    std::vector<int64_t> dims = ports[i].dims;
    if (hasDims)
      dims = artifact.getDims(program->inputs()->Get(i)->value(), symbols);
    options.defaultDims.push_back(std::move(dims));
  }
  return loadInputs(specs, ports, options);
}

/// The greatest value of a dimension that is one symbol.
static int64_t getSymbolMax(const Artifact &artifact, const std::string &name) {
  for (const fmt::Symbol *symbol : rt::items(artifact.getProgram().symbols()))
    if (rt::view(symbol->name()) == name)
      return symbol->max();
  return INT64_MAX;
}

BatchPlan RunCommand::makePlan(const Artifact &artifact) const {
  std::string symbol;
  for (const Port &port : inputPorts)
    if (port.name == batch.input)
      symbol = port.dimsText[0];
  return planBatches(batch, inputPorts, arrays, getSymbolMax(artifact, symbol));
}

void RunCommand::execute(Session &session, const Artifact &artifact) {
  if (batch.input.empty()) {
    if (flags.inputsFrom.empty()) {
      arrays = loadAll(artifact, inputPorts);
      inputs.assign(arrays.begin(), arrays.end());
    }
    flags.requireCount(inputs, inputPorts);
    for (size_t i = 0; i < inputs.size(); ++i)
      session.setInput(i, inputs[i]);
    for (int i = 0; i < repeat; ++i)
      session.run();
    for (size_t i = 0; i < outputPorts.size(); ++i)
      results.push_back(session.getOutputValue(i));
    return;
  }
  arrays = loadAll(artifact, relaxPorts(inputPorts, batch.input));
  BatchPlan plan = makePlan(artifact);
  for (int i = 0; i < repeat; ++i) {
    std::vector<Array> joined = runBatches(session, plan, arrays, outputPorts);
    results.assign(joined.begin(), joined.end());
  }
}

const Array &RunCommand::getTensor(size_t output) const {
  if (!results[output].isTensor())
    fail("output ", rt::quote(outputPorts[output].name), " is ", outputPorts[output].describe(),
         ", expected a tensor; --outputs-to DIR writes values of any kind");
  return results[output].getArray();
}

size_t RunCommand::findOutput(const std::string &name) const {
  if (name.empty() && outputPorts.size() == 1)
    return 0;
  for (size_t i = 0; i < outputPorts.size(); ++i)
    if (outputPorts[i].name == name)
      return i;
  if (name.empty())
    failUsage("the model has several outputs, expected one of them to be named: ",
              describePorts(outputPorts));
  fail("the model has no output ", rt::quote(name), ", expected one of: ",
       describePorts(outputPorts));
}

void RunCommand::classifyOutput() {
  if (topK <= 0)
    return;
  classes = classify(getTensor(findOutput(scores)), topK);
  if (!labels.empty())
    classes->labels = readLabels(labels);
  if (!truth.empty())
    setTruth(*classes, readArray(truth, fmt::DType_i64));
}

/// A port's name as that of a file.
static std::string toFileName(std::string name) {
  std::replace(name.begin(), name.end(), '/', '_');
  return name + ".npy";
}

void RunCommand::writeOutputs() const {
  if (!outputDir.empty())
    for (size_t i = 0; i < results.size(); ++i)
      writeNpy((std::filesystem::path(outputDir) / toFileName(outputPorts[i].name)).string(),
               getTensor(i));
  for (const std::string &text : outputs) {
    NamedPath target = parseNamedPath(text, "--output");
    writeNpy(target.path, getTensor(findOutput(target.name)));
  }
  for (size_t i = 0; !outputsTo.empty() && i < results.size(); ++i)
    writeTestOutput(outputsTo, i, results[i], outputPorts[i].getType());
}

void RunCommand::printOutputs() const {
  for (size_t i = 0; i < results.size(); ++i)
    print(rt::concat(outputPorts[i].name, ": ", results[i].describe(), "\n",
                     formatValue(results[i], "  ")));
}

/// The rows that a terminal shows: all, or the mistakes if the truth is known.
std::vector<size_t> RunCommand::getShownRows() const {
  std::vector<size_t> rows;
  for (size_t i = 0; i < classes->rows.size(); ++i)
    if (classes->truth.empty() || classes->rows[i].front().label != classes->truth[i])
      rows.push_back(i);
  return rows;
}

void RunCommand::printClasses() const {
  constexpr size_t maxRows = 20;
  bool hasTruth = !classes->truth.empty();
  std::vector<size_t> rows = getShownRows();
  Table table("rllrr");
  for (size_t i = 0; i < std::min(rows.size(), maxRows); ++i)
    for (size_t k = 0; k < classes->rows[rows[i]].size(); ++k) {
      const Prediction &p = classes->rows[rows[i]][k];
      table.add({k == 0 ? std::to_string(rows[i]) : "", classes->getName(p.label),
                 hasTruth && k == 0 ? "(is " + classes->getName(classes->truth[rows[i]]) + ")" : "",
                 formatNumber(p.score, 4), formatNumber(100 * p.probability, 1) + " %"});
    }
  if (hasTruth && !rows.empty())
    print("mistakes\n");
  print(table.format("  "));
  if (rows.size() > maxRows)
    print(rt::concat("  ... and ", rows.size() - maxRows, " more\n"));
  if (hasTruth)
    print(rt::concat(topK > 1 ? rt::concat("top-", topK, " ") : std::string(), "accuracy ",
                     formatNumber(100 * classes->getAccuracy(), 2), " % (",
                     classes->countCorrect(), " of ", classes->truth.size(), ")\n"));
}

void RunCommand::printJsonResult() const {
  Json all = Json::object();
  if (classes) {
    all["classification"] = toJson(*classes);
  } else {
    Json list = Json::array();
    for (size_t i = 0; i < results.size(); ++i) {
      Json output = {{"name", outputPorts[i].name}};
      output.update(valueToJson(results[i]));
      list.push_back(output);
    }
    all["outputs"] = list;
  }
  printJson(all);
}

/// What is timed for a report: all inputs, or those of the first batch.
std::vector<Value> RunCommand::takeFirstBatch(const Artifact &artifact) const {
  if (batch.input.empty())
    return inputs;
  BatchPlan plan = makePlan(artifact);
  std::vector<Value> first(arrays.begin(), arrays.end());
  int64_t size = plan.isFixed ? plan.size : std::min(plan.size, plan.numRows);
  for (size_t i = 0; i < first.size(); ++i)
    if (plan.isCut[i])
      first[i] = takeRows(arrays[i], 0, size);
  return first;
}

/// Times come from a session of its own: runs for measuring must not move states.
void RunCommand::makeReport(const Artifact &artifact, const Model &model) const {
  ReportRun run;
  run.title = std::filesystem::path(compile.options.input).stem();
  run.classes = classes;
  Session session(model, entry, flags.threads);
  std::vector<Value> first = takeFirstBatch(artifact);
  for (size_t i = 0; i < first.size(); ++i)
    session.setInput(i, first[i]);
  if (!first.empty() && !first[0].getDims().empty())
    run.rowsPerRun = first[0].getDims()[0];
  size_t numInstructions = listInstructions(artifact, entry).size();
  run.profile = profileRuns(session, numInstructions, 0.3);
  run.medianSeconds = measureLatency(session, {20, 0.1, 0.3}).median;
  run.threads = session.getThreads();
  if (!images.empty()) {
    size_t index = 0;
    while (index < inputPorts.size() && inputPorts[index].name != images)
      ++index;
    if (index == inputPorts.size() || !inputPorts[index].isTensor())
      fail("the model has no input ", rt::quote(images), " with images, expected one of: ",
           describePorts(inputPorts));
    run.images = batch.input.empty() ? inputs[index].getArray() : arrays[index];
  }
  writeReport(report, artifact, run);
}

void RunCommand::run() {
  checkOptions();
  specs = flags.parse();
  inputs = flags.readFolder(compile.options);
  if (detectModelKind(compile.options.input) != ModelKind::Compiled)
    fillExamples(compile.options, specs);
  compile.options.seed = flags.seed;
  ResolvedModel resolved = resolveModel(compile.options, isJson);
  Artifact artifact(resolved.path);
  entry = artifact.findEntry(flags.entry);
  Model model(resolved.path);
  inputPorts = model.getInputs(entry);
  outputPorts = model.getOutputs(entry);
  Session session(model, entry, flags.threads);
  seedGenerator(session, model, flags.seed);
  if (!stateIn.empty())
    loadStates(session, model, stateIn);
  if (!profile.empty())
    session.setProfiling(1 << 16);
  execute(session, artifact);
  if (!profile.empty())
    writeFile(profile, session.getProfile());
  classifyOutput();
  writeOutputs();
  if (!stateOut.empty())
    saveStates(session, model, stateOut);
  if (!report.empty())
    makeReport(artifact, model);
  if (isJson)
    return printJsonResult();
  if (classes)
    printClasses();
  else if (outputDir.empty() && outputs.empty() && outputsTo.empty())
    printOutputs();
  if (!report.empty())
    print(rt::concat("wrote ", report, "\n"));
}

static void addOutputOptions(CLI::App &sub, RunCommand &command) {
  sub.add_option("--output-dir", command.outputDir, "write each output as NAME.npy into a folder")
      ->type_name("DIR");
  sub.add_option("-o,--output", command.outputs, "write one output, as in y=@y.npy")
      ->type_name("NAME=@FILE")
      ->allow_extra_args(false);
  sub.add_option("--outputs-to", command.outputsTo, "write output_0.pb, output_1.pb, ... likewise")
      ->type_name("DIR");
  sub.add_option("--top-k", command.topK, "print the K best classes of each row")
      ->type_name("K")
      ->check(CLI::Range(1, 1 << 30, "POSITIVE"));
  sub.add_option("--scores", command.scores, "the output that holds scores, if there are several")
      ->type_name("NAME");
  sub.add_option("--labels", command.labels, "names of the classes, one per line")
      ->type_name("FILE");
  sub.add_option("--truth", command.truth, "the right classes, to print the accuracy")
      ->type_name("@FILE");
  sub.add_option("--report", command.report, "write a report with graph, shapes and times")
      ->type_name("FILE.html");
  sub.add_option("--images", command.images, "the input whose images the report shows")
      ->type_name("NAME");
  sub.add_option("--profile", command.profile, "write the times of instructions (Chrome trace)")
      ->type_name("FILE.json");
}

void cli::addRunCommand(CLI::App &app) {
  auto command = std::make_shared<RunCommand>();
  CLI::App *sub = app.add_subcommand("run", "run a model on inputs from files");
  sub->add_option("MODEL", command->compile.options.input,
                  "an artifact (.lzm); one that is not compiled, an ONNX file, or lz text, is "
                  "compiled first")
      ->required();
  command->flags.addTo(*sub);
  addOutputOptions(*sub, *command);
  sub->add_option("--batch-over", command->batch.input,
                  "run over the leading axis of an input, some rows at a time")
      ->type_name("NAME");
  sub->add_option("--batch-size", command->batch.size, "rows at a time; 64 if the model is free")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 30, "POSITIVE"));
  sub->add_option("--repeat", command->repeat, "run N times (states move on each time)")
      ->type_name("N");
  sub->add_option("--state-in", command->stateIn, "states to begin with")->type_name("FILE.npz");
  sub->add_option("--state-out", command->stateOut, "write the states at the end")
      ->type_name("FILE.npz");
  addJsonFlag(*sub, command->isJson);
  command->compile.addTo(*sub);
  sub->footer("examples:\n"
              "  lazuli run net.x.lzm --input x=@batch.npy --output y=@scores.npy\n"
              "  lazuli run net.x.lzm --input x=@cat.jpg --top-k 5 --labels imagenet.txt\n"
              "  lazuli run net.x.lzm --input x=@test.npz:images --batch-over x --truth "
              "@test.npz:labels\n"
              "  lazuli run net.lzm --weights net.safetensors --input x=random[1,3,224,224]");
  sub->callback([command] { command->run(); });
}
