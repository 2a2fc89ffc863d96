"""Parameters, constants, states and checks."""

from ops import module, suite

test_module = suite.make_test(module.cases())
