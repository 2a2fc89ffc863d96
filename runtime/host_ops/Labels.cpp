//===- Labels.cpp - From values to other values ---------------------------===//
//
// label_encoder as LabelEncoder of ONNX's ai.onnx.ml: each element that is a
// key becomes the value at its place, every other the default.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/host_ops/Builtin.h"
#include "runtime/host_ops/Numbers.h"

#include <cstring>
#include <map>

using namespace lz;
using namespace lz::rt;

namespace {

class LabelEncoder : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    const ValueType &from = signature.inputs[0], &to = signature.outputs[0];
    if (from.kind > fmt::ValueKind_Strings || to.kind > fmt::ValueKind_Strings)
      return invalidArgument("expected tensors or strings");
    size_t numKeys = 0, numValues = 0;
    LZ_RETURN_IF_ERROR(readKeys(signature.attributes, from, numKeys));
    LZ_RETURN_IF_ERROR(readValues(signature.attributes, to, numValues));
    return numKeys == numValues
               ? Status::success()
               : invalidArgument(concat("found ", numKeys, " keys and ",
                                        numValues, " values"));
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    int64_t size = getNumElements(x.dims);
    if (run.outputs[0].kind == fmt::ValueKind_Strings) {
      std::vector<std::string> strings;
      for (int64_t i = 0; i < size; ++i)
        strings.push_back(words[find(x, i)]);
      run.outputs[0] = makeStrings(x.dims, std::move(strings));
      return Status::success();
    }
    LZ_ASSIGN_OR_RETURN(void *data, run.allocate(0, x.dims));
    for (int64_t i = 0; i < size; ++i) {
      if (integers.empty())
        writeNumber(run.outputs[0].dtype, data, i, numbers[find(x, i)]);
      else
        writeInteger(run.outputs[0].dtype, data, i, integers[find(x, i)]);
    }
    return Status::success();
  }

private:
  static bool isFloat(const ValueType &type) {
    return type.dtype <= fmt::DType_bf16;
  }

  /// The place of element `index`; 0 is the default's.
  size_t find(const HostValue &x, int64_t index) const {
    if (x.kind == fmt::ValueKind_Strings) {
      auto found = wordPlaces.find(x.getString(static_cast<size_t>(index)));
      return found == wordPlaces.end() ? 0 : found->second;
    }
    auto found = places.find(readOrdered(x.dtype, x.data, index));
    return found == places.end() ? 0 : found->second;
  }

  Status readKeys(const Attributes &attributes, const ValueType &type,
                  size_t &numKeys) {
    std::vector<std::string> keyWords;
    std::vector<int64_t> keyIntegers;
    std::vector<double> keyNumbers;
    LZ_RETURN_IF_ERROR(attributes.get("keys_strings", keyWords));
    LZ_RETURN_IF_ERROR(attributes.get("keys_int64s", keyIntegers));
    LZ_RETURN_IF_ERROR(attributes.get("keys_floats", keyNumbers));
    // As elements of the operand's dtype, which is how they are looked up.
    auto add = [&](auto number) {
      uint64_t element = 0;
      if constexpr (std::is_same_v<decltype(number), double>)
        writeNumber(type.dtype, &element, 0, number);
      else
        writeInteger(type.dtype, &element, 0, number);
      places[readOrdered(type.dtype, &element, 0)] = ++numKeys;
    };
    if (type.kind == fmt::ValueKind_Strings)
      for (const std::string &word : keyWords)
        wordPlaces[word] = ++numKeys;
    else if (isFloat(type))
      for (double number : keyNumbers)
        add(number);
    else
      for (int64_t number : keyIntegers)
        add(number);
    return Status::success();
  }

  Status readValues(const Attributes &attributes, const ValueType &type,
                    size_t &numValues) {
    words = {"_Unused"};
    integers = {-1};
    numbers = {-0.0};
    LZ_RETURN_IF_ERROR(attributes.get("default_string", words[0]));
    LZ_RETURN_IF_ERROR(attributes.get("default_int64", integers[0]));
    LZ_RETURN_IF_ERROR(attributes.get("default_float", numbers[0]));
    LZ_RETURN_IF_ERROR(append(attributes, "values_strings", words));
    LZ_RETURN_IF_ERROR(append(attributes, "values_int64s", integers));
    LZ_RETURN_IF_ERROR(append(attributes, "values_floats", numbers));
    if (type.kind == fmt::ValueKind_Strings) {
      numValues = words.size() - 1;
    } else if (isFloat(type)) {
      integers.clear();
      numValues = numbers.size() - 1;
    } else {
      numValues = integers.size() - 1;
    }
    return Status::success();
  }

  template <typename T>
  static Status append(const Attributes &attributes, const char *name,
                       std::vector<T> &to) {
    std::vector<T> values;
    LZ_RETURN_IF_ERROR(attributes.get(name, values));
    to.insert(to.end(), values.begin(), values.end());
    return Status::success();
  }

  std::map<std::string, size_t> wordPlaces;
  std::map<uint64_t, size_t> places; ///< by readOrdered
  std::vector<std::string> words;    ///< the default, then the values
  std::vector<int64_t> integers;     ///< empty: `numbers` counts
  std::vector<double> numbers;
};

} // namespace

std::vector<BuiltinRow> rt::getLabelOps() {
  return {{"label_encoder", 1, 1, 1, loadFunction<LabelEncoder>, nullptr}};
}
