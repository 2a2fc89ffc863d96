//===- LzDialect.td - the lz dialect -----------------------*- tablegen -*-===//
//
// Defines the dialect itself. Types, attributes, enums, the shape inference
// interface and the ops, by family, stand in files of their own.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_LZDIALECT_TD
#define LAZULI_IR_LZDIALECT_TD

include "mlir/IR/DialectBase.td"

def Lz_Dialect : Dialect {
  let name = "lz";
  let cppNamespace = "::lz";
  let summary = "neural networks whose shapes are not all known yet";
  let description = [{
    A module holds symbols, parameters, states and functions:

    ```mlir
    lz.symbol "batch" dynamic {min = 1, max = 4096}
    lz.symbol "fc1.in_features" lazy {module = "LazyLinear 'fc1'", field = "in_features"}
    lz.parameter "fc1.weight" : !lz.tensor<64 x "fc1.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
    lz.func @forward(%x: !lz.tensor<* x f32> {lz.name = "x"}) -> (!lz.tensor<* x f32> {lz.name = "y"}) {
      %w = lz.get_parameter "fc1.weight" : !lz.tensor<64 x "fc1.in_features" x f32>
      %y = lz.linear %x, %w : (!lz.tensor<* x f32>, !lz.tensor<64 x "fc1.in_features" x f32>) -> !lz.tensor<* x f32>
      lz.return %y : !lz.tensor<* x f32>
    }
    ```

    Symbols, parameters and states are found by their string names, which are
    the user's (`0.weight` is one). A verifier of an op checks what shape
    inference cannot change: its attributes and its structure. Element types and
    shapes are checked by `inferShape`, for they change when an argument is
    bound to an example.
  }];

  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;

  let extraClassDeclaration = [{
    /// Adds the ops of one family each; defined in the family's source file.
    void registerModuleOps();
    void registerUnaryOps();
    void registerMathOps();
    void registerBinaryOps();
    void registerReduceOps();
    void registerNormalizationOps();
    void registerMatmulOps();
    void registerConvolutionOps();
    void registerPoolingOps();
    void registerShapeOps();
    void registerIndexingOps();
    void registerRecurrentOps();
    void registerAttentionOps();
    void registerRandomOps();
    void registerFusedOps();
    void registerHostOps();
    void registerControlOps();

    void registerTypes();
    void registerAttributes();
    void registerBytecode();
  }];
}

#endif // LAZULI_IR_LZDIALECT_TD
