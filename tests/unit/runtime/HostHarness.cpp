//===- HostHarness.cpp ----------------------------------------------------===//
//
// See HostHarness.h.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/HostHarness.h"

using namespace lz;
using namespace lz::rt;
using namespace lz::rt::test;

std::vector<uint8_t> test::makeAttributes(const AttributeWriter &write) {
  if (!write)
    return {};
  flexbuffers::Builder builder;
  builder.Map([&] { write(builder); });
  builder.Finish();
  return builder.GetBuffer();
}

HostValue test::makeBytes(fmt::DType dtype, std::vector<int64_t> dims,
                          const void *data, size_t sizeBytes) {
  HostValue value;
  value.dtype = dtype;
  value.dims = std::move(dims);
  value.buffer =
      std::make_shared<Buffer>(std::move(*Buffer::allocate(sizeBytes)));
  if (sizeBytes > 0)
    std::memcpy(value.buffer->getData(), data, sizeBytes);
  value.data = value.buffer->getData();
  return value;
}

HostValue test::words(std::vector<int64_t> dims,
                      std::vector<std::string> strings) {
  return makeStrings(std::move(dims), std::move(strings));
}

static ProgramBuilder buildCase(const HostCase &test) {
  ProgramBuilder b;
  Indices inputs, outputs, defines;
  for (const HostValue &value : test.inputs) {
    Indices dims;
    for (int64_t dim : value.dims)
      dims.push_back(b.constant(dim));
    fmt::ValueKind element = value.dtype == fmt::DType_string
                                 ? fmt::ValueKind_Strings
                                 : fmt::ValueKind_Tensor;
    uint32_t input =
        b.input("x" + std::to_string(inputs.size()), value.dtype, dims);
    inputs.push_back(b.setKind(input, value.kind, element));
  }
  for (const ResultType &result : test.results) {
    Indices dims;
    for (int64_t dim : result.dims) {
      if (!test.defines) {
        dims.push_back(b.constant(dim));
        continue;
      }
      defines.push_back(b.symbol("s" + std::to_string(defines.size()), 0,
                                 INT64_MAX, 1, fmt::SymbolKind_Defined));
      dims.push_back(b.symbolExpr(defines.back()));
    }
    outputs.push_back(b.setKind(b.temporary(result.dtype, dims), result.kind,
                                result.elementKind));
  }
  uint32_t block = b.beginBlock(inputs);
  b.host(test.op, inputs, outputs, defines, makeAttributes(test.attributes));
  b.endBlock(outputs);
  b.entry("forward", block);
  return b;
}

StatusOr<std::vector<HostValue>> test::run(const HostCase &test) {
  LZ_ASSIGN_OR_RETURN(std::vector<char> bytes, buildCase(test).build());
  LZ_ASSIGN_OR_RETURN(std::shared_ptr<const Model> model,
                      Model::loadCopy(bytes.data(), bytes.size(), {}));
  LZ_ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                      Session::create(model, {1, 0, 0}));
  for (size_t i = 0; i < test.inputs.size(); ++i)
    LZ_RETURN_IF_ERROR(session->setInputValue(i, test.inputs[i]));
  LZ_RETURN_IF_ERROR(session->run());
  std::vector<HostValue> results;
  for (size_t i = 0; i < test.results.size(); ++i) {
    LZ_ASSIGN_OR_RETURN(HostValue result, session->getOutputValue(i));
    EXPECT_EQ(result.dims, test.results[i].dims) << "result " << i;
    results.push_back(std::move(result));
  }
  return results;
}

std::string test::explain(const HostCase &test) {
  auto results = run(test);
  return results.isOk() ? "" : results.getStatus().getMessage();
}

std::unique_ptr<Session> test::startSession(ProgramBuilder b) {
  auto bytes = b.build();
  EXPECT_TRUE(bytes.isOk()) << bytes.getStatus().getMessage();
  auto model = Model::loadCopy(bytes->data(), bytes->size(), {});
  EXPECT_TRUE(model.isOk()) << model.getStatus().getMessage();
  auto session = Session::create(*model, {1, 0, 0});
  EXPECT_TRUE(session.isOk()) << session.getStatus().getMessage();
  return std::move(*session);
}
