//===- DynamicValues.cpp --------------------------------------------------===//
//
// The values and symbols of a dynamic run (DynamicRunner.h).
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/Binding.h"
#include "runtime/exec/DynamicRunner.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"

#include <algorithm>
#include <cstring>

using namespace lz;
using namespace lz::rt;

std::string DynamicRunner::describe(uint32_t value) const {
  return concat("value ", quote(view(getValue(value).name())));
}

StatusOr<std::vector<int64_t>> DynamicRunner::getDims(uint32_t value) {
  std::vector<int64_t> dims;
  for (uint32_t dim : items(getValue(value).dims())) {
    LZ_ASSIGN_OR_RETURN(
        int64_t size, evaluateExpr(*program.exprs()->Get(dim), symbols.data()));
    if (size < 0)
      return invalidArgument(concat(describe(value), " would have dimension ",
                                    dims.size(), " of ", size));
    dims.push_back(size);
  }
  return dims;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

StatusOr<HostValue> DynamicRunner::read(uint32_t value) {
  uint32_t root = model.getRoots()[value];
  const fmt::Value &of = getValue(root);
  if (of.storage() == fmt::Storage_Constant) {
    HostValue constant;
    constant.kind = of.kind();
    constant.dtype = of.dtype();
    LZ_ASSIGN_OR_RETURN(constant.dims, getDims(root));
    if (of.kind() == fmt::ValueKind_Strings)
      constant.strings = model.getConstantStrings(root);
    else
      constant.data = model.getConstantData(of.index());
    return readView(value, std::move(constant));
  }
  if (of.storage() != fmt::Storage_State)
    return readView(value, values[root]);
  // A copy: the state may be written while the value lives.
  LZ_ASSIGN_OR_RETURN(std::vector<int64_t> dims, getDims(root));
  LZ_ASSIGN_OR_RETURN(HostValue copy,
                      makeTensor(of.dtype(), std::move(dims), services));
  uint64_t numBytes = static_cast<uint64_t>(getNumElements(copy.dims)) *
                      static_cast<uint64_t>(getDTypeBytes(copy.dtype));
  if (numBytes > services.getStateBytes(of.index()))
    return invalidArgument(
        concat(describe(value), " is larger than its state"));
  std::memcpy(copy.buffer->getData(), services.getState(of.index()), numBytes);
  return readView(value, std::move(copy));
}

/// `base` with the dimensions and the dtype of the view `value` of it.
StatusOr<HostValue> DynamicRunner::readView(uint32_t value, HostValue base) {
  if (value == model.getRoots()[value])
    return base;
  LZ_ASSIGN_OR_RETURN(std::vector<int64_t> dims, getDims(value));
  uint64_t found = 0, expected = 0;
  // Strings count as bytes would: all that matters is their number.
  fmt::DType dtype =
      base.kind == fmt::ValueKind_Strings ? fmt::DType_u8 : base.dtype;
  if (!getNumBytes(dtype, dims, found) ||
      !getNumBytes(dtype, base.dims, expected) || found != expected)
    return invalidArgument(
        concat("view ", quote(view(getValue(value).name())), " has dimensions ",
               formatDims(dims.data(), dims.size()), ", its base has ",
               formatDims(base.dims.data(), base.dims.size())));
  base.dims = std::move(dims);
  base.dtype = getValue(value).dtype();
  return base;
}

StatusOr<DynamicRunner::Values>
DynamicRunner::readAll(const Indices *indices, const DynamicStep &step) {
  Values all;
  for (uint32_t i = 0; i < count(indices); ++i) {
    uint32_t value = indices->Get(i), root = model.getRoots()[value];
    LZ_ASSIGN_OR_RETURN(HostValue contents, read(value));
    all.push_back(std::move(contents));
    bool isLast = std::find(step.lastUses.begin(), step.lastUses.end(), root) !=
                  step.lastUses.end();
    for (uint32_t j = i + 1; j < count(indices) && isLast; ++j)
      isLast = model.getRoots()[indices->Get(j)] != root;
    if (isLast)
      values[root] = HostValue();
  }
  return all;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

Status DynamicRunner::checkType(uint32_t value, const HostValue &contents) {
  const fmt::Value &declared = getValue(value);
  bool isFilled = contents.kind == fmt::ValueKind_Tensor ? true
                  : contents.kind == fmt::ValueKind_Strings
                      ? !!contents.strings
                      : !!contents.elements;
  if (!isFilled)
    return internalError(concat(describe(value), " was given no contents"));
  if (contents.kind == declared.kind() && contents.dtype == declared.dtype() &&
      contents.dims.size() == count(declared.dims())) {
    if (declared.kind() != fmt::ValueKind_Optional ||
        contents.elements->empty() ||
        contents.elements->front().kind == declared.element_kind())
      return Status::success();
    return invalidArgument(
        concat(describe(value), " holds ",
               fmt::EnumNameValueKind(contents.elements->front().kind),
               ", expected ", fmt::EnumNameValueKind(declared.element_kind())));
  }
  return invalidArgument(concat(
      describe(value), " is ", fmt::EnumNameValueKind(contents.kind), " of ",
      getDTypeName(contents.dtype), " and rank ", contents.dims.size(),
      ", expected ", fmt::EnumNameValueKind(declared.kind()), " of ",
      getDTypeName(declared.dtype()), " and rank ", count(declared.dims())));
}

Status DynamicRunner::checkDims(uint32_t value, const HostValue &contents) {
  LZ_ASSIGN_OR_RETURN(std::vector<int64_t> expected, getDims(value));
  if (expected == contents.dims)
    return Status::success();
  return invalidArgument(
      concat(describe(value), " has dimensions ",
             formatDims(contents.dims.data(), contents.dims.size()),
             ", expected ", formatDims(expected.data(), expected.size())));
}

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

Status DynamicRunner::defineSymbols(const std::vector<SymbolBinding> &bindings,
                                    const Values &from) {
  for (const SymbolBinding &binding : bindings)
    LZ_RETURN_IF_ERROR(
        defineSymbol(binding.symbol, from[binding.input].dims[binding.axis]));
  return Status::success();
}

Status DynamicRunner::defineSymbol(uint32_t symbol, int64_t number) {
  const fmt::Symbol &of = *program.symbols()->Get(symbol);
  std::string expected = describeMismatch(of, number);
  if (!expected.empty())
    return invalidArgument(concat("dimension ", quote(view(of.name())), " is ",
                                  number, ", expected ", expected));
  symbols[symbol] = number;
  isKnown[symbol] = true;
  return entry.lateGuards.empty() ? Status::success() : checkLateGuards(symbol);
}

/// Those that name `symbol` and that can be checked now.
Status DynamicRunner::checkLateGuards(uint32_t symbol) {
  for (const fmt::Guard *guard : entry.lateGuards) {
    bool isNamed = false, canCheck = true;
    for (uint32_t expr : {guard->lhs(), guard->rhs()})
      for (const fmt::Step *step : items(program.exprs()->Get(expr)->steps()))
        if (step->op() == fmt::ExprOp_Symbol) {
          isNamed |= step->value() == symbol;
          canCheck = canCheck && isKnown[static_cast<size_t>(step->value())];
        }
    if (isNamed && canCheck)
      LZ_RETURN_IF_ERROR(checkGuard(program, *guard, symbols));
  }
  return Status::success();
}
