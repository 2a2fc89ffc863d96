//===- PostOps.h - Elementwise operations as post-ops of a primitive ------===//
//
// One translation, used both to ask ("can it ride along?") and to do it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_COMPILE_POSTOPS_H
#define LAZULI_BACKENDS_ONEDNN_COMPILE_POSTOPS_H

#include "runtime/format/program_generated.h"

#include "mlir/IR/Operation.h"

#include <memory>
#include <optional>

namespace lz::onednn {

/// `op` as a post-op on `previous`, the running result; null if there is none.
/// For a binary one, `operand` becomes the other operand's value; the caller
/// sets PostOpT::operand.
std::unique_ptr<fmt::PostOpT> translatePostOp(mlir::Operation *op, mlir::Value previous,
                                              mlir::Value &operand);

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_COMPILE_POSTOPS_H
