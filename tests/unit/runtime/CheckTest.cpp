//===- CheckTest.cpp ------------------------------------------------------===//
//
// The second check: one broken program for each of its messages.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Check.h"

#include "tests/unit/runtime/ProgramBuilder.h"

#include <functional>
#include <gmock/gmock.h>

using namespace lz;
using namespace lz::rt;
using test::ProgramBuilder;

namespace {

struct Case {
  const char *message;
  std::function<void(ProgramBuilder &)> breakIt;
};

/// What the check says of a program after `breakIt`; segments have room for
/// offsets.
std::string explain(ProgramBuilder b,
                    const std::function<void(ProgramBuilder &)> &breakIt) {
  // Fills in the segments' places; the check itself is called on the broken
  // program.
  EXPECT_TRUE(b.build().isOk());
  breakIt(b);
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(fmt::Program::Pack(builder, &b.program));
  return checkProgram(*fmt::GetProgram(builder.GetBufferPointer()), 1 << 20)
      .getMessage();
}

fmt::KernelCallT &getKernel(ProgramBuilder &b, size_t index) {
  return *b.program.blocks[0]->instructions[index]->call.AsKernelCall();
}

/// How the next target runs the first call.
fmt::TargetCallT &addTargetCall(ProgramBuilder &b) {
  auto &calls = getKernel(b, 0).more_targets;
  calls.push_back(std::make_unique<fmt::TargetCallT>());
  return *calls.back();
}

/// The call of the last block, which is the main one of makeControlFlowProgram.
fmt::CallUnion &getCall(ProgramBuilder &b, size_t index) {
  return b.program.blocks.back()->instructions[index]->call;
}

} // namespace

TEST(CheckTest, GoodProgramsPass) {
  EXPECT_EQ(explain(test::makeAddProgram(), [](ProgramBuilder &) {}), "");
  EXPECT_EQ(explain(test::makeControlFlowProgram(), [](ProgramBuilder &) {}),
            "");
  EXPECT_EQ(explain(ProgramBuilder(), [](ProgramBuilder &) {}), "");
}

TEST(CheckTest, BrokenKernelPrograms) {
  const Case cases[] = {
      {"segment 0: unknown kind 77",
       [](ProgramBuilder &b) {
         b.program.segments[0]->kind = fmt::SegmentKind(77);
       }},
      {"segment 1: offset 5 is not a multiple of the page size",
       [](ProgramBuilder &b) { b.program.segments[1]->offset = 5; }},
      {"segment 1: 18446744073709551615 bytes at offset",
       [](ProgramBuilder &b) { b.program.segments[1]->size = UINT64_MAX; }},
      {"symbol 0: unknown kind 9",
       [](ProgramBuilder &b) {
         b.program.symbols[0]->kind = fmt::SymbolKind(9);
       }},
      {"symbol 0: range [2, 1] with divisor 2",
       [](ProgramBuilder &b) { b.program.symbols[0]->max = 1; }},
      {"symbol 0: range [2, 64] with divisor 0",
       [](ProgramBuilder &b) { b.program.symbols[0]->divisor = 0; }},
      {"expression 0: not exactly one result",
       [](ProgramBuilder &b) { b.program.exprs[0]->steps.clear(); }},
      {"value 0: unknown dtype 200",
       [](ProgramBuilder &b) { b.program.values[0]->dtype = fmt::DType(200); }},
      {"value 0: unknown kind or storage",
       [](ProgramBuilder &b) {
         b.program.values[0]->storage = fmt::Storage(9);
       }},
      {"value 0: expression 99 of 3",
       [](ProgramBuilder &b) { b.program.values[0]->dims[0] = 99; }},
      {"value 0: rank 33, expected at most 32",
       [](ProgramBuilder &b) { b.program.values[0]->dims.resize(33, 0); }},
      {"value 0: dtype and kind do not agree about strings",
       [](ProgramBuilder &b) {
         b.program.values[0]->dtype = fmt::DType_string;
       }},
      {"target 0: segment 9 of 2",
       [](ProgramBuilder &b) { b.program.targets[0]->segment = 9; }},
      {"target 0: segment 0 is not a code segment",
       [](ProgramBuilder &b) { b.program.targets[0]->segment = 0; }},
      {"target 0: kernel 'add_f32' lies outside of its code segment",
       [](ProgramBuilder &b) {
         b.program.targets[0]->kernels[0]->offset = 1 << 20;
       }},
      {"target 1: has 5 kernels, expected 6 as target 0",
       [](ProgramBuilder &b) {
         b.addTarget("other", {});
         b.program.targets[1]->kernels.pop_back();
       }},
      {"entry 'forward': block 5 of 1",
       [](ProgramBuilder &b) { b.program.entries[0]->block = 5; }},
      {"entry 'forward': has 0 inputs, its block 1",
       [](ProgramBuilder &b) { b.program.entries[0]->inputs.clear(); }},
      {"entry 'forward': input 0 is not the value of its block",
       [](ProgramBuilder &b) { b.program.entries[0]->inputs[0]->value = 1; }},
      {"instruction 0 ('layer.add_f32'): kernel 99 of 6",
       [](ProgramBuilder &b) { getKernel(b, 0).kernel = 99; }},
      {"its grid names no expression",
       [](ProgramBuilder &b) { getKernel(b, 0).grid = 99; }},
      {"its sizes name no expression",
       [](ProgramBuilder &b) { getKernel(b, 0).sizes = {99}; }},
      {"its scratch names no expression",
       [](ProgramBuilder &b) { getKernel(b, 0).scratch_bytes = 99; }},
      {"it has calls of 3 targets, expected 1 or 2",
       [](ProgramBuilder &b) {
         b.addTarget("other", {});
         addTargetCall(b);
         addTargetCall(b);
       }},
      {"it has calls of 2 targets, expected 1 or 1",
       [](ProgramBuilder &b) { addTargetCall(b); }},
      {"its grid names no expression",
       [](ProgramBuilder &b) {
         b.addTarget("other", {});
         addTargetCall(b).grid = 99;
       }},
      {"its sizes name no expression",
       [](ProgramBuilder &b) {
         b.addTarget("other", {});
         addTargetCall(b).sizes = {99};
       }},
      {"its scratch names no expression",
       [](ProgramBuilder &b) {
         b.addTarget("other", {});
         addTargetCall(b).scratch_bytes = 99;
       }},
      {"value 99 of 3",
       [](ProgramBuilder &b) { getKernel(b, 0).inputs[0] = 99; }},
      {"value 99 of 3",
       [](ProgramBuilder &b) { getKernel(b, 0).outputs[0] = 99; }},
      {"value 1 is used before it is defined",
       [](ProgramBuilder &b) { getKernel(b, 0).inputs[0] = 1; }},
      {"value 1 is defined twice",
       [](ProgramBuilder &b) { getKernel(b, 1).outputs[0] = 1; }},
      {"value 0 cannot be written here",
       [](ProgramBuilder &b) { getKernel(b, 1).outputs[0] = 0; }},
      {"value 1 cannot be a block's input",
       [](ProgramBuilder &b) {
         b.program.blocks[0]->inputs[0] = 1;
         b.program.entries[0]->inputs[0]->value = 1;
       }},
      {"its costs name no expression",
       [](ProgramBuilder &b) {
         b.program.blocks[0]->instructions[0]->flops = 99;
       }},
      {"symbol 0 cannot be defined",
       [](ProgramBuilder &b) {
         b.program.blocks[0]->instructions[0]->defines = {0};
       }},
      {"has no call",
       [](ProgramBuilder &b) {
         b.program.blocks[0]->instructions[0]->call.Reset();
       }},
      {"a guard names no expression",
       [](ProgramBuilder &b) { b.guard(0, 99, "no"); }},
      {"there is another entry of that name",
       [](ProgramBuilder &b) { b.entry("forward", 0); }},
      {"block 0 is run from more than one place",
       [](ProgramBuilder &b) { b.entry("again", 0); }},
  };
  for (const Case &test : cases)
    EXPECT_THAT(explain(test::makeAddProgram(), test.breakIt),
                testing::HasSubstr(test.message));
}

TEST(CheckTest, BrokenControlFlowPrograms) {
  const Case cases[] = {
      {"constant 0: segment 9 of 1",
       [](ProgramBuilder &b) { b.program.constants[0]->segment = 9; }},
      {"constant 0: offset 3 is not a multiple of 64",
       [](ProgramBuilder &b) { b.program.constants[0]->offset = 3; }},
      {"do not lie in its segment",
       [](ProgramBuilder &b) { b.program.constants[0]->offset = 1 << 30; }},
      {"its constant has 7 bytes, expected 8",
       [](ProgramBuilder &b) { b.program.constants[0]->size = 7; }},
      {"constant 99 of 2",
       [](ProgramBuilder &b) {
         for (auto &value : b.program.values)
           if (value->storage == fmt::Storage_Constant)
             value->index = 99;
       }},
      {"layout 'zz' does not name 0 dimensions once each",
       [](ProgramBuilder &b) {
         b.program.constants[0]->packing = std::make_unique<fmt::PackingT>();
         b.program.constants[0]->packing->tag = "zz";
       }},
      {"state 0: dimensions that no memory holds",
       [](ProgramBuilder &b) {
         b.program.states[0]->dims = {UINT64_MAX / 2, 8};
       }},
      {"state 0: has 32 bytes, expected 16",
       [](ProgramBuilder &b) { b.program.states[0]->dims = {1, 4}; }},
      {"its state is f64",
       [](ProgramBuilder &b) {
         b.program.states[0]->dtype = fmt::DType_f64;
         b.program.states[0]->size = 0;
       }},
      {"the bases of views form a cycle",
       [](ProgramBuilder &b) {
         for (uint32_t i = 0; i < b.program.values.size(); ++i)
           if (b.program.values[i]->storage == fmt::Storage_View)
             b.program.values[i]->base = i;
       }},
      {"cannot be a view of its base",
       [](ProgramBuilder &b) {
         for (auto &value : b.program.values)
           if (value->storage == fmt::Storage_View)
             value->dtype = fmt::DType_i64;
       }},
      {"base 9999 of",
       [](ProgramBuilder &b) {
         for (auto &value : b.program.values)
           if (value->storage == fmt::Storage_View)
             value->base = 9999;
       }},
      {"block 3 is run from more than one place",
       [](ProgramBuilder &b) { getCall(b, 0).AsBranchCall()->then_block = 3; }},
      {"block 99 of 4",
       [](ProgramBuilder &b) { getCall(b, 1).AsLoopCall()->body = 99; }},
      {"passes 0 inputs, expected 1",
       [](ProgramBuilder &b) { getCall(b, 0).AsBranchCall()->inputs.clear(); }},
      {"passes 1 outputs, expected 0",
       [](ProgramBuilder &b) {
         getCall(b, 0).AsBranchCall()->outputs.clear();
       }},
      {"expected a scalar of bool",
       [](ProgramBuilder &b) { getCall(b, 0).AsBranchCall()->condition = 0; }},
      {"expected a scalar of i64",
       [](ProgramBuilder &b) { getCall(b, 1).AsLoopCall()->trip_count = 1; }},
      {"is not a temporary",
       [](ProgramBuilder &b) { getCall(b, 0).AsBranchCall()->outputs[0] = 2; }},
      {"passes a value of another type as number 0 of the inputs",
       [](ProgramBuilder &b) { getCall(b, 0).AsBranchCall()->inputs[0] = 1; }},
      {"a loop's body takes a number and gives a condition",
       [](ProgramBuilder &b) { getCall(b, 1).AsLoopCall()->inputs.clear(); }},
      {"copies between values that differ",
       [](ProgramBuilder &b) { getCall(b, 2).AsCopyCall()->src = 1; }},
  };
  for (const Case &test : cases)
    EXPECT_THAT(explain(test::makeControlFlowProgram(), test.breakIt),
                testing::HasSubstr(test.message));
}

TEST(CheckTest, BlocksNestedTooDeep) {
  ProgramBuilder b;
  uint32_t flag = b.constantValue(fmt::DType_boolean, {}, "\1");
  for (int i = 0; i < 70; i += 2) {
    uint32_t block = b.beginBlock({});
    if (i > 0)
      b.branch(flag, block - 1, block - 2, {}, {});
    b.endBlock({});
    b.beginBlock({});
    b.endBlock({});
  }
  b.entry("deep", 68);
  EXPECT_THAT(b.build().getStatus().getMessage(),
              testing::HasSubstr("nested deeper than 32"));
}

TEST(CheckTest, BytesOfTensors) {
  uint64_t numBytes = 1;
  EXPECT_TRUE(getNumBytes(fmt::DType_f32, {2, 3}, numBytes));
  EXPECT_EQ(numBytes, 24u);
  EXPECT_TRUE(getNumBytes(fmt::DType_f32, {1 << 20, 0, 1 << 20}, numBytes));
  EXPECT_EQ(numBytes, 0u);
  EXPECT_FALSE(getNumBytes(fmt::DType_f32, {2, -3}, numBytes));
  EXPECT_FALSE(getNumBytes(fmt::DType_f64, {INT64_MAX, INT64_MAX}, numBytes));
  EXPECT_FALSE(getNumBytes(fmt::DType_i8, {0, INT64_MAX, 2}, numBytes));
}
