//===- ProgramAccess.h - The module inside a Program ----------------------===//
//
// For tools that compile a traced program in the same process. Users of the
// frontend need no MLIR and do not include this.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_PROGRAMACCESS_H
#define LAZULI_FRONTEND_NN_PROGRAMACCESS_H

#include "frontend/nn/Trace.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <string>

namespace lz::nn {

struct Program::Impl {
  Impl();
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string mode = "eval"; ///< or "train": that of the modules when they were traced
  std::string trainEffects;  ///< what train mode changed, in words; empty if nothing
};

namespace detail {

struct ProgramAccess {
  static mlir::ModuleOp getModule(const Program &program) { return *program.impl->module; }
  static mlir::MLIRContext &getContext(Program &program) { return program.impl->context; }
};

} // namespace detail

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_PROGRAMACCESS_H
