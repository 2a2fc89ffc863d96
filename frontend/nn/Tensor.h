//===- Tensor.h - A value of the model being traced -----------------------===//
//
// A handle: nothing is computed while a model is traced. Operators and methods
// append operations to the trace and return handles to their results. The
// names, arguments and meanings are PyTorch's.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_TENSOR_H
#define LAZULI_FRONTEND_NN_TENSOR_H

#include "frontend/nn/Dim.h"
#include "frontend/nn/Error.h"
#include "frontend/weights/DType.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lz::nn {

using weights::DType;
using Ints = std::vector<int64_t>;

/// Axes of a tensor, as PyTorch takes them: `1` or `{1, 2}`; negative ones count
/// from the end.
class Axes {
public:
  Axes() = default;
  template <typename Int, typename = std::enable_if_t<std::is_integral_v<Int>>>
  Axes(Int axis) : axes{static_cast<int64_t>(axis)} {}
  Axes(std::initializer_list<int64_t> axes) : axes(axes) {}
  Axes(Ints axes) : axes(std::move(axes)) {}
  operator const Ints &() const { return axes; }

private:
  Ints axes;
};

namespace detail {
struct TensorAccess;
} // namespace detail

/// Elementwise functions of one tensor: the free function `relu(x)` and the
/// method `x.relu()`. One line adds one; its op has the same name in the IR.
#define LZ_NN_UNARY_FLOAT(X)                                                                       \
  X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(sqrt) X(rsqrt) X(reciprocal) X(sin)   \
      X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(asinh) X(acosh) X(atanh)     \
          X(erf) X(erfc) X(sigmoid)
#define LZ_NN_UNARY_SAME(X) X(abs) X(neg) X(floor) X(ceil) X(round) X(trunc) X(sign) X(relu)
#define LZ_NN_UNARY_TEST(X) X(logical_not) X(isnan) X(isinf)

/// One value of a trace. Copies are cheap and mean the same value. A default
/// constructed tensor is undefined and stands for "not given". A tensor may be
/// used only while the trace that made it is under way.
class Tensor {
public:
  Tensor() = default;

  /// False for a default constructed one.
  bool defined() const { return value != nullptr; }
  DType dtype() const { return elementType; }
  /// The very same value.
  bool is(const Tensor &other) const { return value == other.value; }

  /// The size of one axis; negative axes count from the end.
  Dim size(int64_t axis) const;
  /// All sizes; throws Error if the number of dimensions is not known yet.
  Dims sizes() const;
  /// The number of dimensions, if it is known while tracing.
  std::optional<int64_t> rank() const;
  /// The number of dimensions; throws Error if it is not known yet.
  int64_t dim() const;

#define LZ_NN_DECLARE(name) Tensor name(SourceLoc loc = SourceLoc::current()) const;
  LZ_NN_UNARY_FLOAT(LZ_NN_DECLARE)
  LZ_NN_UNARY_SAME(LZ_NN_DECLARE)
  LZ_NN_UNARY_TEST(LZ_NN_DECLARE)
#undef LZ_NN_DECLARE

  Tensor to(DType dtype, SourceLoc loc = SourceLoc::current()) const;
  Tensor contiguous() const { return *this; }

  // Shape. At most one size of view, reshape and unflatten may be -1.
  Tensor view(const Dims &sizes, SourceLoc loc = SourceLoc::current()) const;
  Tensor reshape(const Dims &sizes, SourceLoc loc = SourceLoc::current()) const;
  Tensor flatten(int64_t startDim = 0, int64_t endDim = -1,
                 SourceLoc loc = SourceLoc::current()) const;
  Tensor unflatten(int64_t dim, const Dims &sizes, SourceLoc loc = SourceLoc::current()) const;
  /// All dimensions of size 1, or the given ones. A given dimension must have
  /// size 1 (PyTorch leaves others as they are, which no shape can tell here).
  Tensor squeeze(const Axes &dims = {}, SourceLoc loc = SourceLoc::current()) const;
  Tensor unsqueeze(int64_t dim, SourceLoc loc = SourceLoc::current()) const;
  Tensor transpose(int64_t dim0, int64_t dim1, SourceLoc loc = SourceLoc::current()) const;
  Tensor t(SourceLoc loc = SourceLoc::current()) const;
  Tensor permute(const Ints &dims, SourceLoc loc = SourceLoc::current()) const;
  /// A size of -1 keeps that dimension.
  Tensor expand(const Dims &sizes, SourceLoc loc = SourceLoc::current()) const;
  Tensor repeat(const Ints &repeats, SourceLoc loc = SourceLoc::current()) const;
  Tensor flip(const Axes &dims, SourceLoc loc = SourceLoc::current()) const;

  // Indexing.
  /// Drops `dim`; a negative index counts from the end.
  Tensor select(int64_t dim, int64_t index, SourceLoc loc = SourceLoc::current()) const;
  /// [begin, end) by `step` > 0, clamped as in Python; negative integers count
  /// from the end. No `end` means up to the end.
  Tensor slice(int64_t dim, Dim begin = 0, std::optional<Dim> end = std::nullopt, int64_t step = 1,
               SourceLoc loc = SourceLoc::current()) const;
  Tensor narrow(int64_t dim, Dim start, Dim length, SourceLoc loc = SourceLoc::current()) const;
  /// Equal parts of `dim`, whose size must be a multiple of `chunks`.
  std::vector<Tensor> chunk(int64_t chunks, int64_t dim = 0,
                            SourceLoc loc = SourceLoc::current()) const;
  /// Parts of the given sizes, which must add up to the size of `dim`.
  std::vector<Tensor> split(const Dims &sizes, int64_t dim = 0,
                            SourceLoc loc = SourceLoc::current()) const;
  Tensor index_select(int64_t dim, const Tensor &index,
                      SourceLoc loc = SourceLoc::current()) const;
  Tensor gather(int64_t dim, const Tensor &index, SourceLoc loc = SourceLoc::current()) const;
  Tensor masked_fill(const Tensor &mask, double value, SourceLoc loc = SourceLoc::current()) const;
  Tensor tril(int64_t diagonal = 0, SourceLoc loc = SourceLoc::current()) const;
  Tensor triu(int64_t diagonal = 0, SourceLoc loc = SourceLoc::current()) const;

  // Reductions; no dims means all of them.
  Tensor sum(const Axes &dims = {}, bool keepdim = false,
             SourceLoc loc = SourceLoc::current()) const;
  Tensor mean(const Axes &dims = {}, bool keepdim = false,
              SourceLoc loc = SourceLoc::current()) const;
  Tensor prod(const Axes &dims = {}, bool keepdim = false,
              SourceLoc loc = SourceLoc::current()) const;
  Tensor amax(const Axes &dims = {}, bool keepdim = false,
              SourceLoc loc = SourceLoc::current()) const;
  Tensor amin(const Axes &dims = {}, bool keepdim = false,
              SourceLoc loc = SourceLoc::current()) const;
  Tensor all(const Axes &dims = {}, bool keepdim = false,
             SourceLoc loc = SourceLoc::current()) const;
  Tensor any(const Axes &dims = {}, bool keepdim = false,
             SourceLoc loc = SourceLoc::current()) const;
  /// No dim: the index into the flattened tensor.
  Tensor argmax(std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                SourceLoc loc = SourceLoc::current()) const;
  Tensor argmin(std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                SourceLoc loc = SourceLoc::current()) const;
  Tensor var(const Axes &dims = {}, int64_t correction = 1, bool keepdim = false,
             SourceLoc loc = SourceLoc::current()) const;
  Tensor std(const Axes &dims = {}, int64_t correction = 1, bool keepdim = false,
             SourceLoc loc = SourceLoc::current()) const;
  Tensor logsumexp(const Axes &dims, bool keepdim = false,
                   SourceLoc loc = SourceLoc::current()) const;
  Tensor cumsum(int64_t dim, SourceLoc loc = SourceLoc::current()) const;
  Tensor cumprod(int64_t dim, SourceLoc loc = SourceLoc::current()) const;
  Tensor softmax(int64_t dim, SourceLoc loc = SourceLoc::current()) const;
  Tensor log_softmax(int64_t dim, SourceLoc loc = SourceLoc::current()) const;

  Tensor matmul(const Tensor &other, SourceLoc loc = SourceLoc::current()) const;
  Tensor pow(double exponent, SourceLoc loc = SourceLoc::current()) const;
  Tensor square(SourceLoc loc = SourceLoc::current()) const;
  Tensor clamp(std::optional<double> min, std::optional<double> max = std::nullopt,
               SourceLoc loc = SourceLoc::current()) const;

private:
  friend struct detail::TensorAccess;
  const void *value = nullptr; ///< the trace's own handle
  uint64_t trace = 0;          ///< which trace it belongs to
  DType elementType = DType::f32;
};

class Parameter;

/// An argument of an operator: a tensor, a parameter, a number or a size, and
/// where in the user's source it stands. Made implicitly.
class Operand {
public:
  Operand(const Tensor &tensor, SourceLoc loc = SourceLoc::current())
      : loc(loc), kind(Kind::Tensor), tensor(tensor) {}
  Operand(const Parameter &parameter, SourceLoc loc = SourceLoc::current());
  Operand(const Dim &dim, SourceLoc loc = SourceLoc::current());
  template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>>
  Operand(T number, SourceLoc loc = SourceLoc::current())
      : loc(loc), kind(std::is_same_v<T, bool>       ? Kind::Boolean
                       : std::is_floating_point_v<T> ? Kind::Float
                                                     : Kind::Integer),
        number(static_cast<double>(number)), integer(static_cast<int64_t>(number)) {}

  enum class Kind { Tensor, Boolean, Integer, Float };
  SourceLoc loc;
  Kind kind;
  Tensor tensor;
  double number = 0;
  int64_t integer = 0;
};

// Elementwise operators broadcast as NumPy's and promote types as PyTorch's;
// a plain number takes the tensor's type. `/` is true division, `%` the
// remainder with the divisor's sign. Comparisons give booleans.
Tensor operator+(const Operand &a, const Operand &b);
Tensor operator-(const Operand &a, const Operand &b);
Tensor operator*(const Operand &a, const Operand &b);
Tensor operator/(const Operand &a, const Operand &b);
Tensor operator%(const Operand &a, const Operand &b);
Tensor operator==(const Operand &a, const Operand &b);
Tensor operator!=(const Operand &a, const Operand &b);
Tensor operator<(const Operand &a, const Operand &b);
Tensor operator<=(const Operand &a, const Operand &b);
Tensor operator>(const Operand &a, const Operand &b);
Tensor operator>=(const Operand &a, const Operand &b);
Tensor operator&(const Operand &a, const Operand &b);
Tensor operator|(const Operand &a, const Operand &b);
Tensor operator^(const Operand &a, const Operand &b);
Tensor operator-(const Tensor &a);
Tensor operator~(const Tensor &a);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_TENSOR_H
