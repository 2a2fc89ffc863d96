//===- Initializers.cpp - Tensors of the file -----------------------------===//
//
// Initializers and tensors of Constant nodes: constants where inference may
// follow their elements, parameters otherwise.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"

#include "ir/Values.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
namespace proto = ::onnx;

static Value makeStrings(const TensorData &tensor, Emit &emit) {
  OpBuilder &builder = emit.builder;
  SmallVector<StringRef> strings(tensor.strings.begin(), tensor.strings.end());
  auto attrs = builder.getDictionaryAttr(
      {builder.getNamedAttr("values", builder.getStrArrayAttr(strings))});
  Type type = lz::TensorType::getStatic(builder.getContext(), tensor.dims,
                                        StringType::get(builder.getContext()));
  return emit.result(HostOp::create(builder, emit.loc, TypeRange(type),
                                    "string_constant", ValueRange(), attrs));
}

OnnxValue Importer::makeConstant(const TensorData &tensor, StringRef name,
                                 Emit &emit) {
  const ElementInfo &element = *tensor.element;
  const ElementInfo *logical = element.isLogical ? &element : nullptr;
  Type storage = emit.storageType(element);
  if (element.storage == fmt::DType_string)
    return {makeStrings(tensor, emit), nullptr};
  auto type = RankedTensorType::get(tensor.dims, storage);
  ElementsAttr value = makeValue(
      type, name, ArrayRef<char>(tensor.data, tensor.size), tensor.owner);
  bool isFloat = llvm::isa<FloatType>(storage);
  bool isSmall =
      !isFloat || (type.getNumElements() <= kMaxContents && !findWeight(name));
  if (isSmall || depth > 0) // what a subgraph holds has no name of its own
    return {emit.constant(value), logical};
  std::string unique = name.str();
  for (int i = 1; !parameterNames.insert(unique).second; ++i)
    unique = (name + "." + llvm::Twine(i)).str();
  auto lzType = lz::TensorType::getStatic(context, tensor.dims, storage);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(function);
    ParameterOp::create(builder, locate(unique), unique, lzType, Attribute(),
                        value);
  }
  shapes.addGlobal(unique, lzType);
  Value read =
      emit.result(GetParameterOp::create(builder, emit.loc, lzType, unique));
  return {read, logical};
}

LogicalResult Importer::addInitializer(StringRef name,
                                       const rt::StatusOr<TensorData> &tensor) {
  if (!tensor.isOk())
    return fail("initializer '" + name +
                "' is no valid tensor: " + tensor.getStatus().getMessage());
  Emit emit = makeEmit(name);
  OnnxValue value = makeConstant(*tensor, name, emit);
  if (emit.failed)
    return failure();
  if (!scope->values.try_emplace(name, value).second)
    return fail("two initializers are called '" + name + "'");
  return success();
}

/// Whether the tensor has a type and a shape, but no elements: a weight that
/// was taken out of the file.
static bool isStripped(const proto::TensorProto &tensor) {
  const ElementInfo *element = findElementInfo(tensor.data_type());
  bool isFloat = element && !element->isLogical &&
                 (element->storage == fmt::DType_f32 ||
                  element->storage == fmt::DType_f64 ||
                  element->storage == fmt::DType_f16 ||
                  element->storage == fmt::DType_bf16);
  rt::StatusOr<int64_t> count =
      countElements({tensor.dims().begin(), tensor.dims().end()});
  return isFloat && count.isOk() && *count > 0 && tensor.raw_data().empty() &&
         !tensor.has_data_location() && tensor.float_data().empty() &&
         tensor.double_data().empty() && tensor.int32_data().empty() &&
         tensor.int64_data().empty() && tensor.uint64_data().empty() &&
         tensor.string_data().empty() && !tensor.has_segment();
}

/// A parameter without a value, in the main graph only: what a subgraph holds
/// has no name that weights could be given to.
LogicalResult Importer::addStripped(const proto::TensorProto &tensor) {
  Emit emit = makeEmit(tensor.name());
  Ints dims(tensor.dims().begin(), tensor.dims().end());
  auto type = lz::TensorType::getStatic(
      context, dims, emit.storageType(*findElementInfo(tensor.data_type())));
  OnnxValue value = makeParameter(tensor.name(), type);
  if (!value || !scope->values.try_emplace(tensor.name(), value).second)
    return fail("two initializers are called '" + tensor.name() + "'");
  return success();
}

LogicalResult Importer::addInitializers(const proto::GraphProto &graph) {
  for (const proto::TensorProto &initializer : graph.initializer()) {
    if (depth == 0 && isStripped(initializer)) {
      if (failed(addStripped(initializer)))
        return failure();
      continue;
    }
    if (failed(addInitializer(
            initializer.name(),
            readTensor(initializer, model->getFiles(), model->getOwner()))))
      return failure();
  }
  for (const proto::SparseTensorProto &initializer : graph.sparse_initializer())
    if (failed(
            addInitializer(initializer.values().name(),
                           readSparseTensor(initializer, model->getFiles()))))
      return failure();
  return success();
}
