//===- Container.h - Sequential, ModuleList, ModuleDict -------------------===//
//
// As in PyTorch; children of a Sequential or list are named "0", "1", ...
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_CONTAINER_H
#define LAZULI_FRONTEND_NN_CONTAINER_H

#include "frontend/nn/ModuleHolder.h"

namespace lz::nn {

/// Modules in order, named "0", "1", ...: what Sequential and ModuleList share.
class ModuleSequence : public Module {
public:
  void push_back(AnyModule module);
  size_t size() const { return modules.size(); }
  const AnyModule &operator[](size_t index) const { return modules.at(index); }
  std::vector<AnyModule>::const_iterator begin() const { return modules.begin(); }
  std::vector<AnyModule>::const_iterator end() const { return modules.end(); }

protected:
  explicit ModuleSequence(std::string kind, std::vector<AnyModule> list = {});
  void push_back(const std::string &name, AnyModule module);

private:
  std::vector<AnyModule> modules;
};

/// Feeds each module's output to the next.
class SequentialImpl : public ModuleSequence {
public:
  SequentialImpl() : ModuleSequence("Sequential") {}
  template <typename First, typename... Rest,
            typename = std::enable_if_t<std::is_constructible_v<AnyModule, First &&>>>
  explicit SequentialImpl(First &&first, Rest &&...rest)
      : ModuleSequence("Sequential", {AnyModule(std::forward<First>(first)),
                                      AnyModule(std::forward<Rest>(rest))...}) {}
  /// With names instead of numbers.
  explicit SequentialImpl(std::vector<std::pair<std::string, AnyModule>> named);

  using ModuleSequence::push_back;
  Tensor forward(Tensor x);
};
LZ_MODULE(Sequential);

/// A list of modules, called one by one: `for (auto &layer : *layers)`.
class ModuleListImpl : public ModuleSequence {
public:
  ModuleListImpl() : ModuleSequence("ModuleList") {}
  template <typename First, typename... Rest,
            typename = std::enable_if_t<std::is_constructible_v<AnyModule, First &&>>>
  explicit ModuleListImpl(First &&first, Rest &&...rest)
      : ModuleSequence("ModuleList", {AnyModule(std::forward<First>(first)),
                                      AnyModule(std::forward<Rest>(rest))...}) {}

  /// A list computes nothing by itself: throws.
  Tensor forward(Tensor x);
};
LZ_MODULE(ModuleList);

/// Modules by name, in the order of insertion.
class ModuleDictImpl : public Module {
public:
  ModuleDictImpl() : Module("ModuleDict") {}
  explicit ModuleDictImpl(std::vector<std::pair<std::string, AnyModule>> named);

  void insert(const std::string &name, AnyModule module);
  bool contains(const std::string &name) const;
  /// Throws if there is none of that name.
  const AnyModule &operator[](const std::string &name) const;
  size_t size() const { return modules.size(); }
  auto begin() const { return modules.begin(); }
  auto end() const { return modules.end(); }

  /// A dictionary computes nothing by itself: throws.
  Tensor forward(Tensor x);

private:
  std::vector<std::pair<std::string, AnyModule>> modules;
};
LZ_MODULE(ModuleDict);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_CONTAINER_H
