//===- StateDict.cpp - State dicts and their files ------------------------===//
//
// Loading is all or nothing: every value is checked against every shape, sizes
// still to be inferred are solved on the side, and only then anything changes.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/LazySolutions.h"
#include "frontend/nn/Module.h"
#include "frontend/weights/Safetensors.h"

#include <nlohmann/json.hpp>

namespace lz::nn {

namespace {

/// The key of the metadata that lists what a file was saved without.
constexpr const char *kUninitialized = "lazuli.uninitialized";

std::string toText(const Ints &shape) {
  Dims dims(shape.begin(), shape.end());
  return toString(dims);
}

bool endsWith(const std::string &text, const std::string &suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

} // namespace

/// Checks a state dict against a module, then stores its values.
struct StateLoader {
  StateLoader(Module &root, const StateDict &dict, bool strict) : root(root) {
    for (const StateEntry &entry : dict)
      if (!given.emplace(entry.name, &entry).second)
        problem(entry.name + ": given twice");
    check(strict);
    if (!problems.empty())
      throw Error("the state dict does not fit " + root.kind() + ":" + problems);
    commit();
  }

private:
  void problem(const std::string &text) { problems += "\n  " + text; }

  void check(bool strict) {
    std::map<std::string, const StateEntry *> unexpected = given;
    root.visitState([&](const std::string &name, const Parameter &parameter) {
      unexpected.erase(name);
      auto it = given.find(name);
      if (it != given.end())
        checkEntry(*it->second, parameter);
      else if (strict && !isOptional(name))
        problem("missing: " + name + " " + toString(parameter.shape()));
    });
    if (strict)
      for (auto &entry : unexpected)
        problem("unexpected: " + entry.first);
    checkDivisors();
  }

  /// Files written before PyTorch 0.4.1 have no such counters.
  static bool isOptional(const std::string &name) {
    return endsWith(name, "num_batches_tracked");
  }

  void checkEntry(const StateEntry &entry, const Parameter &parameter) {
    if (!entry.value.defined())
      return;
    DType from = entry.value.dtype(), to = parameter.dtype();
    if (from != to && !(weights::isFloat(from) && weights::isFloat(to)))
      problem(entry.name + ": has element type " + weights::getName(from) + ", expected " +
              weights::getName(to));
    const Ints &found = entry.value.shape();
    Dims expected = parameter.shape();
    bool fits = found.size() == expected.size();
    for (size_t i = 0; fits && i < found.size(); ++i)
      fits = solve(entry.name, expected[i].expr(), found[i]);
    if (fits)
      values.emplace_back(parameter, entry.value);
    else
      problem(entry.name + ": has shape " + toText(found) + ", expected " + toString(expected) +
              describeSolutions(expected));
  }

  /// Solves one dimension and remembers which entry decided.
  bool solve(const std::string &name, const DimExpr &shape, int64_t value) {
    size_t before = solutions.size();
    if (!detail::solveLazy(shape, value, solutions))
      return false;
    if (solutions.size() > before) {
      std::set<std::string> symbols;
      shape.collectSymbols(symbols);
      deciders.emplace(*symbols.begin(), name);
    }
    return true;
  }

  /// " where ? is 4 by 'fc.weight'": what other entries said.
  std::string describeSolutions(const Dims &shape) {
    std::set<std::string> symbols;
    for (const Dim &dim : shape)
      dim.expr().collectSymbols(symbols);
    std::string text;
    for (const std::string &symbol : symbols) {
      auto it = deciders.find(symbol);
      if (it != deciders.end())
        text += " with ? = " + std::to_string(solutions[symbol]) + " from " + it->second;
    }
    return text;
  }

  void checkDivisors() {
    root.visitModules("", [&](const std::string &path, Module &module) {
      for (const LazyField &field : module.lazy_fields()) {
        auto it = solutions.find(field.symbol.expr().getSymbol().value_or(""));
        if (it != solutions.end() && it->second % field.divisor != 0)
          problem((path.empty() ? "" : path + ": ") + field.field + " would be " +
                  std::to_string(it->second) + ", expected a multiple of " +
                  std::to_string(field.divisor));
      }
    });
  }

  void commit() {
    detail::addLazySolutions(solutions);
    for (auto &[parameter, value] : values)
      parameter.data().value = value.to(parameter.dtype());
  }

  Module &root;
  std::map<std::string, const StateEntry *> given;
  std::vector<std::pair<Parameter, Array>> values;
  detail::LazyValues solutions;
  std::map<std::string, std::string> deciders; ///< lazy symbol to entry
  std::string problems;
};

StateDict Module::state_dict() {
  StateDict dict;
  visitState([&](const std::string &name, const Parameter &parameter) {
    dict.push_back({name, parameter.dtype(), parameter.shape(), parameter.value()});
  });
  return dict;
}

void Module::load_state_dict(const StateDict &dict, bool strict) {
  StateLoader loader(*this, dict, strict);
}

StateDict read_state_dict(const std::string &path) {
  auto file = weights::SafetensorsFile::open(path);
  if (!file.isOk())
    throw Error(file.getStatus().getMessage());
  StateDict dict;
  for (const weights::NamedTensor &named : (*file)->getTensors()) {
    const weights::TensorView &view = named.tensor;
    Array value(view.dtype, view.shape, *file, view.data);
    dict.push_back({named.name, view.dtype, Dims(view.shape.begin(), view.shape.end()), value});
  }
  auto marked = (*file)->getMetadata().find(kUninitialized);
  if (marked == (*file)->getMetadata().end())
    return dict;
  auto names = nlohmann::json::parse(marked->second, nullptr, /*allow_exceptions=*/false);
  for (const auto &name : names.is_array() ? names : nlohmann::json::array())
    if (name.is_string())
      dict.push_back({name.get<std::string>(), DType::f32, {}, {}});
  return dict;
}

void load_state_dict(Module &module, const std::string &path, bool strict) {
  module.load_state_dict(read_state_dict(path), strict);
}

void save_state_dict(Module &module, const std::string &path) {
  std::vector<weights::NamedTensor> tensors;
  nlohmann::json uninitialized = nlohmann::json::array();
  StateDict dict = module.state_dict();
  for (const StateEntry &entry : dict) {
    const Array &value = entry.value;
    if (value.defined())
      tensors.push_back(
          {entry.name, {value.dtype(), value.shape(), value.data(), value.sizeBytes()}});
    else
      uninitialized.push_back(entry.name);
  }
  std::map<std::string, std::string> metadata = {{"format", "pt"}};
  if (!uninitialized.empty())
    metadata[kUninitialized] = uninitialized.dump();
  rt::Status status = weights::writeSafetensors(path, std::move(tensors), metadata);
  if (!status.isOk())
    throw Error(status.getMessage());
}

} // namespace lz::nn
