//===- DlpackApi.cpp ------------------------------------------------------===//
//
// Tensors from and to other frameworks through DLPack.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/capi/Api.h"
#include "runtime/format/DType.h"

#include <dlpack/dlpack.h>

using namespace lz;
using namespace lz::rt;

/// DLPack 0.7 added it; Debian 12 has 0.6.
static constexpr uint8_t dlpackBool = 6;

static uint8_t getTypeCode(fmt::DType dtype) {
  switch (dtype) {
  case fmt::DType_f32:
  case fmt::DType_f64:
  case fmt::DType_f16:
    return kDLFloat;
  case fmt::DType_bf16:
    return kDLBfloat;
  case fmt::DType_u8:
  case fmt::DType_u16:
  case fmt::DType_u32:
  case fmt::DType_u64:
    return kDLUInt;
  case fmt::DType_boolean:
    return dlpackBool;
  default:
    return kDLInt;
  }
}

static DLDataType toDlpack(fmt::DType dtype) {
  return {getTypeCode(dtype), static_cast<uint8_t>(8 * getDTypeBytes(dtype)),
          /*lanes=*/1};
}

static StatusOr<fmt::DType> fromDlpack(DLDataType type) {
  for (int i = 0; i < fmt::DType_string; ++i) {
    DLDataType candidate = toDlpack(static_cast<fmt::DType>(i));
    if (candidate.code == type.code && candidate.bits == type.bits &&
        type.lanes == 1)
      return static_cast<fmt::DType>(i);
  }
  return invalidArgument(concat("no dtype for DLPack type code ",
                                int(type.code), ", ", int(type.bits), " bits, ",
                                type.lanes, " lanes"));
}

lz_status lz_tensor_from_dlpack(const DLManagedTensor *managed,
                                lz_tensor *out_tensor) {
  LZ_REQUIRE(managed);
  LZ_REQUIRE(out_tensor);
  return capi::guarded([&]() -> Status {
    const DLTensor &tensor = managed->dl_tensor;
    if (tensor.device.device_type != kDLCPU &&
        tensor.device.device_type != kDLCUDAHost)
      return invalidArgument(concat("the DLPack tensor is on device type ",
                                    static_cast<int>(tensor.device.device_type),
                                    ", expected memory of the CPU"));
    LZ_ASSIGN_OR_RETURN(fmt::DType dtype, fromDlpack(tensor.dtype));
    void *data = tensor.data
                     ? static_cast<char *>(tensor.data) + tensor.byte_offset
                     : nullptr;
    *out_tensor = {data, static_cast<lz_dtype>(dtype), tensor.ndim,
                   tensor.shape, tensor.strides};
    return Status::success();
  });
}

namespace {
/// What a shared output keeps alive until the consumer deletes it.
struct SharedOutput {
  DLManagedTensor managed = {};
  std::shared_ptr<Buffer> memory;
  std::vector<int64_t> dims;
};
} // namespace

static void deleteSharedOutput(DLManagedTensor *managed) {
  delete static_cast<SharedOutput *>(managed->manager_ctx);
}

lz_status lz_session_share_output(lz_session *session, size_t index,
                                  DLManagedTensor **out_managed) {
  LZ_REQUIRE(session);
  LZ_REQUIRE(out_managed);
  return capi::guarded([&]() -> Status {
    LZ_ASSIGN_OR_RETURN(TensorRef tensor, session->session->getOutput(index));
    auto shared = std::make_unique<SharedOutput>();
    LZ_ASSIGN_OR_RETURN(shared->memory, session->session->shareOutput(index));
    shared->dims.assign(tensor.dims, tensor.dims + tensor.rank);
    DLTensor &out = shared->managed.dl_tensor;
    out.data = tensor.data;
    out.device = {kDLCPU, 0};
    out.ndim = static_cast<int32_t>(tensor.rank);
    out.dtype = toDlpack(tensor.dtype);
    out.shape = shared->dims.data();
    shared->managed.manager_ctx = shared.get();
    shared->managed.deleter = deleteSharedOutput;
    *out_managed = &shared.release()->managed;
    return Status::success();
  });
}
