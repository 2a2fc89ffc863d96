//===- LzBase.td - what all op families include ------------*- tablegen -*-===//
//
// Base classes of ops, type constraints, traits, and the common assembly.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_LZBASE_TD
#define LAZULI_IR_LZBASE_TD

include "ir/LzAttrs.td"
include "ir/LzEnums.td"
include "ir/InferShape.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Lz_Tensor : Type<CPred<"::llvm::isa<::lz::TensorType>($_self)">,
                     "lz tensor", "::lz::TensorType">;

/// Whatever may flow along an edge: see LzTypes.td.
def Lz_Value : Type<CPred<"::llvm::isa<::lz::TensorType, ::lz::SequenceType, "
                          "::lz::OptionalType>($_self)">,
                    "lz tensor, sequence or optional">;

/// A 64-bit integer with the sign that I64Attr's accessors lack.
def Lz_I64Attr : TypedSignlessIntegerAttrBase<
    I64, "int64_t", "64-bit signless integer attribute">;

/// Broadcasts its operands as NumPy does, element by element.
def LzElementwise : NativeOpTrait<"LzElementwise"> { let cppNamespace = "::lz"; }
/// Its result is its first operand's elements in the same order: no copy.
def LzView : NativeOpTrait<"LzView"> { let cppNamespace = "::lz"; }

class Lz_Op<string opMnemonic, list<Trait> traits = []>
    : Op<Lz_Dialect, opMnemonic, traits>;

/// Writes `{axes = [0, 1], eps = 1.0e-05}`: only what differs from the default,
/// lists in brackets, numbers without their types. Enums, `name` and `type`
/// are not among them: formats write those in front. The empty literal keeps
/// ODS from writing a space before nothing.
defvar Lz_Dict = "`` custom<Attributes>(attr-dict, \"getOperationName()\")";
defvar Lz_Tail = !strconcat(Lz_Dict, " `:` functional-type(operands, results)");

/// An op that computes tensors from tensors: pure, and written
/// `lz.name [kind] operands {attributes} : (types) -> types`.
class Lz_ComputeOp<string opMnemonic, list<Trait> traits = []>
    : Lz_Op<opMnemonic, !listconcat(traits, [
        Pure, DeclareOpInterfaceMethods<Lz_InferShapeOpInterface>])>;

#endif // LAZULI_IR_LZBASE_TD
