//===- RunHere.h - Programs that the compiler runs ------------------------===//
//
// To evaluate constants and to measure: compiled for this machine, loaded into this
// process, through the runtime's public C API.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_RUNHERE_H
#define LAZULI_TOOLS_DRIVER_RUNHERE_H

#include "ir/DenseOracle.h"

#include "mlir/IR/BuiltinOps.h"

#include <lazuli/lazuli.h>

#include <memory>

namespace lz {

class KernelCache;

struct ModelDeleter {
  void operator()(lz_model *model) const { lz_model_release(model); }
};
struct SessionDeleter {
  void operator()(lz_session *session) const { lz_session_destroy(session); }
};
using ModelPtr = std::unique_ptr<lz_model, ModelDeleter>;
using SessionPtr = std::unique_ptr<lz_session, SessionDeleter>;

/// Optimizes `program`, a module of one function, and loads it. `oracle`: which operations
/// a library gets; null: none. `cache`: of kernels, may be null.
mlir::FailureOr<ModelPtr> compileAndLoad(mlir::ModuleOp program, const DenseOracle *oracle,
                                         KernelCache *cache);

/// A session with that many threads; 0: one per CPU.
mlir::FailureOr<SessionPtr> startSession(lz_model *model, mlir::ModuleOp program, int threads);

/// An error at `program` with the runtime's message, after `what`, unless all is well.
mlir::LogicalResult checkStatus(lz_status status, mlir::ModuleOp program,
                                const char *what = "");

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_RUNHERE_H
