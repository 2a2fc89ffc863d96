//===- Expect.h - Failures in tests -----------------------------------------===//
//
// Runs something that has to fail and gives its message.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TESTS_UNIT_TOOLS_EXPECT_H
#define LAZULI_TESTS_UNIT_TOOLS_EXPECT_H

#include "tools/lazuli/Failure.h"

#include <gtest/gtest.h>

namespace lz::cli {

/// The message of the Failure that `action` ends with; a test failure if it does not.
template <typename Action> std::string messageOf(Action action) {
  try {
    action();
  } catch (const Failure &failure) {
    return failure.what();
  }
  ADD_FAILURE() << "expected a Failure";
  return "";
}

template <typename Action> ExitCode exitCodeOf(Action action) {
  try {
    action();
  } catch (const Failure &failure) {
    return failure.getExitCode();
  }
  return ExitCode::Ok;
}

} // namespace lz::cli

#endif // LAZULI_TESTS_UNIT_TOOLS_EXPECT_H
