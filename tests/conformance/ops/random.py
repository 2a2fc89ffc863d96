"""Random numbers: exactly Philox-4x32-10, bounds, moments, streams, determinism.

The key is seed + stream * 0x9E3779B97F4A7C15, the counter the element's index and, in its
upper half, the op's counter; all modulo 2^64.
"""

import math

import numpy as np
import torch

from . import dtypes
from .case import op
from .reduce import label

STREAM_STEP = 0x9E3779B97F4A7C15
MASK = 2**32 - 1


def philox(key, counter, count):
    """Four words for each of the indices 0 to count - 1, as uint64 [4, count]."""
    index = np.arange(count, dtype=np.uint64)
    upper = np.full(count, counter & (2**64 - 1), dtype=np.uint64)
    low, shift = np.uint64(MASK), np.uint64(32)
    c = [index & low, index >> shift, upper & low, upper >> shift]
    k0, k1 = key & MASK, key >> 32 & MASK
    for _ in range(10):
        p0, p1 = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(p1 >> shift) ^ c[1] ^ np.uint64(k0), p1 & low,
             (p0 >> shift) ^ c[3] ^ np.uint64(k1), p0 & low]
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return np.stack(c)


def words(seed, counter, stream, count, dtype):
    """Two words per element: 64 bits for f64, else 32."""
    key = (seed + stream * STREAM_STEP) & (2**64 - 1)
    block = philox(key, counter, count)
    if dtype != dtypes.F64:
        return block[0], block[1], 32
    shift = np.uint64(32)
    return block[0] << shift | block[1], block[2] << shift | block[3], 64


def unit(word, width, bits, plus_one=False):
    top = (word >> np.uint64(width - bits)).astype(np.float64) + plus_one
    return top * 2.0**-bits


UNIFORM_BITS = {"f64": 53, "f32": 24, "f16": 11, "bf16": 8}


def uniform(seed, counter, stream, shape, dtype):
    first, _, width = words(seed, counter, stream, math.prod(shape), dtype)
    return dtypes.tensor(unit(first, width, UNIFORM_BITS[dtype.name]).reshape(shape), dtype)


def normal(seed, counter, stream, shape, dtype):
    first, second, width = words(seed, counter, stream, math.prod(shape), dtype)
    bits = 53 if dtype == dtypes.F64 else 24
    radius = np.sqrt(-2 * np.log(unit(first, width, bits, plus_one=True)))
    values = radius * np.cos(2 * np.pi * unit(second, width, bits))
    return dtypes.tensor(values.reshape(shape), dtype)


DISTRIBUTIONS = {"uniform": uniform, "normal": normal}
# The angle of Box-Muller is rounded once: an error of the radius' size times half a unit.
ATOL = {"f64": 1e-14, "f32": 4e-6, "f16": 1e-5, "bf16": 1e-5}


def random_case(kind, dtype, shape, seed, counter, stream, name=""):
    scalars = [torch.tensor(seed), torch.tensor(counter)]
    sizes = ", ".join(str(size) for size in shape)
    exact = {"rtol": 0, "atol": 0} if kind == "uniform" else {"atol": ATOL[dtype.name]}
    case = op(name or label(kind, dtype, list(shape), seed, counter, stream),
              f"lz.random {kind} %0, %1", scalars,
              DISTRIBUTIONS[kind](seed, counter, stream, shape, dtype),
              attributes=f"stream = {stream}, shape = #lz.dims<{sizes}>", **exact)
    return case


def cases():
    for kind in DISTRIBUTIONS:
        for dtype in dtypes.FLOAT:
            yield random_case(kind, dtype, (3, 37), 1234, 5, 0)
        for seed, counter, stream in ((0, 0, 0), (-1, -1, -1), (2**63 - 1, 2**40, 3),
                                      (7, 0, 1), (7, 1, 0), (8, 0, 0), (-(2**63), 3, 2**62)):
            yield random_case(kind, dtypes.F32, (130,), seed, counter, stream)
        for shape in ((), (0,), (1,), (2, 3, 4, 5), (1000, 3)):
            yield random_case(kind, dtypes.F32, shape, 11, 2, 1)
        # A function run with other seeds and counters gives other numbers, and the same ones
        # again for the same.
        runs = [([torch.tensor(s), torch.tensor(c)], DISTRIBUTIONS[kind](s, c, 4, (50,), dtypes.F32))
                for s, c in ((1, 1), (1, 2), (2, 1), (1, 1))]
        yield op(f"{kind}-again", f"lz.random {kind} %0, %1", runs[0][0], runs[0][1],
                 attributes="stream = 4, shape = #lz.dims<50>", more_runs=runs[1:], atol=4e-6)
        like = [torch.zeros(shape) for shape in ((4, 5), (1, 1), (0, 3), (40, 30))]
        runs = [([torch.tensor(3), torch.tensor(9), x],
                 DISTRIBUTIONS[kind](3, 9, 2, tuple(x.shape), dtypes.F32)) for x in like]
        yield op(f"{kind}-like", f"lz.random_like {kind} %0, %1, %2", runs[0][0], runs[0][1],
                 attributes="stream = 2", more_runs=runs[1:], dims=[None, None, ['"n"', '"m"']],
                 atol=4e-6)
