"""Convolutions with weights in panels against PyTorch's."""

from ops import conv_panels, suite

test_conv_panels = suite.make_test(conv_panels.cases())
