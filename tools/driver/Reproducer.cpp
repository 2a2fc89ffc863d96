//===- Reproducer.cpp - What a report of a defect needs -------------------===//
//
// See Reproducer.h. The file is what MLIR's own crash reproducers are, so that
// `lazuli-opt --run-reproducer` repeats the pass. Those copy the module once per
// pipeline and know neither the command nor a user's mistake from ours.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Reproducer.h"

#include "ir/LzOps.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <atomic>

using namespace mlir;
using namespace lz;

/// What a crash writes.
static std::atomic<const Reproducer *> current = nullptr;

/// Values of parameters that a reproducer holds; a report must stay portable.
static constexpr int64_t kMaxValueBytes = 16 << 20;

namespace lz {
class PassWatcher : public PassInstrumentation {
public:
  PassWatcher(Reproducer &reproducer, bool mayBeInvalid)
      : reproducer(reproducer), mayBeInvalid(mayBeInvalid) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    if (auto module = dyn_cast<ModuleOp>(op))
      reproducer.enterPass(*pass, module);
  }
  void runAfterPassFailed(Pass *, Operation *op) override {
    reproducer.leaveFailed(op, mayBeInvalid);
  }

private:
  Reproducer &reproducer;
  bool mayBeInvalid;
};
} // namespace lz

Reproducer::Reproducer(std::string command, std::function<bool()> hasError)
    : command(std::move(command)), hasError(std::move(hasError)) {
  current = this;
}

Reproducer::~Reproducer() { current = nullptr; }

void Reproducer::watch(PassManager &manager, bool mayBeInvalid) {
  manager.addInstrumentation(std::make_unique<PassWatcher>(*this, mayBeInvalid));
}

void Reproducer::enter(StringRef step, ModuleOp module) {
  // The copy shares the values of parameters; the old one is erased last.
  OwningOpRef<ModuleOp> copy = module.clone();
  std::swap(before, copy);
  place = ("before " + step).str();
  pipeline.clear();
}

void Reproducer::enterPass(Pass &pass, ModuleOp module) {
  StringRef name = pass.getArgument().empty() ? pass.getName() : pass.getArgument();
  enter(("the pass " + name).str(), module);
  llvm::raw_string_ostream stream(pipeline);
  stream << "builtin.module(";
  pass.printAsTextualPipeline(stream);
  stream << ")";
}

void Reproducer::leaveFailed(Operation *op, bool mayBeInvalid) {
  if (!hasError())
    isDefect = true;
  if (mayBeInvalid)
    return;
  // What is wrong has been reported already.
  ScopedDiagnosticHandler quiet(op->getContext(), [](Diagnostic &) { return success(); });
  isDefect |= failed(verify(op));
}

static bool hasLargeValues(ModuleOp module) {
  int64_t bytes = 0;
  for (ParameterOp parameter : module.getOps<ParameterOp>())
    if (auto value = dyn_cast_or_null<ElementsAttr>(parameter.getValueAttr()))
      bytes += value.getNumElements() *
               std::max(1u, value.getElementType().getIntOrFloatBitWidth() / 8);
  return bytes > kMaxValueBytes;
}

std::string Reproducer::write() const {
  SmallString<128> path;
  int file = -1;
  if (!before || llvm::sys::fs::createTemporaryFile("lazuli-reproducer", "mlir", file, path))
    return "";
  llvm::raw_fd_ostream out(file, /*shouldClose=*/true);
  std::string line = command;
  llvm::replace(line, '\n', ' ');
  out << "// lazuli " LAZULI_VERSION ", command: " << line << "\n// The module " << place << ".\n";
  OpPrintingFlags flags;
  flags.enableDebugInfo();
  if (hasLargeValues(*before)) {
    flags.elideLargeResourceString();
    flags.elideLargeElementsAttrs();
    out << "// Values of parameters are left out.\n";
  }
  AsmState state(*before, flags);
  if (!pipeline.empty())
    state.attachResourcePrinter("mlir_reproducer", [&](Operation *, AsmResourceBuilder &builder) {
      builder.buildString("pipeline", pipeline);
      builder.buildBool("disable_threading", true);
      builder.buildBool("verify_each", true);
    });
  (*before)->print(out, state);
  out.close();
  bool isWritten = !out.has_error();
  out.clear_error(); // else the stream's end is that of the process
  return isWritten ? std::string(path) : "";
}

const char *Reproducer::writeForCrash() {
  static std::string path;
  const Reproducer *reproducer = current.exchange(nullptr);
  if (reproducer)
    path = reproducer->write();
  return path.empty() ? nullptr : path.c_str();
}
