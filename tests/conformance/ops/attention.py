"""Attention against the formula of scaled_dot_product_attention, in f64."""

import math

import torch

from . import dtypes
from .case import op, real
from .dtypes import exact
from .reduce import label, random_of

TOLERANCE = {"f64": 1e-13, "f32": 2e-6, "f16": 1e-3, "bf16": 1e-2}


def reference(query, key, value, mask, scale, causal):
    scale = scale or 1 / math.sqrt(query.shape[-1])
    scores = exact(query) @ exact(key).transpose(-1, -2) * scale
    length, sources = scores.shape[-2:]
    if causal:
        keep = torch.ones(length, sources, dtype=torch.bool).tril()
        scores = scores.masked_fill(~keep, -math.inf)
    if mask is not None and mask.dtype == torch.bool:
        scores = scores.masked_fill(~mask, -math.inf)
    elif mask is not None:
        scores = scores + exact(mask)
    # A query that may look at nothing gives 0, as PyTorch has it.
    weights = torch.softmax(scores, -1).masked_fill((scores == -math.inf).all(-1, True), 0)
    return (weights @ exact(value)).to(query.dtype)


def attention_case(lead, length, sources, width, value_width=None, dtype=dtypes.F32, mask=None,
                   scale=0.0, causal=False, key_lead=None, dims=None, name="", runs=(),
                   dynamic=False):
    """`mask`: None or a function of (lead, length, sources)."""
    value_width = value_width or width

    def arguments(lead, length, sources):
        other = lead if key_lead is None else key_lead
        values = [random_of((*lead, length, width), dtype, 110),
                  random_of((*other, sources, width), dtype, 111),
                  random_of((*other, sources, value_width), dtype, 112)]
        given = mask(lead, length, sources) if mask else None
        expected = reference(*values, given, scale, causal)
        return values + ([given] if mask else []), expected

    first, expected = arguments(lead, length, sources)
    attributes = ([f"scale = {real(scale)}"] if scale else []) + ["causal = true"] * causal
    name = name or label("attention", dtype, list(lead), length, sources, width, value_width,
                         f"scale{scale}" * bool(scale), "causal" * causal)
    return op(name + "-dynamic" * dynamic, "lz.attention " + ", ".join(
        f"%{i}" for i in range(len(first))), first, expected, attributes=", ".join(attributes),
              dims=dims, dynamic=dynamic, more_runs=[arguments(*run) for run in runs],
              atol=TOLERANCE[dtype.name])


def keep_mask(*_):
    """Some keys of each query, the first always."""
    def build(lead, length, sources):
        mask = random_of((length, sources), dtypes.BOOL, 113)
        mask[:, 0] = True
        return mask
    return build


def added_mask(dtype, shape):
    return lambda lead, length, sources: random_of(
        [*lead[:1], 1, length, sources] if shape == "heads" else (length, sources), dtype, 114)


def padding_mask(lead, length, sources):
    """Each row of the batch has a length of its own, the last one none at all."""
    lengths = torch.linspace(sources, 0, lead[0]).long()
    return (torch.arange(sources) < lengths[:, None])[:, None, None, :]


def least_mask(lead, length, sources):
    """The least finite number in place of -inf, in one row everywhere."""
    mask = torch.zeros(length, sources)
    mask[1] = mask[:, sources // 2:] = torch.finfo(torch.float32).min
    return mask


def block_cases():
    """Sizes around those of the blocks that the kernel works in."""
    masks = {"kept": keep_mask(), "added": added_mask(dtypes.F32, "heads"),
             "padding": padding_mask, "least": least_mask}
    for length, sources, width in ((129, 257, 64), (16, 300, 80), (9, 16, 32), (8, 515, 64),
                                   (197, 197, 7), (260, 70, 128)):
        for causal in (False, True):
            for dynamic in (False, True):
                yield attention_case((2,), length, sources, width, causal=causal,
                                     dynamic=dynamic)
        for kind, mask in masks.items():
            yield attention_case((2, 2), length, sources, width, mask=mask,
                                 name=f"attention-{length}-{sources}-{width}-{kind}")
    for dtype in dtypes.FLOAT:
        yield attention_case((2,), 40, 300, 24, 40, dtype=dtype, causal=True)
        yield attention_case((2,), 3, 300, 24, 40, dtype=dtype)
    for kind, mask in {"plain": None, **masks}.items():
        if kind != "least":
            yield attention_case((2, 3), 1, 600, 64, key_lead=(2, 1), mask=mask,
                                 name=f"attention-one-query-shared-{kind}")


def cases():
    for dynamic in (False, True):
        for lead, length, sources, width, value_width in (
                ((), 4, 4, 8, 8), ((2,), 5, 7, 8, 6), ((2, 3), 6, 6, 16, 16), ((1, 1), 1, 1, 1, 1),
                ((2, 4), 1, 33, 16, 16), ((1, 2), 65, 130, 32, 32), ((0,), 3, 3, 4, 4)):
            yield attention_case(lead, length, sources, width, value_width, dynamic=dynamic)
            yield attention_case(lead, length, sources, width, value_width, causal=True,
                                 dynamic=dynamic)
    for dtype in dtypes.FLOAT:
        yield attention_case((2, 2), 9, 9, 12, dtype=dtype, causal=True, scale=0.3)
        yield attention_case((2, 2), 9, 9, 12, dtype=dtype, mask=added_mask(dtype, "heads"),
                             name=f"attention-{dtype}-added-mask")
        yield attention_case((2, 2), 9, 9, 12, dtype=dtype, mask=keep_mask(),
                             name=f"attention-{dtype}-kept-mask")
    yield attention_case((2, 3), 4, 5, 8, mask=added_mask(dtypes.F32, "plain"), causal=True,
                         name="attention-mask-and-causal")
    yield attention_case((2, 3), 4, 5, 8, key_lead=(2, 1), name="attention-shared-heads")
    yield attention_case((2, 3), 4, 5, 8, key_lead=(), name="attention-shared-keys")
    yield attention_case((3,), 4, 5, 8, scale=2.5, name="attention-scaled")
    yield from block_cases()
    # Large scores: the maximum is taken off before exp.
    large = [random_of((3, 8), dtypes.F32, 115) * 1000 for _ in range(3)]
    yield op("attention-large", "lz.attention %0, %1, %2", large,
             reference(*large, None, 0.0, False))
    nothing = torch.tensor([[True, False], [False, False]])
    small = [random_of((2, 4), dtypes.F32, 116) for _ in range(3)]
    yield op("attention-nothing-kept", "lz.attention %0, %1, %2, %3", [*small, nothing],
             reference(*small, nothing, 0.0, False), atol=1e-6)
    for causal in (False, True):
        yield attention_case((2,), 5, 5, 8, causal=causal,
                             name=label("attention-rebound", "causal" * causal),
                             dims=[['"b"', '"l"', "8"], ['"b"', '"s"', "8"], ['"b"', '"s"', "8"]],
                             runs=[((1,), 1, 1), ((3,), 2, 40), ((2,), 70, 5), ((1,), 128, 128),
                                   ((1,), 300, 600), ((2,), 9, 0), ((2,), 8, 513)])
