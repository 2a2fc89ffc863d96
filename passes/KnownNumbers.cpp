// See KnownNumbers.h. Large values are read where they lie, small ones as MLIR
// keeps them.

#include "passes/KnownNumbers.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <cmath>

using namespace mlir;

namespace lz {

KnownNumbers::KnownNumbers(ModuleOp module) {
  for (ParameterOp parameter : module.getOps<ParameterOp>())
    if (ElementsAttr value = parameter.getValueAttr())
      parameters[parameter.getName()] = value;
}

ElementsAttr KnownNumbers::elements(Value value) const {
  Operation *op = value.getDefiningOp();
  while (op && op->hasTrait<LzView>())
    op = op->getOperand(0).getDefiningOp();
  if (auto constant = dyn_cast_or_null<ConstantOp>(op))
    return constant.getValue();
  auto get = dyn_cast_or_null<GetParameterOp>(op);
  return get ? parameters.lookup(get.getName()) : ElementsAttr();
}

static double toDouble(llvm::APFloat number) {
  bool isExact;
  number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven,
                 &isExact);
  return number.convertToDouble();
}

static std::optional<double> toDouble(Attribute attr) {
  if (auto number = dyn_cast_or_null<FloatAttr>(attr))
    return toDouble(number.getValue());
  auto integer = dyn_cast_or_null<IntegerAttr>(attr);
  if (!integer)
    return std::nullopt;
  // A boolean's one bit is no sign.
  bool isSigned = !integer.getType().isInteger(1);
  return isSigned ? integer.getValue().signedRoundToDouble()
                  : integer.getValue().roundToDouble();
}

/// Through ops that give the number on, or another number of the same value.
static Operation *skipRepetitions(Value value) {
  Operation *op = value.getDefiningOp();
  while (op) {
    bool isWider = isa<CastOp>(op) &&
                   isa<FloatType>(tensorType(op->getResult(0)).getElementType());
    if (!isWider && !op->hasTrait<LzView>() && !isa<ExpandOp>(op))
      return op;
    op = op->getOperand(0).getDefiningOp();
  }
  return nullptr;
}

std::optional<double> KnownNumbers::splat(Value value) const {
  Operation *op = skipRepetitions(value);
  if (auto full = dyn_cast_or_null<FullOp>(op))
    return toDouble(full.getValue());
  if (!isa_and_nonnull<ConstantOp, GetParameterOp>(op))
    return std::nullopt;
  auto dense = dyn_cast_or_null<DenseElementsAttr>(elements(op->getResult(0)));
  if (!dense || !dense.isSplat())
    return std::nullopt;
  return toDouble(dense.getSplatValue<Attribute>());
}

bool isSameConstant(double found, double expected, Type type) {
  auto element = dyn_cast<FloatType>(type);
  // Constants are often written with no more digits than f32 holds.
  unsigned digits = element ? std::min(element.getFPMantissaWidth(), 24u) : 24;
  return std::abs(found - expected) <=
         std::ldexp(std::abs(expected), 3 - static_cast<int>(digits));
}

bool KnownNumbers::is(Value value, double number) const {
  std::optional<double> found = splat(value);
  return found &&
         isSameConstant(*found, number, tensorType(value).getElementType());
}

template <typename T>
static bool allOf(ArrayRef<char> bytes,
                  llvm::function_ref<bool(int64_t, double)> test) {
  for (size_t i = 0; i < bytes.size() / sizeof(T); ++i) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    if (!test(i, static_cast<double>(element)))
      return false;
  }
  return true;
}

bool KnownNumbers::all(Value value,
                       llvm::function_ref<bool(int64_t, double)> test) const {
  ElementsAttr attr = elements(value);
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(attr)) {
    int64_t position = 0;
    return llvm::all_of(dense.getValues<Attribute>(), [&](Attribute element) {
      std::optional<double> number = toDouble(element);
      return number && test(position++, *number);
    });
  }
  auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(attr);
  AsmResourceBlob *blob = resource ? resource.getRawHandle().getBlob() : nullptr;
  if (!blob)
    return false;
  Type type = resource.getElementType();
  if (type.isF32())
    return allOf<float>(blob->getData(), test);
  if (type.isF64())
    return allOf<double>(blob->getData(), test);
  return type.isInteger(1) && allOf<uint8_t>(blob->getData(), test);
}

static void addFactors(Value value, bool isRoot, const KnownNumbers &numbers,
                       Product &product) {
  if (std::optional<double> number = numbers.splat(value)) {
    product.scale *= *number;
    return;
  }
  Operation *op = value.getDefiningOp();
  bool mayOpen = op && (isRoot || value.hasOneUse());
  if (mayOpen && isa<MulOp>(op)) {
    addFactors(op->getOperand(0), false, numbers, product);
    addFactors(op->getOperand(1), false, numbers, product);
    return;
  }
  auto divisor = mayOpen && isa<DivOp>(op) ? numbers.splat(op->getOperand(1))
                                           : std::nullopt;
  if (!divisor || !isa<FloatType>(tensorType(value).getElementType())) {
    product.factors.push_back(value);
    return;
  }
  product.scale /= *divisor;
  addFactors(op->getOperand(0), false, numbers, product);
}

Product productOf(Value value, const KnownNumbers &numbers) {
  Product product;
  addFactors(value, /*isRoot=*/true, numbers, product);
  return product;
}

} // namespace lz
