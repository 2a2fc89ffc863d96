//===- HostOps.cpp - what the runtime itself computes ----------------------===//
//
// lz.host and the table of all names it may carry. The runtime has a table of
// the same names; their meaning is that of the ONNX operators after which they
// are named, where there is one.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/HostRules.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace lz;

#define GET_OP_CLASSES
#include "ir/HostOps.cpp.inc"

void LzDialect::registerHostOps() {
  addOperations<
#define GET_OP_LIST
#include "ir/HostOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

namespace {

constexpr unsigned kAny = ~0u;

/// What results are; the elements of containers may be anything.
enum class Kind { Tensor, Sequence, Optional, Any };

struct HostEntry {
  StringRef name;
  unsigned minInputs, maxInputs, minOutputs, maxOutputs;
  HostRuleFn *infer;
  Kind gives = Kind::Tensor;
  /// Has an effect although it may have no symbols: a check.
  bool checks = false;
};

} // namespace

static const HostEntry kEntries[] = {
    {"bit_cast", 1, 1, 1, 1, inferConversion},
    {"concat_from_sequence", 1, 1, 1, 1, inferConcatFromSequence},
    {"define", 1, 1, 0, 0, inferDefine, Kind::Tensor, true},
    {"determinant", 1, 1, 1, 1, inferDeterminant},
    {"expect_values", 1, 1, 0, 0, inferNoResults, Kind::Tensor, true},
    {"image_decoder", 1, 1, 1, 1, inferImageDecoder},
    {"label_encoder", 1, 1, 1, 1, inferConversion},
    {"non_max_suppression", 5, 5, 1, 1, inferNonMaxSuppression},
    {"nonzero", 1, 1, 1, 1, inferNonzero},
    {"number_to_string", 1, 1, 1, 1, inferConversion},
    {"optional", 0, 1, 1, 1, inferOptional, Kind::Optional},
    {"optional_get_element", 1, 1, 1, 1, inferOptionalGetElement, Kind::Any},
    {"optional_has_element", 0, 1, 1, 1, inferOptionalHasElement},
    {"regex_full_match", 1, 1, 1, 1, inferRegexFullMatch},
    {"select_elements", 2, 2, 1, 1, inferSelectElements},
    {"sequence_at", 2, 2, 1, 1, inferSequenceAt, Kind::Any},
    {"sequence_construct", 1, kAny, 1, 1, inferSequenceConstruct, Kind::Sequence},
    {"sequence_empty", 0, 0, 1, 1, inferSequenceEmpty, Kind::Sequence},
    {"sequence_erase", 1, 2, 1, 1, inferSequenceErase, Kind::Sequence},
    {"sequence_insert", 2, 3, 1, 1, inferSequenceInsert, Kind::Sequence},
    {"sequence_length", 1, 1, 1, 1, inferSequenceLength},
    {"split_to_sequence", 1, 2, 1, 1, inferSplitToSequence, Kind::Sequence},
    {"string_concat", 2, 2, 1, 1, inferStringConcat},
    {"string_constant", 0, 0, 1, 1, inferStringConstant},
    {"string_equal", 2, 2, 1, 1, inferStringEqual},
    {"string_normalizer", 1, 1, 1, 1, inferStringNormalizer},
    {"string_split", 1, 1, 2, 2, inferStringSplit},
    {"string_to_number", 1, 1, 1, 1, inferConversion},
    {"tfidf_vectorizer", 1, 1, 1, 1, inferTfidfVectorizer},
    {"top_k", 1, 1, 2, 2, inferTopK},
    {"unique", 1, 1, 4, 4, inferUnique},
};

static const HostEntry *findEntry(StringRef name) {
  auto it = llvm::find_if(
      kEntries, [&](const HostEntry &entry) { return entry.name == name; });
  return it == std::end(kEntries) ? nullptr : it;
}

SmallVector<StringRef> lz::getHostOpNames() {
  return llvm::map_to_vector(kEntries,
                             [](const HostEntry &entry) { return entry.name; });
}

//===----------------------------------------------------------------------===//
// The op
//===----------------------------------------------------------------------===//

void HostOp::build(OpBuilder &builder, OperationState &state,
                   TypeRange outputs, StringRef name, ValueRange inputs,
                   DictionaryAttr attrs, ArrayRef<StringRef> defines) {
  auto &properties = state.getOrAddProperties<Properties>();
  properties.name = builder.getStringAttr(name);
  properties.attrs = attrs;
  properties.defines = builder.getStrArrayAttr(defines);
  state.addOperands(inputs);
  state.addTypes(outputs);
}

Attribute HostOp::getHostAttr(StringRef name) {
  std::optional<DictionaryAttr> attrs = getAttrs();
  return attrs ? attrs->get(name) : Attribute();
}

int64_t HostOp::getHostInt(StringRef name, int64_t otherwise) {
  auto attr = dyn_cast_or_null<IntegerAttr>(getHostAttr(name));
  return attr ? attr.getInt() : otherwise;
}

bool HostOp::getHostBool(StringRef name, bool otherwise) {
  auto attr = dyn_cast_or_null<IntegerAttr>(getHostAttr(name));
  return attr ? !attr.getValue().isZero() : otherwise;
}

void HostOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  const HostEntry *entry = findEntry(getName());
  if (!getDefines().empty() || !entry || entry->checks)
    effects.emplace_back(MemoryEffects::Write::get(), CheckResource::get());
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// `2`, `1 to 2` or `at least 1`
static std::string countText(unsigned min, unsigned max) {
  if (min == max)
    return std::to_string(min);
  if (max == kAny)
    return "at least " + std::to_string(min);
  return std::to_string(min) + " to " + std::to_string(max);
}

/// What a FlexBuffer map can hold.
static bool isHostAttribute(Attribute attr) {
  if (auto list = dyn_cast<ArrayAttr>(attr))
    return llvm::all_of(list, isHostAttribute);
  if (auto number = dyn_cast<IntegerAttr>(attr))
    return number.getValue().getSignificantBits() <= 64;
  if (auto list = dyn_cast<DenseArrayAttr>(attr))
    return isa<DenseI64ArrayAttr, DenseF64ArrayAttr, DenseF32ArrayAttr,
               DenseBoolArrayAttr, DenseI32ArrayAttr>(list);
  return isa<FloatAttr, StringAttr>(attr);
}

static LogicalResult verifyAttributes(HostOp op) {
  std::optional<DictionaryAttr> attrs = op.getAttrs();
  if (!attrs)
    return success();
  for (NamedAttribute attr : *attrs)
    if (!isHostAttribute(attr.getValue()))
      return op.emitOpError() << "has the attribute '" << attr.getName().strref()
                              << "' = " << attr.getValue()
                              << ", expected numbers, strings or lists of these";
  return success();
}

static LogicalResult verifyResults(HostOp op, Kind kind) {
  for (Type type : op.getOutputs().getTypes()) {
    bool isOfKind = kind == Kind::Tensor     ? isa<lz::TensorType>(type)
                    : kind == Kind::Sequence ? isa<SequenceType>(type)
                    : kind == Kind::Optional ? isa<OptionalType>(type)
                                             : true;
    if (!isOfKind)
      return op.emitOpError() << "'" << op.getName() << "' gives " << type
                              << ", expected "
                              << (kind == Kind::Tensor     ? "a tensor"
                                  : kind == Kind::Sequence ? "a sequence"
                                                           : "an optional");
  }
  return success();
}

LogicalResult HostOp::verify() {
  const HostEntry *entry = findEntry(getName());
  if (!entry) {
    auto diagnostic = emitOpError() << "names the unknown operation '"
                                    << getName() << "', expected one of ";
    llvm::interleaveComma(getHostOpNames(), diagnostic);
    return diagnostic;
  }
  unsigned inputs = getInputs().size(), outputs = getOutputs().size();
  if (inputs < entry->minInputs || inputs > entry->maxInputs)
    return emitOpError() << "'" << getName() << "' has " << inputs
                         << " operands, expected "
                         << countText(entry->minInputs, entry->maxInputs);
  if (outputs < entry->minOutputs || outputs > entry->maxOutputs)
    return emitOpError() << "'" << getName() << "' has " << outputs
                         << " results, expected "
                         << countText(entry->minOutputs, entry->maxOutputs);
  llvm::StringSet<> seen;
  for (StringRef symbol : getDefinedSymbols(*this))
    if (!seen.insert(symbol).second)
      return emitOpError() << "defines '" << symbol << "' twice";
  if (failed(verifyResults(*this, entry->gives)))
    return failure();
  return verifyAttributes(*this);
}

LogicalResult HostOp::inferShape(ShapeContext &context) {
  HostRule rule(*this, context);
  return findEntry(getName())->infer(rule);
}
