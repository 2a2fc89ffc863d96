"""Normalization layers against PyTorch's functions, with and without weights and biases."""

import itertools

import torch
from torch.nn import functional as F

from . import dtypes
from .case import op, real
from .dtypes import exact
from .reduce import label, random_of

TOLERANCE = {"f64": 1e-12, "f32": 3e-6, "f16": 1e-3, "bf16": 1e-2}


def normalization_case(name, text, x, operands, expected, attributes="", keywords=(), **more):
    """`operands` are what follows x; those that are None are left out, with their keyword."""
    inputs, position = [x], 1
    for keyword, operand in zip(keywords, operands):
        if operand is not None:
            text += f" {keyword} %{position}"
            inputs.append(operand)
            position += 1
    return op(name, text, inputs, expected, attributes=attributes,
              atol=TOLERANCE[dtypes.of(x).name], **more)


def affine(shape, dtype):
    """None or a weight, None or a bias."""
    weight = random_of(shape, dtype, seed=21, low=0.5)
    bias = random_of(shape, dtype, seed=22)
    return [(None, None), (weight, None), (None, bias), (weight, bias)]


def wide(*values):
    return [None if value is None else exact(value) for value in values]


#===---------------------------------------------------------------------------------------===#
# Batch norm
#===---------------------------------------------------------------------------------------===#

def batch_norm_case(x, weight, bias, eps, statistics=None, **more):
    channels, dtype = x.shape[1], dtypes.of(x)
    type_of_others = statistics or dtype
    mean = random_of((channels,), type_of_others, seed=23)
    variance = random_of((channels,), type_of_others, seed=24, low=0.1)
    expected = F.batch_norm(*wide(x, mean, variance, weight, bias), eps=eps).to(x.dtype)
    inputs, text = [x, mean, variance], "lz.batch_norm %0, %1, %2"
    for keyword, operand in (("weights", weight), ("bias", bias)):
        if operand is not None:
            text += f" {keyword} %{len(inputs)}"
            inputs.append(operand)
    present = f"{'w' * (weight is not None)}{'b' * (bias is not None)}"
    name = label("batch_norm", dtype, list(x.shape), present, eps, statistics or "",
                 "dynamic" * more.get("dynamic", False), "constant" * ("constant" in more))
    return op(name, text, inputs, expected, attributes=f"eps = {real(eps)}",
              atol=TOLERANCE[dtype.name], **more)


def batch_norm_cases():
    for dtype in dtypes.FLOAT:
        x = random_of((3, 5, 7), dtype, seed=20)
        for weight, bias in affine((5,), dtype):
            yield batch_norm_case(x, weight, bias, 1e-05)
    for shape in ((4, 6), (2, 3, 4, 5), (2, 3, 2, 3, 4), (0, 3, 2), (1, 1)):
        weight, bias = affine((shape[1],), dtypes.F32)[3]
        x = random_of(shape, dtypes.F32, seed=25)
        yield batch_norm_case(x, weight, bias, 0.1, dynamic=True)
        yield batch_norm_case(x, weight, bias, 0.001, constant=(1, 2, 3, 4))
    for dtype in (dtypes.F16, dtypes.BF16):  # f32 statistics beside 16-bit data
        weight, bias = affine((4,), dtypes.F32)[3]
        yield batch_norm_case(random_of((2, 4, 9), dtype), weight, bias, 1e-05, dtypes.F32)


#===---------------------------------------------------------------------------------------===#
# Layer norm, RMS norm
#===---------------------------------------------------------------------------------------===#

LAST_AXES = [((4, 8), 1), ((2, 3, 16), 1), ((2, 3, 5), 2), ((2, 3, 4, 5), 3), ((7,), 1),
             ((3, 1), 1), ((0, 4), 1), ((2, 768), 1)]


def layer_norm_case(x, count, weight, bias, eps=1e-05, **more):
    expected = F.layer_norm(exact(x), x.shape[-count:], *wide(weight, bias), eps).to(x.dtype)
    present = f"{'w' * (weight is not None)}{'b' * (bias is not None)}"
    name = label("layer_norm", dtypes.of(x), list(x.shape), count, present, eps,
                 "dynamic" * more.get("dynamic", False),
                 "mixed" * (weight is not None and weight.dtype != x.dtype))
    return normalization_case(name, "lz.layer_norm %0", x, (weight, bias), expected,
                              f"axes_count = {count}, eps = {real(eps)}", ("weights", "bias"), **more)


def layer_norm_cases():
    for dtype in dtypes.FLOAT:
        for weight, bias in affine((19,), dtype):
            yield layer_norm_case(random_of((3, 2, 19), dtype, seed=26), 1, weight, bias)
    for (shape, count), dynamic in itertools.product(LAST_AXES, (False, True)):
        weight, bias = affine(shape[-count:], dtypes.F32)[3]
        yield layer_norm_case(random_of(shape, dtypes.F32, seed=27), count, weight, bias, 0.01,
                              dynamic=dynamic)
    for dtype in (dtypes.F16, dtypes.BF16):
        weight, bias = affine((8,), dtypes.F32)[3]
        yield layer_norm_case(random_of((5, 8), dtype), 1, weight, bias)
    # Far from zero the variance must not be taken as a difference of squares.
    far = random_of((3, 64), dtypes.F32, seed=28) + 1000.0
    yield op("layer_norm-far-from-zero", "lz.layer_norm %0", [far],
             F.layer_norm(far.double(), (64,)).float(), atol=2e-4)


def rms_norm_case(x, count, weight, eps=1e-05, **more):
    expected = F.rms_norm(exact(x), x.shape[-count:], *wide(weight), eps).to(x.dtype)
    name = label("rms_norm", dtypes.of(x), list(x.shape), count,
                 "w" * (weight is not None), eps, "dynamic" * more.get("dynamic", False),
                 "mixed" * (weight is not None and weight.dtype != x.dtype))
    return normalization_case(name, "lz.rms_norm %0", x, (weight,), expected,
                              f"axes_count = {count}, eps = {real(eps)}", ("weights",), **more)


def rms_norm_cases():
    for dtype in dtypes.FLOAT:
        for weight, _ in affine((19,), dtype)[:2]:
            yield rms_norm_case(random_of((3, 2, 19), dtype, seed=29), 1, weight)
    for (shape, count), dynamic in itertools.product(LAST_AXES, (False, True)):
        weight, _ = affine(shape[-count:], dtypes.F32)[1]
        yield rms_norm_case(random_of(shape, dtypes.F32, seed=30), count, weight, 0.01,
                            dynamic=dynamic)
    weight, _ = affine((8,), dtypes.F32)[1]
    yield rms_norm_case(random_of((5, 8), dtypes.BF16), 1, weight)


#===---------------------------------------------------------------------------------------===#
# Group norm, instance norm
#===---------------------------------------------------------------------------------------===#

def group_norm_case(x, groups, weight, bias, eps=1e-05, **more):
    divided = groups or x.shape[1]
    if x.numel() == 0:
        expected = x
    else:
        expected = F.group_norm(exact(x), divided, *wide(weight, bias), eps).to(x.dtype)
    present = f"{'w' * (weight is not None)}{'b' * (bias is not None)}"
    name = label("group_norm", dtypes.of(x), list(x.shape), groups, present, eps,
                 "dynamic" * more.get("dynamic", False))
    return normalization_case(name, "lz.group_norm %0", x, (weight, bias), expected,
                              f"groups = {groups}, eps = {real(eps)}", ("weights", "bias"), **more)


def group_norm_cases():
    for dtype in dtypes.FLOAT:
        for weight, bias in affine((6,), dtype):
            yield group_norm_case(random_of((2, 6, 11), dtype, seed=31), 3, weight, bias)
    shapes = [((2, 4, 3), 1), ((2, 4, 3), 2), ((2, 4, 3), 4), ((2, 4, 3), 0), ((3, 6), 2),
              ((2, 4, 3, 5), 2), ((2, 3, 4, 5), 0), ((1, 4, 2, 3, 2), 2), ((0, 4, 3), 2)]
    for (shape, groups), dynamic in itertools.product(shapes, (False, True)):
        weight, bias = affine((shape[1],), dtypes.F32)[3]
        dims = [[f'"d{d}"' if axis != 1 and d > 1 else str(d)
                 for axis, d in enumerate(shape)], None, None] if dynamic else None
        case = group_norm_case(random_of(shape, dtypes.F32, seed=32), groups, weight, bias, 0.01,
                               dims=dims)
        case.name += "-dynamic" * dynamic
        yield case


def cases():
    yield from batch_norm_cases()
    yield from layer_norm_cases()
    yield from rms_norm_cases()
    yield from group_norm_cases()
