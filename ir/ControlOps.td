//===- ControlOps.td - branches and loops ------------------*- tablegen -*-===//
//
// Control flow that data decides, as regions that read values from around them.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_CONTROLOPS_TD
#define LAZULI_IR_CONTROLOPS_TD

include "ir/LzBase.td"

def Lz_IfOp : Lz_Op<"if", [
    SingleBlock, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "runs one of two regions";
  let description = [{
    The then region if the condition is true, else the other. A dimension of a
    result that both regions agree on keeps its expression; one that differs is a
    symbol that the op defines. Shape inference adds those that are missing, and
    puts the region that is known to run in the op's place.

    1. The condition is an i1 of one element.
    2. Regions have no arguments and end with lz.yield: as many values as results,
       of the same kinds and element types.

    Example:
    ```mlir
    %y = lz.if %c defines ["n"] : (!lz.tensor<i1>) -> !lz.tensor<"n" x f32> {
      lz.yield %a : !lz.tensor<2 x f32>
    } else {
      lz.yield %b : !lz.tensor<3 x f32>
    }
    ```
  }];
  let arguments = (ins Lz_Tensor:$condition,
                       DefaultValuedAttr<StrArrayAttr, "{}">:$defines);
  let results = (outs Variadic<Lz_Value>:$outputs);
  let regions = (region SizedRegion<1>:$then_region, SizedRegion<1>:$else_region);
  let assemblyFormat = [{
    $condition (`defines` $defines^)? attr-dict-with-keyword
    `:` functional-type(operands, results) $then_region `else` $else_region
  }];
  let skipDefaultBuilders = 1;
  let builders = [
    // Makes an empty block in each region; the caller fills them.
    OpBuilder<(ins "::mlir::TypeRange":$outputs, "::mlir::Value":$condition,
                   CArg<"::llvm::ArrayRef<::llvm::StringRef>", "{}">:$defines)>
  ];
  let extraClassDeclaration = [{
    ::mlir::Block &getThenBlock() { return getThenRegion().front(); }
    ::mlir::Block &getElseBlock() { return getElseRegion().front(); }
    ::lz::YieldOp getThenYield();
    ::lz::YieldOp getElseYield();
  }];
  let hasVerifier = 1;
}

def Lz_LoopOp : Lz_Op<"loop", [
    SingleBlock, AttrSizedOperandSegments, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "runs a region again and again, with carried values";
  let description = [{
    At most `trip` times (without: no bound), as long as the condition is true: the
    operand before the first iteration (without: true), what the region yields
    before each further one. The region's arguments are the number of the
    iteration, from 0, and the carried values: the inits first, then what the
    iteration before yielded. It yields the condition, the carried values, and
    scan outputs. Results are the last carried values and all scan outputs, each
    stacked along a new axis 0. (The Loop operator of ONNX.)

    A dimension of a carried value that changes between iterations is a symbol
    of `iterates`, known within one iteration only; one of a result that is not
    known before is a symbol of `defines`. Shape inference adds both.

    1. The trip count is an i64 of one element, conditions are i1 of one element.
    2. The region has 1 + n arguments for n inits, and yields 1 + n + s values;
       the op has n + s results.
    3. The kinds and element types of an init, its argument, what is yielded
       for it and its result are the same. Scan outputs are tensors.

    Example:
    ```mlir
    %sum, %all = lz.loop trip(%n) iter(%zero) : (!lz.tensor<i64>, !lz.tensor<f32>) -> (!lz.tensor<f32>, !lz.tensor<4 x f32>) {
    ^bb0(%i: !lz.tensor<i64>, %s: !lz.tensor<f32>):
      %t = lz.add %s, %x : (!lz.tensor<f32>, !lz.tensor<f32>) -> !lz.tensor<f32>
      lz.yield %true, %t, %t : !lz.tensor<i1>, !lz.tensor<f32>, !lz.tensor<f32>
    }
    ```
  }];
  let arguments = (ins Optional<Lz_Tensor>:$trip_count,
                       Optional<Lz_Tensor>:$condition,
                       Variadic<Lz_Value>:$inits,
                       DefaultValuedAttr<StrArrayAttr, "{}">:$defines,
                       DefaultValuedAttr<StrArrayAttr, "{}">:$iterates);
  let results = (outs Variadic<Lz_Value>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`trip` `(` $trip_count^ `)`)? (`while` `(` $condition^ `)`)?
    `iter` `(` $inits `)` (`defines` $defines^)? (`iterates` $iterates^)?
    attr-dict-with-keyword `:` functional-type(operands, results) $body
  }];
  let skipDefaultBuilders = 1;
  let builders = [
    // Makes the block with its arguments: the i64 scalar and one per init, of the
    // init's type or, for a tensor, of unknown rank. The caller fills it.
    OpBuilder<(ins "::mlir::TypeRange":$outputs, "::mlir::Value":$tripCount,
                   "::mlir::Value":$condition, "::mlir::ValueRange":$inits,
                   CArg<"::llvm::ArrayRef<::llvm::StringRef>", "{}">:$defines,
                   CArg<"::llvm::ArrayRef<::llvm::StringRef>", "{}">:$iterates)>
  ];
  let extraClassDeclaration = [{
    ::mlir::Block &getBodyBlock() { return getBody().front(); }
    ::lz::YieldOp getYield();
    unsigned getNumCarried() { return getInits().size(); }
    unsigned getNumScans() { return getNumResults() - getNumCarried(); }
    ::mlir::BlockArgument getIteration() { return getBody().getArgument(0); }
    ::mlir::BlockArgument getCarried(unsigned i) { return getBody().getArgument(i + 1); }
  }];
  let hasVerifier = 1;
}

#endif // LAZULI_IR_CONTROLOPS_TD
