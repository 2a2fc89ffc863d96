//===- DiffCommand.cpp - lazuli diff ------------------------------------------===//
//
// A model beside ONNX Runtime. The work is the Python package's, which is told the
// options as they were given: this lists them, reads images, and finds a Python.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/Image.h"
#include "tools/lazuli/io/Npy.h"
#include "tools/lazuli/io/OnnxTypes.h"
#include "tools/lazuli/model/Compiler.h"
#include "tools/lazuli/model/Python.h"

#include <cstdio>
#include <memory>

using namespace lz;
using namespace lz::cli;

namespace {
struct DiffCommand {
  CompileFlags compile;
  InputFlags flags;
  std::string reference;
  std::vector<std::string> atol, rtol;
  bool perOp = false, isJson = false;

  void run(const CLI::App &sub);

private:
  std::vector<std::string> collectArguments(const CLI::App &sub);
  std::string readImageInput(const std::string &text);
  ImageTarget getImageTarget(const InputSpec &spec) const;

  std::vector<std::unique_ptr<TemporaryFile>> images;
};
} // namespace

/// What an image has to become: as the model says, else as large as it is.
ImageTarget DiffCommand::getImageTarget(const InputSpec &spec) const {
  ModelKind kind = detectModelKind(compile.options.input);
  std::vector<NamedType> types;
  if (kind == ModelKind::Onnx)
    types = readOnnxInputs(compile.options.input);
  else if (kind == ModelKind::Compiled)
    types = getTypes(Model(compile.options.input).getInputs(0));
  for (const NamedType &input : types)
    if (input.name == spec.name || (spec.name.empty() && types.size() == 1))
      if (input.type.isTensor() && input.type.dims)
        return {input.name, input.type.dtype, *input.type.dims};
  return {spec.name, fmt::DType_f32, getExampleDims(readImage(spec.path))};
}

/// "x=@photo.png" as "x=@/tmp/lazuli-1.npy".
std::string DiffCommand::readImageInput(const std::string &text) {
  InputSpec spec = parseInputSpec(text);
  if (spec.kind != InputSpec::Kind::File || !isImageFile(spec.path))
    return text;
  images.push_back(std::make_unique<TemporaryFile>(".npy"));
  const std::string &path = images.back()->getPath();
  writeNpy(path, toTensor(readImage(spec.path), getImageTarget(spec)));
  return rt::concat(spec.name, spec.name.empty() ? "@" : "=@", path);
}

/// The options that were given, as one writes them.
std::vector<std::string> DiffCommand::collectArguments(const CLI::App &sub) {
  std::vector<std::string> arguments = {"diff"};
  for (const CLI::Option *option : sub.get_options()) {
    if (option->count() == 0)
      continue;
    const bool isPositional = option->get_lnames().empty();
    const std::string name = isPositional ? "" : "--" + option->get_lnames().front();
    if (option->get_expected_max() == 0) {
      arguments.push_back(name);
      continue;
    }
    for (std::string value : option->results()) {
      if (name == "--input")
        value = readImageInput(value);
      if (name == "--example" && value.find("=@") != std::string::npos)
        value = toExample(parseInputSpec(value));
      arguments.push_back(isPositional ? value : name + "=" + value);
    }
  }
  return arguments;
}

void DiffCommand::run(const CLI::App &sub) {
  detectModelKind(compile.options.input); // what is no model needs no Python to say so
  if (!reference.empty())
    detectModelKind(reference);
  std::vector<std::string> arguments = collectArguments(sub);
  std::string python = findPython();
  std::fflush(stdout);
  int code = runPython(python, arguments);
  images.clear();
  if (code != 0)
    throw Finished{code};
}

static void addToleranceOptions(CLI::App &sub, DiffCommand &command) {
  sub.add_option("--atol", command.atol,
                 "the absolute error that is allowed, as in 1e-5, or u8=1 for one dtype; may be "
                 "repeated")
      ->type_name("[DTYPE=]X")
      ->allow_extra_args(false);
  sub.add_option("--rtol", command.rtol,
                 "the error that is allowed relative to the largest element of the reference, "
                 "likewise")
      ->type_name("[DTYPE=]X")
      ->allow_extra_args(false);
}

void cli::addDiffCommand(CLI::App &app) {
  auto command = std::make_shared<DiffCommand>();
  CLI::App *sub = app.add_subcommand("diff", "compare a model with ONNX Runtime or another model");
  sub->add_option("MODEL", command->compile.options.input,
                  "an ONNX file; with --reference also an artifact (.lzm) or lz text")
      ->required();
  sub->add_option("--reference", command->reference,
                  "what to compare with: an ONNX file, which ONNX Runtime runs, or a model that "
                  "Lazuli runs; by default MODEL itself in ONNX Runtime")
      ->type_name("MODEL");
  command->flags.addTo(*sub);
  sub->remove_option(sub->get_option("--entry"));
  addToleranceOptions(*sub, *command);
  sub->add_flag("--per-op", command->perOp, "find the first operator whose result differs");
  addJsonFlag(*sub, command->isJson);
  command->compile.addTo(*sub);
  sub->footer("Inputs that are not given are random, free dimensions as in --example or --dim, "
              "else 1. The work is done by the\nPython package: by the python3 on PATH, or the one "
              "that LAZULI_PYTHON names.\nExit code 4: the outputs differ.\n\nexamples:\n"
              "  lazuli diff net.onnx\n"
              "  lazuli diff net.onnx --input x=@photo.png --per-op\n"
              "  lazuli diff net.int8.onnx --reference net.onnx --rtol 0.05\n"
              "  lazuli diff net.x.lzm --reference net.onnx --dim batch=8 --json");
  sub->callback([command, sub] { command->run(*sub); });
}
