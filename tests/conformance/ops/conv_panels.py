"""Convolutions with weights in panels, alone and with what fuses with them, against PyTorch's in
double precision."""

from torch.nn import functional as F

from . import dtypes
from .case import Case, Run, op, type_text
from .reduce import label, random_of

# Sums of up to 3328 products, bounded by the absolute ones.
RTOL, ATOL = 1e-5, 2e-4


def convolved(x, weights, window):
    """In double precision, channels last; `weights` are (panels, *kernel, C, width)."""
    begin, end = window["pads_begin"], window["pads_end"]
    borders = [side[axis] for axis in reversed(range(len(begin))) for side in (begin, end)]
    padded = F.pad(x.double().movedim(-1, 1), borders)
    kernel = weights.double().movedim(-1, 1).flatten(0, 1).movedim(-1, 1)
    convolve = F.conv1d if len(begin) == 1 else F.conv2d
    return convolve(padded, kernel, None, window["strides"]).movedim(1, -1).contiguous()


def window_of(rank, stride=None, begin=None, end=None):
    begin = begin or (1,) * rank
    return {"strides": list(stride or (1,) * rank), "pads_begin": list(begin),
            "pads_end": list(begin if end is None else end)}


def attributes_of(window):
    return ", ".join(f"{key} = {value}" for key, value in window.items())


def panels_case(name, shape, kernel, outputs, dynamic=(), more=(), **where):
    """`shape` is (N, *spatial, C), `outputs` are (panels, width); `more` are further shapes of
    the same function."""
    window = window_of(len(kernel), **where)
    weights = random_of((outputs[0], *kernel, shape[-1], outputs[1]), dtypes.F32, 181, -1, 1)
    runs = []
    for sizes in (shape, *more):
        x = random_of(sizes, dtypes.F32, 180)
        runs.append(([x, weights], convolved(x, weights, window).float()))
    dims = [[f'"w{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)], None]
    return op(label("conv_panels", dtypes.F32, name, "dynamic" * bool(dynamic)),
              "lz.conv_panels %0, %1", runs[0][0], runs[0][1], attributes=attributes_of(window),
              dims=dims, more_runs=runs[1:], rtol=RTOL, atol=ATOL)


TWO = {"stride": (2, 2)}

# name, (N, *spatial, C), kernel, (panels, width), the rest
SHAPES = [
    ("first-layer", (1, 30, 34, 3), (7, 7), (1, 64), {"begin": (3, 3), **TWO}),
    ("three-by-three", (1, 14, 14, 16), (3, 3), (2, 32), {}),
    ("one-result", (1, 3, 3, 16), (3, 3), (1, 16), {"begin": (0, 0)}),
    ("one-row", (1, 1, 20, 16), (3, 3), (1, 64), {}),
    ("one-column", (2, 9, 1, 16), (3, 3), (1, 64), {}),
    ("one-tap", (1, 5, 6, 16), (1, 1), (1, 48), {"begin": (0, 0)}),
    ("one-channel", (1, 9, 9, 1), (3, 3), (1, 16), {}),
    ("narrow-panels", (1, 6, 7, 5), (3, 3), (3, 8), {}),
    ("two-outputs", (1, 6, 7, 5), (3, 3), (1, 2), {}),
    ("more-than-cached", (1, 5, 9, 96), (5, 5), (1, 128), {"begin": (2, 2)}),
    ("more-than-cached-stride", (1, 19, 10, 128), (3, 7), (1, 64), TWO),
    ("more-than-cached-line", (1, 20, 256), (13,), (1, 64), {}),
    ("several-blocks", (1, 3, 100, 8), (3, 3), (2, 64), {}),
    ("uneven-blocks", (1, 3, 59, 8), (3, 3), (2, 64), {}),
    ("stride", (1, 14, 14, 32), (3, 3), (1, 64), TWO),
    ("stride-of-odd", (2, 15, 57, 24), (3, 3), (1, 48), TWO),
    ("stride-of-rows", (1, 16, 31, 16), (3, 3), (1, 16), {"stride": (3, 1)}),
    ("stride-beyond-kernel", (1, 16, 40, 16), (2, 2), (1, 16),
     {"stride": (3, 3), "begin": (0, 0)}),
    ("points-apart", (1, 14, 14, 32), (1, 1), (1, 64), {"begin": (0, 0), **TWO}),
    ("patches", (2, 16, 24, 3), (4, 4), (2, 48), {"stride": (4, 4), "begin": (0, 0)}),
    ("no-padding", (1, 11, 13, 16), (3, 3), (1, 32), {"begin": (0, 0)}),
    ("uneven-padding", (1, 7, 9, 16), (3, 3), (1, 32), {"begin": (2, 0), "end": (1, 3)}),
    ("wide-padding", (1, 4, 5, 16), (3, 3), (1, 32), {"begin": (5, 6), "end": (6, 5)}),
    ("many-terms", (1, 7, 7, 128), (3, 3), (2, 64), {}),
    ("batch", (3, 14, 14, 8), (3, 3), (1, 64), {}),
    ("no-images", (0, 8, 8, 16), (3, 3), (1, 16), {}),
    ("line", (1, 100, 80), (3,), (6, 64), {}),
    ("line-stride", (1, 101, 24), (3,), (2, 64), {"stride": (2,)}),
    ("line-without-padding", (2, 60, 8), (5,), (1, 48), {"begin": (0,)}),
    ("line-of-one", (1, 3, 8), (3,), (1, 64), {"begin": (0,)}),
]


def shape_cases():
    for name, shape, kernel, outputs, where in SHAPES:
        yield panels_case(name, shape, kernel, outputs, **where)
        batch = ((2, *shape[1:]), (0, *shape[1:]))
        yield panels_case(name + "-batch", shape, kernel, outputs, **where, dynamic=(0,),
                          more=batch)
    sizes = ((2, 9, 14, 8), (1, 1, 60, 8), (1, 33, 1, 8))
    yield panels_case("image", (1, 8, 50, 8), (3, 3), (1, 64), dynamic=(0, 1, 2), more=sizes)
    yield panels_case("image-stride", (1, 8, 50, 8), (5, 5), (1, 64), begin=(2, 2), **TWO,
                      dynamic=(0, 1, 2), more=sizes)
    heights = ((2, 3, 9, 96), (1, 17, 12, 96))
    yield panels_case("more-than-cached-image", (1, 8, 9, 96), (5, 5), (1, 128), begin=(2, 2),
                      dynamic=(0, 1, 2), more=heights)
    lengths = ((1, 7, 16), (1, 150, 16))
    yield panels_case("length", (1, 50, 16), (3,), (2, 32), dynamic=(1,), more=lengths)
    yield panels_case("length-without-padding", (1, 50, 16), (3,), (2, 32), begin=(0,),
                      dynamic=(1,), more=lengths)


def fused_cases():
    any_type = "!lz.tensor<* x f32>"
    lines = [f"%a = lz.add %y, %2 : ({any_type}, T2) -> {any_type}",
             f"%b = lz.add %a, %3 : ({any_type}, T3) -> {any_type}",
             f"%r0 = lz.silu %b : ({any_type}) -> {any_type}"]
    window = window_of(2)
    for shape, outputs in (((1, 14, 14, 12), (2, 64)), ((2, 9, 61, 20), (1, 48))):
        for dynamic in ((), (0,), (1, 2)):
            x = random_of(shape, dtypes.F32, 182)
            weights = random_of((outputs[0], 3, 3, shape[3], outputs[1]), dtypes.F32, 183, -1, 1)
            channels = outputs[0] * outputs[1]
            bias = random_of((channels,), dtypes.F32, 184)
            image = random_of((*shape[:3], channels), dtypes.F32, 185)
            dims = [f'"w{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)]
            types = [type_text(x, dims), type_text(weights), type_text(bias),
                     type_text(image, [*dims[:3], str(channels)])]
            first = (f"%y = lz.conv_panels %0, %1 {{{attributes_of(window)}}} : "
                     f"({', '.join(types[:2])}) -> {any_type}")
            free = "dynamic" + "".join(map(str, dynamic)) if dynamic else ""
            body = "\n".join([first, *lines]).replace("T2", types[2]).replace("T3", types[3])
            yield Case(label("conv_panels", dtypes.F32,
                             f"residual-{'x'.join(map(str, shape))}", free),
                       body, types, ["r0"], [any_type],
                       [Run([x, weights, bias, image],
                            [F.silu(convolved(x, weights, window) + bias + image).float()])],
                       rtol=RTOL, atol=ATOL)


def cases():
    yield from shape_cases()
    yield from fused_cases()
