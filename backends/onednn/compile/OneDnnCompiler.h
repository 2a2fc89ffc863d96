//===- OneDnnCompiler.h - lz.fused "onednn" regions to primitive calls ----===//
//
// The compile half of the oneDNN backend: says which dense operations oneDNN
// takes (and why it refuses the others), and turns a region that lz-fuse made
// for it into one primitive call with its post-operations.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_COMPILE_ONEDNNCOMPILER_H
#define LAZULI_BACKENDS_ONEDNN_COMPILE_ONEDNNCOMPILER_H

#include "ir/LzOps.h"
#include "runtime/format/program_generated.h"

namespace lz::onednn {

/// What the packing table of a target depends on.
enum class Isa { Avx2, Avx512 };

struct PrimitiveCode {
  /// `inputs` and post-op operands are indices of the region's operands, in the
  /// order the schema wants (src, weights, bias, post-op operands).
  fmt::PrimitiveCallT call;
  /// How input i of the call is to be packed where it is a parameter; an empty tag
  /// or none at all: plain.
  std::vector<fmt::PackingT> packings;
  /// Why this primitive, for `inspect` and `--explain`.
  std::string why;
};

/// Translates one `lz.fused "onednn"` region. Fails with a diagnostic if the
/// region is not one that the oracle of this backend accepted.
mlir::FailureOr<PrimitiveCode> compilePrimitive(lz::FusedOp op, Isa isa);

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_COMPILE_ONEDNNCOMPILER_H
