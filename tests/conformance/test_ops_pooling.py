"""Pooling ops against PyTorch and NumPy."""

from ops import pooling, suite

test_pooling = suite.make_test(pooling.cases())
