//===- Emit.h - How functions append operations to the trace --------------===//
//
// Internal. One generic function appends any operation of the lz dialect by its
// name, so that the functions of the frontend need no MLIR headers and a new one
// is a line. The operation is verified, and its shape inferred as far as
// possible, at once: a mistake is reported where the user made it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_EMIT_H
#define LAZULI_FRONTEND_NN_EMIT_H

#include "frontend/nn/Parameter.h"

#include <variant>

namespace lz::nn::detail {

/// An attribute by the name it has in the dialect. Enumerations are given as
/// their keyword.
struct Attr {
  using Value = std::variant<bool, int64_t, double, std::string, Ints, Dims, Dim>;
  Attr(const char *name, bool value) : name(name), value(value) {}
  Attr(const char *name, int value) : name(name), value(int64_t(value)) {}
  Attr(const char *name, int64_t value) : name(name), value(value) {}
  Attr(const char *name, double value) : name(name), value(value) {}
  Attr(const char *name, const char *value) : name(name), value(std::string(value)) {}
  Attr(const char *name, const std::string &value) : name(name), value(value) {}
  Attr(const char *name, Ints value) : name(name), value(std::move(value)) {}
  Attr(const char *name, Dims value) : name(name), value(std::move(value)) {}
  Attr(const char *name, Dim value) : name(name), value(std::move(value)) {}
  const char *name;
  Value value;
};
using Attrs = std::vector<Attr>;

/// Appends an operation; `name` is without the dialect's prefix. An undefined
/// operand stands for an optional one that is absent.
Tensor emit(const char *name, const std::vector<Tensor> &operands, DType result,
            const Attrs &attributes = {});
/// The same for any number of results.
std::vector<Tensor> emitAll(const char *name, const std::vector<Tensor> &operands,
                            const std::vector<DType> &results, const Attrs &attributes = {});

/// Names and locates operations by the function that the user called. Nested
/// scopes, where one function is made of others, change nothing.
class OpScope {
public:
  OpScope(SourceLoc loc, const char *function);
  ~OpScope();
  OpScope(const OpScope &) = delete;
  OpScope &operator=(const OpScope &) = delete;
};

Tensor constantScalar(double value, DType dtype);
Tensor constantScalar(int64_t value, DType dtype);
/// A one-dimensional i64 tensor.
Tensor constantInts(const Ints &values);

/// One axis of a tensor, by the symbol that stands for its size.
struct SizeSource {
  Tensor tensor;
  int64_t axis = 0;
};
Dim sizeOf(const Tensor &tensor, int64_t axis);
std::optional<int64_t> rankOf(const Tensor &tensor);
std::optional<Dims> sizesOf(const Tensor &tensor);
/// What a symbol made by sizeOf for a tensor of unknown rank stands for.
std::optional<SizeSource> findSizeSource(const std::string &symbol);
/// True if no symbol of it was made by sizeOf: it may stand in attributes.
bool isExpressible(const Dim &dim);
bool areExpressible(const Dims &dims);
/// A size as an i64 scalar, sizes as a one-dimensional i64 tensor.
Tensor toScalar(const Dim &dim);
Tensor toTensor(const Dims &dims);

Tensor readParameter(const Parameter &parameter);
void writeBuffer(const Parameter &buffer, const Tensor &value);

/// The session's random generator: its states, and a stream of its own for
/// each place that draws.
Tensor readRandomSeed();
Tensor readRandomCounter();
int64_t nextRandomStream();

/// The module under call, as messages name it: "LazyLinear 'fc1'".
std::string describeModule();
/// Throws Error, naming the module under call.
[[noreturn]] void fail(const std::string &message);

/// States which ranks the module under call accepts.
void expectRanks(const Tensor &x, const Ints &ranks);
/// Refuses a count of exactly one, now or when it becomes known.
void expectSeveral(const Dim &count, const std::string &message);

/// PyTorch's type promotion of two tensors.
DType promote(DType a, DType b);

} // namespace lz::nn::detail

#endif // LAZULI_FRONTEND_NN_EMIT_H
