//===- Labels.cpp - Categories and their names ----------------------------===//
//
// Maps from strings or numbers to others are looked up by the runtime; what has
// only integers to compare is computed.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/HostCalls.h"
#include "frontend/onnx/MachineLearning.h"
#include "frontend/onnx/Moves.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;

static Value encode(Node &n, Value x, Type type, const HostAttrs &attrs) {
  return callHost(n, "label_encoder", x, {n.unranked(type)}, attrs)
      ->getResult(0);
}

//===----------------------------------------------------------------------===//
// LabelEncoder
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> readIntegers(Node &n, const TensorData &tensor) {
  if (tensor.element->storage == fmt::DType_i64) {
    auto *data = reinterpret_cast<const int64_t *>(tensor.data);
    return SmallVector<int64_t>(data, data + tensor.getNumElements());
  }
  return llvm::map_to_vector(readNumbers(n, tensor), toInteger);
}

/// A tensor as one of the lists that the runtime knows: "keys" with "_floats",
/// "_int64s" or "_strings". Returns its element type.
static Type addTensor(Node &n, HostAttrs &attrs, const TensorData &tensor,
                      const std::string &name, bool isDefault) {
  Type type = n.storageType(*tensor.element);
  std::string plural = isDefault ? "" : "s";
  if (llvm::isa<StringType>(type))
    attrs.add(name + "_string" + plural, tensor.strings);
  else if (llvm::isa<FloatType>(type))
    attrs.add(name + "_float" + plural,
              ArrayRef<double>(readNumbers(n, tensor)));
  else
    attrs.add(name + "_int64" + plural,
              ArrayRef<int64_t>(readIntegers(n, tensor)));
  return type;
}

/// "keys" or "values", whatever type they have, which is returned.
static Type addList(Node &n, HostAttrs &attrs, const std::string &name) {
  if (n.hasAttr(name + "_tensor")) {
    std::optional<TensorData> tensor = n.attrTensor(name + "_tensor");
    return tensor ? addTensor(n, attrs, *tensor, name, false) : Type();
  }
  const std::pair<const char *, Type> kinds[] = {{"_strings", stringType(n)},
                                                 {"_int64s", n.i64()},
                                                 {"_floats", n.f32()}};
  for (auto [suffix, type] : kinds)
    if (n.hasAttr(name + suffix)) {
      attrs.copy(name + suffix);
      return type;
    }
  n.error() << "has no attribute that gives its " << name << ", expected "
            << name << "_strings, " << name << "_int64s, " << name
            << "_floats or " << name << "_tensor";
  return {};
}

static void addDefault(Node &n, HostAttrs &attrs) {
  if (!n.hasAttr("default_tensor")) {
    for (StringRef name : {"default_string", "default_int64", "default_float"})
      attrs.copy(name);
    return;
  }
  std::optional<TensorData> tensor = n.attrTensor("default_tensor");
  if (!tensor)
    return;
  if (tensor->getNumElements() != 1) {
    n.error() << "attribute 'default_tensor' has " << tensor->getNumElements()
              << " elements, expected 1";
    return;
  }
  if (tensor->element->storage == fmt::DType_string)
    attrs.add("default_string", StringRef(tensor->strings.front()));
  else if (llvm::isa<FloatType>(n.storageType(*tensor->element)))
    attrs.add("default_float", readNumbers(n, *tensor).front());
  else
    attrs.add("default_int64", readIntegers(n, *tensor).front());
}

static void checkKeys(Node &n, Type keys) {
  if (n.failed || n.elementType(n.in(0)) == keys)
    return;
  n.error() << "has keys of " << keys << ", expected the type of its input, "
            << n.elementType(n.in(0));
}

/// From strings to their positions, or back.
static void encodePositions(Node &n, std::vector<std::string> strings,
                            Ints positions) {
  HostAttrs attrs(n);
  bool fromStrings = n.isString(n.in(0));
  attrs.add(fromStrings ? "keys_strings" : "values_strings", strings);
  attrs.add(fromStrings ? "values_int64s" : "keys_int64s",
            ArrayRef<int64_t>(positions));
  attrs.copy("default_string");
  attrs.copy("default_int64");
  if (strings.size() != positions.size())
    n.error() << "has " << strings.size() << " strings and "
              << positions.size() << " integers, expected as many";
  if (!fromStrings)
    checkKeys(n, n.i64());
  if (!n.failed)
    n.set(0, encode(n, n.in(0), fromStrings ? n.i64() : stringType(n), attrs));
}

static void importLabelEncoder(Node &n) {
  if (n.version < 2 || n.hasAttr("classes_strings")) {
    std::vector<std::string> classes = n.attrStrings("classes_strings");
    Ints positions = countTo(classes.size());
    return encodePositions(n, std::move(classes), positions);
  }
  HostAttrs attrs(n);
  Type keys = addList(n, attrs, "keys");
  Type values = n.failed ? Type() : addList(n, attrs, "values");
  addDefault(n, attrs);
  checkKeys(n, keys);
  if (!n.failed)
    n.set(0, encode(n, n.in(0), values, attrs));
}

static void importCategoryMapper(Node &n) {
  encodePositions(n, n.attrStrings("cats_strings"), n.attrInts("cats_int64s"));
}

//===----------------------------------------------------------------------===//
// OneHotEncoder
//===----------------------------------------------------------------------===//

/// Fails a run whose input has an element that is in no category.
static void requireCategories(Node &n, Value found) {
  Value any = n.reduce(ReduceKind::Any, found, {-1}, false);
  Value all = n.reshape(n.reduce(ReduceKind::All, any, {}, false),
                        {DimExpr(1)});
  HostAttrs attrs(n);
  int64_t yes = 1;
  attrs.add("values", ArrayRef<int64_t>(yes));
  std::string message = "OneHotEncoder '" + n.name() +
                        "' got an element that is none of its categories";
  attrs.add("message", StringRef(message));
  callHost(n, "expect_values", all, {}, attrs);
}

static void importOneHotEncoder(Node &n) {
  Value x = n.in(0), categories;
  if (n.isString(x)) {
    std::vector<std::string> strings = n.attrStrings("cats_strings");
    Ints positions = countTo(strings.size());
    HostAttrs attrs(n);
    attrs.add("keys_strings", strings);
    attrs.add("values_int64s", ArrayRef<int64_t>(positions));
    x = encode(n, x, n.i64(), attrs);
    categories = n.vector(positions);
  } else {
    x = n.cast(x, n.i64());
    categories = n.vector(n.attrInts("cats_int64s"));
  }
  Value found = n.compare<EqOp>(n.unsqueeze(x, {-1}), categories);
  if (!n.attrInt("zeros", 1) && !n.failed)
    requireCategories(n, found);
  n.set(0, n.cast(found, n.f32()));
}

//===----------------------------------------------------------------------===//
// Labels of classes
//===----------------------------------------------------------------------===//

ClassLabels::ClassLabels(Node &n, StringRef integers, StringRef strings)
    : n(n), integers(n.attrInts(integers)), strings(n.attrStrings(strings)) {}

int64_t ClassLabels::size() const {
  return integers.empty() ? strings.size() : integers.size();
}

Value ClassLabels::pick(Value positions) {
  if (!integers.empty())
    return n.gather(n.vector(integers), positions, 0);
  if (strings.empty())
    return positions;
  return pickStrings(n, stringConstant(n, strings, {size()}), positions);
}

Value ClassLabels::pickFirst(Value condition) {
  Value position = n.cast(condition, n.i64());
  if (!integers.empty())
    return n.mul(position, n.intScalar(integers.front()));
  if (strings.empty())
    return position;
  return pickStrings(n, stringConstant(n, {"", strings.front()}, {2}),
                     position);
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"LabelEncoder", importLabelEncoder, 1, 1, kMlDomain},
    {"CategoryMapper", importCategoryMapper, 1, 1, kMlDomain},
    {"OneHotEncoder", importOneHotEncoder, 1, 1, kMlDomain},
};

OpRows lz::onnximport::labelOps() { return rows; }
