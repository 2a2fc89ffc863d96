//===- LzTypes.td - types of the lz dialect ----------------*- tablegen -*-===//
//
// A tensor whose dimensions are expressions over named symbols; and what only
// the runtime's own operations work on: strings, sequences, optionals.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_LZTYPES_TD
#define LAZULI_IR_LZTYPES_TD

include "ir/LzDialect.td"
include "mlir/IR/AttrTypeBase.td"

/// A list of dimension expressions, held by value: a DimExpr owns memory, so it
/// must not lie in the context's bump allocator, which destroys nothing.
class Lz_DimListParameter<string desc>
    : AttrOrTypeParameter<"::lz::DimList", desc> {
  let cppAccessorType = "::llvm::ArrayRef<::lz::DimExpr>";
}

def Lz_TensorType : TypeDef<Lz_Dialect, "Tensor"> {
  let mnemonic = "tensor";
  let summary = "tensor with symbolic dimensions";
  let description = [{
    ```
    tensor ::= `!lz.tensor` `<` (`*` `x` | (dim `x`)*) element-type `>`
    dim    ::= integer | string | `[` expression `]`
    ```

    A dimension is a number, a symbol in quotes, or an expression in brackets,
    as `DimExpr::parse` reads it; `*` stands for an unknown rank.

    1. The element type is one of f64, f32, f16, bf16, i64, i32, i16, i8 (both
       signs in signless types), ui64, ui32, ui16, ui8, i1 for booleans, and
       !lz.string, which only host operations, views and control flow take.
    2. Constant dimensions are not negative, no dimension is an overflow.

    Example: `!lz.tensor<4 x "batch" x [2*"n" + 1] x f32>`
  }];
  let parameters = (ins "bool":$ranked, Lz_DimListParameter<"dimensions">:$shape,
                        "::mlir::Type":$elementType);
  let skipDefaultBuilders = 1;
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;

  let builders = [
    TypeBuilder<(ins "::llvm::ArrayRef<::lz::DimExpr>":$shape,
                     "::mlir::Type":$elementType), [{
      return $_get($_ctxt, /*ranked=*/true, ::lz::DimList(shape), elementType);
    }]>
  ];
  let extraClassDeclaration = [{
    /// The same as the `get`s, but says why and returns null if the element
    /// type or a dimension is not allowed.
    static TensorType
    getChecked(::llvm::function_ref<::mlir::InFlightDiagnostic()> emitError,
               ::mlir::MLIRContext *context, bool ranked, DimList shape,
               ::mlir::Type elementType);
    /// A tensor of unknown rank.
    static TensorType getUnranked(::mlir::MLIRContext *context,
                                  ::mlir::Type elementType);
    /// A tensor whose dimensions are constants.
    static TensorType getStatic(::mlir::MLIRContext *context,
                                ::llvm::ArrayRef<int64_t> shape,
                                ::mlir::Type elementType);
    /// True for the element types listed in constraint 1.
    static bool isValidElementType(::mlir::Type type);

    bool hasRank() const { return getRanked(); }
    /// Only with a rank.
    int64_t getRank() const { return getShape().size(); }
    const ::lz::DimExpr &getDim(int64_t axis) const { return getShape()[axis]; }
    /// Ranked, with constant dimensions only.
    bool isStatic() const;
    /// The dimensions as numbers; nullopt unless isStatic().
    std::optional<::llvm::SmallVector<int64_t>> getStaticShape() const;
    /// The number of elements; nullopt unless isStatic() or on overflow.
    std::optional<int64_t> getNumElements() const;
    /// The product of the dimensions; only with a rank.
    ::lz::DimExpr getNumElementsExpr() const;

    TensorType cloneWith(::mlir::Type elementType) const;
    TensorType cloneWithShape(::llvm::ArrayRef<::lz::DimExpr> shape) const;
    TensorType cloneUnranked() const;
  }];
}

def Lz_StringType : TypeDef<Lz_Dialect, "String"> {
  let mnemonic = "string";
  let summary = "element type of tensors of strings";
  let description = [{
    A string is a row of bytes of any length, UTF-8 where an operation reads
    characters. Example: `!lz.tensor<"n" x !lz.string>`
  }];
}

class Lz_ContainerType<string cppName, string typeMnemonic>
    : TypeDef<Lz_Dialect, cppName> {
  let mnemonic = typeMnemonic;
  let parameters = (ins "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $elementType `>`";
  let genVerifyDecl = 1;
}

def Lz_SequenceType : Lz_ContainerType<"Sequence", "sequence"> {
  let summary = "a list of tensors, whose length a run decides";
  let description = [{
    A dimension that is the symbol "?" differs from element to element; an
    element type of unknown rank says nothing of the shapes at all.

    1. The elements are lz tensors.

    Example: `!lz.sequence<!lz.tensor<"?" x 4 x f32>>`
  }];
}

def Lz_OptionalType : Lz_ContainerType<"Optional", "optional"> {
  let summary = "a tensor or a sequence, or nothing";
  let description = [{
    1. What may be there is an lz tensor or a sequence.

    Example: `!lz.optional<!lz.tensor<4 x f32>>`
  }];
}

#endif // LAZULI_IR_LZTYPES_TD
