"""Elementwise ops: every one, for every element type it takes, on special values, with
broadcasting and dynamic dimensions, on scalars and on nothing.

References are computed by PyTorch in f64 for floats and by NumPy or Python for integers.
"""

import math

import numpy as np
import torch
from torch.nn import functional as F

from . import dtypes, suite
from .case import op
from .dtypes import exact, tensor

SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5,
           3.0, -3.0, 1e-4, -1e-4, 7.25, -7.25, 30.0, -30.0, 100.0, -100.0]


def floats(dtype, seed=0, count=45):
    """Special values and random ones of several magnitudes."""
    random = np.random.default_rng(seed)
    scales = np.repeat([0.1, 1.0, 5.0, 50.0], count // 4 + 1)[:count]
    return tensor(np.concatenate([SPECIAL, random.standard_normal(count) * scales]), dtype)


def integers(dtype, seed=0, count=24):
    """The ends of the range, small numbers, random bits."""
    low = 0 if dtype in dtypes.UNSIGNED else -(1 << (dtype.bits - 1))
    high = (1 << dtype.bits) - 1 + low
    small = [v for v in range(-9, 10) if v >= low]
    random = np.random.default_rng(seed)
    bits = [int.from_bytes(random.bytes(dtype.bits // 8), "little") + low for _ in range(count)]
    values = [low, low + 1, high, high - 1, high // 2, *small, *bits]
    return torch.from_numpy(np.array(values, dtype=dtype.numpy))


def samples(dtype, seed=0):
    if dtype.is_bool:
        return torch.tensor([False, True, True, False, True])
    return floats(dtype, seed) if dtype.is_float else integers(dtype, seed)


def numpy_of(function):
    """A reference on tensors from one on NumPy arrays, without its warnings."""
    def call(*values):
        with np.errstate(all="ignore"):
            result = np.asarray(function(*(value.numpy() for value in values)))
        return torch.from_numpy(result.copy())
    return call


#===---------------------------------------------------------------------------------------===#
# Unary
#===---------------------------------------------------------------------------------------===#

def round_trip(function):
    """A float function from f64 to the element type."""
    return lambda x: function(exact(x)).to(x.dtype)


def numpy_wide(function):
    """PyTorch's sinh and cosh of f64 overflow before the result does."""
    def call(x):
        with np.errstate(all="ignore"):
            return torch.from_numpy(np.asarray(function(x.numpy())))
    return call


FLOAT_FUNCTIONS = {
    "exp": torch.exp, "exp2": torch.exp2, "expm1": torch.expm1, "log": torch.log,
    "log2": torch.log2, "log10": torch.log10, "log1p": torch.log1p, "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal, "sin": torch.sin, "cos": torch.cos,
    "tan": torch.tan, "asin": torch.asin, "acos": torch.acos, "atan": torch.atan,
    "sinh": numpy_wide(np.sinh), "cosh": numpy_wide(np.cosh), "tanh": torch.tanh, "asinh": torch.asinh,
    "acosh": torch.acosh, "atanh": torch.atanh, "erf": torch.erf, "erfc": torch.special.erfc,
    "sigmoid": torch.sigmoid, "floor": torch.floor, "ceil": torch.ceil, "round": torch.round,
    "trunc": torch.trunc, "silu": F.silu, "hard_sigmoid": F.hardsigmoid,
    "hard_swish": F.hardswish, "mish": F.mish, "gelu": F.gelu, "leaky_relu": F.leaky_relu,
    "elu": F.elu, "softplus": F.softplus,
}

ATTRIBUTED = [
    ("gelu", "tanh", "tanh = true", lambda x: F.gelu(x, approximate="tanh")),
    ("leaky_relu", "steep", "alpha = 0.3", lambda x: F.leaky_relu(x, 0.3)),
    ("leaky_relu", "negative", "alpha = -1.5", lambda x: F.leaky_relu(x, -1.5)),
    ("elu", "alpha", "alpha = 2.5", lambda x: F.elu(x, 2.5)),
    ("softplus", "beta", "beta = 3.0, threshold = 5.0", lambda x: F.softplus(x, 3.0, 5.0)),
]

# 1 + erf(x) and the like lose what a small x * (1 + erf) would need: PyTorch's do as well.
# Sigmoid's quotient rounds after exp, at the scale of the result.
ABSOLUTE = {"gelu": {"f64": 1e-14, "f32": 5e-7, "f16": 1e-5, "bf16": 1e-5},
            "mish": {"f64": 1e-14, "f32": 1e-6, "f16": 1e-5, "bf16": 1e-5},
            "silu": {"bf16": 1e-36}}  # exp(-x) overflows in f32 a little early


def nan_stays(function):
    return lambda x: torch.where(x.isnan(), x, function(x))


def unary_case(name, label, dtype, x, reference, attributes="", dynamic=False):
    return op(f"{name}-{label}-{dtype}" + ("-dynamic" if dynamic else ""), f"lz.{name} %0", [x],
              reference(x), attributes=attributes, dynamic=dynamic,
              atol=ABSOLUTE.get(name, {}).get(dtype.name))


def float_unary_cases():
    for dtype in dtypes.FLOAT:
        for name, function in FLOAT_FUNCTIONS.items():
            yield unary_case(name, "values", dtype, floats(dtype), round_trip(function))
        for name, label, attributes, function in ATTRIBUTED:
            yield unary_case(name, label, dtype, floats(dtype), round_trip(function), attributes)
        for name, function in [("is_nan", torch.isnan), ("is_inf", torch.isinf)]:
            yield unary_case(name, "values", dtype, floats(dtype), function)
        if dtype in (dtypes.F32, dtypes.F64):
            wide = tensor(np.linspace(-20, 20, 5 * 7 * 3).reshape(5, 7, 3), dtype)
            for name in ("exp", "tanh", "sin", "erf", "gelu", "log1p", "round"):
                yield unary_case(name, "3d", dtype, wide, round_trip(FLOAT_FUNCTIONS[name]),
                                 dynamic=True)


def number_unary_cases():
    for dtype in dtypes.NUMBER:
        x = samples(dtype)
        if dtype.is_float:
            functions = {"abs": torch.abs, "neg": torch.neg, "sign": nan_stays(torch.sign),
                         "relu": torch.relu}
        else:
            functions = {name: numpy_of(function) for name, function in {
                "abs": np.abs, "neg": np.negative, "sign": np.sign,
                "relu": lambda v: np.maximum(v, v.dtype.type(0))}.items()}
        for name, function in functions.items():
            yield unary_case(name, "values", dtype, x, function)
    for dtype in dtypes.BITS:
        yield unary_case("bitwise_not", "values", dtype, samples(dtype), numpy_of(np.invert))
    yield unary_case("logical_not", "values", dtypes.BOOL, samples(dtypes.BOOL),
                     torch.logical_not)


#===---------------------------------------------------------------------------------------===#
# Binary
#===---------------------------------------------------------------------------------------===#

def in_own_type(function):
    return lambda x, y: function(x, y)


def in_f32_at_least(function):
    """16-bit floats are computed in f32 and rounded once, the others in their own type: what
    is rounded down to a whole number in between must not be computed more exactly."""
    def call(x, y):
        wide = torch.float64 if x.dtype == torch.float64 else torch.float32
        return function(x.to(wide), y.to(wide)).to(x.dtype)
    return call


def binary_round_trip(function):
    return lambda x, y: function(exact(x), exact(y)).to(x.dtype)


def float_fmod(x, y):
    with np.errstate(all="ignore"):
        return torch.from_numpy(np.fmod(x.numpy(), y.numpy()))


FLOAT_BINARY = {
    "add": binary_round_trip(torch.add), "sub": binary_round_trip(torch.sub),
    "mul": binary_round_trip(torch.mul), "div": binary_round_trip(torch.div),
    "pow": binary_round_trip(torch.pow), "max": in_own_type(torch.maximum),
    "min": in_own_type(torch.minimum), "atan2": binary_round_trip(torch.atan2),
    "floor_div": in_f32_at_least(torch.floor_divide), "mod": in_f32_at_least(torch.remainder),
    "fmod": in_f32_at_least(float_fmod),
}


def _by_element(function):
    """An integer reference by Python's unbounded integers, wrapped around."""
    def call(x, y):
        dtype = x.dtype
        result = np.vectorize(lambda a, b: function(int(a), int(b)), otypes=[object])(x, y)
        flat = [int(v) & ((1 << dtype.itemsize * 8) - 1) for v in result.ravel()]
        bits = np.array(flat, dtype=f"u{dtype.itemsize}")
        return bits.view(dtype).reshape(result.shape)
    return numpy_of(call)


def _truncated(a, b):
    if b == 0:
        return 0
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _power(a, b):
    if b >= 0:
        return pow(a, b, 1 << 64)
    return {1: 1, -1: -1 if b % 2 else 1}.get(a, 0)


# A division of integers by zero gives 0 and does not trap.
INTEGER_BINARY = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": _truncated, "floor_div": lambda a, b: a // b if b else 0,
    "mod": lambda a, b: a % b if b else 0,
    "fmod": lambda a, b: a - _truncated(a, b) * b if b else 0,
    "pow": _power, "max": max, "min": min,
}

BITWISE = {"and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b}


def _shift_references(dtype):
    width = dtype.bits

    def right(a, b):
        return a >> b if 0 <= b < width else (-1 if a < 0 else 0)
    return {"shl": lambda a, b: a << b if 0 <= b < width else 0, "shr": right}


def grid(dtype, seed=0):
    """All pairs of samples: [n, 1] and [n]."""
    x = samples(dtype, seed)
    return x[:, None].contiguous(), x


def float_pairs(name, dtype):
    x, y = grid(dtype)
    if name in ("floor_div", "mod", "fmod"):  # quotients that the type can tell from their
        wide = exact(x) / exact(y)            # neighbours, or the result is arbitrary
        keep = [not v > 2.0**10 for v in
                torch.where(wide.isfinite(), wide, 0).abs().max(dim=0).values.tolist()]
        y = y[torch.tensor(keep)]
    return x, y


def binary_cases():
    for dtype in dtypes.FLOAT:
        for name, reference in FLOAT_BINARY.items():
            x, y = float_pairs(name, dtype)
            # Sums of numbers of opposite sign cancel: compared at the operands' scale, 1.
            yield op(f"{name}-pairs-{dtype}", f"lz.{name} %0, %1", [x, y], reference(x, y))
    for dtype in dtypes.INTEGER:
        shifts = _shift_references(dtype)
        for name, function in {**INTEGER_BINARY, **BITWISE, **shifts}.items():
            x, y = grid(dtype)
            if name in shifts:
                counts = [v for v in (-1, 0, 1, 3, 7, dtype.bits - 1, dtype.bits, 100)
                          if v >= 0 or dtype in dtypes.SIGNED]
                y = tensor(counts, dtype)
            yield op(f"{name}-pairs-{dtype}", f"lz.{name} %0, %1", [x, y],
                     _by_element(function)(x, y))
    x, y = grid(dtypes.BOOL)
    for name, function in {"and": torch.logical_and, "or": torch.logical_or,
                           "xor": torch.logical_xor, "max": torch.logical_or,
                           "min": torch.logical_and}.items():
        yield op(f"{name}-pairs-i1", f"lz.{name} %0, %1", [x, y], function(x, y))


COMPARISONS = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
               "gt": np.greater, "ge": np.greater_equal}


def comparison_cases():
    for dtype in dtypes.ANY:
        x, y = grid(dtype)
        for name, function in COMPARISONS.items():
            wide = [exact(x), exact(y)]
            yield op(f"{name}-pairs-{dtype}", f"lz.{name} %0, %1", [x, y],
                     numpy_of(function)(*wide))


def select_cases():
    for dtype in dtypes.ANY:
        x, y = grid(dtype)
        condition = torch.arange(len(y)) % 3 == 0
        expected = torch.from_numpy(np.where(condition.numpy(), _bits(x), _bits(y))).view(x.dtype)
        yield op(f"select-pairs-{dtype}", "lz.select %0, %1, %2", [condition, x, y], expected)
    condition = torch.tensor([[True], [False], [True]])
    scalar, row = torch.tensor(2.5), torch.arange(4.0)
    expected = torch.where(condition, scalar, row)
    for dynamic in (False, True):
        yield op(f"select-broadcast-{'dynamic' if dynamic else 'static'}",
                 "lz.select %0, %1, %2", [condition, scalar, row], expected, dynamic=dynamic)


def _bits(x):
    """The same bytes as integers, for NumPy has no bfloat16."""
    sizes = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    return x.view(sizes[x.dtype.itemsize]).numpy()


#===---------------------------------------------------------------------------------------===#
# Cast
#===---------------------------------------------------------------------------------------===#

def saturated(values, target):
    """Floats as integers: truncated, the nearest integer there is, NaN as 0."""
    low = 0 if target in dtypes.UNSIGNED else -(1 << (target.bits - 1))
    high = (1 << target.bits) - 1 + low

    def convert(v):
        if math.isnan(v):
            return 0
        if math.isinf(v):
            return high if v > 0 else low
        return min(max(int(v), low), high)
    return torch.from_numpy(np.array([convert(v) for v in values.tolist()], dtype=target.numpy))


def cast_reference(x, target):
    source = dtypes.of(x)
    if target.is_bool:
        return numpy_of(lambda v: v != 0)(exact(x))
    if source.is_float and not target.is_float:
        return saturated(x.double(), target)
    if target.is_float:
        if source.is_float or source.is_bool:
            # 16-bit results are rounded to f32 on the way, as PyTorch's are.
            return x.to(target.torch) if source.is_float else x.to(torch.float32).to(target.torch)
        wide = np.float64 if target.bits == 64 else np.float32
        return torch.from_numpy(x.numpy().astype(wide)).to(target.torch)
    return numpy_of(lambda v: v.astype(target.numpy))(x)


def cast_samples(dtype):
    if not dtype.is_float:
        return samples(dtype)
    edges = [v for n in (7, 8, 15, 16, 31, 32, 63, 64)
             for v in (2.0**n, -(2.0**n), 2.0**n - 1, -(2.0**n) - 1, 2.0**n - 0.5)]
    largest = torch.finfo(dtype.torch).max
    return torch.cat([floats(dtype), tensor([v for v in edges if abs(v) <= largest], dtype)])


def cast_cases():
    for source in dtypes.ANY:
        for target in dtypes.ANY:
            x = cast_samples(source)
            yield op(f"cast-{source}-{target}", "lz.cast %0", [x], cast_reference(x, target),
                     elements=[target.name], rtol=0, atol=0)


#===---------------------------------------------------------------------------------------===#
# Shapes
#===---------------------------------------------------------------------------------------===#

BROADCASTS = [
    ([], []), ([3], []), ([], [2, 3]), ([1], [1]), ([4, 1], [1, 5]), ([2, 3, 4], [3, 4]),
    ([2, 3, 4], [3, 1]), ([2, 1, 4], [5, 1]), ([0], [1]), ([3, 0], [3, 1]), ([0, 4], [4]),
    ([1, 1, 1], [2]), ([7, 5, 3], [7, 5, 3]), ([129], [129]), ([2, 1, 3, 1, 2], [1, 4, 3, 5, 1]),
]


def ramp(shape, dtype, start=1):
    count = math.prod(shape)
    return tensor(np.arange(start, start + count).reshape(shape), dtype)


def broadcast_cases():
    for dtype in (dtypes.F32, dtypes.I64):
        for left, right in BROADCASTS:
            x, y = ramp(left, dtype), ramp(right, dtype, 5)
            for dynamic in (False, True):
                label = "dynamic" if dynamic else "static"
                yield op(f"sub-{left}-{right}-{dtype}-{label}".replace(" ", ""),
                         "lz.sub %0, %1", [x, y], x - y, dynamic=dynamic)


def shape_cases():
    for shape in ([], [0], [1], [2, 0, 3], [1, 1], [1000], [33, 65], [2, 2, 2, 2, 2, 2]):
        x = torch.linspace(-2, 2, math.prod(shape)).reshape(shape)
        for dynamic in (False, True):
            label = "dynamic" if dynamic else "static"
            yield op(f"tanh-{shape}-{label}".replace(" ", ""), "lz.tanh %0", [x], torch.tanh(x),
                     dynamic=dynamic)


def rebound_cases():
    """One function, run with several sizes: 1, 0 and large among them."""
    def pair(n, m):
        x, y = torch.linspace(-1, 1, n * m).reshape(n, m), torch.linspace(2, 3, m)
        return [x, y], x * y
    (first, expected), *more = [pair(n, m) for n, m in
                                [(4, 6), (1, 1), (0, 6), (4, 0), (3, 17), (300, 41), (4, 6)]]
    yield op("mul-rebound", "lz.mul %0, %1", first, expected,
             dims=[['"n"', '"m"'], ['"m"']], more_runs=more)
    half = [([x.half(), y.half()], (x.half().float() * y.half().float()).half())
            for (x, y), _ in (pair(4, 6), pair(2, 33), pair(65, 1))]
    yield op("mul-rebound-f16", "lz.mul %0, %1", half[0][0], half[0][1],
             dims=[['"n"', '"m"'], ['"m"']], more_runs=half[1:])
    x, y = torch.ones(3, 2), torch.ones(4, 2)
    yield op("add-guarded", "lz.add %0, %1", [x, y], [], dims=[['"n"', "2"], ['"m"', "2"]],
             elements=["f32"], error="INVALID_ARGUMENT")


def exhaustive_cases():
    """Dense sweeps of the functions of mathematics."""
    random = np.random.default_rng(7)
    for dtype in dtypes.FLOAT:
        limit = 9.0 if dtype.bits == 16 else 60.0
        dense = np.concatenate([np.linspace(-limit, limit, 20001),
                                np.exp(random.uniform(-60, 60, 20000)),
                                -np.exp(random.uniform(-60, 11, 20000))])
        x = tensor(dense, dtype)
        for name, function in FLOAT_FUNCTIONS.items():
            yield unary_case(name, "sweep", dtype, x, round_trip(function))


def cases():
    yield from float_unary_cases()
    yield from number_unary_cases()
    yield from binary_cases()
    yield from comparison_cases()
    yield from select_cases()
    yield from cast_cases()
    yield from broadcast_cases()
    yield from shape_cases()
    yield from rebound_cases()
    if suite.EXHAUSTIVE:
        yield from exhaustive_cases()
