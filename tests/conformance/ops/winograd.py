"""3x3 convolutions by Winograd's algorithm, alone and with what fuses with them, against
PyTorch's in double precision."""

import torch
from torch.nn import functional as F

from . import dtypes
from .case import Case, Run, op, type_text
from .reduce import label, random_of

LANES = 16

# Errors are bounded by a multiple of the sum of the absolute products, as those of every sum
# are; the transforms multiply by up to 8 and 5 along each axis, so by a larger one than
# that of the definition. Measured are 8e-7 of the largest such sum, for 8 to 1024 channels.
RTOL, BOUND = 0, 2e-6


def blocked(weights):
    """(out, C, 3, 3) as (blocks, C, 3, 3, lanes)."""
    out, channels = weights.shape[:2]
    blocks = -(-out // LANES)
    padded = torch.zeros(blocks * LANES, channels, 3, 3)
    padded[:out] = weights
    return padded.reshape(blocks, LANES, channels, 3, 3).permute(0, 2, 3, 4, 1).contiguous()


def convolved(x, weights, begin, end):
    """In double precision, channels last."""
    borders = [begin[1], end[1], begin[0], end[0]]
    padded = F.pad(x.double().permute(0, 3, 1, 2), borders)
    return F.conv2d(padded, weights.double()).permute(0, 2, 3, 1).contiguous()


def tolerance(x, weights, begin, end):
    """Absolute, of all results: what cancels has no relative accuracy."""
    sums = convolved(x.abs(), weights.abs(), begin, end)
    return BOUND * float(sums.max()) if sums.numel() else 0.0


def attributes_of(out, begin, end):
    return f"channels = {out}, pads_begin = {list(begin)}, pads_end = {list(end)}"


def winograd_case(name, shape, out, begin=(1, 1), end=None, dynamic=(), more=()):
    """`shape` is (N, H, W, C); `more` are further shapes of the same function."""
    end = begin if end is None else end
    weights = random_of((out, shape[3], 3, 3), dtypes.F32, 161, -1, 1)
    runs, bounds = [], []
    for sizes in (shape, *more):
        x = random_of(sizes, dtypes.F32, 160)
        runs.append(([x, blocked(weights)], convolved(x, weights, begin, end)))
        bounds.append(tolerance(x, weights, begin, end))
    x, result = runs[0][0][0], runs[0][1]
    dims = [[f'"w{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)], None]
    return op(label("conv_winograd", dtypes.F32, name, "dynamic" * bool(dynamic)),
              "lz.conv_winograd %0, %1", [x, blocked(weights)], result.float(),
              attributes=attributes_of(out, begin, end), dims=dims,
              more_runs=[(inputs, wanted.float()) for inputs, wanted in runs[1:]],
              rtol=RTOL, atol=max(bounds))


# name, (N, H, W, C), output channels, paddings
SHAPES = [
    ("one-tile", (1, 4, 4, 16), 16, {}),
    ("one-result", (1, 3, 3, 16), 16, {"begin": (0, 0)}),
    ("one-row", (1, 1, 20, 8), 16, {}),
    ("one-column", (2, 9, 1, 8), 16, {}),
    ("one-channel", (1, 8, 8, 1), 1, {}),
    ("part-of-a-tile", (1, 5, 6, 16), 32, {}),
    ("channels-no-vector", (1, 9, 9, 19), 37, {}),
    ("few-outputs", (1, 12, 12, 32), 5, {}),
    ("five-blocks", (1, 8, 12, 24), 80, {}),
    ("seven-blocks", (1, 10, 7, 16), 112, {}),
    ("no-padding", (1, 11, 13, 16), 16, {"begin": (0, 0)}),
    ("uneven-padding", (1, 7, 9, 16), 16, {"begin": (2, 0), "end": (1, 3)}),
    ("wide-padding", (1, 4, 5, 8), 16, {"begin": (5, 6), "end": (6, 5)}),
    ("batch", (3, 14, 14, 32), 48, {}),
    ("several-blocks", (1, 40, 37, 64), 64, {}),
    ("wide-image", (1, 6, 300, 8), 16, {}),
    ("parts-of-channels", (1, 8, 8, 130), 32, {}),
    ("many-channels", (1, 14, 14, 256), 256, {}),
    ("most-channels", (1, 7, 7, 1024), 64, {}),
    ("no-images", (0, 8, 8, 16), 16, {}),
]


def shape_cases():
    for name, shape, out, more in SHAPES:
        yield winograd_case(name, shape, out, **more)
        batch = ((2, *shape[1:]), (0, *shape[1:]))
        yield winograd_case(name + "-batch", shape, out, **more, dynamic=(0,), more=batch)
    sizes = ((2, 9, 14, 24), (1, 1, 1, 24), (1, 33, 70, 24))
    yield winograd_case("sizes", (1, 8, 8, 24), 40, dynamic=(0, 1, 2), more=sizes)
    yield winograd_case("width", (1, 8, 8, 24), 40, dynamic=(2,), more=((1, 8, 35, 24),))


def fused_case(name, shape, out, lines, extra, compute, dynamic=()):
    """`lines` make %r0 of the convolution %y and of %2, ...; `compute` does the same."""
    x, weights = random_of(shape, dtypes.F32, 162), random_of((out, shape[3], 3, 3), dtypes.F32,
                                                              163, -1, 1)
    result = compute(convolved(x, weights, (1, 1), (1, 1)), *(t.double() for t in extra))
    dims = [f'"w{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)]
    images = [t.dim() == 4 for t in extra]
    types = [type_text(x, dims), type_text(blocked(weights))]
    types += [type_text(t, dims[:3] + [str(out)] if image else None)
              for t, image in zip(extra, images)]
    first = (f"%y = lz.conv_winograd %0, %1 {{{attributes_of(out, (1, 1), (1, 1))}}} : "
             f"({types[0]}, {types[1]}) -> !lz.tensor<* x f32>")
    body = "\n".join([first, *lines]).replace("T2", types[2])
    if len(types) > 3:
        body = body.replace("T3", types[3])
    free = "dynamic" + "".join(map(str, dynamic)) if dynamic else ""
    return Case(label("conv_winograd", dtypes.F32, name, free), body, types,
                ["r0"], ["!lz.tensor<* x f32>"],
                [Run([x, blocked(weights), *extra], [result.float()])], rtol=RTOL,
                atol=tolerance(x, weights, (1, 1), (1, 1)))


def fused_cases():
    any_type = "!lz.tensor<* x f32>"
    bias = [f"%a = lz.add %y, %2 : ({any_type}, T2) -> {any_type}"]
    relu = [f"%r0 = lz.relu %a : ({any_type}) -> {any_type}"]
    residual = [f"%b = lz.add %a, %3 : ({any_type}, T3) -> {any_type}",
                f"%r0 = lz.relu %b : ({any_type}) -> {any_type}"]
    for shape, out in (((1, 14, 14, 32), 32), ((2, 9, 11, 20), 24), ((1, 30, 30, 64), 128)):
        vector = random_of((out,), dtypes.F32, 164)
        image = random_of((*shape[:3], out), dtypes.F32, 165)
        size = "x".join(map(str, (*shape, out)))
        for dynamic in ((), (0,), (1, 2)):
            yield fused_case(f"bias-relu-{size}", shape, out, bias + relu, [vector],
                             lambda y, v: F.relu(y + v), dynamic)
            yield fused_case(f"residual-{size}", shape, out, bias + residual, [vector, image],
                             lambda y, v, i: F.relu(y + v + i), dynamic)


def joined_cases():
    """Channels put side by side for the convolution alone."""
    any_type = "!lz.tensor<* x f32>"
    for counts, out in (((16, 32), 32), ((3, 5, 20), 24), ((19, 1), 16)):
        shape, begin, end = (2, 9, 14), (1, 1), (1, 1)
        parts = [random_of((*shape, count), dtypes.F32, 166 + i) for i, count in enumerate(counts)]
        x = torch.cat(parts, dim=3)
        weights = random_of((out, x.shape[3], 3, 3), dtypes.F32, 163, -1, 1)
        for dynamic in ((), (0,), (1, 2)):
            dims = [f'"w{i}"' if i in dynamic else str(d) for i, d in enumerate(shape)]
            types = [type_text(part, [*dims, str(part.shape[3])]) for part in parts]
            types.append(type_text(blocked(weights)))
            operands = ", ".join(f"%{i}" for i in range(len(parts)))
            body = (f"%x = lz.concat {operands} {{axis = 3}} : ({', '.join(types[:-1])}) -> "
                    f"{any_type}\n%r0 = lz.conv_winograd %x, %{len(parts)} "
                    f"{{{attributes_of(out, begin, end)}}} : ({any_type}, {types[-1]}) -> "
                    f"{any_type}")
            free = "dynamic" + "".join(map(str, dynamic)) if dynamic else ""
            yield Case(label("conv_winograd", dtypes.F32, f"joined-{'-'.join(map(str, counts))}",
                             free), body, types, ["r0"], [any_type],
                       [Run([*parts, blocked(weights)],
                            [convolved(x, weights, begin, end).float()])],
                       rtol=RTOL, atol=tolerance(x, weights, begin, end))


def cases():
    yield from shape_cases()
    yield from fused_cases()
    yield from joined_cases()
