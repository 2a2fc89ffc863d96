//===- Compiler.h - The compiler, loaded when needed ------------------------===//
//
// `lazuli` itself links no MLIR and starts in milliseconds; what compiles lies in
// liblazuli_compiler.so and is opened by the first model that is not compiled.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_COMPILER_H
#define LAZULI_TOOLS_LAZULI_MODEL_COMPILER_H

#include "tools/driver/Driver.h"
#include "tools/lazuli/io/File.h"

#include <memory>
#include <string>

namespace lz::cli {

/// Compiles; diagnostics go to standard error as the compiler finds them. Throws
/// a Failure, already shown, if the compiler does not succeed. With `capture` the
/// diagnostics also become the Failure's message, for output as JSON.
CompileSummary compile(CompileOptions options, bool capture);

/// A model ready to run: the path as given, or a temporary artifact made of it.
struct ResolvedModel {
  std::string path;
  std::shared_ptr<TemporaryFile> temporary; ///< null: compiled before
};

/// Compiles `options.input` into a temporary file unless it is compiled already.
ResolvedModel resolveModel(CompileOptions options, bool capture);

/// Shows `stage` on a terminal's last line; nothing if standard error is no
/// terminal. The empty stage wipes the line.
void showProgress(const std::string &stage);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_COMPILER_H
