"""Slices, gathers and scatters: every element type, negative and wrong indices."""

import itertools

import numpy as np
import torch

from . import dtypes
from .case import op
from .matmul import panels_of
from .reduce import label, random_of
from .shape import both, moved, sample

END, BEFORE_BEGIN = 2**63 - 1, -(2**63)


def dim(value):
    return f"#lz.dim<{value}>"


def slice_attributes(axis, begin, end, step):
    text = f"axis = {axis}, begin = {dim(begin)}, end = {dim(end)}"
    return text + (f", step = {step}" if step != 1 else "")


def python_slice(begin, end, step):
    """NumPy takes the great numbers as they are."""
    return slice(begin, None if end == BEFORE_BEGIN else end, step)


def slice_cases():
    bounds = [(0, 3, 1), (1, -1, 1), (-3, END, 1), (0, END, 2), (1, 8, 3), (-1, 0, -1),
              (END, BEFORE_BEGIN, -1), (5, 1, -2), (3, 3, 1), (4, 2, 1), (-100, 100, 1),
              (7, 100, 1), (0, 100, 5)]
    for begin, end, step in bounds:
        for axis in (0, 1, -1):
            picked = python_slice(begin, end, step)
            index = (picked,) if axis == 0 else (slice(None), picked)
            yield from both(label("slice", axis, begin, end, step), "lz.slice %0",
                            sample([7, 8]), lambda v: v[index],
                            slice_attributes(axis, begin, end, step))
    for dtype in dtypes.ANY:
        yield from both("slice-types", "lz.slice %0", sample([3, 20], dtype),
                        lambda v: v[:, 1:-1:2], slice_attributes(1, 1, -1, 2))
    runs = [([sample([n, 4])], sample([n, 4])[1:-1].clone()) for n in (5, 2, 1, 30, 0)]
    yield op("slice-rebound", "lz.slice %0", runs[0][0], runs[0][1], more_runs=runs[1:],
             dims=[['"n"', "4"]], attributes=slice_attributes(0, 1, -1, 1))
    runs = [([sample([n, 4])], sample([n, 4])[n // 2:].clone()) for n in (6, 1, 31)]
    yield op("slice-expression", "lz.slice %0", runs[0][0], runs[0][1], more_runs=runs[1:],
             dims=[['"n"', "4"]],
             attributes=f'axis = 0, begin = #lz.dim<["n" floordiv 2]>, end = {dim(END)}')


def select_cases():
    for axis, index in ((0, 0), (0, -1), (1, 2), (-1, -4), (2, 3)):
        picked = tuple([slice(None)] * (axis % 3) + [index])
        yield from both(label("select_index", axis, index), "lz.select_index %0",
                        sample([2, 3, 4]), lambda v: v[picked], f"axis = {axis}, index = {index}")
    for dtype in dtypes.ANY:
        yield from both("select_index-types", "lz.select_index %0", sample([5, 3], dtype),
                        lambda v: v[:, 1], "axis = 1, index = 1")
    yield from both("select_index-scalar", "lz.select_index %0", sample([4]), lambda v: v[2],
                    "axis = 0, index = 2")


def indices(shape, size, dtype=dtypes.I64, seed=0):
    """Between -size and size - 1."""
    random = np.random.default_rng(seed)
    return torch.from_numpy(random.integers(-size, size, shape).astype(dtype.numpy))


def gather_case(x, index, axis, extra="", **more):
    expected = moved(lambda v: np.take(v, index.numpy(), axis, mode="wrap"), x)
    name = label("gather", dtypes.of(x), dtypes.of(index), list(x.shape), list(index.shape), axis,
                 "dynamic" * more.get("dynamic", False), "constant" * ("constant" in more), extra)
    return op(name, "lz.gather %0, %1", [x, index], expected, attributes=f"axis = {axis}", **more)


def gather_cases():
    shapes = [([10, 4], [3], 0), ([10, 4], [], 0), ([10, 4], [2, 3], 0), ([2, 5, 3], [4], 1),
              ([2, 5, 3], [2, 2], -1), ([7], [5], 0), ([7], [], 0), ([2, 5, 3], [1, 1], -2),
              ([10, 4], [0], 0), ([1, 3], [6], 0), ([100, 64], [33], 0)]
    for shape, index_shape, axis in shapes:
        index = indices(index_shape, shape[axis], seed=len(shape))
        for dynamic in (False, True):
            yield gather_case(sample(shape), index, axis, dynamic=dynamic)
        yield gather_case(sample(shape), index, axis, constant=(0,))
    for dtype in dtypes.ANY:
        for index_dtype in (dtypes.I64, dtypes.I32):
            yield gather_case(sample([6, 5], dtype), indices([9], 6, index_dtype), 0)
    x = sample([4, 3])
    for bad in (4, -5, 2**40, -(2**63)):
        yield op(f"gather-out-of-range-{bad}", "lz.gather %0, %1",
                 [x, torch.tensor([0, bad])], [], attributes="axis = 0", elements=["f32"],
                 error="INVALID_ARGUMENT")
    yield op("gather-from-nothing", "lz.gather %0, %1", [torch.zeros(0, 3), torch.tensor([0])],
             [], attributes="axis = 0", elements=["f32"], dims=[['"n"', "3"], None],
             error="INVALID_ARGUMENT")
    # A run that failed leaves the session usable.
    good = torch.tensor([3, -4])
    yield op("gather-after-failure", "lz.gather %0, %1", [x, good], x[[3, 0]],
             attributes="axis = 0")


def gather_panels_cases():
    for rows, width in ((128, 64), (10, 10), (100, 64)):
        table = sample([rows, 5])
        attributes = f"rows = {rows}" if rows % width else ""
        for index_shape in ([7], [], [2, 3], [0]):
            index = indices(index_shape, rows, seed=rows)
            for dynamic in (False, True):
                yield op(label("gather_panels", rows, width, index_shape, "dynamic" * dynamic),
                         "lz.gather_panels %0, %1", [panels_of(table, width), index], table[index],
                         attributes=attributes, dynamic=dynamic)
        for bad in (rows, -rows - 1):
            yield op(f"gather_panels-out-of-range-{rows}-{bad}", "lz.gather_panels %0, %1",
                     [panels_of(table, width), torch.tensor([0, bad])], [], attributes=attributes,
                     elements=["f32"], error="INVALID_ARGUMENT")
    for dtype in dtypes.ANY:
        table, index = sample([41, 5], dtype), indices([9], 41, dtypes.I32)
        expected = moved(lambda v: v[index.numpy() % 41], table)
        yield op(label("gather_panels-types", dtype), "lz.gather_panels %0, %1",
                 [panels_of(table, 32), index], expected, attributes="rows = 41")


def gather_elements_cases():
    for shape, index_shape, axis in (([3, 4], [3, 2], 1), ([3, 4], [2, 4], 0), ([3, 4], [3, 9], -1),
                                     ([5], [7], 0), ([2, 3, 4], [2, 1, 4], 1),
                                     ([2, 3, 4], [1, 3, 2], 2), ([3, 4], [0, 2], 1)):
        x, index = sample(shape), indices(index_shape, shape[axis], seed=axis + 5)
        positive = torch.where(index < 0, index + shape[axis], index)
        for dynamic in (False, True):
            yield op(label("gather_elements", shape, index_shape, axis, "dynamic" * dynamic),
                     "lz.gather_elements %0, %1", [x, index], torch.gather(x, axis, positive),
                     attributes=f"axis = {axis}", dynamic=dynamic)
    for dtype in dtypes.ANY:
        x, index = sample([4, 6], dtype), indices([4, 3], 6, dtypes.I32)
        expected = moved(lambda v: np.take_along_axis(v, index.numpy() % 6, 1), x)
        yield op(label("gather_elements-types", dtype), "lz.gather_elements %0, %1", [x, index],
                 expected, attributes="axis = 1")
    for bad in (4, -5):
        yield op(f"gather_elements-out-of-range-{bad}", "lz.gather_elements %0, %1",
                 [sample([3, 4]), torch.tensor([[bad]])], [], attributes="axis = 1",
                 elements=["f32"], error="INVALID_ARGUMENT")


def combine(kind, old, new):
    if kind == "add":
        return old + new
    if kind == "mul":
        return old * new
    return {"none": new, "max": max(old, new), "min": min(old, new)}[kind]


def scatter_reference(kind, x, index, updates, axis):
    """Element after element, in row-major order."""
    result = x.clone()
    wide = result.to(torch.float64) if x.dtype.is_floating_point else result
    array, source = wide.numpy(), updates.double().numpy() \
        if x.dtype.is_floating_point else updates.numpy()
    with np.errstate(all="ignore"):
        for place in np.ndindex(*index.shape):
            target = list(place)
            target[axis] = int(index[place]) % x.shape[axis]
            array[tuple(target)] = combine(kind, array[tuple(target)], source[place])
    return torch.from_numpy(array).to(x.dtype)


SCATTERS = [([4], [6], 0), ([3, 4], [3, 2], 1), ([5, 4], [3, 4], 0), ([2, 3, 4], [2, 2, 3], 1),
            ([3, 4], [0, 2], 1), ([6, 5], [9, 5], -2), ([2, 5], [1, 8], 1)]


def scatter_case(kind, x, index, updates, axis, dynamic=False, extra=""):
    name = label("scatter", kind, dtypes.of(x), dtypes.of(index), list(x.shape),
                 list(index.shape), axis, "dynamic" * dynamic, extra)
    rounding = {"f16": 6 * 2.0**-10, "bf16": 6 * 2.0**-7}.get(dtypes.of(x).name)
    return op(name, f"lz.scatter_elements {kind} %0, %1, %2", [x, index, updates],
              scatter_reference(kind, x, index, updates, axis), attributes=f"axis = {axis}",
              dynamic=dynamic, rtol=rounding, atol=rounding and rounding / 10)


def scatter_cases():
    kinds = ("none", "add", "mul", "max", "min")
    for kind, (shape, index_shape, axis) in itertools.product(kinds, SCATTERS):
        index = indices(index_shape, shape[axis], seed=axis + 9)
        updates = random_of(index_shape, dtypes.F32, 95)
        for dynamic in (False, True):
            yield scatter_case(kind, sample(shape), index, updates, axis, dynamic)
    for dtype in dtypes.ANY:
        for kind in (kinds[:1] if dtype.is_bool else kinds):
            index = indices([3, 4], 6, dtypes.I32, seed=3)
            yield scatter_case(kind, random_of((3, 6), dtype, 96), index,
                               random_of((3, 4), dtype, 97), 1, extra="types")
    for bad in (4, -5):
        yield op(f"scatter-out-of-range-{bad}", "lz.scatter_elements add %0, %1, %2",
                 [sample([4]), torch.tensor([bad]), sample([1])], [], attributes="axis = 0",
                 elements=["f32"], error="INVALID_ARGUMENT")


def cases():
    yield from slice_cases()
    yield from select_cases()
    yield from gather_cases()
    yield from gather_panels_cases()
    yield from gather_elements_cases()
    yield from scatter_cases()
