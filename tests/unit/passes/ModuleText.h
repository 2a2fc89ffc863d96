// Parses and prints modules in tests.

#ifndef LAZULI_TESTS_UNIT_PASSES_MODULETEXT_H
#define LAZULI_TESTS_UNIT_PASSES_MODULETEXT_H

#include "ir/LzOps.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"

namespace lz {

/// A module from text, and passes over it.
class ModuleTest : public ::testing::Test {
protected:
  ModuleTest() { context.loadDialect<LzDialect>(); }

  void parse(llvm::StringRef text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module);
  }
  mlir::LogicalResult run(std::unique_ptr<mlir::Pass> pass) {
    mlir::PassManager manager(&context);
    manager.addPass(std::move(pass));
    return manager.run(*module);
  }
  std::string print() {
    std::string text;
    llvm::raw_string_ostream stream(text);
    module->print(stream);
    return text;
  }
  template <typename OpTy> int count() {
    int found = 0;
    module->walk([&](OpTy) { ++found; });
    return found;
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace lz

#endif // LAZULI_TESTS_UNIT_PASSES_MODULETEXT_H
