//===- lazuli-lsp-server.cpp - language server for lz IR ------------------===//
//
// Gives editors completion, diagnostics and navigation in .mlir files with lz.
//
//===----------------------------------------------------------------------===//

#include "ir/LzDialect.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<lz::LzDialect>();
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
