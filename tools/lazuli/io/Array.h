//===- Array.h - A tensor in memory -----------------------------------------===//
//
// What the command line reads from files, gives to models and writes out: dense,
// row-major, 64-byte aligned, shared by its copies. Elements can be read and
// written as numbers whatever their type, f16 and bf16 included.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_ARRAY_H
#define LAZULI_TOOLS_LAZULI_IO_ARRAY_H

#include "runtime/format/DType.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lz::cli {

using fmt::DType;

class Array {
public:
  Array() = default;
  /// Zeros. Throws Failure if the size does not fit into memory.
  Array(DType dtype, std::vector<int64_t> dims);

  DType getDType() const { return dtype; }
  const std::vector<int64_t> &getDims() const { return dims; }
  size_t getRank() const { return dims.size(); }
  int64_t getNumElements() const { return numElements; }
  size_t getSizeBytes() const;
  uint8_t *getData() { return data.get(); }
  const uint8_t *getData() const { return data.get(); }
  bool isNull() const { return !data; }

  /// An element as a number, by its position in row-major order. Exact for all
  /// floating-point types and for integers below 2^53.
  double getDouble(int64_t position) const;
  /// Rounds to the element type (to nearest, ties to even); a value that an
  /// integer type cannot hold is clamped to it.
  void setDouble(int64_t position, double value);
  /// The element of an integer or bool array.
  int64_t getInt(int64_t position) const;

  /// The same bytes in other dimensions with the same number of elements.
  Array reshaped(std::vector<int64_t> newDims) const;
  /// Rows [begin, end) along axis 0, sharing the memory.
  Array rows(int64_t begin, int64_t end) const;
  /// A converted copy (this array itself if the type is the same).
  Array convertedTo(DType newDType) const;

  /// "f32[1, 3, 224, 224]".
  std::string describe() const;

private:
  DType dtype = DType::DType_f32;
  std::vector<int64_t> dims;
  int64_t numElements = 0;
  std::shared_ptr<uint8_t> data;
};

bool isFloat(DType dtype);
bool isUnsigned(DType dtype);

/// The number of elements; throws Failure when it overflows or `dims` has a
/// negative size. `what` names the culprit.
int64_t countElements(const std::vector<int64_t> &dims, const std::string &what);

/// Joins arrays of the same type along axis 0; they must agree in the rest.
/// `what` names them in the failure.
Array concatenate(const std::vector<Array> &parts, const std::string &what);

/// Uniform values: [-1, 1) for floats, small non-negative integers below
/// `intLimit`, bools. The same seed and stream give the same values anywhere. The
/// stream is an input's name: integers of one that has "mask" in it are 1.
Array randomArray(DType dtype, std::vector<int64_t> dims, uint64_t seed, const std::string &stream,
                  int64_t intLimit = 10);

/// The value of an f16 or bf16 given its bits, and the bits of a value.
float halfToFloat(uint16_t bits);
uint16_t floatToHalf(float value);
uint16_t doubleToHalf(double value);
float bfloatToFloat(uint16_t bits);
uint16_t doubleToBfloat(double value);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_ARRAY_H
