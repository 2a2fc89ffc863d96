//===- Container.cpp - Sequential, ModuleList, ModuleDict -----------------===//
//
// Keep the callable beside the child that Module registers.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Container.h"

namespace lz::nn {

ModuleSequence::ModuleSequence(std::string kind, std::vector<AnyModule> list)
    : Module(std::move(kind)) {
  for (AnyModule &module : list)
    push_back(std::move(module));
}

void ModuleSequence::push_back(AnyModule module) {
  push_back(std::to_string(modules.size()), std::move(module));
}

void ModuleSequence::push_back(const std::string &name, AnyModule module) {
  addChild(name, module.ptr());
  modules.push_back(std::move(module));
}

SequentialImpl::SequentialImpl(std::vector<std::pair<std::string, AnyModule>> named)
    : SequentialImpl() {
  for (auto &[name, module] : named)
    push_back(name, std::move(module));
}

Tensor SequentialImpl::forward(Tensor x) {
  for (const AnyModule &module : *this)
    x = module(x);
  return x;
}

Tensor ModuleListImpl::forward(Tensor) {
  throw Error("a ModuleList has no forward; call its modules one by one");
}

ModuleDictImpl::ModuleDictImpl(std::vector<std::pair<std::string, AnyModule>> named)
    : ModuleDictImpl() {
  for (auto &[name, module] : named)
    insert(name, std::move(module));
}

void ModuleDictImpl::insert(const std::string &name, AnyModule module) {
  addChild(name, module.ptr());
  modules.emplace_back(name, std::move(module));
}

bool ModuleDictImpl::contains(const std::string &name) const {
  for (const auto &entry : modules)
    if (entry.first == name)
      return true;
  return false;
}

const AnyModule &ModuleDictImpl::operator[](const std::string &name) const {
  std::string known;
  for (const auto &entry : modules) {
    if (entry.first == name)
      return entry.second;
    known += (known.empty() ? "'" : ", '") + entry.first + "'";
  }
  throw Error("the ModuleDict has no module '" + name + "', only " +
              (known.empty() ? "none" : known));
}

Tensor ModuleDictImpl::forward(Tensor) {
  throw Error("a ModuleDict has no forward; call its modules by name");
}

} // namespace lz::nn
