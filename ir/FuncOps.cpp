//===- FuncOps.cpp - functions and their ends -----------------------------===//
//
// lz.func and lz.return: assembly, names of arguments, verification.
//
//===----------------------------------------------------------------------===//

#include "ir/LzOps.h"

#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace lz;

void lz::FuncOp::build(OpBuilder &builder, OperationState &state,
                       StringRef name, FunctionType type,
                       ArrayRef<DictionaryAttr> argAttrs,
                       ArrayRef<DictionaryAttr> resultAttrs) {
  auto &properties = state.getOrAddProperties<Properties>();
  properties.sym_name = builder.getStringAttr(name);
  properties.function_type = TypeAttr::get(type);
  state.addRegion();
  if (!argAttrs.empty() || !resultAttrs.empty())
    call_interface_impl::addArgAndResultAttrs(
        builder, state, argAttrs, resultAttrs, getArgAttrsAttrName(state.name),
        getResAttrsAttrName(state.name));
}

ParseResult lz::FuncOp::parse(OpAsmParser &parser, OperationState &state) {
  auto buildType = [](Builder &builder, ArrayRef<Type> inputs,
                      ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag, std::string &) {
    return builder.getFunctionType(inputs, results);
  };
  return function_interface_impl::parseFunctionOp(
      parser, state, /*allowVariadic=*/false,
      getFunctionTypeAttrName(state.name), buildType,
      getArgAttrsAttrName(state.name), getResAttrsAttrName(state.name));
}

void lz::FuncOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
      getArgAttrsAttrName(), getResAttrsAttrName());
}

LogicalResult lz::FuncOp::verify() {
  auto isValue = [](Type type) {
    return isa<lz::TensorType, SequenceType, OptionalType>(type);
  };
  if (llvm::all_of(getArgumentTypes(), isValue) &&
      llvm::all_of(getResultTypes(), isValue))
    return success();
  return emitOpError() << "has type " << getFunctionType()
                       << ", expected lz tensors, sequences and optionals only";
}

static std::string nameOr(Attribute name, StringRef kind, unsigned index) {
  if (auto text = dyn_cast_or_null<StringAttr>(name))
    return text.str();
  return (kind + Twine(index)).str();
}

std::string lz::FuncOp::getArgumentName(unsigned index) {
  return nameOr(getArgAttr(index, "lz.name"), "arg", index);
}

std::string lz::FuncOp::getResultName(unsigned index) {
  return nameOr(getResultAttr(index, "lz.name"), "result", index);
}

void lz::FuncOp::updateFunctionType() {
  if (isExternal())
    return;
  Block &body = getBody().front();
  SmallVector<Type> results(getResultTypes());
  if (auto end = dyn_cast_or_null<lz::ReturnOp>(body.getTerminator()))
    results.assign(end->operand_type_begin(), end->operand_type_end());
  setFunctionType(
      FunctionType::get(getContext(), body.getArgumentTypes(), results));
}

LogicalResult lz::ReturnOp::verify() {
  auto func = cast<lz::FuncOp>((*this)->getParentOp());
  ArrayRef<Type> expected = func.getResultTypes();
  if (expected.size() != getNumOperands())
    return emitOpError() << "has " << getNumOperands()
                         << " operands, expected " << expected.size()
                         << " as the function has results";
  for (auto [i, value] : llvm::enumerate(getOperands())) {
    if (haveSameKind(value.getType(), expected[i]))
      continue;
    // Of two tensors only the element types can differ.
    auto kind = [](Type type) {
      auto tensor = dyn_cast<lz::TensorType>(type);
      return tensor ? tensor.getElementType() : cloneUnranked(type);
    };
    return emitOpError() << "returns " << kind(value.getType()) << " as result "
                         << i << ", expected " << kind(expected[i]);
  }
  return success();
}
