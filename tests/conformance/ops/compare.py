"""Says how a result differs from what was expected, in one line."""

import numpy as np
import torch

from . import dtypes


def differs(got, expected, rtol=None, atol=None):
    """The first reason why `got` is not `expected`, or None. Floats are compared within
    tolerances, NaNs and infinities must stand at the same places, the rest must be equal."""
    if got.dtype != expected.dtype:
        return f"element type {got.dtype}, expected {expected.dtype}"
    if list(got.shape) != list(expected.shape):
        return f"shape {list(got.shape)}, expected {list(expected.shape)}"
    if not got.numel():
        return None
    if not got.dtype.is_floating_point:
        wrong = torch.from_numpy(np.asarray(got.numpy() != expected.numpy()))
    else:
        wrong = ~_close(got, expected, rtol, atol)
    return _describe(got, expected, wrong) if wrong.any() else None


def _close(got, expected, rtol, atol):
    dtype = dtypes.of(expected)
    rtol = dtype.rtol if rtol is None else max(rtol, dtype.rtol)
    atol = dtype.atol if atol is None else max(atol, dtype.atol)
    return torch.isclose(got.double(), expected.double(), rtol=rtol, atol=atol, equal_nan=True)


def _describe(got, expected, wrong):
    places = wrong.nonzero()
    shown = []
    for place in places[:4].tolist():
        index = tuple(place)
        shown.append(f"{place} is {got[index].item()!r}, expected {expected[index].item()!r}")
    return f"{len(places)} of {got.numel()} elements differ: " + "; ".join(shown)
