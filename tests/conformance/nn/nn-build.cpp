//===- nn-build.cpp - Traces a module described in JSON -------------------===//
//
// Reads a description from standard input, builds the module with the C++
// frontend and writes what is asked for, so that tests in Python can compare
// every module with PyTorch's. The description:
//   {"module": {"class": "Conv2d", "args": {...}}, "mode": "eval", "dtype": "f32",
//    "inputs": [{"name": "x", "dtype": "f32", "dims": [2, "n"]}],
//    "load": "in.safetensors", "output": "net.lzm", "text": "net.mlir",
//    "state_dict": "keys.json", "save": "out.safetensors"}
// Everything but "module" may be left out. Errors go to standard error, code 1.
//
//===----------------------------------------------------------------------===//

#include "tests/conformance/nn/Args.h"

#include <fstream>
#include <iostream>

namespace lz::test {

using namespace nn;

AnyModule buildModule(const Json &description) {
  static const Factories factories = [] {
    Factories f;
    addLinear(f);
    addConvAndPool(f);
    addNorm(f);
    addRecurrentAndAttention(f);
    addActivations(f);
    return f;
  }();
  std::string name = description.at("class").get<std::string>();
  if (name == "Sequential") {
    auto sequential = std::make_shared<SequentialImpl>();
    for (const Json &child : description.at("children")) {
      if (child.is_array())
        sequential->push_back(child.at(0).get<std::string>(), buildModule(child.at(1)));
      else
        sequential->push_back(buildModule(child));
    }
    return AnyModule(sequential);
  }
  auto it = factories.find(name);
  if (it == factories.end())
    throw Error("there is no module class '" + name + "'");
  Args args(description.value("args", Json()));
  AnyModule module = it->second(args);
  args.finish();
  return module;
}

static DType toDType(const std::string &name) {
  std::optional<DType> dtype = weights::parseDType(name);
  if (!dtype)
    throw Error("there is no element type '" + name + "'");
  return *dtype;
}

static std::vector<Input> toInputs(const Json &description) {
  std::vector<Input> inputs;
  for (const Json &entry : description) {
    Input input(entry.at("name").get<std::string>(), toDType(entry.value("dtype", "f32")));
    if (entry.contains("dims")) {
      input.dims.emplace();
      for (const Json &dim : entry["dims"])
        input.dims->push_back(dim.is_string() ? Dim::symbol(dim.get<std::string>())
                                              : Dim(dim.get<int64_t>()));
    }
    inputs.push_back(input);
  }
  return inputs;
}

static void writeKeys(Module &module, const std::string &path) {
  Json keys = Json::array();
  for (const StateEntry &entry : module.state_dict())
    keys.push_back({entry.name, toString(entry.shape), weights::getName(entry.dtype)});
  std::ofstream(path) << keys.dump(1) << "\n";
}

static void run(const Json &description) {
  AnyModule module = buildModule(description.at("module"));
  module->train(description.value("mode", "eval") == "train");
  if (description.contains("dtype"))
    module->to(toDType(description["dtype"]));
  if (description.contains("load"))
    load_state_dict(*module.ptr(), description["load"].get<std::string>());
  if (description.contains("state_dict"))
    writeKeys(*module.ptr(), description["state_dict"]);
  if (description.contains("save"))
    save_state_dict(*module.ptr(), description["save"]);
  if (!description.contains("output") && !description.contains("text"))
    return;
  Program program = trace(module, toInputs(description.value("inputs", Json::array({{{"name", "x"}}}))));
  if (description.contains("text"))
    std::ofstream(description["text"].get<std::string>()) << program.str();
  if (description.contains("output"))
    program.save(description["output"]);
}

} // namespace lz::test

int main() {
  try {
    lz::test::run(lz::test::Json::parse(std::cin));
  } catch (const std::exception &error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
