"""Elementwise ops against PyTorch and NumPy."""

from ops import elementwise, suite

test_elementwise = suite.make_test(elementwise.cases())
