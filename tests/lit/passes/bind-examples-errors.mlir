// One run per message of lz-bind-examples and of the notation of examples.

// An input that the function does not have.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=z=f32[2,3]" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: 'forward' has no input 'z', expected one of 'x', 'tokens', 'mask'

// One axis under two names.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[2,3] dynamic=x:0=a;x:-2=b" 2>&1 | FileCheck %s --check-prefix=RENAMED
// RENAMED: error: axis 0 of input 'x' is declared dynamic twice, as 'a' and 'b', expected once

// A dynamic dimension of an input that the function does not have.
// RUN: not lazuli-opt %s --lz-bind-examples="dynamic=z:0=b" 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// An element type that the declared shape forbids.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4];tokens=i32[2,4]" 2>&1 | FileCheck %s --check-prefix=DTYPE
// DTYPE: error: input 'tokens' is i32 in example #1, expected i64

// Integers for an input of floats.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=i64[4]" 2>&1 | FileCheck %s --check-prefix=KIND
// KIND: error: input 'x' is i64 in example #1, expected f32

// Two examples of different element types.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4];x=f64[4]" 2>&1 | FileCheck %s --check-prefix=MIXED
// MIXED: error: input 'x' is f64 in example #2 and f32 in example #1, expected one element type

// More bytes than a size in memory can say; an empty tensor has none.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4611686018427387904,1,8,8]" 2>&1 | FileCheck %s --check-prefix=VAST
// VAST: error: example 'x=f32[4611686018427387904,1,8,8]' has more bytes than a 64-bit number can count

// Two examples of different rank.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4];x=f32[4,5]" 2>&1 | FileCheck %s --check-prefix=RANKS
// RANKS: error: input 'x' has rank 2 in example #2 and rank 1 in example #1, expected one rank

// An example of another rank than declared.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4];tokens=i64[4]" 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: error: input 'tokens' has rank 1 in example #1, expected rank 2 of its declared shape [batch, 4]

// A size other than declared.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4];tokens=i64[8,5]" 2>&1 | FileCheck %s --check-prefix=SIZE
// SIZE: error: axis 1 of input 'tokens' is 5 in example #1, expected 4 as declared

// No example for an input whose shape is not declared.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=tokens=i64[8,4]" 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: input 'x' has no example, expected one for each of 'x', 'tokens', 'mask'

// A size outside the range, below and above, and one that the divisor forbids.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4] dynamic=x:0=w[5..9]" 2>&1 | FileCheck %s --check-prefix=BELOW
// BELOW: error: axis 0 of input 'x' is 4 in example #1, expected at least 5 for 'w'
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4];tokens=i64[128,4]" 2>&1 | FileCheck %s --check-prefix=ABOVE
// ABOVE: error: axis 0 of input 'tokens' is 128 in example #1, expected at most 64 for 'batch'
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[12] dynamic=x:0=w%%8" 2>&1 | FileCheck %s --check-prefix=DIVISOR
// DIVISOR: error: axis 0 of input 'x' is 12 in example #1, expected a multiple of 8 for 'w'

// One symbol, two sizes in one example.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4];tokens=i64[8,4];mask=bool[9]" 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: error: axis 0 of input 'mask' is 9 in example #1, expected 8, which 'batch' is elsewhere in that example

// Dynamic axes that cannot be.
// RUN: not lazuli-opt %s --lz-bind-examples="dynamic=x:0=w" 2>&1 | FileCheck %s --check-prefix=NORANK
// NORANK: error: axis 0 of input 'x' cannot be dynamic while its rank is unknown, expected an example of it
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4] dynamic=x:1=w" 2>&1 | FileCheck %s --check-prefix=NOAXIS
// NOAXIS: error: input 'x' has no axis 1, expected one of its 1 axes
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4] dynamic=tokens:1=w" 2>&1 | FileCheck %s --check-prefix=DECLARED
// DECLARED: error: axis 1 of input 'tokens' cannot be dynamic, it is declared as 4
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4] dynamic=tokens:0=batch[65..]" 2>&1 | FileCheck %s --check-prefix=NOSIZE
// NOSIZE: error: dimension 'batch' has no size left: at least 65 and at most 64

// A function that the module does not have.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4] function=decode" 2>&1 | FileCheck %s --check-prefix=FUNCTION
// FUNCTION: error: the module has no function 'decode', expected one of 'forward'

// The notation itself.
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x" 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32" 2>&1 | FileCheck %s --check-prefix=FORM
// FORM: error: cannot read example 'x{{.*}}', expected a form like 'x=f32[1,3,224,224]'
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f23[4]" 2>&1 | FileCheck %s --check-prefix=TYPENAME
// TYPENAME: error: unknown element type 'f23' in example 'x=f23[4]', expected one of f64, f32,
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=f32[4,-1]" 2>&1 | FileCheck %s --check-prefix=NUMBER
// NUMBER: error: dimension '-1' in example 'x=f32[4,-1]' is not a size, expected a number >= 0
// RUN: not lazuli-opt %s --lz-bind-examples="examples=x=[4];x=[5];x=[6];mask=[4];mask=[5]" 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: input 'mask' has 2 examples and input 'x' has 3, expected one for each, or one for all
// RUN: not lazuli-opt %s --lz-bind-examples="dynamic=x=b" 2>&1 | FileCheck %s --check-prefix=DYNFORM
// RUN: not lazuli-opt %s --lz-bind-examples="dynamic=x:0=b[4]" 2>&1 | FileCheck %s --check-prefix=DYNFORM
// DYNFORM: error: cannot read dynamic dimension 'x{{.*}}', expected a form like 'x:0=batch[1..64]%8'
// RUN: not lazuli-opt %s --lz-bind-examples="dynamic=x:0=b[4..2]" 2>&1 | FileCheck %s --check-prefix=RANGE
// RANGE: error: dynamic dimension 'x:0=b[4..2]' has an empty range, its least size 4 exceeds its greatest 2

lz.symbol "batch" dynamic {min = 1, max = 64}
lz.func @forward(%x: !lz.tensor<* x f32> {lz.name = "x"},
                 %tokens: !lz.tensor<"batch" x 4 x i64> {lz.name = "tokens"},
                 %mask: !lz.tensor<"batch" x i1> {lz.name = "mask"})
    -> (!lz.tensor<* x f32> {lz.name = "y"}) {
  lz.return %x : !lz.tensor<* x f32>
}
