"""Convolutions of one to three spatial axes, plain and transposed, against PyTorch."""

import itertools

import numpy as np
import torch
from torch.nn import functional as F

from . import dtypes, suite
from .case import op
from .dtypes import exact
from .reduce import label, random_of

ATOL = {"f64": 1e-12, "f32": 2e-5, "f16": 4e-3, "bf16": 4e-2}
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def _wide(x):
    """f64 holds the integers of these cases exactly; they wrap afterwards."""
    return x.double() if x.dtype.is_floating_point else \
        torch.from_numpy(x.numpy().astype(np.float64))


def _back(result, x):
    if x.dtype.is_floating_point:
        return result.to(x.dtype)
    bits = np.round(result.numpy()).astype(np.int64)
    return torch.from_numpy(bits.astype(dtypes.of(x).numpy))


def _per_axis(value, n):
    return list(value) if isinstance(value, (list, tuple)) else [value] * n


def _lists(**values):
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def conv_case(name, x, weights, bias=None, stride=1, dilation=1, begin=0, end=None, groups=1,
              **more):
    n = weights.dim() - 2
    stride, dilation = _per_axis(stride, n), _per_axis(dilation, n)
    begin = _per_axis(begin, n)
    end = begin if end is None else _per_axis(end, n)
    borders = [v for pair in reversed(list(zip(begin, end))) for v in pair]
    padded = F.pad(_wide(x), borders)
    result = CONV[n](padded, _wide(weights), None if bias is None else _wide(bias),
                     stride=stride, dilation=dilation, groups=groups)
    attributes = _lists(strides=stride, dilations=dilation, pads_begin=begin, pads_end=end)
    atol = ATOL.get(dtypes.of(x).name)
    if dtypes.of(x) == dtypes.F32 and list(weights.shape[2:]) == [3, 3] and padded.numel():
        # Perhaps by Winograd's algorithm: bounded by the absolute products, see winograd.py.
        products = F.conv2d(padded.abs(), _wide(weights).abs(), None, stride=stride,
                            dilation=dilation, groups=groups)
        atol = max(atol, 2e-6 * float(products.max()))
    return _case(name, "conv", x, weights, bias, result, attributes, groups, atol=atol, **more)


def transpose_case(name, x, weights, bias=None, stride=1, dilation=1, padding=0, extra=0,
                   groups=1, **more):
    n = weights.dim() - 2
    stride, dilation = _per_axis(stride, n), _per_axis(dilation, n)
    padding, extra = _per_axis(padding, n), _per_axis(extra, n)
    result = CONV_TRANSPOSE[n](_wide(x), _wide(weights), None if bias is None else _wide(bias),
                               stride=stride, padding=padding, output_padding=extra,
                               groups=groups, dilation=dilation)
    attributes = _lists(strides=stride, dilations=dilation, pads_begin=padding, pads_end=padding,
                        output_padding=extra)
    return _case(name, "conv_transpose", x, weights, bias, result, attributes, groups, **more)


def _case(name, opname, x, weights, bias, result, attributes, groups, dynamic=(), constant=False,
          atol=None):
    """`dynamic`: the axes of x that are symbols."""
    inputs = [x, weights] + ([] if bias is None else [bias])
    dims = [[f'"c{i}"' if i in dynamic else str(d) for i, d in enumerate(x.shape)], None, None]
    name = label(opname, dtypes.of(x), name, "dynamic" * bool(dynamic), "constant" * constant)
    return op(name, f"lz.{opname} " + ", ".join(f"%{i}" for i in range(len(inputs))), inputs,
              _back(result, x), attributes=attributes + (f", groups = {groups}"
                                                         if groups != 1 else ""),
              dims=dims[:len(inputs)], constant=tuple(range(1, len(inputs))) if constant else (),
              atol=atol or ATOL.get(dtypes.of(x).name))


# name, x, weights, bias, arguments of conv_case
CONVOLUTIONS = [
    ("1d", [2, 3, 9], [4, 3, 3], True, {}),
    ("1d-stride", [2, 3, 10], [4, 3, 4], True, {"stride": 3}),
    ("1d-long-kernel", [1, 2, 40], [3, 2, 31], False, {"begin": 15}),
    ("2d", [2, 3, 8, 7], [4, 3, 3, 3], True, {}),
    ("2d-no-bias", [2, 3, 8, 7], [4, 3, 3, 3], False, {"begin": 1}),
    ("2d-1x1", [2, 5, 6, 6], [7, 5, 1, 1], True, {}),
    ("2d-1x1-stride", [2, 5, 7, 7], [7, 5, 1, 1], True, {"stride": 2}),
    ("2d-stride", [1, 3, 11, 13], [4, 3, 3, 5], True, {"stride": [2, 3], "begin": [1, 2]}),
    ("2d-dilated", [1, 2, 12, 12], [3, 2, 3, 3], True, {"dilation": [2, 3], "begin": 2}),
    ("2d-uneven-pads", [1, 2, 5, 6], [3, 2, 3, 2], True, {"begin": [1, 0], "end": [2, 1]}),
    ("2d-groups", [2, 6, 7, 7], [4, 3, 3, 3], True, {"groups": 2, "begin": 1}),
    ("2d-depthwise", [2, 6, 8, 8], [6, 1, 3, 3], True, {"groups": 6, "begin": 1}),
    ("2d-depthwise-multiplier", [1, 3, 8, 8], [6, 1, 3, 3], False, {"groups": 3, "stride": 2}),
    ("2d-one-pixel", [1, 3, 3, 3], [2, 3, 3, 3], True, {}),
    ("2d-pad-beyond-kernel", [1, 1, 2, 2], [1, 1, 2, 2], False, {"begin": 3}),
    ("2d-no-samples", [0, 3, 8, 8], [4, 3, 3, 3], True, {}),
    ("2d-unbatched", [3, 8, 8], [4, 3, 3, 3], True, {"begin": 1}),
    ("1d-unbatched", [3, 9], [4, 3, 3], True, {}),
    ("3d-unbatched", [2, 4, 5, 6], [3, 2, 2, 2, 2], True, {}),
    ("3d", [2, 2, 5, 6, 7], [3, 2, 3, 3, 3], True, {"begin": 1}),
    ("3d-all", [1, 4, 7, 6, 8], [4, 2, 2, 3, 2], True,
     {"stride": [2, 1, 2], "dilation": [1, 2, 1], "begin": [0, 1, 2], "groups": 2}),
    ("2d-wide", [1, 32, 14, 14], [64, 32, 3, 3], True, {"begin": 1}),
    ("2d-stem", [1, 3, 32, 32], [16, 3, 7, 7], True, {"stride": 2, "begin": 3}),
    ("2d-many-channels", [2, 64, 8, 8], [48, 64, 1, 1], True, {}),
    ("2d-depthwise-wide", [1, 64, 14, 14], [64, 1, 3, 3], True, {"groups": 64, "begin": 1}),
]

TRANSPOSED = [
    ("1d", [2, 3, 7], [3, 4, 3], True, {}),
    ("1d-stride", [2, 3, 7], [3, 4, 4], True, {"stride": 3, "padding": 1, "extra": 2}),
    ("2d", [2, 3, 5, 6], [3, 4, 3, 3], True, {}),
    ("2d-upsample", [1, 4, 5, 5], [4, 3, 4, 4], True, {"stride": 2, "padding": 1}),
    ("2d-output-padding", [1, 4, 5, 5], [4, 3, 3, 3], False,
     {"stride": 2, "padding": 1, "extra": 1}),
    ("2d-dilated", [1, 2, 4, 5], [2, 3, 3, 3], True, {"dilation": 2, "stride": [2, 1]}),
    ("2d-groups", [2, 4, 5, 5], [4, 3, 3, 3], True, {"groups": 2, "stride": 2}),
    ("2d-depthwise", [1, 4, 5, 5], [4, 1, 3, 3], True, {"groups": 4, "padding": 1}),
    ("2d-unbatched", [3, 5, 6], [3, 4, 3, 3], True, {"padding": 1}),
    ("1d-unbatched", [3, 7], [3, 4, 3], True, {}),
    ("2d-no-samples", [0, 3, 5, 6], [3, 4, 3, 3], True, {}),
    ("3d", [1, 2, 3, 4, 3], [2, 3, 2, 3, 2], True, {"stride": [2, 1, 2], "padding": [0, 1, 0]}),
    ("2d-wide", [1, 32, 8, 8], [32, 16, 4, 4], True, {"stride": 2, "padding": 1}),
    ("2d-gap", [1, 1, 3, 3], [1, 1, 2, 2], True, {"stride": 4}),
]


def table_cases(table, build):
    for name, shape, kernel, bias, arguments in table:
        x, weights = random_of(shape, dtypes.F32, 60), random_of(kernel, dtypes.F32, 61, -1, 1)
        out = kernel[0] if build is conv_case else kernel[1] * arguments.get("groups", 1)
        b = random_of((out,), dtypes.F32, 62) if bias else None
        yield build(name, x, weights, b, **arguments)
        yield build(name, x, weights, b, **arguments, constant=True)
        batch = len(shape) - (len(kernel) - 2) - 1
        channels = batch  # the axis of the channels: 1, or 0 where there is no batch
        dynamic = tuple(axis for axis in range(len(shape)) if axis != channels)
        yield build(name, x, weights, b, **arguments, dynamic=dynamic, constant=True)


def dtype_cases():
    for dtype in dtypes.NUMBER:
        x, bias = random_of((2, 4, 6, 9), dtype, 63), random_of((6,), dtype, 65)
        for constant in (False, True):
            weights = random_of((6, 2, 3, 3), dtype, 64)
            yield conv_case("types", x, weights, bias, begin=1, groups=2, constant=constant)
            weights = random_of((4, 3, 3, 2), dtype, 66)
            yield transpose_case("types", x, weights, bias, stride=2, groups=2,
                                 constant=constant)


def rebound_cases():
    weights, bias = random_of((8, 3, 3, 3), dtypes.F32, 67), random_of((8,), dtypes.F32, 68)
    runs = []
    for n, h, w in ((2, 8, 8), (1, 3, 3), (3, 17, 5), (0, 8, 8), (1, 40, 41)):
        x = random_of((n, 3, h, w), dtypes.F32, n + h)
        expected = F.conv2d(x.double(), weights.double(), bias.double(), stride=2, padding=1)
        runs.append(([x, weights, bias], expected.float()))
    for constant in ((), (1, 2)):
        yield op("conv-rebound" + "-constant" * bool(constant), "lz.conv %0, %1, %2", runs[0][0],
                 runs[0][1], attributes=_lists(strides=[2, 2], dilations=[1, 1],
                                               pads_begin=[1, 1], pads_end=[1, 1]),
                 dims=[['"n"', "3", '"h"', '"w"'], None, None], constant=constant,
                 more_runs=runs[1:], atol=2e-5)


def exhaustive_cases():
    choices = itertools.product((1, 2), (1, 2), (0, 1), (1, 2, 4), (1, 3), dtypes.FLOAT)
    for stride, dilation, pad, groups, kernel, dtype in choices:
        x = random_of((2, 8, 11, 12), dtype, 69)
        weights = random_of((12, 8 // groups, kernel, kernel), dtype, 70)
        name = f"sweep-{stride}-{dilation}-{pad}-{groups}-{kernel}"
        yield conv_case(name, x, weights, None, stride, dilation, pad, None, groups,
                        constant=True)
        weights = random_of((8, 12 // groups, kernel, kernel), dtype, 71)
        yield transpose_case(name, x, weights, None, stride, dilation,
                             min(pad, dilation * (kernel - 1)), 0, groups, constant=True)


def cases():
    yield from table_cases(CONVOLUTIONS, conv_case)
    yield from table_cases(TRANSPOSED, transpose_case)
    yield from dtype_cases()
    yield from rebound_cases()
    if suite.EXHAUSTIVE:
        yield from exhaustive_cases()
