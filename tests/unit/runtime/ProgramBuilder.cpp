//===- ProgramBuilder.cpp -------------------------------------------------===//
//
// See ProgramBuilder.h.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/ProgramBuilder.h"

#include "runtime/base/Buffer.h"
#include "runtime/base/Checksum.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/FileHeader.h"

#include <cstdlib>
#include <cstring>
#include <flatbuffers/flexbuffers.h>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace lz;
using namespace lz::rt;
using namespace lz::rt::test;

ProgramBuilder::ProgramBuilder() { program.producer = "runtime tests"; }

uint32_t ProgramBuilder::symbol(const std::string &name, int64_t min,
                                int64_t max, int64_t divisor,
                                fmt::SymbolKind kind) {
  auto symbol = std::make_unique<fmt::SymbolT>();
  symbol->name = name;
  symbol->kind = kind;
  symbol->min = min;
  symbol->max = max;
  symbol->divisor = divisor;
  program.symbols.push_back(std::move(symbol));
  return static_cast<uint32_t>(program.symbols.size() - 1);
}

uint32_t ProgramBuilder::expr(std::vector<fmt::Step> steps) {
  auto expr = std::make_unique<fmt::ExprT>();
  expr->steps = std::move(steps);
  program.exprs.push_back(std::move(expr));
  return static_cast<uint32_t>(program.exprs.size() - 1);
}

uint32_t ProgramBuilder::constant(int64_t value) {
  return expr({fmt::Step(fmt::ExprOp_Constant, value)});
}

uint32_t ProgramBuilder::symbolExpr(uint32_t symbol) {
  return expr({fmt::Step(fmt::ExprOp_Symbol, symbol)});
}

fmt::ValueT &ProgramBuilder::addValue(fmt::Storage storage, fmt::DType dtype,
                                      Indices dims) {
  auto value = std::make_unique<fmt::ValueT>();
  value->name = "v" + std::to_string(program.values.size());
  value->dtype = dtype;
  value->dims = std::move(dims);
  value->storage = storage;
  program.values.push_back(std::move(value));
  return *program.values.back();
}

uint32_t ProgramBuilder::input(const std::string &name, fmt::DType dtype,
                               Indices dims) {
  addValue(fmt::Storage_Input, dtype, std::move(dims)).name = name;
  return static_cast<uint32_t>(program.values.size() - 1);
}

uint32_t ProgramBuilder::temporary(fmt::DType dtype, Indices dims) {
  addValue(fmt::Storage_Temporary, dtype, std::move(dims));
  return static_cast<uint32_t>(program.values.size() - 1);
}

uint32_t ProgramBuilder::view(uint32_t base, fmt::DType dtype, Indices dims) {
  addValue(fmt::Storage_View, dtype, std::move(dims)).base = base;
  return static_cast<uint32_t>(program.values.size() - 1);
}

uint64_t ProgramBuilder::addData(const void *bytes, size_t sizeBytes) {
  uint64_t offset = alignUp(data.size(), bufferAlignment);
  data.resize(offset + sizeBytes);
  if (sizeBytes > 0)
    std::memcpy(data.data() + offset, bytes, sizeBytes);
  return offset;
}

template <typename Dims>
static size_t getBytes(fmt::DType dtype, const Dims &dims) {
  auto product = static_cast<size_t>(getDTypeBytes(dtype));
  for (auto dim : dims)
    product *= static_cast<size_t>(dim);
  return product;
}

uint32_t ProgramBuilder::constantValue(fmt::DType dtype,
                                       std::vector<int64_t> dims,
                                       const void *bytes) {
  auto constant = std::make_unique<fmt::ConstantT>();
  constant->name = "c" + std::to_string(program.constants.size());
  constant->size = getBytes(dtype, dims);
  constant->offset = addData(bytes, constant->size);
  program.constants.push_back(std::move(constant));
  Indices exprs;
  for (int64_t dim : dims)
    exprs.push_back(this->constant(dim));
  addValue(fmt::Storage_Constant, dtype, exprs).index =
      static_cast<uint32_t>(program.constants.size() - 1);
  return static_cast<uint32_t>(program.values.size() - 1);
}

uint32_t
ProgramBuilder::constantStrings(std::vector<int64_t> dims,
                                const std::vector<std::string> &strings) {
  std::vector<uint64_t> ends = {0};
  std::string bytes;
  for (const std::string &text : strings) {
    bytes += text;
    ends.push_back(bytes.size());
  }
  std::string all(reinterpret_cast<const char *>(ends.data()),
                  ends.size() * sizeof(uint64_t));
  all += bytes;
  uint32_t value = constantValue(
      fmt::DType_u8, {static_cast<int64_t>(all.size())}, all.data());
  fmt::ValueT &of = *program.values[value];
  of.kind = fmt::ValueKind_Strings;
  of.dtype = fmt::DType_string;
  of.dims.clear();
  for (int64_t dim : dims)
    of.dims.push_back(constant(dim));
  return value;
}

uint32_t ProgramBuilder::setKind(uint32_t value, fmt::ValueKind kind,
                                 fmt::ValueKind elementKind) {
  program.values[value]->kind = kind;
  program.values[value]->element_kind = elementKind;
  return value;
}

uint32_t ProgramBuilder::state(const std::string &name, fmt::DType dtype,
                               std::vector<uint64_t> dims, const void *bytes) {
  auto state = std::make_unique<fmt::StateT>();
  state->name = name;
  state->dtype = dtype;
  if (bytes) {
    state->size = getBytes(dtype, dims);
    state->offset = addData(bytes, state->size);
  }
  state->dims = dims;
  program.states.push_back(std::move(state));
  Indices exprs;
  for (uint64_t dim : dims)
    exprs.push_back(constant(static_cast<int64_t>(dim)));
  addValue(fmt::Storage_State, dtype, exprs).index =
      static_cast<uint32_t>(program.states.size() - 1);
  return static_cast<uint32_t>(program.values.size() - 1);
}

uint32_t ProgramBuilder::beginBlock(Indices inputs) {
  program.blocks.push_back(std::make_unique<fmt::BlockT>());
  program.blocks.back()->inputs = std::move(inputs);
  openBlocks.push_back(static_cast<uint32_t>(program.blocks.size() - 1));
  return openBlocks.back();
}

void ProgramBuilder::endBlock(Indices outputs) {
  program.blocks[openBlocks.back()]->outputs = std::move(outputs);
  openBlocks.pop_back();
}

fmt::InstructionT &ProgramBuilder::add(const std::string &name) {
  auto &instructions = program.blocks[openBlocks.back()]->instructions;
  instructions.push_back(std::make_unique<fmt::InstructionT>());
  instructions.back()->name = name;
  instructions.back()->location = "model.py:1";
  instructions.back()->why = "a test";
  return *instructions.back();
}

void ProgramBuilder::kernel(const std::string &name, Indices inputs,
                            Indices outputs, Indices sizes, uint32_t grid,
                            uint64_t grain, uint64_t scratchBytes) {
  fmt::KernelCallT call;
  call.kernel = kernelNumbers.at(name);
  call.inputs = std::move(inputs);
  call.outputs = std::move(outputs);
  call.sizes = std::move(sizes);
  call.grid = grid;
  call.grain = grain;
  if (scratchBytes > 0)
    call.scratch_bytes = constant(static_cast<int64_t>(scratchBytes));
  add("layer." + name).call.Set(std::move(call));
}

void ProgramBuilder::copy(uint32_t src, uint32_t dst) {
  fmt::CopyCallT call;
  call.src = src;
  call.dst = dst;
  add("copy").call.Set(std::move(call));
}

void ProgramBuilder::branch(uint32_t condition, uint32_t thenBlock,
                            uint32_t elseBlock, Indices inputs,
                            Indices outputs) {
  fmt::BranchCallT call;
  call.condition = condition;
  call.then_block = thenBlock;
  call.else_block = elseBlock;
  call.inputs = std::move(inputs);
  call.outputs = std::move(outputs);
  add("if").call.Set(std::move(call));
}

void ProgramBuilder::loop(uint32_t tripCount, uint32_t condition, uint32_t body,
                          Indices inputs, Indices outputs) {
  fmt::LoopCallT call;
  call.trip_count = tripCount;
  call.condition = condition;
  call.body = body;
  call.inputs = std::move(inputs);
  call.outputs = std::move(outputs);
  add("loop").call.Set(std::move(call));
}

void ProgramBuilder::host(const std::string &op, Indices inputs,
                          Indices outputs, Indices defines,
                          std::vector<uint8_t> attributes) {
  fmt::HostCallT call;
  call.op = op;
  call.inputs = std::move(inputs);
  call.outputs = std::move(outputs);
  call.attributes = std::move(attributes);
  fmt::InstructionT &instruction = add("layer." + op);
  instruction.defines = std::move(defines);
  instruction.call.Set(std::move(call));
}

void ProgramBuilder::entry(const std::string &name, uint32_t block) {
  auto entry = std::make_unique<fmt::EntryT>();
  entry->name = name;
  entry->block = block;
  for (uint32_t value : program.blocks[block]->inputs) {
    entry->inputs.push_back(std::make_unique<fmt::PortT>());
    entry->inputs.back()->name = program.values[value]->name;
    entry->inputs.back()->value = value;
  }
  for (uint32_t value : program.blocks[block]->outputs) {
    entry->outputs.push_back(std::make_unique<fmt::PortT>());
    entry->outputs.back()->name =
        "y" + std::to_string(entry->outputs.size() - 1);
    entry->outputs.back()->value = value;
  }
  program.entries.push_back(std::move(entry));
}

void ProgramBuilder::guard(uint32_t lhs, uint32_t rhs,
                           const std::string &message) {
  auto guard = std::make_unique<fmt::GuardT>();
  guard->lhs = lhs;
  guard->rhs = rhs;
  guard->message = message;
  program.entries.back()->guards.push_back(std::move(guard));
}

std::vector<char> lz::rt::test::readTestFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

void ProgramBuilder::useKernels(std::vector<std::string> features) {
  code = readTestFile(LAZULI_TEST_KERNELS ".bin");
  addTarget("x86-64", std::move(features));
}

void ProgramBuilder::addTarget(const std::string &cpu,
                               std::vector<std::string> features) {
  auto target = std::make_unique<fmt::TargetT>();
  target->cpu = cpu;
  target->features = std::move(features);
  target->segment = 1;
  std::vector<char> table = readTestFile(LAZULI_TEST_KERNELS ".txt");
  std::istringstream lines(std::string(table.begin(), table.end()));
  std::string address, kind, name;
  while (lines >> address >> kind >> name) {
    kernelNumbers[name] = static_cast<uint32_t>(target->kernels.size());
    target->kernels.push_back(std::make_unique<fmt::KernelSymbolT>());
    target->kernels.back()->name = name;
    target->kernels.back()->offset =
        std::strtoull(address.c_str(), nullptr, /*base=*/16);
  }
  program.targets.push_back(std::move(target));
}

std::vector<SegmentData> ProgramBuilder::getSegments() const {
  std::vector<SegmentData> segments = {
      {fmt::SegmentKind_Data, "data", data.data(), data.size()}};
  if (!code.empty())
    segments.push_back(
        {fmt::SegmentKind_Code, "code", code.data(), code.size()});
  return segments;
}

StatusOr<std::vector<char>> ProgramBuilder::build(bool check) {
  return serializeArtifact(program, getSegments(), check);
}

void lz::rt::test::fixChecksums(std::vector<char> &artifact) {
  FileHeader header;
  if (artifact.size() < sizeof(header))
    return;
  std::memcpy(&header, artifact.data(), sizeof(header));
  if (header.programOffset <= artifact.size() &&
      header.programSize <= artifact.size() - header.programOffset)
    header.programChecksum =
        checksum(artifact.data() + header.programOffset, header.programSize);
  header.fileSize = artifact.size();
  header.headerChecksum =
      checksum(&header, offsetof(FileHeader, headerChecksum));
  std::memcpy(artifact.data(), &header, sizeof(header));
}

ProgramBuilder lz::rt::test::makeAddProgram(uint64_t grain) {
  ProgramBuilder b;
  b.useKernels();
  uint32_t symbol = b.symbol("batch", 2, 64, 2);
  uint32_t batch = b.symbolExpr(symbol), four = b.constant(4);
  uint32_t grid = b.expr({fmt::Step(fmt::ExprOp_Symbol, symbol),
                          fmt::Step(fmt::ExprOp_Constant, 4),
                          fmt::Step(fmt::ExprOp_Mul, 0)});
  uint32_t x = b.input("x", fmt::DType_f32, {batch, four});
  uint32_t sum = b.temporary(fmt::DType_f32, {batch, four});
  uint32_t y = b.temporary(fmt::DType_f32, {batch, four});
  uint32_t block = b.beginBlock({x});
  b.kernel("add_f32", {x, x}, {sum}, {}, grid, grain);
  b.kernel("add_f32", {sum, x}, {y}, {}, grid, grain);
  b.endBlock({y});
  b.entry("forward", block);
  return b;
}

/// y = flag ? x : saved; saved = x; y is passed three times through a loop that
/// swaps it with its other carried variable.
ProgramBuilder lz::rt::test::makeControlFlowProgram() {
  ProgramBuilder b;
  uint32_t batch = b.symbolExpr(b.symbol("batch", 1, 2));
  uint32_t two = b.constant(2), four = b.constant(4);
  const Indices dims = {two, four}, flat = {b.constant(8)};
  const float first[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  const int64_t three = 3;
  const uint8_t yes = 1;

  uint32_t x = b.input("x", fmt::DType_f32, {batch, four});
  uint32_t flag = b.input("flag", fmt::DType_boolean, {});
  uint32_t saved = b.state("saved", fmt::DType_f32, {2, 4}, first);
  uint32_t trips = b.constantValue(fmt::DType_i64, {}, &three);
  uint32_t more = b.constantValue(fmt::DType_boolean, {}, &yes);

  uint32_t thenIn = b.input("then.x", fmt::DType_f32, dims);
  uint32_t thenBlock = b.beginBlock({thenIn});
  b.endBlock({thenIn});
  uint32_t elseIn = b.input("else.x", fmt::DType_f32, dims);
  uint32_t elseOut = b.temporary(fmt::DType_f32, dims);
  uint32_t elseBlock = b.beginBlock({elseIn});
  b.copy(saved, elseOut);
  b.endBlock({elseOut});

  uint32_t iteration = b.input("i", fmt::DType_i64, {});
  uint32_t left = b.input("left", fmt::DType_f32, dims);
  uint32_t right = b.input("right", fmt::DType_f32, dims);
  uint32_t body = b.beginBlock({iteration, left, right});
  b.endBlock({more, right, left});

  uint32_t chosen = b.temporary(fmt::DType_f32, dims);
  uint32_t a = b.temporary(fmt::DType_f32, dims),
           c = b.temporary(fmt::DType_f32, dims);
  uint32_t shaped = b.view(x, fmt::DType_f32, dims);
  uint32_t main = b.beginBlock({x, flag});
  b.branch(flag, thenBlock, elseBlock, {shaped}, {chosen});
  b.loop(trips, more, body, {chosen, shaped}, {a, c});
  b.copy(shaped, saved);
  b.endBlock({a, b.view(c, fmt::DType_f32, flat), saved});
  b.entry("forward", main);
  b.guard(batch, two, "the batch must be 2");
  return b;
}

static std::vector<uint8_t> makeSplitAttributes() {
  flexbuffers::Builder builder;
  builder.Map([&] {
    builder.String("delimiter", " ");
    builder.Int("maxsplit", -1);
  });
  builder.Finish();
  return builder.GetBuffer();
}

static std::vector<uint8_t> makeLabelAttributes() {
  flexbuffers::Builder builder;
  builder.Map([&] {
    builder.Int("default_int64", -1);
    builder.Vector("keys_strings", [&] {
      builder.String("a b");
      builder.String("c");
    });
    builder.Vector("values_int64s", [&] {
      builder.Int(3);
      builder.Int(int64_t(1) << 40);
    });
  });
  builder.Finish();
  return builder.GetBuffer();
}

static std::vector<uint8_t> makePatternAttributes() {
  flexbuffers::Builder builder;
  builder.Map([&] { builder.String("pattern", "(a|[b-d]\\d*){1,3}"); });
  builder.Finish();
  return builder.GetBuffer();
}

ProgramBuilder lz::rt::test::makeDynamicProgram() {
  ProgramBuilder b;
  auto defined = [&](const std::string &name) {
    return b.symbol(name, 0, 1000, 1, fmt::SymbolKind_Defined);
  };
  uint32_t n = b.symbolExpr(b.symbol("n")), m = b.symbolExpr(b.symbol("m"));
  uint32_t one = b.constant(1), found = defined("found"),
           trips = defined("trips"), length = defined("length"),
           parts = defined("parts");
  const int64_t three = 3;
  const uint8_t yes = 1;
  auto sequence = [&](uint32_t value) {
    return b.setKind(value, fmt::ValueKind_Sequence);
  };
  auto strings = [&](uint32_t value) {
    return b.setKind(value, fmt::ValueKind_Strings);
  };
  uint32_t x = b.input("x", fmt::DType_f32, {n});
  uint32_t words = strings(b.input("words", fmt::DType_string, {m}));
  uint32_t limit = b.constantValue(fmt::DType_i64, {}, &three);
  uint32_t more = b.constantValue(fmt::DType_boolean, {}, &yes);
  uint32_t marks = b.constantStrings({1}, {"!"});

  // The body: seq = [seq..., x], grown = split(seq at i), scan i.
  uint32_t i = b.input("i", fmt::DType_i64, {});
  uint32_t seq = sequence(b.input("seq", fmt::DType_f32, {}));
  uint32_t item = b.input("item", fmt::DType_f32, {n});
  uint32_t longer = sequence(b.temporary(fmt::DType_f32, {}));
  uint32_t body = b.beginBlock({i, seq, item});
  b.host("sequence_insert", {seq, item}, {longer});
  b.endBlock({more, longer, i});

  uint32_t indices = b.temporary(fmt::DType_i64, {one, b.symbolExpr(found)});
  uint32_t flat = b.view(indices, fmt::DType_i64, {b.symbolExpr(found)});
  uint32_t empty = sequence(b.temporary(fmt::DType_f32, {}));
  uint32_t full = sequence(b.temporary(fmt::DType_f32, {}));
  uint32_t scan = b.temporary(fmt::DType_i64, {b.symbolExpr(trips)});
  uint32_t joined = b.temporary(fmt::DType_f32, {b.symbolExpr(length)});
  uint32_t loud = strings(b.temporary(fmt::DType_string, {m}));
  uint32_t pieces =
      strings(b.temporary(fmt::DType_string, {m, b.symbolExpr(parts)}));
  uint32_t counts = b.temporary(fmt::DType_i64, {m});
  uint32_t maybe =
      b.setKind(b.temporary(fmt::DType_f32, {}), fmt::ValueKind_Optional);
  uint32_t again = b.temporary(fmt::DType_f32, {n});
  uint32_t labels = b.temporary(fmt::DType_i64, {m});
  uint32_t matches = b.temporary(fmt::DType_boolean, {m});
  uint32_t main = b.beginBlock({x, words});
  b.host("nonzero", {x}, {indices}, {found});
  b.host("sequence_empty", {}, {empty});
  b.loop(limit, noIndex, body, {empty, x}, {full, scan});
  auto &loop = *b.program.blocks[main]->instructions.back();
  loop.defines = {trips};
  loop.call.AsLoopCall()->num_scans = 1;
  b.host("concat_from_sequence", {full}, {joined}, {length});
  b.host("string_concat", {words, marks}, {loud});
  b.host("string_split", {loud}, {pieces, counts}, {parts},
         makeSplitAttributes());
  b.host("label_encoder", {words}, {labels}, {}, makeLabelAttributes());
  b.host("regex_full_match", {words}, {matches}, {}, makePatternAttributes());
  b.host("optional", {x}, {maybe});
  b.host("optional_get_element", {maybe}, {again});
  b.endBlock(
      {flat, full, scan, joined, loud, pieces, counts, again, labels, matches});
  b.entry("forward", main);
  return b;
}
