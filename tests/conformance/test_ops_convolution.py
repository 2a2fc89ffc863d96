"""Convolution ops against PyTorch and NumPy."""

from ops import convolution, suite

test_convolution = suite.make_test(convolution.cases())
