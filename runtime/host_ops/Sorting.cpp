//===- Sorting.cpp - The largest elements, the best boxes -----------------===//
//
// top_k as ONNX's TopK: of equal elements the one with the lower index comes
// first; NaN counts as the largest. non_max_suppression as ONNX's.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"
#include "runtime/host_ops/Builtin.h"

#include <algorithm>
#include <cstring>

using namespace lz;
using namespace lz::rt;

namespace {

class TopK : public HostExecutor {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.attributes.get("axis", wantedAxis));
    LZ_RETURN_IF_ERROR(signature.attributes.get("largest", isLargest));
    LZ_RETURN_IF_ERROR(signature.requireSame(0, 0));
    LZ_RETURN_IF_ERROR(signature.requireOutput(1, fmt::DType_i64));
    dtype = signature.inputs[0].dtype;
    LZ_ASSIGN_OR_RETURN(axis,
                        normalizeAxis(wantedAxis, signature.inputs[0].getRank()));
    for (const ValueType &output : signature.outputs)
      if (output.getRank() != signature.inputs[0].getRank())
        return invalidArgument("operand and results differ in rank");
    return Status::success();
  }

  Status setDims(const HostRequest &request) {
    std::vector<int64_t> dims = request.inputs[0].dims;
    size = dims[axis];
    numKept = request.outputs[0].dims[axis];
    outer = multiplyDims(dims, 0, axis);
    inner = multiplyDims(dims, axis + 1, dims.size());
    dims[axis] = numKept;
    if (request.outputs[0].dims != dims || request.outputs[1].dims != dims ||
        numKept > size)
      return invalidArgument(concat(numKept, " elements of ", size,
                                    " are wanted, or other dimensions change"));
    // A tensor without elements may have rows that no memory holds.
    bool isEmpty = outer == 0 || inner == 0;
    keys.resize(isEmpty ? 0 : static_cast<size_t>(size));
    order.resize(keys.size());
    return Status::success();
  }

  Status execute(void *const *buffers) override {
    if (numKept == 0)
      return Status::success();
    for (int64_t i = 0; i < outer; ++i)
      for (int64_t j = 0; j < inner; ++j)
        selectRow(buffers, i * size * inner + j, i * numKept * inner + j);
    return Status::success();
  }

private:
  void selectRow(void *const *buffers, int64_t from, int64_t to) {
    for (int64_t i = 0; i < size; ++i) {
      uint64_t key = readOrdered(dtype, buffers[0], from + i * inner);
      keys[static_cast<size_t>(i)] = isLargest ? ~key : key;
      order[static_cast<size_t>(i)] = i;
    }
    auto comesFirst = [&](int64_t a, int64_t b) {
      uint64_t keyA = keys[static_cast<size_t>(a)],
               keyB = keys[static_cast<size_t>(b)];
      return keyA != keyB ? keyA < keyB : a < b;
    };
    std::partial_sort(order.begin(), order.begin() + numKept, order.end(),
                      comesFirst);
    auto bytes = static_cast<int64_t>(getDTypeBytes(dtype));
    for (int64_t i = 0; i < numKept; ++i) {
      int64_t index = order[static_cast<size_t>(i)];
      std::memcpy(static_cast<char *>(buffers[1]) + (to + i * inner) * bytes,
                  static_cast<const char *>(buffers[0]) +
                      (from + index * inner) * bytes,
                  static_cast<size_t>(bytes));
      static_cast<int64_t *>(buffers[2])[to + i * inner] = index;
    }
  }

  int64_t wantedAxis = -1;
  size_t axis = 0;
  bool isLargest = true;
  fmt::DType dtype = fmt::DType_f32;
  int64_t size = 0, numKept = 0, outer = 1, inner = 1;
  std::vector<uint64_t> keys;
  std::vector<int64_t> order;
};

/// The corners of a box in either of ONNX's two notations.
struct Box {
  float top, left, bottom, right;

  float getArea() const { return (bottom - top) * (right - left); }

  static Box read(const float *data, bool isCenter) {
    if (isCenter) // x, y, width, height
      return {data[1] - data[3] / 2, data[0] - data[2] / 2,
              data[1] + data[3] / 2, data[0] + data[2] / 2};
    return {std::min(data[0], data[2]), std::min(data[1], data[3]),
            std::max(data[0], data[2]), std::max(data[1], data[3])};
  }

  /// Intersection over union is above `limit`.
  bool overlaps(const Box &other, float limit) const {
    float height = std::min(bottom, other.bottom) - std::max(top, other.top);
    float width = std::min(right, other.right) - std::max(left, other.left);
    if (height <= 0 || width <= 0 || getArea() <= 0 || other.getArea() <= 0)
      return false;
    float shared = height * width;
    float all = getArea() + other.getArea() - shared;
    return all > 0 && shared / all > limit;
  }
};

/// boxes [batches, n, 4], scores [batches, classes, n], then three scalars.
class NonMaxSuppression : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    int64_t format = 0;
    LZ_RETURN_IF_ERROR(signature.attributes.get("center_point_box", format));
    isCenter = format != 0;
    for (size_t i : {0, 1, 3, 4})
      LZ_RETURN_IF_ERROR(signature.requireInput(i, fmt::DType_f32));
    LZ_RETURN_IF_ERROR(signature.requireInput(2, fmt::DType_i64));
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::DType_i64));
    if (signature.inputs[0].getRank() != 3 || signature.inputs[1].getRank() != 3)
      return invalidArgument("expected boxes and scores of rank 3");
    return Status::success();
  }

  Status run(HostRun &run) const override {
    const std::vector<int64_t> &boxes = run.inputs[0].dims;
    const std::vector<int64_t> &scores = run.inputs[1].dims;
    if (boxes[2] != 4 || scores[0] != boxes[0] || scores[2] != boxes[1])
      return invalidArgument(concat(
          "boxes have dimensions ", formatDims(boxes.data(), 3), ", scores ",
          formatDims(scores.data(), 3), ", expected [b, n, 4] and [b, c, n]"));
    for (size_t i : {2, 3, 4})
      if (getNumElements(run.inputs[i].dims) != 1)
        return invalidArgument(concat("operand ", i, " is not one number"));
    Limits limits = {
        readInteger(run.inputs[2], 0),
        static_cast<float>(readNumber(fmt::DType_f32, run.inputs[3].data, 0)),
        static_cast<float>(readNumber(fmt::DType_f32, run.inputs[4].data, 0))};
    std::vector<int64_t> found;
    for (int64_t batch = 0; batch < scores[0]; ++batch)
      for (int64_t label = 0; label < scores[1]; ++label)
        select(run, batch, label, limits, found);
    LZ_ASSIGN_OR_RETURN(
        void *data,
        run.allocate(0, {static_cast<int64_t>(found.size() / 3), 3}));
    std::copy(found.begin(), found.end(), static_cast<int64_t *>(data));
    return Status::success();
  }

private:
  struct Limits {
    int64_t numKept;
    float overlap;
    float score;
  };

  void select(const HostRun &run, int64_t batch, int64_t label,
              const Limits &limits, std::vector<int64_t> &found) const {
    int64_t size = run.inputs[0].dims[1], numLabels = run.inputs[1].dims[1];
    const float *boxes = run.inputs[0].as<float>() + batch * size * 4;
    const float *scores =
        run.inputs[1].as<float>() + (batch * numLabels + label) * size;
    std::vector<int64_t> order;
    for (int64_t i = 0; i < size; ++i)
      if (scores[i] > limits.score)
        order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return scores[a] > scores[b];
    });
    std::vector<Box> kept;
    for (int64_t index : order) {
      if (static_cast<int64_t>(kept.size()) >= limits.numKept)
        return;
      Box box = Box::read(boxes + index * 4, isCenter);
      bool isFree = std::none_of(kept.begin(), kept.end(), [&](const Box &k) {
        return box.overlaps(k, limits.overlap);
      });
      if (!isFree)
        continue;
      kept.push_back(box);
      found.insert(found.end(), {batch, label, index});
    }
  }

  bool isCenter = false;
};

} // namespace

std::vector<BuiltinRow> rt::getSortingOps() {
  return {
      {"top_k", 1, 1, 2, nullptr, planExecutor<TopK>},
      {"non_max_suppression", 5, 5, 1, loadFunction<NonMaxSuppression>,
       nullptr},
  };
}
