//===- Sequences.cpp ------------------------------------------------------===//
//
// Sequences and optionals: operations of the runtime. What was put in a few
// lines before is taken from there, so that its shape stays known.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Sequences.h"

#include "frontend/onnx/Moves.h"
#include "frontend/onnx/Registry.h"

#include "ir/Diagnostics.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;
namespace proto = ::onnx;

Value onnximport::host(Node &n, llvm::StringRef name, Type type,
                       ValueRange operands,
                       llvm::ArrayRef<NamedAttribute> attrs) {
  DictionaryAttr dictionary;
  if (!attrs.empty())
    dictionary = n.builder.getDictionaryAttr(attrs);
  return n.result(HostOp::create(n.builder, n.loc, TypeRange(type), name,
                                 operands, dictionary));
}

/// The host operation of that name which computes `x`, null if it is another.
static HostOp findHost(Value x, llvm::StringRef name) {
  auto op = x.getDefiningOp<HostOp>();
  return op && op.getName() == name ? op : HostOp();
}

/// The element type of a sequence; an error, and null, for another value.
static Type elementOf(Node &n, Value x) {
  auto type = llvm::dyn_cast<SequenceType>(x.getType());
  if (!type && !n.failed)
    n.error() << "got " << typeText(x.getType()) << ", expected a sequence";
  return type ? type.getElementType() : Type();
}

static Value toPosition(Node &n, Value x) {
  if (!llvm::isa<lz::TensorType>(x.getType())) {
    n.error() << "got " << typeText(x.getType()) << " as a position, expected a tensor";
    return n.intScalar(0);
  }
  return toScalar(n, n.cast(x, n.i64()));
}

//===----------------------------------------------------------------------===//
// Building blocks
//===----------------------------------------------------------------------===//

Value onnximport::emptySequence(Node &n, Type elementType) {
  return host(n, "sequence_empty",
              SequenceType::get(n.builder.getContext(), elementType), {});
}

Value onnximport::sequenceAt(Node &n, Value sequence, Value position) {
  Type element = elementOf(n, sequence);
  if (!element)
    return sequence;
  return host(n, "sequence_at", cloneUnranked(element),
              {sequence, toPosition(n, position)});
}

Value onnximport::sequenceInsert(Node &n, Value sequence, Value added,
                                 Value position) {
  if (!elementOf(n, sequence))
    return sequence;
  Values operands = {sequence, added};
  if (position)
    operands.push_back(toPosition(n, position));
  return host(n, "sequence_insert", sequence.getType(), operands);
}

Value onnximport::sequenceLength(Node &n, Value sequence) {
  if (!elementOf(n, sequence))
    return sequence;
  return host(n, "sequence_length", n.unranked(n.i64()), sequence);
}

Value onnximport::wrapOptional(Node &n, Value x) {
  return host(n, "optional",
              OptionalType::get(n.builder.getContext(), x.getType()), x);
}

Value onnximport::unwrapOptional(Node &n, Value x) {
  auto optional = llvm::dyn_cast<OptionalType>(x.getType());
  if (!optional)
    return x;
  if (HostOp made = findHost(x, "optional"))
    if (!made.getInputs().empty())
      return made.getInputs().front();
  Type element = optional.getElementType();
  return host(n, "optional_get_element",
              llvm::isa<lz::TensorType>(element) ? cloneUnranked(element)
                                                 : element,
              x);
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

static void importSequenceEmpty(Node &n) {
  const ElementInfo *element =
      findElementInfo(int32_t(n.attrInt("dtype", proto::TensorProto::FLOAT)));
  if (!element) {
    n.error() << "attribute 'dtype' is " << n.attrInt("dtype", 0)
              << ", expected a type of tensors";
    return;
  }
  n.set(0, emptySequence(n, n.unranked(n.storageType(*element))),
        element->isLogical ? element : nullptr);
}

static void importSequenceConstruct(Node &n) {
  Values elements;
  for (size_t i = 0; i < n.numInputs(); ++i)
    elements.push_back(n.in(i));
  Type element = cloneUnranked(elements.front().getType());
  if (!llvm::isa<lz::TensorType>(element)) {
    n.error() << "puts " << typeText(element) << " into a sequence, expected tensors";
    return;
  }
  n.set(0,
        host(n, "sequence_construct",
             SequenceType::get(n.builder.getContext(), element), elements),
        n.logical(0));
}

/// The operand of a SequenceConstruct that stands at a known position.
static Value findConstructed(Node &n) {
  HostOp made = findHost(n.in(0), "sequence_construct");
  auto position = n.contents(n.in(1));
  if (!made || !position || position->size() != 1)
    return {};
  int64_t count = made.getInputs().size();
  std::optional<int64_t> at = position->front().getConstant();
  if (!at || *at < -count || *at >= count)
    return {};
  return made.getInputs()[*at < 0 ? *at + count : *at];
}

static void importSequenceAt(Node &n) {
  Value known = findConstructed(n);
  n.set(0, known ? known : sequenceAt(n, n.in(0), n.in(1)), n.logical(0));
}

static void importSequenceInsert(Node &n) {
  n.set(0, sequenceInsert(n, n.in(0), n.in(1), n.has(2) ? n.in(2) : Value()),
        n.logical(0));
}

static void importSequenceErase(Node &n) {
  Values operands = {n.in(0)};
  if (n.has(1))
    operands.push_back(toPosition(n, n.in(1)));
  n.set(0, host(n, "sequence_erase", n.in(0).getType(), operands),
        n.logical(0));
}

static void importSequenceLength(Node &n) {
  n.set(0, sequenceLength(n, n.in(0)));
}

static void importConcatFromSequence(Node &n) {
  Type element = elementOf(n, n.in(0));
  if (!element)
    return;
  if (!n.hasAttr("axis")) {
    n.error() << "has no attribute 'axis', expected one";
    return;
  }
  int64_t axis = n.attrInt("axis", 0);
  bool isNew = n.attrInt("new_axis", 0) != 0;
  if (HostOp made = findHost(n.in(0), "sequence_construct")) {
    Values elements(made.getInputs());
    if (isNew)
      for (Value &x : elements)
        x = n.unsqueeze(x, {axis});
    return n.set(0, join(n, elements, axis), n.logical(0));
  }
  OpBuilder &b = n.builder;
  n.set(0,
        host(n, "concat_from_sequence", cloneUnranked(element), n.in(0),
             {b.getNamedAttr("axis", b.getI64IntegerAttr(axis)),
              b.getNamedAttr("new_axis", b.getBoolAttr(isNew))}),
        n.logical(0));
}

static void importSplitToSequence(Node &n) {
  OpBuilder &b = n.builder;
  Values operands = {n.in(0)};
  if (n.has(1))
    operands.push_back(n.cast(n.in(1), n.i64()));
  Type type =
      SequenceType::get(b.getContext(), cloneUnranked(n.in(0).getType()));
  int64_t axis = n.attrInt("axis", 0);
  bool keepDims = n.attrInt("keepdims", 1) != 0;
  n.set(0,
        host(n, "split_to_sequence", type, operands,
             {b.getNamedAttr("axis", b.getI64IntegerAttr(axis)),
              b.getNamedAttr("keepdims", b.getBoolAttr(keepDims))}),
        n.logical(0));
}

//===----------------------------------------------------------------------===//
// Optionals
//===----------------------------------------------------------------------===//

/// Deeper types have no use.
static constexpr int kMaxTypeDepth = 8;

/// The type that a file describes; what is no number differs from run to run.
static Type typeOf(Node &n, const proto::TypeProto &type,
                   const ElementInfo *&logical, int depth = 0) {
  MLIRContext *context = n.builder.getContext();
  if (type.has_tensor_type()) {
    const ElementInfo *element =
        findElementInfo(type.tensor_type().elem_type());
    if (!element)
      return {};
    logical = element->isLogical ? element : nullptr;
    lz::TensorType tensor = n.unranked(n.storageType(*element));
    if (!type.tensor_type().has_shape())
      return tensor;
    Dims dims;
    for (const auto &dim : type.tensor_type().shape().dim())
      dims.push_back(dim.has_dim_value() && dim.dim_value() >= 0
                         ? DimExpr(dim.dim_value())
                         : unknownDim());
    return tensor.cloneWithShape(dims);
  }
  bool isSequence = type.has_sequence_type();
  if (depth > kMaxTypeDepth || (!isSequence && !type.has_optional_type()))
    return {};
  Type element = typeOf(n,
                        isSequence ? type.sequence_type().elem_type()
                                   : type.optional_type().elem_type(),
                        logical, depth + 1);
  if (!element || llvm::isa<OptionalType>(element) ||
      (isSequence && !llvm::isa<lz::TensorType>(element)))
    return {};
  return isSequence ? Type(SequenceType::get(context, element))
                    : Type(OptionalType::get(context, element));
}

static void importOptional(Node &n) {
  if (n.has(0) && llvm::isa<OptionalType>(n.in(0).getType())) {
    n.error() << "puts " << typeText(n.in(0).getType())
              << " into an optional, expected a tensor or a sequence";
    return;
  }
  if (n.has(0))
    return n.set(0, wrapOptional(n, n.in(0)), n.logical(0));
  const proto::AttributeProto *attribute = n.find("type");
  const ElementInfo *logical = nullptr;
  Type element = attribute ? typeOf(n, attribute->tp(), logical) : Type();
  if (!element || llvm::isa<OptionalType>(element)) {
    n.error() << "has neither an input nor an attribute 'type' that is a "
                 "tensor or a sequence";
    return;
  }
  n.set(0,
        host(n, "optional",
             OptionalType::get(n.builder.getContext(), element), {}),
        logical);
}

/// What is no optional is there.
static void importOptionalHasElement(Node &n) {
  if (!n.has(0))
    return n.set(0, n.scalar(0, n.i1()));
  if (!llvm::isa<OptionalType>(n.in(0).getType()))
    return n.set(0, n.scalar(1, n.i1()));
  if (HostOp made = findHost(n.in(0), "optional"))
    return n.set(0, n.scalar(made.getInputs().empty() ? 0 : 1, n.i1()));
  n.set(0, host(n, "optional_has_element", n.unranked(n.i1()), n.in(0)));
}

static void importOptionalGetElement(Node &n) {
  n.set(0, unwrapOptional(n, n.in(0)), n.logical(0));
}

static constexpr OpRow kRows[] = {
    {"SequenceEmpty", importSequenceEmpty, 0, 0},
    {"SequenceConstruct", importSequenceConstruct, 1, kAnyNumber},
    {"SequenceAt", importSequenceAt, 2, 2, "", true},
    {"SequenceInsert", importSequenceInsert, 2, 3, "", true},
    {"SequenceErase", importSequenceErase, 1, 2, "", true},
    {"SequenceLength", importSequenceLength, 1, 1, "", true},
    {"ConcatFromSequence", importConcatFromSequence, 1, 1, "", true},
    {"SplitToSequence", importSplitToSequence, 1, 2},
    {"Optional", importOptional, 0, 1, "", true},
    {"OptionalHasElement", importOptionalHasElement, 0, 1, "", true},
    {"OptionalGetElement", importOptionalGetElement, 1, 1, "", true},
};

OpRows lz::onnximport::sequenceOps() { return kRows; }
