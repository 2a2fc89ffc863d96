//===- LzAttrs.td - attributes of the lz dialect -----------*- tablegen -*-===//
//
// Dimension expressions as attributes, and how a parameter is initialized.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_LZATTRS_TD
#define LAZULI_IR_LZATTRS_TD

include "ir/LzTypes.td"
include "mlir/IR/AttrTypeBase.td"

class Lz_Attr<string cppName, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Lz_Dialect, cppName, traits> {
  let mnemonic = attrMnemonic;
}

//===----------------------------------------------------------------------===//
// Dimensions
//===----------------------------------------------------------------------===//

def Lz_DimAttr : Lz_Attr<"Dim", "dim"> {
  let summary = "one dimension expression, which may be negative";
  let description = "Examples: `#lz.dim<4>`, `#lz.dim<\"n\">`, `#lz.dim<[2*n + 1]>`.";
  let parameters = (ins "::lz::DimExpr":$value);
  let assemblyFormat = "`<` custom<DimParameter>($value) `>`";
}

def Lz_DimArrayAttr : Lz_Attr<"DimArray", "dims"> {
  let summary = "a list of dimension expressions";
  let description = "Example: `#lz.dims<\"batch\", -1, [2*n]>`.";
  let parameters = (ins Lz_DimListParameter<"dimensions">:$values);
  let assemblyFormat = "`<` custom<DimListParameter>($values) `>`";
  let builders = [
    AttrBuilder<(ins "::llvm::ArrayRef<::lz::DimExpr>":$values), [{
      return $_get($_ctxt, ::lz::DimList(values));
    }]>,
    AttrBuilder<(ins "::llvm::ArrayRef<int64_t>":$values), [{
      return $_get($_ctxt, ::lz::DimList(values));
    }]>
  ];
  let extraClassDeclaration = [{
    size_t size() const { return getValues().size(); }
    bool empty() const { return getValues().empty(); }
    const ::lz::DimExpr &operator[](size_t i) const { return getValues()[i]; }
  }];
}

//===----------------------------------------------------------------------===//
// Initial values of parameters and states
//===----------------------------------------------------------------------===//

class Lz_InitAttr<string cppName, string attrMnemonic>
    : Lz_Attr<cppName # "Init", attrMnemonic>;

def Lz_FillInitAttr : Lz_InitAttr<"Fill", "fill"> {
  let summary = "every element has this value";
  let description = "Example: `#lz.fill<0.0>`. Integers and booleans take the value converted.";
  let parameters = (ins "::lz::Real":$value);
  let assemblyFormat = "`<` custom<Real>($value) `>`";
}

def Lz_UniformInitAttr : Lz_InitAttr<"Uniform", "uniform"> {
  let summary = "uniform in [low, high)";
  let description = "Example: `#lz.uniform<-0.1, 0.1>`.";
  let parameters = (ins "::lz::Real":$low, "::lz::Real":$high);
  let assemblyFormat = "`<` custom<Real>($low) `,` custom<Real>($high) `>`";
}

def Lz_NormalInitAttr : Lz_InitAttr<"Normal", "normal"> {
  let summary = "normal with this mean and standard deviation";
  let description = [{
    All of row `zero_row` along axis 0, if there is one, is 0: the padding row of
    an embedding. Examples: `#lz.normal<0.0, 0.02>`, `#lz.normal<0.0, 1.0, zero_row = 3>`.
  }];
  let parameters = (ins "::lz::Real":$mean, "::lz::Real":$stddev,
                        DefaultValuedParameter<"int64_t", "-1">:$zero_row);
  let assemblyFormat = [{
    `<` custom<Real>($mean) `,` custom<Real>($stddev) (`,` `zero_row` `=` $zero_row^)? `>`
  }];
}

def Lz_KaimingUniformInitAttr : Lz_InitAttr<"KaimingUniform", "kaiming_uniform"> {
  let summary = "uniform, bounded by the fan-in of the parameter's own shape";
  let description = [{
    Uniform in [-bound, bound) with bound = sqrt(6 / ((1 + a^2) * fan_in)), where
    fan_in is the product of all dimensions but the first (He et al. 2015, as in
    `torch.nn.init.kaiming_uniform_`). Example: `#lz.kaiming_uniform<2.236>`.
  }];
  let parameters = (ins "::lz::Real":$a);
  let assemblyFormat = "`<` custom<Real>($a) `>`";
}

def Lz_UniformFanInInitAttr : Lz_InitAttr<"UniformFanIn", "uniform_fan_in"> {
  let summary = "uniform, bounded by the fan-in of another parameter";
  let description = [{
    Uniform in [-bound, bound) with bound = 1 / sqrt(fan_in of the parameter of
    that name): a bias beside its weight. Example: `#lz.uniform_fan_in<"fc1.weight">`.
  }];
  let parameters = (ins "::mlir::StringAttr":$parameter);
  let assemblyFormat = "`<` $parameter `>`";
}

def Lz_ScaledUniformInitAttr : Lz_InitAttr<"ScaledUniform", "scaled_uniform"> {
  let summary = "uniform, bounded by a size that may be lazy";
  let description = [{
    Uniform in [-bound, bound) with bound = sqrt(numerator / size), 0 for a size
    of 0. Example: `#lz.scaled_uniform<6.0, [4*"mha.embed_dim"]>` (Glorot's).
  }];
  let parameters = (ins "::lz::Real":$numerator, "::lz::DimExpr":$size);
  let assemblyFormat = "`<` custom<Real>($numerator) `,` custom<DimParameter>($size) `>`";
}

def Lz_AnyInitAttr : AnyAttrOf<
    [Lz_FillInitAttr, Lz_UniformInitAttr, Lz_NormalInitAttr,
     Lz_KaimingUniformInitAttr, Lz_UniformFanInInitAttr, Lz_ScaledUniformInitAttr],
    "how to initialize: #lz.fill, #lz.uniform, #lz.normal, "
    "#lz.kaiming_uniform, #lz.uniform_fan_in or #lz.scaled_uniform",
    "::mlir::Attribute", "$_self">;

#endif // LAZULI_IR_LZATTRS_TD
