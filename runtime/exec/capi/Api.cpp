//===- Api.cpp ------------------------------------------------------------===//
//
// Errors, names and dtypes of the C API.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/capi/Api.h"

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"

#include <cstring>

using namespace lz::rt;

static_assert(static_cast<int>(StatusCode::Internal) == LZ_INTERNAL,
              "the codes are the same");
static_assert(static_cast<int>(lz::fmt::DType_string) == LZ_STRING,
              "the dtypes are the same");

/// A fixed buffer, because an error may be that there is no memory.
static thread_local char lastMessage[2048];

lz_status capi::fail(lz_status code, std::string_view message) noexcept {
  size_t size = std::min(message.size(), sizeof(lastMessage) - 1);
  std::memcpy(lastMessage, message.data(), size);
  lastMessage[size] = '\0';
  return code;
}

StatusOr<TensorRef> capi::toTensorRef(const lz_tensor &tensor) {
  if (tensor.rank < 0 || tensor.rank > 32)
    return invalidArgument(
        concat("found rank ", tensor.rank, ", expected 0 to 32"));
  if (tensor.rank > 0 && !tensor.dims)
    return invalidArgument("the tensor's 'dims' is null");
  if (static_cast<unsigned>(tensor.dtype) > LZ_STRING)
    return invalidArgument(
        concat("found dtype ", static_cast<int>(tensor.dtype)));
  TensorRef ref;
  ref.data = tensor.data;
  ref.dtype = static_cast<fmt::DType>(tensor.dtype);
  ref.rank = static_cast<size_t>(tensor.rank);
  ref.dims = tensor.dims;
  ref.strides = tensor.strides;
  return ref;
}

const char *lz_error_message(void) { return lastMessage; }

const char *lz_status_name(lz_status status) {
  bool isKnown = static_cast<unsigned>(status) <= LZ_INTERNAL;
  return isKnown ? getCodeName(static_cast<StatusCode>(status)) : "UNKNOWN";
}

const char *lz_version(void) { return LAZULI_VERSION; }

const char *lz_dtype_name(lz_dtype dtype) {
  bool isKnown = static_cast<unsigned>(dtype) <= LZ_STRING;
  return isKnown ? getDTypeName(static_cast<lz::fmt::DType>(dtype)) : "?";
}

size_t lz_dtype_size(lz_dtype dtype) {
  bool isKnown = static_cast<unsigned>(dtype) <= LZ_STRING;
  return isKnown ? static_cast<size_t>(
                       getDTypeBytes(static_cast<lz::fmt::DType>(dtype)))
                 : 0;
}
