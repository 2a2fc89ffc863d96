//===- KnownElements.cpp - Elements known while compiling -----------------===//
//
// Of constants, and of the model's inputs where an example gives them: then the
// artifact checks that a run brings the same ones.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;

/// Operations looked at to find the inputs that a shape is computed from.
static constexpr size_t kMaxSlice = 512;

static SmallVector<double> readElements(ElementsAttr value) {
  SmallVector<double> numbers;
  Type type = value.getElementType();
  if (llvm::isa<FloatType>(type))
    for (const llvm::APFloat &number : value.getValues<llvm::APFloat>())
      numbers.push_back(llvm::APFloat(number).convertToDouble());
  else
    for (const llvm::APInt &number : value.getValues<llvm::APInt>())
      numbers.push_back(type.isUnsignedInteger() || type.isInteger(1)
                            ? double(number.getZExtValue())
                            : double(number.getSExtValue()));
  return numbers;
}

template <typename T>
static SmallVector<double> readAs(const void *data, int64_t count) {
  const T *numbers = static_cast<const T *>(data);
  return SmallVector<double>(numbers, numbers + count);
}

static std::optional<SmallVector<double>> readElements(const void *data,
                                                       int64_t count,
                                                       Type type) {
  if (type.isF32())
    return readAs<float>(data, count);
  if (type.isF64())
    return readAs<double>(data, count);
  auto integer = llvm::dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return readAs<uint8_t>(data, count);
  case 8:
    return isUnsigned ? readAs<uint8_t>(data, count)
                      : readAs<int8_t>(data, count);
  case 16:
    return isUnsigned ? readAs<uint16_t>(data, count)
                      : readAs<int16_t>(data, count);
  case 32:
    return isUnsigned ? readAs<uint32_t>(data, count)
                      : readAs<int32_t>(data, count);
  default:
    return isUnsigned ? readAs<uint64_t>(data, count)
                      : readAs<int64_t>(data, count);
  }
}

/// The elements of the input's example, if it has few of them; the run checks
/// that they are the same.
static std::optional<SmallVector<double>>
readExample(const OnnxInput &example, lz::TensorType type) {
  rt::StatusOr<int64_t> count = countElements(example.dims);
  if (!example.data || !count.isOk() || *count > kMaxContents)
    return std::nullopt;
  return readElements(example.data, *count, type.getElementType());
}

/// Of integers all 64 bits are compared.
static ArrayAttr checkedValues(OpBuilder &builder, Value input,
                               ArrayRef<double> elements) {
  if (llvm::isa<FloatType>(tensorType(input).getElementType()))
    return builder.getF64ArrayAttr(elements);
  return builder.getI64ArrayAttr(llvm::map_to_vector(elements, toInteger));
}

/// Adds the check that an input has its example's elements, once.
static void addCheck(OpBuilder &builder, Value input, StringRef name,
                     ArrayRef<double> elements) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(input.getParentBlock());
  std::string message =
      ("input '" + name + "' decides shapes: this model is compiled for the "
       "elements of its example, and no others can be given").str();
  auto attrs = builder.getDictionaryAttr(
      {builder.getNamedAttr("values", checkedValues(builder, input, elements)),
       builder.getNamedAttr("message", builder.getStringAttr(message))});
  HostOp::create(builder, input.getLoc(), TypeRange(), "expect_values",
                 ValueRange(input), attrs);
}

std::optional<SmallVector<double>> Importer::getConstant(Value value) {
  for (int steps = 0; steps < 16; ++steps) {
    Operation *op = value.getDefiningOp();
    if (!op || !llvm::isa<ReshapeOp, SqueezeOp, UnsqueezeOp, FlattenOp>(op))
      break;
    value = op->getOperand(0);
  }
  if (Operation *op = value.getDefiningOp()) {
    if (auto constant = llvm::dyn_cast<ConstantOp>(op)) {
      auto elements = llvm::dyn_cast<DenseElementsAttr>(constant.getValueAttr());
      if (elements && elements.getNumElements() <= (1 << 16))
        return readElements(elements);
      auto resource =
          llvm::dyn_cast<DenseResourceElementsAttr>(constant.getValueAttr());
      if (resource && resource.getNumElements() <= (1 << 16))
        if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
          return readElements(blob->getData().data(), resource.getNumElements(),
                              resource.getElementType());
    }
    return std::nullopt;
  }
  auto it = examplesOf.find(value);
  if (it == examplesOf.end())
    return std::nullopt;
  auto elements = readExample(*it->second, tensorType(value));
  if (elements && boundInputs.insert(value).second)
    addCheck(builder, value, it->second->name, *elements);
  return elements;
}

bool Importer::bindByExample(Value value) {
  SmallVector<Value> pending{value};
  llvm::DenseSet<Value> seen;
  SmallVector<Operation *> slice;
  bool isBound = false;
  while (!pending.empty() && seen.size() < kMaxSlice) {
    Value at = pending.pop_back_val();
    if (!seen.insert(at).second)
      continue;
    if (Operation *op = at.getDefiningOp()) {
      if (llvm::isa<ShapeOfOp, DimOfOp, GetParameterOp>(op) ||
          op->getNumRegions() != 0 || shapes.getContents(at))
        continue;
      slice.push_back(op);
      llvm::append_range(pending, op->getOperands());
      continue;
    }
    auto it = examplesOf.find(at);
    if (it == examplesOf.end() || shapes.getContents(at) ||
        llvm::isa<FloatType>(tensorType(at).getElementType()) ||
        tensorType(at).getRank() > 1)
      continue;
    auto elements = readExample(*it->second, tensorType(at));
    if (!elements)
      continue;
    if (boundInputs.insert(at).second)
      addCheck(builder, at, it->second->name, *elements);
    shapes.setContents(at, llvm::map_to_vector(*elements, [](double number) {
                         return DimExpr(toInteger(number));
                       }));
    isBound = true;
  }
  if (!isBound)
    return false;
  // Regions' blocks come after what they capture.
  llvm::sort(slice, [](Operation *a, Operation *b) {
    return a->getBlock() == b->getBlock()
               ? a->isBeforeInBlock(b)
               : a->getBlock()->getParent()->isProperAncestor(
                     b->getBlock()->getParent());
  });
  for (Operation *op : slice)
    if (failed(shapes.infer(op)))
      return false;
  return true;
}
