// Where the values of parameters and states come from: an interface that the
// tools implement over a weight file, and the pass's own check of a source
// against a module. The source is injected, so the passes know no file format.

#ifndef LAZULI_PASSES_WEIGHTS_H
#define LAZULI_PASSES_WEIGHTS_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lz {

/// One tensor of a source, borrowed from it: dense, row-major, little-endian;
/// bool is one byte. `dtype` is a name that `parseElementType` reads.
struct WeightView {
  std::string dtype;
  llvm::ArrayRef<int64_t> shape;
  llvm::ArrayRef<char> data;
};

/// Named tensors, such as a safetensors file. All functions may be called from
/// several threads.
class WeightSource {
public:
  virtual ~WeightSource() = default;

  /// The tensor of that name; its views live as long as the source.
  virtual std::optional<WeightView> find(llvm::StringRef name) const = 0;

  /// All names, in the source's order.
  virtual std::vector<std::string> names() const = 0;

  /// What users call it, for messages: the file's name.
  virtual std::string describe() const = 0;

  /// Keeps the views' memory alive. Where it is not null, values are borrowed
  /// and the module holds on to it; otherwise they are copied.
  virtual std::shared_ptr<const void> owner() const { return nullptr; }
};

struct WeightOptions {
  /// Missing and unexpected keys are errors.
  bool strict = true;
  /// A floating-point weight of another width is converted to the parameter's
  /// type; otherwise that is an error.
  bool convert = false;
};

/// Checks `source` against the parameters and states of `module` and solves
/// lazy symbols by its shapes (kept on the symbols as `lz.solution` and
/// `lz.origin`). Everything that is wrong is listed in one message: missing and
/// unexpected keys (when strict), wrong shapes, wrong element types. On failure
/// nothing has changed.
mlir::LogicalResult bindWeights(mlir::ModuleOp module,
                                const WeightSource &source,
                                const WeightOptions &options = {});

/// The check of bindWeights() alone; nothing changes.
mlir::LogicalResult checkWeights(mlir::ModuleOp module,
                                 const WeightSource &source,
                                 const WeightOptions &options = {});

/// The source that a pass over `module` takes: zeros with the names and shapes in
/// `zeroWeights` where that is not empty (the passes' tests; the notation is that
/// of examples: `fc.weight=f32[4,3];fc.bias=f32[4]`), otherwise `injected`, which
/// is borrowed and may be null. Fails with an error at the module on a text that
/// can not be read.
mlir::FailureOr<std::shared_ptr<const WeightSource>>
chooseWeights(mlir::ModuleOp module, llvm::StringRef zeroWeights,
              const WeightSource *injected);

} // namespace lz

#endif // LAZULI_PASSES_WEIGHTS_H
