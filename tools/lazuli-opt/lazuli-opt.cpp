//===- lazuli-opt.cpp - MLIR's opt driver for lz --------------------------===//
//
// Parses, verifies, transforms and prints IR: the tool of lit tests and of
// whoever develops a pass.
//
//===----------------------------------------------------------------------===//

#include "ir/LzDialect.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

#ifdef LAZULI_HAS_PASSES
#include "passes/Passes.h"
#endif
#ifdef LAZULI_HAS_CPU
#include "backends/cpu/lower/LowerPasses.h"
#endif

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<lz::LzDialect>();

  mlir::registerTransformsPasses();
#ifdef LAZULI_HAS_PASSES
  lz::registerPasses();
#endif
#ifdef LAZULI_HAS_CPU
  lz::cpu::registerLowerPasses();
#endif
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "lz IR driver\n", registry));
}
