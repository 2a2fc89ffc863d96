"""Convolutions of each channel by itself, alone and with what fuses with them, against PyTorch's
in double precision."""

import torch
from torch.nn import functional as F

from . import dtypes
from .case import Case, Run, op, type_text
from .reduce import label, random_of

# Sums of up to 121 products, bounded by the absolute ones.
RTOL, ATOL = 1e-5, 1e-4


def convolved(x, weights, bias, window):
    """In double precision, channels last; `weights` are (kh, kw, C)."""
    begin, end = window["pads_begin"], window["pads_end"]
    padded = F.pad(x.double().permute(0, 3, 1, 2), [begin[1], end[1], begin[0], end[0]])
    kernel = weights.double().permute(2, 0, 1).unsqueeze(1)
    result = F.conv2d(padded, kernel, None if bias is None else bias.double(),
                      window["strides"], 0, window["dilations"], kernel.shape[0])
    return result.permute(0, 2, 3, 1).contiguous()


def window_of(stride=(1, 1), dilation=(1, 1), begin=(1, 1), end=None):
    return {"strides": list(stride), "dilations": list(dilation), "pads_begin": list(begin),
            "pads_end": list(begin if end is None else end)}


def attributes_of(window, low=None, high=None):
    bounds = {name: f"{value:e} : f64"
              for name, value in (("low", low), ("high", high)) if value is not None}
    return ", ".join(f"{key} = {value}" for key, value in {**window, **bounds}.items())


def depthwise_case(name, shape, kernel, bias=True, low=None, high=None, dynamic=(), more=(),
                   **where):
    """`shape` is (N, H, W, C); `more` are further shapes of the same function."""
    window, channels = window_of(**where), shape[3]
    constants = [random_of((*kernel, channels), dtypes.F32, 171, -1, 1)]
    if bias:
        constants.append(random_of((channels,), dtypes.F32, 172))
    runs = []
    for sizes in (shape, *more):
        x = random_of(sizes, dtypes.F32, 170)
        result = convolved(x, constants[0], constants[1] if bias else None, window)
        runs.append(([x, *constants], result.clamp(low, high).float()
                     if (low, high) != (None, None) else result.float()))
    dims = [[f'"w{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)],
            *(None for _ in constants)]
    operands = ", ".join(f"%{i}" for i in range(1 + len(constants)))
    return op(label("conv_depthwise", dtypes.F32, name, "dynamic" * bool(dynamic)),
              f"lz.conv_depthwise {operands}", runs[0][0], runs[0][1],
              attributes=attributes_of(window, low, high), dims=dims, more_runs=runs[1:],
              rtol=RTOL, atol=ATOL)


TWO = {"stride": (2, 2)}

# name, (N, H, W, C), kernel, the rest
SHAPES = [
    ("one-result", (1, 3, 3, 16), (3, 3), {"begin": (0, 0)}),
    ("one-row", (1, 1, 20, 16), (3, 3), {}),
    ("one-column", (2, 9, 1, 16), (3, 3), {}),
    ("one-tap", (1, 5, 6, 16), (1, 1), {"begin": (0, 0)}),
    ("two-channels", (1, 6, 7, 2), (3, 3), {}),
    ("few-channels", (2, 8, 8, 11), (3, 3), {}),
    ("channels-no-vector", (1, 9, 9, 37), (3, 3), {}),
    ("channels-in-parts", (1, 7, 7, 960), (3, 3), {"low": 0, "high": 6}),
    ("no-bias", (1, 14, 14, 32), (3, 3), {"bias": False}),
    ("low", (1, 14, 14, 32), (3, 3), {"low": 0}),
    ("high", (1, 14, 14, 32), (3, 3), {"high": 0.5}),
    ("one-block", (1, 14, 14, 24), (3, 3), {}),
    ("two-blocks", (1, 6, 28, 16), (3, 3), {}),
    ("loop-of-blocks", (1, 5, 112, 32), (3, 3), {"low": 0, "high": 6}),
    ("uneven-blocks", (1, 5, 59, 16), (3, 3), {}),
    ("stride", (1, 14, 14, 32), (3, 3), TWO),
    ("stride-of-odd", (2, 15, 57, 48), (3, 3), TWO),
    ("stride-of-rows", (1, 16, 31, 16), (3, 3), {"stride": (3, 1)}),
    ("stride-beyond-kernel", (1, 16, 40, 16), (2, 2), {"stride": (3, 3), "begin": (0, 0)}),
    ("five-by-five", (1, 14, 30, 32), (5, 5), {"begin": (2, 2)}),
    ("five-by-five-stride", (1, 14, 30, 32), (5, 5), {"begin": (2, 2), **TWO}),
    ("seven-by-seven", (1, 14, 56, 96), (7, 7), {"begin": (3, 3)}),
    ("eleven-by-three", (1, 14, 20, 16), (11, 3), {"begin": (5, 1)}),
    ("wide-kernel", (1, 4, 40, 16), (1, 17), {"begin": (0, 8)}),
    ("dilation", (1, 20, 33, 16), (3, 3), {"dilation": (2, 3), "begin": (2, 3)}),
    ("dilation-stride", (1, 20, 33, 16), (3, 3), {"dilation": (2, 2), "begin": (2, 2), **TWO}),
    ("no-padding", (1, 11, 13, 16), (3, 3), {"begin": (0, 0)}),
    ("uneven-padding", (1, 7, 9, 16), (3, 3), {"begin": (2, 0), "end": (1, 3)}),
    ("wide-padding", (1, 4, 5, 16), (3, 3), {"begin": (5, 6), "end": (6, 5)}),
    ("batch", (3, 14, 14, 32), (3, 3), {}),
    ("no-images", (0, 8, 8, 16), (3, 3), {}),
]


def shape_cases():
    for name, shape, kernel, more in SHAPES:
        yield depthwise_case(name, shape, kernel, **more)
        batch = ((2, *shape[1:]), (0, *shape[1:]))
        yield depthwise_case(name + "-batch", shape, kernel, **more, dynamic=(0,), more=batch)
    heights = ((2, 9, 14, 24), (1, 1, 14, 24), (1, 33, 14, 24))
    yield depthwise_case("height", (1, 8, 14, 24), (3, 3), dynamic=(0, 1), more=heights)
    yield depthwise_case("height-stride", (1, 8, 14, 24), (5, 5), begin=(2, 2), **TWO,
                         dynamic=(0, 1), more=heights)


def special_case():
    """NaN stays, infinities are bounded."""
    x = random_of((1, 6, 6, 16), dtypes.F32, 173)
    x[0, 2, 2, 3], x[0, 4, 4, 5], x[0, 0, 0, 1] = float("nan"), float("inf"), float("-inf")
    weights = torch.zeros(1, 1, 16) + 1
    window = window_of(begin=(0, 0))
    return op(label("conv_depthwise", dtypes.F32, "special"), "lz.conv_depthwise %0, %1",
              [x, weights], x.clamp(0, 6), attributes=attributes_of(window, 0, 6))


def fused_cases():
    any_type = "!lz.tensor<* x f32>"
    lines = [f"%a = lz.add %y, %3 : ({any_type}, T3) -> {any_type}",
             f"%r0 = lz.silu %a : ({any_type}) -> {any_type}"]
    window = window_of()
    for shape in ((1, 14, 14, 32), (2, 9, 11, 20), (1, 30, 56, 64)):
        for dynamic in ((), (0,), (0, 1)):
            x, weights = (random_of(s, dtypes.F32, 174, -1, 1) for s in (shape, (3, 3, shape[3])))
            bias, image = (random_of(s, dtypes.F32, 175) for s in ((shape[3],), shape))
            dims = [f'"w{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)]
            types = [type_text(x, dims), type_text(weights), type_text(bias),
                     type_text(image, dims)]
            first = (f"%y = lz.conv_depthwise %0, %1, %2 {{{attributes_of(window)}}} : "
                     f"({', '.join(types[:3])}) -> {any_type}")
            free = "dynamic" + "".join(map(str, dynamic)) if dynamic else ""
            size = "x".join(map(str, shape))
            yield Case(label("conv_depthwise", dtypes.F32, f"residual-{size}", free),
                       "\n".join([first, *lines]).replace("T3", types[3]), types, ["r0"],
                       [any_type],
                       [Run([x, weights, bias, image],
                            [F.silu(convolved(x, weights, bias, window) + image).float()])],
                       rtol=RTOL, atol=ATOL)


def expanded_case(name, shape, kernel, activation="silu", terms=5, dynamic=(), more=(),
                  special=None, **where):
    """What reads an activation of a product with a bias, whose padding is not that of the image."""
    window, channels = window_of(**where), shape[3]
    any_type = "!lz.tensor<* x f32>"
    constants = [random_of(s, dtypes.F32, 176 + i, -1, 1) for i, s in enumerate(
        ((terms, channels), (channels,), (*kernel, channels), (channels,)))]
    function = {"silu": F.silu, "relu": F.relu, "add": lambda x: x + x}[activation]
    runs = []
    for sizes in (shape, *more):
        x = random_of((*sizes[:3], terms), dtypes.F32, 180, -1, 1)
        if special is not None:
            x[0, 1, 2, 3] = special
        image = function(x.double() @ constants[0].double() + constants[1].double())
        runs.append(Run([x, *constants], [convolved(image, *constants[2:], window).float()]))
    dims = [f'"w{i}"' if i in dynamic else str(d) for i, d in enumerate((*shape[:3], terms))]
    types = [type_text(runs[0].inputs[0], dims), *map(type_text, constants)]
    operands = "%b, %b" if activation == "add" else "%b"
    taken = ", ".join([any_type] * operands.count("b"))
    lines = [f"%p = lz.matmul %0, %1 : ({types[0]}, {types[1]}) -> {any_type}",
             f"%b = lz.add %p, %2 : ({any_type}, {types[2]}) -> {any_type}",
             f"%a = lz.{activation} {operands} : ({taken}) -> {any_type}",
             f"%r0 = lz.conv_depthwise %a, %3, %4 {{{attributes_of(window)}}} : "
             f"({any_type}, {types[3]}, {types[4]}) -> {any_type}"]
    free = "dynamic" + "".join(map(str, dynamic)) if dynamic else ""
    return Case(label("conv_depthwise", dtypes.F32, "expanded-" + name, free), "\n".join(lines),
                types, ["r0"], [any_type], runs, rtol=RTOL, atol=ATOL)


def expanded_cases():
    """Kernels of all of these ops compute rows of the product in strips."""
    for name, shape, kernel, more in SHAPES:
        where = {k: v for k, v in more.items() if k in ("stride", "dilation", "begin", "end")}
        yield expanded_case(name, shape, kernel, **where)
    yield expanded_case("relu", (1, 20, 20, 32), (3, 3), "relu", terms=24)
    yield expanded_case("twice-read", (1, 20, 20, 32), (3, 3), "add")
    yield expanded_case("nan", (1, 20, 20, 32), (3, 3), special=float("nan"))
    yield expanded_case("infinity", (1, 20, 20, 32), (3, 3), "relu", special=float("inf"))
    # Larger than a cache, so that fusion forms such kernels by itself.
    for kernel, where in (((3, 3), TWO), ((3, 3), {}), ((5, 5), {"begin": (2, 2), **TWO})):
        name = f"large-{kernel[0]}-{where.get('stride', (1, 1))[0]}"
        yield expanded_case(name, (1, 61, 66, 96), kernel, terms=16, **where)
    batch, heights = ((1, 15, 30, 48), (0, 15, 30, 48)), ((2, 1, 30, 48), (1, 70, 30, 48))
    for name, where in (("stride-1", {}), ("stride-2", TWO)):
        yield expanded_case(name, (3, 15, 30, 48), (3, 3), dynamic=(0,), more=batch, **where)
        yield expanded_case(name, (1, 15, 30, 48), (3, 3), dynamic=(0, 1),
                            more=batch + heights, **where)


def projected_case(name, shape, kernel, outputs=24, residual=True, dynamic=(), more=(), **where):
    """A product of the rows of a convolution, with a bias and an image added."""
    window, channels = window_of(**where), shape[3]
    any_type = "!lz.tensor<* x f32>"
    constants = [random_of(s, dtypes.F32, 190 + i, -1, 1) for i, s in enumerate(
        ((*kernel, channels), (channels,), (channels, outputs), (outputs,)))]
    runs = []
    for sizes in (shape, *more):
        x = random_of(sizes, dtypes.F32, 195, -1, 1)
        rows = convolved(x, *constants[:2], window)
        result = rows @ constants[2].double() + constants[3].double()
        image = random_of(tuple(result.shape), dtypes.F32, 196, -1, 1)
        inputs = [x, *constants, image] if residual else [x, *constants]
        runs.append(Run(inputs, [(result + image if residual else result).float()]))
    dims = [f'"w{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)]
    types = [type_text(runs[0].inputs[0], dims), *map(type_text, constants)]
    lines = [f"%d = lz.conv_depthwise %0, %1, %2 {{{attributes_of(window)}}} : "
             f"({types[0]}, {types[1]}, {types[2]}) -> {any_type}",
             f"%p = lz.matmul %d, %3 : ({any_type}, {types[3]}) -> {any_type}",
             f"%r0 = lz.add %p, %4 : ({any_type}, {types[4]}) -> {any_type}"]
    if residual:
        image = [d if i in dynamic else str(s) for i, (d, s) in enumerate(
            zip(dims, runs[0].inputs[5].shape))]
        types.append(type_text(runs[0].inputs[5], image))
        lines[-1] = lines[-1].replace("%r0", "%s")
        lines.append(f"%r0 = lz.add %s, %5 : ({any_type}, {types[5]}) -> {any_type}")
    free = "dynamic" + "".join(map(str, dynamic)) if dynamic else ""
    return Case(label("conv_depthwise", dtypes.F32, "projected-" + name, free), "\n".join(lines),
                types, ["r0"], [any_type], runs, rtol=RTOL, atol=1e-4)


def projected_cases():
    """Kernels of all of these ops multiply rows when they are made."""
    for name, shape, kernel, more in SHAPES:
        where = {k: v for k, v in more.items() if k in ("stride", "dilation", "begin", "end")}
        yield projected_case(name, shape, kernel, **where)
    yield projected_case("no-residual", (1, 20, 20, 32), (3, 3), outputs=40, residual=False)
    # Larger than a cache, so that fusion forms such kernels by itself.
    yield projected_case("large", (1, 75, 75, 64), (3, 3))
    yield projected_case("large-stride", (1, 151, 149, 64), (3, 3), residual=False, **TWO)
    batch, heights = ((1, 40, 50, 48), (0, 40, 50, 48)), ((2, 1, 50, 48), (1, 170, 50, 48))
    yield projected_case("batch", (3, 40, 50, 48), (3, 3), dynamic=(0,), more=batch)
    yield projected_case("height", (3, 40, 50, 48), (3, 3), dynamic=(0, 1),
                         more=batch + heights)


def cases():
    yield from shape_cases()
    yield special_case()
    yield from fused_cases()
    yield from expanded_cases()
    yield from projected_cases()
