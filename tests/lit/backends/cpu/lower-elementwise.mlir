// RUN: lazuli-opt --split-input-file --lz-lower-fused-to-linalg %s | FileCheck %s

// A chain is one function; its result is computed into the destination, and the
// broadcast row is read by a map of its own.
// CHECK-LABEL: func.func @kernel(
// CHECK-SAME: %[[X:[a-z0-9_]+]]: tensor<?x4xf32> {lz.dims = array<i64: 0, -1>}
// CHECK-SAME: %[[ROW:[a-z0-9_]+]]: tensor<4xf32>
// CHECK-SAME: %[[OUT:[a-z0-9_]+]]: tensor<?x4xf32> {lz.dims = array<i64: 0, -1>}
// CHECK-SAME: %{{.*}}: index {lz.divisor = 8 : i64, lz.max = 64 : i64, lz.min = 8 : i64}
// CHECK-SAME: lz.num_inputs = 2 : i64, lz.num_outputs = 1 : i64, lz.num_sizes = 1 : i64
// CHECK: %[[SUM:[a-z0-9_]+]] = linalg.generic {{.*}} ins(%[[X]], %[[ROW]]
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%[[SUM]] {{.*}} outs(%[[OUT]]
// CHECK: arith.maximumf
lz.symbol "n" dynamic {min = 5, max = 64, divisor = 8}
lz.func @chain(%x: !lz.tensor<"n" x 4 x f32>, %row: !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32> {
  %0 = lz.fused "cpu"(%x, %row) : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32> {
  ^bb0(%a: !lz.tensor<"n" x 4 x f32>, %b: !lz.tensor<4 x f32>):
    %1 = lz.add %a, %b : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
    %2 = lz.relu %1 : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
    lz.yield %2 : !lz.tensor<"n" x 4 x f32>
  }
  lz.return %0 : !lz.tensor<"n" x 4 x f32>
}

// -----

// bf16 is computed in f32 and rounded when stored.
// CHECK-LABEL: func.func @kernel
// CHECK: ^bb0(%[[X:[a-z0-9_]+]]: bf16, %{{.*}}: bf16):
// CHECK: %[[WIDE:[a-z0-9_]+]] = arith.extf %[[X]] : bf16 to f32
// CHECK: %[[EXP:[a-z0-9_]+]] = math.exp %[[WIDE]] : f32
// CHECK: arith.truncf %[[EXP]] : f32 to bf16
lz.func @low_precision(%x: !lz.tensor<8 x bf16>) -> !lz.tensor<8 x bf16> {
  %0 = lz.fused "cpu"(%x) : (!lz.tensor<8 x bf16>) -> !lz.tensor<8 x bf16> {
  ^bb0(%a: !lz.tensor<8 x bf16>):
    %1 = lz.exp %a : (!lz.tensor<8 x bf16>) -> !lz.tensor<8 x bf16>
    lz.yield %1 : !lz.tensor<8 x bf16>
  }
  lz.return %0 : !lz.tensor<8 x bf16>
}

// -----

// Booleans are bytes in memory; unsigned integers are compared as such.
// CHECK-LABEL: func.func @kernel(
// CHECK-SAME: tensor<8xi8>, %{{.*}}: tensor<8xi8>, %[[OUT:[a-z0-9_]+]]: tensor<8xi8>)
// CHECK: %[[LESS:[a-z0-9_]+]] = arith.cmpi ult, %{{.*}} : i8
// CHECK: arith.extui %[[LESS]] : i1 to i8
lz.func @unsigned(%x: !lz.tensor<8 x ui8>, %y: !lz.tensor<8 x ui8>) -> !lz.tensor<8 x i1> {
  %0 = lz.fused "cpu"(%x, %y) : (!lz.tensor<8 x ui8>, !lz.tensor<8 x ui8>) -> !lz.tensor<8 x i1> {
  ^bb0(%a: !lz.tensor<8 x ui8>, %b: !lz.tensor<8 x ui8>):
    %1 = lz.lt %a, %b : (!lz.tensor<8 x ui8>, !lz.tensor<8 x ui8>) -> !lz.tensor<8 x i1>
    lz.yield %1 : !lz.tensor<8 x i1>
  }
  lz.return %0 : !lz.tensor<8 x i1>
}

// -----

// An integer division cannot trap: the divisor is replaced where it is 0 or -1.
// CHECK-LABEL: func.func @kernel
// CHECK: %[[ZERO:[a-z0-9_]+]] = arith.cmpi eq, %[[D:[a-z0-9_]+]], %{{.*}} : i32
// CHECK: %[[MINUS:[a-z0-9_]+]] = arith.cmpi eq, %[[D]], %{{.*}} : i32
// CHECK: %[[BAD:[a-z0-9_]+]] = arith.ori %[[ZERO]], %[[MINUS]]
// CHECK: %[[SAFE:[a-z0-9_]+]] = arith.select %[[BAD]], %{{.*}}, %[[D]]
// CHECK: arith.divsi %{{.*}}, %[[SAFE]]
lz.func @division(%x: !lz.tensor<8 x i32>, %y: !lz.tensor<8 x i32>) -> !lz.tensor<8 x i32> {
  %0 = lz.fused "cpu"(%x, %y) : (!lz.tensor<8 x i32>, !lz.tensor<8 x i32>) -> !lz.tensor<8 x i32> {
  ^bb0(%a: !lz.tensor<8 x i32>, %b: !lz.tensor<8 x i32>):
    %1 = lz.div %a, %b : (!lz.tensor<8 x i32>, !lz.tensor<8 x i32>) -> !lz.tensor<8 x i32>
    lz.yield %1 : !lz.tensor<8 x i32>
  }
  lz.return %0 : !lz.tensor<8 x i32>
}
