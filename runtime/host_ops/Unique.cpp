//===- Unique.cpp - Distinct elements -------------------------------------===//
//
// unique as ONNX's Unique: y, the first index of each element of y, for each
// element of x its index in y, and how often each occurs; flattened, or over
// the slices along an axis. All NaNs are one element.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"
#include "runtime/host_ops/Builtin.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace lz;
using namespace lz::rt;

namespace {

/// x as `numSlices` slices along the middle of [outer, numSlices, inner].
struct Slices {
  int64_t outer = 1;
  int64_t numSlices = 0;
  int64_t inner = 1;
  int64_t getSize() const { return outer * inner; }
  /// The index in x of element `element` of slice `slice`.
  int64_t getIndex(int64_t slice, int64_t element, int64_t num) const {
    return (element / inner * num + slice) * inner + element % inner;
  }
};

/// Which slices are kept, and how all of them map to those.
struct Groups {
  std::vector<int64_t> first;
  std::vector<int64_t> inverse;
  std::vector<int64_t> counts;
};

class Unique : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    hasAxis = signature.attributes.has("axis");
    LZ_RETURN_IF_ERROR(signature.attributes.get("axis", axis));
    LZ_RETURN_IF_ERROR(signature.attributes.get("sorted", isSorted));
    if (signature.inputs[0].kind != fmt::ValueKind_Strings)
      LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::ValueKind_Tensor));
    LZ_RETURN_IF_ERROR(signature.requireSame(0, 0));
    for (size_t i : {1, 2, 3})
      LZ_RETURN_IF_ERROR(signature.requireOutput(i, fmt::DType_i64));
    return hasAxis ? normalizeAxis(axis, signature.inputs[0].getRank()).getStatus()
                   : Status::success();
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    Slices slices;
    std::vector<int64_t> dims(1);
    size_t at = 0;
    slices.numSlices = getNumElements(x.dims);
    if (hasAxis) {
      LZ_ASSIGN_OR_RETURN(at, normalizeAxis(axis, x.dims.size()));
      dims = x.dims;
      slices = {multiplyDims(dims, 0, at), dims[at],
                multiplyDims(dims, at + 1, dims.size())};
    }
    Groups groups = group(slices, readKeys(x, slices));
    dims[at] = static_cast<int64_t>(groups.first.size());
    LZ_RETURN_IF_ERROR(gather(run, slices, groups, std::move(dims)));
    LZ_RETURN_IF_ERROR(give(run, 1, groups.first));
    LZ_RETURN_IF_ERROR(give(run, 2, groups.inverse));
    return give(run, 3, groups.counts);
  }

private:
  /// Numbers that order like the elements, slice by slice.
  static std::vector<uint64_t> readKeys(const HostValue &x,
                                        const Slices &slices) {
    std::vector<uint64_t> ranks;
    if (x.kind == fmt::ValueKind_Strings)
      ranks = rankStrings(*x.strings);
    std::vector<uint64_t> keys;
    keys.reserve(static_cast<size_t>(slices.numSlices * slices.getSize()));
    for (int64_t slice = 0; slice < slices.numSlices; ++slice)
      for (int64_t i = 0; i < slices.getSize(); ++i) {
        int64_t index = slices.getIndex(slice, i, slices.numSlices);
        keys.push_back(x.kind == fmt::ValueKind_Strings
                           ? ranks[static_cast<size_t>(index)]
                           : readOrdered(x.dtype, x.data, index));
      }
    return keys;
  }

  static std::vector<uint64_t>
  rankStrings(const std::vector<std::string> &strings) {
    std::vector<std::string> sorted = strings;
    std::sort(sorted.begin(), sorted.end());
    std::vector<uint64_t> ranks;
    for (const std::string &text : strings)
      ranks.push_back(static_cast<uint64_t>(
          std::lower_bound(sorted.begin(), sorted.end(), text) -
          sorted.begin()));
    return ranks;
  }

  Groups group(const Slices &slices, const std::vector<uint64_t> &keys) const {
    auto numSlices = static_cast<size_t>(slices.numSlices);
    auto size = slices.getSize();
    auto begin = [&](int64_t slice) { return keys.begin() + slice * size; };
    std::vector<int64_t> order(numSlices);
    std::iota(order.begin(), order.end(), int64_t(0));
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return std::lexicographical_compare(begin(a), begin(a) + size, begin(b),
                                          begin(b) + size);
    });
    Groups groups;
    groups.inverse.resize(numSlices);
    for (size_t i = 0; i < numSlices; ++i) {
      if (i == 0 || !std::equal(begin(order[i]), begin(order[i]) + size,
                                begin(order[i - 1]))) {
        groups.first.push_back(order[i]);
        groups.counts.push_back(0);
      }
      ++groups.counts.back();
      groups.inverse[static_cast<size_t>(order[i])] =
          static_cast<int64_t>(groups.first.size()) - 1;
    }
    if (!isSorted)
      orderByOccurrence(groups);
    return groups;
  }

  static void orderByOccurrence(Groups &groups) {
    std::vector<size_t> order(groups.first.size());
    std::iota(order.begin(), order.end(), size_t(0));
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return groups.first[a] < groups.first[b];
    });
    Groups ordered;
    std::vector<int64_t> place(order.size());
    for (size_t i = 0; i < order.size(); ++i) {
      ordered.first.push_back(groups.first[order[i]]);
      ordered.counts.push_back(groups.counts[order[i]]);
      place[order[i]] = static_cast<int64_t>(i);
    }
    for (int64_t group : groups.inverse)
      ordered.inverse.push_back(place[static_cast<size_t>(group)]);
    groups = std::move(ordered);
  }

  static Status gather(HostRun &run, const Slices &slices, const Groups &groups,
                       std::vector<int64_t> dims) {
    const HostValue &x = run.inputs[0];
    auto numKept = static_cast<int64_t>(groups.first.size());
    std::vector<std::string> strings;
    char *out = nullptr;
    if (x.kind == fmt::ValueKind_Strings) {
      strings.resize(static_cast<size_t>(numKept * slices.getSize()));
    } else {
      LZ_ASSIGN_OR_RETURN(void *data, run.allocate(0, dims));
      out = static_cast<char *>(data);
    }
    auto bytes = static_cast<int64_t>(getDTypeBytes(x.dtype));
    for (int64_t kept = 0; kept < numKept; ++kept)
      for (int64_t i = 0; i < slices.getSize(); ++i) {
        int64_t to = slices.getIndex(kept, i, numKept);
        int64_t from = slices.getIndex(groups.first[static_cast<size_t>(kept)],
                                       i, slices.numSlices);
        if (!out)
          strings[static_cast<size_t>(to)] =
              x.getString(static_cast<size_t>(from));
        else
          std::memcpy(out + to * bytes, x.as<char>() + from * bytes,
                      static_cast<size_t>(bytes));
      }
    if (!out)
      run.outputs[0] = makeStrings(std::move(dims), std::move(strings));
    return Status::success();
  }

  static Status give(HostRun &run, size_t output,
                     const std::vector<int64_t> &numbers) {
    LZ_ASSIGN_OR_RETURN(
        void *data,
        run.allocate(output, {static_cast<int64_t>(numbers.size())}));
    std::copy(numbers.begin(), numbers.end(), static_cast<int64_t *>(data));
    return Status::success();
  }

  bool hasAxis = false;
  int64_t axis = 0;
  bool isSorted = true;
};

} // namespace

std::vector<BuiltinRow> rt::getUniqueOps() {
  return {{"unique", 1, 1, 4, loadFunction<Unique>, nullptr}};
}
