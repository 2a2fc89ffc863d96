"""Pooling of one to three spatial axes: padding, dilation, ceil_mode, divisors, adaptive."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from . import dtypes
from .case import op
from .dtypes import exact
from .reduce import label, random_of

MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
ADAPTIVE = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
ATOL = {"f64": 1e-14, "f32": 1e-6, "f16": 1e-4, "bf16": 1e-3}


def _attributes(kernel, stride, dilation, begin, end, flags):
    text = (f"kernel = {kernel}, strides = {stride}, dilations = {dilation}, "
            f"pads_begin = {begin}, pads_end = {end}")
    return "".join([text, *(f", {name} = {value}" for name, value in flags.items())])


def _dims(shape, n, dynamic):
    channels = len(shape) - n - 1
    return [[f'"p{i}"' if dynamic and i != channels else str(d) for i, d in enumerate(shape)]]


def _widened(x):
    """Integers as f64, for PyTorch pools no unsigned ones; all of them are exact."""
    return exact(x) if x.dtype.is_floating_point else \
        torch.from_numpy(x.numpy().astype(np.float64))


def _narrowed(result, x):
    if x.dtype.is_floating_point:
        return result.to(x.dtype)
    return torch.from_numpy(result.numpy().astype(dtypes.of(x).numpy))


def max_case(name, x, kernel, stride=None, pad=None, dilation=None, ceil=False, dynamic=False):
    n = len(kernel)
    stride, pad, dilation = stride or kernel, pad or [0] * n, dilation or [1] * n
    result = MAX[n](_widened(x), kernel, stride, pad, dilation, ceil)
    flags = {"ceil_mode": "true"} if ceil else {}
    return op(label("max", dtypes.of(x), name, "dynamic" * dynamic), "lz.pool max %0", [x],
              _narrowed(result, x), dims=_dims(x.shape, n, dynamic),
              attributes=_attributes(kernel, stride, dilation, pad, pad, flags))


def avg_case(name, x, kernel, stride=None, pad=None, ceil=False, include=True, divisor=0,
             dynamic=False):
    n = len(kernel)
    stride, pad = stride or kernel, pad or [0] * n
    more = {} if n == 1 or not divisor else {"divisor_override": divisor}
    result = AVG[n](exact(x), kernel, stride, pad, ceil, include, **more)
    flags = {"ceil_mode": "true"} if ceil else {}
    flags.update({} if include else {"count_include_pad": "false"})
    flags.update({"divisor_override": divisor} if divisor else {})
    return op(label("avg", dtypes.of(x), name, "dynamic" * dynamic), "lz.pool avg %0", [x],
              result.to(x.dtype), dims=_dims(x.shape, n, dynamic), atol=ATOL[dtypes.of(x).name],
              attributes=_attributes(kernel, stride, [1] * n, pad, pad, flags))


# name, shape, arguments
MAX_POOLS = [
    ("2x2", [2, 3, 8, 8], {"kernel": [2, 2]}),
    ("floor", [2, 3, 7, 9], {"kernel": [2, 2]}),
    ("ceil", [2, 3, 7, 9], {"kernel": [2, 2], "ceil": True}),
    ("overlap", [1, 2, 9, 9], {"kernel": [3, 3], "stride": [2, 2], "pad": [1, 1]}),
    ("overlap-ceil", [1, 2, 10, 10], {"kernel": [3, 3], "stride": [2, 2], "pad": [1, 1],
                                      "ceil": True}),
    ("last-window-dropped", [1, 1, 4, 4], {"kernel": [2, 2], "stride": [3, 3], "pad": [1, 1],
                                           "ceil": True}),
    ("dilated", [1, 2, 11, 12], {"kernel": [3, 2], "stride": [1, 2], "dilation": [2, 3]}),
    ("1d", [2, 3, 17], {"kernel": [4], "stride": [3], "pad": [2]}),
    ("3d", [1, 2, 5, 6, 7], {"kernel": [2, 3, 2], "stride": [2, 1, 2]}),
    ("unbatched", [3, 8, 8], {"kernel": [2, 2]}),
    ("1d-unbatched", [3, 8], {"kernel": [3], "stride": [1]}),
    ("no-samples", [0, 3, 8, 8], {"kernel": [2, 2]}),
    ("whole", [2, 3, 5, 5], {"kernel": [5, 5]}),
    ("wide", [1, 64, 28, 28], {"kernel": [3, 3], "stride": [2, 2], "pad": [1, 1]}),
]

AVG_POOLS = [
    ("2x2", [2, 3, 8, 8], {"kernel": [2, 2]}),
    ("pad", [2, 3, 8, 8], {"kernel": [3, 3], "stride": [2, 2], "pad": [1, 1]}),
    ("pad-not-counted", [2, 3, 8, 8], {"kernel": [3, 3], "stride": [2, 2], "pad": [1, 1],
                                       "include": False}),
    ("ceil", [1, 2, 8, 9], {"kernel": [3, 3], "stride": [2, 2], "ceil": True}),
    ("ceil-pad", [1, 2, 8, 9], {"kernel": [3, 2], "stride": [2, 2], "pad": [1, 1], "ceil": True}),
    ("ceil-pad-not-counted", [1, 2, 8, 9], {"kernel": [3, 2], "stride": [2, 2], "pad": [1, 1],
                                            "ceil": True, "include": False}),
    ("divisor", [1, 2, 8, 9], {"kernel": [3, 3], "stride": [2, 2], "pad": [1, 1], "divisor": 5}),
    ("1d", [2, 3, 17], {"kernel": [4], "stride": [3], "pad": [2]}),
    ("3d", [1, 2, 5, 6, 7], {"kernel": [2, 3, 2], "stride": [2, 1, 2], "pad": [1, 0, 1]}),
    ("unbatched", [3, 8, 8], {"kernel": [2, 2]}),
    ("no-samples", [0, 3, 8, 8], {"kernel": [2, 2]}),
    ("whole", [2, 3, 7, 7], {"kernel": [7, 7]}),
]

ADAPTIVE_POOLS = [
    ([2, 3, 8, 8], [1, 1]), ([2, 3, 8, 8], [4, 2]), ([2, 3, 7, 9], [3, 4]), ([2, 3, 7, 9], [-1, 2]),
    ([1, 2, 3, 3], [5, 7]), ([3, 8, 8], [2, 2]), ([2, 3, 10], [4]), ([3, 10], [1]),
    ([1, 2, 4, 5, 6], [2, 3, 4]), ([0, 3, 8, 8], [2, 2]), ([2, 2048, 7, 7], [1, 1]),
]


def table_cases():
    for build, table in ((max_case, MAX_POOLS), (avg_case, AVG_POOLS)):
        for name, shape, arguments in table:
            x = random_of(shape, dtypes.F32, 80)
            yield build(name, x, **arguments)
            yield build(name, x, **arguments, dynamic=True)


def dtype_cases():
    arguments = {"kernel": [3, 2], "stride": [2, 2], "pad": [1, 1]}
    for dtype in dtypes.NUMBER:
        yield max_case("types", random_of((2, 3, 7, 8), dtype, 81), **arguments)
    for dtype in dtypes.FLOAT:
        yield avg_case("types", random_of((2, 3, 7, 8), dtype, 82), **arguments)
        x = random_of((2, 3, 7, 8), dtype, 83)
        yield adaptive_case(x, [3, 5])
    special = torch.tensor([[[1.0, math.nan, 3.0, 4.0, -math.inf, -math.inf, math.inf, 0.0]]])
    yield max_case("special", special, kernel=[2])
    yield max_case("special-pad", special, kernel=[3], stride=[1], pad=[1])
    yield max_case("negative-pad", -torch.ones(1, 1, 4, 4), kernel=[3, 3], pad=[1, 1])
    least = torch.full((1, 1, 4), -128, dtype=torch.int8)
    yield max_case("least", least, kernel=[3], stride=[1], pad=[1])


def adaptive_case(x, sizes, dynamic=False):
    n = len(sizes)
    wanted = [None if size == -1 else size for size in sizes]
    expected = ADAPTIVE[n](exact(x), wanted if n > 1 else wanted[0]).to(x.dtype)
    dtype = dtypes.of(x)
    return op(label("adaptive_avg", dtype, list(x.shape), sizes, "dynamic" * dynamic),
              "lz.adaptive_avg_pool %0", [x], expected, attributes=f"output_size = {sizes}",
              dims=_dims(x.shape, n, dynamic), atol=ATOL[dtype.name])


def adaptive_cases():
    for shape, sizes in ADAPTIVE_POOLS:
        x = random_of(shape, dtypes.F32, 84)
        yield adaptive_case(x, sizes)
        yield adaptive_case(x, sizes, dynamic=True)


def rebound_cases():
    runs = []
    for n, h, w in ((2, 8, 8), (1, 2, 3), (3, 17, 5), (0, 8, 8)):
        x = random_of((n, 3, h, w), dtypes.F32, h)
        runs.append(([x], F.max_pool2d(x, 2, 2, 0, 1, True)))
    yield op("max-rebound", "lz.pool max %0", runs[0][0], runs[0][1], more_runs=runs[1:],
             attributes=_attributes([2, 2], [2, 2], [1, 1], [0, 0], [0, 0],
                                    {"ceil_mode": "true"}), dims=[['"n"', "3", '"h"', '"w"']])


def cases():
    yield from table_cases()
    yield from dtype_cases()
    yield from adaptive_cases()
    yield from rebound_cases()
