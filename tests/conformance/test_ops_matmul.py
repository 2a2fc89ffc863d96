"""Matmul ops against PyTorch and NumPy."""

from ops import matmul, suite

test_matmul = suite.make_test(matmul.cases())
