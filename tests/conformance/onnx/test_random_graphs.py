"""Random graphs against ONNX Runtime, by seed (see random_graphs.py)."""

import os

import pytest

import random_graphs

#: Graphs of each of the tests; LAZULI_EXHAUSTIVE=1 makes 10,000 in all.
COUNT = 500 if os.environ.get("LAZULI_EXHAUSTIVE") else 10


@pytest.mark.parametrize("block", range(20))
def test_random_graphs_agree(block, tmp_path):
    compared = sum(random_graphs.compare(seed, tmp_path)
                   for seed in range(block * COUNT, (block + 1) * COUNT))
    assert compared > COUNT / 2


#: Graphs that once went wrong, and what it was.
KEPT = {655: "a crash: the extent of a collapsed dimension was read from a list that was gone"}


@pytest.mark.parametrize("seed", KEPT)
def test_kept_graphs_agree(seed, tmp_path):
    assert random_graphs.compare(seed, tmp_path)
