"""Random valid ONNX graphs, each by its seed, for comparison with ONNX Runtime.

    python random_graphs.py [FIRST [COUNT]]     compares graphs FIRST .. FIRST+COUNT-1

A graph has one to three inputs whose leading dimension may be free (a named one), and up
to twelve nodes: arithmetic with broadcasting, functions, comparisons, selections, casts,
reductions, products, views, joins, gathers. Values are kept small so that no operator
leaves its domain; results are compared where both engines compute in the same type.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

FLOATS = [TensorProto.FLOAT, TensorProto.FLOAT, TensorProto.DOUBLE]
INTS = [TensorProto.INT64, TensorProto.INT32]


class Value:
    """A value under construction: `shape` has numbers; axis 0 of a free one is "n"."""

    def __init__(self, name, dtype, shape):
        self.name, self.dtype, self.shape = name, dtype, tuple(shape)


class Generator:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.values, self.initializers, self.inputs = [], [], [], []
        self.free = self.rng.random() < 0.5  # is there a free dimension?
        self.size = int(self.rng.integers(1, 5))  # its size in this comparison

    def pick(self, items):
        return items[int(self.rng.integers(len(items)))]

    def is_float(self, value):
        return value.dtype in (TensorProto.FLOAT, TensorProto.DOUBLE)

    def any_of(self, test):
        found = [value for value in self.values if test(value)]
        return self.pick(found) if found else None

    def constant(self, array):
        name = f"c{len(self.initializers)}"
        self.initializers.append(onnx.numpy_helper.from_array(np.asarray(array), name))
        return name

    def weight(self, dtype, shape):
        np_type = helper.tensor_dtype_to_np_dtype(dtype)
        if self.is_float(Value("", dtype, ())):
            return self.constant(self.rng.uniform(-1, 1, shape).astype(np_type))
        return self.constant(self.rng.integers(-4, 5, shape).astype(np_type))

    def add(self, op, inputs, dtype, shape, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"{op}_{len(self.nodes)}",
                                           **attributes))
        self.values.append(Value(name, dtype, shape))
        return self.values[-1]

    # One function per kind of node; each adds one or does nothing.

    def unary(self):
        x = self.any_of(self.is_float)
        if x:
            op = self.pick(["Relu", "Sigmoid", "Tanh", "Erf", "Sin", "Cos", "Abs", "Neg", "Floor",
                            "Ceil", "Softplus", "Softsign", "Sign", "LeakyRelu", "Elu", "Selu",
                            "HardSigmoid", "Identity"])
            if x.dtype == TensorProto.DOUBLE and op in ("HardSigmoid", "Softsign", "LeakyRelu", "Erf",
                                                        "Selu", "Elu", "Softplus"):
                op = "Tanh"
            self.add(op, [x.name], x.dtype, x.shape)

    def binary(self):
        x = self.any_of(lambda v: v.dtype != TensorProto.BOOL)
        if not x:
            return
        y = self.any_of(lambda v: v.dtype == x.dtype and self.broadcast(x.shape, v.shape))
        other, shape = y.name, self.broadcast(x.shape, y.shape)
        if self.rng.random() < 0.4:  # a constant that broadcasts
            tail = [d if isinstance(d, int) and self.rng.random() < 0.7 else 1
                    for d in x.shape[int(self.rng.integers(len(x.shape) + 1)):]]
            other, shape = self.weight(x.dtype, tail), x.shape
        self.add(self.pick(["Add", "Sub", "Mul", "Max", "Min"]), [x.name, other], x.dtype, shape)

    def compare(self):
        x = self.any_of(self.is_float)
        y = x and self.any_of(lambda v: v.dtype == x.dtype and self.broadcast(x.shape, v.shape))
        if x:
            self.add(self.pick(["Less", "Greater", "LessOrEqual", "GreaterOrEqual"]),
                     [x.name, y.name], TensorProto.BOOL, self.broadcast(x.shape, y.shape))

    def where(self):
        condition = self.any_of(lambda v: v.dtype == TensorProto.BOOL)
        x = condition and self.any_of(lambda v: v.dtype != TensorProto.BOOL and
                                      self.broadcast(condition.shape, v.shape))
        if x:
            scalar = self.weight(x.dtype, [])
            self.add("Where", [condition.name, x.name, scalar], x.dtype,
                     self.broadcast(condition.shape, x.shape))

    def cast(self):
        x = self.any_of(lambda v: True)
        to = self.pick(FLOATS + INTS)
        if self.is_float(x) and to in INTS:  # NaN and out of range are engines' own
            x = self.add("Clip", [x.name, self.constant(np.array(-9, self.np(x))),
                                  self.constant(np.array(9, self.np(x)))], x.dtype, x.shape)
        self.add("Cast", [x.name], to, x.shape, to=to)

    def np(self, value):
        return helper.tensor_dtype_to_np_dtype(value.dtype)

    def reduce(self):
        x = self.any_of(lambda v: self.is_float(v) and v.shape)
        if x:
            axis, keep = int(self.rng.integers(len(x.shape))), int(self.rng.integers(2))
            shape = [1 if i == axis else d for i, d in enumerate(x.shape)
                     if keep or i != axis]
            self.add(self.pick(["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2"]),
                     [x.name, self.constant(np.array([axis]))], x.dtype, shape, keepdims=keep)

    def softmax(self):
        x = self.any_of(lambda v: v.dtype == TensorProto.FLOAT and v.shape)
        if x:
            self.add(self.pick(["Softmax", "LogSoftmax"]), [x.name], x.dtype, x.shape,
                     axis=int(self.rng.integers(-len(x.shape), len(x.shape))))

    def matmul(self):
        x = self.any_of(lambda v: self.is_float(v) and len(v.shape) >= 2 and
                        isinstance(v.shape[-1], int))
        if x:
            n = int(self.rng.integers(1, 9))
            self.add("MatMul", [x.name, self.weight(x.dtype, [x.shape[-1], n])], x.dtype,
                     [*x.shape[:-1], n])

    def transpose(self):
        x = self.any_of(lambda v: len(v.shape) >= 2)
        if x:
            perm = self.rng.permutation(len(x.shape)).tolist()
            self.add("Transpose", [x.name], x.dtype, [x.shape[i] for i in perm], perm=perm)

    def flatten(self):
        x = self.any_of(lambda v: v.shape and all(isinstance(d, int) for d in v.shape[1:]))
        if x:
            rest = int(np.prod(x.shape[1:], dtype=int))
            self.add("Reshape", [x.name, self.constant(np.array([0, rest]))], x.dtype,
                     [x.shape[0], rest])

    def unsqueeze(self):
        x = self.any_of(lambda v: len(v.shape) < 4)
        if x:
            axis = int(self.rng.integers(len(x.shape) + 1))
            self.add("Unsqueeze", [x.name, self.constant(np.array([axis]))], x.dtype,
                     [*x.shape[:axis], 1, *x.shape[axis:]])

    def concat(self):
        x = self.any_of(lambda v: v.shape and isinstance(v.shape[-1], int))
        if x:
            self.add("Concat", [x.name, x.name], x.dtype, [*x.shape[:-1], 2 * x.shape[-1]], axis=-1)

    def slice(self):
        x = self.any_of(lambda v: v.shape and isinstance(v.shape[-1], int) and v.shape[-1] > 1)
        if x:
            begin = int(self.rng.integers(x.shape[-1] - 1))
            end = int(self.rng.integers(begin + 1, x.shape[-1] + 1))
            step = int(self.rng.integers(1, 3))
            self.add("Slice", [x.name, *(self.constant(np.array([i]))
                                         for i in (begin, end, -1, step))], x.dtype,
                     [*x.shape[:-1], len(range(begin, end, step))])

    def gather(self):
        x = self.any_of(lambda v: v.shape and isinstance(v.shape[-1], int) and v.shape[-1])
        if x:
            count = int(self.rng.integers(1, 4))
            indices = self.rng.integers(-x.shape[-1], x.shape[-1], count)
            self.add("Gather", [x.name, self.constant(indices)], x.dtype, [*x.shape[:-1], count],
                     axis=len(x.shape) - 1)

    def pad(self):
        x = self.any_of(lambda v: v.dtype == TensorProto.FLOAT and v.shape)
        if x:
            pads = [0] * (2 * len(x.shape))
            if isinstance(x.shape[-1], int):
                pads[len(x.shape) - 1], pads[-1] = 1, 2
                self.add("Pad", [x.name, self.constant(np.array(pads)),
                                 self.constant(np.float32(0.5))], x.dtype,
                         [*x.shape[:-1], x.shape[-1] + 3])

    def broadcast(self, a, b):
        """The shape of both together, or None."""
        rank = max(len(a), len(b))
        result = []
        for x, y in zip([1] * (rank - len(a)) + list(a), [1] * (rank - len(b)) + list(b)):
            if x != y and 1 not in (x, y):
                return None
            result.append(y if x == 1 else x)
        return tuple(result) if rank else ()

    def make(self):
        """(model, inputs as a list of arrays)"""
        arrays = []
        for i in range(int(self.rng.integers(1, 4))):
            shape = [int(d) for d in self.rng.integers(1, 7, int(self.rng.integers(1, 4)))]
            dtype = self.pick(FLOATS + INTS[:1])
            if self.free:
                shape[0] = "n"
            self.inputs.append(Value(f"x{i}", dtype, shape))
            real = [self.size if d == "n" else d for d in shape]
            values = self.rng.uniform(-2, 2, real) if dtype in FLOATS \
                else self.rng.integers(-5, 6, real)
            arrays.append(values.astype(helper.tensor_dtype_to_np_dtype(dtype)))
        self.values = list(self.inputs)
        kinds = [self.unary, self.binary, self.binary, self.compare, self.where, self.cast,
                 self.reduce, self.softmax, self.matmul, self.transpose, self.flatten,
                 self.unsqueeze, self.concat, self.slice, self.gather, self.pad]
        for _ in range(int(self.rng.integers(1, 13))):
            self.pick(kinds)()
        if not self.nodes:
            self.add("Identity", [self.inputs[0].name], self.inputs[0].dtype, self.inputs[0].shape)
        read = {name for node in self.nodes for name in node.input}
        ends = [value for value in self.values[len(self.inputs):] if value.name not in read]
        info = [[helper.make_tensor_value_info(value.name, value.dtype, value.shape)
                 for value in values] for values in (self.inputs, ends)]
        graph = helper.make_graph(self.nodes, "random", *info, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        onnx.checker.check_model(model)
        return model, arrays


def compare(seed, folder):
    """Raises AssertionError where Lazuli and ONNX Runtime differ."""
    import lazuli
    import onnxruntime
    model, arrays = Generator(seed).make()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                               providers=["CPUExecutionProvider"])
        expected = session.run(None, {f"x{i}": array for i, array in enumerate(arrays)})
    except Exception:  # no kernel for a type, or an optimizer of its own that fails (seed 9637)
        return False
    path = f"{folder}/random.onnx"
    onnx.save(model, path)
    found = lazuli.compile(path, threads=1).run(*arrays)
    for info, got, want in zip(model.graph.output, found, expected):
        assert got.dtype == want.dtype and got.shape == want.shape, \
            f"seed {seed}: {info.name} is {got.dtype}{got.shape}, expected {want.dtype}{want.shape}"
        if want.dtype.kind == "f":
            np.testing.assert_allclose(got, want, rtol=2e-4, atol=2e-5, equal_nan=True,
                                       err_msg=f"seed {seed}: {info.name}")
        else:
            # A comparison or a rounding may fall to the other side of a boundary.
            apart = np.mean(got.astype(np.float64) != want.astype(np.float64))
            assert apart <= 0.02, f"seed {seed}: {info.name} differs in {apart:.0%} of its elements"
    return True


def main():
    import tempfile
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    passed = skipped = 0
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            try:
                if compare(seed, folder):
                    passed += 1
                else:
                    skipped += 1
            except Exception as error:
                failed.append(seed)
                print(f"seed {seed}: {' '.join(str(error).split())[:300]}", flush=True)
    print(f"{passed} graphs agree, {skipped} are none for ONNX Runtime, {len(failed)} differ: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
