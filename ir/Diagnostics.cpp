//===- Diagnostics.cpp - messages in the user's words ---------------------===//
//
// See Diagnostics.h.
//
//===----------------------------------------------------------------------===//

#include "ir/Diagnostics.h"
#include "ir/LzOps.h"

#include "mlir/IR/Operation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace lz;

std::string lz::shapeText(ArrayRef<DimExpr> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[';
  llvm::interleaveComma(shape, stream,
                        [&](const DimExpr &dim) { stream << dim.str(); });
  stream << ']';
  return text;
}

std::string lz::typeText(lz::TensorType type) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << type.getElementType();
  return text + (type.hasRank() ? shapeText(type.getShape()) : "[...]");
}

StringRef lz::userName(Location loc) {
  StringRef name;
  loc->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    if (!named)
      return WalkResult::advance();
    name = named.getName();
    return WalkResult::interrupt();
  });
  return name;
}

std::string lz::fileText(Location loc) {
  std::string text;
  loc->walk([&](Location inner) {
    auto file = dyn_cast<FileLineColLoc>(inner);
    if (!file)
      return WalkResult::advance();
    text = (file.getFilename().getValue() + ":" + Twine(file.getLine())).str();
    return WalkResult::interrupt();
  });
  return text;
}

/// The lazy module that a size in the parameter's type belongs to, as the user
/// knows it: `LazyConv2d 'features.0'`. Empty where there is none.
static StringRef findLazyModule(Operation *op, lz::TensorType type) {
  std::set<std::string> names;
  if (type && type.hasRank())
    for (const DimExpr &dim : type.getShape())
      dim.collectSymbols(names);
  for (const std::string &name : names) {
    SymbolOp symbol = lookupSymbol(op, name);
    if (symbol && symbol.getKind() == SymbolKind::Lazy && symbol.getModule())
      return *symbol.getModule();
  }
  return {};
}

/// The same for the parameters and states among the op's operands.
static StringRef findLazyModule(Operation *op) {
  for (Value operand : op->getOperands()) {
    StringRef module;
    if (auto get = operand.getDefiningOp<GetParameterOp>()) {
      if (ParameterOp parameter = lookupParameter(op, get.getName()))
        module = findLazyModule(op, parameter.getTensorType());
    } else if (auto read = operand.getDefiningOp<ReadOp>()) {
      if (StateOp state = lookupState(op, read.getName()))
        module = findLazyModule(op, state.getTensorType());
    }
    if (!module.empty())
      return module;
  }
  return {};
}

/// An op that computes with a lazy module's parameters is named after the module,
/// as in the conflicts that shape inference explains.
InFlightDiagnostic lz::emitUserError(Operation *op) {
  StringRef name = userName(op->getLoc());
  StringRef kind = op->getName().stripDialect();
  std::string own = name.empty() ? op->getName().getStringRef().str()
                                 : (name + " (" + kind + ")").str();
  StringRef module = findLazyModule(op);
  if (module.empty())
    return emitError(op->getLoc()) << own << ": ";
  // The op that a lazy module stands for has the module's name already.
  bool isModule = module == name || module.ends_with(("'" + name + "'").str());
  return emitError(op->getLoc())
         << module << (isModule ? "" : " in " + own) << ": ";
}
