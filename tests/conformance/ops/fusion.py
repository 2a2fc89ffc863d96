"""Dense and reducing ops with elementwise neighbours: what becomes one primitive with
post-ops or one generated kernel. Sizes on both sides of the one where a library takes over."""

import torch
from torch.nn import functional as F

from . import dtypes
from .case import Case, Run, _parameter, type_text, unranked
from .dtypes import exact
from .reduce import label, random_of

TOLERANCE = {"f64": 1e-11, "f32": 1e-4, "f16": 2e-2, "bf16": 1.5e-1}


class Program:
    """Ops written one after another, beside their values in f64."""

    def __init__(self, name, dtype):
        self.name, self.dtype = name, dtype
        self.lines, self.globals, self.arguments, self.inputs = [], "", [], []
        self.values, self.types = {}, {}

    def argument(self, shape, seed, dims=None):
        tensor = random_of(shape, self.dtype, seed)
        name = str(len(self.inputs))
        self.inputs.append(tensor)
        self.types[name] = type_text(tensor, dims)
        self.arguments.append(self.types[name])
        self.values[name] = exact(tensor)
        return name

    def parameter(self, shape, seed, low=-0.5, high=0.5):
        tensor = random_of(shape, self.dtype, seed, low, high)
        name, key = f"p{seed}", f"{self.name}.{seed}"
        self.globals += _parameter(key, tensor)
        self.types[name] = type_text(tensor)
        self.lines.append(f'%{name} = lz.get_parameter "{key}" : {self.types[name]}')
        self.values[name] = exact(tensor)
        return name

    def op(self, text, operands, function, attributes=""):
        name = f"v{len(self.lines)}"
        uses = ", ".join(f"%{operand}" for operand in operands)
        types = ", ".join(self.types[operand] for operand in operands)
        braces = f" {{{attributes}}}" if attributes else ""
        self.types[name] = unranked(self.dtype)
        self.lines.append(f"%{name} = lz.{text} {uses}{braces} : ({types}) -> {self.types[name]}")
        self.values[name] = function(*(self.values[operand] for operand in operands))
        return name

    def case(self, *results):
        expected = [self.values[name].to(self.dtype.torch) for name in results]
        tolerance = TOLERANCE[self.dtype.name]
        return Case(self.name, "\n".join(self.lines), self.arguments, list(results),
                    [self.types[name] for name in results], [Run(self.inputs, expected)],
                    self.globals, rtol=tolerance, atol=tolerance)


ACTIVATIONS = {"relu": F.relu, "gelu": F.gelu, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
               "silu": F.silu, "hard_swish": F.hardswish, "elu": F.elu, "mish": F.mish,
               "leaky_relu": F.leaky_relu, "hard_sigmoid": F.hardsigmoid, "abs": torch.abs,
               "softplus": F.softplus}


def conv(program, x, weights, bias, pad):
    def function(x, w, b):
        return F.conv2d(x, w, b, padding=pad)
    return program.op("conv", [x, weights, bias], function,
                      f"strides = [1, 1], dilations = [1, 1], pads_begin = [{pad}, {pad}], "
                      f"pads_end = [{pad}, {pad}]")


def start(kind, name, dtype, wide, dynamic):
    """A program with one dense op: its value, and the shape of that."""
    program = Program(name, dtype)
    if kind == "linear":
        rows, width, out = (64, 96, 80) if wide else (3, 5, 4)
        dims = ['"n"', str(width)] if dynamic else None
        x = program.argument((rows, width), 130, dims)
        weights, bias = program.parameter((out, width), 131), program.parameter((out,), 132)
        return program, program.op("linear", [x, weights, bias], F.linear), (rows, out)
    batch, channels, size, out = (2, 24, 14, 40) if wide else (1, 2, 5, 3)
    dims = ['"n"', str(channels), '"h"', '"w"'] if dynamic else None
    x = program.argument((batch, channels, size, size), 133, dims)
    weights = program.parameter((out, channels, 3, 3), 134, -0.2, 0.2)
    dense = conv(program, x, weights, program.parameter((out,), 135), 1)
    return program, dense, (batch, out, size, size)


def residual_dims(shape, dynamic):
    if not dynamic:
        return None
    return ['"n"', str(shape[1]), '"h"', '"w"'][:len(shape)]


def epilog_cases(kind, dtype, wide, dynamic):
    suffix = [kind, dtype, "wide" if wide else "small", "dynamic" * dynamic]
    for activation, function in ACTIVATIONS.items():
        program, dense, _ = start(kind, label(activation, *suffix), dtype, wide, dynamic)
        yield program.case(program.op(activation, [dense], function))
    # A residual, before and after an activation.
    program, dense, shape = start(kind, label("add-relu", *suffix), dtype, wide, dynamic)
    other = program.argument(shape, 136, residual_dims(shape, dynamic))
    total = program.op("add", [dense, other], torch.add)
    yield program.case(program.op("relu", [total], F.relu))
    program, dense, shape = start(kind, label("relu-add", *suffix), dtype, wide, dynamic)
    other = program.argument(shape, 136, residual_dims(shape, dynamic))
    active = program.op("relu", [dense], F.relu)
    yield program.case(program.op("add", [other, active], torch.add))
    # Scale and shift per channel, as a batch norm that was not folded.
    program, dense, shape = start(kind, label("scale-shift", *suffix), dtype, wide, dynamic)
    channel = (shape[1],) + (1,) * (len(shape) - 2)
    scale, shift = program.parameter(channel, 137), program.parameter(channel, 138)
    scaled = program.op("mul", [dense, scale], torch.mul)
    yield program.case(program.op("tanh", [program.op("sub", [scaled, shift], torch.sub)],
                                  torch.tanh))
    # The dense value has a second use, and is a result itself.
    program, dense, _ = start(kind, label("two-uses", *suffix), dtype, wide, dynamic)
    gate = program.op("sigmoid", [dense], torch.sigmoid)
    yield program.case(program.op("mul", [dense, gate], torch.mul), dense)
    # Batch norm behind, which folds into the weights.
    program, dense, shape = start(kind, label("batch-norm", *suffix), dtype, wide, dynamic)
    mean, variance = program.parameter((shape[1],), 139), program.parameter((shape[1],), 140, 0.5, 2)
    normal = program.op("batch_norm", [dense, mean, variance],
                        lambda x, m, v: F.batch_norm(x, m, v))
    yield program.case(program.op("relu", [normal], F.relu))
    # Something in front.
    program, dense, shape = start(kind, label("chain", *suffix), dtype, wide, dynamic)
    active = program.op("relu", [dense], F.relu)
    if kind == "linear":
        weights, bias = program.parameter((7, shape[1]), 141), program.parameter((7,), 142)
        yield program.case(program.op("linear", [active, weights, bias], F.linear))
    else:
        weights = program.parameter((6, shape[1], 1, 1), 143)
        yield program.case(conv(program, active, weights, program.parameter((6,), 144), 0))


def reducing_cases():
    """Elementwise work around reductions, normalization and softmax."""
    for dtype in (dtypes.F32, dtypes.F64):
        for dims in (None, ['"n"', '"m"']):
            suffix = [dtype, "dynamic" * bool(dims)]
            program = Program(label("exp-sum-log", *suffix), dtype)
            x = program.argument((33, 50), 150, dims)
            total = program.op("reduce sum", [program.op("exp", [x], torch.exp)],
                               lambda v: v.sum(1), "axes = [1]")
            yield program.case(program.op("log", [total], torch.log))
            program = Program(label("standardize", *suffix), dtype)
            x = program.argument((33, 50), 151, dims)
            mean = program.op("reduce mean", [x], lambda v: v.mean(1, True),
                              "axes = [1], keep_dims = true")
            rest = program.op("sub", [x, mean], torch.sub)
            square = program.op("mul", [rest, rest], torch.mul)
            spread = program.op("reduce mean", [square], lambda v: v.mean(1, True),
                                "axes = [1], keep_dims = true")
            yield program.case(program.op("div", [rest, program.op("sqrt", [spread], torch.sqrt)],
                                          torch.div), mean)
            program = Program(label("norm-gelu-softmax", *suffix), dtype)
            x = program.argument((33, 50), 152, ['"n"', "50"] if dims else None)
            normal = program.op("layer_norm", [program.op("tanh", [x], torch.tanh)],
                                lambda v: F.layer_norm(v, (50,)))
            yield program.case(program.op("softmax", [program.op("gelu", [normal], F.gelu)],
                                          lambda v: torch.softmax(v, 1), "axis = 1"))
            program = Program(label("two-axes", *suffix), dtype)
            x = program.argument((33, 50), 153, dims)
            rows = program.op("reduce max", [x], lambda v: v.amax(1), "axes = [1]")
            columns = program.op("reduce max", [x], lambda v: v.amax(0), "axes = [0]")
            yield program.case(rows, columns)


def pooling_cases():
    for dtype in (dtypes.F32, dtypes.BF16):
        program, dense, _ = start("conv", f"conv-relu-pool-{dtype}", dtype, True, False)
        active = program.op("relu", [dense], F.relu)
        yield program.case(program.op(
            "pool max", [active], lambda v: F.max_pool2d(v, 2),
            "kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads_begin = [0, 0], "
            "pads_end = [0, 0]"))
        program, dense, shape = start("conv", f"conv-mean-linear-{dtype}", dtype, True, True)
        mean = program.op("adaptive_avg_pool", [dense], lambda v: F.adaptive_avg_pool2d(v, 1),
                          "output_size = [1, 1]")
        flat = program.op("flatten", [mean], lambda v: v.flatten(1), "start_axis = 1, end_axis = -1")
        yield program.case(program.op("linear", [
            flat, program.parameter((10, shape[1]), 160), program.parameter((10,), 161)], F.linear))


def attention_between_transposes(dtype, length, sources, causal, dynamic):
    """Heads to the front and back again, as models have it: [batch, length, heads, width]."""
    program = Program(label("attention-transposed", dtype, length, sources, "causal" * causal,
                            "dynamic" * dynamic), dtype)

    def argument(rows, name, seed):
        dims = ['"b"', f'"{name}"', "3", "24"] if dynamic else None
        return program.argument((2, rows, 3, 24), seed, dims)

    def swap(value):
        return program.op("transpose", [value], lambda x: x.transpose(1, 2),
                          "perm = [0, 2, 1, 3]")

    heads = [swap(argument(length, "l", 150)), swap(argument(sources, "s", 151)),
             swap(argument(sources, "s", 152))]
    result = program.op("attention", heads,
                        lambda q, k, v: F.scaled_dot_product_attention(q, k, v,
                                                                       is_causal=causal),
                        "causal = true" if causal else "")
    return program.case(swap(result))


def cases():
    for kind in ("linear", "conv"):
        for wide in (False, True):
            for dynamic in (False, True):
                yield from epilog_cases(kind, dtypes.F32, wide, dynamic)
        for dtype in (dtypes.F64, dtypes.F16, dtypes.BF16):
            yield from epilog_cases(kind, dtype, True, False)
    yield from reducing_cases()
    yield from pooling_cases()
    for dtype in (dtypes.F32, dtypes.BF16):
        for length, sources in ((1, 70), (150, 300)):
            for dynamic in (False, True):
                for causal in (False, True):
                    yield attention_between_transposes(dtype, length, sources, causal, dynamic)
