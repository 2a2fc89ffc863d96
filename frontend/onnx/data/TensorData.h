//===- TensorData.h - Tensors of ONNX messages ------------------*- C++ -*-===//
//
// A TensorProto as plain bytes: dense, row-major, little-endian, one element
// per byte where the file packs several. Everything a file claims about sizes
// is checked here, once.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_DATA_TENSORDATA_H
#define LAZULI_FRONTEND_ONNX_DATA_TENSORDATA_H

#include "frontend/onnx/data/ExternalFiles.h"
#include "runtime/format/program_generated.h"

#include "onnx-ml.pb.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lz::onnximport {

/// How one ONNX element type is stored.
struct ElementInfo {
  int32_t onnx = 0;       ///< TensorProto_DataType
  const char *name = "";  ///< ONNX's name in lower case: "float8e4m3fn"
  fmt::DType storage = fmt::DType_f32;
  int bits = 0;           ///< in a file; 0 for strings
  /// A type of fewer than 16 bits that no kernel computes with: it is kept as
  /// u8 or i8, one element per byte, and only conversions look into it.
  bool isLogical = false;
};

/// The row of that TensorProto_DataType, or null if we do not know it.
const ElementInfo *findElementInfo(int32_t onnx);
/// The row of that name ("float16"), or null.
const ElementInfo *findElementInfo(const std::string &name);
/// The row that a plain dtype of the runtime has.
const ElementInfo &getElementInfo(fmt::DType dtype);

struct TensorData {
  const ElementInfo *element = nullptr;
  std::vector<int64_t> dims;
  const char *data = nullptr; ///< null for strings
  size_t size = 0;            ///< bytes
  std::shared_ptr<const void> owner; ///< keeps `data` alive
  std::vector<std::string> strings;

  int64_t getNumElements() const;
};

/// The dense tensor in `proto`. Borrows `proto`'s bytes where they can be used
/// as they are (`keepAlive` then is what owns the message), those of external
/// files always. Errors say what is wrong with the tensor, without its name.
rt::StatusOr<TensorData> readTensor(const ::onnx::TensorProto &proto,
                                    ExternalFiles &files,
                                    std::shared_ptr<const void> keepAlive);

/// A sparse tensor, made dense.
rt::StatusOr<TensorData>
readSparseTensor(const ::onnx::SparseTensorProto &proto, ExternalFiles &files);

/// Fills `proto` from a dense tensor; the inverse of readTensor.
void writeTensor(const ElementInfo &element, const std::vector<int64_t> &dims,
                 const void *data, ::onnx::TensorProto &proto);

/// The product of `dims`, or an error on a negative one or an overflow.
rt::StatusOr<int64_t> countElements(const std::vector<int64_t> &dims);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_DATA_TENSORDATA_H
