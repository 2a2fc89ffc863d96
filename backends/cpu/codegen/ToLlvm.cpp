//===- ToLlvm.cpp - loops to the llvm dialect, with the kernel's entry ----===//
//
// The kernel proper becomes an internal function whose pointers are `noalias` arguments. The
// entry has the kernel ABI: it reads pointers and sizes from lz_kernel_args, makes memref
// descriptors of them, and returns the error slot's code.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/Stages.h"

#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace lz::cpu {
namespace {

constexpr StringLiteral kRecordError = "lz_record_error";
constexpr StringLiteral kBody = "lz_kernel_body";

/// Calls of @lz_index_error get the error slot as first argument.
void passErrorSlot(ModuleOp module, func::FuncOp func) {
  OpBuilder b(func.getContext());
  auto pointer = LLVM::LLVMPointerType::get(func.getContext());
  (void)func.insertArgument(func.getNumArguments(), pointer, b.getDictionaryAttr({}),
                            func.getLoc());
  Value slot = func.getArguments().back();
  SmallVector<func::CallOp> calls;
  func.walk([&](func::CallOp call) {
    if (call.getCallee() == kIndexErrorFunc)
      calls.push_back(call);
  });
  for (func::CallOp call : calls) {
    b.setInsertionPoint(call);
    SmallVector<Value> operands = {slot};
    llvm::append_range(operands, call.getOperands());
    func::CallOp::create(b, call.getLoc(), kRecordError, TypeRange{}, operands);
    call.erase();
  }
  if (auto declaration = module.lookupSymbol<func::FuncOp>(kIndexErrorFunc)) {
    declaration.setName(kRecordError);
    SmallVector<Type> inputs = {pointer};
    llvm::append_range(inputs, declaration.getFunctionType().getInputs());
    declaration.setFunctionType(b.getFunctionType(inputs, {}));
  }
}

/// Divisions that round up or down have no instruction. (Upstream's pass also takes
/// maximumf and minimumf apart, which LLVM then does not recognize as reductions.)
struct ExpandDivisions : PassWrapper<ExpandDivisions, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExpandDivisions)
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

LogicalResult convert(ModuleOp module) {
  PassManager pm(module.getContext());
  pm.enableVerifier(false);
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(std::make_unique<ExpandDivisions>());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  return pm.run(module);
}

/// 16-bit integers for a vector of as many bits; null for any other type.
VectorType integersFor(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector || !(vector.getElementType().isBF16() || vector.getElementType().isF16()))
    return nullptr;
  return vector.clone(IntegerType::get(type.getContext(), 16));
}

/// Masked and shuffled vectors of half precision become those of integers: where a target has
/// no instruction LLVM takes them apart, and rounds each bf16 by a library's function.
void moveHalvesAsIntegers(ModuleOp module) {
  auto reinterpret = [](OpBuilder &b, OpOperand &operand, Type type) {
    operand.set(LLVM::BitcastOp::create(b, operand.get().getLoc(), type, operand.get()));
  };
  module.walk([&](Operation *op) {
    if (!isa<LLVM::MaskedStoreOp, LLVM::MaskedLoadOp, LLVM::ShuffleVectorOp>(op))
      return;
    OpBuilder b(op);
    for (OpOperand &operand : op->getOpOperands())
      if (VectorType type = integersFor(operand.get().getType()))
        reinterpret(b, operand, type);
    b.setInsertionPointAfter(op);
    for (OpResult result : op->getResults()) {
      Type half = result.getType();
      VectorType type = integersFor(half);
      if (!type)
        continue;
      result.setType(type);
      auto made = LLVM::BitcastOp::create(b, op->getLoc(), half, result);
      result.replaceAllUsesExcept(made, made);
    }
  });
}

/// void lz_record_error(ptr slot, i32 operand, i64 value, i64 bound): the first one wins.
void defineRecordError(ModuleOp module) {
  auto func = module.lookupSymbol<LLVM::LLVMFuncOp>(kRecordError);
  if (!func)
    return;
  OpBuilder b(module.getContext());
  Location loc = func.getLoc();
  func.setLinkage(LLVM::Linkage::Internal);
  func.setVisibility(SymbolTable::Visibility::Public);
  func.setNoInline(true);
  Block *entry = func.addEntryBlock(b);
  Block *record = b.createBlock(&func.getBody());
  Block *done = b.createBlock(&func.getBody());
  Type i32 = b.getI32Type();
  b.setInsertionPointToStart(entry);
  Value slot = entry->getArgument(0);
  Value code = LLVM::LoadOp::create(b, loc, i32, slot);
  Value zero = LLVM::ConstantOp::create(b, loc, i32, 0);
  Value isFirst = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, code, zero);
  LLVM::CondBrOp::create(b, loc, isFirst, record, done);
  b.setInsertionPointToStart(record);
  auto store = [&](Value value, int32_t offset) {
    Value address = LLVM::GEPOp::create(b, loc, slot.getType(), b.getI8Type(), slot,
                                        ArrayRef<LLVM::GEPArg>{offset});
    LLVM::StoreOp::create(b, loc, value, address);
  };
  store(LLVM::ConstantOp::create(b, loc, i32, 1), 0);
  store(entry->getArgument(1), 4);
  store(entry->getArgument(2), 8);
  store(entry->getArgument(3), 16);
  LLVM::BrOp::create(b, loc, done);
  b.setInsertionPointToStart(done);
  LLVM::ReturnOp::create(b, loc, ValueRange{});
}

/// Builds the function of type lz_kernel_fn.
class Entry {
public:
  Entry(ModuleOp module, LLVM::LLVMFuncOp body, const WrapperInfo &info)
      : module(module), body(body), info(info), b(module.getContext()), loc(body.getLoc()),
        ptr(LLVM::LLVMPointerType::get(module.getContext())), i32(b.getI32Type()),
        i64(b.getI64Type()) {}

  void build(StringRef name, bool hasErrors) {
    b.setInsertionPointToEnd(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(i32, {ptr, i64, i64, i32});
    func = LLVM::LLVMFuncOp::create(b, loc, name, type);
    Block *block = func.addEntryBlock(b);
    b.setInsertionPointToStart(block);
    sizeArray = load(ptr, block->getArgument(0), 8);
    loadSizes(sizeArray);
    Value buffers = load(ptr, block->getArgument(0), 0);
    for (auto [i, memref] : llvm::enumerate(info.types))
      addMemRef(load(ptr, buffers, 8 * i), memref, info.dims[i]);
    llvm::append_range(operands, sizes);
    operands.push_back(block->getArgument(1));
    operands.push_back(block->getArgument(2));
    addScratch(block);
    Value slot = load(ptr, block->getArgument(0), 24);
    operands.push_back(slot);
    LLVM::CallOp::create(b, loc, body, operands);
    Value code = hasErrors ? load(i32, slot, 0) : constant(i32, 0);
    LLVM::ReturnOp::create(b, loc, code);
  }

private:
  Value constant(Type type, int64_t value) {
    return LLVM::ConstantOp::create(b, loc, type, b.getIntegerAttr(type, value));
  }
  Value address(Value base, int64_t offset) {
    if (offset == 0)
      return base;
    return LLVM::GEPOp::create(b, loc, ptr, b.getI8Type(), base,
                               ArrayRef<LLVM::GEPArg>{int32_t(offset)});
  }
  Value load(Type type, Value base, int64_t offset) {
    return LLVM::LoadOp::create(b, loc, type, address(base, offset));
  }
  void loadSizes(Value array) {
    for (unsigned i = 0; i < info.numSizes; ++i)
      sizes.push_back(load(i64, array, 8 * i));
  }
  void addMemRef(Value base, MemRefType type, ArrayRef<int64_t> dims) {
    operands.append({base, base, constant(i64, 0)});
    SmallVector<Value> extents, strides(type.getRank());
    for (auto [size, extent] : llvm::zip(dims, type.getShape()))
      extents.push_back(size >= 0 ? sizes[size] : constant(i64, extent));
    Value stride = constant(i64, 1);
    for (int i = type.getRank() - 1; i >= 0; --i) {
      strides[i] = stride;
      if (i > 0)
        stride = LLVM::MulOp::create(b, loc, stride, extents[i]);
    }
    llvm::append_range(operands, extents);
    llvm::append_range(operands, strides);
  }
  /// The offsets of dynamic slots stand behind the sizes and the worker's bytes.
  Value dynamicAddress(Value base, unsigned slot) {
    Value offset = load(i64, sizeArray, 8 * (info.numSizes + 1 + slot));
    return LLVM::GEPOp::create(b, loc, ptr, b.getI8Type(), base,
                               ArrayRef<LLVM::GEPArg>{offset});
  }
  void addScratch(Block *block) {
    if (info.slots.empty())
      return;
    Value base = load(ptr, block->getArgument(0), 16);
    Value worker = LLVM::SExtOp::create(b, loc, i64, block->getArgument(3));
    bool isDynamic = llvm::any_of(info.slots, [](auto &slot) { return slot.dynamic >= 0; });
    Value bytes = isDynamic ? load(i64, sizeArray, 8 * info.numSizes)
                            : constant(i64, info.scratchBytes);
    Value offset = LLVM::MulOp::create(b, loc, worker, bytes);
    Value mine = LLVM::GEPOp::create(b, loc, ptr, b.getI8Type(), base,
                                     ArrayRef<LLVM::GEPArg>{offset});
    for (const ScratchSlot &slot : info.slots) {
      Value pointer = slot.dynamic < 0 ? address(mine, slot.offset)
                                       : dynamicAddress(mine, slot.dynamic);
      operands.append({pointer, pointer, constant(i64, 0), constant(i64, 0),
                       constant(i64, 1)});
    }
  }

  ModuleOp module;
  LLVM::LLVMFuncOp body;
  const WrapperInfo &info;
  OpBuilder b;
  Location loc;
  Type ptr, i32, i64;
  LLVM::LLVMFuncOp func;
  Value sizeArray;
  SmallVector<Value> sizes, operands;
};

/// All buffers are distinct: their pointers do not alias.
void markPointers(LLVM::LLVMFuncOp body, const WrapperInfo &info) {
  OpBuilder b(body.getContext());
  unsigned arg = 0;
  auto mark = [&](unsigned rank) {
    body.setArgAttr(arg + 1, LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
    arg += 3 + 2 * rank;
  };
  for (MemRefType type : info.types)
    mark(type.getRank());
  arg += info.numSizes + 2;
  for (unsigned i = 0; i < info.slots.size(); ++i) {
    body.setArgAttr(arg + 1, LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(64));
    mark(1);
  }
}

} // namespace

LogicalResult lowerToLlvm(ModuleOp module, func::FuncOp func, StringRef entry,
                          const WrapperInfo &info) {
  func.setName(kBody);
  func.setPrivate();
  for (unsigned i = 0; i < func.getNumArguments(); ++i)
    func.setArgAttrs(i, ArrayRef<NamedAttribute>{});
  passErrorSlot(module, func);
  if (failed(convert(module)))
    return failure();
  auto body = module.lookupSymbol<LLVM::LLVMFuncOp>(kBody);
  body.setLinkage(LLVM::Linkage::Internal);
  body.setVisibility(SymbolTable::Visibility::Public);
  body.setNoInline(true);
  moveHalvesAsIntegers(module);
  markPointers(body, info);
  defineRecordError(module);
  Entry(module, body, info)
      .build(entry, module.lookupSymbol<LLVM::LLVMFuncOp>(kRecordError) != nullptr);
  return success();
}

} // namespace lz::cpu
