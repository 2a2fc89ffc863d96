//===- Cli.h - What the subcommands share -----------------------------------===//
//
// Each subcommand is a file that adds itself to the command line: its options
// bind to an object of its own, its callback does the work and throws Failure.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_CLI_H
#define LAZULI_TOOLS_LAZULI_CLI_H

#include "tools/driver/Driver.h"
#include "tools/lazuli/Format.h"
#include "tools/lazuli/io/Json.h"
#include "tools/lazuli/model/Inputs.h"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace lz::cli {

void addCompileCommand(CLI::App &app);
void addRunCommand(CLI::App &app);
void addBenchCommand(CLI::App &app);
void addInspectCommand(CLI::App &app);
void addVerifyCommand(CLI::App &app);
void addDiffCommand(CLI::App &app);
void addCompletionCommand(CLI::App &app);

/// Options for models that are not compiled yet, shared by run and bench (and,
/// with more beside them, compile).
struct CompileFlags {
  CompileOptions options;
  void addTo(CLI::App &command);
};

/// Where inputs come from, shared by run and bench.
struct InputFlags {
  std::vector<std::string> inputs;
  std::string inputsFrom;
  std::vector<std::string> dims;
  uint64_t seed = 0;
  int threads = 0;
  std::string entry;
  void addTo(CLI::App &command);
  std::vector<InputSpec> parse() const;
  /// What `--inputs-from` gives for the model of `options`, which are completed so
  /// that it is compiled for them.
  std::vector<Value> readFolder(CompileOptions &options) const;
  /// Fails unless there is a value for each port.
  void requireCount(const std::vector<Value> &values, const std::vector<Port> &ports) const;
};

/// Adds `--seed`.
void addSeedOption(CLI::App &command, uint64_t &seed, const std::string &description);

/// Adds `--json`.
void addJsonFlag(CLI::App &command, bool &isJson);

/// Examples for a model that is not compiled: those given, else what the inputs are.
void fillExamples(CompileOptions &options, const std::vector<InputSpec> &inputs);

/// Prints to standard output; main() notices if it could not be written.
void print(const std::string &text);
void printJson(const Json &value);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_CLI_H
