"""Branches, loops, scans, sequences and optionals whose shapes change as they run,
against ONNX Runtime; and what is refused."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import parser

import lazuli
import lazuli.onnx_backend

CASES = {}


def case(name, text, *inputs, opset=17):
    CASES[name] = (text, [np.asarray(x) for x in inputs], opset)


def count(*shape):
    return np.arange(1, 1 + int(np.prod(shape)), dtype=np.float32).reshape(shape) / 7


def save(text, folder, opset=17):
    path = folder / "model.onnx"
    onnx.save(parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]> ' + text), path)
    return path


case("grow", """
g (int64 n, float[1,3] x) => (float[r,3] y, float[n2,k] z) {
 y, z = Loop(n, , x) <body = b (int64 i, bool c, float[a,3] v) =>
   (bool co, float[a2,3] w, float[3] s) {
   co = Identity(c)  w0 = Add(v, v) ax = Constant<value_ints=[0]>()
   w = Concat<axis=0>(v, x)
   s = ReduceSum<keepdims=0>(w, ax) }> }
""", np.int64(3), count(1, 3))

case("cond", """
g (float[4] x) => (float[4] y, int64 k) {
  t = Constant<value = bool {1}>()
  z = Constant<value = int64 {0}>() one = Constant<value=int64 {1}>()
    lim = Constant<value=float {20.0}>()
  y, k = Loop( , t, x, z) <body = b (int64 i, bool c, float[4] v, int64 j) =>
    (bool co, float[4] w, int64 j2) {
   w = Add(v, v) m = ReduceMax<keepdims=0>(w) co = Less(m, lim) j2 = Add(j, one) }> }
""", count(4))

case("nested", """
g (int64 n, float[2] x) => (float[2] y, float[p,q,2] z) {
  y, z = Loop(n, , x) <body = b (int64 i, bool c, float[2] v) =>
    (bool co, float[2] w, float[q2,2] s) {
   co = Identity(c) three = Constant<value=int64 {3}>()
   w, s = Loop(three, c, v) <body = b2 (int64 i2, bool c2, float[2] v2) =>
     (bool co2, float[2] w2, float[2] s2) {
      co2 = Identity(c2) fi = Cast<to=1>(i) w2a = Add(v2, fi) w2 = Mul(w2a, x)
        s2 = Identity(w2) }> }> }
""", np.int64(2), count(2))

case("nestedgrow", """
g (int64 n, float[1] x) => (float[p] y) {
  y = Loop(n, , x) <body = b (int64 i, bool c, float[k] v) => (bool co, float[k2] w) {
   co = Identity(c) two = Constant<value=int64 {2}>()
   w = Loop(two, , v) <body = b2 (int64 i2, bool c2, float[l] v2) => (bool co2, float[l2] w2) {
      co2 = Identity(c2) w2 = Concat<axis=0>(v2, x) }> }> }
""", np.int64(2), count(1))

case("ifshape", """
g (bool c, float[3] x) => (float[k] y) {
  y = If(c) <then_branch = t () => (float[6] a) { a = Concat<axis=0>(x, x) },
    else_branch = e () => (float[3] b) { b = Neg(x) }>
}
""", np.bool_(False), count(3))

case("ifshape2", """
g (bool c, float[3] x) => (float[k] z) {
  y = If(c) <then_branch = t () => (float[6] a) { a = Concat<axis=0>(x, x) },
    else_branch = e () => (float[3] b) { b = Neg(x) }>
  z = Add(y, y) }
""", np.bool_(True), count(3))

case("ifrank", """
g (bool c, float[3] x) => (float[k] y) {
  y = If(c) <then_branch = t () => (float[3,1] a) { ax = Constant<value_ints=[1]>()
    a = Unsqueeze(x, ax) }, else_branch = e () => (float[3] b) { b = Neg(x) }>
}
""", np.bool_(True), count(3))

case("ifdata", """
g (float[n] x) => (float[k] y) {
  z = Constant<value=float {0.0}>() s = ReduceSum<keepdims=0>(x) c = Greater(s, z)
  y = If(c) <then_branch = t () => (float[q] a) { ax=Constant<value_ints=[-1]>()
    nz = NonZero(x) i = Reshape(nz, ax) a = Gather(x, i) }, else_branch = e () => (float[q2] b) {
    b = Neg(x) }>
}
""", np.array([1, 0, 2, 0], np.float32))

case("ifnz_else", """
g (float[n] x) => (float[k] y) {
  z = Constant<value=float {0.0}>() s = ReduceSum<keepdims=0>(x) c = Greater(s, z)
  y = If(c) <then_branch = t () => (float[q] a) { ax=Constant<value_ints=[-1]>()
    nz = NonZero(x) i = Reshape(nz, ax) a = Gather(x, i) }, else_branch = e () => (float[q2] b) {
    b = Neg(x) }>
}
""", np.array([-1, 0, -2, 0], np.float32))

case("scan", """
g (float[2] s0, float[3,5] x, float[5,2] u) => (float[2] y, float[2,5] z) {
  y, z = Scan<num_scan_inputs=2, scan_input_axes=[1,0], scan_input_directions=[1,0],
    scan_output_axes=[1], scan_output_directions=[1],
    body = b (float[2] s, float[3] xt, float[2] ut) => (float[2] s2, float[2] o) {
   m = ReduceSum<keepdims=0>(xt) a = Mul(ut, m) s2 = Add(s, a) o = Sub(s2, ut) }>(s0, x, u) }
""", count(2), count(3, 5), count(5, 2))

case("scandyn", """
g (float[b,2] s0, float[t,b,2] x) => (float[b,2] y, float[t,b,2] z) {
  y, z = Scan<num_scan_inputs=1, body = bb (float[b,2] s, float[b,2] xt) =>
    (float[b,2] s2, float[b,2] o) {
   s2 = Add(s, xt) o = Mul(s2, xt) }>(s0, x) }
""", count(3, 2), count(4, 3, 2))

case("scan8", """
g (int64[2] len, float[2,2] s0, float[2,3,2] x) => (float[2,2] y, float[2,3,2] z) {
  y, z = Scan<num_scan_inputs=1, body = bb (float[2] s, float[2] xt) =>
    (float[2] s2, float[2] o) {
   s2 = Add(s, xt) o = Mul(s2, xt) }>(len, s0, x) }
""", np.array([3, 2]), count(2, 2), count(2, 3, 2), opset=8)

case("seqloop", """
g (int64 n, float[3] x) => (float[k] y, int64 l) {
  e = SequenceEmpty<dtype=1>()
  s = Loop(n, , e) <body = b (int64 i, bool c, seq(float) v) => (bool co, seq(float) w) {
    co = Identity(c) fi = Cast<to=1>(i) xi = Add(x, fi) w = SequenceInsert(v, xi) }>
  y = ConcatFromSequence<axis=0>(s) l = SequenceLength(s) }
""", np.int64(3), count(3))

case("seqnew", """
g (int64 n, float[3] x) => (float[k,3] y) {
  e = SequenceEmpty<dtype=1>()
  s = Loop(n, , e) <body = b (int64 i, bool c, seq(float) v) => (bool co, seq(float) w) {
    co = Identity(c) fi = Cast<to=1>(i) xi = Add(x, fi) w = SequenceInsert(v, xi) }>
  y = ConcatFromSequence<axis=0, new_axis=1>(s) }
""", np.int64(3), count(3))

case("split", """
g (float[n,4] x, int64 i) => (float[k,4] y) {
  sp = Constant<value_ints=[1,2,2]>() s = SplitToSequence<axis=0>(x, sp) y = SequenceAt(s, i) }
""", count(5, 4), np.int64(1))

case("splitsum", """
g (float[n,4] x) => (float[4] y) {
  s = SplitToSequence<axis=0, keepdims=0>(x) l = SequenceLength(s)
    zero = Constant<value=float[4] {0.0,0.0,0.0,0.0}>()
  y = Loop(l, , zero) <body = b (int64 i, bool c, float[4] v) => (bool co, float[4] w) {
    co = Identity(c) e = SequenceAt(s, i) w = Add(v, e) }> }
""", count(5, 4))

case("map", """
g (float[n,4] x, float[4] u) => (float[k,4] y) {
  sp = Constant<value=int64 {2}>() s = SplitToSequence<axis=0>(x, sp)
  m = SequenceMap<body = b (float[p,4] e, float[4] q) => (float[p,4] r) { r = Mul(e, q) }>(s, u)
  y = ConcatFromSequence<axis=0>(m) }
""", count(5, 4), count(4))

case("known", """
g (float[3] x) => (float[3] y) {
  sh = Shape(x) three = Constant<value_ints=[3]>() c = Equal(sh, three)
    ax = Constant<value_ints=[0]>() cs = Squeeze(c, ax)
  y = If(cs) <then_branch = t () => (float[3] a) { a = Neg(x) }, else_branch = e () =>
    (float[3,1] b) { b = Unsqueeze(x, ax) }> }
""", count(3))

case("zero", """
g (int64 n, float[3] x) => (float[3] y, float[q,3] z) {
  y, z = Loop(n, , x) <body = b (int64 i, bool c, float[3] v) =>
    (bool co, float[3] w, float[3] s) { co = Identity(c) w = Add(v, x) s = Mul(v, x) }> }
""", np.int64(0), count(3))

case("fiblike", """
g (int64 n) => (float[k] y) {
  e = Constant<value=float[1] {1.0}>()
  y = Loop(n, , e) <body = b (int64 i, bool c, float[l] v) => (bool co, float[l2] w) {
    co = Identity(c) one = Constant<value_ints=[-1]>() big = Constant<value_ints=[1000]>()
      z = Constant<value_ints=[0]>()
    last = Slice(v, one, big, z) s = ReduceSum<keepdims=1>(v) nw = Add(last, s)
      w = Concat<axis=0>(v, nw) }> }
""", np.int64(4))

case("outer", """
g (int64 n, float[2,3] x) => (float[2,4] y) <float[3,4] w = {1,2,3,4,5,6,7,8,9,10,11,12}> {
  z = Constant<value=float[2,4] {0,0,0,0,0,0,0,0}>()
  y = Loop(n, , z) <body = b (int64 i, bool c, float[2,4] v) => (bool co, float[2,4] o) {
    co = Identity(c) m = MatMul(x, w) o = Add(v, m) }> }
""", np.int64(3), count(2, 3))

case("outerloopif", """
g (int64 n, float[2] x) => (float[2] y) {
  two = Constant<value=int64 {2}>() zz = Constant<value=int64 {0}>()
  y = Loop(n, , x) <body = b (int64 i, bool c, float[2] v) => (bool co, float[2] o) {
    co = Identity(c) m = Mod(i, two) e = Equal(m, zz)
     o = If(e) <then_branch = t () => (float[2] a) { a = Add(v, x) }, else_branch = el () =>
       (float[2] b2) { b2 = Mul(v, v) }> }> }
""", np.int64(4), count(2))

case("opt", """
g (float[2] x, bool c) => (float[2] y) {
  o = Optional(x) h = OptionalHasElement(o) y0 = OptionalGetElement(o)
  y = If(h) <then_branch = t () => (float[2] a) { a = Neg(y0) }, else_branch = e () =>
    (float[2] b) { b = Add(x, x) }> }
""", count(2), np.bool_(True), opset=18)

case("permute", """
g (int64 n, float[2,3] x) => (float[a,b] y) {
  y = Loop(n, , x) <body = b (int64 i, bool c, float[p,q] v) => (bool co, float[q,p] w) {
    co = Identity(c) w = Transpose<perm=[1,0]>(v) }> }
""", np.int64(3), count(2, 3))

case("dynbatch", """
g (int64 n, float[b,3] x) => (float[b,3] y, float[k,b,3] s) {
  y, s = Loop(n, , x) <body = bd (int64 i, bool c, float[p,q] v) =>
    (bool co, float[p,q] w, float[p,q] t) { co = Identity(c) w = Add(v, x) t = Mul(w, v) }> }
""", np.int64(3), count(2, 3))

case("seqops", """
g (float[2] a, float[3] b, int64 p) => (float[k] y, int64 n) {
  s0 = SequenceConstruct(a, b) s1 = SequenceInsert(s0, b, p) s2 = SequenceErase(s1)
    m = Constant<value=int64 {-1}>() y = SequenceAt(s1, m) n = SequenceLength(s2) }
""", count(2), count(3), np.int64(0))

case("whileseq", """
g (float[3] x) => (float[k] y) {
  t = Constant<value = bool {1}>() e = SequenceConstruct(x) six = Constant<value=int64 {6}>()
  s = Loop( , t, e) <body = b (int64 i, bool c, seq(float[]) v) => (bool co, seq(float[]) w) {
   l0 = SequenceLength(v) z = Constant<value=int64 {-1}>() last = SequenceAt(v, z)
     cc = Concat<axis=0>(last, x) w = SequenceInsert(v, cc) co = Less(l0, six) }>
  y = ConcatFromSequence<axis=0>(s) }
""", count(3))

case("ifinloopgrow", """
g (int64 n, float[1] x) => (float[k] y) {
  one = Constant<value=int64 {1}>()
  y = Loop(n, , x) <body = b (int64 i, bool c, float[l] v) => (bool co, float[l2] w) {
    co = Identity(c) g = Greater(i, one)
    w = If(g) <then_branch = t () => (float[p] a) { a = Concat<axis=0>(v, x) },
      else_branch = e () => (float[q] b2) { b2 = Mul(v, x) }> }> }
""", np.int64(5), count(1))

case("bigmat", """
g (int64 n, float[1,16] x) => (float[k,16] y) {
  y = Loop(n, , x) <body = b (int64 i, bool c, float[l,16] v) => (bool co, float[l2,16] w) {
    co = Identity(c) t = Transpose<perm=[1,0]>(v) m = MatMul(v, t) s = Softmax<axis=-1>(m)
    r = MatMul(s, v)
    zz = Constant<value_ints=[-1]>() ax = Constant<value_ints=[0]>()
      en = Constant<value_ints=[1000000]>() last = Slice(r, zz, en, ax)
      w = Concat<axis=0>(v, last) }> }
""", np.int64(6), count(1, 16))

case("scancarry_outer", """
g (float[t,4] x, float[4] h) => (float[t,4] z) {
  y, z = Scan<num_scan_inputs=1, body = bb (float[4] s, float[4] xt) =>
    (float[4] s2, float[4] o) {
   a = Add(s, xt) s2 = Tanh(a) o = Mul(s2, h) }>(h, x) }
""", count(5, 4), count(4))

case("topkloop", """
g (int64 n, float[6] x) => (float[k] y) {
  y = Loop(n, , x) <body = b (int64 i, bool c, float[l] v) => (bool co, float[l2] w) {
    co = Identity(c) sh = Shape(v) one = Constant<value_ints=[1]>() k = Sub(sh, one) w,
    ix = TopK(v, k) }> }
""", np.int64(3), count(6))

case("compress-if", """
g (bool c, float[3,4] x) => (float[k,4] y) {
  y = If(c) <then_branch = t () => (float[p,4] a) { s = ReduceSum(x)
    m = Constant<value_ints=[1]>() r = ReduceSum<keepdims=0>(x, m)
    z = Constant<value=float {2.0}>() g2 = Greater(r, z)
    a = Compress<axis=0>(x, g2) }, else_branch = e () => (float[q,4] b) { b = Identity(x) }> }
""", np.bool_(True), count(3, 4))

case("condition-of-data", """
g (float[2] x, int64 n) => (float[2] y) {
  t = Constant<value=int64 {3}>() c0 = Less(n, t)
  y = Loop(n, c0, x) <body = b (int64 i, bool c, float[2] v) => (bool co, float[2] w) {
    co = Not(c) w = Add(v, v) }> }
""", count(2), np.int64(2))

case("vectors-of-one", """
g (int64[1] n, bool[1] c0, float[2] x) => (float[2] y) {
  y = Loop(n, c0, x) <body = b (int64 i, bool[1] c, float[2] v) => (bool[1] co, float[2] w) {
    co = Identity(c) w = Add(v, v) }> }
""", np.array([3]), np.array([True]), count(2))

case("ints", """
g (int64 n, int32[2] x) => (int32[2] y, int32[q,2] z) {
  y, z = Loop(n, , x) <body = b (int64 i, bool c, int32[2] v) =>
    (bool co, int32[2] w, int32[2] s) { co = Identity(c) w = Mul(v, v) s = Identity(v) }> }
""", np.int64(2), np.array([2, 3], np.int32))


CASES_OF_FUNCTIONS = {
    # A call that leaves out what an operator of the body may go without.
    "optional-input": """g (float[2,3] x) => (float[2,3] y) { y = f.bound(x) }
 <domain: "f", opset_import: ["" : 17]> bound (a, low, high) => (b) { b = Clip(a, low, high) }""",
    # A call that leaves out an attribute which it hands on to one with a default.
    "forwarded-default": """g (float[2,3] x) => (float[2,3] y) { y = f.outer(x) }
 <domain: "f", opset_import: ["" : 17, "f" : 1]>
   outer <slope> (a) => (b) { b = f.inner<alpha: float = @slope>(a) }
 <domain: "f", opset_import: ["" : 17]>
   inner <alpha: float = 0.5> (a) => (b) { b = LeakyRelu<alpha: float = @alpha>(a) }""",
}


@pytest.mark.parametrize("name", CASES_OF_FUNCTIONS)
def test_functions_as_onnxruntime(name, tmp_path):
    model = parser.parse_model('<ir_version: 9, opset_import: ["" : 17, "f" : 1]> '
                               + CASES_OF_FUNCTIONS[name])
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    x = count(2, 3) - 0.5
    expected, = onnxruntime.InferenceSession(path).run(None, {"x": x})
    found, = lazuli.onnx_backend.run(path, [x])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_as_onnxruntime(name, tmp_path):
    text, inputs, opset = CASES[name]
    path = save(text, tmp_path, opset)
    session = onnxruntime.InferenceSession(path)
    names = [port.name for port in session.get_inputs()]
    found = lazuli.onnx_backend.run(path, inputs)
    expected = session.run(None, dict(zip(names, inputs, strict=True)))
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.shape == theirs.shape and mine.dtype == theirs.dtype
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_one_artifact_for_all_sizes(tmp_path):
    """Neither the trip count nor the shapes are known when it is compiled."""
    text = CASES["grow"][0].replace("float[1,3] x", "float[rows,3] x")
    path = save(text, tmp_path)
    model, session = lazuli.compile(path), onnxruntime.InferenceSession(path)
    for trips, rows in ((3, 1), (5, 2), (0, 4), (1, 1), (7, 3)):
        x = count(rows, 3)
        expected = session.run(None, {"n": np.array(trips), "x": x})
        for mine, theirs in zip(model.run(np.int64(trips), x), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-5)
            assert mine.shape == theirs.shape


def test_loops_within_loops_are_imported_soon(tmp_path):
    """A body is imported again where shapes change, which must not multiply."""
    text = "w0 = Neg(x)"
    for k in range(14):
        text = (f"t{k} = Constant<value=int64 {{1}}>() w{k + 1} = Loop(t{k}, , x) <body = "
                f"b{k} (int64 i{k}, bool c{k}, float[l] v{k}) => (bool o{k}, float[l] q{k}) "
                f"{{ o{k} = Identity(c{k}) {text} q{k} = Concat<axis=0>(w{k}, v{k}) }}>")
    path = save(f"g (float[3] x) => (float[k] y) {{ {text} y = Neg(w14) }}", tmp_path)
    y, = lazuli.compile(path).run(count(3))
    np.testing.assert_allclose(y, np.concatenate([count(3)] + [-count(3)] * 14))


REFUSED = {
    "kinds": ("""g (bool c, float[3] x) => (float[3] y) {
 y = If(c) <then_branch = t () => (float[3] a) { a = Neg(x) },
   else_branch = e () => (seq(float[3]) b) { b = SequenceConstruct(x) }> }""",
              "output 0 is f32[3] in one branch and sequence of f32[3] in the other"),
    "ranks": ("""g (bool c, float[3] x) => (float[k] y) {
 y = If(c) <then_branch = t () => (float[3] a) { a = Neg(x) }, else_branch = e ()
   => (float[3,1] b) { i = Constant<value_ints=[1]>() b = Unsqueeze(x, i) }> }""",
              "has shape [3] in one branch and [3, 1] in the other, expected one rank"),
    "no-body": ("g (int64 n, float[3] x) => (float[3] y) { y = Loop(n, , x) }",
                "Loop 'y': has no attribute 'body', expected a graph"),
    "carried-type": ("""g (int64 n, float[3] x) => (float[3] y) {
 y = Loop(n, , x) <body = b (int64 i, bool c, float[3] v) => (bool co, int64[3] w) {
   co = Identity(c) w = Cast<to=7>(v) }> }""",
                     "carried value 0 is f32[3] before an iteration and i64[3] after it"),
    "carried-rank": ("""g (int64 n, float[3] x) => (float[3] y) {
 y = Loop(n, , x) <body = b (int64 i, bool c, float[3] v) => (bool co, float[3,1] w) {
   co = Identity(c) a = Constant<value_ints=[1]>() w = Unsqueeze(v, a) }> }""",
                     "has shape [3] before an iteration and [3, 1] after it"),
    "unknown-name": ("""g (int64 n, float[3] x) => (float[3] y) {
 y = Loop(n, , x) <body = b (int64 i, bool c, float[3] v) => (bool co, float[3] w) {
   co = Identity(c) w = Add(v, nope) }> }""", "Add 'w': reads 'nope'"),
    "scan-lengths": ("""g (float[2] s, float[3,2] x, float[4,2] u) => (float[2] y) {
 y = Scan<num_scan_inputs=2, body = b (float[2] s0, float[2] a, float[2] e) => (float[2] t) {
   q = Add(a, e) t = Add(q, s0) }>(s, x, u) }""", "scans axes of 3 and 4"),
    "add-sequence": ("""g (float[2] x) => (float[2] y) {
 s = SequenceConstruct(x) y = Add(s, x) }""",
                     "Add 'y': input 0 is sequence of f32[2], expected a tensor"),
    "nested-optional": ("""g (float[2] x) => (bool y) {
 o = Optional(x) p = Optional(o) y = OptionalHasElement(p) }""",
                        "puts optional f32[2] into an optional"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    text, message = REFUSED[name]
    with pytest.raises(lazuli.Error) as caught:
        lazuli.compile(save(text, tmp_path))
    assert message in str(caught.value)
