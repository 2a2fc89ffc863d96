//===- BinaryOps.td - elementwise ops of two and three -----*- tablegen -*-===//
//
// Arithmetic, logic, comparison and selection, broadcasting as NumPy does.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_BINARYOPS_TD
#define LAZULI_IR_BINARYOPS_TD

include "ir/ElementwiseBase.td"

def Lz_AddOp : Lz_Binary<"add", Number, "x + y; integers wrap around">;
def Lz_SubOp : Lz_Binary<"sub", Number, "x - y; integers wrap around">;
def Lz_MulOp : Lz_Binary<"mul", Number, "x * y; integers wrap around">;
def Lz_DivOp : Lz_Binary<"div", Number,
    "x / y; integers truncate toward zero, and give 0 if y is 0">;
def Lz_FloorDivOp : Lz_Binary<"floor_div", Number, "floor(x / y); 0 for integers if y is 0">;
def Lz_ModOp : Lz_Binary<"mod", Number,
    "x - floor(x / y) * y: the divisor's sign; 0 for integers if y is 0">;
def Lz_FmodOp : Lz_Binary<"fmod", Number,
    "x - trunc(x / y) * y: the dividend's sign; 0 for integers if y is 0">;
def Lz_PowOp : Lz_Binary<"pow", Number, "x^y">;
def Lz_MaxOp : Lz_Binary<"max", AnyDType, "the greater of x and y; NaN if one is">;
def Lz_MinOp : Lz_Binary<"min", AnyDType, "the lesser of x and y; NaN if one is">;
def Lz_Atan2Op : Lz_Binary<"atan2", Float, "the angle of the point (y, x), atan2(x, y)">;
def Lz_AndOp : Lz_Binary<"and", Bits, "x and y, bit by bit">;
def Lz_OrOp : Lz_Binary<"or", Bits, "x or y, bit by bit">;
def Lz_XorOp : Lz_Binary<"xor", Bits, "x xor y, bit by bit">;
def Lz_ShlOp : Lz_Binary<"shl", Integer, "x shifted left by y bits; 0 beyond the width">;
def Lz_ShrOp : Lz_Binary<"shr", Integer,
    "x shifted right by y bits, with its sign if it has one">;

def Lz_EqOp : Lz_Compare<"eq", "whether x = y">;
def Lz_NeOp : Lz_Compare<"ne", "whether x != y">;
def Lz_LtOp : Lz_Compare<"lt", "whether x < y">;
def Lz_LeOp : Lz_Compare<"le", "whether x <= y">;
def Lz_GtOp : Lz_Compare<"gt", "whether x > y">;
def Lz_GeOp : Lz_Compare<"ge", "whether x >= y">;

def Lz_SelectOp : Lz_ComputeOp<"select", [LzElementwise]> {
  let summary = "lhs where the condition is true, else rhs";
  let description = [{
    1. The condition's element type is i1.
    2. lhs and rhs have the same element type.
    3. The three shapes broadcast.

    Example: `%y = lz.select %c, %a, %b : (!lz.tensor<4 x i1>, !lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$condition, Lz_Tensor:$lhs, Lz_Tensor:$rhs);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$condition `,` $lhs `,` $rhs ", Lz_Tail);
  let hasFolder = 1;
}

#endif // LAZULI_IR_BINARYOPS_TD
