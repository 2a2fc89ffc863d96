//===- OnnxTarget.cpp - Any bytes as an ONNX model ------------------------===//
//
// What libFuzzer calls: the bytes are imported and, where that succeeds, go
// through the passes up to concrete shapes, as `lazuli compile` does. A model
// may be refused; it must not crash, hang, leak or fill the memory, a failure
// must come with an error, and what was imported must be a valid module.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Onnx.h"
#include "passes/Passes.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace mlir;
using namespace lz;

/// LLVM's libraries are not instrumented: their containers and allocators know
/// nothing of the marks that our inlined halves of them would set.
extern "C" const char *__asan_default_options() {
  return "detect_container_overflow=0:allow_user_poisoning=0:"
         "detect_odr_violation=0";
}

/// A defect: the harness ends as by a crash, so that libFuzzer keeps the input.
[[noreturn]] static void stopOn(const llvm::Twine &defect) {
  llvm::errs() << "defect: " << defect << "\n";
  std::abort();
}

namespace {
/// Swallows what is said and remembers whether it was an error. With
/// LAZULI_FUZZ_VERBOSE in the environment it is printed.
class Listener {
public:
  explicit Listener(MLIRContext *context)
      : handler(context, [this](Diagnostic &diagnostic) {
          hasError |= diagnostic.getSeverity() == DiagnosticSeverity::Error;
          if (isVerbose)
            llvm::errs() << diagnostic.getLocation() << ": " << diagnostic
                         << "\n";
        }) {}

  bool hasError = false;

private:
  const bool isVerbose = std::getenv("LAZULI_FUZZ_VERBOSE") != nullptr;
  ScopedDiagnosticHandler handler;
};
} // namespace

/// The passes that solve and check shapes. Parameters are not filled: that
/// costs what the model asks for, and is no question of the file.
static void runPasses(ModuleOp module, const Listener &listener) {
  PassManager manager(module.getContext());
  manager.enableVerifier();
  PipelineOptions options;
  options.randomWeights = false;
  buildMaterializePipeline(manager, options, {});
  manager.addPass(createCanonicalizePass());
  manager.addPass(createCSEPass());
  if (failed(manager.run(module)) && !listener.hasError)
    stopOn("the passes failed without an error");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  Listener listener(&context);
  OwningOpRef<ModuleOp> module =
      importOnnxFromMemory(data, size, "fuzz.onnx", OnnxOptions(), &context);
  if (!module && !listener.hasError)
    stopOn("the import failed without an error");
  if (module && listener.hasError)
    stopOn("the import succeeded with an error");
  if (module)
    runPasses(*module, listener);
  return 0;
}
