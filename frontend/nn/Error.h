//===- Error.h - What users of the C++ frontend may catch -----------------===//
//
// A mistake in a model is reported at the line that made it, by an exception:
// the user's `forward` is ordinary C++ and has no other way out.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_ERROR_H
#define LAZULI_FRONTEND_NN_ERROR_H

#include <stdexcept>
#include <string>

namespace lz::nn {

/// A mistake in the use of the frontend. The message starts in lower case and
/// names the module, what was found and what was expected.
class Error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Where in the user's source something was called. Taken as the last argument
/// of functions with the default `SourceLoc::current()`, which the compiler
/// evaluates where the function is called.
struct SourceLoc {
  const char *file = nullptr;
  int line = 0;

  static constexpr SourceLoc current(const char *file = __builtin_FILE(),
                                     int line = __builtin_LINE()) {
    return {file, line};
  }
};

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_ERROR_H
