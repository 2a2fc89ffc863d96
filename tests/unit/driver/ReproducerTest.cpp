//===- ReproducerTest.cpp - What is written when a pass fails -------------===//
//
// Passes that fail in every way there is: whose fault it is, and what the file of
// a defect holds.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Reproducer.h"

#include "ir/LzOps.h"
#include "tools/driver/DiagnosticPrinter.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gmock/gmock.h"

using namespace lz;
using namespace mlir;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

/// Renames the function, then does what the test says.
struct BrokenPass : PassWrapper<BrokenPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(BrokenPass)
  explicit BrokenPass(std::function<LogicalResult(ModuleOp)> act) : act(std::move(act)) {}
  StringRef getArgument() const override { return "broken"; }
  void runOnOperation() override {
    (*getOperation().getOps<FuncOp>().begin()).setSymName("renamed");
    if (failed(act(getOperation())))
      signalPassFailure();
  }
  std::function<LogicalResult(ModuleOp)> act;
};

struct ReproducerTest : ::testing::Test {
  ReproducerTest() : printer(&context) {
    context.loadDialect<LzDialect>();
    module = parseSourceString<ModuleOp>(R"(
      lz.func @original(%x: !lz.tensor<2 x f32>) -> !lz.tensor<2 x f32> {
        %0 = lz.relu %x : (!lz.tensor<2 x f32>) -> !lz.tensor<2 x f32>
        lz.return %0 : !lz.tensor<2 x f32>
      })", &context);
  }

  LogicalResult run(std::function<LogicalResult(ModuleOp)> act, bool mayBeInvalid = false) {
    PassManager manager(&context);
    reproducer.watch(manager, mayBeInvalid);
    manager.addPass(std::make_unique<BrokenPass>(std::move(act)));
    return manager.run(*module);
  }

  /// The file's text; the file is removed.
  std::string write() {
    std::string path = reproducer.write();
    auto buffer = llvm::MemoryBuffer::getFile(path);
    if (!buffer)
      return "";
    std::string text = (*buffer)->getBuffer().str();
    llvm::sys::fs::remove(path);
    return text;
  }

  MLIRContext context;
  DiagnosticPrinter printer;
  OwningOpRef<ModuleOp> module;
  Reproducer reproducer{"lazuli compile 'a b.mlir'", [this] { return printer.hasError(); }};
};

} // namespace

TEST_F(ReproducerTest, FailingSilentlyIsADefect) {
  EXPECT_TRUE(failed(run([](ModuleOp) { return failure(); }, /*mayBeInvalid=*/true)));
  EXPECT_TRUE(reproducer.hasDefect());
  std::string text = write();
  EXPECT_THAT(text, HasSubstr("command: lazuli compile 'a b.mlir'\n"));
  EXPECT_THAT(text, HasSubstr("// The module before the pass broken."));
  EXPECT_THAT(text, HasSubstr("builtin.module(broken)"));
  EXPECT_THAT(text, HasSubstr("@original"));
  EXPECT_THAT(text, Not(HasSubstr("@renamed")));
  EXPECT_TRUE(parseSourceString<ModuleOp>(text, &context));
}

TEST_F(ReproducerTest, InvalidModuleIsADefectOnceSizesAreKnown) {
  auto dropReturn = [](ModuleOp broken) {
    (*broken.getOps<FuncOp>().begin()).getBody().front().getTerminator()->erase();
    return success();
  };
  EXPECT_TRUE(failed(run(dropReturn)));
  EXPECT_TRUE(reproducer.hasDefect());
  EXPECT_THAT(write(), HasSubstr("lz.return"));
}

TEST_F(ReproducerTest, ReportedErrorIsTheModelsFault) {
  EXPECT_TRUE(failed(run([](ModuleOp op) { return op.emitError("has sizes that clash"); })));
  EXPECT_FALSE(reproducer.hasDefect());
}

TEST_F(ReproducerTest, CrashWritesTheRunningStep) {
  EXPECT_EQ(reproducer.write(), "") << "nothing was followed yet";
  reproducer.enter("generating code", *module);
  const char *path = Reproducer::writeForCrash();
  ASSERT_NE(path, nullptr);
  auto buffer = llvm::MemoryBuffer::getFile(path);
  ASSERT_TRUE(!!buffer);
  EXPECT_THAT((*buffer)->getBuffer().str(), HasSubstr("// The module before generating code."));
  llvm::sys::fs::remove(path);
}
