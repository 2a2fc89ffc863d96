//===- Builtin.cpp --------------------------------------------------------===//
//
// See Builtin.h: the list of all families, and what their operations share.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/Builtin.h"

#include "runtime/base/Text.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"

#include <string>

using namespace lz;
using namespace lz::rt;

static Status requireKind(const char *what, size_t index,
                          const std::vector<ValueType> &types,
                          fmt::ValueKind kind) {
  if (types[index].kind == kind)
    return Status::success();
  return invalidArgument(concat(what, ' ', index, " is ",
                                fmt::EnumNameValueKind(types[index].kind),
                                ", expected ", fmt::EnumNameValueKind(kind)));
}

static Status requireDType(const char *what, size_t index,
                           const std::vector<ValueType> &types,
                           fmt::DType dtype) {
  LZ_RETURN_IF_ERROR(requireKind(what, index, types,
                                 dtype == fmt::DType_string
                                     ? fmt::ValueKind_Strings
                                     : fmt::ValueKind_Tensor));
  if (types[index].dtype == dtype)
    return Status::success();
  return invalidArgument(concat(what, ' ', index, " is ",
                                getDTypeName(types[index].dtype), ", expected ",
                                getDTypeName(dtype)));
}

Status Signature::requireInput(size_t index, fmt::ValueKind kind) const {
  return requireKind("operand", index, inputs, kind);
}
Status Signature::requireInput(size_t index, fmt::DType dtype) const {
  return requireDType("operand", index, inputs, dtype);
}
Status Signature::requireOutput(size_t index, fmt::ValueKind kind) const {
  return requireKind("result", index, outputs, kind);
}
Status Signature::requireOutput(size_t index, fmt::DType dtype) const {
  return requireDType("result", index, outputs, dtype);
}

Status Signature::requireSame(size_t output, size_t input) const {
  LZ_RETURN_IF_ERROR(requireOutput(output, inputs[input].kind));
  if (outputs[output].dtype == inputs[input].dtype)
    return Status::success();
  return invalidArgument(
      concat("result ", output, " is ", getDTypeName(outputs[output].dtype),
             ", expected ", getDTypeName(inputs[input].dtype)));
}

StatusOr<size_t> rt::normalizeAxis(int64_t axis, size_t rank) {
  auto signedRank = static_cast<int64_t>(rank);
  if (axis < -signedRank || axis >= signedRank)
    return invalidArgument(
        concat("axis ", axis, " of a tensor of rank ", rank));
  return static_cast<size_t>(axis < 0 ? axis + signedRank : axis);
}

int64_t rt::multiplyDims(const std::vector<int64_t> &dims, size_t begin,
                         size_t end) {
  int64_t product = 1;
  for (size_t i = begin; i < end; ++i)
    product *= dims[i];
  return product;
}

namespace {

class BuiltinOp : public HostOp {
public:
  explicit BuiltinOp(const BuiltinRow &row) : row(row) {}

  const char *getName() const override { return row.name; }
  bool isDynamic() const override { return row.load != nullptr; }
  bool givesNumbers() const override {
    return std::string_view(row.name) == "define";
  }

  Status check(const fmt::HostCall &call,
               const fmt::Program &program) const override {
    Status status = checkCall(call, program);
    return status.withContext(concat("host operation ", quote(row.name)));
  }

  StatusOr<std::unique_ptr<HostExecutor>>
  create(const HostRequest &request) override {
    Signature signature;
    for (const PrimitiveOperand &operand : request.inputs)
      signature.inputs.push_back(
          {fmt::ValueKind_Tensor, operand.dtype, operand.dims});
    for (const PrimitiveOperand &operand : request.outputs)
      signature.outputs.push_back(
          {fmt::ValueKind_Tensor, operand.dtype, operand.dims});
    LZ_ASSIGN_OR_RETURN(signature.attributes, Attributes::read(*request.call));
    return row.plan(signature, &request);
  }

  StatusOr<std::unique_ptr<const HostFunction>>
  load(const fmt::HostCall &call, const fmt::Program &program) const override {
    LZ_ASSIGN_OR_RETURN(Signature signature, describe(call, program));
    return row.load(signature);
  }

private:
  static std::vector<ValueType>
  describe(const flatbuffers::Vector<uint32_t> *values,
           const fmt::Program &program) {
    std::vector<ValueType> types;
    for (uint32_t index : items(values)) {
      const fmt::Value &value = *program.values()->Get(index);
      std::vector<int64_t> dims;
      for (uint32_t dim : items(value.dims()))
        dims.push_back(getConstant(*program.exprs()->Get(dim)).value_or(-1));
      types.push_back({value.kind(), value.dtype(), std::move(dims)});
    }
    return types;
  }

  static StatusOr<Signature> describe(const fmt::HostCall &call,
                                      const fmt::Program &program) {
    Signature signature;
    signature.inputs = describe(call.inputs(), program);
    signature.outputs = describe(call.outputs(), program);
    LZ_ASSIGN_OR_RETURN(signature.attributes, Attributes::read(call));
    return signature;
  }

  Status checkCall(const fmt::HostCall &call,
                   const fmt::Program &program) const {
    size_t numInputs = count(call.inputs());
    if (numInputs < row.minInputs || numInputs > row.maxInputs)
      return invalidArgument(
          concat("has ", numInputs, " operands, expected at ",
                 numInputs < row.minInputs ? "least " : "most ",
                 numInputs < row.minInputs ? row.minInputs : row.maxInputs));
    if (count(call.outputs()) != row.numOutputs)
      return invalidArgument(concat("has ", count(call.outputs()),
                                    " results, expected ", row.numOutputs));
    LZ_ASSIGN_OR_RETURN(Signature signature, describe(call, program));
    if (row.load)
      return row.load(signature).getStatus();
    for (const auto *types : {&signature.inputs, &signature.outputs})
      for (const ValueType &type : *types)
        if (type.kind != fmt::ValueKind_Tensor)
          return invalidArgument("expected tensors only");
    return row.plan(signature, /*request=*/nullptr).getStatus();
  }

  BuiltinRow row;
};

} // namespace

std::vector<HostOp *> rt::getBuiltinHostOps() {
  std::vector<HostOp *> ops;
  for (const auto &family :
       {getDataOps(), getUniqueOps(), getSortingOps(), getSequenceOps(),
        getStringOps(), getTextOps(), getLabelOps(), getImageOps()})
    for (const BuiltinRow &row : family)
      ops.push_back(new BuiltinOp(row));
  return ops;
}
