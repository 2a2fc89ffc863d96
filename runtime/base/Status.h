//===- Status.h - Success or an error with a code and a text --------------===//
//
// How every fallible function of the runtime reports. A successful Status is
// one null pointer; an error owns its text. Nothing in the runtime throws.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_BASE_STATUS_H
#define LAZULI_RUNTIME_BASE_STATUS_H

#include <cassert>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lz::rt {

/// The numbers are those of `lz_code` in lazuli.h.
enum class StatusCode : int {
  Ok = 0,
  InvalidArgument = 1,
  NotFound = 2,
  FailedPrecondition = 3,
  DataLoss = 4,
  Unimplemented = 5,
  ResourceExhausted = 6,
  Cancelled = 7,
  IoError = 8,
  Internal = 9,
};

/// The code's name as in the C API, for example "INVALID_ARGUMENT".
const char *getCodeName(StatusCode code);

class [[nodiscard]] Status {
public:
  /// Success.
  Status() = default;
  Status(StatusCode code, std::string message);
  Status(const Status &other) { *this = other; }
  Status &operator=(const Status &other);
  Status(Status &&) = default;
  Status &operator=(Status &&) = default;

  static Status success() { return Status(); }

  bool isOk() const { return !error; }
  StatusCode getCode() const { return error ? error->code : StatusCode::Ok; }
  /// The text of the error, empty on success. Owned by this object.
  const std::string &getMessage() const;

  /// The same error with "`context`: " put before its text; success stays
  /// success.
  Status withContext(const std::string &context) const;

private:
  struct Error {
    StatusCode code;
    std::string message;
  };
  std::unique_ptr<Error> error;
};

inline Status invalidArgument(std::string text) {
  return Status(StatusCode::InvalidArgument, std::move(text));
}
inline Status notFound(std::string text) {
  return Status(StatusCode::NotFound, std::move(text));
}
inline Status failedPrecondition(std::string text) {
  return Status(StatusCode::FailedPrecondition, std::move(text));
}
inline Status dataLoss(std::string text) {
  return Status(StatusCode::DataLoss, std::move(text));
}
inline Status unimplemented(std::string text) {
  return Status(StatusCode::Unimplemented, std::move(text));
}
inline Status resourceExhausted(std::string text) {
  return Status(StatusCode::ResourceExhausted, std::move(text));
}
inline Status cancelled(std::string text) {
  return Status(StatusCode::Cancelled, std::move(text));
}
inline Status ioError(std::string text) {
  return Status(StatusCode::IoError, std::move(text));
}
inline Status internalError(std::string text) {
  return Status(StatusCode::Internal, std::move(text));
}

/// A value, or the error that kept it from being made.
template <typename T> class [[nodiscard]] StatusOr {
public:
  StatusOr(T value) : value(std::move(value)) {}
  StatusOr(Status status) : status(std::move(status)) {
    assert(!this->status.isOk() &&
           "a StatusOr made from a Status must be an error");
  }

  bool isOk() const { return value.has_value(); }
  const Status &getStatus() const { return status; }

  /// Only if isOk().
  T &operator*() { return *value; }
  const T &operator*() const { return *value; }
  T *operator->() { return &*value; }
  const T *operator->() const { return &*value; }

private:
  std::optional<T> value;
  Status status;
};

} // namespace lz::rt

#define LZ_RT_CONCAT_(a, b) a##b
#define LZ_RT_CONCAT(a, b) LZ_RT_CONCAT_(a, b)

/// Returns from the enclosing function if `expression` (a Status) is an error.
#define LZ_RETURN_IF_ERROR(expression)                                         \
  do {                                                                         \
    if (::lz::rt::Status lzStatus = (expression); !lzStatus.isOk())            \
      return lzStatus;                                                         \
  } while (false)

/// Declares or assigns `lhs` from a StatusOr, or returns its error.
#define LZ_ASSIGN_OR_RETURN(lhs, expression)                                   \
  auto LZ_RT_CONCAT(lzOr, __LINE__) = (expression);                            \
  if (!LZ_RT_CONCAT(lzOr, __LINE__).isOk())                                    \
    return LZ_RT_CONCAT(lzOr, __LINE__).getStatus();                           \
  lhs = std::move(*LZ_RT_CONCAT(lzOr, __LINE__))

#endif // LAZULI_RUNTIME_BASE_STATUS_H
