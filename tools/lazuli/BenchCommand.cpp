//===- BenchCommand.cpp - lazuli bench ----------------------------------------===//
//
// Times of runs and of the operations inside, as text or JSON.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/model/Compiler.h"
#include "tools/lazuli/model/Profile.h"
#include "tools/lazuli/model/Roofline.h"
#include "tools/lazuli/model/States.h"
#include "tools/lazuli/model/Timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>

using namespace lz;
using namespace lz::cli;

namespace {

struct BenchCommand {
  CompileFlags compile;
  InputFlags flags;
  TimingOptions timing;
  std::string mode = "latency";
  int numSessions = 0;
  ProfileOrder order = ProfileOrder::Execution;
  bool withProfile = false, isJson = false;

  void run();

private:
  void checkOptions();
  void loadArrays(const Artifact &artifact, const std::vector<InputSpec> &specs);
  Session makeSession(const Model &model) const;
  void measure(const Artifact &artifact, const Model &model);
  void measureOperations(const Artifact &artifact, Session &session);
  void printText() const;
  void printMachine() const;
  void printProfile() const;
  Json toJson() const;

  uint32_t entry = 0;
  std::vector<Port> ports;
  std::vector<Value> inputs;
  Timing result;
  OpProfile profile;
  MachineSpeed speed;
  double loadSeconds = 0, firstRunSeconds = 0;
  uint64_t sessionBytes = 0;
  int threads = 0;
  std::string target; ///< the CPU whose code ran
};

} // namespace

static double secondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Session BenchCommand::makeSession(const Model &model) const {
  Session session(model, entry, flags.threads);
  for (size_t i = 0; i < inputs.size(); ++i)
    session.setInput(i, inputs[i]);
  return session;
}

/// Defaults that depend on the mode.
void BenchCommand::checkOptions() {
  if (std::isnan(timing.warmupSeconds) || std::isnan(timing.seconds))
    failUsage("a time to measure is nan, expected seconds"); // it passes any range
  bool isThroughput = mode == "throughput";
  if (!isThroughput && numSessions > 1)
    failUsage("--sessions is ", numSessions, " in latency mode, expected --mode throughput");
  if (numSessions == 0)
    numSessions = isThroughput ? static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))
                               : 1;
  if (isThroughput && flags.threads == 0)
    flags.threads = 1;
}

void BenchCommand::loadArrays(const Artifact &artifact, const std::vector<InputSpec> &specs) {
  InputOptions options;
  options.seed = flags.seed;
  options.fillMissing = true;
  std::vector<int64_t> symbols = artifact.getSymbolValues(parseDimBindings(flags.dims));
  const fmt::Entry &program = *artifact.getProgram().entries()->Get(entry);
  for (const fmt::Port *port : rt::items(program.inputs()))
    options.defaultDims.push_back(artifact.getDims(port->value(), symbols));
  std::vector<Array> arrays = loadInputs(specs, ports, options);
  inputs.assign(arrays.begin(), arrays.end());
}

/// The machine right after, in the same weather.
void BenchCommand::measureOperations(const Artifact &artifact, Session &session) {
  std::vector<InstructionView> instructions = listInstructions(artifact, entry);
  profile = profileRuns(session, instructions.size(), 0.5);
  nameKernels(profile, instructions);
  showProgress("measuring the machine");
  speed = measureMachine(session.getThreads());
  applyRoofline(profile, artifact, instructions, speed);
  sortProfile(profile, order);
}

void BenchCommand::measure(const Artifact &artifact, const Model &model) {
  std::vector<Session> sessions;
  for (int i = 0; i < numSessions; ++i)
    sessions.push_back(makeSession(model));
  auto begin = std::chrono::steady_clock::now();
  sessions[0].run();
  firstRunSeconds = secondsSince(begin);
  showProgress(rt::concat("measuring for ", formatSeconds(timing.seconds)));
  result = mode == "throughput" ? measureThroughput(sessions, timing)
                                : measureLatency(sessions[0], timing);
  if (withProfile)
    measureOperations(artifact, sessions[0]);
  showProgress("");
  sessionBytes = sessions[0].getMemoryBytes();
  threads = sessions[0].getThreads();
}

void BenchCommand::run() {
  checkOptions();
  std::vector<InputSpec> specs = flags.parse();
  inputs = flags.readFolder(compile.options);
  if (detectModelKind(compile.options.input) != ModelKind::Compiled)
    fillExamples(compile.options, specs);
  compile.options.seed = flags.seed;
  ResolvedModel resolved = resolveModel(compile.options, isJson);
  Artifact artifact(resolved.path);
  entry = artifact.findEntry(flags.entry);
  auto begin = std::chrono::steady_clock::now();
  Model model(resolved.path);
  loadSeconds = secondsSince(begin);
  ports = model.getInputs(entry);
  target = model.getTargetCpu();
  if (flags.inputsFrom.empty())
    loadArrays(artifact, specs);
  flags.requireCount(inputs, ports);
  measure(artifact, model);
  if (isJson)
    printJson(toJson());
  else
    printText();
}

static std::string quantity(int64_t count, const char *noun) {
  return formatQuantity(static_cast<uint64_t>(count), noun);
}

/// Rows of the first input, if it has an axis.
static int64_t getBatch(const std::vector<Value> &inputs) {
  return inputs.empty() || inputs[0].getDims().empty() ? 1 : inputs[0].getDims()[0];
}

void BenchCommand::printText() const {
  Table types("ll");
  for (size_t i = 0; i < inputs.size(); ++i)
    types.add({"input " + ports[i].name, inputs[i].describe()});
  print(types.format());
  print(rt::concat(mode, ", ", quantity(numSessions, "session"), " of ",
                   quantity(threads, "thread"), ", ", quantity(result.numRuns, "run"), " in ",
                   formatSeconds(result.seconds),
                   target.empty() ? "" : ", code for " + target, "\n"));
  Table table("lr");
  table.add({"min", formatSeconds(result.min)});
  table.add({"median", formatSeconds(result.median)});
  table.add({"p90", formatSeconds(result.p90)});
  table.add({"p99", formatSeconds(result.p99)});
  table.add({"mean", formatSeconds(result.mean)});
  print(table.format("  "));
  double runs = result.getRunsPerSecond();
  print(rt::concat("throughput ", formatNumber(runs, runs < 100 ? 1 : 0), " runs/s"));
  if (int64_t batch = getBatch(inputs); batch > 1)
    print(rt::concat(", ", formatNumber(runs * static_cast<double>(batch), 0), " rows/s"));
  print(rt::concat("\nload ", formatSeconds(loadSeconds), ", first run ",
                   formatSeconds(firstRunSeconds), "; peak memory ",
                   formatBytes(getPeakMemoryBytes()), ", a session ", formatBytes(sessionBytes),
                   "\n"));
  if (withProfile)
    printProfile();
}

/// "this machine with 2 threads: f32 230 GFLOP/s, ...".
void BenchCommand::printMachine() const {
  if (speed.bandwidths.empty())
    return;
  std::string peaks, memory;
  for (auto [name, value] :
       {std::pair("f32", speed.f32), {"f64", speed.f64}, {"bf16", speed.bf16}, {"i8", speed.i8}})
    if (value > 0)
      peaks += rt::concat(peaks.empty() ? "" : ", ", name, " ", formatNumber(value, 0));
  for (const MachineSpeed::Bandwidth &point : speed.bandwidths)
    memory += rt::concat(memory.empty() ? "" : ", ", formatNumber(point.gigabytes, 0), " (",
                         formatBytes(point.bytes), ")");
  print(rt::concat("this machine with ", quantity(speed.threads, "thread"),
                   ", measured\n  GFLOP/s ", peaks, "\n  GB/s by working set ", memory, "\n"));
}

/// "84 %".
static std::string formatRoofShare(const OpTime &op) {
  return op.boundUs > 0 ? formatNumber(100 * op.getRoofShare(), 0) + " %" : "";
}

void BenchCommand::printProfile() const {
  printMachine();
  Table table("lllrrrrrl");
  OpTime all = profile.sum();
  auto rate = [](double value) { return value > 0 ? formatNumber(value, 1) : ""; };
  auto add = [&](const OpTime &op, const char *bound) {
    double share = all.getMeanUs() > 0 ? 100 * op.getMeanUs() / all.getMeanUs() : 0;
    table.add({op.name, op.kind, op.what, formatSeconds(op.getMeanUs() * 1e-6),
               formatNumber(share, 1) + " %", rate(op.getGflops()), rate(op.getGigabytes()),
               formatRoofShare(op), bound});
  };
  table.add({"operation", "kind", "runs", "time", "share", "GFLOP/s", "GB/s", "roofline", "bound"});
  for (const OpTime &op : profile.ops)
    add(op, op.boundUs <= 0 ? "" : op.isMemoryBound ? "memory" : "compute");
  add(all, "");
  print(rt::concat("operations, in ", quantity(profile.numRuns, "run"),
                   " of their own that record times, mean ", formatSeconds(profile.runSeconds),
                   "\n"));
  print(table.format("  "));
}

Json BenchCommand::toJson() const {
  Json types = Json::array();
  for (size_t i = 0; i < inputs.size(); ++i)
    types.push_back({{"name", ports[i].name}, {"type", inputs[i].describe()}});
  Json all = {{"mode", mode},
              {"sessions", numSessions},
              {"threads", threads},
              {"target", target},
              {"inputs", types},
              {"runs", result.numRuns},
              {"seconds", result.seconds},
              {"latency",
               {{"min", result.min},
                {"median", result.median},
                {"p90", result.p90},
                {"p99", result.p99},
                {"mean", result.mean}}},
              {"runs_per_second", result.getRunsPerSecond()},
              {"rows_per_second",
               result.getRunsPerSecond() * static_cast<double>(getBatch(inputs))},
              {"load_seconds", loadSeconds},
              {"first_run_seconds", firstRunSeconds},
              {"peak_memory_bytes", getPeakMemoryBytes()},
              {"session_memory_bytes", sessionBytes}};
  if (withProfile) {
    all["machine"] = speed.toJson();
    all["operations"] = profile.toJson();
    all["profiled_runs"] = {{"runs", profile.numRuns}, {"mean", profile.runSeconds}};
  }
  return all;
}

void cli::addBenchCommand(CLI::App &app) {
  auto command = std::make_shared<BenchCommand>();
  const std::vector<std::pair<std::string, ProfileOrder>> orders = {
      {"execution", ProfileOrder::Execution},
      {"time", ProfileOrder::Time},
      {"gain", ProfileOrder::Gain}};
  CLI::App *sub = app.add_subcommand("bench", "measure latency, throughput and operations");
  sub->add_option("MODEL", command->compile.options.input,
                  "an artifact (.lzm); one that is not compiled, an ONNX file, "
                  "or lz text, is "
                  "compiled first")
      ->required();
  command->flags.addTo(*sub);
  sub->add_option("--mode", command->mode, "latency of one session, or throughput of several")
      ->type_name("MODE")
      ->check(CLI::IsMember({"latency", "throughput"}))
      ->capture_default_str();
  sub->add_option("--sessions", command->numSessions, "sessions at once; by default one per CPU")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
  sub->add_option("--warmup", command->timing.warmupSeconds, "seconds before measuring")
      ->type_name("S")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  sub->add_option("--seconds", command->timing.seconds, "seconds to measure")
      ->type_name("S")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  sub->add_flag("--profile", command->withProfile,
                "show the time of each operation, taken in runs after those "
                "measured, and its "
                "share of the roofline: the speed that this machine's "
                "arithmetic and memory, "
                "measured too, allow it");
  sub->add_option("--sort", command->order,
                  "list operations in the order of execution, by time, or by "
                  "the time they lose "
                  "against the roofline")
      ->type_name("ORDER")
      ->transform(CLI::CheckedTransformer(orders))
      ->default_str("execution");
  addJsonFlag(*sub, command->isJson);
  command->compile.addTo(*sub);
  sub->footer("Inputs that are not given are random, free dimensions as small as "
              "allowed (see "
              "--dim).\n\nexamples:\n"
              "  lazuli bench net.x.lzm --dim batch=32 --profile --sort gain\n"
              "  lazuli bench net.x.lzm --mode throughput --sessions 4 --threads 1\n"
              "  lazuli bench net.x.lzm --input x=@batch.npy --seconds 10 --json");
  sub->callback([command] { command->run(); });
}
