//===- Reproducer.h - What a report of a defect needs ---------------------===//
//
// Keeps the module as it was before the step that runs, and writes it with the
// command into a file when the step fails for no fault of the model's, or crashes.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_REPRODUCER_H
#define LAZULI_TOOLS_DRIVER_REPRODUCER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <functional>
#include <string>

namespace mlir {
class Pass;
class PassManager;
} // namespace mlir

namespace lz {

class Reproducer {
public:
  /// `hasError` says whether an error has been reported so far. While it lives, a
  /// crash writes its reproducer (one compilation of a process at a time).
  Reproducer(std::string command, std::function<bool()> hasError);
  ~Reproducer();
  Reproducer(const Reproducer &) = delete;
  Reproducer &operator=(const Reproducer &) = delete;

  /// Follows the passes of `manager`. A pass that fails without a word is our
  /// defect; so is one that leaves an invalid module, unless `mayBeInvalid`: a
  /// verifier may be the first to find what is wrong with a user's sizes.
  void watch(mlir::PassManager &manager, bool mayBeInvalid);

  /// Follows a step that is no pass, "generating code", until the next one.
  void enter(llvm::StringRef step, mlir::ModuleOp module);

  /// True if a pass has failed that should not have.
  bool hasDefect() const { return isDefect; }

  /// "before the pass lz-fuse"; empty if nothing was followed yet.
  const std::string &getPlace() const { return place; }

  /// Writes the file into the folder of temporary files and gives its path; empty
  /// if there is nothing to write or it can not be written.
  std::string write() const;

  /// Called from a signal handler: writes the reproducer of the compilation that
  /// runs, as far as its memory still holds. Null if there is none.
  static const char *writeForCrash();

private:
  friend class PassWatcher;
  void enterPass(mlir::Pass &pass, mlir::ModuleOp module);
  void leaveFailed(mlir::Operation *op, bool mayBeInvalid);

  std::string command, place, pipeline;
  std::function<bool()> hasError;
  mlir::OwningOpRef<mlir::ModuleOp> before;
  bool isDefect = false;
};

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_REPRODUCER_H
