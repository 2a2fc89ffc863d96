//===- ValueApi.cpp -------------------------------------------------------===//
//
// lz_value_*, and the inputs and outputs of sessions as values.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/StridedCopy.h"
#include "runtime/exec/capi/Api.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"

using namespace lz;
using namespace lz::rt;

static_assert(int(LZ_OPTIONAL) == int(fmt::ValueKind_Optional) &&
                  int(LZ_STRING) == int(fmt::DType_string),
              "the numbers of the C API are those of the format");

namespace {

/// Values of the caller's own, outside of any session's limits.
class CallerMemory : public HostMemory {
public:
  StatusOr<std::shared_ptr<Buffer>> allocate(uint64_t sizeBytes) override {
    LZ_ASSIGN_OR_RETURN(Buffer buffer, Buffer::allocate(sizeBytes));
    return std::make_shared<Buffer>(std::move(buffer));
  }
};

} // namespace

static Status checkDType(lz_dtype dtype) {
  return static_cast<unsigned>(dtype) <= fmt::DType_MAX
             ? Status::success()
             : invalidArgument(
                   concat("unknown dtype ", static_cast<int>(dtype)));
}

/// Sizes that memory can hold.
static Status checkDims(int32_t rank, const int64_t *dims,
                        fmt::DType elements) {
  uint64_t numBytes = 0;
  if (rank < 0 || static_cast<unsigned>(rank) > maxRank || (rank > 0 && !dims))
    return invalidArgument(concat("found rank ", rank, ", expected 0 to ",
                                  maxRank, " and as many sizes"));
  if (!getNumBytes(elements, {dims, dims + rank}, numBytes))
    return invalidArgument("dimensions that no memory holds");
  return Status::success();
}

lz_status lz_value_create_tensor(const lz_tensor *tensor,
                                 lz_value **out_value) {
  LZ_REQUIRE(tensor);
  LZ_REQUIRE(out_value);
  return capi::guarded([&]() -> Status {
    LZ_ASSIGN_OR_RETURN(TensorRef ref, capi::toTensorRef(*tensor));
    if (ref.dtype == fmt::DType_string)
      return invalidArgument("strings are made by lz_value_create_strings");
    LZ_RETURN_IF_ERROR(checkDims(tensor->rank, tensor->dims, ref.dtype));
    CallerMemory memory;
    LZ_ASSIGN_OR_RETURN(
        HostValue value,
        makeTensor(ref.dtype, {ref.dims, ref.dims + ref.rank}, memory));
    if (!ref.data && getNumElements(value.dims) > 0)
      return invalidArgument("a null data pointer");
    int64_t dense[maxRank];
    getDenseStrides(ref.dims, ref.rank, dense);
    copyStrided(ref.data, ref.strides ? ref.strides : dense,
                value.buffer->getData(), dense, ref.dims, ref.rank,
                getDTypeBytes(ref.dtype));
    *out_value = new lz_value{std::move(value)};
    return Status::success();
  });
}

lz_status lz_value_create_strings(const lz_string *strings, size_t count,
                                  int32_t rank, const int64_t *dims,
                                  lz_value **out_value) {
  LZ_REQUIRE(out_value);
  return capi::guarded([&]() -> Status {
    LZ_RETURN_IF_ERROR(checkDims(rank, dims, fmt::DType_u64));
    std::vector<int64_t> sizes(dims, dims + rank);
    if (count != static_cast<size_t>(getNumElements(sizes)))
      return invalidArgument(
          concat("found ", count, " strings, expected as many as dimensions ",
                 formatDims(sizes.data(), sizes.size()), " have elements"));
    if (count > 0 && !strings)
      return invalidArgument("'strings' is null");
    std::vector<std::string> copies;
    for (size_t i = 0; i < count; ++i) {
      if (!strings[i].data && strings[i].size > 0)
        return invalidArgument(concat("string ", i, " is null"));
      copies.emplace_back(strings[i].data ? strings[i].data : "",
                          strings[i].size);
    }
    *out_value = new lz_value{makeStrings(std::move(sizes), std::move(copies))};
    return Status::success();
  });
}

lz_status lz_value_create_sequence(lz_dtype dtype,
                                   const lz_value *const *elements, size_t size,
                                   lz_value **out_value) {
  LZ_REQUIRE(out_value);
  return capi::guarded([&]() -> Status {
    LZ_RETURN_IF_ERROR(checkDType(dtype));
    auto wanted = static_cast<fmt::DType>(dtype);
    if (size > 0 && !elements)
      return invalidArgument("'elements' is null");
    std::vector<HostValue> values;
    for (size_t i = 0; i < size; ++i) {
      bool fits = elements[i] && elements[i]->value.dtype == wanted &&
                  elements[i]->value.kind <= fmt::ValueKind_Strings;
      if (!fits)
        return invalidArgument(concat("element ", i, " is not a tensor of ",
                                      getDTypeName(wanted)));
      values.push_back(elements[i]->value);
    }
    *out_value = new lz_value{makeSequence(wanted, std::move(values))};
    return Status::success();
  });
}

lz_status lz_value_create_optional(lz_dtype dtype, const lz_value *held,
                                   lz_value **out_value) {
  LZ_REQUIRE(out_value);
  return capi::guarded([&]() -> Status {
    LZ_RETURN_IF_ERROR(checkDType(dtype));
    auto wanted = static_cast<fmt::DType>(dtype);
    if (held && (held->value.dtype != wanted ||
                 held->value.kind == fmt::ValueKind_Optional))
      return invalidArgument(
          concat("what is held is not of ", getDTypeName(wanted)));
    std::vector<HostValue> values;
    if (held)
      values.push_back(held->value);
    HostValue value = makeSequence(wanted, std::move(values));
    value.kind = fmt::ValueKind_Optional;
    *out_value = new lz_value{std::move(value)};
    return Status::success();
  });
}

void lz_value_release(lz_value *value) { delete value; }

lz_kind lz_value_kind(const lz_value *value) {
  return value ? static_cast<lz_kind>(value->value.kind) : LZ_TENSOR;
}

lz_dtype lz_value_dtype(const lz_value *value) {
  return value ? static_cast<lz_dtype>(value->value.dtype) : LZ_F32;
}

lz_status lz_value_get_tensor(const lz_value *value, lz_tensor *out_tensor) {
  LZ_REQUIRE(value);
  LZ_REQUIRE(out_tensor);
  return capi::guarded([&]() -> Status {
    const HostValue &of = value->value;
    if (of.kind > fmt::ValueKind_Strings)
      return invalidArgument(concat(
          "the value is ", fmt::EnumNameValueKind(of.kind), ", not a tensor"));
    *out_tensor = {const_cast<void *>(of.data), static_cast<lz_dtype>(of.dtype),
                   static_cast<int32_t>(of.dims.size()), of.dims.data(),
                   /*strides=*/nullptr};
    return Status::success();
  });
}

size_t lz_value_size(const lz_value *value) {
  if (!value || value->value.kind == fmt::ValueKind_Tensor)
    return 0;
  return value->value.strings ? value->value.strings->size()
                              : value->value.elements->size();
}

lz_status lz_value_get_string(const lz_value *value, size_t index,
                              lz_string *out_string) {
  LZ_REQUIRE(value);
  LZ_REQUIRE(out_string);
  return capi::guarded([&]() -> Status {
    if (value->value.kind != fmt::ValueKind_Strings)
      return invalidArgument(concat("the value is ",
                                    fmt::EnumNameValueKind(value->value.kind),
                                    ", not strings"));
    if (index >= value->value.strings->size())
      return notFound(
          concat("string ", index, " of ", value->value.strings->size()));
    const std::string &text = value->value.getString(index);
    *out_string = {text.data(), text.size()};
    return Status::success();
  });
}

lz_status lz_value_get_element(const lz_value *value, size_t index,
                               lz_value **out_value) {
  LZ_REQUIRE(value);
  LZ_REQUIRE(out_value);
  return capi::guarded([&]() -> Status {
    if (!value->value.elements)
      return invalidArgument(concat("the value is ",
                                    fmt::EnumNameValueKind(value->value.kind),
                                    ", which has no elements"));
    if (index >= value->value.elements->size())
      return notFound(
          concat("element ", index, " of ", value->value.elements->size()));
    *out_value = new lz_value{(*value->value.elements)[index]};
    return Status::success();
  });
}

lz_status lz_session_set_input_value(lz_session *session, size_t index,
                                     const lz_value *value) {
  LZ_REQUIRE(session);
  LZ_REQUIRE(value);
  return capi::guarded(
      [&] { return session->session->setInputValue(index, value->value); });
}

lz_status lz_session_get_output_value(lz_session *session, size_t index,
                                      lz_value **out_value) {
  LZ_REQUIRE(session);
  LZ_REQUIRE(out_value);
  return capi::guarded([&]() -> Status {
    LZ_ASSIGN_OR_RETURN(HostValue value,
                        session->session->getOutputValue(index));
    *out_value = new lz_value{std::move(value)};
    return Status::success();
  });
}
