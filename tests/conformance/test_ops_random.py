"""Random ops: exact numbers, and that the reference itself is sound."""

import numpy as np
import torch
from ops import dtypes, random, suite

test_random = suite.make_test(random.cases())


def test_reference_gives_the_published_numbers():
    """Known answers of Random123: the zero key and counter."""
    assert [int(v) for v in random.philox(0, 0, 1)[:, 0]] == [
        0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]


def draws(kind, dtype, stream=0):
    return random.DISTRIBUTIONS[kind](42, 0, stream, (200000,), dtype).double()


def test_uniform_is_uniform():
    for dtype in dtypes.FLOAT:
        values = draws("uniform", dtype)
        assert values.min() >= 0 and values.max() < 1
        counts = torch.histc(values, 16, 0, 1)
        expected = len(values) / 16
        assert ((counts - expected) ** 2 / expected).sum() < 45  # chi-square, 15 degrees


def test_normal_is_normal():
    for dtype in dtypes.FLOAT:
        values = draws("normal", dtype)
        assert values.isfinite().all()
        assert abs(values.mean()) < 0.01 and abs(values.std() - 1) < 0.01
        assert abs((values**4).mean() - 3) < 0.1


def test_streams_are_independent():
    first, second = draws("uniform", dtypes.F32), draws("uniform", dtypes.F32, 1)
    assert abs(np.corrcoef(first.numpy(), second.numpy())[0, 1]) < 0.01
