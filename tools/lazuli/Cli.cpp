//===- Cli.cpp --------------------------------------------------------------===//
//
// See Cli.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/OnnxTypes.h"
#include "tools/lazuli/io/TestData.h"

#include <charconv>
#include <cstdio>

using namespace lz;
using namespace lz::cli;

/// A name that was forgotten; the compiler checks the rest of the form.
static std::string checkDynamic(const std::string &text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos ||
      text.find_first_not_of(' ', equals + 1) != std::string::npos)
    return "";
  return rt::quote(text) + " names no symbol, expected a form like 'x:0=batch[1..64]'";
}

/// Blanks around what they separate.
static std::string strip(const std::string &text) {
  size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos
             ? ""
             : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// Whether all is "x=f32[1,3]" or "x=[1,3]"; the compiler checks type and sizes.
static bool isExample(const std::string &text) {
  size_t equals = text.find('='), bracket = text.find('[', equals);
  if (equals == std::string::npos || bracket == std::string::npos || text.back() != ']')
    return false;
  std::string name = strip(text.substr(0, equals));
  std::string type = strip(text.substr(equals + 1, bracket - equals - 1));
  std::string sizes = text.substr(bracket + 1, text.size() - bracket - 2);
  return !name.empty() && name.find_first_of(" ,;[]") == std::string::npos &&
         type.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos &&
         sizes.find_first_not_of("0123456789, ") == std::string::npos;
}

/// The compiler would split at commas and complain of a part.
static std::string checkExample(const std::string &text) {
  if (text.find("=@") != std::string::npos || isExample(strip(text)))
    return "";
  return "cannot read the example " + rt::quote(text) +
         ", expected a form like 'x=f32[1,3,224,224]' or 'x=@photo.png'";
}

void CompileFlags::addTo(CLI::App &command) {
  const char *group = "Compilation (of a model that is not compiled yet)";
  auto add = [&](auto *option) { return option->group(group); };
  add(command.add_option("--example", options.examples,
                         "an input's dtype and dimensions, as in x=f32[1,3,224,224] or taken from "
                         "a file, x=@photo.png; may be repeated"))
      ->type_name("NAME=TYPE")
      ->check(checkExample)
      ->allow_extra_args(false);
  add(command.add_option("--dynamic", options.dynamics,
                         "a dimension that stays free, as in x:0=batch[1..64]; may be repeated"))
      ->type_name("NAME:AXIS=SYMBOL")
      ->check(checkDynamic)
      ->allow_extra_args(false);
  add(command.add_option("--weights", options.weights, "parameters from a .safetensors file"))
      ->type_name("FILE");
  add(command.add_flag("--allow-partial-weights", options.allowPartialWeights,
                       "accept missing and unexpected keys in the weight file"));
  add(command.add_flag("--random-weights", options.randomWeights,
                       "initialize parameters that have no value"));
  add(command.add_option("--target-cpu", options.targetCpu,
                         "the CPU to compile for: native, x86-64-v3, x86-64-v4, ...; of several "
                         "the best that a machine has is run, weights are packed for the first"))
      ->type_name("CPU[,CPU...]")
      ->capture_default_str();
  add(command.add_flag_callback("--no-winograd", [this] { options.winograd = false; },
                                "no convolution by Winograd's algorithm, which is faster and "
                                "rounds otherwise"));
  add(command.add_flag("--autotune", options.autotune,
                       "measure on this machine whether oneDNN or a generated kernel is faster for "
                       "products of few rows or little work"));
  add(command.add_option("--cache-dir", options.cacheDir,
                         "keep compiled kernels and times in this folder; by default in "
                         "$LAZULI_CACHE_DIR, else lazuli in $XDG_CACHE_HOME or ~/.cache"))
      ->type_name("DIR");
  add(command.add_flag("--no-cache", options.noCache,
                       "compile every kernel, keep none; so does $LAZULI_NO_CACHE=1 where no "
                       "folder is given"));
}

void InputFlags::addTo(CLI::App &command) {
  command
      .add_option("-i,--input", inputs,
                  "an input: x=@file.npy, x=@file.npz:key, x=@image.png, x=@file.json, x=random, "
                  "x=random[8,10], x=f32[8,10] (random too) or x=[1,2,3]; repeated for one input: "
                  "joined along axis 0")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("--inputs-from", inputsFrom,
                  "read all inputs from input_0.pb, input_1.pb, ... as ONNX's test data has them")
      ->type_name("DIR");
  command.add_option("--dim", dims, "a free dimension of random inputs, as in batch=32")
      ->type_name("NAME=SIZE")
      ->allow_extra_args(false);
  addSeedOption(command, seed, "of random inputs, random weights and the model's generator");
  command.add_option("-j,--threads", threads, "threads of a session; 0: all CPUs")
      ->type_name("N")
      ->check(CLI::Range(0, 4096));
  command.add_option("--entry", entry, "the entry point; the first if not given")
      ->type_name("NAME");
}

std::vector<InputSpec> InputFlags::parse() const {
  std::vector<InputSpec> specs;
  for (const std::string &input : inputs)
    specs.push_back(parseInputSpec(input));
  return specs;
}

/// Types are what an ONNX file or a compiled model says; others tell them only once
/// they are compiled, for which the inputs are needed.
static std::vector<Value> readValues(const std::string &folder, const std::string &model,
                                     const std::string &entry) {
  switch (detectModelKind(model)) {
  case ModelKind::Compiled:
    return readTestInputs(
        folder, getTypes(Model(model).getInputs(Artifact(model).findEntry(entry))));
  case ModelKind::Onnx:
    return readTestInputs(folder, readOnnxInputs(model));
  default:
    return readTestTensors(folder);
  }
}

std::vector<Value> InputFlags::readFolder(CompileOptions &options) const {
  if (inputsFrom.empty())
    return {};
  if (!inputs.empty())
    failUsage("--inputs-from gives all inputs, expected no --input beside it");
  std::vector<Value> values = readValues(inputsFrom, options.input, entry);
  if (detectModelKind(options.input) == ModelKind::Compiled)
    return values;
  for (const Value &value : values) {
    if (value.isTensor())
      options.exampleTensors.push_back({"", rt::getDTypeName(value.getDType()), value.getDims(),
                                        value.getArray().getData()});
    else
      options.exampleTensors.push_back({}); // keeps the place
  }
  return values;
}

void InputFlags::requireCount(const std::vector<Value> &values,
                              const std::vector<Port> &ports) const {
  if (values.size() != ports.size())
    fail(rt::quote(inputsFrom), " holds ", values.size(), " inputs, expected ", ports.size(), ": ",
         describePorts(ports));
}

/// strtoull, which CLI11 reads numbers with, takes -1 for the greatest of all.
static std::string checkSeed(const std::string &text) {
  bool isNumber = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  uint64_t value = 0;
  auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (isNumber && result.ec == std::errc())
    return "";
  return rt::concat(rt::quote(text), " is no seed, expected a number from 0 to ", UINT64_MAX);
}

void cli::addSeedOption(CLI::App &command, uint64_t &seed, const std::string &description) {
  command.add_option("--seed", seed, description)
      ->type_name("N")
      ->check(checkSeed)
      ->capture_default_str();
}

void cli::addJsonFlag(CLI::App &command, bool &isJson) {
  command.add_flag("--json", isJson, "print JSON for machines, errors included");
}

void cli::fillExamples(CompileOptions &options, const std::vector<InputSpec> &inputs) {
  if (!options.examples.empty())
    return;
  // "x=random" alone asks for the dimensions that the model declares.
  for (const InputSpec &input : inputs)
    if (input.kind != InputSpec::Kind::Random || input.dims)
      options.examples.push_back(toExample(input));
}

void cli::print(const std::string &text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void cli::printJson(const Json &value) { print(dumpJson(value, 2) + "\n"); }
