//===- Contrib.h - What operators of com.microsoft share --------*- C++ -*-===//
//
// Internal. The contributed operators of ONNX Runtime are mostly fusions of
// standard ones.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_CONTRIB_H
#define LAZULI_FRONTEND_ONNX_CONTRIB_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

constexpr const char *kMicrosoft = "com.microsoft";

/// The results of the standard operator `name`, in its newest version, with the
/// attributes of `n` and other operands.
llvm::SmallVector<OnnxValue, 2> callStandard(Node &n, const char *name,
                                             llvm::ArrayRef<OnnxValue> operands);

/// The value of operand `i`, or null where it is absent.
inline mlir::Value optionalIn(Node &n, size_t i) {
  return n.has(i) ? n.in(i) : mlir::Value();
}

/// Whether all these operands are there; an error if not. (Operands in between
/// may be missing.)
bool needOperands(Node &n, llvm::ArrayRef<size_t> operands);

/// x with its channels moved from the last axis to axis 1, or back.
mlir::Value moveChannels(Node &n, mlir::Value x, bool toFront);

/// A scalar operand, which files often give as a vector of one element.
inline mlir::Value scalarIn(Node &n, size_t i) { return n.reshape(n.in(i), {}); }

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_CONTRIB_H
