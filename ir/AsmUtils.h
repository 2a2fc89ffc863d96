//===- AsmUtils.h - shared pieces of the assembly ---------------*- C++ -*-===//
//
// Custom directives of the ODS formats: dimensions, reals and attribute
// dictionaries in the dialect's notation. Private to ir/.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_ASMUTILS_H
#define LAZULI_IR_ASMUTILS_H

#include "ir/LzDialect.h"

#include "mlir/IR/OpImplementation.h"

namespace lz {

/// `4`, `-1`, `"n"` or `[2*n + 1]`.
mlir::FailureOr<DimExpr> parseDim(mlir::AsmParser &parser);
/// The same, or no token consumed and nullopt where no dimension begins.
mlir::OptionalParseResult parseOptionalDim(mlir::AsmParser &parser,
                                           DimExpr &dim);
void printDim(mlir::AsmPrinter &printer, const DimExpr &dim);

//===----------------------------------------------------------------------===//
// Directives of attribute formats
//===----------------------------------------------------------------------===//

mlir::ParseResult parseDimParameter(mlir::AsmParser &parser, DimExpr &dim);
void printDimParameter(mlir::AsmPrinter &printer, const DimExpr &dim);
mlir::ParseResult parseDimListParameter(mlir::AsmParser &parser,
                                        DimList &dims);
void printDimListParameter(mlir::AsmPrinter &printer,
                           llvm::ArrayRef<DimExpr> dims);
mlir::ParseResult parseReal(mlir::AsmParser &parser, Real &real);
void printReal(mlir::AsmPrinter &printer, Real real);

//===----------------------------------------------------------------------===//
// Directives of op formats
//===----------------------------------------------------------------------===//

/// `dim == dim`
mlir::ParseResult parseDimEquation(mlir::OpAsmParser &parser, DimAttr &lhs,
                                   DimAttr &rhs);
void printDimEquation(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                      DimAttr lhs, DimAttr rhs);

/// The dictionary of an lz.host: `{axis = 0, mode = "x"}`, nothing if empty.
mlir::ParseResult parseHostAttributes(mlir::OpAsmParser &parser,
                                      mlir::DictionaryAttr &attributes);
void printHostAttributes(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                         mlir::DictionaryAttr attributes);

/// `{axes = [0, 1], eps = 1.0e-05}`; see LzBase.td.
mlir::ParseResult parseAttributes(mlir::OpAsmParser &parser,
                                  mlir::NamedAttrList &attributes,
                                  llvm::StringRef opName);
void printAttributes(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                     mlir::DictionaryAttr attributes, llvm::StringRef opName);

} // namespace lz

#endif // LAZULI_IR_ASMUTILS_H
