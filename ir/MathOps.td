//===- MathOps.td - elementary and special functions -------*- tablegen -*-===//
//
// Elementwise functions of mathematics, on floating-point tensors.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_MATHOPS_TD
#define LAZULI_IR_MATHOPS_TD

include "ir/ElementwiseBase.td"

def Lz_ExpOp : Lz_Unary<"exp", Float, "e^x">;
def Lz_Exp2Op : Lz_Unary<"exp2", Float, "2^x">;
def Lz_Expm1Op : Lz_Unary<"expm1", Float, "e^x - 1, exact near 0">;
def Lz_LogOp : Lz_Unary<"log", Float, "the natural logarithm of x">;
def Lz_Log2Op : Lz_Unary<"log2", Float, "the logarithm of x to base 2">;
def Lz_Log10Op : Lz_Unary<"log10", Float, "the logarithm of x to base 10">;
def Lz_Log1pOp : Lz_Unary<"log1p", Float, "log(1 + x), exact near 0">;
def Lz_SqrtOp : Lz_Unary<"sqrt", Float, "the square root of x">;
def Lz_RsqrtOp : Lz_Unary<"rsqrt", Float, "1 / sqrt(x)">;
def Lz_ReciprocalOp : Lz_Unary<"reciprocal", Float, "1 / x">;
def Lz_SinOp : Lz_Unary<"sin", Float, "sin(x)">;
def Lz_CosOp : Lz_Unary<"cos", Float, "cos(x)">;
def Lz_TanOp : Lz_Unary<"tan", Float, "tan(x)">;
def Lz_AsinOp : Lz_Unary<"asin", Float, "asin(x)">;
def Lz_AcosOp : Lz_Unary<"acos", Float, "acos(x)">;
def Lz_AtanOp : Lz_Unary<"atan", Float, "atan(x)">;
def Lz_SinhOp : Lz_Unary<"sinh", Float, "sinh(x)">;
def Lz_CoshOp : Lz_Unary<"cosh", Float, "cosh(x)">;
def Lz_TanhOp : Lz_Unary<"tanh", Float, "tanh(x)">;
def Lz_AsinhOp : Lz_Unary<"asinh", Float, "asinh(x)">;
def Lz_AcoshOp : Lz_Unary<"acosh", Float, "acosh(x)">;
def Lz_AtanhOp : Lz_Unary<"atanh", Float, "atanh(x)">;
def Lz_ErfOp : Lz_Unary<"erf", Float, "the error function of x">;
def Lz_ErfcOp : Lz_Unary<"erfc", Float, "1 - erf(x), exact for large x">;

#endif // LAZULI_IR_MATHOPS_TD
