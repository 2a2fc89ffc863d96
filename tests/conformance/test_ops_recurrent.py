"""Recurrent ops against PyTorch."""

from ops import recurrent, suite

test_recurrent = suite.make_test(recurrent.cases())
