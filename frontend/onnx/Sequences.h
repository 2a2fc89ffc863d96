//===- Sequences.h - Values that are no tensors -----------------*- C++ -*-===//
//
// Internal. What control flow shares with the operators on sequences and
// optionals.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_SEQUENCES_H
#define LAZULI_FRONTEND_ONNX_SEQUENCES_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// The operation of the runtime called `name`, of one result.
mlir::Value host(Node &n, llvm::StringRef name, mlir::Type type,
                 mlir::ValueRange operands,
                 llvm::ArrayRef<mlir::NamedAttribute> attrs = {});

/// A sequence without elements, which are to be of that type.
mlir::Value emptySequence(Node &n, mlir::Type elementType);
mlir::Value sequenceAt(Node &n, mlir::Value sequence, mlir::Value position);
mlir::Value sequenceInsert(Node &n, mlir::Value sequence, mlir::Value added,
                           mlir::Value position = {});
mlir::Value sequenceLength(Node &n, mlir::Value sequence);

/// An optional that holds `x`, and what an optional holds.
mlir::Value wrapOptional(Node &n, mlir::Value x);
mlir::Value unwrapOptional(Node &n, mlir::Value x);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_SEQUENCES_H
