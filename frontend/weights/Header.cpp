//===- Header.cpp - The JSON header of a safetensors file -----------------===//
//
// A SAX handler for the one structure that is allowed:
//   {"__metadata__": {string: string},
//    name: {"dtype": string, "shape": [n...], "data_offsets": [begin, end]}}
//
//===----------------------------------------------------------------------===//

#include "frontend/weights/Header.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace lz::weights {

namespace {

using rt::Status;
using rt::StatusCode;

/// In the order of the enumeration.
constexpr const char *kFileNames[] = {"F32", "F64", "F16", "BF16", "I8",  "I16", "I32",
                                      "I64", "U8",  "U16", "U32",  "U64", "BOOL"};

/// No model has such ranks, and the passes' vectors need not be tested on them.
constexpr size_t kMaxRank = 64;

std::string quote(const std::string &name) {
  constexpr size_t kMaxShown = 120;
  return "'" + (name.size() > kMaxShown ? name.substr(0, kMaxShown) + "..." : name) + "'";
}

class HeaderHandler {
public:
  Header header;
  Status status;

  bool null() { return reject("null"); }
  bool boolean(bool) { return reject("a boolean"); }
  bool number_integer(int64_t) { return reject("a negative number"); }
  bool number_float(double, const std::string &text) { return reject("the number " + text); }
  bool binary(std::vector<uint8_t> &) { return reject("binary data"); }
  bool number_unsigned(uint64_t value);
  bool string(std::string &text);
  bool start_object(size_t);
  bool end_object();
  bool start_array(size_t);
  bool end_array();
  bool key(std::string &text);
  bool parse_error(size_t position, const std::string &, const std::exception &error);

private:
  enum class State { Start, Top, Metadata, Tensor, Shape, Offsets, End };

  bool fail(StatusCode code, std::string text) {
    status = Status(code, std::move(text));
    return false;
  }
  bool fail(std::string text) { return fail(StatusCode::DataLoss, std::move(text)); }
  bool reject(const std::string &what);
  bool startTensorField(const std::string &field);
  bool setDType(const std::string &text);
  HeaderEntry &entry() { return header.entries.back(); }
  std::string where() { return "tensor " + quote(entry().name); }

  State state = State::Start;
  std::string currentKey;
  std::set<std::string> seen;
  bool hasDType = false, hasShape = false, hasOffsets = false;
  std::vector<uint64_t> numbers;
};

bool HeaderHandler::reject(const std::string &what) {
  switch (state) {
  case State::Start:
  case State::End:
    return fail("the header is " + what + ", expected an object");
  case State::Top:
    return fail("entry " + quote(currentKey) + " is " + what + ", expected an object");
  case State::Metadata:
    return fail("metadata " + quote(currentKey) + " is " + what + ", expected a string");
  case State::Tensor:
    return fail(where() + ": field '" + currentKey + "' is " + what + ", expected " +
                (currentKey == "dtype" ? "a string" : "an array"));
  case State::Shape:
  case State::Offsets:
    return fail(where() + ": field '" + currentKey + "' holds " + what +
                ", expected non-negative integers");
  }
  return false;
}

bool HeaderHandler::number_unsigned(uint64_t value) {
  if (state != State::Shape && state != State::Offsets)
    return reject("a number");
  if (state == State::Shape && value > static_cast<uint64_t>(INT64_MAX))
    return fail(where() + ": dimension " + std::to_string(value) + " is too large");
  if (numbers.size() == (state == State::Shape ? kMaxRank : 2))
    return fail(where() + ": field '" + currentKey + "' holds more than " +
                std::to_string(numbers.size()) + " numbers");
  numbers.push_back(value);
  return true;
}

bool HeaderHandler::setDType(const std::string &text) {
  for (DType dtype : kAllDTypes) {
    if (text != getFileName(dtype))
      continue;
    entry().dtype = dtype;
    return true;
  }
  return fail(StatusCode::Unimplemented,
              where() + " has element type " + quote(text) + ", which is not supported");
}

bool HeaderHandler::string(std::string &text) {
  if (state == State::Metadata) {
    header.metadata.emplace(currentKey, text);
    return true;
  }
  if (state == State::Tensor && currentKey == "dtype")
    return setDType(text);
  return reject("a string");
}

bool HeaderHandler::start_object(size_t) {
  if (state == State::Start) {
    state = State::Top;
    return true;
  }
  if (state != State::Top)
    return reject("an object");
  if (currentKey == "__metadata__") {
    state = State::Metadata;
    return true;
  }
  state = State::Tensor;
  hasDType = hasShape = hasOffsets = false;
  header.entries.emplace_back();
  entry().name = currentKey;
  return true;
}

bool HeaderHandler::end_object() {
  if (state == State::Tensor) {
    const char *missing = !hasDType     ? "dtype"
                          : !hasShape   ? "shape"
                          : !hasOffsets ? "data_offsets"
                                        : nullptr;
    if (missing)
      return fail(where() + " has no field '" + missing + "'");
  }
  state = state == State::Top ? State::End : State::Top;
  return true;
}

bool HeaderHandler::start_array(size_t) {
  if (state != State::Tensor || currentKey == "dtype")
    return reject("an array");
  numbers.clear();
  state = currentKey == "shape" ? State::Shape : State::Offsets;
  return true;
}

bool HeaderHandler::end_array() {
  if (state == State::Shape) {
    entry().shape.assign(numbers.begin(), numbers.end());
  } else {
    if (numbers.size() != 2)
      return fail(where() + ": field 'data_offsets' holds " + std::to_string(numbers.size()) +
                  " numbers, expected 2");
    entry().begin = numbers[0];
    entry().end = numbers[1];
  }
  state = State::Tensor;
  return true;
}

bool HeaderHandler::startTensorField(const std::string &field) {
  bool *flag = field == "dtype"          ? &hasDType
               : field == "shape"        ? &hasShape
               : field == "data_offsets" ? &hasOffsets
                                         : nullptr;
  if (!flag)
    return fail(where() + " has the unknown field " + quote(field));
  if (*flag)
    return fail(where() + " has the field '" + field + "' twice");
  return *flag = true;
}

bool HeaderHandler::key(std::string &text) {
  currentKey = text;
  if (state == State::Top && !seen.insert(text).second)
    return fail("the name " + quote(text) + " appears twice");
  if (state == State::Metadata && header.metadata.count(text))
    return fail("metadata " + quote(text) + " appears twice");
  return state != State::Tensor || startTensorField(text);
}

bool HeaderHandler::parse_error(size_t position, const std::string &, const std::exception &) {
  return fail("the header is no valid JSON (at byte " + std::to_string(position) + " of it)");
}

/// The bytes of a dense tensor, or nullopt if they do not fit an int64_t.
std::optional<uint64_t> countBytes(const HeaderEntry &entry) {
  if (std::find(entry.shape.begin(), entry.shape.end(), 0) != entry.shape.end())
    return 0;
  int64_t bytes = static_cast<int64_t>(getSizeBytes(entry.dtype));
  for (int64_t dim : entry.shape)
    if (__builtin_mul_overflow(bytes, dim, &bytes))
      return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

Status checkEntry(const HeaderEntry &entry, uint64_t expectedBegin, uint64_t dataSize) {
  std::string where = "tensor " + quote(entry.name);
  std::string range =
      "bytes [" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + ")";
  if (entry.begin > entry.end || entry.end > dataSize)
    return rt::dataLoss(where + " has " + range + ", outside the " + std::to_string(dataSize) +
                        " bytes of data in the file");
  if (entry.begin != expectedBegin)
    return rt::dataLoss(where + " has " + range + ", which " +
                        (entry.begin < expectedBegin ? "overlap the tensor before"
                                                     : "leave a gap after the tensor before") +
                        "; expected them to begin at " + std::to_string(expectedBegin));
  std::optional<uint64_t> bytes = countBytes(entry);
  if (!bytes)
    return rt::dataLoss(where + " has a shape whose size overflows");
  if (*bytes != entry.end - entry.begin)
    return rt::dataLoss(where + " has " + std::to_string(entry.end - entry.begin) +
                        " bytes, expected " + std::to_string(*bytes) + " for its shape and " +
                        getFileName(entry.dtype));
  return Status::success();
}

} // namespace

const char *getFileName(DType dtype) { return kFileNames[static_cast<size_t>(dtype)]; }

rt::StatusOr<Header> parseHeader(std::string_view text) {
  HeaderHandler handler;
  bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &handler);
  if (!handler.status.isOk())
    return handler.status;
  if (!parsed)
    return rt::dataLoss("the header is no valid JSON");
  return std::move(handler.header);
}

Status checkLayout(Header &header, uint64_t dataSize) {
  std::sort(header.entries.begin(), header.entries.end(),
            [](const HeaderEntry &a, const HeaderEntry &b) {
              return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
            });
  uint64_t offset = 0;
  for (const HeaderEntry &entry : header.entries) {
    LZ_RETURN_IF_ERROR(checkEntry(entry, offset, dataSize));
    offset = entry.end;
  }
  if (offset != dataSize)
    return rt::dataLoss("the file holds " + std::to_string(dataSize) +
                        " bytes of data, but its tensors end at " + std::to_string(offset));
  return Status::success();
}

} // namespace lz::weights
