//===- EmitApi.cpp - The functions of Emit.h ------------------------------===//
//
// What the MLIR-free part of the frontend asks of the trace under way.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Tracer.h"

#include "mlir/IR/AsmState.h"

using namespace mlir;

namespace lz::nn::detail {

Tensor emit(const char *name, const std::vector<Tensor> &operands, DType result,
            const Attrs &attributes) {
  return Tracer::get().emit(name, operands, {result}, attributes).front();
}

std::vector<Tensor> emitAll(const char *name, const std::vector<Tensor> &operands,
                            const std::vector<DType> &results, const Attrs &attributes) {
  return Tracer::get().emit(name, operands, results, attributes);
}

OpScope::OpScope(SourceLoc loc, const char *function) { Tracer::get().enterOp(loc, function); }
OpScope::~OpScope() { Tracer::get().leaveOp(); }

ModuleScope::ModuleScope(Module &module, SourceLoc loc) { Tracer::get().enterModule(module, loc); }
ModuleScope::~ModuleScope() { Tracer::get().leaveModule(); }

static Tensor splat(Attribute element, Type elementType, DType dtype) {
  return Tracer::get().constant(
      DenseElementsAttr::get(RankedTensorType::get({}, elementType), element), dtype);
}

Tensor constantScalar(double value, DType dtype) {
  Type type = toType(Tracer::get().getBuilder().getContext(), dtype);
  return splat(FloatAttr::get(type, value), type, dtype);
}

Tensor constantScalar(int64_t value, DType dtype) {
  Type type = toType(Tracer::get().getBuilder().getContext(), dtype);
  if (dtype == DType::boolean)
    value = value != 0;
  llvm::APInt bits(type.getIntOrFloatBitWidth(), static_cast<uint64_t>(value), /*isSigned=*/true,
                   /*implicitTrunc=*/true);
  return splat(IntegerAttr::get(type, bits), type, dtype);
}

Tensor constantInts(const Ints &values) {
  Tracer &tracer = Tracer::get();
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())},
                                    tracer.getBuilder().getI64Type());
  return tracer.constant(DenseElementsAttr::get(type, llvm::ArrayRef<int64_t>(values)), DType::i64);
}

Dim sizeOf(const Tensor &tensor, int64_t axis) { return Tracer::get().sizeOf(tensor, axis); }

std::optional<int64_t> rankOf(const Tensor &tensor) {
  TensorType type = Tracer::get().getType(tensor);
  if (!type.hasRank())
    return std::nullopt;
  return type.getRank();
}

std::optional<Dims> sizesOf(const Tensor &tensor) {
  TensorType type = Tracer::get().getType(tensor);
  if (!type.hasRank())
    return std::nullopt;
  Dims dims;
  for (const DimExpr &dim : type.getShape())
    dims.push_back(Dim(dim));
  return dims;
}

std::optional<SizeSource> findSizeSource(const std::string &symbol) {
  Tracer *tracer = Tracer::getIfAny();
  return tracer ? tracer->findSizeSource(symbol) : std::nullopt;
}

Tensor readParameter(const Parameter &parameter) { return Tracer::get().readParameter(parameter); }
void writeBuffer(const Parameter &buffer, const Tensor &value) {
  Tracer::get().writeBuffer(buffer, value);
}

Tensor readRandomSeed() { return Tracer::get().readRandomState("rng.seed"); }
Tensor readRandomCounter() { return Tracer::get().readRandomState("rng.counter"); }
int64_t nextRandomStream() { return Tracer::get().nextRandomStream(); }

std::string describeModule() { return Tracer::get().describeModule(); }

void expectRanks(const Tensor &x, const Ints &ranks) {
  emitAll("expect", {x}, {}, {{"ranks", ranks}, {"what", describeModule()}});
}

void expectSeveral(const Dim &count, const std::string &message) {
  if (count.tryValue() == 1)
    fail(message + ", found 1");
  if (!count.isKnown())
    emitAll("expect_several", {toScalar(count)}, {},
            {{"message", describeModule() + ": " + message}});
}

} // namespace lz::nn::detail
