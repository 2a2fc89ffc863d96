//===- ElementwiseBase.td - classes of elementwise ops -----*- tablegen -*-===//
//
// One line per op: its name, the element types it takes, and what it computes.
// Shape inference is shared: broadcasting as in NumPy.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_ELEMENTWISEBASE_TD
#define LAZULI_IR_ELEMENTWISEBASE_TD

include "ir/LzBase.td"

/// Which element types an op takes: an enumerator of lz::DTypes.
class DTypes<string enumerator> { string cpp = "::lz::DTypes::" # enumerator; }
def Float : DTypes<"Float">;           // f64, f32, f16, bf16
def Number : DTypes<"Number">;         // floats and integers
def Integer : DTypes<"Integer">;       // integers, without booleans
def Bits : DTypes<"Bits">;             // integers and booleans
def Bool : DTypes<"Bool">;             // i1
def AnyDType : DTypes<"Any">;

class Lz_Elementwise<string opMnemonic, DTypes types, string inferCall>
    : Lz_ComputeOp<opMnemonic, [LzElementwise]> {
  let results = (outs Lz_Tensor:$dst);
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferShape(::lz::ShapeContext &context) {
      return ::lz::}] # inferCall # "(*this, context, " # types.cpp # [{);
    }
  }];
}

/// y = f(x), the same shape and element type.
class Lz_Unary<string opMnemonic, DTypes types, string text, dag attributes = (ins)>
    : Lz_Elementwise<opMnemonic, types, "inferElementwise"> {
  let summary = text;
  let description = "y = " # text # [{, element by element.

    1. The operand's element type is one that the op takes (see the room's README).

    Example: `%y = lz.}] # opMnemonic # [{ %x : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>`
  }];
  let arguments = !con((ins Lz_Tensor:$src), attributes);
  let assemblyFormat = !strconcat("$src ", Lz_Tail);
}

/// As Lz_Unary, with a boolean result.
class Lz_UnaryPredicate<string opMnemonic, DTypes types, string text>
    : Lz_Elementwise<opMnemonic, types, "inferPredicate"> {
  let summary = text;
  let description = [{
    Element by element.

    Example: `%y = lz.}] # opMnemonic # [{ %x : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x i1>`
  }];
  let arguments = (ins Lz_Tensor:$src);
  let assemblyFormat = !strconcat("$src ", Lz_Tail);
}

/// z = f(x, y), broadcasting.
class Lz_BinaryBase<string opMnemonic, DTypes types, string inferCall, string text,
                    string resultType>
    : Lz_Elementwise<opMnemonic, types, inferCall> {
  let summary = text;
  let description = "z = " # text # [{, element by element.

    1. Both operands have the same element type, one that the op takes.
    2. The shapes broadcast: aligned at the last axis, two dimensions are equal or one of them is 1.

    Example: `%z = lz.}] # opMnemonic # [{ %x, %y : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x }] # resultType # [{>`
  }];
  let arguments = (ins Lz_Tensor:$lhs, Lz_Tensor:$rhs);
  let assemblyFormat = !strconcat("$lhs `,` $rhs ", Lz_Tail);
}

class Lz_Binary<string opMnemonic, DTypes types, string text>
    : Lz_BinaryBase<opMnemonic, types, "inferElementwise", text, "f32">;
class Lz_Compare<string opMnemonic, string text>
    : Lz_BinaryBase<opMnemonic, AnyDType, "inferPredicate", text, "i1">;

#endif // LAZULI_IR_ELEMENTWISEBASE_TD
