//===- Parameter.h - Weights and running statistics of modules ------------===//
//
// A parameter has a shape, which may hold sizes still to be inferred, and a rule
// for its first value; a value only once one was loaded. Drawing random values
// is the compiler's work, keyed by the parameter's name.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_PARAMETER_H
#define LAZULI_FRONTEND_NN_PARAMETER_H

#include "frontend/nn/Tensor.h"

#include <memory>

namespace lz::nn {

/// A dense row-major value in memory. Copies share the bytes, which nobody
/// changes after construction.
class Array {
public:
  Array() = default;
  /// Copies `shape`'s product times the element size in bytes from `data`.
  Array(DType dtype, Ints shape, const void *data);
  /// Borrows memory that lives as long as `owner`.
  Array(DType dtype, Ints shape, std::shared_ptr<const void> owner, const void *data);

  bool defined() const { return bytes != nullptr; }
  DType dtype() const { return elementType; }
  const Ints &shape() const { return sizes; }
  const void *data() const { return bytes; }
  size_t numElements() const;
  size_t sizeBytes() const { return numElements() * weights::getSizeBytes(elementType); }
  /// Another floating-point width, rounded to nearest even. Only floats.
  Array to(DType dtype) const;

private:
  DType elementType = DType::f32;
  Ints sizes;
  std::shared_ptr<const void> owner;
  const void *bytes = nullptr;
};

class Parameter;

/// How a parameter gets its first value.
struct Init {
  enum class Kind {
    Fill,           ///< every element is `a`
    Uniform,        ///< uniform in [a, b)
    Normal,         ///< mean a, standard deviation b; row `zeroRow` is 0
    KaimingUniform, ///< He et al., for a leaky ReLU of slope a
    UniformFanIn,   ///< uniform in +-1 / sqrt(fan-in of `other`)
    UniformScaled   ///< uniform in +-sqrt(a / size)
  };
  Kind kind = Kind::Fill;
  double a = 0, b = 0;
  Dim size;
  int64_t zeroRow = -1;
  std::shared_ptr<const Parameter> other;

  static Init zeros() { return {}; }
  static Init ones() { return fill(1); }
  static Init fill(double value) { return make(Kind::Fill, value, 0); }
  static Init uniform(double low, double high) { return make(Kind::Uniform, low, high); }
  static Init normal(double mean = 0, double std = 1) { return make(Kind::Normal, mean, std); }
  static Init normalExceptRow(int64_t zeroRow) {
    Init init = normal();
    init.zeroRow = zeroRow;
    return init;
  }
  static Init kaimingUniform(double a) { return make(Kind::KaimingUniform, a, 0); }
  static Init uniformFanIn(const Parameter &weight);
  static Init uniformScaled(double numerator, Dim size) {
    Init init = make(Kind::UniformScaled, numerator, 0);
    init.size = std::move(size);
    return init;
  }
  /// Glorot and Bengio, for a matrix of this shape.
  static Init xavierUniform(const Dim &rows, const Dim &columns) {
    return uniformScaled(6, rows + columns);
  }

private:
  static Init make(Kind kind, double a, double b) {
    Init init;
    init.kind = kind;
    init.a = a;
    init.b = b;
    return init;
  }
};

namespace detail {
struct ParameterData {
  Dims shape;
  DType dtype = DType::f32;
  Init init;
  bool isBuffer = false;
  Array value;
};
} // namespace detail

/// A handle to a parameter or buffer; copies mean the same one. In `forward` it
/// turns into its value by itself: `linear(x, weight)`.
class Parameter {
public:
  /// Undefined: the module has none, as with `bias(false)`.
  Parameter() = default;
  Parameter(Dims shape, Init init, DType dtype = DType::f32, bool isBuffer = false);

  bool defined() const { return slot != nullptr; }
  /// Sizes of lazy fields that have been solved are integers.
  Dims shape() const;
  DType dtype() const { return data().dtype; }
  bool isBuffer() const { return data().isBuffer; }
  /// False while a size is still to be inferred.
  bool isMaterialized() const;
  /// The loaded value, undefined if there is none.
  const Array &value() const { return data().value; }
  /// Shares `other`: one parameter under two names. Both must have one dtype.
  void tie(const Parameter &other);

  /// Its value in the trace under way.
  operator Tensor() const;
  Tensor tensor() const;
  /// Buffers only: from here on in the trace, and in the next run, it has the
  /// value of `value`. Makes it a state of the compiled model.
  void assign(const Tensor &value) const;

  detail::ParameterData &data() const;

private:
  struct Slot {
    std::shared_ptr<detail::ParameterData> data;
  };
  std::shared_ptr<Slot> slot;
};

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_PARAMETER_H
