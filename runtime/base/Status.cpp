//===- Status.cpp ---------------------------------------------------------===//
//
// See Status.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Status.h"

using namespace lz::rt;

const char *lz::rt::getCodeName(StatusCode code) {
  static const char *const names[] = {"OK",
                                      "INVALID_ARGUMENT",
                                      "NOT_FOUND",
                                      "FAILED_PRECONDITION",
                                      "DATA_LOSS",
                                      "UNIMPLEMENTED",
                                      "RESOURCE_EXHAUSTED",
                                      "CANCELLED",
                                      "IO_ERROR",
                                      "INTERNAL"};
  return names[static_cast<int>(code)];
}

Status::Status(StatusCode code, std::string message)
    : error(std::make_unique<Error>(Error{code, std::move(message)})) {
  assert(code != StatusCode::Ok && "an error needs a code");
}

Status &Status::operator=(const Status &other) {
  if (this != &other)
    error = other.error ? std::make_unique<Error>(*other.error) : nullptr;
  return *this;
}

const std::string &Status::getMessage() const {
  static const std::string empty;
  return error ? error->message : empty;
}

Status Status::withContext(const std::string &context) const {
  return error ? Status(error->code, context + ": " + error->message)
               : Status();
}
