//===- HostOp.h - Operations that the runtime itself performs
//---------------===//
//
// The few operations that no loop nest expresses well (sort, top-k, unique,
// non-maximum suppression, strings, sequences) register here by name. An
// artifact that names another one is refused when it is loaded.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_HOSTOP_H
#define LAZULI_RUNTIME_HOST_OPS_HOSTOP_H

#include "runtime/exec/Primitive.h"

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

class HostOp {
public:
  virtual ~HostOp() = default;
  /// The name in HostCall.op.
  virtual const char *getName() const = 0;
  /// Whether number, dtypes and attributes of the call are right; called at
  /// load.
  virtual Status check(const fmt::HostCall &call,
                       const fmt::Program &program) const = 0;
  virtual StatusOr<std::unique_ptr<HostExecutor>>
  create(const HostRequest &request) = 0;
};

/// Registers `op` (not owned, never unregistered). Any thread.
void registerHostOp(HostOp *op);

/// The operation of that name, or null. Any thread.
HostOp *findHostOp(std::string_view name);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_HOST_OPS_HOSTOP_H
