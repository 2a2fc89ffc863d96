"""Random graphs of small ops against NumPy, to exercise fusion: several uses of a value,
several results, movement between arithmetic, dimensions that a run binds.

Integer graphs must agree to the bit. Float graphs hold only ops whose error stays small.
Dimensions are tracked as text ("n", "4", "n+4"): equal text means equal sizes.
"""

import random

import numpy as np
import torch

from . import suite
from .case import Case, Run

MAX_ELEMENTS = 4000


class Graph:
    """Lines of MLIR beside the NumPy functions that do the same."""

    def __init__(self, seed, element):
        self.random = random.Random(seed)
        self.element = element  # "i32" or "f32"
        self.values = []  # (name, dims)
        self.lines, self.steps, self.inputs = [], [], []

    def argument(self, dims):
        name = f"{len(self.inputs)}"
        self.inputs.append(dims)
        self.values.append((name, dims))

    def emit(self, text, operands, function, dims, attributes="", element=None, result=None):
        """Adds an op; `element` are the operands' and `result` the result's element types."""
        name = f"v{len(self.steps)}"
        elements = element or [self.element] * len(operands)
        types = ", ".join(self.type_of(o, e) for o, e in zip(operands, elements))
        uses = ", ".join(f"%{operand}" for operand in operands)
        braces = f" {{{attributes}}}" if attributes else ""
        self.lines.append(f"%{name} = lz.{text} {uses}{braces} : ({types}) -> "
                          f"!lz.tensor<* x {result or self.element}>")
        self.steps.append((name, function, operands))
        if result is None:
            self.values.append((name, dims))
        return name

    def type_of(self, name, element):
        """An argument's type; of what is computed, shape inference tells the dimensions."""
        if not name.isdigit():
            return f"!lz.tensor<* x {element}>"
        sizes = [d if d.isdigit() else f'"{d}"' for d in self.inputs[int(name)]]
        return "!lz.tensor<" + "".join(f"{size} x " for size in sizes) + f"{element}>"

    def pick(self, ranks=range(5)):
        """A value of one of these ranks, the late ones more often."""
        fitting = [value for value in self.values if len(value[1]) in ranks]
        if not fitting:
            return None
        return self.random.choice(fitting[-4:] if self.random.random() < 0.7 else fitting)

    def evaluate(self, arguments):
        known = {str(i): argument for i, argument in enumerate(arguments)}
        with np.errstate(all="ignore"):
            for name, function, operands in self.steps:
                known[name] = function(*(known[operand] for operand in operands))
        return known


def size_of(dim, sizes):
    """The number that a dimension's text stands for."""
    return int(eval(dim, {}, sizes))  # of our own making: sums and products of names


def count(dims, sizes):
    return int(np.prod([size_of(dim, sizes) for dim in dims], dtype=np.int64))


#===---------------------------------------------------------------------------------------===#
# Steps: each adds one op or gives up
#===---------------------------------------------------------------------------------------===#

INTEGER_UNARY = {"neg": np.negative, "abs": np.abs, "sign": np.sign, "bitwise_not": np.invert,
                 "relu": lambda x: np.maximum(x, 0)}
INTEGER_BINARY = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "max": np.maximum,
                  "min": np.minimum, "and": np.bitwise_and, "or": np.bitwise_or,
                  "xor": np.bitwise_xor}
FLOAT_UNARY = {"neg": np.negative, "abs": np.abs, "tanh": np.tanh, "sin": np.sin,
               "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0),
               "atan": np.arctan, "asinh": np.arcsinh}
FLOAT_BINARY = {"add": np.add, "sub": np.subtract, "max": np.maximum, "min": np.minimum}


def unary(graph):
    name, dims = graph.pick()
    table = INTEGER_UNARY if graph.element == "i32" else FLOAT_UNARY
    chosen = graph.random.choice(sorted(table))
    graph.emit(chosen, [name], table[chosen], dims)


def broadcast(first, second):
    """The dims of both broadcast, or None if they may not fit."""
    result = []
    for i in range(1, max(len(first), len(second)) + 1):
        a = first[-i] if i <= len(first) else "1"
        b = second[-i] if i <= len(second) else "1"
        if a != b and "1" not in (a, b):
            return None
        result.insert(0, b if a == "1" else a)
    return result


def partner(graph):
    """Two values that broadcast, and their dims."""
    name, dims = graph.pick()
    fitting = [(other, broadcast(dims, theirs)) for other, theirs in graph.values
               if broadcast(dims, theirs) is not None]
    other, result = graph.random.choice(fitting)
    return name, other, result


def binary(graph):
    first, second, dims = partner(graph)
    if graph.element == "i32":
        chosen = graph.random.choice(sorted(INTEGER_BINARY))
        graph.emit(chosen, [first, second], INTEGER_BINARY[chosen], dims)
        return
    if graph.random.random() < 0.3:  # a product of what tanh has bounded
        bounded = graph.emit("tanh", [first], np.tanh, None, result="f32")
        graph.emit("mul", [bounded, second], np.multiply, dims)
        return
    chosen = graph.random.choice(sorted(FLOAT_BINARY))
    graph.emit(chosen, [first, second], FLOAT_BINARY[chosen], dims)


def choose(graph):
    """A comparison of integers, or of a float with a bound far from most values."""
    first, second, dims = partner(graph)
    if graph.element != "i32":
        return
    kind = graph.random.choice(["lt", "ge", "eq"])
    function = {"lt": np.less, "ge": np.greater_equal, "eq": np.equal}[kind]
    condition = graph.emit(kind, [first, second], function, dims, result="i1")
    graph.emit("select", [condition, first, second], np.where, dims,
               element=["i1", "i32", "i32"])


def widen(graph):
    """To a narrow type and back."""
    name, dims = graph.pick()
    if graph.element != "i32":
        return
    narrow, numpy = graph.random.choice([("i8", np.int8), ("ui8", np.uint8), ("i64", np.int64),
                                         ("i16", np.int16), ("ui16", np.uint16)])
    small = graph.emit("cast", [name], lambda x: x.astype(numpy), dims, result=narrow)
    graph.emit("cast", [small], lambda x: x.astype(np.int32), dims, element=[narrow])


def reduction(graph):
    picked = graph.pick(range(1, 5))
    if not picked:
        return
    name, dims = picked
    kinds = ["sum", "max", "min", "prod"] if graph.element == "i32" else ["mean", "max", "min"]
    kind = graph.random.choice(kinds)
    axes = sorted(graph.random.sample(range(len(dims)), graph.random.randint(1, len(dims))))
    keep = graph.random.random() < 0.5
    function = {"sum": np.sum, "max": np.max, "min": np.min, "prod": np.prod, "mean": np.mean}[kind]

    def reduce(x):
        more = {"dtype": x.dtype} if kind in ("sum", "prod") else {}
        return np.asarray(function(x, axis=tuple(axes), keepdims=keep, **more))
    left = [dim if i not in axes else "1" for i, dim in enumerate(dims)
            if keep or i not in axes]
    graph.emit(f"reduce {kind}", [name], reduce, left,
               f"axes = {axes}" + (", keep_dims = true" if keep else ""))


def scan(graph):
    picked = graph.pick(range(1, 4))
    if not picked:
        return
    name, dims = picked
    axis = graph.random.randrange(len(dims))
    if graph.element == "i32":
        graph.emit("cumulative sum", [name], lambda x: np.cumsum(x, axis, dtype=x.dtype), dims,
                   f"axis = {axis}")
        return

    def softmax(x):
        shifted = np.exp(x - x.max(axis, keepdims=True))
        return shifted / shifted.sum(axis, keepdims=True)
    graph.emit("softmax", [name], softmax, dims, f"axis = {axis}")


def transpose(graph):
    name, dims = graph.pick()
    perm = list(range(len(dims)))
    graph.random.shuffle(perm)
    graph.emit("transpose", [name], lambda x: x.transpose(perm), [dims[i] for i in perm],
               f"perm = {perm}")


def flatten(graph):
    picked = graph.pick(range(2, 5))
    if not picked:
        return
    name, dims = picked
    start = graph.random.randrange(len(dims) - 1)
    joined = dims[:start] + [f"({dims[start]})*({dims[start + 1]})"] + dims[start + 2:]
    graph.emit("flatten", [name], lambda x: x.reshape(
        *x.shape[:start], x.shape[start] * x.shape[start + 1], *x.shape[start + 2:]), joined,
               f"start_axis = {start}, end_axis = {start + 1}")


def unsqueeze(graph):
    name, dims = graph.pick(range(4))
    axis = graph.random.randint(0, len(dims))
    graph.emit("unsqueeze", [name], lambda x: np.expand_dims(x, axis),
               dims[:axis] + ["1"] + dims[axis:], f"axes = [{axis}]")


def cut(graph):
    """A slice of the fixed axis, whose size the graph knows, or a selection from any."""
    picked = graph.pick(range(1, 5))
    if not picked:
        return
    name, dims = picked
    axis = graph.random.randrange(len(dims))
    place = (slice(None),) * axis
    if not dims[axis].isdigit() or int(dims[axis]) < 2:
        graph.emit("select_index", [name], lambda x: x[place + (-1,)],
                   dims[:axis] + dims[axis + 1:], f"axis = {axis}, index = -1")
        return
    step = graph.random.choice([1, 2])
    begin = graph.random.randrange(int(dims[axis]))
    left = len(range(begin, int(dims[axis]), step))
    graph.emit("slice", [name], lambda x: x[place + (slice(begin, None, step),)],
               dims[:axis] + [str(left)] + dims[axis + 1:],
               f"axis = {axis}, begin = #lz.dim<{begin}>, end = #lz.dim<{2**63 - 1}>, step = {step}")


def join(graph):
    picked = graph.pick(range(1, 4))
    if not picked:
        return
    name, dims = picked
    axis = graph.random.randrange(len(dims))
    fitting = [(other, theirs) for other, theirs in graph.values if len(theirs) == len(dims) and
               all(a == b for i, (a, b) in enumerate(zip(dims, theirs)) if i != axis)]
    other, theirs = graph.random.choice(fitting)
    both = [dims[axis], theirs[axis]]
    total = str(int(both[0]) + int(both[1])) if all(d.isdigit() for d in both) else \
        f"({both[0]})+({both[1]})"
    graph.emit("concat", [name, other], lambda x, y: np.concatenate([x, y], axis),
               dims[:axis] + [total] + dims[axis + 1:], f"axis = {axis}")


def flip_or_pad(graph):
    picked = graph.pick(range(1, 4))
    if not picked:
        return
    name, dims = picked
    if graph.random.random() < 0.5:
        axis = graph.random.randrange(len(dims))
        graph.emit("flip", [name], lambda x: np.flip(x, axis), dims, f"axes = [{axis}]")
        return
    begin, end = graph.random.randint(0, 2), graph.random.randint(0, 2)
    width = str(int(dims[-1]) + begin + end) if dims[-1].isdigit() else \
        f"({dims[-1]})+{begin + end}"
    graph.emit("pad", [name], lambda x: np.pad(x, [(0, 0)] * (x.ndim - 1) + [(begin, end)],
                                               constant_values=1), dims[:-1] + [width],
               f"begin = [{begin}], end = [{end}], value = 1.0")


STEPS = [unary, unary, binary, binary, binary, choose, widen, reduction, reduction, scan,
         transpose, flatten, unsqueeze, cut, join, flip_or_pad]
SIZES = [{"n": 3, "m": 5}, {"n": 1, "m": 7}, {"n": 8, "m": 1}]


def bounded(graph):
    """Whether the last value is small enough for all sizes."""
    dims = graph.values[-1][1]
    return all(count(dims, sizes) <= MAX_ELEMENTS for sizes in SIZES)


def arguments_of(graph, sizes, seed):
    random_numbers = np.random.default_rng(seed)
    shapes = [[size_of(dim, sizes) for dim in dims] for dims in graph.inputs]
    if graph.element == "i32":
        return [random_numbers.integers(-50, 50, shape).astype(np.int32) for shape in shapes]
    return [random_numbers.standard_normal(shape).astype(np.float32) for shape in shapes]


def graph_case(seed, element, length):
    graph = Graph(seed, element)
    for dims in graph.random.sample([["n", "m"], ["m"], ["4", "m"], ["n", "1"], ["2", "n", "6"],
                                     [], ["6"]], 3):
        graph.argument(dims)
    for _ in range(length):
        graph.random.choice(STEPS)(graph)
        if not bounded(graph):
            graph.values.pop()
    names = [name for name, _ in graph.values[-1:] + graph.random.sample(
        graph.values, graph.random.randint(0, 2))]
    names = list(dict.fromkeys(names))
    runs = []
    for sizes in SIZES:
        arguments = arguments_of(graph, sizes, seed)
        wide = arguments if element == "i32" else [x.astype(np.float64) for x in arguments]
        known = graph.evaluate(wide)
        runs.append(Run([torch.from_numpy(np.array(x)) for x in arguments],
                        [torch.from_numpy(np.array(known[name], order="C")).to(
                            torch.int32 if element == "i32" else torch.float32)
                         for name in names]))
    return Case(f"{element}-{seed}", "\n".join(graph.lines),
                [graph.type_of(str(i), element) for i in range(len(graph.inputs))], names,
                [graph.type_of(name, element) for name in names], runs, rtol=1e-4, atol=1e-4)


def cases():
    amount = 2000 if suite.EXHAUSTIVE else 60
    for seed in range(amount):
        yield graph_case(seed, "i32", 4 + seed % 12)
        yield graph_case(seed, "f32", 4 + seed % 12)
