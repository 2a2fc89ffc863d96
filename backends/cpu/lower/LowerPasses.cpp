//===- LowerPasses.cpp - passes of the op lowering ------------------------===//
//
// Two small passes around functions of this room.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/LowerPasses.h"

#include "backends/cpu/lower/Decompose.h"
#include "backends/cpu/lower/LowerFused.h"

#include "mlir/Pass/Pass.h"

using namespace mlir;

namespace lz::cpu {

namespace {

struct DecomposeForCpuPass
    : PassWrapper<DecomposeForCpuPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DecomposeForCpuPass)
  StringRef getArgument() const final { return "lz-decompose-for-cpu"; }
  StringRef getDescription() const final {
    return "split ops that are better several kernels than one";
  }
  void runOnOperation() final { decomposeForCpu(getOperation()); }
};

struct LowerFusedToLinalgPass
    : PassWrapper<LowerFusedToLinalgPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerFusedToLinalgPass)
  StringRef getArgument() const final { return "lz-lower-fused-to-linalg"; }
  StringRef getDescription() const final {
    return "replace a module's content by its fused regions, lowered";
  }
  void getDependentDialects(DialectRegistry &registry) const final {
    registerLoweringDialects(registry);
  }
  void runOnOperation() final;
};

void LowerFusedToLinalgPass::runOnOperation() {
  ModuleOp module = getOperation();
  SmallVector<OwningOpRef<ModuleOp>> kernels;
  auto lower = [&](FusedOp op) {
    if (op.getBackend() != "cpu")
      return WalkResult::advance();
    auto kernel = lowerFused(op);
    if (failed(kernel))
      return WalkResult::interrupt();
    kernels.push_back(std::move(kernel->module));
    return WalkResult::advance();
  };
  if (module.walk(lower).wasInterrupted())
    return signalPassFailure();
  while (!module.getBody()->empty())
    module.getBody()->back().erase();
  for (auto &kernel : kernels)
    module.push_back(kernel.release());
}

} // namespace

std::unique_ptr<Pass> createDecomposeForCpuPass() {
  return std::make_unique<DecomposeForCpuPass>();
}

std::unique_ptr<Pass> createLowerFusedToLinalgPass() {
  return std::make_unique<LowerFusedToLinalgPass>();
}

void registerLowerPasses() {
  PassRegistration<DecomposeForCpuPass>();
  PassRegistration<LowerFusedToLinalgPass>();
}

} // namespace lz::cpu
