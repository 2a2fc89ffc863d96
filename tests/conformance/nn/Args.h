//===- Args.h - Arguments of a module read from JSON ----------------------===//
//
// Reads arguments by PyTorch's names and notices those nobody asked for, so that
// a misspelt test fails instead of testing the default.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TESTS_CONFORMANCE_NN_ARGS_H
#define LAZULI_TESTS_CONFORMANCE_NN_ARGS_H

#include "frontend/nn/nn.h"

#include <set>

#include <nlohmann/json.hpp>

namespace lz::test {

using Json = nlohmann::json;

class Args {
public:
  explicit Args(const Json &json) : json(json.is_null() ? Json::object() : json) {}

  template <typename T> T get(const char *name) {
    used.insert(name);
    if (!json.contains(name))
      throw nn::Error(std::string("the argument '") + name + "' is missing");
    return convert<T>(json[name]);
  }
  template <typename T> T get(const char *name, T fallback) {
    used.insert(name);
    return json.contains(name) ? convert<T>(json[name]) : fallback;
  }
  template <typename T> std::optional<T> find(const char *name) {
    used.insert(name);
    if (!json.contains(name) || json[name].is_null())
      return std::nullopt;
    return convert<T>(json[name]);
  }
  /// Passes the argument to the setter of an option if it is given.
  template <typename T, typename Options, typename Setter>
  Args &set(const char *name, Options &options, Setter setter) {
    used.insert(name);
    if (json.contains(name))
      (options.*setter)(convert<T>(json[name]));
    return *this;
  }

  void finish() const {
    for (const auto &entry : json.items())
      if (!used.count(entry.key()))
        throw nn::Error("the argument '" + entry.key() + "' is unknown");
  }

private:
  template <typename T> static T convert(const Json &value) {
    if constexpr (std::is_same_v<T, std::optional<double>> ||
                  std::is_same_v<T, std::optional<int64_t>>)
      return value.is_null() ? T() : T(value.get<typename T::value_type>());
    else
      return value.get<T>();
  }

  Json json;
  std::set<std::string> used;
};

/// One number or a list.
template <int N> nn::Sizes<N> toSizes(const Json &value) {
  if (value.is_array())
    return nn::Sizes<N>(value.get<nn::Ints>());
  return nn::Sizes<N>(value.get<int64_t>());
}

/// Builds the module of a JSON description: {"class": ..., "args": {...}}, for
/// containers {"class": "Sequential", "children": [...]}. Throws nn::Error.
nn::AnyModule buildModule(const Json &description);

using Factory = std::function<nn::AnyModule(Args &)>;
using Factories = std::map<std::string, Factory>;
void addLinear(Factories &factories);
void addConvAndPool(Factories &factories);
void addNorm(Factories &factories);
void addRecurrentAndAttention(Factories &factories);
void addActivations(Factories &factories);

} // namespace lz::test

#endif // LAZULI_TESTS_CONFORMANCE_NN_ARGS_H
