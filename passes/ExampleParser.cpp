// Parses what users write for examples and dynamic dimensions. Every message
// quotes the part that is wrong and shows the form that was expected.

#include "passes/Examples.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using llvm::SmallVector;
using llvm::StringRef;

namespace lz {

const ExampleInput *Example::find(StringRef name) const {
  for (const ExampleInput &input : inputs)
    if (input.name == name)
      return &input;
  return nullptr;
}

Type parseElementType(MLIRContext *context, StringRef name) {
  auto integer = [&](unsigned width, bool isUnsigned = false) -> Type {
    return IntegerType::get(context, width,
                            isUnsigned ? IntegerType::Unsigned
                                       : IntegerType::Signless);
  };
  return llvm::StringSwitch<Type>(name)
      .Cases({"f64", "float64", "double"}, Float64Type::get(context))
      .Cases({"f32", "float32", "float"}, Float32Type::get(context))
      .Cases({"f16", "float16", "half"}, Float16Type::get(context))
      .Cases({"bf16", "bfloat16"}, BFloat16Type::get(context))
      .Cases({"i64", "int64"}, integer(64))
      .Cases({"i32", "int32"}, integer(32))
      .Cases({"i16", "int16"}, integer(16))
      .Cases({"i8", "int8"}, integer(8))
      .Cases({"u64", "ui64", "uint64"}, integer(64, true))
      .Cases({"u32", "ui32", "uint32"}, integer(32, true))
      .Cases({"u16", "ui16", "uint16"}, integer(16, true))
      .Cases({"u8", "ui8", "uint8"}, integer(8, true))
      .Cases({"bool", "i1"}, integer(1))
      .Default(Type());
}

std::string elementTypeName(Type type) {
  if (type.isInteger(1))
    return "bool";
  std::string text;
  llvm::raw_string_ostream(text) << type;
  // Users write u8 as NumPy and safetensors do, MLIR writes ui8.
  if (StringRef(text).starts_with("ui"))
    text.erase(1, 1);
  return text;
}

/// Splits at `;` anywhere and at `,` and blanks outside of brackets.
static SmallVector<StringRef> splitParts(StringRef text) {
  SmallVector<StringRef> parts;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    char c = i < text.size() ? text[i] : ';';
    depth += (c == '[') - (c == ']');
    if (c != ';' && (depth > 0 || (c != ',' && c != ' ')))
      continue;
    StringRef part = text.slice(begin, i).trim();
    if (!part.empty())
      parts.push_back(part);
    begin = i + 1;
    depth = 0;
  }
  return parts;
}

/// False if the elements' bytes overflow int64_t. Without an element type a byte
/// is the least that one can have.
static bool fitsAddressSpace(const ExampleInput &input) {
  if (llvm::is_contained(input.shape, 0))
    return true;
  int64_t bytes = 1;
  if (input.elementType)
    bytes = std::max(1u, input.elementType.getIntOrFloatBitWidth() / 8);
  for (int64_t size : input.shape)
    if (llvm::MulOverflow(bytes, size, bytes))
      return false;
  return true;
}

/// Parses `1, 3, 224` into the shape of `input`.
static LogicalResult parseDims(StringRef part, StringRef dims,
                               ExampleInput &input, EmitError emitError) {
  while (!dims.empty()) {
    auto [dim, rest] = dims.split(',');
    int64_t size = 0;
    if (dim.trim().getAsInteger(10, size) || size < 0)
      return emitError() << "dimension '" << dim.trim() << "' in example '"
                         << part << "' is not a size, expected a number >= 0";
    input.shape.push_back(size);
    dims = rest;
  }
  return success();
}

/// Parses `f32[2,3]` or `[2,3]` into `input`; false when it is neither.
static LogicalResult parseShape(MLIRContext *context, StringRef part,
                                StringRef text, ExampleInput &input,
                                EmitError emitError) {
  size_t open = text.find('[');
  if (open == StringRef::npos || !text.ends_with("]"))
    return emitError() << "cannot read example '" << part
                       << "', expected a form like 'x=f32[1,3,224,224]'";
  StringRef typeName = text.take_front(open).trim();
  if (!typeName.empty()) {
    input.elementType = parseElementType(context, typeName);
    if (!input.elementType)
      return emitError() << "unknown element type '" << typeName
                         << "' in example '" << part
                         << "', expected one of f64, f32, f16, bf16, i64, "
                            "i32, i16, i8, u64, u32, u16, u8, bool";
  }
  StringRef dims = text.slice(open + 1, text.size() - 1).trim();
  if (failed(parseDims(part, dims, input, emitError)))
    return failure();
  if (!fitsAddressSpace(input))
    return emitError() << "example '" << part
                       << "' has more bytes than a 64-bit number can count";
  return success();
}

/// Deals the mentions of each input out to the examples.
static FailureOr<SmallVector<Example>>
groupIntoExamples(llvm::ArrayRef<ExampleInput> mentions, EmitError emitError) {
  auto count = [&](StringRef name) {
    return llvm::count_if(
        mentions, [&](const ExampleInput &i) { return i.name == name; });
  };
  long numExamples = 0;
  StringRef longest;
  for (const ExampleInput &mention : mentions)
    if (count(mention.name) > numExamples) {
      numExamples = count(mention.name);
      longest = mention.name;
    }
  SmallVector<Example> examples(numExamples);
  for (const ExampleInput &mention : mentions) {
    long times = count(mention.name);
    if (times != 1 && times != numExamples)
      return emitError() << "input '" << mention.name << "' has " << times
                         << " examples and input '" << longest << "' has "
                         << numExamples
                         << ", expected one for each, or one for all";
    for (Example &example : examples)
      if (!example.find(mention.name)) {
        example.inputs.push_back(mention);
        if (times != 1)
          break;
      }
  }
  return examples;
}

FailureOr<SmallVector<Example>>
parseExamples(MLIRContext *context, StringRef text, EmitError emitError) {
  SmallVector<ExampleInput> mentions;
  for (StringRef part : splitParts(text)) {
    auto [name, shape] = part.split('=');
    ExampleInput input;
    input.name = name.trim().str();
    if (input.name.empty() || name.size() == part.size())
      return emitError() << "cannot read example '" << part
                         << "', expected a form like 'x=f32[1,3,224,224]'";
    if (failed(parseShape(context, part, shape.trim(), input, emitError)))
      return failure();
    mentions.push_back(std::move(input));
  }
  return groupIntoExamples(mentions, emitError);
}

/// Parses `[1..64]`, `[1..]` or `[..64]` off the end of `text`.
static bool consumeRange(StringRef &text, DynamicDim &dim) {
  if (!text.ends_with("]"))
    return true;
  size_t open = text.find('[');
  if (open == StringRef::npos)
    return false;
  StringRef range = text.slice(open + 1, text.size() - 1);
  text = text.take_front(open).trim();
  size_t dots = range.find("..");
  if (dots == StringRef::npos)
    return false;
  auto bound = [](StringRef digits, std::optional<int64_t> &value) {
    int64_t number = 0;
    if (digits.empty())
      return true;
    if (digits.getAsInteger(10, number) || number < 0)
      return false;
    value = number;
    return true;
  };
  return bound(range.take_front(dots).trim(), dim.min) &&
         bound(range.drop_front(dots + 2).trim(), dim.max);
}

static bool parseDynamicDim(StringRef part, DynamicDim &dim) {
  auto [place, text] = part.split('=');
  auto [input, axis] = place.rsplit(':');
  dim.input = input.trim().str();
  if (dim.input.empty() || axis.trim().getAsInteger(10, dim.axis))
    return false;
  auto [head, divisor] = text.rsplit('%');
  if (head.size() != text.size()) {
    if (divisor.trim().getAsInteger(10, dim.divisor) || dim.divisor < 1)
      return false;
    text = head;
  }
  text = text.trim();
  if (!consumeRange(text, dim))
    return false;
  dim.symbol = text.str();
  return text.find_first_of("\"[]%=") == StringRef::npos;
}

FailureOr<SmallVector<DynamicDim>> parseDynamicDims(StringRef text,
                                                    EmitError emitError) {
  SmallVector<DynamicDim> dims;
  for (StringRef part : splitParts(text)) {
    DynamicDim dim;
    if (!parseDynamicDim(part, dim))
      return emitError() << "cannot read dynamic dimension '" << part
                         << "', expected a form like 'x:0=batch[1..64]%8'";
    if (dim.min && dim.max && *dim.min > *dim.max)
      return emitError() << "dynamic dimension '" << part
                         << "' has an empty range, its least size "
                         << *dim.min << " exceeds its greatest " << *dim.max;
    dims.push_back(std::move(dim));
  }
  return dims;
}

} // namespace lz
