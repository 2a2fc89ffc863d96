//===- HostHarness.h - Single host operations -----------------------------===//
//
// Builds a program of one host call, loads it through the reader's checks and
// runs it in a session.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TESTS_UNIT_RUNTIME_HOSTHARNESS_H
#define LAZULI_TESTS_UNIT_RUNTIME_HOSTHARNESS_H

#include "runtime/exec/Session.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <cstring>
#include <flatbuffers/flexbuffers.h>
#include <functional>
#include <gmock/gmock.h>

namespace lz::rt::test {

using AttributeWriter = std::function<void(flexbuffers::Builder &)>;

/// A FlexBuffer map of what `write` adds.
std::vector<uint8_t> makeAttributes(const AttributeWriter &write);

/// A dense tensor that owns its memory.
HostValue makeBytes(fmt::DType dtype, std::vector<int64_t> dims,
                    const void *data, size_t sizeBytes);
inline HostValue floats(std::vector<int64_t> dims, std::vector<float> data) {
  return makeBytes(fmt::DType_f32, std::move(dims), data.data(),
                   data.size() * sizeof(float));
}
inline HostValue integers(std::vector<int64_t> dims,
                          std::vector<int64_t> data) {
  return makeBytes(fmt::DType_i64, std::move(dims), data.data(),
                   data.size() * sizeof(int64_t));
}
HostValue words(std::vector<int64_t> dims, std::vector<std::string> strings);

/// What a result is declared as. Its dimensions are checked by the run; with
/// `isDefined` they are symbols that the call defines.
struct ResultType {
  fmt::ValueKind kind = fmt::ValueKind_Tensor;
  fmt::DType dtype = fmt::DType_f32;
  std::vector<int64_t> dims;
  fmt::ValueKind elementKind = fmt::ValueKind_Tensor;
};

struct HostCase {
  std::string op;
  std::vector<HostValue> inputs;
  std::vector<ResultType> results;
  AttributeWriter attributes = nullptr;
  /// Dimensions of the results are symbols that the call defines.
  bool defines = true;
};

/// The results, or the error of loading or running it.
StatusOr<std::vector<HostValue>> run(const HostCase &test);
/// The text of the error, "" if there is none.
std::string explain(const HostCase &test);

template <typename T> std::vector<T> read(const HostValue &value) {
  std::vector<T> elements(static_cast<size_t>(getNumElements(value.dims)));
  if (!elements.empty())
    std::memcpy(elements.data(), value.data, elements.size() * sizeof(T));
  return elements;
}

/// A session of the program with one thread; fails the test if it does not
/// load.
std::unique_ptr<Session> startSession(ProgramBuilder b);

} // namespace lz::rt::test

#endif // LAZULI_TESTS_UNIT_RUNTIME_HOSTHARNESS_H
