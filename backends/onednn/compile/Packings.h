//===- Packings.h - Layouts of weights that oneDNN's kernels like ---------===//
//
// Our table per target: oneDNN cannot be asked about a CPU other than the one it
// runs on. A wrong guess costs a copy when the model is loaded, nothing later.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_COMPILE_PACKINGS_H
#define LAZULI_BACKENDS_ONEDNN_COMPILE_PACKINGS_H

#include "backends/onednn/compile/OneDnnCompiler.h"

namespace lz::onednn {

/// `tag` over the dimensions that it names (see runtime/format/Packing.h).
fmt::PackingT makePacking(std::string tag, llvm::ArrayRef<int64_t> dims);

/// The layout of a convolution's weights; nullopt: plain. Its tag is the one that
/// the call names too.
std::optional<fmt::PackingT> choosePacking(ConvOp op, Isa isa);

/// The same of a transposed one, whose tag the call names with the first two dimensions
/// swapped.
std::optional<fmt::PackingT> choosePacking(ConvTransposeOp op, Isa isa);

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_COMPILE_PACKINGS_H
