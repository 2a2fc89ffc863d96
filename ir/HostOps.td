//===- HostOps.td - what the runtime itself computes -------*- tablegen -*-===//
//
// One op for all operations without a kernel: those whose result shapes depend
// on data, and those on strings, sequences and optionals. Their names, arities
// and shape rules stand in the table of HostOps.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_HOSTOPS_TD
#define LAZULI_IR_HOSTOPS_TD

include "ir/LzBase.td"

def Lz_HostOp : Lz_Op<"host", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "an operation of the runtime itself, by name";
  let description = [{
    `defines` lists the symbols (lz.symbol, `defined`) that are known when it has
    run: types of its results and of all that follows may mention them. Symbols
    that are missing there shape inference adds. An op that defines symbols, and
    a check, is not removed although nothing reads its results.

    1. The name is one of the table, with the operands and results it asks for.
    2. Attributes are integers, floats, booleans, strings, or lists of these.
    3. Defined symbols are distinct.

    Example: `%i = lz.host "nonzero"(%x) defines ["n"] : (!lz.tensor<4 x f32>) -> !lz.tensor<1 x "n" x i64>`
  }];
  let arguments = (ins StrAttr:$name, Variadic<Lz_Value>:$inputs,
                       OptionalAttr<DictionaryAttr>:$attrs,
                       DefaultValuedAttr<StrArrayAttr, "{}">:$defines);
  let results = (outs Variadic<Lz_Value>:$outputs);
  let assemblyFormat = [{
    $name `(` $inputs `)` `` custom<HostAttributes>($attrs) (`defines` $defines^)?
    attr-dict-with-keyword `:` functional-type($inputs, $outputs)
  }];
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::mlir::TypeRange":$outputs, "::llvm::StringRef":$name,
                   "::mlir::ValueRange":$inputs,
                   CArg<"::mlir::DictionaryAttr", "{}">:$attrs,
                   CArg<"::llvm::ArrayRef<::llvm::StringRef>", "{}">:$defines)>
  ];
  let extraClassDeclaration = [{
    /// The attribute of that name, null where it is not given.
    ::mlir::Attribute getHostAttr(::llvm::StringRef name);
    int64_t getHostInt(::llvm::StringRef name, int64_t otherwise);
    bool getHostBool(::llvm::StringRef name, bool otherwise);
  }];
  let hasVerifier = 1;
}

#endif // LAZULI_IR_HOSTOPS_TD
