"""Matrix products: NumPy's shapes, every element type, parameters and arguments."""

import itertools

import numpy as np
import torch
from torch.nn import functional as F

from . import dtypes, suite
from .case import Case, Run, op, type_text
from .dtypes import exact, tensor
from .reduce import label, random_of

ATOL = {"f64": 1e-12, "f32": 2e-5, "f16": 2e-3, "bf16": 2e-2}

SHAPES = [
    ([4, 5], [5, 6]), ([1, 5], [5, 1]), ([1, 1], [1, 1]), ([5], [5]), ([5], [5, 3]),
    ([4, 5], [5]), ([5], [2, 5, 3]), ([2, 4, 5], [5]), ([2, 4, 5], [2, 5, 3]),
    ([2, 4, 5], [5, 3]), ([4, 5], [2, 5, 3]), ([2, 1, 4, 5], [3, 5, 2]),
    ([1, 4, 5], [7, 5, 2]), ([2, 1, 4, 5], [1, 3, 5, 2]), ([3, 0], [0, 2]), ([0, 3], [3, 2]),
    ([0, 2, 3], [3, 2]), ([17, 33], [33, 19]), ([64, 64], [64, 64]), ([1, 129], [129, 65]),
    ([3, 130, 67], [67, 35]),
]


def product(a, b):
    if dtypes.of(a).is_float:
        return torch.matmul(exact(a), exact(b)).to(a.dtype)
    return torch.from_numpy(np.asarray(np.matmul(a.numpy(), b.numpy())))


def matmul_case(a, b, dynamic=False, constant=(), extra=""):
    dtype = dtypes.of(a)
    name = label("matmul", dtype, list(a.shape), list(b.shape), "dynamic" * dynamic,
                 "constant" * bool(constant), extra)
    return op(name, "lz.matmul %0, %1", [a, b], product(a, b), dynamic=dynamic,
              constant=constant, atol=ATOL.get(dtype.name))


def matmul_cases():
    for left, right in SHAPES:
        a, b = random_of(left, dtypes.F32, 40), random_of(right, dtypes.F32, 41)
        yield matmul_case(a, b)
        yield matmul_case(a, b, dynamic=True)
        yield matmul_case(a, b, constant=(1,))
    for dtype in dtypes.NUMBER:
        for left, right in (([9, 21], [21, 13]), ([2, 3, 8], [8, 4]), ([8], [8])):
            yield matmul_case(random_of(left, dtype, 42), random_of(right, dtype, 43))
    full = tensor([[120, -120], [127, -128]], dtypes.I8)
    yield matmul_case(full, full, extra="wraps")
    a = torch.tensor([[np.inf, 1.0], [np.nan, 2.0], [0.0, 0.0]])
    yield matmul_case(a, torch.ones(2, 3), extra="special")


def rebound_cases():
    def pair(b, m, k, n):
        a, w = random_of((b, m, k), dtypes.F32, b), random_of((k, n), dtypes.F32, n)
        return [a, w], product(a, w)
    sizes = [(2, 3, 4, 5), (1, 1, 1, 1), (3, 0, 4, 5), (2, 65, 130, 33), (4, 7, 0, 2)]
    (first, expected), *more = [pair(*size) for size in sizes]
    yield op("matmul-rebound", "lz.matmul %0, %1", first, expected, atol=1e-4,
             dims=[['"b"', '"m"', '"k"'], ['"k"', '"n"']], more_runs=more)
    weights = random_of((96, 80), dtypes.F32, 44)
    runs = [([x, weights], product(x, weights))
            for x in (random_of((m, 96), dtypes.F32, m) for m in (5, 1, 64, 300))]
    yield op("matmul-rebound-constant", "lz.matmul %0, %1", runs[0][0], runs[0][1],
             dims=[['"m"', "96"], None], constant=(1,), more_runs=runs[1:], atol=1e-4)


def linear_reference(x, weights, bias):
    if dtypes.of(x).is_float:
        wide = None if bias is None else exact(bias)
        return F.linear(exact(x), exact(weights), wide).to(x.dtype)
    result = np.matmul(x.numpy(), weights.numpy().T)
    return torch.from_numpy(np.asarray(result if bias is None else result + bias.numpy()))


def linear_case(shape, out, dtype, bias=True, dynamic=False, constant=False):
    x = random_of(shape, dtype, 45)
    weights = random_of((out, shape[-1]), dtype, 46)
    inputs = [x, weights] + ([random_of((out,), dtype, 47)] if bias else [])
    expected = linear_reference(x, weights, inputs[2] if bias else None)
    name = label("linear", dtype, list(shape), out, "bias" * bias, "dynamic" * dynamic,
                 "constant" * constant)
    dims = None
    if dynamic:
        dims = [[*(f'"l{i}"' for i in range(len(shape) - 1)), str(shape[-1])], None, None]
    return op(name, "lz.linear " + ", ".join(f"%{i}" for i in range(len(inputs))), inputs,
              expected, dims=dims[:len(inputs)] if dims else None,
              constant=tuple(range(1, len(inputs))) if constant else (), atol=ATOL.get(dtype.name))


def linear_cases():
    shapes = [([4, 5], 6), ([5], 3), ([2, 3, 4], 5), ([1, 1], 1), ([0, 4], 3), ([3, 0], 2),
              ([16, 64], 32), ([1, 784], 100), ([2, 2, 3, 8], 7), ([128, 128], 128)]
    for (shape, out), bias, constant in itertools.product(shapes, (False, True), (False, True)):
        yield linear_case(shape, out, dtypes.F32, bias, constant=constant)
        if len(shape) > 1:
            yield linear_case(shape, out, dtypes.F32, bias, dynamic=True, constant=constant)
    for dtype in dtypes.NUMBER:
        for constant in (False, True):
            yield linear_case([6, 33], 17, dtype, constant=constant)


def panels_of(weights, width):
    """(out, in) as (ceil(out / width), in, width), padded with what nobody may read."""
    out, terms = weights.shape
    padding = torch.full((-out % width, terms), 100).to(weights.dtype)
    panels = torch.cat([weights, padding]).reshape(-(-out // width), width, terms)
    return panels.permute(0, 2, 1).contiguous()


def panels_case(shape, out, width, bias=True, dynamic=(), more=(), dtype=dtypes.F32):
    """Weights in panels; `more` are further shapes of the same function."""
    weights = random_of((out, shape[-1]), dtype, 51)
    shared = [panels_of(weights, width)] + ([random_of((out,), dtype, 52)] if bias else [])
    runs = []
    for sizes in (shape, *more):
        x = random_of(sizes, dtype, 53)
        runs.append(([x, *shared], linear_reference(x, weights, shared[1] if bias else None)))
    dims = [[f'"l{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)], None, None]
    name = label("linear-panels", dtype, list(shape), out, width, "bias" * bias,
                 "dynamic" * bool(dynamic))
    return op(name, "lz.linear " + ", ".join(f"%{i}" for i in range(1 + len(shared))),
              runs[0][0], runs[0][1], dims=dims[:1 + len(shared)], more_runs=runs[1:],
              attributes=f"columns = {out}" if out % width else "",
              atol=max(ATOL.get(dtype.name) or 0, 1e-4 if shape[-1] > 200 else 0) or None)


def panels_cases():
    for rows in (1, 2, 5, 6, 7, 47, 48, 49, 96, 100):
        for out, width in ((128, 64), (96, 48), (32, 32), (24, 8), (10, 10), (17, 17), (50, 50)):
            yield panels_case([rows, 40], out, width, bias=rows % 2 == 0)
        for out, width in ((65, 64), (127, 64), (81, 48), (50, 32)):
            yield panels_case([rows, 40], out, width, bias=rows % 2 == 1)
    yield panels_case([20, 700], 192, 64)
    # More rows than the second cache holds, also where they are not known.
    yield panels_case([410, 700], 192, 64)
    yield panels_case([2, 205, 700], 100, 64, dynamic=(0, 1), more=([1, 3, 700], [9, 80, 700]))
    yield panels_case([70, 33], 64, 64, dynamic=(0,), more=([1, 33], [0, 33], [300, 33]))
    yield panels_case([2, 9, 20], 128, 64, dynamic=(0, 1), more=([1, 1, 20], [3, 50, 20]))
    yield panels_case([70, 33], 1000, 64, dynamic=(0,), more=([1, 33], [0, 33], [300, 33]))
    yield panels_case([2, 9, 20], 10, 10, dynamic=(0, 1), more=([1, 1, 20], [3, 50, 20]))
    yield panels_case([2, 9, 20], 100, 64, dynamic=(0, 1), more=([1, 1, 20], [3, 50, 20]))
    yield panels_case([20], 100, 64)
    yield panels_case([2, 1, 51, 20], 128, 64, dynamic=(2,), more=([2, 1, 1, 20], [2, 1, 0, 20]))
    yield panels_case([1, 1, 20], 128, 64)
    yield panels_case([20], 128, 64)
    yield panels_case([3, 0], 64, 32)
    yield panels_case([7, 1], 64, 32)
    yield panels_case([9, 5], 4, 1)
    for dtype in dtypes.NUMBER:
        yield panels_case([9, 12], 64, 32, dtype=dtype)
        yield panels_case([9, 12], 41, 32, dtype=dtype)


def fused_panels_case(shape, out, dynamic=(), repeated=()):
    """A layer with what may follow it in one kernel; `repeated` are axes along which what is added
    has one element."""
    x, weights = random_of(shape, dtypes.F32, 54), random_of((out, shape[-1]), dtypes.F32, 55)
    bias = random_of((out,), dtypes.F32, 56)
    rest = random_of([1 if i in repeated else d for i, d in enumerate((*shape[:-1], out))],
                     dtypes.F32, 57)
    dims = [f'"p{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)]
    panels = panels_of(weights, 64)
    made = [*dims[:-1], str(out)]
    layer = type_text(rest, made)
    added = type_text(rest, ["1" if i in repeated else d for i, d in enumerate(made)])
    types = [type_text(x, dims), type_text(panels), type_text(bias), added]
    body = "\n".join([
        f"%y = lz.linear %0, %1, %2 {{columns = {out}}} : ({types[0]}, {types[1]}, {types[2]}) -> {layer}",
        f"%g = lz.gelu %y : ({layer}) -> {layer}",
        f"%r0 = lz.add %g, %3 : ({layer}, {added}) -> {layer}"])
    expected = F.gelu(exact(linear_reference(x, weights, bias))) + exact(rest)
    return Case(label("linear-panels", dtypes.F32, "gelu-residual", list(shape), out,
                      "dynamic" * len(dynamic), "along" * bool(repeated), *repeated),
                body, types, ["r0"], [layer], [Run([x, panels, bias, rest], [expected.float()])], atol=1e-4)


def fused_panels_cases():
    for shape, out in (([50, 96], 128), ([1, 57, 64], 192), ([3, 11, 96], 128), ([50, 96], 81),
                       ([3, 20, 96], 117)):
        yield fused_panels_case(shape, out)
        yield fused_panels_case(shape, out, dynamic=(len(shape) - 2,))
    for dynamic in ((), (0, 1)):
        yield fused_panels_case([2, 5, 7, 64], 128, dynamic=dynamic)
        for repeated in ((0,), (1,), (0, 1), (0, 1, 2), (2,)):
            yield fused_panels_case([4, 18, 64], 128, dynamic, repeated)


def exhaustive_cases():
    random = np.random.default_rng(50)
    for _ in range(300):
        m, k, n = (int(v) for v in random.integers(1, 200, 3))
        dtype = dtypes.FLOAT[random.integers(4)]
        yield matmul_case(random_of((m, k), dtype, 48), random_of((k, n), dtype, 49),
                          constant=(1,) if random.random() < 0.5 else (), extra=f"sweep{_}")


def cases():
    yield from matmul_cases()
    yield from rebound_cases()
    yield from linear_cases()
    yield from panels_cases()
    yield from fused_panels_cases()
    if suite.EXHAUSTIVE:
        yield from exhaustive_cases()
