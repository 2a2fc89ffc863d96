//===- LifetimesTest.cpp - Which temporaries may share memory -------------===//
//
// Those of loops one after the other; not those of a loop and of its body, and not what
// a loop hands from one iteration to the next.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Lifetimes.h"
#include "backends/cpu/codegen/Stages.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <map>

using namespace mlir;
using namespace lz::cpu;

/// a: before and in both loops; b: in the first; c: in the second; d: behind them.
static const char *kLoops = R"(
func.func @kernel(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() {name = "a"} : memref<8xf32>
  scf.for %i = %c0 to %c4 step %c1 {
    %b = memref.alloc() {name = "b"} : memref<8xf32>
    memref.copy %x, %b : memref<8xf32> to memref<8xf32>
    memref.copy %b, %a : memref<8xf32> to memref<8xf32>
  }
  scf.for %i = %c0 to %c4 step %c1 {
    memref.store %zero, %a[%i] : memref<8xf32>
    %c = memref.alloc() {name = "c"} : memref<8xf32>
    %part = memref.subview %c[0] [4] [1] : memref<8xf32> to memref<4xf32>
    memref.store %zero, %part[%i] : memref<4xf32>
  }
  %d = memref.alloc() {name = "d"} : memref<8xf32>
  memref.copy %d, %x : memref<8xf32> to memref<8xf32>
  return
})";

/// b of one iteration is read in the next, and after the last.
static const char *kCarried = R"(
func.func @kernel(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %a = memref.alloc() {name = "a"} : memref<8xf32>
  %last = scf.for %i = %c0 to %c4 step %c1 iter_args(%old = %a) -> (memref<8xf32>) {
    %c = memref.alloc() {name = "c"} : memref<8xf32>
    memref.copy %old, %c : memref<8xf32> to memref<8xf32>
    %b = memref.alloc() {name = "b"} : memref<8xf32>
    memref.copy %c, %b : memref<8xf32> to memref<8xf32>
    scf.yield %b : memref<8xf32>
  }
  %d = memref.alloc() {name = "d"} : memref<8xf32>
  memref.copy %last, %d : memref<8xf32> to memref<8xf32>
  return
})";

/// Pairs of names that meet, in alphabetical order.
static std::vector<std::string> meetings(const char *text) {
  DialectRegistry registry;
  registerCodegenDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  loadCodegenDialects(context);
  auto module = parseSourceString<ModuleOp>(text, &context);
  auto func = *module->getOps<func::FuncOp>().begin();
  Lifetimes lifetimes(func);
  std::map<std::string, Lifetime> named;
  func.walk([&](memref::AllocOp op) {
    named[op->getAttrOfType<StringAttr>("name").str()] = lifetimes.of(op);
  });
  std::vector<std::string> pairs;
  for (auto &[name, lifetime] : named)
    for (auto &[other, later] : named)
      if (name < other && lifetime.meets(later))
        pairs.push_back(name + other);
  return pairs;
}

TEST(LifetimesTest, LoopsOneAfterTheOtherMayShare) {
  EXPECT_EQ(meetings(kLoops), (std::vector<std::string>{"ab", "ac"}));
}

TEST(LifetimesTest, WhatALoopCarriesLivesAsLongAsItsReaders) {
  std::vector<std::string> pairs = meetings(kCarried);
  for (const char *pair : {"ab", "ac", "bc", "bd"})
    EXPECT_TRUE(llvm::is_contained(pairs, pair)) << pair;
}
