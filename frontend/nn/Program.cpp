//===- Program.cpp - A traced model ---------------------------------------===//
//
// Owns the context and the module; prints and saves them.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Tracer.h"

#include "ir/serialize/Serialize.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <iostream>
#include <map>

using namespace mlir;

namespace lz::nn {

Program::Impl::Impl() : context(MLIRContext::Threading::DISABLED) {
  context.loadDialect<LzDialect>();
}

Program::Program(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
Program::Program(Program &&) = default;
Program &Program::operator=(Program &&) = default;
Program::~Program() = default;

std::string Program::str() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  impl->module->print(stream);
  return text;
}

void Program::print(std::ostream &stream) const { stream << str(); }
void Program::print() const { print(std::cout); }

void Program::save(const std::string &path) const {
  std::string text;
  ScopedDiagnosticHandler handler(&impl->context, [&](Diagnostic &diagnostic) {
    text += (text.empty() ? "" : "\n") + diagnostic.str();
  });
  std::map<std::string, std::string> metadata = {{"frontend", "nn"}, {"mode", impl->mode}};
  if (!impl->trainEffects.empty())
    metadata["train_effects"] = impl->trainEffects;
  if (failed(saveModule(*impl->module, path, metadata)))
    throw Error(text);
}

Program trace(const AnyModule &module, const std::vector<Input> &inputs,
              const TraceOptions &options, SourceLoc loc) {
  return detail::trace(
      *module.ptr(), [&](const std::vector<Tensor> &tensors) { return module.call(tensors, loc); },
      inputs, options, loc);
}

namespace detail {

Program trace(Module &root, const Forward &forward, const std::vector<Input> &inputs,
              const TraceOptions &options, SourceLoc loc) {
  Tracer tracer(root, options, loc);
  return tracer.run(forward, inputs);
}

ElementsAttr toElements(MLIRContext *context, const std::string &name, const Array &array) {
  constexpr size_t kLargestInPlace = 64;
  auto type = RankedTensorType::get(array.shape(), toType(context, array.dtype()));
  llvm::ArrayRef<char> bytes(static_cast<const char *>(array.data()), array.sizeBytes());
  if (array.dtype() == DType::boolean) {
    llvm::SmallVector<bool> values(bytes.begin(), bytes.end());
    return DenseElementsAttr::get(type, values);
  }
  if (array.sizeBytes() <= kLargestInPlace)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, /*align=*/64,
                                                                       /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

} // namespace detail

} // namespace lz::nn
