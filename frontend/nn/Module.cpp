//===- Module.cpp - The base of all modules -------------------------------===//
//
// The tree of modules: registration, names, modes.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Module.h"

#include "frontend/nn/LazySolutions.h"
#include "frontend/nn/ModuleHolder.h"

#include <cstdlib>
#include <set>

#include <cxxabi.h>

namespace lz::nn {

namespace {

std::string joinPath(const std::string &path, const std::string &name) {
  return path.empty() ? name : path + "." + name;
}

/// The class name without namespaces and the suffix `Impl`.
std::string describeType(const std::type_info &type) {
  int status = 0;
  char *demangled = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? demangled : type.name();
  std::free(demangled);
  size_t colon = name.substr(0, name.find('<')).rfind("::");
  if (colon != std::string::npos)
    name = name.substr(colon + 2);
  if (name.size() > 4 && name.compare(name.size() - 4, 4, "Impl") == 0)
    name.resize(name.size() - 4);
  return name;
}

} // namespace

Module::Module() = default;
Module::Module(std::string builtinKind) : builtinKind(std::move(builtinKind)) {}
Module::~Module() = default;

std::string Module::kind() const {
  std::string kind = isBuiltin() ? builtinKind : describeType(typeid(*this));
  if (lazyFields.empty() || kind.compare(0, 4, "Lazy") != 0)
    return kind;
  for (const LazyField &field : lazyFields)
    if (!field.symbol.resolved().isKnown())
      return kind;
  return kind.substr(4);
}

void Module::train(bool on) {
  apply([on](Module &module) { module.training = on; });
}

void Module::apply(const std::function<void(Module &)> &function) {
  for (auto &child : childModules)
    child.second->apply(function);
  function(*this);
}

void Module::to(DType dtype) {
  if (!weights::isFloat(dtype))
    throw Error(std::string("a module can be converted to floating-point types only, not to ") +
                weights::getName(dtype));
  visitState([&](const std::string &, const Parameter &parameter) {
    detail::ParameterData &data = parameter.data();
    if (!weights::isFloat(data.dtype))
      return;
    if (data.value.defined())
      data.value = data.value.to(dtype);
    data.dtype = dtype;
  });
}

void Module::checkNewName(const std::string &name) const {
  auto fail = [&](const std::string &why) {
    throw Error("the name '" + name + "' in a " + kind() + " " + why);
  };
  if (name.empty())
    fail("is empty");
  if (name.find('.') != std::string::npos)
    fail("holds a dot, which separates the names of nested modules");
  for (const auto &child : childModules)
    if (child.first == name)
      fail("is already that of a module");
  for (const auto *list : {&ownParameters, &ownBuffers})
    for (const auto &entry : *list)
      if (entry.first == name)
        fail("is already that of a parameter or buffer");
}

void Module::addChild(const std::string &name, std::shared_ptr<Module> child) {
  checkNewName(name);
  if (!child)
    throw Error("the module registered as '" + name + "' in a " + kind() + " is null");
  childModules.emplace_back(name, std::move(child));
}

Parameter Module::register_parameter(const std::string &name, Parameter parameter) {
  checkNewName(name);
  if (parameter.defined())
    ownParameters.emplace_back(name, parameter);
  return parameter;
}

Parameter Module::register_parameter(const std::string &name, Dims shape, Init init, DType dtype) {
  return register_parameter(name, Parameter(std::move(shape), std::move(init), dtype));
}

Parameter Module::register_buffer(const std::string &name, Dims shape, Init init, DType dtype) {
  checkNewName(name);
  Parameter buffer(std::move(shape), std::move(init), dtype, /*isBuffer=*/true);
  ownBuffers.emplace_back(name, buffer);
  return buffer;
}

Dim Module::lazy_field(const std::string &field, int64_t divisor) {
  lazyFields.push_back({field, detail::makeLazySymbol(), divisor});
  return lazyFields.back().symbol;
}

void Module::visitModules(const std::string &path,
                          const std::function<void(const std::string &, Module &)> &visit) {
  visit(path, *this);
  for (auto &child : childModules)
    child.second->visitModules(joinPath(path, child.first), visit);
}

void Module::visitState(const ParameterVisitor &visit) {
  visitModules("", [&](const std::string &path, Module &module) {
    for (auto &[name, parameter] : module.ownParameters)
      visit(joinPath(path, name), parameter);
    for (auto &[name, buffer] : module.ownBuffers)
      visit(joinPath(path, name), buffer);
  });
}

std::vector<std::pair<std::string, Module *>> Module::named_modules() {
  std::vector<std::pair<std::string, Module *>> result;
  std::set<const Module *> seen;
  visitModules("", [&](const std::string &path, Module &module) {
    if (seen.insert(&module).second)
      result.emplace_back(path, &module);
  });
  return result;
}

std::vector<std::pair<std::string, Module *>> Module::named_children() {
  std::vector<std::pair<std::string, Module *>> result;
  for (auto &child : childModules)
    result.emplace_back(child.first, child.second.get());
  return result;
}

std::vector<std::pair<std::string, Parameter>> Module::collect(bool parameters, bool buffers) {
  std::vector<std::pair<std::string, Parameter>> result;
  std::set<const void *> seen;
  visitState([&](const std::string &name, const Parameter &parameter) {
    if ((parameter.isBuffer() ? buffers : parameters) && seen.insert(&parameter.data()).second)
      result.emplace_back(name, parameter);
  });
  return result;
}

std::vector<std::pair<std::string, Parameter>> Module::named_parameters() {
  return collect(true, false);
}
std::vector<std::pair<std::string, Parameter>> Module::named_buffers() {
  return collect(false, true);
}
std::vector<std::pair<std::string, Parameter>> Module::named_state() { return collect(true, true); }

std::vector<Parameter> Module::parameters() {
  std::vector<Parameter> result;
  for (auto &entry : named_parameters())
    result.push_back(entry.second);
  return result;
}

Tensor AnyModule::operator()(const Located &x) const {
  std::vector<Tensor> outputs = call({x.tensor}, x.loc);
  if (outputs.size() != 1)
    throw Error("a " + module->kind() + " returns " + std::to_string(outputs.size()) +
                " tensors where one is expected; use call()");
  return outputs.front();
}

namespace detail {

void runPreHooks(Module &module, std::vector<Tensor> &inputs) {
  for (const Module::PreHook &hook : module.forward_pre_hooks())
    hook(module, inputs);
}

void runHooks(Module &module, const std::vector<Tensor> &inputs, std::vector<Tensor> &outputs) {
  for (const Module::Hook &hook : module.forward_hooks())
    hook(module, inputs, outputs);
}

void failArgumentCount(const Module &module, size_t given, size_t taken) {
  throw Error("the forward of " + module.kind() + " takes " + std::to_string(taken) +
              " tensors, but " + std::to_string(given) + " were given");
}

} // namespace detail

} // namespace lz::nn
