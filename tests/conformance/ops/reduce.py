"""Reductions, softmax and scans over all axes, kinds and element types."""

import itertools
import math

import numpy as np
import torch

from . import dtypes, suite
from .case import op
from .dtypes import exact, tensor


def label(*parts):
    return "-".join(str(part).replace(" ", "") for part in parts if part != "")


def random_of(shape, dtype, seed=0, low=-2.0, high=2.0):
    random = np.random.default_rng(seed)
    if dtype.is_bool:
        return torch.from_numpy(random.random(shape) < 0.5)
    if dtype.is_float:
        return tensor(random.uniform(low, high, shape), dtype)
    least = 0 if dtype in dtypes.UNSIGNED else -9
    return torch.from_numpy(random.integers(least, 10, shape).astype(dtype.numpy))


def numpy_reference(kind, x, axes, keep):
    axis = tuple(axes) if axes else None
    functions = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "any": np.any,
                 "all": np.all, "mean": np.mean}
    if kind in ("argmax", "argmin"):
        position = getattr(np, kind)(x, axis=axes[0] if axes else None, keepdims=keep)
        return np.asarray(position, dtype=np.int64)
    arguments = {"dtype": x.dtype} if kind in ("sum", "prod") else {}
    return np.asarray(functions[kind](x, axis=axis, keepdims=keep, **arguments))


def reference(kind, x, axes, keep=False):
    with np.errstate(all="ignore"):
        result = torch.from_numpy(numpy_reference(kind, exact(x).numpy(), axes, keep).copy())
    return result.to(x.dtype) if x.dtype.is_floating_point and result.dtype != torch.int64 \
        else result


def reduce_case(kind, x, axes, keep=False, dynamic=False, extra="", **more):
    dtype = dtypes.of(x)
    attributes = [f"axes = {list(axes)}"] if axes else []
    attributes += ["keep_dims = true"] if keep else []
    name = label(kind, dtype, list(x.shape), list(axes) or "all", "keep" if keep else "",
                 "dynamic" if dynamic else "", extra)
    return op(name, f"lz.reduce {kind} %0", [x], reference(kind, x, axes, keep),
              attributes=", ".join(attributes), dynamic=dynamic, **more)


KINDS = {"sum": dtypes.NUMBER, "prod": dtypes.NUMBER, "mean": dtypes.FLOAT,
         "max": dtypes.ANY, "min": dtypes.ANY, "any": [dtypes.BOOL], "all": [dtypes.BOOL],
         "argmax": dtypes.NUMBER, "argmin": dtypes.NUMBER}


def dtype_cases():
    """Each kind on each element type, over an inner, an outer and all axes."""
    for kind, types in KINDS.items():
        for dtype in types:
            x = random_of((5, 7, 19), dtype, seed=len(kind))
            for axes in ([2], [0], [-2], []):
                # Terms of both signs cancel, so the error is that of their magnitude.
                atol = {"f64": 1e-12, "f32": 2e-5}.get(dtype.name) if kind == "sum" else None
                yield reduce_case(kind, x, axes, atol=atol)


def axes_cases():
    x = random_of((2, 3, 4, 5), dtypes.F32, seed=3)
    subsets = [list(axes) for n in (1, 2, 3, 4) for axes in itertools.combinations(range(4), n)]
    for axes in [*subsets, [3, 0], [-1, -4], []]:
        for keep in (False, True):
            yield reduce_case("sum", x, axes, keep, atol=1e-5)
            yield reduce_case("max", x, axes, keep, dynamic=True)


def argument_cases():
    """The first of equal extremes, and NaN above all."""
    ties = torch.tensor([[3.0, 7.0, 7.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0, 2.0]])
    nans = torch.tensor([[3.0, math.nan, 7.0, math.nan], [math.inf, 1.0, -math.inf, 2.0]])
    for kind in ("argmax", "argmin"):
        for axes, keep in (([1], False), ([0], False), ([], False), ([-1], True), ([], True)):
            yield reduce_case(kind, ties, axes, keep, extra="ties")
            yield reduce_case(kind, nans, axes, keep, extra="nan")
        yield reduce_case(kind, random_of((4, 33, 3), dtypes.F32), [1], dynamic=True)
    for kind in ("max", "min", "sum", "mean", "prod"):
        yield reduce_case(kind, nans, [1], extra="nan")


def edge_cases():
    for kind in ("sum", "prod", "mean", "max", "min"):
        yield reduce_case(kind, torch.tensor(2.5), [], extra="scalar")
        yield reduce_case(kind, torch.tensor([[2.5]]), [0, 1], extra="one")
        yield reduce_case(kind, torch.zeros(0, 3), [1], extra="no-rows")
    for kind in ("sum", "prod", "mean"):  # 0, 1 and NaN
        yield reduce_case(kind, torch.zeros(3, 0), [1], extra="nothing")
        yield reduce_case(kind, torch.zeros(0, 3), [], extra="nothing", dynamic=True)
    for kind in ("any", "all"):
        yield reduce_case(kind, torch.zeros(3, 0, dtype=torch.bool), [1], extra="nothing")
    full = torch.full((4,), 100, dtype=torch.int8)
    yield reduce_case("sum", full, [0], extra="wraps")
    yield reduce_case("prod", full, [0], extra="wraps")
    ones = torch.ones(3000, dtype=torch.float16)
    yield reduce_case("sum", ones, [0], extra="beyond-f16-integers")
    yield reduce_case("mean", torch.full((100000,), 3.0, dtype=torch.bfloat16), [],
                      extra="long")


def long_cases():
    """Against f64, at the tolerance of long sums."""
    for shape, axes in (((100003,), [0]), ((3, 40001), [1]), ((40001, 3), [0]), ((257, 511), [])):
        x = random_of(shape, dtypes.F32, seed=11, low=0.0)
        yield reduce_case("sum", x, axes, rtol=1e-4)
        yield reduce_case("mean", x, axes, rtol=1e-4)
        yield reduce_case("max", x, axes)
        yield reduce_case("argmax", x, axes[:1])


def rebound_cases():
    for kind, axes in (("sum", [1]), ("max", [0]), ("mean", [0, 1]), ("argmin", [1])):
        runs = []
        for n, m in ((4, 6), (1, 1), (33, 3), (2, 500)):
            x = random_of((n, m), dtypes.F32, seed=n)
            if kind == "argmin" or len(axes) == 1:
                expected = reference(kind, x, axes)
            else:
                expected = reference(kind, x, [])
            runs.append(([x], expected))
        yield op(f"{kind}-rebound-{axes}", f"lz.reduce {kind} %0", runs[0][0], runs[0][1],
                 attributes=f"axes = {axes}", dims=[['"n"', '"m"']], more_runs=runs[1:],
                 atol=1e-4 if kind == "sum" else 1e-6)


def softmax_case(x, axis, log, dynamic=False, extra=""):
    function = torch.log_softmax if log else torch.softmax
    expected = function(exact(x), axis).to(x.dtype)
    name = label("log_softmax" if log else "softmax", dtypes.of(x), list(x.shape), axis,
                 "dynamic" if dynamic else "", extra)
    return op(name, "lz.softmax %0", [x], expected, dynamic=dynamic,
              attributes=f"axis = {axis}" + (", log = true" if log else ""),
              atol={"f64": 1e-14}.get(dtypes.of(x).name, 1e-6))


def softmax_cases():
    for log in (False, True):
        for dtype in dtypes.FLOAT:
            x = random_of((3, 5, 17), dtype, seed=5, low=-8, high=8)
            for axis in (-1, 0, 1):
                yield softmax_case(x, axis, log)
        for shape, axis in (((), 0), ((1,), 0), ((0, 4), 1), ((4, 1000), 1), ((6, 5), -2)):
            for dynamic in (False, True):
                x = random_of(shape, dtypes.F32, seed=6)
                yield softmax_case(x, axis, log, dynamic)
        large = torch.tensor([[1e30, 1e30, -1e30], [1000.0, 999.0, 0.0],
                              [-math.inf, 0.0, 1.0], [math.nan, 0.0, 1.0],
                              [-math.inf, -math.inf, -math.inf], [math.inf, 0.0, 1.0]])
        yield softmax_case(large, 1, log, extra="special")


def cumulative_reference(x, kind, axis, exclusive, reverse):
    array = exact(x).numpy()
    if array.ndim == 0:
        return cumulative_reference(x[None], kind, 0, exclusive, reverse)[0]
    array = np.flip(array, axis) if reverse else array
    function = np.cumsum if kind == "sum" else np.cumprod
    with np.errstate(all="ignore"):
        result = function(array, axis=axis, dtype=array.dtype)
    if exclusive:
        first = np.full_like(result.take([0], axis), 0 if kind == "sum" else 1)
        rest = result.take(range(result.shape[axis] - 1), axis)
        result = np.concatenate([first, rest], axis)
    result = np.flip(result, axis) if reverse else result
    return torch.from_numpy(result.copy()).to(x.dtype)


def cumulative_cases():
    flags = list(itertools.product((False, True), repeat=2))
    for kind in ("sum", "prod"):
        for dtype in dtypes.NUMBER:
            x = random_of((4, 9), dtype, seed=8, low=0.5, high=1.5)
            for axis, (exclusive, reverse) in zip((0, 1, -1, -2), flags):
                yield _cumulative(kind, x, axis, exclusive, reverse)
        for exclusive, reverse in flags:
            x = random_of((3, 37, 5), dtypes.F32, seed=9, low=0.5, high=1.5)
            yield _cumulative(kind, x, 1, exclusive, reverse, dynamic=True)
        yield _cumulative(kind, torch.tensor(3.0), 0, False, False)
        yield _cumulative(kind, torch.zeros(2, 1), 1, True, False)


def _cumulative(kind, x, axis, exclusive, reverse, dynamic=False):
    attributes = [f"axis = {axis}"] + ["exclusive = true"] * exclusive + \
        ["reverse = true"] * reverse
    name = label("cum" + kind, dtypes.of(x), list(x.shape), axis, "exclusive" * exclusive,
                 "reverse" * reverse, "dynamic" * dynamic)
    # 16-bit partial results may be rounded at each step, as PyTorch's are not.
    rtol = {"f16": 9 * 2.0**-10, "bf16": 9 * 2.0**-7}.get(dtypes.of(x).name)
    return op(name, f"lz.cumulative {kind} %0", [x],
              cumulative_reference(x, kind, axis, exclusive, reverse),
              attributes=", ".join(attributes), dynamic=dynamic, rtol=rtol)


def exhaustive_cases():
    for kind, types in KINDS.items():
        for dtype in types:
            for shape in ((3, 5), (2, 64, 33), (130, 2), (7,), (2, 3, 2, 5, 2)):
                x = random_of(shape, dtype, seed=12, low=0.5, high=1.5)
                for axis in range(-len(shape), len(shape)):
                    for dynamic in (False, True):
                        yield reduce_case(kind, x, [axis], dynamic=dynamic, extra="sweep",
                                          rtol=1e-12 if dtype == dtypes.F64 else 1e-5)


def cases():
    yield from dtype_cases()
    yield from axes_cases()
    yield from argument_cases()
    yield from edge_cases()
    yield from long_cases()
    yield from rebound_cases()
    yield from softmax_cases()
    yield from cumulative_cases()
    if suite.EXHAUSTIVE:
        yield from exhaustive_cases()
