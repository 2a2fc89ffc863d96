"""Normalization ops against PyTorch and NumPy."""

from ops import normalization, suite

test_normalization = suite.make_test(normalization.cases())
