//===- Diagnostics.h - messages in the user's words -------------*- C++ -*-===//
//
// Shapes in brackets, element types by their short names, and the name of the
// user's module that a location carries.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_DIAGNOSTICS_H
#define LAZULI_IR_DIAGNOSTICS_H

#include "ir/LzDialect.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"

#include <string>

namespace lz {

/// `[batch, 64, 2*n + 1]`; `[]` for a scalar.
std::string shapeText(llvm::ArrayRef<DimExpr> shape);
/// `f32[batch, 64]`, or `f32[...]` where the rank is unknown; `sequence of
/// f32[...]`, `optional string[n]`.
std::string typeText(mlir::Type type);

/// The user's name for what stands at the location (`encoder.fc1`): its
/// outermost NameLoc. Empty where there is none.
llvm::StringRef userName(mlir::Location loc);
/// `model.py:41`, empty where the location has no file.
std::string fileText(mlir::Location loc);

/// Starts an error at the op's location: `encoder.fc1 (linear): `, so that it is
/// clear whose it is even without the location; `lz.linear: ` without a name.
mlir::InFlightDiagnostic emitUserError(mlir::Operation *op);

} // namespace lz

#endif // LAZULI_IR_DIAGNOSTICS_H
