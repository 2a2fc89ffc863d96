"""Shape ops against PyTorch and NumPy."""

from ops import shape, suite

test_shape = suite.make_test(shape.cases())
