// The passes over the lz dialect, in the order of the default pipeline. Each
// description shows IR before and after; a test runs what it shows.

#ifndef LAZULI_PASSES_PASSES
#define LAZULI_PASSES_PASSES

include "mlir/Pass/PassBase.td"

def BindExamplesPass : Pass<"lz-bind-examples", "::mlir::ModuleOp"> {
  let summary = "Bind example inputs and dynamic dimensions to arguments";
  let description = [{
    Arguments take the element types and dimensions of the examples. The k-th
    mention of an input belongs to example k, one that is mentioned once belongs
    to all. A dimension that differs among examples becomes a dynamic symbol
    named `<input>.<axis>`; one that `dynamic` names becomes that symbol, with
    its range and divisor. The same name in two places is the same dimension.
    The examples stay in the module attribute `lz.examples`, by which inference
    explains a conflict.

    `lazuli-opt --lz-bind-examples="examples=x=f32[2,3],x=f32[4,3]"` turns
    ```mlir
    lz.func @forward(%x: !lz.tensor<* x f32> {lz.name = "x"}) -> !lz.tensor<* x f32> {
      lz.return %x : !lz.tensor<* x f32>
    }
    ```
    into
    ```mlir
    module attributes {lz.examples = [{x = !lz.tensor<2 x 3 x f32>}, {x = !lz.tensor<4 x 3 x f32>} ]} {
      lz.symbol "x.0" dynamic {min = 1}
      lz.func @forward(%x: !lz.tensor<"x.0" x 3 x f32> {lz.name = "x"}) -> !lz.tensor<"x.0" x 3 x f32> {
        lz.return %x : !lz.tensor<"x.0" x 3 x f32>
      }
    }
    ```
  }];
  let options = [
    Option<"examples", "examples", "std::string", "",
           "examples such as x=f32[2,3];x=f32[4,3]">,
    Option<"dynamic", "dynamic", "std::string", "",
           "dynamic dimensions such as x:0=batch[1..64]%8">,
    Option<"function", "function", "std::string", "",
           "the function to bind; by default the only one, or forward">
  ];
}

def BindWeightsPass : Pass<"lz-bind-weights", "::mlir::ModuleOp"> {
  let summary = "Check a source of weights and solve symbols by its shapes";
  let description = [{
    Compares the weight source with the parameters and states of the module. All
    missing and unexpected keys, wrong shapes and wrong element types are listed
    in one message. Shapes solve lazy symbols, which carry the solution and
    where it came from. A batch norm's `num_batches_tracked` may be missing, as
    in checkpoints of old versions of PyTorch; it is then 0.

    `lazuli-opt --lz-bind-weights="zero-weights=fc.weight=f32[4,3]"` turns
    ```mlir
    lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
    lz.parameter "fc.weight" : !lz.tensor<4 x "fc.in_features" x f32>
    ```
    into
    ```mlir
    lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features", lz.solution = 3, lz.origin = "'fc.weight' in zero-weights"}
    lz.parameter "fc.weight" : !lz.tensor<4 x "fc.in_features" x f32>
    ```
  }];
  let options = [
    Option<"zeroWeights", "zero-weights", "std::string", "",
           "use zeros of these shapes instead of the injected source">,
    Option<"strict", "strict", "bool", "true",
           "missing and unexpected keys are errors">,
    Option<"convert", "convert", "bool", "false",
           "convert floating-point weights of another width">
  ];
}

def InferShapesPass : Pass<"lz-infer-shapes", "::mlir::ModuleOp"> {
  let summary = "Infer all shapes and solve the lazy symbols";
  let description = [{
    Runs the shape inference of every op to a fixed point, with one solver for
    all functions of the module. Afterwards every value is ranked and every
    dimension an expression over dynamic symbols, lazy symbols carry their
    solutions, and equalities that only a run can check stand as `lz.guard` at
    the head of the function. Dynamic dimensions that the model forces to be
    equal, or to be a constant, are merged. Contradictions are reported in the
    words of the model, with both uses; the module is then left as it was.

    `lazuli-opt --lz-infer-shapes` turns
    ```mlir
    lz.symbol "n" dynamic {min = 1}
    lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
    lz.parameter "fc.weight" : !lz.tensor<4 x "fc.in_features" x f32>
    lz.func @forward(%x: !lz.tensor<"n" x 3 x f32>) -> !lz.tensor<* x f32> {
      %w = lz.get_parameter "fc.weight" : !lz.tensor<4 x "fc.in_features" x f32>
      %y = lz.linear %x, %w : (!lz.tensor<"n" x 3 x f32>, !lz.tensor<4 x "fc.in_features" x f32>) -> !lz.tensor<* x f32> loc("fc")
      lz.return %y : !lz.tensor<* x f32>
    }
    ```
    into
    ```mlir
    lz.symbol "n" dynamic {min = 1}
    lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features", lz.solution = 3, lz.origin = "input [n, 3] of 'fc'"}
    lz.parameter "fc.weight" : !lz.tensor<4 x "fc.in_features" x f32>
    lz.func @forward(%x: !lz.tensor<"n" x 3 x f32>) -> !lz.tensor<"n" x 4 x f32> {
      %w = lz.get_parameter "fc.weight" : !lz.tensor<4 x 3 x f32>
      %y = lz.linear %x, %w : (!lz.tensor<"n" x 3 x f32>, !lz.tensor<4 x 3 x f32>) -> !lz.tensor<"n" x 4 x f32>
      lz.return %y : !lz.tensor<"n" x 4 x f32>
    }
    ```
  }];
}

def MaterializePass : Pass<"lz-materialize", "::mlir::ModuleOp"> {
  let summary = "Make all parameters and states concrete";
  let description = [{
    Puts the solutions of lazy symbols in their places and erases the symbols.
    Parameters and states take their values from the weight source, or draw them
    from a counter-based generator keyed by seed and name. Parameters of lazy
    modules that nothing uses are dropped with a remark. A lazy symbol that is
    used and was never solved is an error that names what was missing.

    `lazuli-opt --lz-materialize` turns
    ```mlir
    lz.symbol "bn.num_features" lazy {module = "LazyBatchNorm1d 'bn'", field = "num_features", lz.solution = 3, lz.origin = "input [2, 3] of 'bn'"}
    lz.parameter "bn.weight" : !lz.tensor<"bn.num_features" x f32> {init = #lz.fill<1.0>}
    ```
    into
    ```mlir
    module attributes {lz.solved = [{field = "num_features", module = "LazyBatchNorm1d 'bn'", name = "bn.num_features", origin = "input [2, 3] of 'bn'", value = 3 : i64} ]} {
      lz.parameter "bn.weight" : !lz.tensor<3 x f32> {init = #lz.fill<1.0>, value = dense<1.0> : tensor<3xf32>}
    }
    ```
  }];
  let options = [
    Option<"seed", "seed", "uint64_t", "0", "key of the random generator">,
    Option<"randomWeights", "random-weights", "bool", "true",
           "initialize parameters that have no value">,
    Option<"zeroWeights", "zero-weights", "std::string", "",
           "use zeros of these shapes instead of the injected source">,
    Option<"strict", "strict", "bool", "true",
           "missing and unexpected keys are errors">,
    Option<"convert", "convert", "bool", "false",
           "convert floating-point weights of another width">
  ];
}

def CanonicalizePass : Pass<"lz-canonicalize", "::mlir::ModuleOp"> {
  let summary = "Simplify: folds, batch norms into neighbours, dead code";
  let description = [{
    Runs the folds and canonicalization patterns of all ops, folds a batch norm
    of constant statistics into the convolution or linear layer before it (as ops
    on parameters that `lz-const-eval` computes), removes identities, and erases
    parameters that nothing reads. A state that no function of the module writes
    becomes a parameter first.

    `lazuli-opt --lz-canonicalize` turns
    ```mlir
    lz.func @forward(%x: !lz.tensor<2 x 3 x f32>, %y: !lz.tensor<1 x f32>) -> !lz.tensor<6 x f32> {
      %0 = lz.expand %y {shape = #lz.dims<2, 3>} : (!lz.tensor<1 x f32>) -> !lz.tensor<2 x 3 x f32>
      %1 = lz.add %x, %0 : (!lz.tensor<2 x 3 x f32>, !lz.tensor<2 x 3 x f32>) -> !lz.tensor<2 x 3 x f32>
      %2 = lz.unsqueeze %1 {axes = [0]} : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<1 x 2 x 3 x f32>
      %3 = lz.flatten %2 {start_axis = 0, end_axis = -1} : (!lz.tensor<1 x 2 x 3 x f32>) -> !lz.tensor<6 x f32>
      lz.return %3 : !lz.tensor<6 x f32>
    }
    ```
    into
    ```mlir
    lz.func @forward(%x: !lz.tensor<2 x 3 x f32>, %y: !lz.tensor<1 x f32>) -> !lz.tensor<6 x f32> {
      %0 = lz.add %x, %y : (!lz.tensor<2 x 3 x f32>, !lz.tensor<1 x f32>) -> !lz.tensor<2 x 3 x f32>
      %1 = lz.reshape %0 {shape = #lz.dims<6>} : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<6 x f32>
      lz.return %1 : !lz.tensor<6 x f32>
    }
    ```
  }];
  let options = [
    Option<"foldStates", "fold-states", "bool", "true",
           "make parameters of states that are never written">
  ];
}

def WinogradPass : Pass<"lz-winograd", "::mlir::ModuleOp"> {
  let summary = "3x3 convolutions with fewer multiplications";
  let description = [{
    Convolutions of 3x3 kernels with strides and dilations of 1 on channels-last
    images whose weights are constants become `lz.conv_winograd`, where the backend
    that generates kernels estimates that it wins; their weights are put into blocks
    of 16 output channels by ops that `lz-const-eval` computes. The other
    convolutions say in `lz.direct` why they stay.

    `lazuli-opt --lz-winograd="always=true"` turns
    ```mlir
    lz.parameter "w" : !lz.tensor<32 x 3 x 3 x 3 x f32>
    lz.parameter "b" : !lz.tensor<32 x f32>
    lz.func @forward(%x: !lz.tensor<2 x 8 x 8 x 3 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<32 x 3 x 3 x 3 x f32>
      %1 = lz.get_parameter "b" : !lz.tensor<32 x f32>
      %2 = lz.conv %x, %0, %1 {channels_last, dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<2 x 8 x 8 x 3 x f32>, !lz.tensor<32 x 3 x 3 x 3 x f32>, !lz.tensor<32 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32>
      lz.return %2 : !lz.tensor<2 x 8 x 8 x 32 x f32>
    }
    ```
    into
    ```mlir
    lz.parameter "w" : !lz.tensor<32 x 3 x 3 x 3 x f32>
    lz.parameter "b" : !lz.tensor<32 x f32>
    lz.func @forward(%x: !lz.tensor<2 x 8 x 8 x 3 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<32 x 3 x 3 x 3 x f32>
      %1 = lz.get_parameter "b" : !lz.tensor<32 x f32>
      %2 = lz.reshape %0 {shape = #lz.dims<2, 16, 3, 3, 3>} : (!lz.tensor<32 x 3 x 3 x 3 x f32>) -> !lz.tensor<2 x 16 x 3 x 3 x 3 x f32>
      %3 = lz.transpose %2 {perm = [0, 2, 3, 4, 1]} : (!lz.tensor<2 x 16 x 3 x 3 x 3 x f32>) -> !lz.tensor<2 x 3 x 3 x 3 x 16 x f32>
      %4 = lz.conv_winograd %x, %3 {channels = 32, lz.why = "a quarter of the multiplications by Winograd's algorithm", pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<2 x 8 x 8 x 3 x f32>, !lz.tensor<2 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32>
      %5 = lz.add %4, %1 : (!lz.tensor<2 x 8 x 8 x 32 x f32>, !lz.tensor<32 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32>
      lz.return %5 : !lz.tensor<2 x 8 x 8 x 32 x f32>
    }
    ```
  }];
  let options = [
    Option<"always", "always", "bool", "false",
           "wherever the algorithm fits, without asking a backend">,
    Option<"never", "never", "bool", "false",
           "nowhere: convolutions are computed as they are defined">
  ];
}

def PanelsPass : Pass<"lz-panels", "::mlir::ModuleOp"> {
  let summary = "weights of linear layers in the order in which they are read";
  let description = [{
    Linear layers and products with one matrix, whose weights are constants, multiply
    with panels of 64 columns, or fewer where that pads the last panel less, where the
    backend that generates kernels says that it is as fast as a library: their
    kernels then need nothing made or loaded at run time, whatever the number of rows.
    An embedding reads the panels of a layer that shares its table, if nobody else reads
    the table. The panels are made by ops that `lz-const-eval` computes.

    `lazuli-opt --lz-panels="always=true"` turns
    ```mlir
    lz.parameter "w" : !lz.tensor<128 x 32 x f32>
    lz.func @forward(%x: !lz.tensor<8 x 32 x f32>) -> !lz.tensor<8 x 128 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<128 x 32 x f32>
      %1 = lz.linear %x, %0 : (!lz.tensor<8 x 32 x f32>, !lz.tensor<128 x 32 x f32>) -> !lz.tensor<8 x 128 x f32>
      lz.return %1 : !lz.tensor<8 x 128 x f32>
    }
    ```
    into
    ```mlir
    lz.parameter "w" : !lz.tensor<128 x 32 x f32>
    lz.func @forward(%x: !lz.tensor<8 x 32 x f32>) -> !lz.tensor<8 x 128 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<128 x 32 x f32>
      %1 = lz.reshape %0 {shape = #lz.dims<2, 64, 32>} : (!lz.tensor<128 x 32 x f32>) -> !lz.tensor<2 x 64 x 32 x f32>
      %2 = lz.transpose %1 {perm = [0, 2, 1]} : (!lz.tensor<2 x 64 x 32 x f32>) -> !lz.tensor<2 x 32 x 64 x f32>
      %3 = lz.linear %x, %2 {lz.why = "weights in panels of 64 columns"} : (!lz.tensor<8 x 32 x f32>, !lz.tensor<2 x 32 x 64 x f32>) -> !lz.tensor<8 x 128 x f32>
      lz.return %3 : !lz.tensor<8 x 128 x f32>
    }
    ```
  }];
  let options = [
    Option<"always", "always", "bool", "false",
           "wherever panels fit, without asking a backend">
  ];
}

def RecurrentStepsPass : Pass<"lz-recurrent-steps", "::mlir::ModuleOp"> {
  let summary = "Recurrent layers as one product and their steps";
  let description = [{
    An f32 `lz.recurrent` whose weights are constants, and which the library does not
    take, becomes an `lz.linear` of the inputs of all steps and an `lz.recurrent_steps`
    of its result. Weights and biases are
    put into blocks of hidden units, whose gates lie side by side, by ops that
    `lz-const-eval` computes.

    `lazuli-opt --lz-recurrent-steps` turns
    ```mlir
    lz.parameter "wi" : !lz.tensor<96 x 3 x f32>
    lz.parameter "wh" : !lz.tensor<96 x 32 x f32>
    lz.func @forward(%x: !lz.tensor<5 x 2 x 3 x f32>) -> !lz.tensor<5 x 2 x 32 x f32> {
      %0 = lz.get_parameter "wi" : !lz.tensor<96 x 3 x f32>
      %1 = lz.get_parameter "wh" : !lz.tensor<96 x 32 x f32>
      %2, %3 = lz.recurrent gru %x weights %0, %1 : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<96 x 3 x f32>, !lz.tensor<96 x 32 x f32>) -> (!lz.tensor<5 x 2 x 32 x f32>, !lz.tensor<2 x 32 x f32>)
      lz.return %2 : !lz.tensor<5 x 2 x 32 x f32>
    }
    ```
    into
    ```mlir
    lz.parameter "wi" : !lz.tensor<96 x 3 x f32>
    lz.parameter "wh" : !lz.tensor<96 x 32 x f32>
    lz.func @forward(%arg0: !lz.tensor<5 x 2 x 3 x f32>) -> !lz.tensor<5 x 2 x 32 x f32> {
      %0 = lz.get_parameter "wi" : !lz.tensor<96 x 3 x f32>
      %1 = lz.get_parameter "wh" : !lz.tensor<96 x 32 x f32>
      %2 = lz.reshape %arg0 {shape = #lz.dims<10, 3>} : (!lz.tensor<5 x 2 x 3 x f32>) -> !lz.tensor<10 x 3 x f32>
      %3 = lz.reshape %0 {shape = #lz.dims<3, 2, 16, 3>} : (!lz.tensor<96 x 3 x f32>) -> !lz.tensor<3 x 2 x 16 x 3 x f32>
      %4 = lz.transpose %3 {perm = [1, 0, 2, 3]} : (!lz.tensor<3 x 2 x 16 x 3 x f32>) -> !lz.tensor<2 x 3 x 16 x 3 x f32>
      %5 = lz.reshape %4 {shape = #lz.dims<96, 3>} : (!lz.tensor<2 x 3 x 16 x 3 x f32>) -> !lz.tensor<96 x 3 x f32>
      %6 = lz.linear %2, %5 : (!lz.tensor<10 x 3 x f32>, !lz.tensor<96 x 3 x f32>) -> !lz.tensor<10 x 96 x f32>
      %7 = lz.reshape %6 {shape = #lz.dims<5, 2, 2, 48>} : (!lz.tensor<10 x 96 x f32>) -> !lz.tensor<5 x 2 x 2 x 48 x f32>
      %8 = lz.reshape %1 {shape = #lz.dims<3, 2, 16, 32>} : (!lz.tensor<96 x 32 x f32>) -> !lz.tensor<3 x 2 x 16 x 32 x f32>
      %9 = lz.transpose %8 {perm = [1, 3, 0, 2]} : (!lz.tensor<3 x 2 x 16 x 32 x f32>) -> !lz.tensor<2 x 32 x 3 x 16 x f32>
      %10 = lz.reshape %9 {shape = #lz.dims<2, 32, 48>} : (!lz.tensor<2 x 32 x 3 x 16 x f32>) -> !lz.tensor<2 x 32 x 48 x f32>
      %dst, %h_n = lz.recurrent_steps gru %7 weights %10 {lz.why = "weights are read in blocks of 16 hidden units, once per step for several sequences"} : (!lz.tensor<5 x 2 x 2 x 48 x f32>, !lz.tensor<2 x 32 x 48 x f32>) -> (!lz.tensor<5 x 2 x 32 x f32>, !lz.tensor<2 x 32 x f32>)
      lz.return %dst : !lz.tensor<5 x 2 x 32 x f32>
    }
    ```
  }];
}

def DepthwisePass : Pass<"lz-depthwise", "::mlir::ModuleOp"> {
  let summary = "convolutions of each channel by itself, along channels";
  let description = [{
    Convolutions with a group per channel on channels-last images whose weights are
    constants become `lz.conv_depthwise`, where the backend that generates kernels
    takes them, together with the bounds that follow (`relu`, `min` and `max` with a
    number): kernels with so little arithmetic should not read results again. Weights
    get the channels last by ops that `lz-const-eval` computes.

    `lazuli-opt --lz-depthwise="always=true"` turns
    ```mlir
    lz.parameter "w" : !lz.tensor<32 x 1 x 3 x 3 x f32>
    lz.func @forward(%x: !lz.tensor<2 x 8 x 8 x 32 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<32 x 1 x 3 x 3 x f32>
      %1 = lz.conv %x, %0 {channels_last, dilations = [1, 1], groups = 32, pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<2 x 8 x 8 x 32 x f32>, !lz.tensor<32 x 1 x 3 x 3 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32>
      %2 = lz.relu %1 : (!lz.tensor<2 x 8 x 8 x 32 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32>
      lz.return %2 : !lz.tensor<2 x 8 x 8 x 32 x f32>
    }
    ```
    into
    ```mlir
    lz.parameter "w" : !lz.tensor<32 x 1 x 3 x 3 x f32>
    lz.func @forward(%x: !lz.tensor<2 x 8 x 8 x 32 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<32 x 1 x 3 x 3 x f32>
      %1 = lz.reshape %0 {shape = #lz.dims<32, 3, 3>} : (!lz.tensor<32 x 1 x 3 x 3 x f32>) -> !lz.tensor<32 x 3 x 3 x f32>
      %2 = lz.transpose %1 {perm = [1, 2, 0]} : (!lz.tensor<32 x 3 x 3 x f32>) -> !lz.tensor<3 x 3 x 32 x f32>
      %3 = lz.conv_depthwise %x, %2 {dilations = [1, 1], low = 0.000000e+00, lz.why = "each channel by itself: read once, bounded in registers", pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<2 x 8 x 8 x 32 x f32>, !lz.tensor<3 x 3 x 32 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32>
      lz.return %3 : !lz.tensor<2 x 8 x 8 x 32 x f32>
    }
    ```
  }];
  let options = [
    Option<"always", "always", "bool", "false",
           "wherever it fits, without asking the backend">
  ];
}

def ConvPanelsPass : Pass<"lz-conv-panels", "::mlir::ModuleOp"> {
  let summary = "convolutions with weights in panels";
  let description = [{
    Convolutions of one group on channels-last images of one or two axes, without
    dilations, whose weights are constants and whose output channels fill vectors become
    `lz.conv_panels`, where the backend that generates kernels says that it is as fast as
    a library; ops that `lz-const-eval` computes put the weights into panels. `lz.why`
    says so to lz-fuse.

    `lazuli-opt --lz-conv-panels="always=true"` turns
    ```mlir
    lz.parameter "w" : !lz.tensor<64 x 3 x 7 x f32>
    lz.func @forward(%x: !lz.tensor<1 x 32 x 3 x f32>) -> !lz.tensor<1 x 16 x 64 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<64 x 3 x 7 x f32>
      %1 = lz.conv %x, %0 {channels_last, dilations = [1], pads_begin = [3], pads_end = [3], strides = [2]} : (!lz.tensor<1 x 32 x 3 x f32>, !lz.tensor<64 x 3 x 7 x f32>) -> !lz.tensor<1 x 16 x 64 x f32>
      lz.return %1 : !lz.tensor<1 x 16 x 64 x f32>
    }
    ```
    into
    ```mlir
    lz.parameter "w" : !lz.tensor<64 x 3 x 7 x f32>
    lz.func @forward(%x: !lz.tensor<1 x 32 x 3 x f32>) -> !lz.tensor<1 x 16 x 64 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<64 x 3 x 7 x f32>
      %1 = lz.reshape %0 {shape = #lz.dims<1, 64, 3, 7>} : (!lz.tensor<64 x 3 x 7 x f32>) -> !lz.tensor<1 x 64 x 3 x 7 x f32>
      %2 = lz.transpose %1 {perm = [0, 3, 2, 1]} : (!lz.tensor<1 x 64 x 3 x 7 x f32>) -> !lz.tensor<1 x 7 x 3 x 64 x f32>
      %3 = lz.conv_panels %x, %2 {lz.why = "weights in panels of 64 output channels", pads_begin = [3], pads_end = [3], strides = [2]} : (!lz.tensor<1 x 32 x 3 x f32>, !lz.tensor<1 x 7 x 3 x 64 x f32>) -> !lz.tensor<1 x 16 x 64 x f32>
      lz.return %3 : !lz.tensor<1 x 16 x 64 x f32>
    }
    ```
  }];
  let options = [
    Option<"always", "always", "bool", "false",
           "wherever it fits, without asking the backend">
  ];
}

def PointwisePass : Pass<"lz-pointwise", "::mlir::ModuleOp"> {
  let summary = "convolutions as products";
  let description = [{
    Convolutions of 1x1 kernels with strides of 1 on channels-last images whose weights
    are constants become products with matrices of [inputs, outputs], where the backend
    that generates kernels says that it is no slower than a library; ops that
    `lz-const-eval` computes transpose the weights. So do transposed convolutions whose
    strides are the sizes of their kernels, without padding: a row of taps of all
    windows along the last axis of an image lies in the result side by side, and rows of taps
    along the axes before are axes of the result, along which matrices differ.
    `lz.why` says so to lz-fuse.

    `lazuli-opt --lz-pointwise="always=true"` turns
    ```mlir
    lz.parameter "w" : !lz.tensor<32 x 16 x 1 x 1 x f32>
    lz.func @forward(%x: !lz.tensor<2 x 8 x 8 x 16 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<32 x 16 x 1 x 1 x f32>
      %1 = lz.conv %x, %0 {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<2 x 8 x 8 x 16 x f32>, !lz.tensor<32 x 16 x 1 x 1 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32>
      lz.return %1 : !lz.tensor<2 x 8 x 8 x 32 x f32>
    }
    ```
    into
    ```mlir
    lz.parameter "w" : !lz.tensor<32 x 16 x 1 x 1 x f32>
    lz.func @forward(%x: !lz.tensor<2 x 8 x 8 x 16 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32> {
      %0 = lz.get_parameter "w" : !lz.tensor<32 x 16 x 1 x 1 x f32>
      %1 = lz.reshape %0 {shape = #lz.dims<32, 16>} : (!lz.tensor<32 x 16 x 1 x 1 x f32>) -> !lz.tensor<32 x 16 x f32>
      %2 = lz.transpose %1 {perm = [1, 0]} : (!lz.tensor<32 x 16 x f32>) -> !lz.tensor<16 x 32 x f32>
      %3 = lz.matmul %x, %2 {lz.why = "weights with outputs side by side: a generated kernel is faster than a convolution"} : (!lz.tensor<2 x 8 x 8 x 16 x f32>, !lz.tensor<16 x 32 x f32>) -> !lz.tensor<2 x 8 x 8 x 32 x f32>
      lz.return %3 : !lz.tensor<2 x 8 x 8 x 32 x f32>
    }
    ```
  }];
  let options = [
    Option<"always", "always", "bool", "false",
           "wherever it fits, without asking the backend">
  ];
}

def ConstEvalPass : Pass<"lz-const-eval", "::mlir::ModuleOp"> {
  let summary = "Evaluate constant subgraphs by running them";
  let description = [{
    Finds the values that depend on parameters and constants alone, has the
    largest such subgraphs evaluated in one program by the injected evaluator,
    and replaces them by new parameters. Values that only grow, such as an
    expanded scalar, stay in the graph.

    `lazuli-opt --lz-const-eval` turns
    ```mlir
    lz.parameter "w" : !lz.tensor<2 x f32> {value = dense<0.0> : tensor<2xf32>}
    lz.func @forward(%x: !lz.tensor<2 x f32>) -> !lz.tensor<2 x f32> {
      %w = lz.get_parameter "w" : !lz.tensor<2 x f32>
      %0 = lz.exp %w : (!lz.tensor<2 x f32>) -> !lz.tensor<2 x f32>
      %1 = lz.mul %x, %0 : (!lz.tensor<2 x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<2 x f32>
      lz.return %1 : !lz.tensor<2 x f32>
    }
    ```
    into
    ```mlir
    lz.parameter "const" : !lz.tensor<2 x f32> {value = dense<1.0> : tensor<2xf32>}
    lz.func @forward(%x: !lz.tensor<2 x f32>) -> !lz.tensor<2 x f32> {
      %0 = lz.get_parameter "const" : !lz.tensor<2 x f32>
      %1 = lz.mul %x, %0 : (!lz.tensor<2 x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<2 x f32>
      lz.return %1 : !lz.tensor<2 x f32>
    }
    ```
  }];
  let options = [
    Option<"maxGrowth", "max-growth", "int64_t", "1024",
           "bytes by which a result may exceed half as much again as it is computed from">
  ];
}

def RecognizePass : Pass<"lz-recognize", "::mlir::ModuleOp"> {
  let summary = "Find attention, activations and norms in decomposed graphs";
  let description = [{
    Formulas that exporters write out become the ops that they are: attention with its
    scale and masks, gelu and its kind, softmax, layer, RMS and group norms. What is
    matched is the formula, from its core outwards, with constants compared to the
    precision of f32. Numbers that a graph computes are expected to be evaluated.

    `lazuli-opt --lz-recognize` turns
    ```mlir
    lz.func @forward(%x: !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32> {
      %half = lz.constant dense<0.5> : tensor<f32>
      %one = lz.constant dense<1.0> : tensor<f32>
      %root = lz.constant dense<1.41421354> : tensor<f32>
      %0 = lz.div %x, %root : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
      %1 = lz.erf %0 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      %2 = lz.add %1, %one : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
      %3 = lz.mul %x, %2 : (!lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      %4 = lz.mul %3, %half : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
      lz.return %4 : !lz.tensor<2 x 4 x f32>
    }
    ```
    into
    ```mlir
    lz.func @forward(%x: !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32> {
      %0 = lz.gelu %x : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      lz.return %0 : !lz.tensor<2 x 4 x f32>
    }
    ```
  }];
  let options = [
    Option<"attention", "attention", "bool", "true",
           "look for attention too, not for activations and norms alone">
  ];
}

def LayoutPass : Pass<"lz-layout", "::mlir::ModuleOp"> {
  let summary = "Images with their channels last, where a library wants them so";
  let description = [{
    Convolutions that the library computes channels-last become `channels_last`,
    between transposes. These are moved down the graph, past all ops that can do
    their work in another order of axes (elementwise ops, pooling, reductions,
    concatenations, reshapes of neighbouring axes and more), until they meet their
    inverse: none is left between two convolutions. What is transposed of
    parameters is left to `lz-const-eval`. A function without such a convolution
    stays as it is.

    `lazuli-opt --lz-layout="always=true"` turns
    ```mlir
    lz.func @forward(%x: !lz.tensor<2 x 8 x 8 x 3 x f32>, %w: !lz.tensor<4 x 3 x 3 x 3 x f32>, %b: !lz.tensor<4 x 1 x 1 x f32>) -> !lz.tensor<2 x 4 x f32> {
      %0 = lz.transpose %x {perm = [0, 3, 1, 2]} : (!lz.tensor<2 x 8 x 8 x 3 x f32>) -> !lz.tensor<2 x 3 x 8 x 8 x f32>
      %1 = lz.conv %0, %w {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<2 x 3 x 8 x 8 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<2 x 4 x 6 x 6 x f32>
      %2 = lz.add %1, %b : (!lz.tensor<2 x 4 x 6 x 6 x f32>, !lz.tensor<4 x 1 x 1 x f32>) -> !lz.tensor<2 x 4 x 6 x 6 x f32>
      %3 = lz.reduce mean %2 {axes = [2, 3]} : (!lz.tensor<2 x 4 x 6 x 6 x f32>) -> !lz.tensor<2 x 4 x f32>
      lz.return %3 : !lz.tensor<2 x 4 x f32>
    }
    ```
    into
    ```mlir
    lz.func @forward(%x: !lz.tensor<2 x 8 x 8 x 3 x f32>, %w: !lz.tensor<4 x 3 x 3 x 3 x f32>, %b: !lz.tensor<4 x 1 x 1 x f32>) -> !lz.tensor<2 x 4 x f32> {
      %0 = lz.conv %x, %w {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<2 x 8 x 8 x 3 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<2 x 6 x 6 x 4 x f32>
      %1 = lz.reshape %b {shape = #lz.dims<4>} : (!lz.tensor<4 x 1 x 1 x f32>) -> !lz.tensor<4 x f32>
      %2 = lz.add %0, %1 : (!lz.tensor<2 x 6 x 6 x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<2 x 6 x 6 x 4 x f32>
      %3 = lz.reduce mean %2 {axes = [1, 2]} : (!lz.tensor<2 x 6 x 6 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      lz.return %3 : !lz.tensor<2 x 4 x f32>
    }
    ```
  }];
  let options = [
    Option<"always", "always", "bool", "false",
           "every convolution, without asking the library">
  ];
}

def MoveViewsPass : Pass<"lz-move-views", "::mlir::ModuleOp"> {
  let summary = "No view between a dense layer and what may be its post-op";
  let description = [{
    A reshape of leading axes goes before the layer, past elementwise ops between
    them; one that splits the last axis goes behind elementwise ops with numbers.
    Other views stay.

    `lazuli-opt --lz-move-views` turns
    ```mlir
    lz.func @forward(%x: !lz.tensor<6 x 8 x f32>, %w: !lz.tensor<4 x 8 x f32>, %r: !lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32> {
      %0 = lz.linear %x, %w : (!lz.tensor<6 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<6 x 4 x f32>
      %1 = lz.reshape %0 {shape = #lz.dims<2, 3, 4>} : (!lz.tensor<6 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
      %2 = lz.add %1, %r : (!lz.tensor<2 x 3 x 4 x f32>, !lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
      lz.return %2 : !lz.tensor<2 x 3 x 4 x f32>
    }
    ```
    into
    ```mlir
    lz.func @forward(%x: !lz.tensor<6 x 8 x f32>, %w: !lz.tensor<4 x 8 x f32>, %r: !lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32> {
      %0 = lz.reshape %x {shape = #lz.dims<2, 3, 8>} : (!lz.tensor<6 x 8 x f32>) -> !lz.tensor<2 x 3 x 8 x f32>
      %1 = lz.linear %0, %w : (!lz.tensor<2 x 3 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
      %2 = lz.add %1, %r : (!lz.tensor<2 x 3 x 4 x f32>, !lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
      lz.return %2 : !lz.tensor<2 x 3 x 4 x f32>
    }
    ```
  }];
}

def FusePass : Pass<"lz-fuse", "::mlir::ModuleOp"> {
  let summary = "Group ops into regions that are one kernel or primitive each";
  let description = [{
    Every computing op ends up in an `lz.fused` region: a dense op that the
    library takes, with what it takes as post-ops, or a group that one generated
    kernel computes: a root with the elementwise ops before and after it that
    share its iteration space. A product that only an `lz.conv_depthwise` reads, perhaps
    through elementwise ops, is in its region where the backend says that the kernel should
    compute rows when it reads them; so is an `lz.conv_depthwise` in that of a product of its
    rows. Views, parameters and states stay outside.

    `lazuli-opt --lz-fuse` turns
    ```mlir
    lz.func @forward(%x: !lz.tensor<2 x 3 x f32>, %w: !lz.tensor<4 x 3 x f32>) -> !lz.tensor<2 x 4 x f32> {
      %0 = lz.linear %x, %w : (!lz.tensor<2 x 3 x f32>, !lz.tensor<4 x 3 x f32>) -> !lz.tensor<2 x 4 x f32>
      %1 = lz.relu %0 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
      lz.return %1 : !lz.tensor<2 x 4 x f32>
    }
    ```
    into
    ```mlir
    lz.func @forward(%x: !lz.tensor<2 x 3 x f32>, %w: !lz.tensor<4 x 3 x f32>) -> !lz.tensor<2 x 4 x f32> {
      %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<2 x 3 x f32>, !lz.tensor<4 x 3 x f32>) -> !lz.tensor<2 x 4 x f32> {
      ^bb0(%a: !lz.tensor<2 x 3 x f32>, %b: !lz.tensor<4 x 3 x f32>):
        %1 = lz.linear %a, %b : (!lz.tensor<2 x 3 x f32>, !lz.tensor<4 x 3 x f32>) -> !lz.tensor<2 x 4 x f32>
        %2 = lz.relu %1 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
        lz.yield %2 : !lz.tensor<2 x 4 x f32>
      }
      lz.return %0 : !lz.tensor<2 x 4 x f32>
    }
    ```
  }];
}

#endif // LAZULI_PASSES_PASSES
