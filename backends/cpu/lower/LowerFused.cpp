//===- LowerFused.cpp - a fused region becomes a function -----------------===//
//
// Makes the function and its arguments, lowers op by op from the table, and lets
// the last op of each output compute into that output's argument.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/LowerFused.h"

#include "backends/cpu/codegen/KernelFunc.h"
#include "backends/cpu/lower/Cleanup.h"
#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/SymbolFacts.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/Transforms/TilingInterfaceImpl.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace lz::cpu {

namespace {

/// Builds the function of one region.
class Kernel {
public:
  Kernel(FusedOp fused, const DimFacts &facts)
      : fused(fused), module(ModuleOp::create(fused.getLoc())),
        b(module->getBodyRegion()), facts(facts) {}

  FailureOr<LoweredKernel> build();

private:
  LogicalResult checkTypes();
  void makeFunction();
  void bindInputs(Lowering &lowering);
  LogicalResult lowerBody(Lowering &lowering);
  void finish(Lowering &lowering);
  void annotateDims(ArrayRef<DimExpr> sizes);
  void annotateSizes(ArrayRef<DimExpr> sizes);

  FusedOp fused;
  OwningOpRef<ModuleOp> module;
  OpBuilder b;
  const DimFacts &facts;
  func::FuncOp func;
};

LogicalResult checkType(Operation *op, Value value) {
  auto type = cast<TensorType>(value.getType());
  if (!type.hasRank())
    return op->emitOpError("cannot be lowered: found a tensor of unknown rank, "
                           "expected a shape");
  for (const DimExpr &dim : type.getShape())
    if (dim.isOverflow())
      return op->emitOpError("cannot be lowered: a dimension overflows");
  return success();
}

LogicalResult Kernel::checkTypes() {
  for (Value argument : fused.getBody().getArguments())
    if (failed(checkType(fused, argument)))
      return failure();
  for (Operation &op : fused.getBody().front())
    for (Value result : op.getResults())
      if (failed(checkType(&op, result)))
        return failure();
  return success();
}

Type argumentType(Lowering &lowering, Value value) {
  return lowering.tensorType(Lowering::dimsOf(value), Lowering::elementOf(value));
}

void Kernel::makeFunction() {
  b.setInsertionPointToEnd(module->getBody());
  func = func::FuncOp::create(b, fused.getLoc(), "kernel",
                              b.getFunctionType(TypeRange(), TypeRange()));
  Block *entry = func.addEntryBlock();
  b.setInsertionPointToStart(entry);
  Lowering types(b, func, fused.getLoc(), facts);
  for (Value input : fused.getBody().getArguments())
    entry->addArgument(argumentType(types, input), input.getLoc());
  for (Value output : fused.getYield().getOperands())
    entry->addArgument(argumentType(types, output), output.getLoc());
}

/// Inputs without their axes of dimension 1, so that what reads them has plain
/// projections of the loops as indices.
void Kernel::bindInputs(Lowering &lowering) {
  for (BlockArgument input : fused.getBody().getArguments()) {
    Dims dims = Lowering::dimsOf(input), plain;
    for (const DimExpr &dim : dims)
      if (dim != DimExpr(1))
        plain.push_back(dim);
    Tensor tensor =
        lowering.wrap(func.getArgument(input.getArgNumber()), dims,
                      Lowering::elementOf(input));
    if (plain.size() != dims.size())
      tensor = lowering.squeezedValue(tensor);
    lowering.set(input, tensor);
    for (const DimExpr &dim : dims)
      if (!dim.isConstant())
        lowering.size(dim);
  }
  for (Value output : fused.getYield().getOperands())
    for (const DimExpr &dim : Lowering::dimsOf(output))
      if (!dim.isConstant())
        lowering.size(dim);
}

LogicalResult Kernel::lowerBody(Lowering &lowering) {
  const OpTable &table = OpTable::get();
  for (Operation &op : fused.getBody().front().without_terminator()) {
    OpTable::Function lower = table.find(op.getName().getStringRef());
    if (!lower)
      return op.emitOpError("has no lowering in the cpu backend");
    lowering.loc = op.getLoc();
    if (failed(lower(lowering, &op)))
      return failure();
  }
  return success();
}

void Kernel::finish(Lowering &lowering) {
  lowering.loc = fused.getLoc();
  SmallVector<Value> results;
  unsigned numInputs = fused.getBody().getNumArguments();
  for (auto [i, output] : llvm::enumerate(fused.getYield().getOperands())) {
    Tensor tensor = lowering.get(output);
    Value destination = func.getArgument(numInputs + i);
    results.push_back(lowering.into(tensor, destination));
  }
  func::ReturnOp::create(b, fused.getLoc(), results);
  func.setType(b.getFunctionType(func.getBody().getArgumentTypes(),
                                 TypeRange(ValueRange(results))));
  func->setAttr(kNumInputsAttr, b.getI64IntegerAttr(numInputs));
  func->setAttr(kNumOutputsAttr, b.getI64IntegerAttr(results.size()));
  func->setAttr(kNumSizesAttr, b.getI64IntegerAttr(lowering.sizes().size()));
  annotateDims(lowering.sizes());
  annotateSizes(lowering.sizes());
}

/// `lz.dims`: which size holds which dimension of an argument.
void Kernel::annotateDims(ArrayRef<DimExpr> sizes) {
  SmallVector<Value> values(fused.getBody().getArguments());
  llvm::append_range(values, fused.getYield().getOperands());
  for (auto [i, value] : llvm::enumerate(values)) {
    SmallVector<int64_t> numbers;
    for (const DimExpr &dim : Lowering::dimsOf(value))
      numbers.push_back(dim.isConstant() ? -1
                                         : llvm::find(sizes, dim) - sizes.begin());
    if (llvm::any_of(numbers, [](int64_t number) { return number >= 0; }))
      func.setArgAttr(i, kDimsAttr, b.getDenseI64ArrayAttr(numbers));
  }
}

/// `lz.min` and others: the sizes' ranges.
void Kernel::annotateSizes(ArrayRef<DimExpr> sizes) {
  unsigned first = func.getNumArguments() - sizes.size();
  for (auto [i, expr] : llvm::enumerate(sizes)) {
    auto [min, max] = facts.range(expr);
    int64_t divisor = facts.knownDivisor(expr);
    if (min)
      func.setArgAttr(first + i, kMinAttr, b.getI64IntegerAttr(*min));
    if (max && *max != std::numeric_limits<int64_t>::max())
      func.setArgAttr(first + i, kMaxAttr, b.getI64IntegerAttr(*max));
    if (divisor > 1)
      func.setArgAttr(first + i, kDivisorAttr, b.getI64IntegerAttr(divisor));
  }
}

FailureOr<LoweredKernel> Kernel::build() {
  if (failed(checkTypes()))
    return failure();
  makeFunction();
  Lowering lowering(b, func, fused.getLoc(), facts);
  bindInputs(lowering);
  if (failed(lowerBody(lowering)))
    return failure();
  finish(lowering);
  inlinePointwiseReads(func);
  if (failed(verify(*module)))
    return fused.emitOpError("was lowered to invalid IR: this is a defect");
  LoweredKernel kernel;
  kernel.sizes.assign(lowering.sizes().begin(), lowering.sizes().end());
  kernel.module = std::move(module);
  return kernel;
}

} // namespace

FailureOr<LoweredKernel> lowerFused(FusedOp op) {
  return lowerFused(op, readSymbolFacts(op));
}

FailureOr<LoweredKernel> lowerFused(FusedOp op, const DimFacts &facts) {
  return Kernel(op, facts).build();
}

bool hasLowering(StringRef opName) { return OpTable::get().find(opName); }

SmallVector<StringRef> loweredOps() {
  SmallVector<StringRef> names;
  for (const auto &entry : OpTable::get().all())
    names.push_back(entry.getKey());
  llvm::sort(names);
  return names;
}

void registerLoweringDialects(DialectRegistry &registry) {
  registry.insert<affine::AffineDialect, arith::ArithDialect, func::FuncDialect,
                  linalg::LinalgDialect, math::MathDialect, scf::SCFDialect,
                  tensor::TensorDialect, vector::VectorDialect>();
}

} // namespace lz::cpu
