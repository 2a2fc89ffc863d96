//===- ModuleOps.td - symbols, parameters, states, functions -*- tablegen -*-=//
//
// What stands directly in a module, and the ops that refer to it by name.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_MODULEOPS_TD
#define LAZULI_IR_MODULEOPS_TD

include "ir/LzBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

/// Keeps reads and writes of states in order.
def Lz_StateResource : Resource<"::lz::StateResource">;
/// Keeps run-time checks alive without ordering anything else.
def Lz_CheckResource : Resource<"::lz::CheckResource">;

defvar Lz_MaxDim = "std::numeric_limits<int64_t>::max()";

def Lz_SymbolOp : Lz_Op<"symbol", [
    HasParent<"::mlir::ModuleOp">,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "declares a dimension symbol";
  let description = [{
    A `lazy` symbol is solved at compile time and belongs to `field` of the
    user's `module`; a `dynamic` one is bound by each run; a `defined` one is
    known when the op that defines it has run.

    1. 0 <= min <= max.
    2. divisor >= 1, and a multiple of it lies in [min, max].
    3. The name is not empty, and no other symbol of the module has it.

    Example: `lz.symbol "batch" dynamic {min = 1, max = 4096}`
  }];
  let arguments = (ins StrAttr:$name, Lz_SymbolKind:$kind,
                       DefaultValuedAttr<Lz_I64Attr, "0">:$min,
                       DefaultValuedAttr<Lz_I64Attr, Lz_MaxDim>:$max,
                       DefaultValuedAttr<Lz_I64Attr, "1">:$divisor,
                       OptionalAttr<StrAttr>:$module,
                       OptionalAttr<StrAttr>:$field);
  let assemblyFormat = !strconcat("$name $kind ", Lz_Dict);
  let hasVerifier = 1;
}

class Lz_GlobalOp<string opMnemonic> : Lz_Op<opMnemonic, [
    HasParent<"::mlir::ModuleOp">,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let arguments = (ins StrAttr:$name, TypeAttrOf<Lz_Tensor>:$type,
                       OptionalAttr<Lz_AnyInitAttr>:$init,
                       OptionalAttr<ElementsAttr>:$value);
  let assemblyFormat = !strconcat("$name `:` $type ", Lz_Dict);
  let builders = [
    OpBuilder<(ins "::llvm::StringRef":$name, "::lz::TensorType":$type,
                   CArg<"::mlir::Attribute", "{}">:$init,
                   CArg<"::mlir::ElementsAttr", "{}">:$value), [{
      build($_builder, $_state, $_builder.getStringAttr(name),
            ::mlir::TypeAttr::get(type), init, value);
    }]>
  ];
  let extraClassDeclaration = [{
    ::lz::TensorType getTensorType() {
      return ::llvm::cast<::lz::TensorType>(getTypeAttr().getValue());
    }
  }];
  let hasVerifier = 1;
}

def Lz_ParameterOp : Lz_GlobalOp<"parameter"> {
  let summary = "declares a parameter: constant at run time";
  let description = [{
    Its shape may name lazy symbols until it is materialized. Large values are
    `dense_resource`s.

    1. The type is ranked.
    2. A value has the parameter's element type and, where that is static, its shape.
    3. The name is not empty, and no other parameter or state has it.

    Example: `lz.parameter "fc1.bias" : !lz.tensor<64 x f32> {init = #lz.uniform_fan_in<"fc1.weight">}`
  }];
}

def Lz_StateOp : Lz_GlobalOp<"state"> {
  let summary = "declares a state: mutable, and a session's own";
  let description = [{
    Running statistics, recurrent states, counters. The value, or what `init`
    gives, is what a new session starts from. Constraints: as of lz.parameter.

    Example: `lz.state "bn1.running_mean" : !lz.tensor<"bn1.num_features" x f32> {init = #lz.fill<0.0>}`
  }];
}

def Lz_FuncOp : Lz_Op<"func", [
    FunctionOpInterface, IsolatedFromAbove]> {
  let summary = "a function: an entry point of the program";
  let description = [{
    Arguments and results carry the names that users bind them by in the
    attribute `lz.name`.

    1. All arguments and results are lz tensors, sequences or optionals.
    2. The body is one block; an external function has none.

    Example:
    ```mlir
    lz.func @forward(%x: !lz.tensor<* x f32> {lz.name = "x"}) -> (!lz.tensor<* x f32> {lz.name = "y"}) {
      lz.return %x : !lz.tensor<* x f32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<StrAttr>:$sym_visibility,
                       OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region MaxSizedRegion<1>:$body);
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FunctionType":$type,
                   CArg<"::llvm::ArrayRef<::mlir::DictionaryAttr>", "{}">:$argAttrs,
                   CArg<"::llvm::ArrayRef<::mlir::DictionaryAttr>", "{}">:$resultAttrs)>
  ];
  let extraClassDeclaration = [{
    //===------------------------------------------------------------------===//
    // FunctionOpInterface
    //===------------------------------------------------------------------===//
    ::mlir::Region *getCallableRegion() { return isExternal() ? nullptr : &getBody(); }
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }

    /// The user's name of an argument or a result: `lz.name`, else `arg0`, `result0`.
    std::string getArgumentName(unsigned index);
    std::string getResultName(unsigned index);
    /// Makes the function's type agree with its block arguments and its lz.return.
    void updateFunctionType();
  }];
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Lz_ReturnOp : Lz_Op<"return", [
    Pure, HasParent<"::lz::FuncOp">, Terminator, ReturnLike]> {
  let summary = "ends a function with its results";
  let description = [{
    1. As many operands as the function has results, of the same element types.

    Shapes may be more exact than the function's type says; a pass that refines
    them refines both.

    Example: `lz.return %y : !lz.tensor<4 x f32>`
  }];
  let arguments = (ins Variadic<Lz_Value>:$operands);
  let assemblyFormat = "attr-dict ($operands^ `:` qualified(type($operands)))?";
  let builders = [OpBuilder<(ins), [{ }]>];
  let hasVerifier = 1;
}

def Lz_GetParameterOp : Lz_ComputeOp<"get_parameter", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of a parameter";
  let description = [{
    1. The module has a parameter of that name.

    Example: `%w = lz.get_parameter "fc1.weight" : !lz.tensor<64 x 20 x f32>`
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$name ", Lz_Dict, " `:` qualified(type($dst))");
}

def Lz_ReadOp : Lz_Op<"read", [
    MemoryEffects<[MemRead<Lz_StateResource>]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "the value of a state at this point of the program";
  let description = [{
    1. The module has a state of that name.

    Example: `%m = lz.read "bn1.running_mean" : !lz.tensor<64 x f32>`
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$name ", Lz_Dict, " `:` qualified(type($dst))");
}

def Lz_WriteOp : Lz_Op<"write", [
    MemoryEffects<[MemWrite<Lz_StateResource>]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "gives a state a new value";
  let description = [{
    1. The module has a state of that name.
    2. The value has the state's element type and shape.

    Example: `lz.write "bn1.running_mean", %m : !lz.tensor<64 x f32>`
  }];
  let arguments = (ins StrAttr:$name, Lz_Tensor:$value);
  let assemblyFormat = !strconcat("$name `,` $value ", Lz_Dict, " `:` qualified(type($value))");
}

def Lz_ConstantOp : Lz_Op<"constant", [
    Pure, ConstantLike, InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "a tensor of known elements";
  let description = [{
    The result has the value's shape and element type.

    1. The value's element type is one that lz tensors may have.

    Example: `%c = lz.constant dense<[1, 2]> : tensor<2xi64>`, whose type is
    `!lz.tensor<2 x i64>`.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def Lz_GuardOp : Lz_Op<"guard", [
    MemoryEffects<[MemWrite<Lz_CheckResource>]>,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "checks at run time that two dimensions are equal";
  let description = [{
    A run that violates it fails with the message: before anything is computed
    where the inputs' shapes tell both, else when the guard is reached, as for one
    over symbols that an op before it defines or one in the region of an lz.if.

    Example: `lz.guard "n" == 4, "x and y must have the same length"`
  }];
  let arguments = (ins Lz_DimAttr:$lhs, Lz_DimAttr:$rhs, StrAttr:$message);
  let assemblyFormat = "custom<DimEquation>($lhs, $rhs) `,` $message attr-dict";
}

def Lz_ExpectOp : Lz_Op<"expect", [
    MemoryEffects<[MemWrite<Lz_CheckResource>]>,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "states which ranks the user's module accepts";
  let description = [{
    Checked by shape inference, which then erases it. `what` names the module.

    1. At least one rank, none negative.

    Example: `lz.expect %x ranks [2, 3] for "BatchNorm1d 'bn'" : !lz.tensor<* x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, DenseI64ArrayAttr:$ranks, StrAttr:$what);
  let assemblyFormat = "$src `ranks` $ranks `for` $what attr-dict `:` qualified(type($src))";
  let hasVerifier = 1;
}

def Lz_ExpectSeveralOp : Lz_Op<"expect_several", [
    MemoryEffects<[MemWrite<Lz_CheckResource>]>,
    DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>]> {
  let summary = "refuses a count of exactly one";
  let description = [{
    A variance that is not biased has no value for one element. Checked by shape
    inference, which leaves a guard where the count is known by a run only;
    materialization erases it. `message` names the module.

    1. count is an i64 scalar whose value shape inference can tell.

    Example: `lz.expect_several %n, "BatchNorm1d 'bn': expected more than 1 value per channel when training" : !lz.tensor<i64>`
  }];
  let arguments = (ins Lz_Tensor:$count, StrAttr:$message);
  let assemblyFormat = "$count `,` $message attr-dict `:` qualified(type($count))";
}

#endif // LAZULI_IR_MODULEOPS_TD
