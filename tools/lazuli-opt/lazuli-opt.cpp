//===- lazuli-opt.cpp - MLIR's opt driver for lz --------------------------===//
//
// Parses, verifies, transforms and prints IR: the tool of lit tests and of
// whoever develops a pass.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/LowerPasses.h"
#include "ir/LzDialect.h"
#include "passes/Passes.h"
#include "tools/driver/Evaluate.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"


int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<lz::LzDialect>();

  mlir::registerTransformsPasses();
  lz::RuntimeEvaluator evaluator;
  lz::PassServices services;
  services.evaluator = &evaluator;
  lz::registerPasses(services);
  lz::cpu::registerLowerPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "lz IR driver\n", registry));
}
