//===- Builtin.h - How the runtime's own host operations are written ------===//
//
// Each operation is a class with `prepare(const Signature &)`, which checks the
// call at load and reads its attributes, and one row in the table of its
// family. Attributes.h and HostValue.h are its tools.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_BUILTIN_H
#define LAZULI_RUNTIME_HOST_OPS_BUILTIN_H

#include "runtime/host_ops/Attributes.h"
#include "runtime/host_ops/HostOp.h"

#include <vector>

namespace lz::rt {

/// What is known of an operand or result when a model is loaded.
struct ValueType {
  fmt::ValueKind kind = fmt::ValueKind_Tensor;
  fmt::DType dtype = fmt::DType_f32;
  std::vector<int64_t> dims; ///< -1 where not known before a run
  size_t getRank() const { return dims.size(); }
};

/// A call as it is checked at load. The requirements fail with InvalidArgument.
struct Signature {
  std::vector<ValueType> inputs;
  std::vector<ValueType> outputs;
  Attributes attributes;

  Status requireInput(size_t index, fmt::ValueKind kind) const;
  Status requireInput(size_t index, fmt::DType dtype) const;
  Status requireOutput(size_t index, fmt::ValueKind kind) const;
  Status requireOutput(size_t index, fmt::DType dtype) const;
  /// Output `output` has kind and dtype of input `input`.
  Status requireSame(size_t output, size_t input) const;
};

/// One operation. The loader of a planned one is null, and vice versa.
struct BuiltinRow {
  const char *name;
  unsigned minInputs;
  unsigned maxInputs; ///< anyNumber: as many as there are
  unsigned numOutputs;
  StatusOr<std::unique_ptr<const HostFunction>> (*load)(const Signature &);
  /// `request` is null at load, when only the call is checked.
  StatusOr<std::unique_ptr<HostExecutor>> (*plan)(const Signature &,
                                                  const HostRequest *request);
};
constexpr unsigned anyNumber = ~0u;

/// `load` of a class with `Status prepare(const Signature &)`.
template <typename Function>
StatusOr<std::unique_ptr<const HostFunction>>
loadFunction(const Signature &signature) {
  auto function = std::make_unique<Function>();
  LZ_RETURN_IF_ERROR(function->prepare(signature));
  return std::unique_ptr<const HostFunction>(std::move(function));
}

/// `plan` of a class that has `Status setDims(const HostRequest &)` besides.
template <typename Executor>
StatusOr<std::unique_ptr<HostExecutor>>
planExecutor(const Signature &signature, const HostRequest *request) {
  auto executor = std::make_unique<Executor>();
  LZ_RETURN_IF_ERROR(executor->prepare(signature));
  if (request)
    LZ_RETURN_IF_ERROR(executor->setDims(*request));
  return std::unique_ptr<HostExecutor>(std::move(executor));
}

/// `axis` counted from the front, or an error.
StatusOr<size_t> normalizeAxis(int64_t axis, size_t rank);

/// The product of dims[begin, end).
int64_t multiplyDims(const std::vector<int64_t> &dims, size_t begin,
                     size_t end);

// The tables of the families.
std::vector<BuiltinRow> getDataOps();
std::vector<BuiltinRow> getUniqueOps();
std::vector<BuiltinRow> getSortingOps();
std::vector<BuiltinRow> getSequenceOps();
std::vector<BuiltinRow> getStringOps();
std::vector<BuiltinRow> getTextOps();
std::vector<BuiltinRow> getLabelOps();
std::vector<BuiltinRow> getImageOps();

/// All operations of the runtime's own; they live as long as the process.
std::vector<HostOp *> getBuiltinHostOps();

} // namespace lz::rt

#endif // LAZULI_RUNTIME_HOST_OPS_BUILTIN_H
