//===- Module.h - The base of all modules ---------------------------------===//
//
// As torch::nn::Module: derive, register children and parameters by name, write
// a `forward`. `forward` is not run but traced (see Trace.h), so it is written
// in terms of Tensor.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_MODULE_H
#define LAZULI_FRONTEND_NN_MODULE_H

#include "frontend/nn/Parameter.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lz::nn {

class Module;

/// One entry of a state dict: what a parameter or buffer is, and its value if it
/// has one. An entry without a value is uninitialized.
struct StateEntry {
  std::string name;
  DType dtype = DType::f32;
  Dims shape;
  Array value;
};
using StateDict = std::vector<StateEntry>;

/// A size that is inferred from the first input, such as `in_features`.
struct LazyField {
  std::string field;
  Dim symbol;          ///< stands for it in shapes; `symbol.resolved()` once solved
  int64_t divisor = 1; ///< it must be a multiple of this
};

class Module {
public:
  /// May change the inputs before `forward` sees them.
  using PreHook = std::function<void(Module &, std::vector<Tensor> &inputs)>;
  /// May change the outputs after `forward` made them.
  using Hook = std::function<void(Module &, const std::vector<Tensor> &inputs,
                                  std::vector<Tensor> &outputs)>;

  Module();
  virtual ~Module();
  Module(Module &&) = default;
  Module &operator=(Module &&) = default;

  /// The class as users know it, such as "LazyLinear"; once everything lazy in
  /// it is solved, "Linear".
  std::string kind() const;

  /// Train or evaluation mode, of this module and all below it.
  void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const { return training; }

  /// Changes the element type of all floating-point parameters and buffers
  /// below; loaded values are converted.
  void to(DType dtype);

  /// Calls `function` for every module below, then for this one.
  void apply(const std::function<void(Module &)> &function);

  // Names are as in PyTorch: "layers.0.weight"; each object appears once, under
  // its first name.
  std::vector<std::pair<std::string, Module *>> named_modules();
  std::vector<std::pair<std::string, Module *>> named_children();
  std::vector<std::pair<std::string, Parameter>> named_parameters();
  std::vector<std::pair<std::string, Parameter>> named_buffers();
  /// Parameters and buffers together, in the order of the state dict.
  std::vector<std::pair<std::string, Parameter>> named_state();
  std::vector<Parameter> parameters();

  /// Parameters and buffers under all their names, in PyTorch's order.
  StateDict state_dict();
  /// Takes the values of `dict`. Floating-point values are converted to the
  /// parameter's type. Values for a module that is not materialized solve its
  /// sizes. With `strict`, missing and unexpected names are errors. Throws one
  /// Error that lists everything that is wrong, and then changes nothing.
  void load_state_dict(const StateDict &dict, bool strict = true);

  void register_forward_pre_hook(PreHook hook) { preHooks.push_back(std::move(hook)); }
  void register_forward_hook(Hook hook) { hooks.push_back(std::move(hook)); }

  /// Adds a child. Throws if the name is empty, holds a dot or is taken.
  template <typename Holder, typename = typename Holder::Contained>
  Holder register_module(const std::string &name, Holder child) {
    addChild(name, child.ptr());
    return child;
  }
  template <typename T>
  std::shared_ptr<T> register_module(const std::string &name, std::shared_ptr<T> child) {
    addChild(name, child);
    return child;
  }

  Parameter register_parameter(const std::string &name, Parameter parameter);
  Parameter register_parameter(const std::string &name, Dims shape, Init init = Init::zeros(),
                               DType dtype = DType::f32);
  /// Running statistics and the like: in the state dict, but not a parameter.
  Parameter register_buffer(const std::string &name, Dims shape, Init init = Init::zeros(),
                            DType dtype = DType::f32);

  /// A size to be inferred, for shapes of parameters: `field` names it in
  /// messages, `divisor` divides it. Each call makes a new one.
  Dim lazy_field(const std::string &field, int64_t divisor = 1);
  const std::vector<LazyField> &lazy_fields() const { return lazyFields; }

  const std::vector<PreHook> &forward_pre_hooks() const { return preHooks; }
  const std::vector<Hook> &forward_hooks() const { return hooks; }
  /// True for the library's own modules, whose operations are located where
  /// the user calls the module, not inside the library.
  bool isBuiltin() const { return !builtinKind.empty(); }

protected:
  /// For the library's own modules: the class as users write it.
  explicit Module(std::string builtinKind);
  void addChild(const std::string &name, std::shared_ptr<Module> child);

private:
  using ParameterVisitor = std::function<void(const std::string &, const Parameter &)>;
  friend struct StateLoader;
  void visitModules(const std::string &path,
                    const std::function<void(const std::string &, Module &)> &visit);
  void visitState(const ParameterVisitor &visit);
  std::vector<std::pair<std::string, Parameter>> collect(bool parameters, bool buffers);
  void checkNewName(const std::string &name) const;

  std::string builtinKind;
  bool training = true;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> childModules;
  std::vector<std::pair<std::string, Parameter>> ownParameters;
  std::vector<std::pair<std::string, Parameter>> ownBuffers;
  std::vector<LazyField> lazyFields;
  std::vector<PreHook> preHooks;
  std::vector<Hook> hooks;
};

/// Writes the state dict of `module` as a safetensors file. Entries without a
/// value are named in its metadata ("lazuli.uninitialized").
void save_state_dict(Module &module, const std::string &path);
/// Reads a safetensors file and calls `load_state_dict`. The values stay mapped.
void load_state_dict(Module &module, const std::string &path, bool strict = true);
/// Reads a safetensors file as a state dict.
StateDict read_state_dict(const std::string &path);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_MODULE_H
