//===- HostOp.h - Operations that the runtime itself performs
//---------------===//
//
// The few operations that no loop nest expresses well (sort, top-k, unique,
// non-maximum suppression, strings, sequences), by name. Those whose results'
// dimensions follow from their operands' are steps of a plan (HostExecutor);
// the others run between plans, on values (HostFunction). An artifact that
// names an unknown one is refused when it is loaded.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_HOSTOP_H
#define LAZULI_RUNTIME_HOST_OPS_HOSTOP_H

#include "runtime/exec/Primitive.h"
#include "runtime/host_ops/HostValue.h"

#include <string_view>

namespace lz::rt {

/// Like PrimitiveRequest.
struct HostRequest {
  const fmt::HostCall *call = nullptr;
  std::string_view name; ///< the user's name of the instruction, for messages
  std::vector<PrimitiveOperand> inputs;
  std::vector<PrimitiveOperand> outputs;
};

/// A host operation for one set of dimensions. Used by one session at a time.
class HostExecutor {
public:
  virtual ~HostExecutor() = default;
  /// `buffers`: inputs, then outputs, dense row-major. Does not throw.
  virtual Status execute(void *const *buffers) = 0;
};

/// One execution of a HostFunction.
struct HostRun {
  std::vector<HostValue> inputs; ///< of the kinds, dtypes and ranks declared
  /// As many as the call has, with kind and dtype filled in; the runtime checks
  /// what they become against what is declared.
  std::vector<HostValue> outputs;
  std::vector<int64_t> numbers; ///< of the symbols, if the op gives them
  HostMemory &memory;

  /// Makes output `index` a tensor of its dtype with memory of its own, which
  /// is returned.
  StatusOr<void *> allocate(size_t index, std::vector<int64_t> dims);
};

/// A host call of a model, with what can be prepared from its attributes. Used
/// by any number of sessions at once.
class HostFunction {
public:
  virtual ~HostFunction() = default;
  virtual Status run(HostRun &run) const = 0;
};

class HostOp {
public:
  virtual ~HostOp() = default;
  /// The name in HostCall.op.
  virtual const char *getName() const = 0;
  /// Whether number, dtypes and attributes of the call are right; called at
  /// load.
  virtual Status check(const fmt::HostCall &call,
                       const fmt::Program &program) const = 0;

  /// For a plan, if the operation is not dynamic.
  virtual StatusOr<std::unique_ptr<HostExecutor>>
  create(const HostRequest &request);

  /// Whether calls run between plans: `load` is used instead of `create`.
  virtual bool isDynamic() const { return false; }
  /// At load, after check().
  virtual StatusOr<std::unique_ptr<const HostFunction>>
  load(const fmt::HostCall &call, const fmt::Program &program) const;
  /// Whether HostRun::numbers are the symbols; else they are dimensions of the
  /// results.
  virtual bool givesNumbers() const { return false; }
};

/// Registers `op` (not owned, never unregistered; it hides one of the runtime's
/// own of that name). Any thread.
void registerHostOp(HostOp *op);

/// The operation of that name, or null. Any thread.
HostOp *findHostOp(std::string_view name);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_HOST_OPS_HOSTOP_H
