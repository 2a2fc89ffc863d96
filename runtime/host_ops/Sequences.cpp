//===- Sequences.cpp - Sequences and optionals ----------------------------===//
//
// As ONNX's Sequence*, SplitToSequence, ConcatFromSequence and Optional*.
// Elements are shared, not copied; a sequence that nobody else holds is changed
// in place, so that a loop that inserts is linear.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/host_ops/Builtin.h"

#include <cstring>

using namespace lz;
using namespace lz::rt;

/// Operand `index` may be an element of a sequence of `dtype`.
static Status requireElement(const Signature &signature, size_t index,
                             fmt::DType dtype) {
  fmt::ValueKind kind = dtype == fmt::DType_string ? fmt::ValueKind_Strings
                                                   : fmt::ValueKind_Tensor;
  LZ_RETURN_IF_ERROR(signature.requireInput(index, kind));
  return kind == fmt::ValueKind_Strings ? Status::success()
                                        : signature.requireInput(index, dtype);
}

/// Operand `index` is one integer.
static Status requirePosition(const Signature &signature, size_t index) {
  LZ_RETURN_IF_ERROR(signature.requireInput(index, fmt::ValueKind_Tensor));
  fmt::DType dtype = signature.inputs[index].dtype;
  if (dtype == fmt::DType_i32 || dtype == fmt::DType_i64)
    return Status::success();
  return invalidArgument(concat("operand ", index, " is ", getDTypeName(dtype),
                                ", expected i32 or i64"));
}

/// The position that operand `index` gives, counted from the front, in [0,
/// limit].
static StatusOr<size_t> readPosition(const HostRun &run, size_t index,
                                     size_t size, size_t limit) {
  if (getNumElements(run.inputs[index].dims) != 1)
    return invalidArgument(concat("operand ", index, " is not one number"));
  int64_t found = readInteger(run.inputs[index], 0);
  auto signedSize = static_cast<int64_t>(size);
  if (found < -signedSize || found > static_cast<int64_t>(limit))
    return invalidArgument(
        concat("position ", found, " of a sequence of length ", size));
  return static_cast<size_t>(found < 0 ? found + signedSize : found);
}

namespace {

class SequenceConstruct : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::ValueKind_Sequence));
    for (size_t i = 0; i < signature.inputs.size(); ++i)
      LZ_RETURN_IF_ERROR(
          requireElement(signature, i, signature.outputs[0].dtype));
    return Status::success();
  }

  Status run(HostRun &run) const override {
    run.outputs[0] = makeSequence(run.outputs[0].dtype, std::move(run.inputs));
    return Status::success();
  }
};

class SequenceAt : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::ValueKind_Sequence));
    return requirePosition(signature, 1);
  }

  Status run(HostRun &run) const override {
    const std::vector<HostValue> &elements = *run.inputs[0].elements;
    if (elements.empty())
      return invalidArgument("the sequence is empty");
    LZ_ASSIGN_OR_RETURN(
        size_t at, readPosition(run, 1, elements.size(), elements.size() - 1));
    run.outputs[0] = elements[at];
    return Status::success();
  }
};

class SequenceInsert : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::ValueKind_Sequence));
    LZ_RETURN_IF_ERROR(signature.requireSame(0, 0));
    LZ_RETURN_IF_ERROR(requireElement(signature, 1, signature.inputs[0].dtype));
    return signature.inputs.size() > 2 ? requirePosition(signature, 2)
                                       : Status::success();
  }

  Status run(HostRun &run) const override {
    fmt::DType dtype = run.inputs[0].dtype;
    size_t size = run.inputs[0].elements->size(), at = size;
    if (run.inputs.size() > 2) {
      LZ_ASSIGN_OR_RETURN(at, readPosition(run, 2, size, size));
    }
    auto elements = takeElements(run.inputs[0]);
    elements->insert(elements->begin() + static_cast<std::ptrdiff_t>(at),
                     std::move(run.inputs[1]));
    run.outputs[0] = makeSequence(dtype, {});
    run.outputs[0].elements = std::move(elements);
    return Status::success();
  }
};

class SequenceErase : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::ValueKind_Sequence));
    LZ_RETURN_IF_ERROR(signature.requireSame(0, 0));
    return signature.inputs.size() > 1 ? requirePosition(signature, 1)
                                       : Status::success();
  }

  Status run(HostRun &run) const override {
    fmt::DType dtype = run.inputs[0].dtype;
    size_t size = run.inputs[0].elements->size();
    if (size == 0)
      return invalidArgument("the sequence is empty");
    size_t at = size - 1;
    if (run.inputs.size() > 1) {
      LZ_ASSIGN_OR_RETURN(at, readPosition(run, 1, size, size - 1));
    }
    auto elements = takeElements(run.inputs[0]);
    elements->erase(elements->begin() + static_cast<std::ptrdiff_t>(at));
    run.outputs[0] = makeSequence(dtype, {});
    run.outputs[0].elements = std::move(elements);
    return Status::success();
  }
};

class SequenceLength : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::ValueKind_Sequence));
    return signature.requireOutput(0, fmt::DType_i64);
  }

  Status run(HostRun &run) const override {
    auto size = static_cast<int64_t>(run.inputs[0].elements->size());
    LZ_ASSIGN_OR_RETURN(void *data, run.allocate(0, {}));
    std::memcpy(data, &size, sizeof(size));
    return Status::success();
  }
};

/// Copies blocks of elements, of tensors or strings alike.
class BlockCopy {
public:
  explicit BlockCopy(const HostValue &like)
      : bytes(static_cast<int64_t>(getDTypeBytes(like.dtype))),
        isText(like.kind == fmt::ValueKind_Strings) {}

  StatusOr<HostValue> make(fmt::DType dtype, std::vector<int64_t> dims,
                           HostMemory &memory) const {
    if (!isText)
      return makeTensor(dtype, std::move(dims), memory);
    auto size = static_cast<size_t>(getNumElements(dims));
    return makeStrings(std::move(dims), std::vector<std::string>(size));
  }

  void copy(const HostValue &from, int64_t fromIndex, HostValue &to,
            int64_t toIndex, int64_t size) const {
    if (isText)
      for (int64_t i = 0; i < size; ++i)
        (*to.strings)[static_cast<size_t>(toIndex + i)] =
            from.getString(static_cast<size_t>(fromIndex + i));
    else if (size > 0)
      std::memcpy(to.buffer->getData() + toIndex * bytes,
                  from.as<uint8_t>() + fromIndex * bytes,
                  static_cast<size_t>(size * bytes));
  }

private:
  int64_t bytes;
  bool isText;
};

class ConcatFromSequence : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    int64_t newAxis = 0;
    LZ_RETURN_IF_ERROR(signature.attributes.get("axis", axis));
    LZ_RETURN_IF_ERROR(signature.attributes.get("new_axis", newAxis));
    isNewAxis = newAxis != 0;
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::ValueKind_Sequence));
    const ValueType &result = signature.outputs[0];
    if (result.dtype != signature.inputs[0].dtype ||
        result.kind == fmt::ValueKind_Sequence ||
        result.kind == fmt::ValueKind_Optional)
      return invalidArgument("expected elements and result of one dtype");
    return Status::success();
  }

  Status run(HostRun &run) const override {
    const std::vector<HostValue> &elements = *run.inputs[0].elements;
    if (elements.empty())
      return invalidArgument("the sequence is empty");
    std::vector<int64_t> dims = elements[0].dims;
    LZ_ASSIGN_OR_RETURN(size_t at,
                        normalizeAxis(axis, dims.size() + isNewAxis));
    LZ_RETURN_IF_ERROR(computeDims(elements, at, dims));
    BlockCopy block(elements[0]);
    LZ_ASSIGN_OR_RETURN(run.outputs[0],
                        block.make(run.inputs[0].dtype, dims, run.memory));
    int64_t outer = multiplyDims(dims, 0, at);
    int64_t row = multiplyDims(dims, at, dims.size()), offset = 0;
    for (const HostValue &element : elements) {
      int64_t size = multiplyDims(element.dims, at, element.dims.size());
      for (int64_t i = 0; i < outer; ++i)
        block.copy(element, i * size, run.outputs[0], i * row + offset, size);
      offset += size;
    }
    return Status::success();
  }

private:
  /// Sets `dims`, those of the first element, to those of the result.
  Status computeDims(const std::vector<HostValue> &elements, size_t at,
                     std::vector<int64_t> &dims) const {
    int64_t total = 0;
    for (const HostValue &element : elements) {
      bool fits = element.dims.size() == dims.size();
      for (size_t i = 0; i < dims.size() && fits; ++i)
        fits = element.dims[i] == dims[i] || (i == at && !isNewAxis);
      if (!fits)
        return invalidArgument(concat(
            "an element has dimensions ",
            formatDims(element.dims.data(), element.dims.size()),
            ", the first one ",
            formatDims(elements[0].dims.data(), elements[0].dims.size())));
      if (__builtin_add_overflow(total, isNewAxis ? 1 : element.dims[at],
                                 &total))
        return resourceExhausted("the result would be too large");
    }
    if (isNewAxis)
      dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(at), total);
    else
      dims[at] = total;
    return Status::success();
  }

  int64_t axis = 0;
  bool isNewAxis = false;
};

/// Without `split` into pieces of one, whose axis goes unless keepdims; with a
/// scalar into pieces of at most that size; else into pieces of these sizes.
class SplitToSequence : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    int64_t keep = 1;
    LZ_RETURN_IF_ERROR(signature.attributes.get("axis", axis));
    LZ_RETURN_IF_ERROR(signature.attributes.get("keepdims", keep));
    keepsAxis = keep != 0 || signature.inputs.size() > 1;
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::ValueKind_Sequence));
    LZ_RETURN_IF_ERROR(
        requireElement(signature, 0, signature.outputs[0].dtype));
    if (signature.inputs.size() > 1) {
      LZ_RETURN_IF_ERROR(requirePosition(signature, 1));
      if (signature.inputs[1].getRank() > 1)
        return invalidArgument("expected a scalar or a list of sizes");
    }
    return normalizeAxis(axis, signature.inputs[0].getRank()).getStatus();
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    LZ_ASSIGN_OR_RETURN(size_t at, normalizeAxis(axis, x.dims.size()));
    LZ_ASSIGN_OR_RETURN(std::vector<int64_t> sizes,
                        computeSizes(run, x.dims[at]));
    BlockCopy block(x);
    int64_t outer = multiplyDims(x.dims, 0, at);
    int64_t inner = multiplyDims(x.dims, at + 1, x.dims.size()), offset = 0;
    std::vector<HostValue> pieces;
    for (int64_t size : sizes) {
      std::vector<int64_t> dims = x.dims;
      dims[at] = size;
      if (!keepsAxis)
        dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(at));
      LZ_ASSIGN_OR_RETURN(HostValue piece,
                          block.make(x.dtype, std::move(dims), run.memory));
      for (int64_t i = 0; i < outer; ++i)
        block.copy(x, (i * x.dims[at] + offset) * inner, piece,
                   i * size * inner, size * inner);
      offset += size;
      pieces.push_back(std::move(piece));
    }
    run.outputs[0] = makeSequence(x.dtype, std::move(pieces));
    return Status::success();
  }

private:
  static StatusOr<std::vector<int64_t>> computeSizes(const HostRun &run,
                                                     int64_t total) {
    if (run.inputs.size() > 1 && run.inputs[1].dims.size() == 1)
      return readSizes(run.inputs[1], total);
    int64_t size = run.inputs.size() > 1 ? readInteger(run.inputs[1], 0) : 1;
    if (size < 1)
      return invalidArgument(concat("pieces of ", size, " elements"));
    std::vector<int64_t> sizes;
    for (int64_t at = 0; at < total; at += sizes.back())
      sizes.push_back(std::min(size, total - at));
    return sizes;
  }

  static StatusOr<std::vector<int64_t>> readSizes(const HostValue &split,
                                                  int64_t total) {
    std::vector<int64_t> sizes;
    int64_t rest = total;
    for (int64_t i = 0; i < split.dims[0]; ++i) {
      sizes.push_back(readInteger(split, i));
      if (sizes.back() < 0 || sizes.back() > rest)
        return invalidArgument(concat("piece ", i, " has ", sizes.back(),
                                      " of the ", rest, " elements left"));
      rest -= sizes.back();
    }
    if (rest > 0)
      return invalidArgument(
          concat("the pieces leave ", rest, " of ", total, " elements"));
    return sizes;
  }

  int64_t axis = 0;
  bool keepsAxis = true;
};

class MakeOptional : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::ValueKind_Optional));
    if (!signature.inputs.empty() &&
        (signature.inputs[0].kind == fmt::ValueKind_Optional ||
         signature.inputs[0].dtype != signature.outputs[0].dtype))
      return invalidArgument("an optional of another type");
    return Status::success();
  }

  Status run(HostRun &run) const override {
    run.outputs[0] = makeSequence(run.outputs[0].dtype, std::move(run.inputs));
    run.outputs[0].kind = fmt::ValueKind_Optional;
    return Status::success();
  }
};

/// True of what is no optional at all, false without operand.
class OptionalHasElement : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    return signature.requireOutput(0, fmt::DType_boolean);
  }

  Status run(HostRun &run) const override {
    LZ_ASSIGN_OR_RETURN(void *data, run.allocate(0, {}));
    *static_cast<uint8_t *>(data) =
        !run.inputs.empty() && (run.inputs[0].kind != fmt::ValueKind_Optional ||
                                !run.inputs[0].elements->empty());
    return Status::success();
  }
};

class OptionalGetElement : public HostFunction {
public:
  Status prepare(const Signature &) { return Status::success(); }

  Status run(HostRun &run) const override {
    if (run.inputs[0].kind != fmt::ValueKind_Optional)
      run.outputs[0] = std::move(run.inputs[0]);
    else if (run.inputs[0].elements->empty())
      return invalidArgument("the optional has no element");
    else
      run.outputs[0] = run.inputs[0].elements->front();
    return Status::success();
  }
};

} // namespace

std::vector<BuiltinRow> rt::getSequenceOps() {
  auto construct = loadFunction<SequenceConstruct>;
  return {
      {"sequence_empty", 0, 0, 1, construct, nullptr},
      {"sequence_construct", 0, anyNumber, 1, construct, nullptr},
      {"sequence_at", 2, 2, 1, loadFunction<SequenceAt>, nullptr},
      {"sequence_insert", 2, 3, 1, loadFunction<SequenceInsert>, nullptr},
      {"sequence_erase", 1, 2, 1, loadFunction<SequenceErase>, nullptr},
      {"sequence_length", 1, 1, 1, loadFunction<SequenceLength>, nullptr},
      {"concat_from_sequence", 1, 1, 1, loadFunction<ConcatFromSequence>,
       nullptr},
      {"split_to_sequence", 1, 2, 1, loadFunction<SplitToSequence>, nullptr},
      {"optional", 0, 1, 1, loadFunction<MakeOptional>, nullptr},
      {"optional_has_element", 0, 1, 1, loadFunction<OptionalHasElement>,
       nullptr},
      {"optional_get_element", 1, 1, 1, loadFunction<OptionalGetElement>,
       nullptr},
  };
}
