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
  Type type = integer.getType();
  return type.isInteger(1) || type.isUnsignedInteger()
             ? integer.getValue().roundToDouble()
             : integer.getValue().signedRoundToDouble();
}

std::optional<double> numberAs(double number, Type type) {
  if (auto real = dyn_cast<FloatType>(type)) {
    llvm::APFloat rounded(number);
    bool isInexact;
    rounded.convert(real.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven,
                    &isInexact);
    return toDouble(rounded);
  }
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || !std::isfinite(number))
    return std::nullopt;
  int width = integer.getWidth();
  if (width == 1)
    return number != 0;
  double whole = std::trunc(number);
  double end = std::ldexp(1.0, integer.isUnsigned() ? width : width - 1);
  // What does not fit becomes what the kernel makes of it.
  bool isFit = whole < end && whole >= (integer.isUnsigned() ? 0 : -end);
  return isFit ? std::optional<double>(whole) : std::nullopt;
}

std::optional<double>
splatNumber(Value value, llvm::function_ref<ElementsAttr(Value)> elementsOf) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (op->hasTrait<LzView>() || isa<ExpandOp>(op))
    return splatNumber(op->getOperand(0), elementsOf);
  std::optional<double> number;
  if (isa<CastOp>(op)) {
    number = splatNumber(op->getOperand(0), elementsOf);
  } else if (auto full = dyn_cast<FullOp>(op)) {
    number = toDouble(full.getValue());
  } else if (isa<ConstantOp, GetParameterOp>(op)) {
    auto dense = dyn_cast_or_null<DenseElementsAttr>(elementsOf(value));
    return dense && dense.isSplat() ? toDouble(dense.getSplatValue<Attribute>())
                                    : std::nullopt;
  }
  return number ? numberAs(*number, tensorType(value).getElementType())
                : std::nullopt;
}

std::optional<double> splatNumber(Value value) {
  return splatNumber(value, [](Value v) {
    auto constant = v.getDefiningOp<ConstantOp>();
    return constant ? constant.getValue() : ElementsAttr();
  });
}

std::optional<double> KnownNumbers::splat(Value value) const {
  return splatNumber(value, [&](Value v) { return elements(v); });
}

bool isSameConstant(double found, double expected, Type type) {
  auto element = dyn_cast<FloatType>(type);
  if (!element)
    return found == expected;
  if (element.getWidth() < 32)
    return numberAs(found, element) == numberAs(expected, element);
  // Numbers like 1 and 0.5 are written exactly.
  if (static_cast<double>(static_cast<float>(expected)) == expected)
    return element.isF32()
               ? static_cast<float>(found) == static_cast<float>(expected)
               : std::abs(found - expected) <= std::ldexp(std::abs(expected), -51);
  // Others often with no more digits than f32 holds: one unit in its last place.
  return std::abs(found - expected) <=
         std::ldexp(1.0, std::ilogb(expected) - 23);
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
