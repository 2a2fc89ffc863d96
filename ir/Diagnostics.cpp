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

std::string lz::typeText(Type type) {
  if (auto sequence = dyn_cast<SequenceType>(type))
    return "sequence of " + typeText(sequence.getElementType());
  if (auto optional = dyn_cast<OptionalType>(type))
    return "optional " + typeText(optional.getElementType());
  auto tensor = cast<lz::TensorType>(type);
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (isStrings(tensor))
    stream << "string";
  else
    stream << tensor.getElementType();
  return text + (tensor.hasRank() ? shapeText(tensor.getShape()) : "[...]");
}

StringRef lz::userName(Location loc) {
  auto named = loc->findInstanceOf<NameLoc>();
  return named ? named.getName().getValue() : StringRef();
}

std::string lz::fileText(Location loc) {
  auto file = loc->findInstanceOf<FileLineColLoc>();
  return file ? (file.getFilename().getValue() + ":" + Twine(file.getLine())).str()
              : std::string();
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
