//===- LzBytecode.cpp - bytecode of types and attributes ------------------===//
//
// Unresolved artifacts carry the IR as bytecode, so its encoding is versioned:
// a reader takes every version up to its own and refuses later ones. Codes and
// the order of fields never change; append.
//
//===----------------------------------------------------------------------===//

#include "ir/LzDialect.h"

#include "mlir/Bytecode/BytecodeImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lz;

namespace {

constexpr uint64_t kCurrentVersion = 1;

enum TypeCode : uint64_t {
  kTensorType = 0,
  kStringType = 1,
  kSequenceType = 2,
  kOptionalType = 3
};

enum AttrCode : uint64_t {
  kDim = 0,
  kDimArray = 1,
  kFillInit = 2,
  kUniformInit = 3,
  kNormalInit = 4,
  kKaimingUniformInit = 5,
  kUniformFanInInit = 6,
  kScaledUniformInit = 7
};

struct LzVersion : DialectVersion {
  explicit LzVersion(uint64_t number) : number(number) {}
  uint64_t number;
};

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

/// The number of steps of the stack program, then the steps; a constant is
/// zero steps and its value. Names are string attributes, stored once.
void writeDim(const DimExpr &dim, MLIRContext *context,
              DialectBytecodeWriter &writer) {
  if (std::optional<int64_t> number = dim.getConstant()) {
    writer.writeVarInt(0);
    writer.writeSignedVarInt(*number);
    return;
  }
  std::vector<DimExpr::Step> steps = dim.postfix();
  writer.writeVarInt(steps.size());
  for (const DimExpr::Step &step : steps) {
    writer.writeVarInt(uint64_t(step.op));
    if (step.op == DimExpr::Op::Const)
      writer.writeSignedVarInt(step.value);
    else if (step.op == DimExpr::Op::Symbol)
      writer.writeAttribute(StringAttr::get(context, step.symbol));
  }
}

LogicalResult readStep(DialectBytecodeReader &reader, DimExpr::Step &step) {
  uint64_t code;
  if (failed(reader.readVarInt(code)))
    return failure();
  if (code > uint64_t(DimExpr::Op::Max))
    return reader.emitError() << "unknown operation " << code
                              << " in a dimension expression";
  step.op = DimExpr::Op(code);
  step.value = 0;
  if (step.op == DimExpr::Op::Const)
    return reader.readSignedVarInt(step.value);
  if (step.op != DimExpr::Op::Symbol)
    return success();
  StringAttr name;
  if (failed(reader.readAttribute(name)))
    return failure();
  step.symbol = name.str();
  return success();
}

LogicalResult readDim(DialectBytecodeReader &reader, DimExpr &dim) {
  uint64_t numSteps;
  if (failed(reader.readVarInt(numSteps)))
    return failure();
  if (numSteps == 0) {
    int64_t number;
    if (failed(reader.readSignedVarInt(number)))
      return failure();
    dim = number;
    return success();
  }
  std::vector<DimExpr::Step> steps;
  // Not reserved: the count is not to be trusted.
  for (uint64_t i = 0; i < numSteps; ++i)
    if (failed(readStep(reader, steps.emplace_back())))
      return failure();
  std::optional<DimExpr> result = DimExpr::fromPostfix(steps);
  if (!result)
    return reader.emitError() << "malformed dimension expression";
  dim = *result;
  return success();
}

void writeDims(ArrayRef<DimExpr> dims, MLIRContext *context,
               DialectBytecodeWriter &writer) {
  writer.writeList(dims, [&](const DimExpr &dim) {
    writeDim(dim, context, writer);
  });
}

LogicalResult readDims(DialectBytecodeReader &reader,
                       SmallVectorImpl<DimExpr> &dims) {
  uint64_t size;
  if (failed(reader.readVarInt(size)))
    return failure();
  for (uint64_t i = 0; i < size; ++i)
    if (failed(readDim(reader, dims.emplace_back())))
      return failure();
  return success();
}

void writeReal(Real real, DialectBytecodeWriter &writer) {
  writer.writeAPFloatWithKnownSemantics(APFloat(double(real)));
}

LogicalResult readReal(DialectBytecodeReader &reader, Real &real) {
  FailureOr<APFloat> value =
      reader.readAPFloatWithKnownSemantics(APFloat::IEEEdouble());
  if (failed(value))
    return failure();
  real = value->convertToDouble();
  return success();
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// The kinds of initialization by one or two numbers.
template <typename Attr>
Attribute readOneReal(DialectBytecodeReader &reader) {
  Real value;
  if (failed(readReal(reader, value)))
    return {};
  return Attr::get(reader.getContext(), value);
}

template <typename Attr>
Attribute readTwoReals(DialectBytecodeReader &reader) {
  Real first, second;
  if (failed(readReal(reader, first)) || failed(readReal(reader, second)))
    return {};
  return Attr::get(reader.getContext(), first, second);
}

Attribute readNormalAttr(DialectBytecodeReader &reader) {
  Real mean, stddev;
  int64_t zeroRow;
  if (failed(readReal(reader, mean)) || failed(readReal(reader, stddev)) ||
      failed(reader.readSignedVarInt(zeroRow)))
    return {};
  return NormalInitAttr::get(reader.getContext(), mean, stddev, zeroRow);
}

Attribute readScaledUniformAttr(DialectBytecodeReader &reader) {
  Real numerator;
  DimExpr size;
  if (failed(readReal(reader, numerator)) || failed(readDim(reader, size)))
    return {};
  return ScaledUniformInitAttr::get(reader.getContext(), numerator, size);
}

Attribute readDimAttr(DialectBytecodeReader &reader) {
  DimExpr dim;
  if (failed(readDim(reader, dim)))
    return {};
  return DimAttr::get(reader.getContext(), dim);
}

Attribute readDimArrayAttr(DialectBytecodeReader &reader) {
  SmallVector<DimExpr> dims;
  if (failed(readDims(reader, dims)))
    return {};
  return DimArrayAttr::get(reader.getContext(), ArrayRef<DimExpr>(dims));
}

Attribute readFanInAttr(DialectBytecodeReader &reader) {
  StringAttr name;
  if (failed(reader.readAttribute(name)))
    return {};
  return UniformFanInInitAttr::get(reader.getContext(), name);
}

//===----------------------------------------------------------------------===//
// The interface
//===----------------------------------------------------------------------===//

class LzBytecodeInterface : public BytecodeDialectInterface {
public:
  explicit LzBytecodeInterface(Dialect *dialect) : BytecodeDialectInterface(dialect) {}

  void writeVersion(DialectBytecodeWriter &writer) const override {
    writer.writeVarInt(kCurrentVersion);
  }

  std::unique_ptr<DialectVersion>
  readVersion(DialectBytecodeReader &reader) const override {
    uint64_t number;
    if (failed(reader.readVarInt(number)))
      return nullptr;
    if (number == 0 || number > kCurrentVersion) {
      reader.emitError() << "found version " << number
                         << " of the lz dialect, expected 1 to "
                         << kCurrentVersion << "; use a newer release";
      return nullptr;
    }
    return std::make_unique<LzVersion>(number);
  }

  LogicalResult writeType(Type type,
                          DialectBytecodeWriter &writer) const override;
  Type readType(DialectBytecodeReader &reader) const override;
  LogicalResult writeAttribute(Attribute attr,
                               DialectBytecodeWriter &writer) const override;
  Attribute readAttribute(DialectBytecodeReader &reader) const override;
};

/// A tensor's element type, then the shape of one with a rank.
Type readTensorType(DialectBytecodeReader &reader, bool ranked) {
  Type elementType;
  SmallVector<DimExpr> dims;
  if (failed(reader.readType(elementType)) ||
      (ranked && failed(readDims(reader, dims))))
    return {};
  return lz::TensorType::getChecked([&] { return reader.emitError(); },
                                    reader.getContext(), ranked,
                                    DimList(ArrayRef<DimExpr>(dims)),
                                    elementType);
}

template <typename Container>
Type readContainerType(DialectBytecodeReader &reader) {
  Type elementType;
  if (failed(reader.readType(elementType)))
    return {};
  return Container::getChecked([&] { return reader.emitError(); },
                               reader.getContext(), elementType);
}

} // namespace

/// The code with a flag that only tensors use: whether the rank is known.
LogicalResult
LzBytecodeInterface::writeType(Type type, DialectBytecodeWriter &writer) const {
  auto writeContainer = [&](TypeCode code, Type elementType) {
    writer.writeVarIntWithFlag(code, false);
    writer.writeType(elementType);
    return success();
  };
  return llvm::TypeSwitch<Type, LogicalResult>(type)
      .Case([&](lz::TensorType tensor) {
        writer.writeVarIntWithFlag(kTensorType, tensor.hasRank());
        writer.writeType(tensor.getElementType());
        if (tensor.hasRank())
          writeDims(tensor.getShape(), getContext(), writer);
        return success();
      })
      .Case([&](lz::StringType) {
        writer.writeVarIntWithFlag(kStringType, false);
        return success();
      })
      .Case([&](SequenceType sequence) {
        return writeContainer(kSequenceType, sequence.getElementType());
      })
      .Case([&](OptionalType optional) {
        return writeContainer(kOptionalType, optional.getElementType());
      })
      .Default(failure());
}

Type LzBytecodeInterface::readType(DialectBytecodeReader &reader) const {
  uint64_t code;
  bool ranked;
  if (failed(reader.readVarIntWithFlag(code, ranked)))
    return {};
  switch (code) {
  case kTensorType:
    return readTensorType(reader, ranked);
  case kStringType:
    return lz::StringType::get(getContext());
  case kSequenceType:
    return readContainerType<SequenceType>(reader);
  case kOptionalType:
    return readContainerType<OptionalType>(reader);
  default:
    reader.emitError() << "unknown code " << code << " of an lz type";
    return {};
  }
}

LogicalResult
LzBytecodeInterface::writeAttribute(Attribute attr,
                                    DialectBytecodeWriter &writer) const {
  return llvm::TypeSwitch<Attribute, LogicalResult>(attr)
      .Case([&](DimAttr dim) {
        writer.writeVarInt(kDim);
        writeDim(dim.getValue(), getContext(), writer);
        return success();
      })
      .Case([&](DimArrayAttr dims) {
        writer.writeVarInt(kDimArray);
        writeDims(dims.getValues(), getContext(), writer);
        return success();
      })
      .Case([&](FillInitAttr init) {
        writer.writeVarInt(kFillInit);
        writeReal(init.getValue(), writer);
        return success();
      })
      .Case([&](UniformInitAttr init) {
        writer.writeVarInt(kUniformInit);
        writeReal(init.getLow(), writer);
        writeReal(init.getHigh(), writer);
        return success();
      })
      .Case([&](NormalInitAttr init) {
        writer.writeVarInt(kNormalInit);
        writeReal(init.getMean(), writer);
        writeReal(init.getStddev(), writer);
        writer.writeSignedVarInt(init.getZeroRow());
        return success();
      })
      .Case([&](ScaledUniformInitAttr init) {
        writer.writeVarInt(kScaledUniformInit);
        writeReal(init.getNumerator(), writer);
        writeDim(init.getSize(), getContext(), writer);
        return success();
      })
      .Case([&](KaimingUniformInitAttr init) {
        writer.writeVarInt(kKaimingUniformInit);
        writeReal(init.getA(), writer);
        return success();
      })
      .Case([&](UniformFanInInitAttr init) {
        writer.writeVarInt(kUniformFanInInit);
        writer.writeAttribute(init.getParameter());
        return success();
      })
      .Default(failure());
}

Attribute
LzBytecodeInterface::readAttribute(DialectBytecodeReader &reader) const {
  uint64_t code;
  if (failed(reader.readVarInt(code)))
    return {};
  switch (code) {
  case kDim:
    return readDimAttr(reader);
  case kDimArray:
    return readDimArrayAttr(reader);
  case kFillInit:
    return readOneReal<FillInitAttr>(reader);
  case kUniformInit:
    return readTwoReals<UniformInitAttr>(reader);
  case kNormalInit:
    return readNormalAttr(reader);
  case kKaimingUniformInit:
    return readOneReal<KaimingUniformInitAttr>(reader);
  case kUniformFanInInit:
    return readFanInAttr(reader);
  case kScaledUniformInit:
    return readScaledUniformAttr(reader);
  default:
    reader.emitError() << "unknown code " << code << " of an lz attribute";
    return {};
  }
}

void LzDialect::registerBytecode() { addInterfaces<LzBytecodeInterface>(); }
