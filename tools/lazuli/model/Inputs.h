//===- Inputs.h - Inputs as they are written on a command line --------------===//
//
// `x=@photo.png`, `x=@batch.npz:images`, `x=random`, `x=random[8,3,224,224]`,
// `x=f32[8,10]` (random of this type), `x=[[1,2],[3,4]]` (JSON). The name may be
// left out if the model has one input.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_INPUTS_H
#define LAZULI_TOOLS_LAZULI_MODEL_INPUTS_H

#include "tools/lazuli/io/Array.h"
#include "tools/lazuli/model/Artifact.h"
#include "tools/lazuli/model/Runtime.h"

#include <optional>
#include <string>
#include <vector>

namespace lz::cli {

struct InputSpec {
  enum class Kind { File, Random, Literal };
  Kind kind = Kind::File;
  std::string text; ///< as written
  std::string name; ///< empty: the only input
  std::string path, key;
  std::string literal;
  std::optional<DType> dtype;               ///< Random
  std::optional<std::vector<int64_t>> dims; ///< Random
};

/// Parses one `--input`; failUsage says what was expected.
InputSpec parseInputSpec(const std::string &text);

/// A name that an option gives together with its file: `y=@out.npy`.
struct NamedPath {
  std::string name, path;
};
NamedPath parseNamedPath(const std::string &text, const char *option);

/// Reads an array from .npy, .npz (":key"), .json (":key"), for options that
/// name one directly (`@labels.npz:labels`, the `@` may be left out).
Array readArray(const std::string &text, DType jsonDType);

/// What random inputs need: values for dimensions that are not fixed.
struct InputOptions {
  uint64_t seed = 0;
  /// For dimensions that are free; from Artifact::getDims. Empty: no such, a
  /// random input must then give its own.
  std::vector<std::vector<int64_t>> defaultDims;
  /// Inputs that were not given are random instead of an error.
  bool fillMissing = false;
};

/// The arrays for all inputs of an entry, each checked against its port. Several
/// specs for one input are joined along axis 0. `isImage[i]` tells whether input
/// i came from image files.
std::vector<Array> loadInputs(const std::vector<InputSpec> &specs, const std::vector<Port> &ports,
                              const InputOptions &options);

/// The example for `lazuli compile` that an input amounts to: "x=f32[1, 3, 8, 8]".
/// `name` is taken if the spec has none. Throws Failure if only the model could
/// tell (`random` without dimensions).
std::string toExample(const InputSpec &spec);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_INPUTS_H
