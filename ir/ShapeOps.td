//===- ShapeOps.td - reshaping and rearranging -------------*- tablegen -*-===//
//
// Ops that change the shape or the order of elements and compute nothing.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_SHAPEOPS_TD
#define LAZULI_IR_SHAPEOPS_TD

include "ir/LzBase.td"

class Lz_ShapeOp<string opMnemonic, dag attributes, list<Trait> traits = []>
    : Lz_ComputeOp<opMnemonic, traits> {
  let arguments = !con((ins Lz_Tensor:$src), attributes);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src ", Lz_Tail);
}

//===----------------------------------------------------------------------===//
// Views: the same elements in the same order
//===----------------------------------------------------------------------===//

def Lz_ReshapeOp : Lz_ShapeOp<"reshape", (ins Lz_DimArrayAttr:$shape), [LzView]> {
  let summary = "the same elements in another shape";
  let description = [{
    1. At most one dimension is -1: it takes what is left. No other is negative.
    2. The number of elements stays.

    Example: `%y = lz.reshape %x {shape = #lz.dims<"n", -1>} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 6 x f32>`
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Lz_ReshapeLikeOp : Lz_ComputeOp<"reshape_like", [LzView]> {
  let summary = "reshapes to the elements of a tensor";
  let description = [{
    Becomes lz.reshape when the contents of `dims` are known.

    1. dims is an i64 tensor of rank 1 whose elements shape inference can tell.
    2. The elements: as of lz.reshape's shape.

    Example: `%y = lz.reshape_like %x, %s : (!lz.tensor<6 x f32>, !lz.tensor<2 x i64>) -> !lz.tensor<2 x 3 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$dims);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $dims ", Lz_Tail);
}

def Lz_FlattenOp : Lz_ShapeOp<"flatten",
    (ins Lz_I64Attr:$start_axis, Lz_I64Attr:$end_axis), [LzView]> {
  let summary = "makes one axis of several";
  let description = [{
    From start_axis to end_axis, both included. A scalar becomes [1].

    1. Both axes are within [-rank, rank), start is not after end.

    Example: `%y = lz.flatten %x {start_axis = 1, end_axis = -1} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 6 x f32>`
  }];
  let hasFolder = 1;
}

def Lz_UnflattenOp : Lz_ShapeOp<"unflatten",
    (ins Lz_I64Attr:$axis, Lz_DimArrayAttr:$sizes), [LzView]> {
  let summary = "makes several axes of one";
  let description = [{
    1. The axis is within [-rank, rank).
    2. At most one size is -1, no other is negative, and their product is the
       axis's dimension.

    Example: `%y = lz.unflatten %x {axis = 1, sizes = #lz.dims<2, -1>} : (!lz.tensor<"n" x 6 x f32>) -> !lz.tensor<"n" x 2 x 3 x f32>`
  }];
  let hasVerifier = 1;
}

def Lz_SqueezeOp : Lz_ShapeOp<"squeeze",
    (ins DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$axes), [LzView]> {
  let summary = "removes axes of dimension 1";
  let description = [{
    Without axes: all those that are known to be 1.

    1. Axes are distinct and within [-rank, rank); their dimensions are 1.

    Example: `%y = lz.squeeze %x {axes = [1]} : (!lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x f32>`
  }];
  let hasVerifier = 1;
}

def Lz_UnsqueezeOp : Lz_ShapeOp<"unsqueeze", (ins DenseI64ArrayAttr:$axes), [LzView]> {
  let summary = "inserts axes of dimension 1";
  let description = [{
    Axes are positions in the result.

    1. At least one axis; axes are distinct and within [-r, r), where r is the
       result's rank.

    Example: `%y = lz.unsqueeze %x {axes = [0]} : (!lz.tensor<"n" x f32>) -> !lz.tensor<1 x "n" x f32>`
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Rearrangements
//===----------------------------------------------------------------------===//

def Lz_TransposeOp : Lz_ShapeOp<"transpose", (ins DenseI64ArrayAttr:$perm)> {
  let summary = "permutes the axes";
  let description = [{
    Axis i of the result is axis perm[i] of src.

    1. perm is a permutation of 0 to rank - 1.

    Example: `%y = lz.transpose %x {perm = [1, 0]} : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<3 x 2 x f32>`
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Lz_SwapAxesOp : Lz_ShapeOp<"swap_axes", (ins Lz_I64Attr:$axis0, Lz_I64Attr:$axis1)> {
  let summary = "exchanges two axes, also where the rank is not known yet";
  let description = [{
    1. Both axes are within [-rank, rank).

    Example: `%y = lz.swap_axes %x {axis0 = -1, axis1 = -2} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>`
  }];
  let hasFolder = 1;
}

def Lz_ExpandOp : Lz_ShapeOp<"expand", (ins Lz_DimArrayAttr:$shape)> {
  let summary = "repeats dimensions of 1 to a given shape";
  let description = [{
    Aligned at the last axis; -1 keeps src's dimension.

    1. The shape has at least src's rank; -1 does not stand for a new axis.
    2. Each dimension of src is 1 or the shape's.

    Example: `%y = lz.expand %x {shape = #lz.dims<"n", -1>} : (!lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>`
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Lz_ExpandLikeOp : Lz_ComputeOp<"expand_like"> {
  let summary = "expands to the elements of a tensor";
  let description = [{
    Becomes lz.expand when the contents of `dims` are known.

    1. dims is an i64 tensor of rank 1 whose elements shape inference can tell.
    2. The elements: as of lz.expand's shape.

    Example: `%y = lz.expand_like %x, %s : (!lz.tensor<1 x f32>, !lz.tensor<2 x i64>) -> !lz.tensor<* x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$dims);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $dims ", Lz_Tail);
}

def Lz_PadOp : Lz_ShapeOp<"pad",
    (ins DenseI64ArrayAttr:$begin, DenseI64ArrayAttr:$end,
         DefaultValuedAttr<F64Attr, "0.0">:$value)> {
  let summary = "adds a constant border, or crops";
  let description = [{
    The k entries of begin and end belong to the last k axes. Negative entries crop.

    1. begin and end have the same number of entries, at most src's rank.
    2. Result dimensions are not negative.

    Example: `%y = lz.pad %x {begin = [1], end = [2]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 7 x f32>`
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Lz_RepeatOp : Lz_ShapeOp<"repeat", (ins DenseI64ArrayAttr:$repeats)> {
  let summary = "tiles a tensor";
  let description = [{
    Entries belong to the last axes; src gains leading axes of 1 where there are
    more entries than axes, and axes without an entry are repeated once.

    1. Entries are not negative.

    Example: `%y = lz.repeat %x {repeats = [2, 1]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<[2*n] x 4 x f32>`
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Lz_FlipOp : Lz_ShapeOp<"flip", (ins DenseI64ArrayAttr:$axes)> {
  let summary = "reverses the order along axes";
  let description = [{
    1. Axes are distinct and within [-rank, rank).

    Example: `%y = lz.flip %x {axes = [0]} : (!lz.tensor<"n" x f32>) -> !lz.tensor<"n" x f32>`
  }];
  let hasVerifier = 1;
}

def Lz_ConcatOp : Lz_ComputeOp<"concat"> {
  let summary = "joins tensors along an axis";
  let description = [{
    1. At least one operand; all have the same element type and rank >= 1.
    2. The axis is within [-rank, rank); all other dimensions agree.

    Example: `%y = lz.concat %a, %b {axis = 0} : (!lz.tensor<2 x 3 x f32>, !lz.tensor<"n" x 3 x f32>) -> !lz.tensor<[n + 2] x 3 x f32>`
  }];
  let arguments = (ins Variadic<Lz_Tensor>:$srcs, Lz_I64Attr:$axis);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$srcs ", Lz_Tail);
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Lz_TriangularOp : Lz_ShapeOp<"triangular",
    (ins DefaultValuedAttr<BoolAttr, "false">:$upper,
         DefaultValuedAttr<Lz_I64Attr, "0">:$diagonal)> {
  let summary = "keeps the lower or upper triangle of matrices, zero elsewhere";
  let description = [{
    On the last two axes: element (i, j) stays if j - i <= diagonal (lower) or
    j - i >= diagonal (upper).

    1. src has rank 2 or more.

    Example: `%y = lz.triangular %x {upper = true, diagonal = 1} : (!lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32>`
  }];
}

//===----------------------------------------------------------------------===//
// Shapes as values, and values from shapes
//===----------------------------------------------------------------------===//

def Lz_ShapeOfOp : Lz_ShapeOp<"shape_of", (ins)> {
  let summary = "the dimensions of a tensor, as i64";
  let description = [{
    Shape inference knows the elements of the result.

    Example: `%s = lz.shape_of %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<2 x i64>`
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$src)>];
}

def Lz_DimOfOp : Lz_ShapeOp<"dim_of", (ins Lz_I64Attr:$axis)> {
  let summary = "one dimension of a tensor, as an i64 scalar";
  let description = [{
    Shape inference knows the result.

    1. The axis is within [-rank, rank).

    Example: `%n = lz.dim_of %x {axis = 0} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<i64>`
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$src, "int64_t":$axis)>];
}

def Lz_IotaOp : Lz_ComputeOp<"iota"> {
  let summary = "counts along an axis";
  let description = [{
    Element = index along the axis, in the result's element type.

    1. No dimension of the shape is a negative number.
    2. The axis is within [-rank, rank), the element type is a number.

    Example: `%i = lz.iota {axis = 0, shape = #lz.dims<"n">} : () -> !lz.tensor<"n" x i64>`
  }];
  let arguments = (ins DefaultValuedAttr<Lz_I64Attr, "0">:$axis, Lz_DimArrayAttr:$shape);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = Lz_Tail;
  let hasVerifier = 1;
}

def Lz_FullOp : Lz_ComputeOp<"full"> {
  let summary = "a tensor of one value";
  let description = [{
    The value is a float or an integer, converted to the result's element type.

    1. No dimension of the shape is a negative number.
    2. The value is a 64-bit float or integer attribute.

    Example: `%z = lz.full {shape = #lz.dims<"n", 4>, value = 0.0} : () -> !lz.tensor<"n" x 4 x f32>`
  }];
  let arguments = (ins Lz_DimArrayAttr:$shape, AnyAttrOf<[F64Attr, I64Attr]>:$value);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = Lz_Tail;
  let hasVerifier = 1;
}

#endif // LAZULI_IR_SHAPEOPS_TD
