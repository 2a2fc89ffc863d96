//===- DynamicControlFlow.cpp ---------------------------------------------===//
//
// Branches and loops of a dynamic run (DynamicRunner.h), whose values may
// change their dimensions, or be no tensors.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/DynamicRunner.h"
#include "runtime/exec/Executor.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"

#include <algorithm>
#include <cstring>

using namespace lz;
using namespace lz::rt;

template <typename T> StatusOr<T> DynamicRunner::readScalar(uint32_t value) {
  LZ_ASSIGN_OR_RETURN(HostValue scalar, read(value));
  T number; // a user's scalar need not be aligned
  std::memcpy(&number, scalar.data, sizeof(T));
  return number;
}

Status DynamicRunner::runBranch(const DynamicStep &step) {
  const fmt::BranchCall &call = *step.instruction->call_as_BranchCall();
  LZ_ASSIGN_OR_RETURN(uint8_t condition, readScalar<uint8_t>(call.condition()));
  LZ_ASSIGN_OR_RETURN(Values arguments, readAll(call.inputs(), step));
  const DynamicBlock &block = *step.blocks[condition != 0 ? 0 : 1];
  LZ_ASSIGN_OR_RETURN(Values results, runBlock(block, std::move(arguments)));
  return nameErrors(*step.instruction, storeResults(step, std::move(results)));
}

namespace {

/// What the iterations of a loop give, stacked.
class Scan {
public:
  explicit Scan(HostMemory &memory) : memory(memory) {}

  Status append(const HostValue &value) {
    if (size == 0)
      dims = value.dims;
    if (dims != value.dims)
      return invalidArgument(concat(
          "iteration ", size, " gives dimensions ",
          formatDims(value.dims.data(), value.dims.size()), ", expected ",
          formatDims(dims.data(), dims.size()), " as the first one"));
    ++size;
    if (value.kind == fmt::ValueKind_Strings) {
      strings.insert(strings.end(), value.strings->begin(),
                     value.strings->end());
      return Status::success();
    }
    uint64_t numBytes = 0;
    if (!getNumBytes(value.dtype, dims, numBytes))
      return resourceExhausted("an iteration gives too much");
    LZ_RETURN_IF_ERROR(reserve(used + numBytes));
    if (numBytes > 0)
      std::memcpy(buffer->getData() + used, value.data, numBytes);
    used += numBytes;
    return Status::success();
  }

  /// `rest`: the dimensions of an element if there was no iteration.
  StatusOr<HostValue> finish(fmt::ValueKind kind, fmt::DType dtype,
                             std::vector<int64_t> rest) {
    if (size == 0)
      dims = std::move(rest);
    dims.insert(dims.begin(), size);
    if (kind == fmt::ValueKind_Strings)
      return makeStrings(dims, std::move(strings));
    LZ_RETURN_IF_ERROR(reserve(used));
    HostValue value;
    value.dtype = dtype;
    value.dims = dims;
    value.data = buffer->getData();
    value.buffer = buffer;
    return value;
  }

private:
  /// At least `numBytes`, twice as much as before if it grows.
  Status reserve(uint64_t numBytes) {
    if (buffer && buffer->getSize() >= numBytes)
      return Status::success();
    LZ_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> larger,
                        memory.allocate(used > 0 ? 2 * numBytes : numBytes));
    if (used > 0)
      std::memcpy(larger->getData(), buffer->getData(), used);
    buffer = std::move(larger);
    return Status::success();
  }

  HostMemory &memory;
  std::vector<int64_t> dims;
  std::vector<std::string> strings;
  std::shared_ptr<Buffer> buffer;
  uint64_t used = 0;
  int64_t size = 0;
};

} // namespace

Status DynamicRunner::runLoop(const DynamicStep &step) {
  const fmt::LoopCall &call = *step.instruction->call_as_LoopCall();
  LZ_ASSIGN_OR_RETURN(Values inputs, readAll(call.inputs(), step));
  auto numCarried =
      static_cast<std::ptrdiff_t>(count(call.outputs()) - call.num_scans());
  Values captured(std::make_move_iterator(inputs.begin() + numCarried),
                  std::make_move_iterator(inputs.end()));
  inputs.resize(static_cast<size_t>(numCarried));
  LZ_ASSIGN_OR_RETURN(Values results,
                      iterate(step, std::move(inputs), captured));
  return nameErrors(*step.instruction, storeResults(step, std::move(results)));
}

StatusOr<HostValue> DynamicRunner::makeIteration(int64_t number) {
  LZ_ASSIGN_OR_RETURN(HostValue value,
                      makeTensor(fmt::DType_i64, {}, services));
  std::memcpy(value.buffer->getData(), &number, sizeof(number));
  return value;
}

/// The final values of the carried variables, then the scans.
StatusOr<DynamicRunner::Values> DynamicRunner::iterate(const DynamicStep &step,
                                                       Values carried,
                                                       const Values &captured) {
  const fmt::LoopCall &call = *step.instruction->call_as_LoopCall();
  int64_t tripCount = INT64_MAX;
  uint8_t condition = 1;
  if (call.trip_count() != noIndex) {
    LZ_ASSIGN_OR_RETURN(tripCount, readScalar<int64_t>(call.trip_count()));
  }
  if (call.condition() != noIndex) {
    LZ_ASSIGN_OR_RETURN(condition, readScalar<uint8_t>(call.condition()));
  }
  std::vector<Scan> scans(call.num_scans(), Scan(services));
  for (int64_t i = 0; i < tripCount && condition != 0; ++i) {
    if (services.isCancelled())
      return cancelled("the run was cancelled");
    Values arguments;
    LZ_ASSIGN_OR_RETURN(HostValue iteration, makeIteration(i));
    arguments.push_back(std::move(iteration));
    std::move(carried.begin(), carried.end(), std::back_inserter(arguments));
    arguments.insert(arguments.end(), captured.begin(), captured.end());
    LZ_ASSIGN_OR_RETURN(Values results,
                        runBlock(*step.blocks[0], std::move(arguments)));
    std::memcpy(&condition, results[0].data, sizeof(condition));
    for (size_t j = 0; j < carried.size(); ++j)
      carried[j] = std::move(results[j + 1]);
    for (size_t j = 0; j < scans.size(); ++j)
      LZ_RETURN_IF_ERROR(nameErrors(
          *step.instruction, scans[j].append(results[carried.size() + 1 + j])));
  }
  for (size_t j = 0; j < scans.size(); ++j) {
    const fmt::Value &declared =
        getValue(call.outputs()->Get(static_cast<uint32_t>(carried.size())));
    // Without an iteration nothing tells the dimensions that the loop defines.
    std::vector<int64_t> rest;
    for (uint32_t axis = 1; axis < count(declared.dims()); ++axis) {
      const fmt::Expr &expr = *program.exprs()->Get(declared.dims()->Get(axis));
      auto symbol = getSymbol(expr);
      bool isKnownNow = !symbol || isKnown[*symbol];
      StatusOr<int64_t> size = evaluateExpr(expr, symbols.data());
      rest.push_back(isKnownNow && size.isOk() && *size >= 0 ? *size : 0);
    }
    LZ_ASSIGN_OR_RETURN(
        HostValue stacked,
        scans[j].finish(declared.kind(), declared.dtype(), std::move(rest)));
    carried.push_back(std::move(stacked));
  }
  return carried;
}
