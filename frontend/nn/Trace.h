//===- Trace.h - From a module to a program -------------------------------===//
//
// Calls `forward` once with symbolic tensors and records what it does. Nothing
// is computed, no random number is drawn, no running statistic moves. As in
// PyTorch, a module starts in train mode: call eval() before tracing it for inference.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_TRACE_H
#define LAZULI_FRONTEND_NN_TRACE_H

#include "frontend/nn/ModuleHolder.h"

#include <iosfwd>

namespace lz::nn {

namespace detail {
class Tracer;
struct ProgramAccess;
} // namespace detail

/// One input of a model.
struct Input {
  /// Unknown rank, to be bound by an example when the program is compiled.
  Input(std::string name, DType dtype = DType::f32) : name(std::move(name)), dtype(dtype) {}
  Input(const char *name, DType dtype = DType::f32) : name(name), dtype(dtype) {}
  /// Integers, or Dim::symbol("batch") for sizes that stay free.
  Input(std::string name, DType dtype, Dims dims)
      : name(std::move(name)), dtype(dtype), dims(std::move(dims)) {}

  std::string name;
  DType dtype;
  std::optional<Dims> dims;
};

struct TraceOptions {
  /// Names of the outputs; by default "output", or "output_0", "output_1", ...
  std::vector<std::string> outputs;
  /// The name of the entry point.
  std::string entry = "forward";
};

/// A traced model in the compiler's intermediate representation, with what is
/// not known yet unresolved. Owns everything; independent of the module it was
/// traced from.
class Program {
public:
  Program(Program &&);
  Program &operator=(Program &&);
  ~Program();

  /// The representation as text.
  std::string str() const;
  void print(std::ostream &stream) const;
  void print() const;

  /// Writes an unresolved artifact, which `lazuli compile` materializes and
  /// compiles. Throws Error if the file cannot be written.
  void save(const std::string &path) const;

private:
  friend struct detail::ProgramAccess;
  friend class detail::Tracer;
  struct Impl;
  explicit Program(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

namespace detail {
using Forward = std::function<std::vector<Tensor>(const std::vector<Tensor> &)>;
Program trace(Module &root, const Forward &forward, const std::vector<Input> &inputs,
              const TraceOptions &options, SourceLoc loc);
} // namespace detail

/// Traces a module. Its `forward` takes one tensor per input and may return
/// tensors, tuples, pairs, vectors and optionals of them; undefined tensors
/// among the outputs are left out. What no line inside a `forward` made is located
/// at `loc`. Throws Error where the model is wrong.
template <typename T, typename = std::enable_if_t<std::is_base_of_v<Module, T>>>
Program trace(T &module, const std::vector<Input> &inputs = {{"input"}},
              const TraceOptions &options = {}, SourceLoc loc = SourceLoc::current()) {
  return detail::trace(
      module,
      [&](const std::vector<Tensor> &tensors) {
        return detail::callWithTensors(module, loc, tensors);
      },
      inputs, options, loc);
}
template <typename T>
Program trace(const std::shared_ptr<T> &module, const std::vector<Input> &inputs = {{"input"}},
              const TraceOptions &options = {}, SourceLoc loc = SourceLoc::current()) {
  return trace(*module, inputs, options, loc);
}
template <typename Holder, typename = typename Holder::Contained>
Program trace(const Holder &module, const std::vector<Input> &inputs = {{"input"}},
              const TraceOptions &options = {}, SourceLoc loc = SourceLoc::current()) {
  return trace(*module, inputs, options, loc);
}
Program trace(const AnyModule &module, const std::vector<Input> &inputs = {{"input"}},
              const TraceOptions &options = {}, SourceLoc loc = SourceLoc::current());

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_TRACE_H
