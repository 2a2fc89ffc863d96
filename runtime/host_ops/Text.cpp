//===- Text.cpp - Patterns, casts, n-grams --------------------------------===//
//
// regex_full_match, the casts between strings and numbers, and ONNX's
// TfIdfVectorizer.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"
#include "runtime/host_ops/Builtin.h"
#include "runtime/host_ops/Numbers.h"
#include "runtime/host_ops/Regex.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

using namespace lz;
using namespace lz::rt;

namespace {

class RegexFullMatch : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    std::string pattern;
    LZ_RETURN_IF_ERROR(signature.attributes.get("pattern", pattern));
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::DType_string));
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::DType_boolean));
    LZ_ASSIGN_OR_RETURN(regex, Regex::parse(pattern));
    return Status::success();
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    LZ_ASSIGN_OR_RETURN(void *data, run.allocate(0, x.dims));
    for (size_t i = 0; i < x.strings->size(); ++i)
      static_cast<uint8_t *>(data)[i] = regex.matchesAll(x.getString(i));
    return Status::success();
  }

private:
  Regex regex;
};

class StringToNumber : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::DType_string));
    return signature.requireOutput(0, fmt::ValueKind_Tensor);
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    LZ_ASSIGN_OR_RETURN(void *data, run.allocate(0, x.dims));
    for (size_t i = 0; i < x.strings->size(); ++i)
      LZ_RETURN_IF_ERROR(parseElement(x.getString(i), run.outputs[0].dtype,
                                      data, static_cast<int64_t>(i)));
    return Status::success();
  }
};

class NumberToString : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::ValueKind_Tensor));
    return signature.requireOutput(0, fmt::DType_string);
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    std::vector<std::string> strings;
    for (int64_t i = 0, size = getNumElements(x.dims); i < size; ++i)
      strings.push_back(formatElement(x.dtype, x.data, i));
    run.outputs[0] = makeStrings(x.dims, std::move(strings));
    return Status::success();
  }
};

/// The n-grams of a pool as a tree: one item leads from node to node, and a
/// node knows the n-gram that ends there.
template <typename Item> class GramTree {
public:
  static constexpr uint32_t root = 0;

  void add(const Item *items, size_t size, int64_t gram) {
    uint32_t at = root;
    for (size_t i = 0; i < size; ++i) {
      auto [found, isNew] =
          nodes[at].next.emplace(items[i], static_cast<uint32_t>(nodes.size()));
      at = found->second;
      if (isNew)
        nodes.emplace_back();
    }
    // Of two equal n-grams the later one counts.
    nodes[at].gram = gram;
  }

  std::optional<uint32_t> find(uint32_t node, const Item &item) const {
    auto found = nodes[node].next.find(item);
    if (found == nodes[node].next.end())
      return std::nullopt;
    return found->second;
  }
  /// -1: no n-gram ends here.
  int64_t getGram(uint32_t node) const { return nodes[node].gram; }

private:
  struct Node {
    std::map<Item, uint32_t> next;
    int64_t gram = -1;
  };
  std::vector<Node> nodes = std::vector<Node>(1);
};

class TfidfVectorizer : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(readAttributes(signature.attributes));
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::DType_f32));
    if (signature.inputs[0].getRank() < 1)
      return invalidArgument("operand 0 is a scalar");
    bool isText = signature.inputs[0].kind == fmt::ValueKind_Strings;
    if (!isText && signature.inputs[0].dtype != fmt::DType_i64 &&
        signature.inputs[0].dtype != fmt::DType_i32)
      return invalidArgument("expected strings, i32 or i64");
    std::vector<std::string> words;
    std::vector<int64_t> numbers;
    LZ_RETURN_IF_ERROR(signature.attributes.get("pool_strings", words));
    LZ_RETURN_IF_ERROR(signature.attributes.get("pool_int64s", numbers));
    return isText ? addPool(words, wordTree) : addPool(numbers, numberTree);
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    std::vector<int64_t> dims = x.dims;
    int64_t rowSize = dims.back(),
            numRows = multiplyDims(dims, 0, dims.size() - 1);
    dims.back() = numColumns;
    LZ_ASSIGN_OR_RETURN(void *data, run.allocate(0, dims));
    std::vector<int64_t> numbers;
    if (x.kind != fmt::ValueKind_Strings)
      for (int64_t i = 0; i < rowSize * numRows; ++i)
        numbers.push_back(readInteger(x, i));
    std::vector<int64_t> counts;
    for (int64_t row = 0; row < numRows; ++row) {
      counts.assign(static_cast<size_t>(numColumns), 0);
      if (x.kind == fmt::ValueKind_Strings)
        countGrams(x.strings->data() + row * rowSize, rowSize, wordTree,
                   counts);
      else
        countGrams(numbers.data() + row * rowSize, rowSize, numberTree, counts);
      weigh(counts, static_cast<float *>(data) + row * numColumns);
    }
    return Status::success();
  }

private:
  Status readAttributes(const Attributes &attributes) {
    LZ_RETURN_IF_ERROR(attributes.get("min_gram_length", minLength));
    LZ_RETURN_IF_ERROR(attributes.get("max_gram_length", maxLength));
    LZ_RETURN_IF_ERROR(attributes.get("max_skip_count", maxSkips));
    LZ_RETURN_IF_ERROR(attributes.get("mode", mode));
    LZ_RETURN_IF_ERROR(attributes.get("ngram_counts", starts));
    LZ_RETURN_IF_ERROR(attributes.get("ngram_indexes", columns));
    LZ_RETURN_IF_ERROR(attributes.get("weights", weights));
    if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
      return invalidArgument(concat("attribute 'mode' is ", quote(mode),
                                    ", expected TF, IDF or TFIDF"));
    if (minLength < 1 || maxLength < minLength || maxSkips < 0)
      return invalidArgument("the lengths of n-grams are no range");
    for (int64_t column : columns) {
      if (column < 0 || column > INT32_MAX)
        return invalidArgument(concat("n-gram index ", column));
      numColumns = std::max(numColumns, column + 1);
    }
    return weights.empty() || weights.size() == columns.size()
               ? Status::success()
               : invalidArgument(concat("found ", weights.size(),
                                        " weights, expected ", columns.size()));
  }

  /// starts[n - 1] is where the n-grams of n items begin in the pool.
  template <typename Item>
  Status addPool(const std::vector<Item> &pool, GramTree<Item> &tree) {
    int64_t gram = 0;
    auto total = static_cast<int64_t>(pool.size());
    for (size_t i = 0; i < starts.size(); ++i) {
      int64_t begin = starts[i],
              end = i + 1 < starts.size() ? starts[i + 1] : total;
      auto length = static_cast<int64_t>(i) + 1;
      if (begin < 0 || end < begin || end > total ||
          (end - begin) % length != 0)
        return invalidArgument("attribute 'ngram_counts' and the pool differ");
      for (int64_t at = begin; at < end; at += length, ++gram) {
        if (gram >= static_cast<int64_t>(columns.size()))
          return invalidArgument(
              "the pool has more n-grams than 'ngram_indexes'");
        if (length >= minLength && length <= maxLength)
          tree.add(pool.data() + at, i + 1, gram);
      }
    }
    return Status::success();
  }

  template <typename Item>
  void countGrams(const Item *items, int64_t size, const GramTree<Item> &tree,
                  std::vector<int64_t> &counts) const {
    int64_t shortest = minLength;
    for (int64_t step = 1; step <= maxSkips + 1 && step <= size + 1; ++step) {
      for (int64_t begin = 0; begin < size; ++begin)
        countFrom(items, begin, size, step, shortest, tree, counts);
      // Single items are not affected by what is skipped.
      if (shortest == 1 && ++shortest > maxLength)
        return;
    }
  }

  template <typename Item>
  void countFrom(const Item *items, int64_t begin, int64_t size, int64_t step,
                 int64_t shortest, const GramTree<Item> &tree,
                 std::vector<int64_t> &counts) const {
    uint32_t node = GramTree<Item>::root;
    int64_t at = begin;
    for (int64_t length = 1; length <= maxLength && at < size; ++length) {
      std::optional<uint32_t> next = tree.find(node, items[at]);
      if (!next)
        return;
      node = *next;
      if (int64_t gram = tree.getGram(node); length >= shortest && gram >= 0)
        ++counts[static_cast<size_t>(columns[static_cast<size_t>(gram)])];
      at += step;
    }
  }

  /// The weight of a column is that of its n-gram.
  void weigh(const std::vector<int64_t> &counts, float *out) const {
    for (size_t i = 0; i < counts.size(); ++i) {
      double weight = i < weights.size() ? weights[i] : 1.0;
      auto number = static_cast<double>(counts[i]);
      if (mode == "TF")
        out[i] = static_cast<float>(number);
      else if (mode == "IDF")
        out[i] = counts[i] > 0 ? static_cast<float>(weight) : 0.0f;
      else
        out[i] = static_cast<float>(number * weight);
    }
  }

  int64_t minLength = 1, maxLength = 1, maxSkips = 0;
  std::string mode = "TF";
  std::vector<int64_t> starts, columns;
  std::vector<double> weights;
  int64_t numColumns = 0;
  GramTree<std::string> wordTree;
  GramTree<int64_t> numberTree;
};

} // namespace

std::vector<BuiltinRow> rt::getTextOps() {
  return {
      {"regex_full_match", 1, 1, 1, loadFunction<RegexFullMatch>, nullptr},
      {"string_to_number", 1, 1, 1, loadFunction<StringToNumber>, nullptr},
      {"number_to_string", 1, 1, 1, loadFunction<NumberToString>, nullptr},
      {"tfidf_vectorizer", 1, 1, 1, loadFunction<TfidfVectorizer>, nullptr},
  };
}
