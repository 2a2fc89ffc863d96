//===- Diagnostics.cpp - messages in the user's words ---------------------===//
//
// See Diagnostics.h.
//
//===----------------------------------------------------------------------===//

#include "ir/Diagnostics.h"

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

InFlightDiagnostic lz::emitUserError(Operation *op) {
  StringRef name = userName(op->getLoc());
  StringRef kind = op->getName().stripDialect();
  if (name.empty())
    return emitError(op->getLoc()) << op->getName().getStringRef() << ": ";
  return emitError(op->getLoc()) << name << " (" << kind << "): ";
}
