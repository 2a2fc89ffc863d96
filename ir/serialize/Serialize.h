//===- Serialize.h - lz modules in files ----------------------------------===//
//
// An unresolved artifact is a .lzm file that carries the module itself, as
// bytecode of the lz dialect, in place of a compiled program. Frontends write
// it, the compiler reads it; text (.mlir) is read as well.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_SERIALIZE_SERIALIZE_H
#define LAZULI_IR_SERIALIZE_SERIALIZE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <string>

namespace lz {

/// Writes `module`, holes included, to `path`: to a temporary file beside it,
/// then renamed. Fails with a diagnostic at the module that names the file.
mlir::LogicalResult saveModule(mlir::ModuleOp module, const std::string &path,
                               const std::map<std::string, std::string> &metadata = {});

/// Reads a module from an unresolved artifact or from text of the dialect, told
/// apart by their first bytes. Diagnostics go to `context`; an artifact that
/// is compiled already, truncated or of another version is refused by name.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> loadModule(const std::string &path,
                                                              mlir::MLIRContext *context);

} // namespace lz

#endif // LAZULI_IR_SERIALIZE_SERIALIZE_H
