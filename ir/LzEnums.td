//===- LzEnums.td - enumerations of the lz dialect ---------*- tablegen -*-===//
//
// Stored as 32-bit integers and written as keywords right after an op's name.
// The numbers stand in bytecode files: append, never renumber.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_LZENUMS_TD
#define LAZULI_IR_LZENUMS_TD

include "mlir/IR/EnumAttr.td"

class Lz_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::lz";
}

def Lz_SymbolKind : Lz_Enum<"SymbolKind", "what gives a symbol its value", [
  I32EnumAttrCase<"Lazy", 0, "lazy">, I32EnumAttrCase<"Dynamic", 1, "dynamic">,
  I32EnumAttrCase<"Defined", 2, "defined">]>;

def Lz_ReduceKind : Lz_Enum<"ReduceKind", "how elements are reduced", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">,
  I32EnumAttrCase<"Prod", 2, "prod">, I32EnumAttrCase<"Max", 3, "max">,
  I32EnumAttrCase<"Min", 4, "min">, I32EnumAttrCase<"Any", 5, "any">,
  I32EnumAttrCase<"All", 6, "all">, I32EnumAttrCase<"ArgMax", 7, "argmax">,
  I32EnumAttrCase<"ArgMin", 8, "argmin">]>;

def Lz_CumulativeKind : Lz_Enum<"CumulativeKind", "what is accumulated", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Prod", 1, "prod">]>;

def Lz_PoolKind : Lz_Enum<"PoolKind", "how a window is reduced", [
  I32EnumAttrCase<"Max", 0, "max">, I32EnumAttrCase<"Avg", 1, "avg">]>;

def Lz_ScatterReduction : Lz_Enum<"ScatterReduction", "how updates combine", [
  I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Add", 1, "add">,
  I32EnumAttrCase<"Mul", 2, "mul">, I32EnumAttrCase<"Max", 3, "max">,
  I32EnumAttrCase<"Min", 4, "min">]>;

def Lz_RecurrentMode : Lz_Enum<"RecurrentMode", "the cell of a recurrent layer", [
  I32EnumAttrCase<"Lstm", 0, "lstm">, I32EnumAttrCase<"Gru", 1, "gru">,
  I32EnumAttrCase<"RnnTanh", 2, "rnn_tanh">,
  I32EnumAttrCase<"RnnRelu", 3, "rnn_relu">]>;

def Lz_Distribution : Lz_Enum<"Distribution", "what random numbers follow", [
  I32EnumAttrCase<"Uniform", 0, "uniform">,
  I32EnumAttrCase<"Normal", 1, "normal">]>;

#endif // LAZULI_IR_LZENUMS_TD
