"""Convolutions by Winograd's algorithm against PyTorch's."""

from ops import suite, winograd

test_winograd = suite.make_test(winograd.cases())
