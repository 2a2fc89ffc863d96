//===- KernelFunc.cpp - check the signature of a kernel function ----------===//
//
// Everything later relies on these rules, so they are checked once, at the edge.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/KernelFunc.h"

using namespace mlir;

namespace lz::cpu {
namespace {

FailureOr<unsigned> readCount(func::FuncOp op, StringRef name) {
  auto attr = op->getAttrOfType<IntegerAttr>(name);
  if (!attr || attr.getInt() < 0)
    return op.emitOpError() << "needs the attribute '" << name << "', a count";
  return static_cast<unsigned>(attr.getInt());
}

LogicalResult checkTensor(func::FuncOp op, unsigned arg, unsigned numSizes) {
  auto type = dyn_cast<RankedTensorType>(op.getArgument(arg).getType());
  if (!type)
    return op.emitOpError() << "argument " << arg << " is "
                            << op.getArgument(arg).getType()
                            << ", expected a ranked tensor";
  if (type.hasStaticShape())
    return success();
  auto dims = op.getArgAttrOfType<DenseI64ArrayAttr>(arg, kDimsAttr);
  if (!dims || dims.size() != type.getRank())
    return op.emitOpError() << "argument " << arg << " needs '" << kDimsAttr
                            << "' with one entry per dimension";
  for (auto [size, extent] : llvm::zip(dims.asArrayRef(), type.getShape()))
    if (ShapedType::isDynamic(extent) != (size >= 0) || size >= int64_t(numSizes))
      return op.emitOpError() << "argument " << arg << ": '" << kDimsAttr << "' " << dims
                              << " does not fit " << type << " and " << numSizes
                              << " sizes";
  return success();
}

} // namespace

FailureOr<KernelFunc> KernelFunc::get(ModuleOp module) {
  func::FuncOp found;
  for (auto op : module.getOps<func::FuncOp>()) {
    if (op.isDeclaration())
      continue;
    if (found)
      return op.emitOpError("is a second kernel in one module");
    found = op;
  }
  if (!found)
    return module.emitOpError("holds no kernel function");
  KernelFunc kernel(found);
  auto inputs = readCount(found, kNumInputsAttr), outputs = readCount(found, kNumOutputsAttr),
       sizes = readCount(found, kNumSizesAttr);
  if (failed(inputs) || failed(outputs) || failed(sizes))
    return failure();
  kernel.inputs = *inputs, kernel.outputs = *outputs, kernel.sizes = *sizes;
  if (!llvm::hasSingleElement(found.getBody()))
    return found.emitOpError("has several blocks, expected one");
  if (found.getNumArguments() != *inputs + *outputs + *sizes ||
      found.getNumResults() != *outputs)
    return found.emitOpError("has a signature that its counts do not describe");
  for (unsigned i = 0; i < *inputs + *outputs; ++i)
    if (failed(checkTensor(found, i, *sizes)))
      return failure();
  for (unsigned i = 0; i < *outputs; ++i)
    if (found.getResultTypes()[i] != kernel.output(i).getType())
      return found.emitOpError() << "result " << i << " is " << found.getResultTypes()[i]
                                 << ", its destination is " << kernel.output(i).getType();
  for (unsigned i = 0; i < *sizes; ++i)
    if (!kernel.size(i).getType().isIndex())
      return found.emitOpError() << "size " << i << " is " << kernel.size(i).getType()
                                 << ", expected index";
  return kernel;
}

int64_t KernelFunc::sizeOfDim(unsigned arg, unsigned dim) const {
  auto type = cast<ShapedType>(func().getFunctionType().getInput(arg));
  if (!type.isDynamicDim(dim))
    return -1;
  func::FuncOp func = op;
  return func.getArgAttrOfType<DenseI64ArrayAttr>(arg, kDimsAttr)[dim];
}

std::optional<int64_t> KernelFunc::maxOfSize(unsigned i) const {
  func::FuncOp func = op;
  auto attr = func.getArgAttrOfType<IntegerAttr>(inputs + outputs + i, kMaxAttr);
  return attr ? std::optional(attr.getInt()) : std::nullopt;
}

} // namespace lz::cpu
