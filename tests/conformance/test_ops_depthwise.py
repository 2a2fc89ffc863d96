"""Convolutions of each channel by itself against PyTorch's."""

from ops import depthwise, suite

test_depthwise = suite.make_test(depthwise.cases())
