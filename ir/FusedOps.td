//===- FusedOps.td - fused regions -------------------------*- tablegen -*-===//
//
// The unit that passes hand to a backend: one kernel or one primitive.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_FUSEDOPS_TD
#define LAZULI_IR_FUSEDOPS_TD

include "ir/LzBase.td"

def Lz_FusedOp : Lz_Op<"fused", [
    IsolatedFromAbove, SingleBlock, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "ops that become one kernel or one library primitive";
  let description = [{
    The region sees nothing but its arguments. After lz-fuse every computing op of
    a function is inside one; views, parameters, constants, states and checks stay
    outside. `backend` says who compiles it.

    1. One block argument per input, one yielded value per result, of equal types.
    2. The region holds pure ops only.

    Example:
    ```mlir
    %y = lz.fused "cpu"(%x) : (!lz.tensor<"n" x f32>) -> !lz.tensor<"n" x f32> {
    ^bb0(%a: !lz.tensor<"n" x f32>):
      %0 = lz.exp %a : (!lz.tensor<"n" x f32>) -> !lz.tensor<"n" x f32>
      lz.yield %0 : !lz.tensor<"n" x f32>
    }
    ```
  }];
  let arguments = (ins StrAttr:$backend, Variadic<Lz_Tensor>:$inputs);
  let results = (outs Variadic<Lz_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $backend `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs) $body
  }];
  let builders = [
    // Makes the block with one argument per input; the caller fills it.
    OpBuilder<(ins "::mlir::TypeRange":$outputs, "::llvm::StringRef":$backend,
                   "::mlir::ValueRange":$inputs)>
  ];
  let extraClassDeclaration = [{
    ::lz::YieldOp getYield();
  }];
  let hasVerifier = 1;
}

def Lz_YieldOp : Lz_Op<"yield", [
    Pure, ParentOneOf<["::lz::FusedOp", "::lz::IfOp", "::lz::LoopOp"]>,
    Terminator, ReturnLike]> {
  let summary = "ends a region with its results";
  let description = [{
    What they mean says the op around it: lz.fused, lz.if or lz.loop.

    Example: `lz.yield %0 : !lz.tensor<"n" x f32>`
  }];
  let arguments = (ins Variadic<Lz_Value>:$operands);
  let assemblyFormat = "attr-dict ($operands^ `:` qualified(type($operands)))?";
}

#endif // LAZULI_IR_FUSEDOPS_TD
