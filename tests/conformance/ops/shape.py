"""Reshaping and rearranging: pure movement, so every result must be equal to the bit."""

import itertools

import numpy as np
import torch

from . import dtypes
from .case import Case, Run, op, type_text, unranked
from .elementwise import _bits, ramp
from .reduce import label, random_of

MOVEMENT_DTYPES = dtypes.ANY


def sample(shape, dtype=dtypes.F32):
    """Elements that are all different as far as the type can tell them."""
    return random_of(shape, dtype, 90) if dtype.is_bool else ramp(shape, dtype)


def moved(function, x):
    """A reference that moves bits, for NumPy knows no bfloat16."""
    return torch.from_numpy(np.array(function(_bits(x)), order="C")).view(x.dtype)


def both(name, text, x, function, attributes=""):
    """The static and the dynamic case."""
    expected = moved(function, x)
    for dynamic in (False, True):
        yield op(label(name, dtypes.of(x), list(x.shape), "dynamic" * dynamic), text, [x],
                 expected, attributes=attributes, dynamic=dynamic)


#===---------------------------------------------------------------------------------------===#
# Views
#===---------------------------------------------------------------------------------------===#

RESHAPES = [
    ([2, 3, 4], [6, 4]), ([2, 3, 4], [-1]), ([2, 3, 4], [4, -1, 2]), ([6], [2, 3]), ([1], []),
    ([], [1, 1]), ([2, 0, 3], [0, 5]), ([4, 5], [4, 5]), ([2, 3, 4], [-1, 12]),
]


def dims(values):
    return "#lz.dims<" + ", ".join(str(v) for v in values) + ">"


def view_cases():
    for shape, target in RESHAPES:
        yield from both(label("reshape", target), "lz.reshape %0", sample(shape),
                        lambda v: v.reshape(target), f"shape = {dims(target)}")
    for shape, start, end, target in (([2, 3, 4], 0, -1, [24]), ([2, 3, 4], 1, 2, [2, 12]),
                                      ([2, 3, 4, 5], 1, -2, [2, 12, 5]), ([5], 0, 0, [5]),
                                      ([], 0, -1, [1]), ([2, 0, 3], 1, 2, [2, 0])):
        yield from both(label("flatten", start, end), "lz.flatten %0", sample(shape),
                        lambda v: v.reshape(target), f"start_axis = {start}, end_axis = {end}")
    for shape, axis, sizes, target in (([6, 4], 0, [2, 3], [2, 3, 4]), ([6, 4], -1, [2, -1], [6, 2, 2]),
                                       ([6], 0, [-1], [6]), ([5, 12], 1, [3, 2, -1], [5, 3, 2, 2])):
        yield from both(label("unflatten", axis, sizes), "lz.unflatten %0", sample(shape),
                        lambda v: v.reshape(target), f"axis = {axis}, sizes = {dims(sizes)}")
    for shape, axes in (([1, 3, 1, 4], []), ([1, 3, 1, 4], [0]), ([1, 3, 1, 4], [-2, 0]), ([1], [0])):
        axis = tuple(axes) or None
        yield from both(label("squeeze", axes), "lz.squeeze %0", sample(shape),
                        lambda v: v.squeeze(axis), f"axes = {axes}" if axes else "")
    for shape, axes in (([3, 4], [0]), ([3, 4], [-1]), ([3, 4], [1, 3]), ([], [0]), ([5], [0, -1, 2])):
        yield from both(label("unsqueeze", axes), "lz.unsqueeze %0", sample(shape),
                        lambda v: np.expand_dims(v, tuple(axes)), f"axes = {axes}")
    for dtype in MOVEMENT_DTYPES:
        yield from both("reshape-types", "lz.reshape %0", sample([4, 6], dtype),
                        lambda v: v.reshape(8, 3), "shape = #lz.dims<8, 3>")


#===---------------------------------------------------------------------------------------===#
# Rearrangements
#===---------------------------------------------------------------------------------------===#

def transpose_cases():
    for rank in (2, 3, 4):
        shape = [3, 4, 5, 2][:rank]
        for perm in itertools.permutations(range(rank)):
            yield op(label("transpose", list(perm)), "lz.transpose %0", [sample(shape)],
                     moved(lambda v: v.transpose(perm), sample(shape)),
                     attributes=f"perm = {list(perm)}", dynamic=perm[0] == 1)
    for dtype in MOVEMENT_DTYPES:
        yield from both("transpose", "lz.transpose %0", sample([17, 33], dtype),
                        lambda v: v.T, "perm = [1, 0]")
    for shape in ([64, 128], [0, 5], [1, 7]):
        yield from both("transpose", "lz.transpose %0", sample(shape), lambda v: v.T,
                        "perm = [1, 0]")
    for axis0, axis1 in ((0, 1), (-1, -2), (0, -1), (1, 1)):
        yield from both(label("swap_axes", axis0, axis1), "lz.swap_axes %0", sample([3, 4, 5]),
                        lambda v: v.swapaxes(axis0, axis1), f"axis0 = {axis0}, axis1 = {axis1}")


def expand_cases():
    for shape, target, full in (([1, 4], [3, -1], [3, 4]), ([4], [2, 3, 4], [2, 3, 4]),
                                ([], [2, 2], [2, 2]), ([3, 1, 1], [-1, 2, 5], [3, 2, 5]),
                                ([1], [0], [0]), ([2, 3], [-1, -1], [2, 3]), ([1, 1], [1, 1], [1, 1])):
        yield from both(label("expand", target), "lz.expand %0", sample(shape),
                        lambda v: np.broadcast_to(v, full), f"shape = {dims(target)}")
    for dtype in MOVEMENT_DTYPES:
        yield from both("expand-types", "lz.expand %0", sample([3, 1], dtype),
                        lambda v: np.broadcast_to(v, [2, 3, 5]), "shape = #lz.dims<2, 3, 5>")
    for repeats in ([2], [2, 1], [1, 3], [2, 3, 2], [0, 2]):
        yield from both(label("repeat", repeats), "lz.repeat %0", sample([3, 4]),
                        lambda v: np.tile(v, repeats), f"repeats = {repeats}")
    for dtype in MOVEMENT_DTYPES:
        yield from both("repeat-types", "lz.repeat %0", sample([2, 5], dtype),
                        lambda v: np.tile(v, [2, 3]), "repeats = [2, 3]")


def pad_reference(x, begin, end, value):
    lead = x.ndim - len(begin)
    low, high = [0] * lead + begin, [0] * lead + end
    cropped = x[tuple(slice(max(0, -b), size - max(0, -e)) for b, e, size in zip(low, high, x.shape))]
    return np.pad(cropped, [(max(0, b), max(0, e)) for b, e in zip(low, high)],
                  constant_values=value)


def pad_cases():
    for begin, end, value in (([1], [2], 0.0), ([1, 0], [0, 2], 0.0), ([0, 0, 3], [1, 0, 0], 1.5),
                              ([-1], [2], 0.0), ([-1, 1], [-1, -2], 7.0), ([0], [0], 0.0)):
        x = sample([2, 4, 5])
        expected = torch.from_numpy(pad_reference(x.numpy(), begin, end, value))
        for dynamic in (False, True):
            yield op(label("pad", begin, end, value, "dynamic" * dynamic), "lz.pad %0", [x],
                     expected, attributes=f"begin = {begin}, end = {end}, value = {value}",
                     dynamic=dynamic)
    for dtype in dtypes.ANY:
        x = sample([3, 4], dtype)
        wide = x.double().numpy() if dtype.is_float else x.numpy()
        expected = dtypes.tensor(pad_reference(wide, [1, 2], [0, 1], 1), dtype)
        yield op(label("pad-types", dtype), "lz.pad %0", [x], expected,
                 attributes="begin = [1, 2], end = [0, 1], value = 1.0")
    yield op("pad-infinite", "lz.pad %0", [sample([2])],
             torch.tensor([-torch.inf, 1.0, 2.0]),
             attributes="begin = [1], end = [0], value = 0xFFF0000000000000 : f64")
    x = torch.zeros(0, 3)
    yield op("pad-nothing", "lz.pad %0", [x], torch.ones(2, 3),
             attributes="begin = [1, 0], end = [1, 0], value = 1.0")


def flip_concat_cases():
    for axes in ([0], [1], [-1], [0, 2], [0, 1, 2], []):
        yield from both(label("flip", axes), "lz.flip %0", sample([2, 3, 5]),
                        lambda v: np.flip(v, tuple(axes)), f"axes = {axes}")
    for dtype in MOVEMENT_DTYPES:
        yield from both("flip-types", "lz.flip %0", sample([3, 37], dtype),
                        lambda v: np.flip(v, 1), "axes = [1]")
        a, b = sample([2, 3], dtype), sample([4, 3], dtype)
        yield op(label("concat-types", dtype), "lz.concat %0, %1", [a, b], torch.cat([a, b]),
                 attributes="axis = 0")
    for shapes, axis in (([[2, 3]], 0), ([[2, 3], [2, 4]], 1), ([[2, 3], [2, 3]], -2),
                         ([[2, 0, 3], [2, 5, 3]], 1), ([[1], [2], [3], [4]], 0),
                         ([[2, 3, 4]] * 3, -1), ([[0, 2], [0, 2]], 0),
                         # Rows of inputs, which are copied.
                         ([[1, 5, 7, 4], [1, 5, 7, 1]], 3), ([[20, 1, 9], [20, 3, 9]], 1),
                         ([[4, 9, 33], [4, 9, 1], [4, 9, 80]], 2)):
        parts = [sample(shape) + 100 * i for i, shape in enumerate(shapes)]
        for dynamic in (False, True):
            yield op(label("concat", shapes, axis, "dynamic" * dynamic),
                     "lz.concat " + ", ".join(f"%{i}" for i in range(len(parts))), parts,
                     torch.cat(parts, axis), attributes=f"axis = {axis}", dynamic=dynamic)


def triangular_cases():
    for upper, diagonal in itertools.product((False, True), (-5, -1, 0, 2, 9)):
        function = np.triu if upper else np.tril
        yield from both(label("upper" if upper else "lower", diagonal), "lz.triangular %0",
                        sample([2, 4, 6]), lambda v: function(v, diagonal),
                        ("upper = true, " if upper else "") + f"diagonal = {diagonal}")
    for dtype in MOVEMENT_DTYPES:
        yield from both("lower-types", "lz.triangular %0", sample([5, 5], dtype), np.tril)


#===---------------------------------------------------------------------------------------===#
# Shapes as values
#===---------------------------------------------------------------------------------------===#

def generated_cases():
    for dtype in dtypes.NUMBER:
        for shape, axis in (([5], 0), ([2, 7], 1), ([2, 3, 4], -2)):
            grid = np.indices(shape)[axis]
            yield op(label("iota", dtype, shape, axis), "lz.iota", [], dtypes.tensor(grid, dtype),
                     attributes=f"axis = {axis}, shape = {dims(shape)}")
    for dtype in dtypes.ANY:
        for value, text in ((1, "1.0"), (1, "1"), (0, "0")):
            yield op(label("full", dtype, text), "lz.full", [],
                     dtypes.tensor(np.full([3, 5], value), dtype),
                     attributes=f"shape = #lz.dims<3, 5>, value = {text}")
    yield op("full-scalar", "lz.full", [], torch.tensor(-2.5),
             attributes="shape = #lz.dims<>, value = -2.5")
    yield op("full-nothing", "lz.full", [], torch.zeros(0, 4),
             attributes="shape = #lz.dims<0, 4>, value = 0.0")
    yield op("full-fraction-as-integer", "lz.full", [], torch.full((3,), 2),
             attributes="shape = #lz.dims<3>, value = 2.75")


def function_case(name, arguments, body, result, runs):
    """A case of several ops. `arguments` are type texts, `result` an element type."""
    return Case(name, body, arguments, ["r"], [unranked(result)],
                [Run(inputs, [expected]) for inputs, expected in runs])


def contents_cases():
    """Ops on shapes, with dimensions that a run binds."""
    matrix, any_f32 = '!lz.tensor<"n" x "m" x f32>', "!lz.tensor<* x f32>"
    inputs = [sample(shape) for shape in ([3, 4], [1, 5], [0, 2], [6, 1])]
    yield function_case("shape_of", [matrix], f"%r = lz.shape_of %0 : ({matrix}) -> "
                        "!lz.tensor<* x i64>", "i64",
                        [([x], torch.tensor(x.shape)) for x in inputs])
    for axis in (0, 1, -1):
        yield function_case(f"dim_of-{axis}", [matrix],
                            f"%r = lz.dim_of %0 {{axis = {axis}}} : ({matrix}) -> "
                            "!lz.tensor<* x i64>", "i64",
                            [([x], torch.tensor(x.shape[axis])) for x in inputs])
    yield function_case("reshape_like", [matrix], f"""
        %s = lz.shape_of %0 : ({matrix}) -> !lz.tensor<2 x i64>
        %f = lz.flip %s {{axes = [0]}} : (!lz.tensor<2 x i64>) -> !lz.tensor<2 x i64>
        %r = lz.reshape_like %0, %f : ({matrix}, !lz.tensor<2 x i64>) -> {any_f32}""", "f32",
                        [([x], x.reshape(*reversed(x.shape))) for x in inputs])
    yield function_case("reshape_like-computed", [matrix], f"""
        %n = lz.dim_of %0 {{axis = 0}} : ({matrix}) -> !lz.tensor<i64>
        %c = lz.constant dense<[1]> : tensor<1xi64>
        %u = lz.unsqueeze %n {{axes = [0]}} : (!lz.tensor<i64>) -> !lz.tensor<1 x i64>
        %d = lz.concat %c, %u, %c {{axis = 0}} : (!lz.tensor<1 x i64>, !lz.tensor<1 x i64>, !lz.tensor<1 x i64>) -> !lz.tensor<3 x i64>
        %k = lz.constant dense<[1, 1, -1]> : tensor<3xi64>
        %e = lz.mul %d, %k : (!lz.tensor<3 x i64>, !lz.tensor<3 x i64>) -> !lz.tensor<3 x i64>
        %r = lz.reshape_like %0, %e : ({matrix}, !lz.tensor<3 x i64>) -> {any_f32}""", "f32",
                        [([x], x.reshape(1, x.shape[0], -1)) for x in inputs if x.numel()])
    row = '!lz.tensor<1 x "m" x f32>'
    yield function_case("expand_like", [row, matrix], f"""
        %s = lz.shape_of %1 : ({matrix}) -> !lz.tensor<2 x i64>
        %r = lz.expand_like %0, %s : ({row}, !lz.tensor<2 x i64>) -> {any_f32}""", "f32",
                        [([x[:1] + 1, x], (x[:1] + 1).expand(x.shape).contiguous())
                         for x in inputs if x.shape[0]])
    yield function_case("reshape-symbols", [matrix], f"""
        %r = lz.reshape %0 {{shape = #lz.dims<"m", 1, "n">}} : ({matrix}) -> {any_f32}""", "f32",
                        [([x], x.reshape(x.shape[1], 1, x.shape[0])) for x in inputs])
    yield function_case("expand-symbols", [matrix], f"""
        %u = lz.unsqueeze %0 {{axes = [0]}} : ({matrix}) -> {any_f32}
        %r = lz.expand %u {{shape = #lz.dims<"n", -1, -1>}} : ({any_f32}) -> {any_f32}""", "f32",
                        [([x], x[None].expand(x.shape[0], *x.shape).contiguous()) for x in inputs])
    yield function_case("iota-symbols", [matrix], """
        %r = lz.iota {axis = 1, shape = #lz.dims<"n", ["m" * 2 + 1]>} : () -> !lz.tensor<* x i32>""",
                        "i32", [([x], torch.arange(2 * x.shape[1] + 1, dtype=torch.int32)
                                 .expand(x.shape[0], -1).contiguous()) for x in inputs])
    yield function_case("full-symbols", [matrix], """
        %r = lz.full {shape = #lz.dims<["n" * "m"]>, value = 1.5} : () -> !lz.tensor<* x f32>""",
                        "f32", [([x], torch.full((x.numel(),), 1.5)) for x in inputs])
    double, single = '!lz.tensor<["n" * 2] x f32>', '!lz.tensor<"n" x f32>'
    yield function_case("halves", [double, single], f"""
        %u = lz.unflatten %0 {{axis = 0, sizes = #lz.dims<2, -1>}} : ({double}) -> {any_f32}
        %s = lz.reduce sum %u {{axes = [0]}} : ({any_f32}) -> {any_f32}
        %r = lz.add %s, %1 : ({any_f32}, {single}) -> {any_f32}""", "f32",
                        [([x, x[::2].clone()], x.reshape(2, -1).sum(0) + x[::2])
                         for x in (torch.arange(8.0), torch.arange(2.0))])


def cases():
    yield from view_cases()
    yield from transpose_cases()
    yield from expand_cases()
    yield from pad_cases()
    yield from flip_concat_cases()
    yield from triangular_cases()
    yield from generated_cases()
    yield from contents_cases()
