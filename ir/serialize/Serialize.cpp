//===- Serialize.cpp - lz modules in files --------------------------------===//
//
// See Serialize.h. The artifact lists the module's symbols, ports and parameters
// too, for readers that know no MLIR.
//
//===----------------------------------------------------------------------===//

#include "ir/serialize/Serialize.h"

#include "ir/Diagnostics.h"
#include "ir/LzOps.h"
#include "runtime/base/MappedFile.h"
#include "runtime/format/Reader.h"
#include "runtime/format/Writer.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace lz;

static constexpr StringLiteral kProducer = "lazuli " LAZULI_VERSION;

static std::unique_ptr<fmt::SymbolT> makeSymbol(SymbolOp op) {
  static constexpr fmt::SymbolKind kinds[] = {fmt::SymbolKind_Lazy, fmt::SymbolKind_Dynamic,
                                              fmt::SymbolKind_Defined};
  auto symbol = std::make_unique<fmt::SymbolT>();
  symbol->name = op.getName().str();
  symbol->kind = kinds[static_cast<uint32_t>(op.getKind())];
  symbol->min = op.getMin();
  symbol->max = op.getMax();
  symbol->divisor = op.getDivisor();
  return symbol;
}

/// {"name", "type"} and, where there is one, "init".
static llvm::json::Object describe(StringRef name, Type type, Attribute init = {}) {
  llvm::json::Object item{{"name", name.str()}};
  item["type"] = typeText(type);
  if (init) {
    std::string text;
    llvm::raw_string_ostream(text) << init;
    item["init"] = std::move(text);
  }
  return item;
}

/// What the module holds, for readers that know no MLIR: {"entries": [{"name",
/// "inputs", "outputs"}], "parameters", "states"}.
static std::string describeModule(ModuleOp module) {
  llvm::json::Array entries, parameters, states;
  for (FuncOp func : module.getOps<FuncOp>()) {
    llvm::json::Array inputs, outputs;
    for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
      inputs.push_back(describe(func.getArgumentName(i), type));
    for (auto [i, type] : llvm::enumerate(func.getResultTypes()))
      outputs.push_back(describe(func.getResultName(i), type));
    entries.push_back(llvm::json::Object{{"name", func.getSymName().str()},
                                         {"inputs", std::move(inputs)},
                                         {"outputs", std::move(outputs)}});
  }
  for (ParameterOp op : module.getOps<ParameterOp>())
    parameters.push_back(describe(op.getName(), op.getTensorType(), op.getInitAttr()));
  for (StateOp op : module.getOps<StateOp>())
    states.push_back(describe(op.getName(), op.getTensorType(), op.getInitAttr()));
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(
      llvm::json::Object{{"entries", std::move(entries)},
                         {"parameters", std::move(parameters)},
                         {"states", std::move(states)}});
  return text;
}

static void addMetadata(fmt::ProgramT &program, std::string key, std::string value) {
  auto entry = std::make_unique<fmt::KeyValueT>();
  entry->key = std::move(key);
  entry->value = std::move(value);
  program.metadata.push_back(std::move(entry));
}

LogicalResult lz::saveModule(ModuleOp module, const std::string &path,
                             const std::map<std::string, std::string> &metadata) {
  std::string bytecode;
  llvm::raw_string_ostream stream(bytecode);
  BytecodeWriterConfig config(kProducer);
  if (failed(writeBytecodeToFile(module, stream, config)))
    return module.emitError("the module can not be written as bytecode");

  fmt::ProgramT program;
  program.producer = kProducer.str();
  for (SymbolOp op : module.getOps<SymbolOp>())
    program.symbols.push_back(makeSymbol(op));
  addMetadata(program, "module", describeModule(module));
  for (auto &[key, value] : metadata)
    addMetadata(program, key, value);
  rt::Status status = rt::writeArtifact(
      path, program, {{fmt::SegmentKind_LzIr, "lz-ir", bytecode.data(), bytecode.size()}});
  if (!status.isOk())
    return emitError(UnknownLoc::get(module.getContext())) << status.getMessage();
  return success();
}

/// The bytes of the segment that holds the module, or an error.
static FailureOr<ArrayRef<char>> findModule(const rt::ArtifactView &artifact,
                                            function_ref<InFlightDiagnostic()> fail) {
  auto *segments = artifact.program->segments();
  for (uint32_t i = 0, e = segments ? segments->size() : 0; i != e; ++i) {
    if (segments->Get(i)->kind() != fmt::SegmentKind_LzIr)
      continue;
    rt::Status status = rt::verifySegment(artifact, i);
    if (!status.isOk())
      return fail() << status.getMessage(), failure();
    return ArrayRef<char>(reinterpret_cast<const char *>(artifact.getSegmentData(i)),
                          segments->Get(i)->size());
  }
  return fail() << "this artifact is compiled already and carries no module to compile", failure();
}

static FailureOr<OwningOpRef<ModuleOp>> parseModule(ArrayRef<char> bytes, StringRef name,
                                                    MLIRContext *context) {
  ParserConfig config(context);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(StringRef(bytes.data(), bytes.size()), name),
      llvm::SMLoc());
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, config);
  if (!module)
    return failure();
  return module;
}

FailureOr<OwningOpRef<ModuleOp>> lz::loadModule(const std::string &path, MLIRContext *context) {
  auto fail = [&] { return emitError(FileLineColLoc::get(context, path, 0, 0)); };
  rt::StatusOr<rt::MappedFile> file = rt::MappedFile::open(path);
  if (!file.isOk())
    return fail() << file.getStatus().getMessage(), failure();
  ArrayRef<char> bytes(reinterpret_cast<const char *>(file->getData()), file->getSize());
  context->loadDialect<LzDialect>();
  if (!StringRef(bytes.data(), bytes.size()).starts_with("LAZULI\r\n"))
    return parseModule(bytes, path, context);
  rt::StatusOr<rt::ArtifactView> artifact =
      rt::readArtifact(bytes.data(), bytes.size(), rt::VerifyLevel::Program);
  if (!artifact.isOk())
    return fail() << artifact.getStatus().getMessage(), failure();
  FailureOr<ArrayRef<char>> module = findModule(*artifact, fail);
  if (failed(module))
    return failure();
  return parseModule(*module, path, context);
}
