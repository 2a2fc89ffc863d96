lz.symbol "bn.num_features" lazy {module = "LazyBatchNorm1d 'bn'", field = "num_features"}
lz.parameter "bn.weight" : !lz.tensor<"bn.num_features" x f32>
lz.parameter "bn.bias" : !lz.tensor<"bn.num_features" x f32>
lz.parameter "bn.other" : !lz.tensor<"bn.num_features" x f32>
