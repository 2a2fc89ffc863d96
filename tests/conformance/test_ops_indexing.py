"""Indexing ops against PyTorch and NumPy."""

from ops import indexing, suite

test_indexing = suite.make_test(indexing.cases())
