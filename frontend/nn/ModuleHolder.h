//===- ModuleHolder.h - Shared, callable handles to modules ---------------===//
//
// `Linear fc(3, 4); y = fc(x);`: a holder owns the implementation together with
// its copies, and calling it runs hooks and names what is traced inside. An
// AnyModule is the same for a module whose class is not known, as the elements
// of a Sequential.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_MODULEHOLDER_H
#define LAZULI_FRONTEND_NN_MODULEHOLDER_H

#include "frontend/nn/Module.h"

#include <array>
#include <tuple>

namespace lz::nn {

namespace detail {

/// The module under call: names and locates what is traced until it ends.
class ModuleScope {
public:
  ModuleScope(Module &module, SourceLoc loc);
  ~ModuleScope();
  ModuleScope(const ModuleScope &) = delete;
  ModuleScope &operator=(const ModuleScope &) = delete;
};

void runPreHooks(Module &module, std::vector<Tensor> &inputs);
void runHooks(Module &module, const std::vector<Tensor> &inputs, std::vector<Tensor> &outputs);

// Visits all tensors in nested tuples, pairs, vectors and optionals.
template <typename T, typename Visitor> void visitTensors(T &, Visitor &&) {}
template <typename Visitor> void visitTensors(Tensor &tensor, Visitor &&visit) { visit(tensor); }
template <typename T, typename Visitor> void visitTensors(std::vector<T> &list, Visitor &&visit);
template <typename T, typename Visitor> void visitTensors(std::optional<T> &value, Visitor &&visit);
template <typename A, typename B, typename Visitor>
void visitTensors(std::pair<A, B> &pair, Visitor &&visit);
template <typename... T, typename Visitor>
void visitTensors(std::tuple<T...> &tuple, Visitor &&visit) {
  std::apply([&](T &...element) { (visitTensors(element, visit), ...); }, tuple);
}
template <typename T, typename Visitor> void visitTensors(std::vector<T> &list, Visitor &&visit) {
  for (T &element : list)
    visitTensors(element, visit);
}
template <typename T, typename Visitor>
void visitTensors(std::optional<T> &value, Visitor &&visit) {
  if (value)
    visitTensors(*value, visit);
}
template <typename A, typename B, typename Visitor>
void visitTensors(std::pair<A, B> &pair, Visitor &&visit) {
  visitTensors(pair.first, visit);
  visitTensors(pair.second, visit);
}

template <typename T> std::vector<Tensor> collectTensors(T &value) {
  std::vector<Tensor> tensors;
  visitTensors(value, [&](Tensor &tensor) { tensors.push_back(tensor); });
  return tensors;
}
template <typename T> void replaceTensors(T &value, const std::vector<Tensor> &tensors) {
  size_t next = 0;
  visitTensors(value, [&](Tensor &tensor) {
    if (next == tensors.size())
      throw Error("a hook removed a tensor, expected as many as before");
    tensor = tensors[next++];
  });
}

/// Runs hooks and `forward`, in the scope of the module.
template <typename T, typename... Args> auto call(T &module, SourceLoc loc, Args &&...args) {
  ModuleScope scope(module, loc);
  if (module.forward_pre_hooks().empty() && module.forward_hooks().empty())
    return module.forward(std::forward<Args>(args)...);
  auto arguments = std::make_tuple(std::decay_t<Args>(args)...);
  std::vector<Tensor> inputs = collectTensors(arguments);
  runPreHooks(module, inputs);
  replaceTensors(arguments, inputs);
  auto result =
      std::apply([&](auto &...argument) { return module.forward(argument...); }, arguments);
  std::vector<Tensor> outputs = collectTensors(result);
  runHooks(module, inputs, outputs);
  replaceTensors(result, outputs);
  return result;
}

/// The decayed parameter types of T::forward; one Tensor if it is overloaded.
template <typename T> struct MemberArguments;
template <typename R, typename C, typename... A> struct MemberArguments<R (C::*)(A...)> {
  using Types = std::tuple<std::decay_t<A>...>;
};
template <typename R, typename C, typename... A> struct MemberArguments<R (C::*)(A...) const> {
  using Types = std::tuple<std::decay_t<A>...>;
};
template <typename T, typename = void> struct ForwardArguments {
  using Types = std::tuple<Tensor>;
};
template <typename T> struct ForwardArguments<T, std::void_t<decltype(&T::forward)>> {
  using Types = typename MemberArguments<decltype(&T::forward)>::Types;
};

/// The next argument of a type-erased call: a given tensor, or "not given".
template <typename A> A takeArgument(const std::vector<Tensor> &inputs, size_t &next) {
  if constexpr (std::is_same_v<A, Tensor>) {
    return next < inputs.size() ? inputs[next++] : Tensor();
  } else if constexpr (std::is_same_v<A, std::optional<Tensor>>) {
    return next < inputs.size() ? A(inputs[next++]) : A();
  } else if constexpr (std::is_same_v<A, std::vector<Tensor>>) {
    A rest(inputs.begin() + static_cast<long>(next), inputs.end());
    next = inputs.size();
    return rest;
  } else {
    static_assert(std::is_default_constructible_v<A>,
                  "arguments of forward must be tensors or have a default value");
    return A();
  }
}

[[noreturn]] void failArgumentCount(const Module &module, size_t given, size_t taken);

template <typename T, typename... A>
std::vector<Tensor> callErased(T &module, SourceLoc loc, const std::vector<Tensor> &inputs,
                               std::tuple<A...> *) {
  size_t next = 0;
  std::tuple<A...> arguments{takeArgument<A>(inputs, next)...};
  if (next != inputs.size())
    failArgumentCount(module, inputs.size(), next);
  auto result =
      std::apply([&](A &...argument) { return call(module, loc, argument...); }, arguments);
  return collectTensors(result);
}

/// Calls a module with tensors only; nested results come back flattened.
template <typename T>
std::vector<Tensor> callWithTensors(T &module, SourceLoc loc, const std::vector<Tensor> &inputs) {
  return callErased(module, loc, inputs,
                    static_cast<typename ForwardArguments<T>::Types *>(nullptr));
}

} // namespace detail

/// A first argument of a module, and where the module is called.
struct Located {
  Located(const Tensor &tensor, SourceLoc loc = SourceLoc::current()) : tensor(tensor), loc(loc) {}
  Located(const Parameter &parameter, SourceLoc loc = SourceLoc::current())
      : tensor(parameter.tensor()), loc(loc) {}
  Tensor tensor;
  SourceLoc loc;
};

/// Shared ownership of a module. Constructed from what the module is
/// constructed from, or from nullptr to be assigned later.
template <typename Impl> class ModuleHolder {
public:
  using Contained = Impl;

  ModuleHolder(std::nullptr_t) {}
  explicit ModuleHolder(std::shared_ptr<Impl> impl) : impl(std::move(impl)) {}
  ModuleHolder() : impl(std::make_shared<Impl>()) {}
  template <typename First, typename... Rest,
            typename = std::enable_if_t<!std::is_base_of_v<ModuleHolder, std::decay_t<First>> ||
                                        (sizeof...(Rest) > 0)>>
  explicit ModuleHolder(First &&first, Rest &&...rest)
      : impl(std::make_shared<Impl>(std::forward<First>(first), std::forward<Rest>(rest)...)) {}

  Impl *operator->() const { return &get(); }
  Impl &operator*() const { return get(); }
  const std::shared_ptr<Impl> &ptr() const { return impl; }
  explicit operator bool() const { return impl != nullptr; }

  /// Traces the module's `forward`.
  template <typename... Rest> auto operator()(Located x, Rest &&...rest) const {
    return detail::call(get(), x.loc, x.tensor, std::forward<Rest>(rest)...);
  }
  /// The same for a module whose first argument is no tensor.
  template <typename First, typename... Rest,
            typename = std::enable_if_t<!std::is_convertible_v<First &&, Located>>>
  auto operator()(First &&first, Rest &&...rest) const {
    return detail::call(get(), SourceLoc(), std::forward<First>(first),
                        std::forward<Rest>(rest)...);
  }

private:
  Impl &get() const {
    if (!impl)
      throw Error("a module holder made from nullptr is used before a module was assigned");
    return *impl;
  }

  std::shared_ptr<Impl> impl;
};

/// Declares the holder `Name` of the module class `NameImpl`.
#define LZ_MODULE(Name)                                                                            \
  class Name : public ::lz::nn::ModuleHolder<Name##Impl> {                                         \
  public:                                                                                          \
    using ::lz::nn::ModuleHolder<Name##Impl>::ModuleHolder;                                        \
  }

/// A module of any class. Its `forward` takes tensors; arguments that are not
/// given are undefined tensors or default values.
class AnyModule {
public:
  template <typename Holder, typename Impl = typename Holder::Contained>
  AnyModule(const Holder &holder) : AnyModule(holder.ptr()) {}
  template <typename T> AnyModule(std::shared_ptr<T> module) : module(module) {
    if (!module)
      throw Error("a module is null, expected one");
    T *raw = module.get();
    invoke = [raw](SourceLoc loc, const std::vector<Tensor> &inputs) {
      return detail::callWithTensors(*raw, loc, inputs);
    };
  }

  /// All outputs, nested ones flattened.
  std::vector<Tensor> call(const std::vector<Tensor> &inputs,
                           SourceLoc loc = SourceLoc::current()) const {
    return invoke(loc, inputs);
  }
  /// The only output; throws if there are several.
  Tensor operator()(const Located &x) const;

  const std::shared_ptr<Module> &ptr() const { return module; }
  Module *operator->() const { return module.get(); }
  /// The module as its class, or null if it is of another.
  template <typename T> T *as() const { return dynamic_cast<T *>(module.get()); }

private:
  std::shared_ptr<Module> module;
  std::function<std::vector<Tensor>(SourceLoc, const std::vector<Tensor> &)> invoke;
};

/// Declares an option of a module: `name()` reads it, `name(value)` sets it and
/// returns the options. The class must define `Self` as itself, or as the class
/// derived from it that users name.
#define LZ_OPTION(type, name, ...)                                                                 \
public:                                                                                            \
  const type &name() const { return name##Value; }                                                 \
  Self &name(type value) {                                                                         \
    name##Value = std::move(value);                                                                \
    return static_cast<Self &>(*this);                                                             \
  }                                                                                                \
                                                                                                   \
private:                                                                                           \
  type name##Value = __VA_ARGS__

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_MODULEHOLDER_H
