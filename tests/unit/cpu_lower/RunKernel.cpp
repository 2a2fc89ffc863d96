//===- RunKernel.cpp - runs a function of lz ops as one kernel ------------===//
//
// The body of the program behind test_kernels.py: reads requests from standard
// input, each the text of a module and inputs of its first function; makes one
// kernel of all ops of the function, whatever fusion would do; compiles and runs
// it, and writes the outputs. It knows no runtime, so a failure here is one of the
// CPU backend.
//
// All numbers are i64, little endian. Request: text (length, bytes), number of
// runs, and per run the number of inputs and each one's dimensions (count,
// values) and elements (length, bytes). Answer: 0 and a message, or 1 and per run
// the kernel's code and either its error's operand, value and bound, or the number of
// outputs and each one's dimensions and elements.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/LowerFused.h"
#include "ir/LzDialect.h"
#include "passes/Passes.h"
#include "tests/unit/cpu/JitImage.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Parser/Parser.h"

#include <cstdio>
#include <cstdlib>

using namespace mlir;
using namespace lz;

namespace {

struct Array {
  std::vector<int64_t> dims;
  std::vector<char> data;
};

//===----------------------------------------------------------------------===//
// Standard input and output
//===----------------------------------------------------------------------===//

void readBytes(void *to, size_t size) {
  if (size && std::fread(to, size, 1, stdin) != 1)
    std::exit(0);
}

int64_t readNumber() {
  int64_t number = 0;
  readBytes(&number, sizeof number);
  return number;
}

std::vector<char> readData() {
  std::vector<char> data(readNumber());
  readBytes(data.data(), data.size());
  return data;
}

Array readArray() {
  Array array;
  array.dims.resize(readNumber());
  for (int64_t &dim : array.dims)
    dim = readNumber();
  array.data = readData();
  return array;
}

void writeNumber(int64_t number) { std::fwrite(&number, sizeof number, 1, stdout); }

void writeData(const void *data, size_t size) {
  writeNumber(size);
  if (size)
    std::fwrite(data, size, 1, stdout);
}

void writeArray(const Array &array) {
  writeNumber(array.dims.size());
  for (int64_t dim : array.dims)
    writeNumber(dim);
  writeData(array.data.data(), array.data.size());
}

//===----------------------------------------------------------------------===//
// From a function to a kernel
//===----------------------------------------------------------------------===//

/// The bytes of a parameter's value, booleans one byte each.
std::vector<char> bytesOf(ElementsAttr value) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    ArrayRef<char> data = resource.getRawHandle().getBlob()->getData();
    return {data.begin(), data.end()};
  }
  auto dense = cast<DenseElementsAttr>(value);
  std::vector<char> bytes;
  if (dense.getElementType().isInteger(1)) {
    for (bool element : dense.getValues<bool>())
      bytes.push_back(element);
    return bytes;
  }
  ArrayRef<char> raw = dense.getRawData();
  int64_t copies = dense.isSplat() ? dense.getNumElements() : 1;
  for (int64_t i = 0; i < copies; ++i)
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  return bytes;
}

/// A function whose computing ops stand in one lz.fused; parameters are inputs.
struct Program {
  FusedOp fused;
  std::vector<Array> parameters; ///< after the function's arguments
};

Program wrap(ModuleOp module) {
  lz::FuncOp func = *module.getOps<lz::FuncOp>().begin();
  Block &block = func.getBody().front();
  SmallVector<Value> inputs(block.getArguments());
  Program program;
  SmallVector<Operation *> body;
  for (Operation &op : block.without_terminator()) {
    if (isa<GuardOp, ExpectOp>(op))
      continue;
    auto get = dyn_cast<GetParameterOp>(op);
    if (!get) {
      body.push_back(&op);
      continue;
    }
    inputs.push_back(get.getResult());
    for (auto parameter : module.getOps<ParameterOp>())
      if (parameter.getName() == get.getName())
        program.parameters.push_back(
            {{}, bytesOf(cast<ElementsAttr>(*parameter.getValue()))});
  }
  OpBuilder b(block.getTerminator());
  SmallVector<Value> results(block.getTerminator()->getOperands());
  auto fused = FusedOp::create(b, func.getLoc(), TypeRange(ValueRange(results)), "cpu",
                               inputs);
  IRMapping mapping;
  mapping.map(inputs, fused.getBody().getArguments());
  b.setInsertionPointToEnd(&fused.getBody().front());
  for (Operation *op : body)
    b.clone(*op, mapping);
  SmallVector<Value> yielded;
  for (Value result : results)
    yielded.push_back(mapping.lookupOrDefault(result));
  YieldOp::create(b, func.getLoc(), yielded);
  program.fused = fused;
  return program;
}

ArrayRef<DimExpr> shapeOf(Value value) {
  return cast<lz::TensorType>(value.getType()).getShape();
}

int64_t elementSize(Value value) {
  Type element = cast<lz::TensorType>(value.getType()).getElementType();
  return (element.getIntOrFloatBitWidth() + 7) / 8;
}

/// Solves `expr` = `value` for its only symbol, if it has one and is linear.
void bind(std::map<std::string, int64_t> &symbols, const DimExpr &expr, int64_t value) {
  std::set<std::string> names;
  expr.collectSymbols(names);
  if (names.size() != 1)
    return;
  auto at = [&](int64_t x) { return expr.evaluate({{*names.begin(), x}}).value_or(0); };
  int64_t slope = at(1) - at(0);
  if (slope)
    symbols[*names.begin()] = (value - at(0)) / slope;
}

/// Symbols as the inputs' dimensions say.
std::map<std::string, int64_t> bindSymbols(FusedOp fused, ArrayRef<Array> inputs) {
  std::map<std::string, int64_t> symbols;
  for (auto [i, input] : llvm::enumerate(inputs))
    for (auto [expr, dim] : llvm::zip(shapeOf(fused.getInputs()[i]), input.dims))
      bind(symbols, expr, dim);
  return symbols;
}

void runOnce(const Program &program, const cpu::test::JitKernel &kernel,
             ArrayRef<DimExpr> sizeExprs, std::vector<Array> inputs) {
  FusedOp fused = program.fused;
  auto symbols = bindSymbols(fused, inputs);
  auto evaluate = [&](const DimExpr &expr) {
    return expr.evaluate(symbols).value_or(-1);
  };
  std::vector<Array> outputs;
  std::vector<void *> buffers;
  for (Array &input : inputs)
    buffers.push_back(input.data.data());
  std::vector<Array> parameters = program.parameters;
  for (Array &parameter : parameters)
    buffers.push_back(parameter.data.data());
  for (Value result : fused.getOutputs()) {
    Array output;
    int64_t size = elementSize(result);
    for (const DimExpr &expr : shapeOf(result)) {
      output.dims.push_back(evaluate(expr));
      size *= output.dims.back();
    }
    output.data.assign(size, '\xCD');
    outputs.push_back(std::move(output));
  }
  for (Array &output : outputs)
    buffers.push_back(output.data.data());
  SmallVector<int64_t> sizes = llvm::map_to_vector(sizeExprs, evaluate);
  lz_kernel_error error = {};
  int32_t code = kernel.run(buffers, sizes, /*unitsPerCall=*/3, &error);
  writeNumber(code);
  if (code) {
    writeNumber(error.operand);
    writeNumber(error.value);
    writeNumber(error.bound);
    return;
  }
  writeNumber(outputs.size());
  for (const Array &output : outputs)
    writeArray(output);
}

void answer(MLIRContext &context, StringRef text,
            ArrayRef<std::vector<Array>> runs) {
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message += diagnostic.str() + "\n";
    return success();
  });
  auto fail = [&] {
    writeNumber(0);
    writeData(message.data(), message.size());
  };
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module || failed(inferShapes(*module)))
    return fail();
  Program program = wrap(*module);
  auto lowered = cpu::lowerFused(program.fused);
  if (failed(lowered))
    return fail();
  if (std::getenv("LAZULI_SHOW"))
    (*lowered->module)->print(llvm::errs());
  const char *dump = std::getenv("LAZULI_DUMP");
  cpu::test::JitKernel kernel(*lowered->module, CpuTarget::host(), dump ? dump : "");
  if (!kernel.valid()) {
    message += kernel.error();
    return fail();
  }
  writeNumber(1);
  for (const std::vector<Array> &inputs : runs)
    runOnce(program, kernel, lowered->sizes, inputs);
}

} // namespace

int main() {
  DialectRegistry registry;
  registry.insert<LzDialect>();
  cpu::registerCodegenDialects(registry);
  cpu::registerLoweringDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  while (true) {
    std::vector<char> text = readData();
    std::vector<std::vector<Array>> runs(readNumber());
    for (std::vector<Array> &inputs : runs) {
      inputs.resize(readNumber());
      for (Array &input : inputs)
        input = readArray();
    }
    answer(context, StringRef(text.data(), text.size()), runs);
    std::fflush(stdout);
  }
}
