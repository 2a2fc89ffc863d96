//===- Api.h - Between the C API and the runtime
//----------------------------===//
//
// The handles' definitions, and the one place where errors and exceptions
// become an lz_status with a text.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_CAPI_API_H
#define LAZULI_RUNTIME_EXEC_CAPI_API_H

#include "runtime/exec/Session.h"

#include <atomic>
#include <exception>
#include <lazuli/lazuli.h>
#include <memory>
#include <new>
#include <string>
#include <string_view>

struct lz_model {
  std::shared_ptr<const lz::rt::Model> model;
};

struct lz_session {
  std::unique_ptr<lz::rt::Session> session;
  std::string profileJson;
};

struct lz_value {
  lz::rt::HostValue value;
};

struct lz_cancel_token {
  std::shared_ptr<std::atomic<bool>> flag;
};

namespace lz::rt::capi {

/// Remembers the text for lz_error_message; does not throw.
lz_status fail(lz_status code, std::string_view message) noexcept;

/// The status as the C API returns it.
inline lz_status finish(const Status &status) noexcept {
  if (status.isOk())
    return LZ_OK;
  return fail(static_cast<lz_status>(status.getCode()), status.getMessage());
}

/// Calls `body`, which returns a Status; what it throws becomes an error.
template <typename Body> lz_status guarded(const Body &body) noexcept {
  try {
    return finish(body());
  } catch (const std::bad_alloc &) {
    return fail(LZ_RESOURCE_EXHAUSTED, "out of memory");
  } catch (const std::exception &error) {
    return fail(LZ_INTERNAL, error.what());
  } catch (...) {
    return fail(LZ_INTERNAL, "unknown exception");
  }
}

/// The user's tensor, or why it cannot be one.
StatusOr<TensorRef> toTensorRef(const lz_tensor &tensor);

} // namespace lz::rt::capi

/// Returns LZ_INVALID_ARGUMENT if a pointer argument is null.
#define LZ_REQUIRE(pointer)                                                    \
  do {                                                                         \
    if (!(pointer))                                                            \
      return ::lz::rt::capi::fail(LZ_INVALID_ARGUMENT,                         \
                                  "'" #pointer "' is null");                   \
  } while (false)

#endif // LAZULI_RUNTIME_EXEC_CAPI_API_H
