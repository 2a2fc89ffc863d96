"""Reduce ops against PyTorch and NumPy."""

from ops import reduce, suite

test_reduce = suite.make_test(reduce.cases())
