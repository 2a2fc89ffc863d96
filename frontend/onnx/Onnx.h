//===- Onnx.h - Reads ONNX models -------------------------------*- C++ -*-===//
//
// The one public header of this room: a file becomes an lz module.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_ONNX_H
#define LAZULI_FRONTEND_ONNX_ONNX_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lz {

/// What is known of one input of an ONNX model beside the file: its rank where
/// the file gives none, and its elements where shapes or axes follow from them.
struct OnnxInput {
  /// Empty: the input in this position.
  std::string name;
  /// As in examples: "f32", "i64", "i1"; empty with a name: as the file says,
  /// empty without: nothing is known of the input in this position.
  std::string dtype;
  std::vector<int64_t> dims;
  /// Dense, row-major elements, null if not known.
  const void *data = nullptr;
};

/// A tensor of a file of weights that the model will be given.
struct OnnxWeight {
  std::string name;
  mlir::Type elementType;
  std::vector<int64_t> dims;
};

struct OnnxOptions {
  std::vector<OnnxInput> inputs;
  /// An input, a missing initializer or a small one of such a name becomes a
  /// parameter. Values are not read here.
  std::vector<OnnxWeight> weights;
};

/// The newest version of the default operator set that is read.
constexpr int64_t kNewestOnnxOpset = 28;

/// Reads the ONNX model at `path` into a module with one function, `forward`:
/// initializers become parameters (small integer ones constants), names that
/// nothing gives lazy parameters where their type can be told, named dimensions
/// symbols of that name. Weights stay where they are: in the
/// module's own memory or in mapped files. On failure diagnostics were emitted
/// that name file, node and reason.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(const std::string &path,
                                             const OnnxOptions &options,
                                             mlir::MLIRContext *context);

/// The same for a model in memory; external data is refused.
mlir::OwningOpRef<mlir::ModuleOp>
importOnnxFromMemory(const void *data, size_t size, const std::string &name,
                     const OnnxOptions &options, mlir::MLIRContext *context);

} // namespace lz

#endif // LAZULI_FRONTEND_ONNX_ONNX_H
