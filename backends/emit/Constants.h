//===- Constants.h - Data of parameters and states in the artifact --------===//
//
// Gathers constant bytes: large ones become segments that borrow the module's
// memory (a mapped weight file is written without a copy), small ones share one.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_EMIT_CONSTANTS_H
#define LAZULI_BACKENDS_EMIT_CONSTANTS_H

#include "backends/emit/Emit.h"

#include "mlir/IR/BuiltinAttributes.h"

namespace lz {

/// The dtype of an element type of the lz dialect.
fmt::DType getDType(mlir::Type elementType);

/// Checks that all of the value is there: dense elements, or a resource with as
/// many bytes as the type has. Otherwise says at `op` what is missing.
mlir::LogicalResult checkElements(mlir::Operation *op, mlir::ElementsAttr attr);

/// The bytes of `attr`, which checkElements() accepts, as the runtime lays them
/// out: dense row-major, a boolean one byte. Borrowed from the attribute where that is how it holds them, else
/// written to `storage`.
llvm::ArrayRef<char> getRawBytes(mlir::ElementsAttr attr, std::vector<char> &storage);

class DataWriter {
public:
  explicit DataWriter(Artifact &artifact) : artifact(artifact) {}

  struct Place {
    uint32_t segment;
    uint64_t offset, size;
  };
  /// Places `attr`'s bytes, borrowed where they can be.
  Place add(llvm::StringRef name, mlir::ElementsAttr attr);
  /// Places bytes made by the compiler.
  Place add(llvm::StringRef name, std::vector<char> bytes);
  /// Places `size` bytes that `make` gives, of large ones not before the artifact is written.
  Place add(llvm::StringRef name, size_t size, std::function<std::vector<char>()> make);
  /// Hands the shared segment to the artifact; call it last.
  void finish();

private:
  Place addSmall(llvm::ArrayRef<char> bytes);
  Artifact &artifact;
  std::vector<char> small;
  std::optional<uint32_t> smallSegment;
};

} // namespace lz

#endif // LAZULI_BACKENDS_EMIT_CONSTANTS_H
