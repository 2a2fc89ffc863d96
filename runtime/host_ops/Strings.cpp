//===- Strings.cpp - Operations on string tensors -------------------------===//
//
// As ONNX's String* operators. A cast between strings and numbers writes floats
// as NumPy does: the shortest text that reads back as the same number.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/format/Check.h"
#include "runtime/host_ops/Builtin.h"
#include "runtime/host_ops/Utf8.h"

#include <algorithm>
#include <cwctype>
#include <locale.h>
#include <set>

using namespace lz;
using namespace lz::rt;

/// The bytes of one result of strings; a defect or a hostile model beyond.
static constexpr uint64_t maxStringBytes = uint64_t(1) << 32;

namespace {

/// The `values` themselves, in the result's dimensions, all constants.
class StringConstant : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::DType_string));
    std::vector<std::string> values;
    LZ_RETURN_IF_ERROR(signature.attributes.get("values", values));
    dims = signature.outputs[0].dims;
    uint64_t numBytes = 0;
    if (!getNumBytes(fmt::DType_u8, dims, numBytes) ||
        numBytes != values.size())
      return invalidArgument(concat(
          "has ", values.size(), " values, expected as many as dimensions ",
          formatDims(dims.data(), dims.size()), " have elements"));
    strings = std::make_shared<std::vector<std::string>>(std::move(values));
    return Status::success();
  }

  Status run(HostRun &run) const override {
    run.outputs[0].dims = dims;
    run.outputs[0].strings = strings;
    return Status::success();
  }

private:
  std::vector<int64_t> dims;
  std::shared_ptr<std::vector<std::string>> strings;
};

/// Two operands of one shape after broadcasting.
class Broadcast {
public:
  static StatusOr<Broadcast> make(const std::vector<int64_t> &a,
                                  const std::vector<int64_t> &b) {
    Broadcast result;
    size_t rank = std::max(a.size(), b.size());
    for (size_t i = 0; i < rank; ++i) {
      int64_t sizeA = i + a.size() < rank ? 1 : a[i + a.size() - rank];
      int64_t sizeB = i + b.size() < rank ? 1 : b[i + b.size() - rank];
      if (sizeA != sizeB && sizeA != 1 && sizeB != 1)
        return invalidArgument(concat("operands of dimensions ",
                                      formatDims(a.data(), a.size()), " and ",
                                      formatDims(b.data(), b.size())));
      result.dims.push_back(sizeA == 1 ? sizeB : sizeA);
    }
    uint64_t numBytes = 0;
    if (!getNumBytes(fmt::DType_u8, result.dims, numBytes) ||
        numBytes > maxStringBytes)
      return resourceExhausted("the result would have too many strings");
    return result;
  }

  std::vector<int64_t> dims;

  /// The element of an operand of dimensions `of` for element `index`.
  size_t getIndex(const std::vector<int64_t> &of, int64_t index) const {
    int64_t found = 0, stride = 1;
    for (size_t i = 0; i < of.size(); ++i) {
      size_t axis = dims.size() - 1 - i, own = of.size() - 1 - i;
      int64_t at = index % dims[axis];
      index /= dims[axis];
      found += of[own] == 1 ? 0 : at * stride;
      stride *= of[own];
    }
    return static_cast<size_t>(found);
  }
};

class StringEqual : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::DType_string));
    LZ_RETURN_IF_ERROR(signature.requireInput(1, fmt::DType_string));
    return signature.requireOutput(0, fmt::DType_boolean);
  }

  Status run(HostRun &run) const override {
    const HostValue &a = run.inputs[0], &b = run.inputs[1];
    LZ_ASSIGN_OR_RETURN(Broadcast both, Broadcast::make(a.dims, b.dims));
    LZ_ASSIGN_OR_RETURN(void *data, run.allocate(0, both.dims));
    for (int64_t i = 0, size = getNumElements(both.dims); i < size; ++i)
      static_cast<uint8_t *>(data)[i] = a.getString(both.getIndex(a.dims, i)) ==
                                        b.getString(both.getIndex(b.dims, i));
    return Status::success();
  }
};

class StringConcat : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::DType_string));
    LZ_RETURN_IF_ERROR(signature.requireInput(1, fmt::DType_string));
    return signature.requireOutput(0, fmt::DType_string);
  }

  Status run(HostRun &run) const override {
    const HostValue &a = run.inputs[0], &b = run.inputs[1];
    LZ_ASSIGN_OR_RETURN(Broadcast both, Broadcast::make(a.dims, b.dims));
    std::vector<std::string> strings;
    uint64_t numBytes = 0;
    for (int64_t i = 0, size = getNumElements(both.dims); i < size; ++i) {
      strings.push_back(a.getString(both.getIndex(a.dims, i)) +
                        b.getString(both.getIndex(b.dims, i)));
      numBytes += strings.back().size();
      if (numBytes > maxStringBytes)
        return resourceExhausted("the strings would become too long");
    }
    run.outputs[0] = makeStrings(both.dims, std::move(strings));
    return Status::success();
  }
};

/// Elements of x by their flat indices.
class SelectElements : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    size_t last = signature.inputs.size() - 1;
    for (size_t i = 0; i < last; ++i)
      LZ_RETURN_IF_ERROR(signature.requireInput(i, fmt::DType_string));
    LZ_RETURN_IF_ERROR(signature.requireInput(last, fmt::DType_i64));
    return signature.requireOutput(0, fmt::DType_string);
  }

  Status run(HostRun &run) const override {
    const HostValue &indices = run.inputs.back();
    // Several operands count as one after the other.
    std::vector<const std::string *> all;
    for (size_t i = 0; i + 1 < run.inputs.size(); ++i)
      for (const std::string &text : *run.inputs[i].strings)
        all.push_back(&text);
    auto size = static_cast<int64_t>(all.size());
    std::vector<std::string> strings;
    for (int64_t i = 0, num = getNumElements(indices.dims); i < num; ++i) {
      int64_t index = readInteger(indices, i);
      if (index < -size || index >= size)
        return invalidArgument(concat("index ", index, " is out of range [-",
                                      size, ", ", size, ")"));
      strings.push_back(
          *all[static_cast<size_t>(index < 0 ? index + size : index)]);
    }
    run.outputs[0] = makeStrings(indices.dims, std::move(strings));
    return Status::success();
  }
};

/// As Python's str.split, without a delimiter at runs of white space.
class StringSplit : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.attributes.get("delimiter", delimiter));
    LZ_RETURN_IF_ERROR(signature.attributes.get("maxsplit", maxSplits));
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::DType_string));
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::DType_string));
    return signature.requireOutput(1, fmt::DType_i64);
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    std::vector<std::vector<std::string>> all;
    size_t numColumns = 0;
    for (const std::string &text : *x.strings) {
      all.push_back(delimiter.empty() ? splitAtSpace(text)
                                      : splitAtDelimiter(text));
      numColumns = std::max(numColumns, all.back().size());
    }
    if (all.size() * numColumns > maxStringBytes / 32)
      return resourceExhausted("the result would have too many strings");
    LZ_ASSIGN_OR_RETURN(void *counts, run.allocate(1, x.dims));
    std::vector<std::string> strings;
    for (size_t i = 0; i < all.size(); ++i) {
      static_cast<int64_t *>(counts)[i] = static_cast<int64_t>(all[i].size());
      all[i].resize(numColumns);
      for (std::string &part : all[i])
        strings.push_back(std::move(part));
    }
    std::vector<int64_t> dims = x.dims;
    dims.push_back(static_cast<int64_t>(numColumns));
    run.outputs[0] = makeStrings(std::move(dims), std::move(strings));
    return Status::success();
  }

private:
  bool mayBegin(const std::vector<std::string> &parts) const {
    return maxSplits < 0 || static_cast<int64_t>(parts.size()) < maxSplits;
  }

  std::vector<std::string> splitAtDelimiter(const std::string &text) const {
    std::vector<std::string> parts;
    size_t begin = 0, end;
    while (mayBegin(parts) &&
           (end = text.find(delimiter, begin)) != std::string::npos) {
      parts.push_back(text.substr(begin, end - begin));
      begin = end + delimiter.size();
    }
    parts.push_back(text.substr(begin));
    return parts;
  }

  std::vector<std::string> splitAtSpace(const std::string &text) const {
    static const char *const space = " \t\n\r\v\f\x1c\x1d\x1e\x1f";
    std::vector<std::string> parts;
    size_t begin = text.find_first_not_of(space);
    while (begin != std::string::npos) {
      size_t end = mayBegin(parts) ? text.find_first_of(space, begin)
                                   : std::string::npos;
      parts.push_back(text.substr(begin, end - begin));
      begin =
          end == std::string::npos ? end : text.find_first_not_of(space, end);
    }
    return parts;
  }

  std::string delimiter;
  int64_t maxSplits = -1;
};

/// Upper and lower case of one locale; all of Unicode where the system has it.
class CaseTable {
public:
  explicit CaseTable(const std::string &name) {
    for (const char *candidate : {name.c_str(), "C.UTF-8", "C"})
      if (*candidate && !locale)
        locale = newlocale(LC_CTYPE_MASK, candidate, nullptr);
  }
  CaseTable(const CaseTable &) = delete;
  ~CaseTable() {
    if (locale)
      freelocale(locale);
  }

  std::string convert(const std::string &text, bool toUpper) const {
    std::string out;
    for (size_t at = 0; at < text.size();) {
      uint32_t code = decodeCharacter(text, at);
      if (code < invalidByte && locale)
        code = static_cast<uint32_t>(
            toUpper ? towupper_l(static_cast<wint_t>(code), locale)
                    : towlower_l(static_cast<wint_t>(code), locale));
      encodeCharacter(out, code);
    }
    return out;
  }

private:
  locale_t locale = nullptr;
};

class StringNormalizer : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    std::string action = "NONE", localeName;
    std::vector<std::string> words;
    const Attributes &attributes = signature.attributes;
    LZ_RETURN_IF_ERROR(attributes.get("case_change_action", action));
    LZ_RETURN_IF_ERROR(attributes.get("is_case_sensitive", isCaseSensitive));
    LZ_RETURN_IF_ERROR(attributes.get("locale", localeName));
    LZ_RETURN_IF_ERROR(attributes.get("stopwords", words));
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::DType_string));
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::DType_string));
    if (action != "NONE" && action != "LOWER" && action != "UPPER")
      return invalidArgument(concat("attribute 'case_change_action' is ",
                                    quote(action),
                                    ", expected NONE, LOWER or UPPER"));
    if (size_t rank = signature.inputs[0].getRank(); rank != 1 && rank != 2)
      return invalidArgument(
          concat("operand 0 has rank ", rank, ", expected 1 or 2"));
    changes = action != "NONE";
    toUpper = action == "UPPER";
    table = std::make_unique<CaseTable>(localeName);
    for (const std::string &word : words)
      stopWords.insert(isCaseSensitive ? word : fold(word));
    return Status::success();
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    if (x.dims.size() == 2 && x.dims[0] != 1)
      return invalidArgument(concat("operand 0 has dimensions ",
                                    formatDims(x.dims.data(), 2),
                                    ", expected [c] or [1, c]"));
    std::vector<std::string> strings;
    for (const std::string &text : *x.strings)
      if (stopWords.empty() ||
          stopWords.count(isCaseSensitive ? text : fold(text)) == 0)
        strings.push_back(changes ? table->convert(text, toUpper) : text);
    if (strings.empty())
      strings.emplace_back();
    std::vector<int64_t> dims(x.dims.size(), 1);
    dims.back() = static_cast<int64_t>(strings.size());
    run.outputs[0] = makeStrings(std::move(dims), std::move(strings));
    return Status::success();
  }

private:
  std::string fold(const std::string &text) const {
    return table->convert(text, toUpper);
  }

  bool isCaseSensitive = false;
  bool changes = false;
  bool toUpper = false;
  std::set<std::string> stopWords;
  std::unique_ptr<CaseTable> table;
};

} // namespace

std::vector<BuiltinRow> rt::getStringOps() {
  return {
      {"string_constant", 0, 0, 1, loadFunction<StringConstant>, nullptr},
      {"string_equal", 2, 2, 1, loadFunction<StringEqual>, nullptr},
      {"string_concat", 2, 2, 1, loadFunction<StringConcat>, nullptr},
      {"string_split", 1, 1, 2, loadFunction<StringSplit>, nullptr},
      {"string_normalizer", 1, 1, 1, loadFunction<StringNormalizer>, nullptr},
      {"select_elements", 2, anyNumber, 1, loadFunction<SelectElements>,
       nullptr},
  };
}
