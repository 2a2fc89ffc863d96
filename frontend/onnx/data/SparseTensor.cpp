//===- SparseTensor.cpp - Sparse tensors, made dense ----------------------===//
//
// See TensorData.h. Values and where they stand; the rest is 0.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/data/TensorData.h"

#include <cstring>

using namespace lz;
using namespace lz::onnximport;
namespace proto = ::onnx;

static std::string shapeOf(const std::vector<int64_t> &dims) {
  std::string text = "[";
  for (int64_t dim : dims)
    text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

static rt::Status indexError(size_t number, int64_t index,
                             const std::string &where, int64_t size) {
  return rt::invalidArgument(
      "its index " + std::to_string(number) + " is " + std::to_string(index) +
      where + ", expected one within [0, " + std::to_string(size) + ")");
}

/// The row-major position of the `number`-th entry; `indices` is [n] of such
/// positions or [n, rank] of coordinates.
static rt::StatusOr<int64_t> getPosition(const TensorData &indices,
                                         size_t number,
                                         const std::vector<int64_t> &dims,
                                         int64_t count) {
  const int64_t *numbers = reinterpret_cast<const int64_t *>(indices.data);
  if (indices.dims.size() == 1) {
    if (numbers[number] < 0 || numbers[number] >= count)
      return indexError(number, numbers[number], "", count);
    return numbers[number];
  }
  int64_t position = 0;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    int64_t index = numbers[number * dims.size() + axis];
    if (index < 0 || index >= dims[axis])
      return indexError(number, index, " in axis " + std::to_string(axis),
                        dims[axis]);
    position = position * dims[axis] + index;
  }
  return position;
}

/// Whether the indices are as many as the values, and of a form that is
/// defined.
static rt::Status checkSparse(const TensorData &values,
                              const TensorData &indices, int64_t rank) {
  if (!values.data || values.dims.size() != 1)
    return rt::invalidArgument("it is sparse with values of type " +
                               std::string(values.element->name) +
                               " and shape " + shapeOf(values.dims) +
                               ", expected a vector of numbers");
  if (indices.element->storage != fmt::DType_i64 || indices.element->isLogical)
    return rt::invalidArgument("its indices are " +
                               std::string(indices.element->name) +
                               ", expected int64");
  std::vector<int64_t> flat{values.dims[0]}, full{values.dims[0], rank};
  if (indices.dims != flat && indices.dims != full)
    return rt::invalidArgument("its indices have the shape " +
                               shapeOf(indices.dims) + ", expected " +
                               shapeOf(flat) + " or " + shapeOf(full));
  return rt::Status::success();
}

/// Puts the values into a dense tensor of `count` elements that is 0 elsewhere.
static rt::Status spread(const TensorData &values, const TensorData &indices,
                         int64_t count, TensorData &result) {
  size_t width = values.element->bits < 8 ? 1 : values.element->bits / 8;
  // A file can claim any size here: no more than a dense model would have.
  if (count > (int64_t(1) << 31) / static_cast<int64_t>(width))
    return rt::invalidArgument("it is sparse with more than 2 GiB when dense");
  std::shared_ptr<char> memory(new char[count * width + 1](),
                               std::default_delete<char[]>());
  int64_t last = -1, entries = values.getNumElements();
  for (int64_t i = 0; i < entries; ++i) {
    LZ_ASSIGN_OR_RETURN(int64_t position,
                        getPosition(indices, i, result.dims, count));
    if (position <= last)
      return rt::invalidArgument("its indices are not in ascending order");
    last = position;
    std::memcpy(memory.get() + position * width, values.data + i * width,
                width);
  }
  result.data = memory.get();
  result.size = count * width;
  result.owner = memory;
  return rt::Status::success();
}

rt::StatusOr<TensorData>
onnximport::readSparseTensor(const proto::SparseTensorProto &proto,
                             ExternalFiles &files) {
  LZ_ASSIGN_OR_RETURN(TensorData values,
                      readTensor(proto.values(), files, nullptr));
  LZ_ASSIGN_OR_RETURN(TensorData indices,
                      readTensor(proto.indices(), files, nullptr));
  TensorData result;
  result.element = values.element;
  result.dims.assign(proto.dims().begin(), proto.dims().end());
  LZ_ASSIGN_OR_RETURN(int64_t count, countElements(result.dims));
  LZ_RETURN_IF_ERROR(checkSparse(values, indices, result.dims.size()));
  LZ_RETURN_IF_ERROR(spread(values, indices, count, result));
  return result;
}
