"""How far an engine's outputs are from PyTorch's."""

import numpy

# Of the largest magnitude that PyTorch's output has. Rounding in another order stays a
# hundred times below it, arithmetic in bfloat16 does not.
TOLERANCE = 1e-3


def error_of(outputs, expected):
    """The largest error over the largest magnitude; infinite if an output is missing, has
    another shape, or is not a number where PyTorch's is."""
    if len(outputs) < len(expected):
        return float("inf")
    return max((_error(numpy.asarray(found), want) for found, want in zip(outputs, expected)),
               default=0.0)


def _error(found, want):
    if found.shape != want.shape:
        return float("inf")
    if want.size == 0:
        return 0.0
    difference = numpy.abs(found.astype(numpy.float64) - want.astype(numpy.float64)).max()
    scale = max(float(numpy.finfo(numpy.float32).tiny), float(numpy.abs(want).max()))
    error = float(difference / scale)
    return error if error == error else float("inf")
