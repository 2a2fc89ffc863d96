//===- Data.cpp - Operations that turn data into dimensions ---------------===//
//
// define, expect_values, nonzero, determinant, bit_cast. NonZero as in ONNX:
// the indices of all elements that are not zero, in row-major order, one row
// per dimension.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/host_ops/Builtin.h"

#include <cmath>
#include <cstring>

using namespace lz;
using namespace lz::rt;

namespace {

/// The elements of a tensor of integers are the numbers of the symbols.
class Define : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    message = "a dimension that the data gives";
    LZ_RETURN_IF_ERROR(signature.attributes.get("message", message));
    return signature.requireInput(0, fmt::DType_i64);
  }

  Status run(HostRun &run) const override {
    int64_t size = getNumElements(run.inputs[0].dims);
    for (int64_t i = 0; i < size; ++i) {
      int64_t number = readInteger(run.inputs[0], i);
      if (number < 0)
        return invalidArgument(
            concat(message, ": found ", number, ", expected at least 0"));
      run.numbers.push_back(number);
    }
    return Status::success();
  }

private:
  std::string message;
};

/// An error unless the operand has the values that the model was compiled for.
class ExpectValues : public HostExecutor {
public:
  Status prepare(const Signature &signature) {
    message = "a value that the model was compiled for has changed";
    LZ_RETURN_IF_ERROR(signature.attributes.get("message", message));
    LZ_RETURN_IF_ERROR(signature.attributes.get("values", values));
    dtype = signature.inputs[0].dtype;
    // Of integers all 64 bits count.
    bool isFloat = dtype <= fmt::DType_bf16;
    return isFloat ? Status::success()
                   : signature.attributes.get("values", integers);
  }

  Status setDims(const HostRequest &request) {
    int64_t found =
        multiplyDims(request.inputs[0].dims, 0, request.inputs[0].dims.size());
    if (found == static_cast<int64_t>(values.size()))
      return Status::success();
    return invalidArgument(concat(message, ": found ", found,
                                  " values, expected ", values.size()));
  }

  Status execute(void *const *buffers) override {
    for (size_t i = 0; i < values.size(); ++i) {
      auto index = static_cast<int64_t>(i);
      double found = readNumber(dtype, buffers[0], index);
      bool isEqual = found == values[i];
      if (!integers.empty())
        isEqual =
            readOrdered(dtype, buffers[0], index) == orderInteger(integers[i]);
      if (!isEqual)
        return invalidArgument(concat(message, ": value ", i, " is ", found,
                                      ", expected ", values[i]));
    }
    return Status::success();
  }

private:
  uint64_t orderInteger(int64_t number) const {
    bool isSigned = dtype >= fmt::DType_i8 && dtype <= fmt::DType_i64;
    return readOrdered(isSigned ? fmt::DType_i64 : fmt::DType_u64, &number, 0);
  }

  std::string message;
  std::vector<double> values;
  std::vector<int64_t> integers;
  fmt::DType dtype = fmt::DType_f32;
};

class NonZero : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::ValueKind_Tensor));
    return signature.requireOutput(0, fmt::DType_i64);
  }

  Status run(HostRun &run) const override {
    const HostValue &x = run.inputs[0];
    int64_t size = getNumElements(x.dims), zero = 0;
    const uint64_t none = readOrderedZero(x.dtype, zero);
    std::vector<int64_t> found;
    for (int64_t i = 0; i < size; ++i)
      if (readOrdered(x.dtype, x.data, i) != none)
        found.push_back(i);
    auto numFound = static_cast<int64_t>(found.size());
    auto rank = static_cast<int64_t>(x.dims.size());
    LZ_ASSIGN_OR_RETURN(void *data, run.allocate(0, {rank, numFound}));
    auto *out = static_cast<int64_t *>(data);
    for (int64_t axis = rank - 1; axis >= 0; --axis)
      for (int64_t i = 0; i < numFound; ++i) {
        int64_t &rest = found[static_cast<size_t>(i)];
        out[axis * numFound + i] = rest % x.dims[static_cast<size_t>(axis)];
        rest /= x.dims[static_cast<size_t>(axis)];
      }
    return Status::success();
  }

private:
  /// What readOrdered gives for a zero; all bits of a zero are 0.
  static uint64_t readOrderedZero(fmt::DType dtype, int64_t zero) {
    return readOrdered(dtype, &zero, 0);
  }
};

/// By Gaussian elimination with partial pivots, in double precision.
class Determinant : public HostExecutor {
public:
  Status prepare(const Signature &signature) {
    dtype = signature.inputs[0].dtype;
    if (dtype != fmt::DType_f32 && dtype != fmt::DType_f64)
      return invalidArgument(concat("operand 0 is ", getDTypeName(dtype),
                                    ", expected f32 or f64"));
    if (signature.inputs[0].getRank() < 2)
      return invalidArgument("expected a matrix");
    return signature.requireSame(0, 0);
  }

  Status setDims(const HostRequest &request) {
    const std::vector<int64_t> &dims = request.inputs[0].dims;
    size_t rank = dims.size();
    size = dims[rank - 1];
    numMatrices = multiplyDims(dims, 0, rank - 2);
    std::vector<int64_t> expected(dims.begin(), dims.end() - 2);
    if (dims[rank - 2] != size || request.outputs[0].dims != expected)
      return invalidArgument(concat("found matrices of dimensions ",
                                    formatDims(dims.data(), rank),
                                    ", expected square ones"));
    uint64_t numBytes;
    if (!getNumBytes(fmt::DType_f64, {numMatrices > 0 ? size : 0, size},
                     numBytes))
      return resourceExhausted("the matrices are too large");
    matrix.resize(numBytes / sizeof(double));
    return Status::success();
  }

  Status execute(void *const *buffers) override {
    for (int64_t i = 0; i < numMatrices; ++i) {
      for (int64_t j = 0; j < size * size; ++j)
        matrix[static_cast<size_t>(j)] =
            readNumber(dtype, buffers[0], i * size * size + j);
      double result = eliminate();
      if (dtype == fmt::DType_f64)
        static_cast<double *>(buffers[1])[i] = result;
      else
        static_cast<float *>(buffers[1])[i] = static_cast<float>(result);
    }
    return Status::success();
  }

private:
  double &at(int64_t row, int64_t column) {
    return matrix[static_cast<size_t>(row * size + column)];
  }

  double eliminate() {
    double result = 1;
    for (int64_t k = 0; k < size; ++k) {
      int64_t pivot = k;
      for (int64_t row = k + 1; row < size; ++row)
        if (std::fabs(at(row, k)) > std::fabs(at(pivot, k)))
          pivot = row;
      if (at(pivot, k) == 0)
        return 0;
      if (pivot != k) {
        result = -result;
        for (int64_t column = k; column < size; ++column)
          std::swap(at(pivot, column), at(k, column));
      }
      result *= at(k, k);
      for (int64_t row = k + 1; row < size; ++row) {
        double factor = at(row, k) / at(k, k);
        for (int64_t column = k + 1; column < size; ++column)
          at(row, column) -= factor * at(k, column);
      }
    }
    return result;
  }

  fmt::DType dtype = fmt::DType_f32;
  int64_t size = 0;
  int64_t numMatrices = 0;
  std::vector<double> matrix;
};

/// The same bytes as elements of another type of the same width.
class BitCast : public HostExecutor {
public:
  Status prepare(const Signature &signature) {
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::ValueKind_Tensor));
    LZ_RETURN_IF_ERROR(signature.requireOutput(0, fmt::ValueKind_Tensor));
    fmt::DType from = signature.inputs[0].dtype;
    fmt::DType to = signature.outputs[0].dtype;
    bool hasWidth = from != fmt::DType_string && to != fmt::DType_string;
    if (hasWidth && getDTypeBytes(from) == getDTypeBytes(to))
      return Status::success();
    return invalidArgument(concat("found ", getDTypeName(from), " and ",
                                  getDTypeName(to),
                                  ", expected types of the same width"));
  }

  Status setDims(const HostRequest &request) {
    const PrimitiveOperand &from = request.inputs[0];
    if (from.dims != request.outputs[0].dims)
      return invalidArgument("the result has other dimensions");
    numBytes =
        static_cast<size_t>(multiplyDims(from.dims, 0, from.dims.size()) *
                            getDTypeBytes(from.dtype));
    return Status::success();
  }

  Status execute(void *const *buffers) override {
    if (numBytes > 0)
      std::memcpy(buffers[1], buffers[0], numBytes);
    return Status::success();
  }

private:
  size_t numBytes = 0;
};

} // namespace

std::vector<BuiltinRow> rt::getDataOps() {
  return {
      {"define", 1, 1, 0, loadFunction<Define>, nullptr},
      {"expect_values", 1, 1, 0, nullptr, planExecutor<ExpectValues>},
      {"nonzero", 1, 1, 1, loadFunction<NonZero>, nullptr},
      {"determinant", 1, 1, 1, nullptr, planExecutor<Determinant>},
      {"bit_cast", 1, 1, 1, nullptr, planExecutor<BitCast>},
  };
}
