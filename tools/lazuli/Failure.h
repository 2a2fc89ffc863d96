//===- Failure.h - How the command line gives up ----------------------------===//
//
// A command that cannot go on throws a Failure; main() prints it once, as text
// or as JSON, and ends with its exit code. Nothing else prints errors.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_FAILURE_H
#define LAZULI_TOOLS_LAZULI_FAILURE_H

#include "runtime/base/Status.h"
#include "runtime/base/Text.h"

#include <stdexcept>
#include <string>

namespace lz::cli {

/// What the process returns to the shell.
enum class ExitCode : int {
  Ok = 0,
  BadInput = 1, ///< a model, a file or a value that was given is at fault
  Usage = 2,    ///< the command line is
  Defect = 3,   ///< we are
  Differs = 4,  ///< `diff` found a difference
};

/// Thrown when a command has said all there is to say and only its code is left.
struct Finished {
  int exitCode;
};

class Failure : public std::runtime_error {
public:
  /// `kind` is a word for machines: a status name, or "USAGE".
  Failure(ExitCode exitCode, std::string kind, const std::string &message)
      : std::runtime_error(message), exitCode(exitCode), kind(std::move(kind)) {}

  ExitCode getExitCode() const { return exitCode; }
  const std::string &getKind() const { return kind; }
  /// True if the message has been shown already (by the compiler).
  bool isShown = false;

private:
  ExitCode exitCode;
  std::string kind;
};

/// The input is at fault. The arguments make up the message.
template <typename... Args> [[noreturn]] void fail(const Args &...args) {
  throw Failure(ExitCode::BadInput, "INVALID_ARGUMENT", rt::concat(args...));
}

/// A file cannot be read or written.
template <typename... Args> [[noreturn]] void failIo(const Args &...args) {
  throw Failure(ExitCode::BadInput, "IO_ERROR", rt::concat(args...));
}

/// The command line is at fault.
template <typename... Args> [[noreturn]] void failUsage(const Args &...args) {
  throw Failure(ExitCode::Usage, "USAGE", rt::concat(args...));
}

/// Throws what a Status of the runtime's inner libraries says.
inline void require(const rt::Status &status) {
  if (status.isOk())
    return;
  bool isDefect = status.getCode() == rt::StatusCode::Internal;
  throw Failure(isDefect ? ExitCode::Defect : ExitCode::BadInput,
                rt::getCodeName(status.getCode()), status.getMessage());
}

template <typename T> T require(rt::StatusOr<T> value) {
  require(value.getStatus());
  return std::move(*value);
}

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_FAILURE_H
