"""What every Lazy class of PyTorch infers, accepts and refuses, over all ranks and many arguments:
ours must do the same, with the inferred size and the shapes of parameters and output PyTorch's.
Where the project decided otherwise, the case says so."""

import json

import pytest
import torch

from nn import harness

SIZES = (2, 3, 5, 7, 6, 4)


def linear():
    for rank in range(7):
        yield "LazyLinear", (11,), {}, SIZES[:rank], True
    for args, kwargs, shape in [((11,), {"bias": False}, (4, 3)), ((11,), {}, (4, 0)),
                                ((11,), {}, (0, 3)), ((0,), {}, (4, 3))]:
        yield "LazyLinear", args, kwargs, shape, True


def convolution():
    for n in (1, 2, 3):
        spatial = (5, 7, 4)[:n]
        for cls in (f"LazyConv{n}d", f"LazyConvTranspose{n}d"):
            for rank in range(7):
                yield cls, (8, 2), {}, SIZES[:rank], True
            for args, kwargs in [((8, 2), {"bias": False}), ((9, 2), {"groups": 3}),
                                 ((8, 2), {"groups": 4}), ((7, 2), {"groups": 3}),
                                 ((8, 3), {"stride": 2, "padding": 1, "dilation": 1}),
                                 ((8, 9), {})]:
                yield cls, args, kwargs, (2, 6) + spatial, True
            yield cls, (8, 2), {}, (2, 0) + spatial, True
            yield cls, (8, 2), {}, (0, 6) + spatial, True
        yield f"LazyConv{n}d", (8, 3), {"padding": "same"}, (2, 6) + spatial, True
        yield f"LazyConvTranspose{n}d", (8, 3), {"stride": 2, "output_padding": 1}, \
            (2, 6) + spatial, True


def normalization():
    for n in (1, 2, 3):
        spatial = (5, 7, 4)[:n]
        for cls in (f"LazyBatchNorm{n}d", f"LazyInstanceNorm{n}d"):
            for rank in range(7):
                yield cls, (), {}, SIZES[:rank], True
            for affine in (True, False):
                for track in (True, False):
                    kwargs = {"affine": affine, "track_running_stats": track}
                    yield cls, (), kwargs, (2, 6) + spatial, True
                    yield cls, (), kwargs, (2, 6) + spatial, False
                    yield cls, (), kwargs, (6,) + spatial, True
            yield cls, (), {"bias": False}, (2, 6) + spatial, True
            yield cls, (), {"momentum": None}, (2, 6) + spatial, True
            for track in (True, False):
                for train in (True, False):
                    yield cls, (), {"track_running_stats": track}, (1, 6) + (1,) * n, train
            yield cls, (), {}, (0, 6) + spatial, True
            yield cls, (), {}, (2, 0) + spatial, True
    for track in (True, False):
        for train in (True, False):
            for batch in (0, 1, 2):
                yield "LazyBatchNorm1d", (), {"track_running_stats": track}, (batch, 6), train


ROWS = [*linear(), *convolution(), *normalization()]
REQUIRED = {"LazyLinear": ("out_features",), "LazyConv": ("out_channels", "kernel_size")}


def decided_otherwise(cls, shape, kwargs):
    """Inputs that PyTorch refuses, by accident or by its defect, and we may take."""
    spatial = int(cls[-2]) if cls[-1] == "d" else 0
    if cls.startswith("LazyInstanceNorm") and len(shape) == spatial + 1:
        return "unbatched input has its channels on axis 0, as PyTorch's page says"
    return None


def in_pytorch(cls, args, kwargs, shape, train):
    """The materialized module's state and the output's shape, or None if it refuses."""
    module = getattr(torch.nn, cls)(*args, **kwargs).train(train)
    try:
        with torch.no_grad():
            output = module(torch.randn(shape))
    except (RuntimeError, ValueError, IndexError):
        return None
    state = {name: list(value.shape) for name, value in module.state_dict().items()}
    return state, list(output.shape)


def in_ours(cls, args, kwargs, shape, train, folder):
    """The same, by the command line."""
    required = REQUIRED["LazyLinear" if cls == "LazyLinear" else "LazyConv"] if args else ()
    named = dict(zip(required, args)) | kwargs
    output = folder / "net.c.lzm"
    harness.build({"module": {"class": cls, "args": named}, "mode": "train" if train else "eval",
                   "output": str(folder / "net.lzm")})
    text = ",".join(map(str, shape))
    summary = json.loads(harness.command(
        harness.LAZULI, "compile", folder / "net.lzm", "-o", output, "--example", f"x=f32[{text}]",
        "--random-weights", "--no-native-code", "--json"))
    return summary


def refusal_of_ours(row, folder):
    try:
        in_ours(*row, folder)
    except harness.Failure as failure:
        return str(failure)
    return None


def name_of(row):
    cls, args, kwargs, shape, train = row
    listed = ", ".join([*map(str, args), *(f"{k}={v}" for k, v in kwargs.items())])
    return f"{cls}({listed})-{shape}-{'train' if train else 'eval'}"


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_lazy_class(row, tmp_path):
    cls, args, kwargs, shape, train = row
    torch.manual_seed(0)
    expected = in_pytorch(*row)
    otherwise = decided_otherwise(cls, shape, kwargs)
    if expected is None and not otherwise:
        refused = refusal_of_ours(row, tmp_path)
        # Empty tensors have shapes as well; PyTorch fails on them by accident.
        assert refused is not None or 0 in shape
        assert refused is None or "error:" in refused and "crash" not in refused
        return
    summary = in_ours(*row, tmp_path)
    if expected is None:
        assert summary["outputs"][0]["type"] == f"f32{list(shape)}", otherwise
        return
    state, output = expected
    if cls.startswith("LazyConv") and shape[1] == 0:
        output[1] = args[0]  # a sum over no channels is the bias; PyTorch drops the channels
    assert summary["outputs"][0]["type"] == f"f32{output}"
    field = {"LazyLinear": "in_features"}.get(cls, "in_channels" if "Conv" in cls else "num_features")
    solved = {symbol["field"]: int(symbol["value"]) for symbol in summary["symbols"]}
    if "affine" in kwargs and not kwargs["affine"] and not kwargs["track_running_stats"]:
        assert not solved
    else:
        channels = shape[-1] if cls == "LazyLinear" else \
            shape[1] if len(shape) == int(cls[-2]) + 2 or "BatchNorm" in cls else shape[0]
        assert solved == {field: channels}
