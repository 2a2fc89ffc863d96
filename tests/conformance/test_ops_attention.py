"""Attention ops against PyTorch."""

from ops import attention, suite

test_attention = suite.make_test(attention.cases())
