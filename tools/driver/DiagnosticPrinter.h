//===- DiagnosticPrinter.h - Diagnostics in the user's terms --------------===//
//
// Prints errors and their notes with the names of the user's modules instead
// of the IR they came from.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_DIAGNOSTICPRINTER_H
#define LAZULI_TOOLS_DRIVER_DIAGNOSTICPRINTER_H

#include "mlir/IR/Diagnostics.h"

#include <functional>
#include <string>

namespace lz {

/// While it lives, diagnostics of `context` are given to `write`, standard error
/// if that is empty; the first error's text is kept for --json.
class DiagnosticPrinter {
public:
  using Write = std::function<void(const std::string &)>;
  explicit DiagnosticPrinter(mlir::MLIRContext *context, Write write = {});

  bool hasError() const { return !firstError.empty(); }
  const std::string &getFirstError() const { return firstError; }
  /// True if an error said so: "internal error: ...".
  bool hasInternalError() const { return isInternal; }

private:
  void print(mlir::Diagnostic &diagnostic);
  Write write;
  mlir::ScopedDiagnosticHandler handler;
  std::string firstError;
  bool isInternal = false;
};

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_DIAGNOSTICPRINTER_H
