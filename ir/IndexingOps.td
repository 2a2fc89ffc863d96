//===- IndexingOps.td - slices, gathers, scatters ----------*- tablegen -*-===//
//
// Ops that pick or place elements by position.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_INDEXINGOPS_TD
#define LAZULI_IR_INDEXINGOPS_TD

include "ir/LzBase.td"

def Lz_SliceOp : Lz_ComputeOp<"slice"> {
  let summary = "every step-th element of a range along an axis";
  let description = [{
    As NumPy's x[begin:end:step]. A negative number counts from the end; out of
    range is clamped to the axis, so the greatest i64 is the end, and with a
    negative step the least i64 is "through element 0". An expression with symbols
    counts from the end only if it is proven negative; it is clamped too.

    1. The axis is within [-rank, rank).
    2. step is not 0.

    Example: `%y = lz.slice %x {axis = 0, begin = #lz.dim<1>, end = #lz.dim<-1>} : (!lz.tensor<8 x f32>) -> !lz.tensor<6 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_I64Attr:$axis, Lz_DimAttr:$begin,
                       Lz_DimAttr:$end, DefaultValuedAttr<Lz_I64Attr, "1">:$step);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src ", Lz_Tail);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$type, "::mlir::Value":$src, "int64_t":$axis,
                   "::lz::DimExpr":$begin, "::lz::DimExpr":$end,
                   CArg<"int64_t", "1">:$step), [{
      auto *context = $_builder.getContext();
      build($_builder, $_state, type, src, $_builder.getI64IntegerAttr(axis),
            ::lz::DimAttr::get(context, begin), ::lz::DimAttr::get(context, end),
            $_builder.getI64IntegerAttr(step));
    }]>
  ];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Lz_SelectIndexOp : Lz_ComputeOp<"select_index"> {
  let summary = "one position along an axis; the axis is dropped";
  let description = [{
    1. The axis is within [-rank, rank).
    2. The index is within [-dim, dim) of that axis.

    Example: `%y = lz.select_index %x {axis = 1, index = -1} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_I64Attr:$axis, Lz_I64Attr:$index);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src ", Lz_Tail);
}

def Lz_GatherOp : Lz_ComputeOp<"gather"> {
  let summary = "slices of src along an axis, by index: an embedding";
  let description = [{
    The result's shape is that of src with the axis replaced by the shape of
    indices. Negative indices count from the end; an index out of range is a
    run-time error.

    1. The axis is within [-rank, rank).
    2. Indices are i64 or i32.

    Example: `%y = lz.gather %table, %i {axis = 0} : (!lz.tensor<100 x 8 x f32>, !lz.tensor<"n" x i64>) -> !lz.tensor<"n" x 8 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$indices,
                       DefaultValuedAttr<Lz_I64Attr, "0">:$axis);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $indices ", Lz_Tail);
}

def Lz_GatherPanelsOp : Lz_ComputeOp<"gather_panels"> {
  let summary = "rows of a table that lies in panels, by index";
  let description = [{
    What lz.gather gives of [rows, in] along axis 0, read from the panels
    [ceil(rows / width), in, width] of an lz.linear: an embedding whose table is the
    last layer's weights as well.

    1. src has rank 3 and holds `rows`, or nothing but rows where that is 0.
    2. Indices are i64 or i32.

    Example: `%y = lz.gather_panels %w, %i {rows = 13} : (!lz.tensor<2 x 3 x 8 x f32>, !lz.tensor<"n" x i64>) -> !lz.tensor<"n" x 3 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$indices,
                       DefaultValuedAttr<Lz_I64Attr, "0">:$rows);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $indices ", Lz_Tail);
}

def Lz_GatherElementsOp : Lz_ComputeOp<"gather_elements"> {
  let summary = "elements of src along an axis, by index at each position";
  let description = [{
    y[i, j, ...] = src[i, index[i, j, ...], ...] with the index in place of the
    axis's position (`torch.gather`). Negative indices count from the end; an
    index out of range is a run-time error.

    1. indices has src's rank, and is i64 or i32.
    2. The axis is within [-rank, rank); in other axes indices is not longer than src.

    Example: `%y = lz.gather_elements %x, %i {axis = 1} : (!lz.tensor<2 x 3 x f32>, !lz.tensor<2 x 1 x i64>) -> !lz.tensor<2 x 1 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$indices, Lz_I64Attr:$axis);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $indices ", Lz_Tail);
}

def Lz_ScatterElementsOp : Lz_ComputeOp<"scatter_elements"> {
  let summary = "src with elements replaced or combined by index";
  let description = [{
    The inverse of lz.gather_elements: dst[i, index[i, j], ...] takes updates[i,
    j, ...]. With `none` and equal indices the last in row-major order stays.

    1. indices and updates have the same shape, of src's rank; indices is i64 or i32.
    2. src and updates have the same element type.
    3. The axis is within [-rank, rank); in other axes indices is not longer than src.

    Example: `%y = lz.scatter_elements add %x, %i, %u {axis = 0} : (!lz.tensor<4 x f32>, !lz.tensor<2 x i64>, !lz.tensor<2 x f32>) -> !lz.tensor<4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$indices, Lz_Tensor:$updates,
                       Lz_I64Attr:$axis, Lz_ScatterReduction:$reduction);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$reduction $src `,` $indices `,` $updates ", Lz_Tail);
}

#endif // LAZULI_IR_INDEXINGOPS_TD
