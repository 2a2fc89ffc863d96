"""Matrix products: NumPy's shapes, every element type, parameters and arguments."""

import itertools

import numpy as np
import torch
from torch.nn import functional as F

from . import dtypes, suite
from .case import op
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
    if suite.EXHAUSTIVE:
        yield from exhaustive_cases()
