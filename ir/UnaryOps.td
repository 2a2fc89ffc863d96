//===- UnaryOps.td - rounding, logic, activations ----------*- tablegen -*-===//
//
// Elementwise ops of one operand that are not functions of a table of
// mathematics (those stand in MathOps.td).
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_UNARYOPS_TD
#define LAZULI_IR_UNARYOPS_TD

include "ir/ElementwiseBase.td"

def Lz_AbsOp : Lz_Unary<"abs", Number, "|x|">;
def Lz_NegOp : Lz_Unary<"neg", Number, "-x"> { let hasFolder = 1; }
def Lz_SignOp : Lz_Unary<"sign", Number, "-1, 0 or 1 by the sign of x; NaN stays">;
def Lz_FloorOp : Lz_Unary<"floor", Float, "x rounded down">;
def Lz_CeilOp : Lz_Unary<"ceil", Float, "x rounded up">;
def Lz_RoundOp : Lz_Unary<"round", Float, "x rounded to nearest, half to even">;
def Lz_TruncOp : Lz_Unary<"trunc", Float, "x rounded toward zero">;
def Lz_LogicalNotOp : Lz_Unary<"logical_not", Bool, "not x"> { let hasFolder = 1; }
def Lz_BitwiseNotOp : Lz_Unary<"bitwise_not", Bits, "all bits of x inverted"> { let hasFolder = 1; }
def Lz_IsNanOp : Lz_UnaryPredicate<"is_nan", Float, "whether x is a NaN">;
def Lz_IsInfOp : Lz_UnaryPredicate<"is_inf", Float, "whether x is infinite">;

def Lz_SigmoidOp : Lz_Unary<"sigmoid", Float, "1 / (1 + exp(-x))">;
def Lz_ReluOp : Lz_Unary<"relu", Number, "max(x, 0); NaN stays"> { let hasFolder = 1; }
def Lz_SiluOp : Lz_Unary<"silu", Float, "x * sigmoid(x)">;
def Lz_HardSigmoidOp : Lz_Unary<"hard_sigmoid", Float, "min(max(x / 6 + 1 / 2, 0), 1)">;
def Lz_HardSwishOp : Lz_Unary<"hard_swish", Float, "x * hard_sigmoid(x)">;
def Lz_MishOp : Lz_Unary<"mish", Float, "x * tanh(log(1 + exp(x)))">;
def Lz_GeluOp : Lz_Unary<"gelu", Float,
    "x * (1 + erf(x / sqrt(2))) / 2, or its tanh approximation",
    (ins DefaultValuedAttr<BoolAttr, "false">:$tanh)>;
def Lz_LeakyReluOp : Lz_Unary<"leaky_relu", Float, "x where x >= 0, else alpha * x",
    (ins DefaultValuedAttr<F64Attr, "0.01">:$alpha)>;
def Lz_EluOp : Lz_Unary<"elu", Float, "x where x > 0, else alpha * (exp(x) - 1)",
    (ins DefaultValuedAttr<F64Attr, "1.0">:$alpha)>;
def Lz_SoftplusOp : Lz_Unary<"softplus", Float,
    "log(1 + exp(beta * x)) / beta, or x where beta * x > threshold",
    (ins DefaultValuedAttr<F64Attr, "1.0">:$beta,
         DefaultValuedAttr<F64Attr, "20.0">:$threshold)> {
  let hasVerifier = 1;
}

def Lz_CastOp : Lz_ComputeOp<"cast", [LzElementwise]> {
  let summary = "converts the element type";
  let description = [{
    To the result's element type. Floats become integers by truncation (out of
    range saturates, NaN becomes 0), integers wrap around, everything not zero
    becomes true.

    Example: `%y = lz.cast %x : (!lz.tensor<4 x i64>) -> !lz.tensor<4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src ", Lz_Tail);
  let builders = [
    OpBuilder<(ins "::mlir::Value":$src, "::mlir::Type":$elementType), [{
      build($_builder, $_state,
            ::llvm::cast<::lz::TensorType>(src.getType()).cloneWith(elementType), src);
    }]>
  ];
  let hasFolder = 1;
}

#endif // LAZULI_IR_UNARYOPS_TD
